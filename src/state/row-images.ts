/**
 * Keys as fixed-width images, for tables that compare and hash them as words.
 *
 *     origin utf8?   delay int64      the image: 16 + 8 + 1 bytes, rounded up to 32
 *     "ATL"          150              │ "ATL", 16 bytes │ delay, 8 bytes │ nulls │ · · · │
 *
 * Widest fields first, then a byte for every eight nullable columns that have no image of null in their field. An image depends on the values alone, never on how
 * a column holds them: codes are replaced by what they stand for, decimals of more than 18 digits always take 16 bytes,
 * texts have images of 16 bytes, values of nested types and others of no such width are numbered by their bytes, NaN has
 * one form, and -0.0 becomes 0.0, which SQL takes for equal. Under a null the field is zero.
 */

import assert from 'node:assert/strict';
import type { Column, Dictionary } from '../columnar/column.ts';
import { type DataType, fixedWidth, isBytes, isFloat } from '../columnar/data-type.ts';
import { type GroupKernels, groupKernels } from '../kernels/group-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { InternedValues, type NumberedValues } from './interned-values.ts';
import { TEXT_IMAGE_BYTES, TextImages } from './text-images.ts';

/** Of what an image begins with: a number of 8 bytes, or of more; one of 4; text. */
type ImageForm = 0 | 1 | 2;

/** One column's place in an image. */
interface KeyField {
  readonly type: DataType;
  readonly width: number;
  readonly offset: number;
  /** Counted from the first byte of null bits; -1 where no value is null, or has an image of its own then. */
  readonly nullBit: number;
  readonly texts: TextImages | undefined;
  /** Of types whose values are neither bytes nor words; in a reader those that are known. */
  readonly interned: InternedValues | undefined;
  /** Numbers such values: new ones too, or only those that are known. */
  readonly numbers: NumberedValues | undefined;
  /** Of bytes that are looked up. */
  readonly hashes: GrowingRegion;
  /** The fields of a dictionary's entries, one behind the other, and whose they are. */
  readonly entries: GrowingRegion;
  entriesOf: number;
  /** Numbers of the values of a batch. */
  readonly ids: GrowingRegion;
  readonly outValues: GrowingRegion;
  readonly outValidity: GrowingRegion;
  /** As `Column.bits`, of all values that were packed; undefined too before there are any. */
  bits: number | undefined;
  isPacked: boolean;
}

export class RowImages implements Disposable {
  /** Bytes of an image, a multiple of 8. */
  readonly imageBytes: number;
  /** How kernels take words of images for numbers, whose order is that of the values of the widest column, where it has one. */
  readonly form: ImageForm;
  readonly #kernels: GroupKernels;
  readonly #fields: readonly KeyField[];
  readonly #nullsOffset: number;
  readonly #hasUnused: boolean;
  readonly #images: GrowingRegion;
  readonly #holding: Holding;
  readonly #types: readonly DataType[];
  readonly #nullable: readonly boolean[];

