import type { Column } from '../columnar/column.ts';
import { ColumnTooLarge } from '../errors.ts';
import { type AccumulateKernels, accumulateKernels } from '../kernels/accumulate-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { GrowingRegion } from './growing-region.ts';

const FIRST_BYTES = 3072;
/** Positions in the arena are uint32. */
const MOST_BYTES = 2 ** 32 - 1;
/** Offsets of a column are int32. */
const MOST_COLUMN_BYTES = 2 ** 31 - 1;

/** Which texts to keep, and where the states that point to them are. */
export interface TextStates {
  readonly greatest: 0 | 1;
  readonly states: number;
  readonly stride: number;
  /** 1: the row of the best text is noted in the state of a pick, 8 bytes before that of the text. */
  readonly picks?: 0 | 1;
}

/**
 * The text of the least or greatest strings of groups. A better string replaces a worse one in place where it fits;
 * where it does not, it is given half as much room again, so that what was left behind is at most about twice what is
 * in use.
 */
export class TextArena implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: AccumulateKernels;
  readonly #used: Region;
  readonly #text: GrowingRegion;
  /** Of values of a fixed size, which have none. */
  readonly #offsets: GrowingRegion;

  /** @throws MemoryBudgetExceeded */
  constructor(holding: Holding) {
    this.#holding = holding;
    this.#kernels = accumulateKernels(holding.linear);
    this.#used = holding.allocateZeroed(8);
    this.#text = new GrowingRegion(holding);
    this.#offsets = new GrowingRegion(holding);
    this.#text.ensure(FIRST_BYTES);
  }

  /**
   * Lets the rows of a column compete in their groups: of text or binary, plain or with a dictionary, or plain of bytes of
   * a fixed size. @throws MemoryBudgetExceeded
   */
  add(column: Column, ids: number, rowCount: number, { greatest, states, stride, picks = 0 }: TextStates): void {
    const { validity, dictionary } = column;
    const { values: offsets, bytes } = dictionary?.values ?? this.#withOffsets(column, rowCount);
    const codes = dictionary === undefined ? 0 : column.values;
    let row = 0;
    for (;;) {
      const [arena, used, room] = [this.#text.address, this.#used.address, this.#text.byteLength];
      row = this.#kernels.extremeTexts(
        greatest,
        picks,
        offsets,
        bytes,
        codes,
        validity,
        ids,
        row,
        rowCount,
        states,
        stride,
        arena,
        used,
        room,
      );
      if (row === rowCount) return;
      const entry = (offsets >>> 2) + (codes === 0 ? row : this.#word(codes + row * 4));
      this.#grow(this.#word(entry * 4 + 4) - this.#word(entry * 4));
    }
  }

  /**
   * Writes the texts of `groups` states as a plain column: offsets, and, where `bytes` is not 0, the text. Returns how
   * many bytes the text takes. A state without a text gives an empty one.
   * @throws ColumnTooLarge
   */
  write(groups: number, states: number, stride: number, offsets: number, bytes: number): number {
    const byteLength = this.#kernels.textsOf(groups, states, stride, this.#text.address, offsets, bytes);
    if (byteLength > MOST_COLUMN_BYTES) throw new ColumnTooLarge(this.#holding.owner, byteLength);
    return byteLength;
  }

  [Symbol.dispose](): void {
    this.#holding.free(this.#used);
    this.#text.free();
    this.#offsets.free();
  }

  #withOffsets({ values, bytes, width }: Column, rowCount: number): Pick<Column, 'values' | 'bytes'> {
    if (width === 0) return { values, bytes };
    this.#offsets.ensure((rowCount + 1) * 4, 0);
    this.#kernels.evenOffsets(width, rowCount, this.#offsets.address);
    return { values: this.#offsets.address, bytes: values };
  }

  #word(address: number): number {
    return this.#holding.linear.u32[address >>> 2] ?? 0;
  }

  /** For one more text of `length` bytes, with the room that it is given. */
  #grow(length: number): void {
    const usedBytes = this.#word(this.#used.address);
    const bytes = usedBytes + Math.max(16, Math.floor(length * 1.5));
    if (bytes > MOST_BYTES) throw new ColumnTooLarge(this.#holding.owner, bytes);
    this.#text.ensure(bytes, usedBytes);
  }
}
