/**
 * One column that grows at its end, contiguous in linear memory.
 *
 *     append    column ──copy──▶ │ v0 │ v1 │ … │ vn │ room │          rows `at` and after are written
 *     append    column, rows ──gather──▶              ditto, of the rows listed
 *
 * What lies at `at` and behind is overwritten, so an append that failed half-way is forgotten by not counting its rows.
 *
 * What is inside of a nested column is in `nested-items.ts`.
 *
 * Text that comes as dictionaries stays codes of one dictionary, which has the entries that rows use; the first plain
 * column turns the codes into text. Other types with a dictionary are looked up. A decimal starts with the width of the
 * first values and is widened when the first 16-byte ones come.
 */

import type { Column } from '../columnar/column.ts';
import { type DataType, fixedWidth, isBytes, isNested } from '../columnar/data-type.ts';
import { ColumnTooLarge, MemoryBudgetExceeded } from '../errors.ts';
import { type TakeKernels, takeKernels, takeOf, zeroNullsOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { CodeUnifier } from './code-unifier.ts';
import { GrowingRegion } from './growing-region.ts';
import { NestedItems } from './nested-items.ts';

/** Offsets are int32. */
const MOST_TEXT_BYTES = 2 ** 31 - 1;

/** Less room is not worth moving values for. */
const WORTHWHILE_BYTES = 64 * 1024;

const bitmapBytes = (rows: number): number => Math.ceil(rows / 64) * 8;

export class ColumnBuffer {
  readonly type: DataType;
  readonly #holding: Holding;
  readonly #kernels: TakeKernels;
  readonly #validity: GrowingRegion;
  /** Values, bits, offsets or codes. */
  #values: GrowingRegion;
  #text: GrowingRegion;
  readonly #temporary: GrowingRegion;
  #width: number;
  #bits: number | undefined;
  #unifier: CodeUnifier | undefined;
  /** Of a nested column. */
  readonly #items: NestedItems | undefined;

  constructor(type: DataType, holding: Holding) {
    this.type = type;
    this.#holding = holding;
    this.#kernels = takeKernels(holding.linear);
    this.#validity = new GrowingRegion(holding);
    this.#values = new GrowingRegion(holding);
    this.#text = new GrowingRegion(holding);
    this.#temporary = new GrowingRegion(holding);
    this.#width = fixedWidth(type) ?? 0;
    this.#items = isNested(type)
      ? new NestedItems(type, holding, (child) => new ColumnBuffer(child, holding))
      : undefined;
  }

  /**
   * Writes `count` rows of `from` behind the first `at`: those whose uint32 numbers are at address `rows`, or its first
   * ones where that is 0. @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  append(from: Column, rows: number, count: number, at: number): void {
    if (at === 0) this.#begin(from);
    this.#bits = this.#bits === undefined || from.bits === undefined ? undefined : Math.max(this.#bits, from.bits);
    this.#appendValidity(from.validity, rows, count, at);
    if (this.#items !== undefined) this.#items.append(from, rows, count, at);
    else if (isBytes(this.type)) this.#appendText(from, rows, count, at);
    else if (this.type.kind === 'bool') this.#appendBools(from, rows, count, at);
    else this.#appendFixed(from, rows, count, at);
  }

  /** The first `rowCount` rows; valid until the next append. */
  column(rowCount: number): Column {
    const validity = rowCount === 0 ? 0 : this.#validity.address;
    if (this.#items !== undefined) {
      const base = { type: this.type, validity, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
      return { ...base, ...this.#items.parts(rowCount) };
    }
    if (rowCount === 0) this.#values.ensure(8, 0);
    if (rowCount === 0) this.#holding.linear.u32[this.#values.address >>> 2] = 0;
    return {
      type: this.type,
      validity,
      values: this.#values.address,
      bytes: this.#text.address,
      dictionary: rowCount === 0 ? undefined : this.#unifier?.dictionary(),
      width: this.#width,
      bits: this.#bits,
    };
  }

  /** Bytes that the first `rowCount` rows take, without the room to grow. */
  byteLength(rowCount: number): number {
    const validity = this.#validity.address === 0 ? 0 : bitmapBytes(rowCount);
    if (this.type.kind === 'bool') return validity + bitmapBytes(rowCount);
    if (this.#items !== undefined) return validity + this.#items.byteLength(rowCount);
    if (!isBytes(this.type)) return validity + rowCount * this.#width;
    return validity + rowCount * 4 + (this.#unifier?.byteLength ?? this.#textBytes(rowCount));
  }

  /** Gives back most of the room to grow behind the first `rowCount` rows, where there is memory to move them. */
  trim(rowCount: number): void {
    this.#items?.trim(rowCount);
    const offsets = isBytes(this.type) && this.#unifier === undefined;
    const textBytes = offsets ? this.#textBytes(rowCount) : 0;
    this.#temporary.free();
    this.#values = this.#trimmed(this.#values, this.#valueBytes(rowCount));
    this.#text = this.#trimmed(this.#text, textBytes);
  }

  #valueBytes(rowCount: number): number {
    if (this.type.kind === 'bool') return bitmapBytes(rowCount);
    if (!isBytes(this.type)) return rowCount * this.#width;
    return this.#unifier === undefined ? (rowCount + 1) * 4 : rowCount * 4;
  }

  #trimmed(region: GrowingRegion, usedBytes: number): GrowingRegion {
    if (region.byteLength - usedBytes < WORTHWHILE_BYTES) return region;
    const exact = new GrowingRegion(this.#holding);
    try {
      exact.ensure(usedBytes, 0);
    } catch (error) {
      if (error instanceof MemoryBudgetExceeded) return region;
      throw error;
    }
    this.#kernels.copyBytes(region.address, exact.address, usedBytes);
    region.free();
    return exact;
  }

  /** Forgets the rows; keeps room for as many, but not the dictionary and the bitmap. */
  clear(): void {
    this.#validity.free();
    this.#unifier?.[Symbol.dispose]();
    this.#unifier = undefined;
    this.#items?.clear();
  }

  free(): void {
    this.clear();
    this.#items?.free();
    for (const region of [this.#values, this.#text, this.#temporary]) region.free();
  }

  #begin(from: Column): void {
    this.clear();
    this.#bits = from.bits;
    this.#width = from.width;
    if (this.type.kind === 'utf8' && from.dictionary !== undefined && from.dictionary.size > 0) {
      this.#unifier = new CodeUnifier(this.#holding);
    }
  }

  #appendValidity(from: number, rows: number, count: number, at: number): void {
    const region = this.#validity;
    if (from === 0 && region.address === 0) return;
    const keptBytes = bitmapBytes(at);
    if (region.address === 0) {
      region.ensure(bitmapBytes(at + count), 0);
      this.#kernels.setBits(region.address, 0, at);
    }
    region.ensure(bitmapBytes(at + count), keptBytes);
    if (from === 0) this.#kernels.setBits(region.address, at, count);
    else this.#appendBits(region, from, rows, count, at);
  }

  #appendBits(region: GrowingRegion, from: number, rows: number, count: number, at: number): void {
    region.ensure(bitmapBytes(at + count), bitmapBytes(at));
    if (rows === 0) {
      this.#kernels.copyBits(from, 0, count, region.address, at);
      return;
    }
    this.#temporary.ensure(bitmapBytes(count), 0);
    this.#kernels.takeBits(from, rows, count, this.#temporary.address);
    this.#kernels.copyBits(this.#temporary.address, 0, count, region.address, at);
  }

  #appendBools(from: Column, rows: number, count: number, at: number): void {
    if (from.dictionary === undefined) {
      this.#appendBits(this.#values, from.values, rows, count, at);
      return;
    }
    using codes = this.#codesOf(from, rows, count);
    this.#appendBits(this.#values, from.dictionary.values.values, codes.address, count, at);
    if (from.validity !== 0) {
      this.#kernels.zeroNullBits(this.#values.address, count, this.#validity.address, at);
    }
  }

  #appendFixed(from: Column, rows: number, count: number, at: number): void {
    if (from.width > this.#width) this.#widen(from.width, at);
    const width = this.#width;
    this.#values.ensure((at + count) * width, at * width);
    if (from.width < width) {
      this.#temporary.ensure(count * from.width, 0);
      this.#copyFixed(from, rows, count, this.#temporary.address, at);
      this.#kernels.widen16(this.#temporary.address, count, this.#values.address + at * width);
    } else this.#copyFixed(from, rows, count, this.#values.address + at * width, at);
  }

  #copyFixed(from: Column, rows: number, count: number, to: number, at: number): void {
    const { width } = from;
    if (from.dictionary !== undefined) {
      using codes = this.#codesOf(from, rows, count);
      takeOf(this.#kernels, width)(from.dictionary.values.values, codes.address, count, to);
      if (from.validity !== 0) zeroNullsOf(this.#kernels, width)(to, count, this.#validity.address, at);
    } else if (rows !== 0) takeOf(this.#kernels, width)(from.values, rows, count, to);
    else this.#kernels.copyBytes(from.values, to, count * width);
  }

  #widen(width: number, at: number): void {
    const wide = new GrowingRegion(this.#holding);
    wide.ensure(at * width);
    this.#kernels.widen16(this.#values.address, at, wide.address);
    this.#values.free();
    this.#values = wide;
    this.#width = width;
  }

  #appendText(from: Column, rows: number, count: number, at: number): void {
    if (this.#unifier !== undefined) {
      if (from.dictionary !== undefined && from.dictionary.size > 0) {
        this.#appendCodes(this.#unifier, from, rows, count, at);
        return;
      }
      this.#spellOut(this.#unifier, at);
    }
    if (from.dictionary !== undefined) {
      using codes = this.#codesOf(from, rows, count);
      if (from.dictionary.size > 0) this.#appendTexts(from.dictionary.values, codes.address, count, at, from.validity);
      else this.#appendEmpty(count, at);
    } else this.#appendTexts(from, rows, count, at, 0);
  }

  #appendCodes(unifier: CodeUnifier, from: Column, rows: number, count: number, at: number): void {
    using codes = this.#codesOf(from, rows, count);
    this.#values.ensure((at + count) * 4, at * 4);
    const to = this.#values.address + at * 4;
    if (from.dictionary !== undefined) unifier.unify(from.dictionary, codes.address, count, to);
    if (from.validity !== 0) this.#kernels.zeroNulls4(to, count, this.#validity.address, at);
  }

  /** Texts of a plain column; empty under nulls where `validity` is an address, as they already are in other columns. */
  #appendTexts(from: Column, rows: number, count: number, at: number, validity: number): void {
    const base = this.#textBytes(at);
    this.#values.ensure((at + count + 1) * 4, at === 0 ? 0 : (at + 1) * 4);
    const offsets = this.#values.address + at * 4;
    const { u32 } = this.#holding.linear;
    let end = base;
    if (rows === 0) {
      const start = u32[from.values >>> 2] ?? 0;
      end += (u32[(from.values >>> 2) + count] ?? 0) - start;
      if (end <= MOST_TEXT_BYTES) this.#kernels.appendOffsets(from.values, count, base, offsets);
    } else {
      const mask = validity === 0 ? 0 : this.#validity.address;
      end = this.#kernels.appendTakenOffsets(from.values, rows, count, base, mask, at, offsets);
    }
    if (end > MOST_TEXT_BYTES) throw new ColumnTooLarge(this.#holding.owner, end);
    this.#text.ensure(end, base);
    const start = this.#holding.linear.u32[from.values >>> 2] ?? 0;
    if (rows === 0) this.#kernels.copyBytes(from.bytes + start, this.#text.address + base, end - base);
    else this.#kernels.takeText(from.values, from.bytes, rows, count, offsets, this.#text.address);
  }

  #appendEmpty(count: number, at: number): void {
    const end = this.#textBytes(at);
    this.#values.ensure((at + count + 1) * 4, at === 0 ? 0 : (at + 1) * 4);
    this.#text.ensure(1, end);
    this.#kernels.fillOffsets(end, count + 1, this.#values.address + at * 4);
  }

  /** Where the text of the first `rows` rows ends. */
  #textBytes(rows: number): number {
    return rows === 0 ? 0 : (this.#holding.linear.u32[(this.#values.address >>> 2) + rows] ?? 0);
  }

  /** Turns the first `at` codes into text. */
  #spellOut(unifier: CodeUnifier, at: number): void {
    const offsets = new GrowingRegion(this.#holding);
    offsets.ensure((at + 1) * 4);
    const { values, bytes } = unifier.dictionary().values;
    const codes = this.#values.address;
    const validity = this.#validity.address;
    const end = this.#kernels.appendTakenOffsets(values, codes, at, 0, validity, 0, offsets.address);
    if (end > MOST_TEXT_BYTES) throw new ColumnTooLarge(this.#holding.owner, end);
    this.#text.ensure(end, 0);
    this.#kernels.takeText(values, bytes, codes, at, offsets.address, this.#text.address);
    this.#values.free();
    this.#values = offsets;
    this.#unifier = undefined;
    unifier[Symbol.dispose]();
  }

  /** The codes of `count` rows: in place, or gathered into memory that is freed when disposed. */
  #codesOf(from: Column, rows: number, count: number): { address: number } & Disposable {
    if (rows === 0) return { address: from.values, [Symbol.dispose]: () => {} };
    const region = this.#holding.allocate(count * 4);
    this.#kernels.take4(from.values, rows, count, region.address);
    return { address: region.address, [Symbol.dispose]: () => this.#holding.free(region) };
  }
}
