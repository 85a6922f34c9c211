/**
 * Texts and bytes as images of 16 bytes, which are equal where the texts are.
 *
 *     up to 15 bytes    the text itself: nothing is looked up, and nothing kept
 *     more              the number that an interner gives it, once for all rows of a batch that have it, or once for a
 *                       dictionary: entries that no row uses are never entered
 *     null              an image of its own
 */

import type { Column, Dictionary } from '../columnar/column.ts';
import type { DataType } from '../columnar/data-type.ts';
import { ColumnTooLarge } from '../errors.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { type TextImageKernels, textImageKernels } from '../kernels/text-image-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { StringInterner } from './string-interner.ts';

export const TEXT_IMAGE_BYTES = 16;
/** Long texts that are copied to be numbered, if more than one. */
const PART_BYTES = 4 * 1024 * 1024;
/** Offsets are int32. */
const MOST_TEXT_BYTES = 2 ** 31 - 1;

export class TextImages implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: TextImageKernels;
  /** Of long texts. */
  readonly #interner: StringInterner;
  readonly #isReader: boolean;
  /** The images of a dictionary's entries, whose they are, and whether some of them are long. */
  readonly #entries: GrowingRegion;
  #entriesOf = 0;
  #hasLongEntries = false;
  /** Rows or codes of long texts. */
  readonly #list: GrowingRegion;
  /** Offsets of some of these, their numbers, and their text. */
  readonly #taken: GrowingRegion;
  readonly #text: GrowingRegion;
  /** Of strings that are looked up. */
  readonly #hashes: GrowingRegion;
  readonly #outOffsets: GrowingRegion;
  readonly #outText: GrowingRegion;
  readonly #outValidity: GrowingRegion;

  /**
   * Retains long texts under `holding`, which the caller disposes when this throws; with `known` it enters none, and one
   * that `known` does not have becomes a number that none has. @throws MemoryBudgetExceeded
   */
  constructor(holding: Holding, known?: TextImages) {
    this.#holding = holding;
    this.#kernels = textImageKernels(holding.linear);
    this.#interner = known === undefined ? new StringInterner(holding) : known.#interner;
    this.#isReader = known !== undefined;
    this.#entries = new GrowingRegion(holding);
    this.#list = new GrowingRegion(holding);
    this.#taken = new GrowingRegion(holding);
    this.#text = new GrowingRegion(holding);
    this.#hashes = new GrowingRegion(holding);
    this.#outOffsets = new GrowingRegion(holding);
    this.#outText = new GrowingRegion(holding);
    this.#outValidity = new GrowingRegion(holding);
  }

  /**
   * Writes the images of a column's rows, `stride` bytes from one to the next. After an error only disposing is allowed.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  pack(column: Column, to: number, stride: number, rowCount: number): void {
    if (column.dictionary !== undefined) this.#packCodes(column.dictionary, column.values, to, stride, rowCount);
    else {
      this.#list.ensure(rowCount * 4, 0);
      const list = this.#list.address;
      const count = this.#kernels.packTexts(column.values, column.bytes, to, stride, rowCount, list);
      if (count > 0) this.#packLong(column, list, count, to, stride);
    }
    if (column.validity !== 0) this.#kernels.packNullTexts(column.validity, to, stride, rowCount);
  }

  /** Of how many of `rowCount` images the text stays within `limitBytes`: at least of one. @throws MemoryBudgetExceeded */
  rowsWithin(limitBytes: number, images: number, stride: number, rowCount: number): number {
    if (this.#interner.count === 0 && rowCount * TEXT_IMAGE_BYTES <= limitBytes) return rowCount;
    return this.#offsets(limitBytes, images, stride, rowCount);
  }

  /** The texts of `rowCount` images, plain; valid until the next call. @throws MemoryBudgetExceeded, ColumnTooLarge */
  unpack(type: DataType, images: number, stride: number, rowCount: number): Column {
    if (this.#offsets(MOST_TEXT_BYTES, images, stride, rowCount) < rowCount) {
      throw new ColumnTooLarge(this.#holding.owner, MOST_TEXT_BYTES + 1);
    }
    const offsets = this.#outOffsets.address;
    this.#outText.ensure(Math.max(this.#holding.linear.u32[(offsets >>> 2) + rowCount] ?? 0, 1), 0);
    const { values, bytes } = this.#interner.dictionary().values;
    this.#kernels.unpackTexts(images, stride, rowCount, values, bytes, offsets, this.#outText.address);
    this.#outValidity.ensure(Math.ceil(rowCount / 64) * 8, 0);
    const validity = this.#outValidity.address;
    const valid = this.#kernels.unpackTextValidity(images, stride, rowCount, validity);
    return {
      type,
      validity: valid === rowCount ? 0 : validity,
      values: offsets,
      bytes: this.#outText.address,
      dictionary: undefined,
      width: 0,
      bits: undefined,
    };
  }

  [Symbol.dispose](): void {
    if (!this.#isReader) this.#interner[Symbol.dispose]();
    for (const region of [this.#entries, this.#list, this.#taken, this.#text, this.#hashes]) region.free();
    for (const region of [this.#outOffsets, this.#outText, this.#outValidity]) region.free();
  }

  #offsets(limitBytes: number, images: number, stride: number, rowCount: number): number {
    this.#outOffsets.ensure((rowCount + 1) * 4, 0);
    const { values } = this.#interner.dictionary().values;
    return this.#kernels.textImageOffsets(images, stride, rowCount, values, limitBytes, this.#outOffsets.address);
  }

  #packCodes(dictionary: Dictionary, codes: number, to: number, stride: number, rowCount: number): void {
    const { id, size, values } = dictionary;
    // Of a dictionary without entries all rows are null.
    if (size === 0) return;
    if (this.#entriesOf !== id) {
      this.#entriesOf = 0;
      this.#entries.ensure(size * TEXT_IMAGE_BYTES, 0);
      const entries = this.#entries.address;
      this.#hasLongEntries =
        this.#kernels.packTexts(values.values, values.bytes, entries, TEXT_IMAGE_BYTES, size, 0) > 0;
    }
    const entries = this.#entries.address;
    if (this.#hasLongEntries) {
      // Not known while this runs: a failure in the middle leaves entries marked that have no number yet.
      this.#entriesOf = 0;
      this.#list.ensure(rowCount * 4, 0);
      const list = this.#list.address;
      const count = this.#kernels.listUnseenTexts(codes, rowCount, entries, list);
      this.#packLong(values, list, count, entries, TEXT_IMAGE_BYTES);
    }
    this.#entriesOf = id;
    groupKernels(this.#holding.linear).packCodes(codes, entries, TEXT_IMAGE_BYTES, to, stride, rowCount);
  }

  /** The long texts of a plain column that `rows` lists, a bounded part at a time. */
  #packLong({ values, bytes }: Column, rows: number, count: number, to: number, stride: number): void {
    const kernels = takeKernels(this.#holding.linear);
    this.#taken.ensure((count * 2 + 1) * 4, 0);
    const [numbers, offsets] = [this.#taken.address, this.#taken.address + count * 4];
    for (let done = 0; done < count; ) {
      const part = rows + done * 4;
      const taken = kernels.takeOffsets(values, part, count - done, PART_BYTES, offsets);
      this.#text.ensure(this.#holding.linear.u32[(offsets >>> 2) + taken] ?? 0, 0);
      kernels.takeText(values, bytes, part, taken, offsets, this.#text.address);
      if (this.#isReader) this.#interner.find(offsets, this.#text.address, taken, numbers, this.#hashes);
      else this.#interner.intern(offsets, this.#text.address, taken, numbers);
      this.#kernels.packLongTexts(numbers, part, taken, to, stride);
      done += taken;
    }
  }
}