  /**
   * `nullable[i]` false promises that column `i` never holds a null. Values are numbered as `like` has them, where that is
   * given. @throws MemoryBudgetExceeded
   */
  constructor(types: readonly DataType[], nullable: readonly boolean[], holding: Holding, like?: RowImages) {
    assert.ok(types.length > 0 && types.length === nullable.length);
    this.#holding = holding;
    this.#types = types;
    this.#nullable = nullable;
    this.#kernels = groupKernels(holding.linear);
    this.#images = new GrowingRegion(holding);
    const offsets = fieldOffsets(types);
    this.#nullsOffset = types.reduce((bytes, type) => bytes + fieldWidth(type), 0);
    let nullBits = 0;
    this.#fields = types.map((type, index) => {
      const nullBit = nullable[index] && !isBytes(type) ? nullBits++ : -1;
      const known = like === undefined ? undefined : like.#fields[index];
      return openField(type, offsets[index] ?? 0, nullBit, holding, known);
    });
    const usedBytes = this.#nullsOffset + Math.ceil(nullBits / 8);
    this.imageBytes = Math.ceil(usedBytes / 8) * 8;
    this.#hasUnused = this.imageBytes > this.#nullsOffset;
    const first = this.#fields.find(({ offset }) => offset === 0);
    this.form = first?.texts !== undefined ? 2 : first?.width === 4 ? 1 : 0;
  }

  /**
   * Makes the same images, and enters no value: one that this does not have becomes a number that none has. Several may
   * read at once, while this is not changed. Scratch is of `holding`.
   */
  reader(holding: Holding): RowImages {
    return new RowImages(this.#types, this.#nullable, holding, this);
  }

  /**
   * The images of the rows of `columns`, one behind the other: their address, valid until the next call. Distinct long
   * texts are retained.
   * @throws MemoryBudgetExceeded
   */
  pack(columns: readonly Column[], rowCount: number): number {
    assert.equal(columns.length, this.#fields.length);
    for (const [index, field] of this.#fields.entries()) noteBits(field, columns[index]);
    const [first] = columns;
    if (first !== undefined && columns.length === 1 && this.#isImage(first)) return first.values;
    this.#images.ensure(rowCount * this.imageBytes, 0);
    const images = this.#images.address;
    if (this.#hasUnused) takeKernels(this.#holding.linear).fillBytes(images, 0, rowCount * this.imageBytes);
    for (const [index, field] of this.#fields.entries()) {
      const column = columns[index];
      assert.ok(column !== undefined);
      this.#packField(field, column, images, rowCount);
    }
    return images;
  }

  /** Of how many of `rowCount` images the texts of each column stay within `limitBytes`: at least of one. @throws MemoryBudgetExceeded */
  rowsWithin(limitBytes: number, images: number, rowCount: number): number {
    let rows = rowCount;
    for (const { texts, offset } of this.#fields) {
      if (texts !== undefined) rows = texts.rowsWithin(limitBytes, images + offset, this.imageBytes, rows);
    }
    return rows;
  }

  /** Whether `unpack` gives the very values of column `index`: floats and values with numbers may come as others that are equal. */
  isExact(index: number): boolean {
    const field = this.#fields[index];
    assert.ok(field !== undefined);
    return field.interned === undefined && !isFloat(field.type);
  }

  /**
   * Plain columns of the values in `rowCount` images. Valid until the next call, or the next `pack`.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  unpack(images: number, rowCount: number): Column[] {
    return this.#fields.map((field) => this.#unpackField(field, images, rowCount));
  }

  [Symbol.dispose](): void {
    for (const { texts, interned, numbers, hashes, entries, ids, outValues, outValidity } of this.#fields) {
      texts?.[Symbol.dispose]();
      if (interned?.numbers === numbers) interned?.[Symbol.dispose]();
      else numbers?.[Symbol.dispose]();
      for (const region of [hashes, entries, ids, outValues, outValidity]) region.free();
    }
    this.#images.free();
  }

  /** Whether the values of the only key column are its images already. */
  #isImage({ type, width, validity, dictionary }: Column): boolean {
    return dictionary === undefined && validity === 0 && width === this.imageBytes && width === 8 && !isFloat(type);
  }

  #packField(field: KeyField, column: Column, images: number, rowCount: number): void {
    const to = images + field.offset;
    if (field.texts !== undefined) {
      field.texts.pack(column, to, this.imageBytes, rowCount);
      return;
    }
    if (field.numbers !== undefined) this.#packNumbered(field, field.numbers, column, to, rowCount);
    else if (column.dictionary === undefined) this.#packPlain(field, column, to, this.imageBytes, rowCount);
    else {
      this.#packEntries(field, column.dictionary);
      this.#kernels.packCodes(column.values, field.entries.address, field.width, to, this.imageBytes, rowCount);
    }
    if (column.validity !== 0) this.#packNulls(field, column.validity, images, rowCount);
  }

  #packNulls({ nullBit, width, offset }: KeyField, validity: number, images: number, rowCount: number): void {
    assert.ok(nullBit >= 0, 'a validity bitmap on a key column that promised no nulls');
    const nulls = images + this.#nullsOffset + (nullBit >>> 3);
    this.#kernels.packNulls(validity, images + offset, width, nulls, nullBit & 7, this.imageBytes, rowCount);
  }

  #packNumbered({ ids }: KeyField, numbers: NumberedValues, column: Column, to: number, rowCount: number): void {
    ids.ensure(rowCount * 4, 0);
    numbers.number(column, rowCount, ids.address);
    this.#kernels.packFields(ids.address, 4, to, this.imageBytes, rowCount);
  }

  #packPlain(field: KeyField, column: Column, to: number, stride: number, rowCount: number): void {
    const { type, width } = field;
    if (type.kind === 'bool') this.#kernels.packFlags(column.values, to, stride, rowCount);
    else if (isFloat(type)) this.#kernels.packFloats(column.values, width, to, stride, rowCount);
    else if (width === 16 && column.width === 8) this.#kernels.packWidened(column.values, to, stride, rowCount);
    else {
      assert.equal(column.width, width);
      this.#kernels.packFields(column.values, width, to, stride, rowCount);
    }
  }

  /** Once for each dictionary, not for each batch. */
  #packEntries(field: KeyField, { id, size, values }: Dictionary): void {
    if (field.entriesOf === id) return;
    field.entriesOf = 0;
    field.entries.ensure(size * field.width, 0);
    this.#packPlain(field, values, field.entries.address, field.width, size);
    field.entriesOf = id;
  }

  #unpackField(field: KeyField, images: number, rowCount: number): Column {
    const { type, width, offset, texts, interned } = field;
    const from = images + offset;
    if (texts !== undefined) return texts.unpack(type, from, this.imageBytes, rowCount);
    field.outValues.ensure(Math.max(rowCount * width, 8), 0);
    const values = field.outValues.address;
    if (type.kind === 'bool') this.#kernels.unpackFlags(from, this.imageBytes, 0, 0, rowCount, values);
    else this.#kernels.unpackFields(from, this.imageBytes, width, rowCount, values);
    if (interned !== undefined) return interned.take(values, rowCount);
    return {
      type,
      validity: this.#unpackNulls(field, images, rowCount),
      values,
      bytes: 0,
      dictionary: undefined,
      width: fixedWidth(type) ?? 0,
      bits: field.bits,
    };
  }

  #unpackNulls({ nullBit, outValidity }: KeyField, images: number, rowCount: number): number {
    if (nullBit < 0) return 0;
    outValidity.ensure(Math.ceil(rowCount / 64) * 8, 0);
    const nulls = images + this.#nullsOffset + (nullBit >>> 3);
    const valid = this.#kernels.unpackFlags(nulls, this.imageBytes, nullBit & 7, 1, rowCount, outValidity.address);
    return valid === rowCount ? 0 : outValidity.address;
  }
}

