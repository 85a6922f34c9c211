/**
 * Reads a nested column, the next rows at a time: its leaves one after the other, then offsets and bitmaps of what is
 * around them out of the levels of each part's first leaf.
 *
 *     a struct(b list(T), c U)        bits of a ◀── levels of b's leaf
 *     ├─ b list(T)                    bits and offsets of b ◀── levels of b's leaf
 *     │  └─ item T                    slots of b's leaf
 *     └─ c U                          slots of c's leaf
 *
 * Leaves are read apart, and a damaged file may have them disagree: a part that does not have as many slots as what is
 * around it has is refused.
 */

import assert from 'node:assert/strict';
import type { Column } from '../../columnar/column.ts';
import { childTypes } from '../../columnar/data-type.ts';
import { SchemaMismatch } from '../../errors.ts';
import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { LeafReader } from './leaf-reader.ts';
import type { ChunkSource, FileWork } from './plain-values.ts';
import { leavesOf, type NestedReading, type Reading } from './value-form.ts';

/** Where bits and offsets of the parts of one column go, batch after batch. */
export class PartBuffers {
  readonly bits: GrowingRegion;
  readonly offsets: GrowingRegion;
  /** Of its parts that are nested too, by position. */
  readonly children: readonly (PartBuffers | undefined)[];

  constructor(holding: Holding, { children }: NestedReading) {
    this.bits = new GrowingRegion(holding);
    this.offsets = new GrowingRegion(holding);
    this.children = children.map((child) => ('form' in child ? undefined : new PartBuffers(holding, child)));
  }
}

export class NestedReader {
  readonly #work: FileWork;
  readonly #reading: NestedReading;
  readonly #leaves: readonly LeafReader[];
  readonly #buffers: PartBuffers;
  #rowsToPass = 0;

  /** `sources` are those of the leaves of `reading`, in their order. */
  constructor(work: FileWork, reading: NestedReading, sources: readonly ChunkSource[], buffers: PartBuffers) {
    this.#work = work;
    this.#reading = reading;
    this.#leaves = sources.map((source) => new LeafReader(work, source));
    this.#buffers = buffers;
  }

  /** Bytes of all texts of the batch that was read last. */
  get textBytes(): number {
    return this.#leaves.reduce((bytes, leaf) => bytes + leaf.textBytes, 0);
  }

  /** Passes over the next `rows` rows. */
  skip(rows: number): void {
    this.#rowsToPass += rows;
  }

  /**
   * The next `rows` rows; valid until the next call.
   * @throws MalformedFile, UnsupportedFile, SchemaMismatch, ArithmeticOverflow, MemoryBudgetExceeded
   */
  async read(rows: number): Promise<Column> {
    for (const leaf of this.#leaves) {
      if (this.#rowsToPass > 0) await leaf.pass(this.#rowsToPass);
      await leaf.read(rows);
    }
    this.#rowsToPass = 0;
    const column = this.#part(this.#reading, this.#leaves, this.#buffers, rows);
    const { name, nullable } = this.#reading.field;
    if (column.validity !== 0 && !nullable) {
      throw new SchemaMismatch(this.#work.uri, `column ${name} has nulls, which the plan rules out`);
    }
    return column;
  }

  /** The column of a part that should have `slots` rows. */
  #part(reading: Reading, leaves: readonly LeafReader[], buffers: PartBuffers | undefined, slots: number): Column {
    const [first] = leaves;
    assert.ok(first !== undefined);
    const check = (found: number): void => {
      if (found !== slots) throw first.damaged(`it has ${found} values where ${slots} should be`);
    };
    if ('form' in reading) {
      check(first.slots);
      return first.column;
    }
    assert.ok(buffers !== undefined);
    const { type } = reading.field;
    const [item] = reading.children;
    const parts = (rows: number): Column[] => {
      let next = 0;
      return reading.children.map((child, at) => {
        const own = leaves.slice(next, next + leavesOf(child).length);
        next += own.length;
        return this.#part(child, own, buffers.children[at], rows);
      });
    };
    const kind = reading.file.type?.kind;
    const validity = this.#bits(reading, first, buffers, check);
    if (kind === 'struct') return { ...EMPTY, type, validity, children: parts(slots) };
    assert.ok(item !== undefined);
    const { kernels, holding } = this.#work;
    buffers.offsets.ensure((slots + 1) * 4, 0);
    const offsets = buffers.offsets.address;
    const { repetitions, definitions, entries } = first;
    const { slotLevel } = reading.file;
    const found = kernels.offsetsOfLevels(
      repetitions,
      definitions,
      entries,
      item.file.repetition,
      slotLevel,
      item.file.slotLevel,
      offsets,
    );
    if (found !== slots) throw first.damaged('its levels contradict each other');
    const items = holding.linear.data.getInt32(offsets + slots * 4, true);
    const [inside] = childTypes(type);
    assert.ok(inside !== undefined);
    const children = kind === 'map' ? [{ ...EMPTY, type: inside, validity: 0, children: parts(items) }] : parts(items);
    return { ...EMPTY, type, validity, values: offsets, children };
  }

  /** Address of the bitmap of a part, 0 where no slot is null. */
  #bits({ file }: NestedReading, leaf: LeafReader, { bits }: PartBuffers, check: (slots: number) => void): number {
    const { repetitions, definitions, entries } = leaf;
    const bytes = Math.ceil(entries / 8) + 8;
    bits.ensure(bytes, 0);
    this.#work.holding.linear.zero(bits.address, bits.address + bytes);
    const { repetition, slotLevel, definition } = file;
    const both = this.#work.kernels.slotBits(
      repetitions,
      definitions,
      entries,
      repetition,
      slotLevel,
      definition,
      bits.address,
      0,
    );
    const slots = Number(both & 0xffff_ffffn);
    check(slots);
    return Number(both >> 32n) === slots ? 0 : bits.address;
  }
}

const EMPTY = { values: 0, bytes: 0, dictionary: undefined, width: 0, bits: undefined } as const;
