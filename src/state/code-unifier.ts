import type { Dictionary } from '../columnar/column.ts';
import { type TakeKernels, takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { StringInterner } from './string-interner.ts';

const PART_BYTES = 4 * 1024 * 1024;

/**
 * Turns the codes of many text dictionaries into codes of one, whose entries are distinct.
 *
 *     dictionary 7   known   │ 2 │ – │ 0 │ – │        per entry its code in the one; – while no row has used it
 *     codes          │ 0 │ 2 │ 0 │   ──▶   │ 2 │ 0 │ 2 │
 *
 * Entries that no row uses are never entered, so a filter that keeps few rows of many files does not collect their
 * dictionaries. What is known of the last dictionary is kept, as batches of one row group share theirs.
 */
export class CodeUnifier implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: TakeKernels;
  readonly #interner: StringInterner;
  readonly #known: GrowingRegion;
  /** Unseen codes, offsets of their texts, and their new codes. */
  readonly #lists: GrowingRegion;
  readonly #text: GrowingRegion;
  #knownId: number | undefined;

  /** Retains its entries under `holding`, in an interner that is its own from now on. @throws MemoryBudgetExceeded */
  constructor(holding: Holding, interner: StringInterner = new StringInterner(holding)) {
    this.#holding = holding;
    this.#kernels = takeKernels(holding.linear);
    this.#interner = interner;
    this.#known = new GrowingRegion(holding);
    this.#lists = new GrowingRegion(holding);
    this.#text = new GrowingRegion(holding);
  }

  /** Writes the code of each of `count` codes of `from` to `to`. @throws MemoryBudgetExceeded */
  unify(from: Dictionary, codes: number, count: number, to: number): void {
    if (this.#knownId !== from.id) {
      this.#knownId = undefined;
      this.#known.ensure(from.size * 4, 0);
      this.#kernels.fillBytes(this.#known.address, 0xff, from.size * 4);
    }
    // Not known while this runs: a failure in the middle leaves entries marked that have no code yet.
    this.#knownId = undefined;
    this.#enterUnseen(from, codes, count);
    this.#kernels.take4(this.#known.address, codes, count, to);
    this.#knownId = from.id;
  }

  /** All entries so far, of a new id whenever there are more; valid until the next `unify`. */
  dictionary(): Dictionary {
    return this.#interner.dictionary();
  }

  /** Bytes of the entries. */
  get byteLength(): number {
    const { values } = this.#interner.dictionary();
    return this.#interner.count * 4 + (this.#holding.linear.u32[(values.values >>> 2) + this.#interner.count] ?? 0);
  }

  [Symbol.dispose](): void {
    this.#interner[Symbol.dispose]();
    for (const region of [this.#known, this.#lists, this.#text]) region.free();
  }

  #enterUnseen(from: Dictionary, codes: number, count: number): void {
    this.#lists.ensure((count * 3 + 2) * 4, 0);
    const list = this.#lists.address;
    const offsets = list + count * 4;
    const unseen = this.#kernels.listUnseen(codes, count, this.#known.address, list);
    for (let done = 0; done < unseen; ) {
      done += this.#enter(from, list + done * 4, unseen - done, offsets);
    }
  }

  /** Enters the first of `count` entries listed at `rows`, in parts whose text is bounded; returns how many. */
  #enter(from: Dictionary, rows: number, count: number, offsets: number): number {
    const { values, bytes } = from.values;
    const taken = this.#kernels.takeOffsets(values, rows, count, PART_BYTES, offsets);
    this.#text.ensure(this.#holding.linear.u32[(offsets >>> 2) + taken] ?? 0, 0);
    this.#kernels.takeText(values, bytes, rows, taken, offsets, this.#text.address);
    const ids = offsets + (taken + 1) * 4;
    this.#interner.intern(offsets, this.#text.address, taken, ids);
    this.#kernels.put4(ids, rows, taken, this.#known.address);
    return taken;
  }
}
