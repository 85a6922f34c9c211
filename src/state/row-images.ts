/**
 * Keys as fixed-width images, for tables that compare and hash them as words.
 *
 *     origin utf8?   delay decimal(20,2)      the image: 16 + 4 + 1 bytes, rounded up to 24
 *     "ATL"          1.50                     │ delay, 16 bytes │ number of "ATL" │ nulls │ · · · │
 *
 * Widest fields first, then a byte for every eight nullable columns. An image depends on the values alone, never on how
 * a column holds them: codes are replaced by what they stand for, decimals of more than 18 digits always take 16 bytes,
 * strings are numbered by an interner of their column, NaN has one form, and -0.0 becomes 0.0, which SQL takes for equal.
 * Under a null the field is zero.
 */

import assert from 'node:assert/strict';
import type { Column, Dictionary } from '../columnar/column.ts';
import { type DataType, fixedWidth, isBytes, isFloat } from '../columnar/data-type.ts';
import { type GroupKernels, groupKernels } from '../kernels/group-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { CodeUnifier } from './code-unifier.ts';
import { GrowingRegion } from './growing-region.ts';
import { StringInterner } from './string-interner.ts';

/** One column's place in an image. */
interface KeyField {
  readonly type: DataType;
  readonly width: number;
  readonly offset: number;
  /** Counted from the first byte of null bits; -1 where no value is null. */
  readonly nullBit: number;
  readonly strings: StringInterner | undefined;
  /** Over `strings`: enters the entries of dictionaries, but only those that rows use. Undefined where none are entered. */
  readonly codes: CodeUnifier | undefined;
  /** Of strings that are looked up. */
  readonly hashes: GrowingRegion;
  /** The fields of a dictionary's entries, one behind the other, and whose they are. */
  readonly entries: GrowingRegion;
  entriesOf: number;
  /** Strings of a batch by number. */
  readonly ids: GrowingRegion;
  readonly outValues: GrowingRegion;
  readonly outValidity: GrowingRegion;
}

export class RowImages implements Disposable {
  /** Bytes of an image, a multiple of 8. */
  readonly imageBytes: number;
  readonly #kernels: GroupKernels;
  readonly #fields: readonly KeyField[];
  readonly #nullsOffset: number;
  readonly #hasUnused: boolean;
  readonly #images: GrowingRegion;
  readonly #holding: Holding;
  readonly #types: readonly DataType[];
  readonly #nullable: readonly boolean[];

  /**
   * `nullable[i]` false promises that column `i` never holds a null. Strings are numbered as `like` has them, where that is
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
      const nullBit = nullable[index] ? nullBits++ : -1;
      return openField(
        type,
        offsets[index] ?? 0,
        nullBit,
        holding,
        like === undefined ? undefined : like.#fields[index]?.strings,
      );
    });
    const usedBytes = this.#nullsOffset + Math.ceil(nullBits / 8);
    this.imageBytes = Math.ceil(usedBytes / 8) * 8;
    this.#hasUnused = this.imageBytes > this.#nullsOffset;
  }

  /**
   * Makes the same images, and enters no string: one that this does not have becomes a number that none has. Several may
   * read at once, while this is not changed. Scratch is of `holding`.
   */
  reader(holding: Holding): RowImages {
    return new RowImages(this.#types, this.#nullable, holding, this);
  }

  /**
   * The images of the rows of `columns`, one behind the other: their address, valid until the next call. Distinct
   * strings are retained.
   * @throws MemoryBudgetExceeded
   */
  pack(columns: readonly Column[], rowCount: number): number {
    assert.equal(columns.length, this.#fields.length);
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

  /** Columns of the values in `rowCount` images; strings as codes. Valid until the next call, or the next `pack`. */
  unpack(images: number, rowCount: number): Column[] {
    return this.#fields.map((field) => this.#unpackField(field, images, rowCount));
  }

  [Symbol.dispose](): void {
    for (const { codes, entries, hashes, ids, outValues, outValidity } of this.#fields) {
      codes?.[Symbol.dispose]();
      for (const region of [entries, hashes, ids, outValues, outValidity]) region.free();
    }
    this.#images.free();
  }

  /** Whether the values of the only key column are its images already. */
  #isImage({ type, width, validity, dictionary }: Column): boolean {
    return dictionary === undefined && validity === 0 && width === this.imageBytes && width === 8 && !isFloat(type);
  }

  #packField(field: KeyField, column: Column, images: number, rowCount: number): void {
    const to = images + field.offset;
    if (isBytes(column.type)) this.#packText(field, column, to, rowCount);
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

  /** By number. */
  #packText(field: KeyField, column: Column, to: number, rowCount: number): void {
    const { strings, codes, ids, hashes } = field;
    const { dictionary, values, bytes } = column;
    assert.ok(strings !== undefined);
    ids.ensure(rowCount * 4, 0);
    if (codes === undefined) {
      if (dictionary === undefined) strings.find(values, bytes, rowCount, ids.address, hashes);
      else {
        this.#packEntries(field, dictionary);
        this.#kernels.packCodes(values, field.entries.address, 4, ids.address, 4, rowCount);
      }
    } else if (dictionary === undefined) strings.intern(values, bytes, rowCount, ids.address);
    else if (dictionary.size > 0) codes.unify(dictionary, values, rowCount, ids.address);
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
    const to = field.entries.address;
    if (field.strings === undefined) this.#packPlain(field, values, to, field.width, size);
    else field.strings.find(values.values, values.bytes, size, to, field.hashes);
    field.entriesOf = id;
  }

  #unpackField(field: KeyField, images: number, rowCount: number): Column {
    const { type, width, offset, strings } = field;
    field.outValues.ensure(Math.max(rowCount * width, 8), 0);
    const values = field.outValues.address;
    const from = images + offset;
    if (type.kind === 'bool') this.#kernels.unpackFlags(from, this.imageBytes, 0, 0, rowCount, values);
    else this.#kernels.unpackFields(from, this.imageBytes, width, rowCount, values);
    return {
      type,
      validity: this.#unpackNulls(field, images, rowCount),
      values,
      bytes: 0,
      dictionary: strings && dictionaryOf(strings, type),
      width: fixedWidth(type) ?? 0,
      bits: undefined,
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

/** The interned strings as entries of the key's own type. */
function dictionaryOf(strings: StringInterner, type: DataType): Dictionary {
  const dictionary = strings.dictionary();
  return { ...dictionary, values: { ...dictionary.values, type } };
}

function openField(
  type: DataType,
  offset: number,
  nullBit: number,
  holding: Holding,
  known: StringInterner | undefined,
): KeyField {
  const strings = known ?? (isBytes(type) ? new StringInterner(holding) : undefined);
  return {
    type,
    width: fieldWidth(type),
    offset,
    nullBit,
    strings,
    codes: strings && known === undefined ? new CodeUnifier(holding, strings) : undefined,
    hashes: new GrowingRegion(holding),
    entries: new GrowingRegion(holding),
    entriesOf: 0,
    ids: new GrowingRegion(holding),
    outValues: new GrowingRegion(holding),
    outValidity: new GrowingRegion(holding),
  };
}

/** Bytes in an image: a bool takes one, a string its number. */
const fieldWidth = (type: DataType): number => fixedWidth(type) ?? (type.kind === 'bool' ? 1 : 4);

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