function noteBits(field: KeyField, column: Column | undefined): void {
  const bits = column?.bits;
  const isKnown = bits !== undefined && (field.bits !== undefined || !field.isPacked);
  field.bits = isKnown ? Math.max(bits, field.bits ?? 0) : undefined;
  field.isPacked = true;
}

function openField(
  type: DataType,
  offset: number,
  nullBit: number,
  holding: Holding,
  known: KeyField | undefined,
): KeyField {
  const texts = isBytes(type) ? new TextImages(holding, known?.texts) : undefined;
  const isInterned = known === undefined && texts === undefined && !hasImage(type);
  const interned = isInterned ? new InternedValues(type, holding) : known?.interned;
  const hashes = new GrowingRegion(holding);
  return {
    type,
    width: fieldWidth(type),
    offset,
    nullBit,
    texts,
    interned,
    numbers: isInterned ? interned?.numbers : interned?.reader(hashes, holding),
    hashes,
    entries: new GrowingRegion(holding),
    entriesOf: 0,
    ids: new GrowingRegion(holding),
    outValues: new GrowingRegion(holding),
    outValidity: new GrowingRegion(holding),
    bits: undefined,
    isPacked: false,
  };
}

/** Whether values are images themselves; those of others have numbers instead. */
function hasImage(type: DataType): boolean {
  if (type.kind === 'interval' || type.kind === 'float16') return false;
  return type.kind === 'bool' || IMAGE_WIDTHS.includes(fixedWidth(type) ?? 0);
}

const IMAGE_WIDTHS: readonly number[] = [1, 2, 4, 8, 16];

/** Bytes in an image: a bool takes one, and what has no image its number. */
function fieldWidth(type: DataType): number {
  if (type.kind === 'bool') return 1;
  if (isBytes(type)) return TEXT_IMAGE_BYTES;
  return hasImage(type) ? (fixedWidth(type) ?? 4) : 4;
}

/** Widest first, so that every field is aligned to its width. */
function fieldOffsets(types: readonly DataType[]): number[] {
  const offsets: number[] = types.map(() => 0);
  const widestFirst = types.map((type, index) => ({ width: fieldWidth(type), index }));
  widestFirst.sort((a, b) => b.width - a.width || a.index - b.index);
  let offset = 0;
  for (const { width, index } of widestFirst) {
    offsets[index] = offset;
    offset += width;
  }
  return offsets;
}
