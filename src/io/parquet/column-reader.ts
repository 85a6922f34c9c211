/**
 * Decodes one column chunk, the next rows at a time, into the buffers of its column.
 *
 *     page ──▶ levels ──▶ validity  │ 1 0 1 1 │
 *          └─▶ values ──▶ dense     │ a b c │ ──spread──▶ │ a 0 b c │
 *
 * A batch goes over page boundaries. Dictionary codes are handed on as codes; where a chunk has fallen back from codes
 * to values within the batch, or its dictionary is too large to be worth keeping, the codes are replaced by their values.
 *
 *     codes    │ 3 0 1 │ 2 4 │                a page of codes, a page of codes,
 *     values   │ v3 v0 v1 │ v2 v4 │ w w w │   and a page of values: all become values
 *
 * Rows that nobody wants are passed over, whole pages without decompressing them.
 *
 * The file is long because the state of a page and of a batch is shared by every way of decoding.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../../columnar/batch.ts';
import type { Column, Dictionary } from '../../columnar/column.ts';
import { MemoryBudgetExceeded, SchemaMismatch } from '../../errors.ts';
import { spreadOf } from '../../kernels/parquet-kernels.ts';
import { takeOf, zeroNullsOf } from '../../kernels/take-kernels.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';
import { readDictionaryPage } from './dictionary-page.ts';
import type { PageHeader } from './page-header.ts';
import { type Page, PageReader, unsupportedEncoding } from './page-reader.ts';
import { type ChunkSource, type FileWork, PlainValues } from './plain-values.ts';

/**
 * Values of a fixed width come as codes only from dictionaries of up to so many entries: what is worked out once per
 * entry then costs no more than one batch. Texts, of which each is dearer, come as codes from any dictionary.
 */
const MAX_FIXED_ENTRIES: number = BATCH_ROWS;

/** Numbers of encodings. */
const PLAIN = 0;
const PLAIN_DICTIONARY = 2;
const RLE = 3;
const RLE_DICTIONARY = 8;

/** How the values of the current page are stored. */
type PageForm = 'codes' | 'fixed' | 'sized' | 'text' | 'bits' | 'runs';

export class ColumnReader {
  readonly #work: FileWork;
  readonly #source: ChunkSource;
  readonly #pages: PageReader;
  readonly #values: PlainValues;
  readonly #linear: LinearMemory;
  /** Rows of the chunk that no page has given yet. */
  #rowsAhead: number;
  /** Rows asked to be passed over and not yet passed. */
  #rowsToPass = 0;
  #dictionary: Dictionary | undefined;
  #keepsCodes = false;

  // The current page.
  #page: Page | undefined;
  #pageRows = 0;
  #form: PageForm = 'fixed';
  /** The next plain value; for `bits`, also the next bit of it. */
  #position = 0;
  #bit = 0;

  // The current batch.
  #filled = 0;
  #valid = 0;
  #hasCodes = false;
  #hasValues = false;
  #bits = 0;

  constructor(work: FileWork, source: ChunkSource) {
    this.#work = work;
    this.#source = source;
    this.#linear = work.holding.linear;
    this.#rowsAhead = source.rows;
    this.#values = new PlainValues(work, source);
    const { chunk, bytes, buffers, reading } = source;
    this.#pages = new PageReader(chunk, bytes, work, buffers.page, {
      nullable: reading.file.nullable,
      damaged: (detail) => this.#values.damaged(detail),
    });
  }

  /** Passes over the next `rows` rows. */
  skip(rows: number): void {
    this.#rowsToPass += rows;
  }

  /**
   * The next `rows` rows, at most `batchRows`; valid until the next call.
   * @throws MalformedFile, UnsupportedFile, SchemaMismatch, ArithmeticOverflow, MemoryBudgetExceeded
   */
  async read(rows: number): Promise<Column> {
    assert.ok(rows <= this.#source.batchRows);
    await this.#pass();
    this.#begin(rows);
    while (this.#filled < rows) {
      if (this.#pageRows === 0) await this.#nextPage();
      const count = Math.min(rows - this.#filled, this.#pageRows);
      this.#decode(count);
      this.#pageRows -= count;
      this.#filled += count;
    }
    return this.#column(rows);
  }

  async #pass(): Promise<void> {
    while (this.#rowsToPass > 0) {
      if (this.#pageRows === 0) {
        const header = await this.#nextHeader();
        if (header.values <= this.#rowsToPass) {
          this.#pages.pass(header);
          this.#rowsToPass -= header.values;
          continue;
        }
        await this.#open(header);
      }
      const count = Math.min(this.#rowsToPass, this.#pageRows, this.#source.batchRows);
      this.#passValues(count);
      this.#pageRows -= count;
      this.#rowsToPass -= count;
    }
  }

  // Pages -------------------------------------------------------------------------------------------------------------

  async #nextPage(): Promise<void> {
    await this.#open(await this.#nextHeader());
  }

  /** The header of the next page of rows; a dictionary on the way is read. */
  async #nextHeader(): Promise<PageHeader> {
    for (;;) {
      const header = await this.#pages.header();
      if (header.kind === 'dictionary') await this.#readDictionary(header);
      else if (header.kind === 'index' || header.values === 0) this.#pages.pass(header);
      else {
        if (header.values > this.#rowsAhead)
          throw this.#values.damaged('its pages hold more rows than the footer claims');
        this.#rowsAhead -= header.values;
        return header;
      }
    }
  }

  async #open(header: PageHeader): Promise<void> {
    const page = await this.#pages.page(header);
    const { kernels } = this.#work;
    const { levelState } = this.#source.buffers;
    if (this.#isNullable) kernels.beginHybrid(levelState, page.levels, page.levelsEnd, 1);
    this.#page = page;
    this.#pageRows = header.values;
    this.#position = page.values;
    this.#bit = 0;
    this.#form = this.#formOf(header.encoding);
    if (this.#form === 'codes') this.#beginCodes(page);
    if (this.#form === 'runs') this.#beginRuns(page);
  }

  #formOf(encoding: number): PageForm {
    const { form, field } = this.#source.reading;
    if (encoding === PLAIN) return form.kind === 'bool' ? 'bits' : form.kind;
    if (encoding === RLE && form.kind === 'bool') return 'runs';
    if ((encoding === RLE_DICTIONARY || encoding === PLAIN_DICTIONARY) && form.kind !== 'bool') {
      if (this.#dictionary === undefined) throw this.#values.damaged('it has codes and no dictionary');
      return 'codes';
    }
    throw unsupportedEncoding(this.#work.uri, field.name, encoding);
  }

  #beginCodes({ values, end }: Page): void {
    // A page of nulls may lack even the byte that says how wide the codes are.
    const width = values < end ? (this.#linear.u8[values] ?? 0) : 0;
    if (width > 32) throw this.#values.damaged(`codes of ${width} bits`);
    this.#work.kernels.beginHybrid(this.#source.buffers.valueState, Math.min(values + 1, end), end, width);
    this.#source.buffers.codes.ensure(this.#source.batchRows * 4, this.#filled * 4);
  }

  #beginRuns({ values, end }: Page): void {
    const isShort = end - values < 4;
    const runsEnd = isShort ? values : values + 4 + this.#linear.data.getUint32(values, true);
    if (runsEnd > end) throw this.#values.damaged('booleans are longer than their page');
    this.#work.kernels.beginHybrid(this.#source.buffers.valueState, Math.min(values + 4, end), runsEnd, 1);
  }

  // Dictionary --------------------------------------------------------------------------------------------------------

  async #readDictionary(header: PageHeader): Promise<void> {
    if (this.#dictionary !== undefined || this.#page !== undefined)
      throw this.#values.damaged('it has a second dictionary');
    const { form, field } = this.#source.reading;
    if (form.kind === 'bool' || (header.encoding !== PLAIN && header.encoding !== PLAIN_DICTIONARY)) {
      throw unsupportedEncoding(this.#work.uri, field.name, header.encoding);
    }
    const page = await this.#pages.page(header);
    this.#dictionary = readDictionaryPage(page, this.#work, this.#source, this.#values);
    const { size } = this.#dictionary;
    this.#keepsCodes = size > 0 && (form.kind === 'text' || size <= MAX_FIXED_ENTRIES);
  }

  // A batch -----------------------------------------------------------------------------------------------------------

  #begin(rows: number): void {
    this.#filled = 0;
    this.#valid = 0;
    this.#hasCodes = false;
    this.#hasValues = false;
    this.#bits = 0;
    const { validity, values } = this.#source.buffers;
    const bitmapBytes = Math.ceil(rows / 8) + 8;
    const { u8, data } = this.#linear;
    if (this.#isNullable) u8.fill(0, validity, validity + bitmapBytes);
    if (this.#source.reading.form.kind === 'bool') u8.fill(0, values, values + bitmapBytes);
    if (this.#source.reading.form.kind === 'text') data.setInt32(values, 0, true);
  }

  #decode(count: number): void {
    const valid = this.#decodeLevels(count);
    this.#valid += valid;
    if (this.#form === 'codes') this.#decodeCodes(count, valid);
    else if (this.#form === 'text') this.#decodeTexts(count, valid);
    else if (this.#form === 'fixed' || this.#form === 'sized') this.#decodeValues(count, valid);
    else this.#decodeBools(count, valid);
  }

  /** How many of the next `count` rows are not null. */
  #decodeLevels(count: number): number {
    if (!this.#isNullable) return count;
    const { levelState, validity } = this.#source.buffers;
    const valid = this.#work.kernels.decodeHybridBits(levelState, count, validity, this.#filled);
    if (valid < 0) throw this.#values.damaged('its levels are damaged');
    if (valid < count && !this.#source.reading.field.nullable) {
      throw new SchemaMismatch(
        this.#work.uri,
        `column ${this.#source.reading.field.name} has nulls, which the plan rules out`,
      );
    }
    return valid;
  }

  #decodeCodes(count: number, valid: number): void {
    const { kernels, scratch } = this.#work;
    const { buffers } = this.#source;
    const to = buffers.codes.address + this.#filled * 4;
    const dense = valid === count ? to : scratch.dense;
    if (kernels.decodeHybrid(buffers.valueState, valid, dense) === 0)
      throw this.#values.damaged('its codes are damaged');
    const dictionary = this.#dictionary;
    assert.ok(dictionary !== undefined);
    if (valid > 0 && kernels.maxCode(dense, valid) >>> 0 >= dictionary.size) {
      throw this.#values.damaged(`a code is beyond its dictionary of ${dictionary.size} entries`);
    }
    if (valid < count) kernels.spread4(dense, buffers.validity, this.#filled, count, to);
    if (this.#hasValues || !this.#keepsCodes) this.#replaceCodes(dictionary, this.#filled, count);
    else this.#hasCodes = true;
  }

  /** Puts the values of `count` codes from row `start` on where values go. */
  #replaceCodes({ size, values: entries }: Dictionary, start: number, count: number): void {
    const { reading } = this.#source;
    this.#hasValues = true;
    this.#bits = Math.max(this.#bits, entries.bits ?? 0);
    if (reading.form.kind === 'text') this.#replaceTextCodes(size, entries, start, count);
    else this.#replaceFixedCodes(size, entries, start, count);
  }

  #replaceTextCodes(size: number, entries: Column, start: number, count: number): void {
    const { take } = this.#work;
    const { buffers } = this.#source;
    const codes = buffers.codes.address + start * 4;
    const offsets = buffers.values + start * 4;
    const base = this.#linear.data.getInt32(offsets, true);
    if (size === 0) {
      this.#reserveText(base, base);
      take.fillOffsets(base, count + 1, offsets);
      return;
    }
    const validity = this.#hasNulls(start, count) ? buffers.validity : 0;
    const end = take.appendTakenOffsets(entries.values, codes, count, base, validity, start, offsets);
    this.#reserveText(base, end);
    take.takeText(entries.values, entries.bytes, codes, count, offsets, buffers.text.address);
  }

  #replaceFixedCodes(size: number, entries: Column, start: number, count: number): void {
    const { take } = this.#work;
    const { buffers } = this.#source;
    const codes = buffers.codes.address + start * 4;
    const to = buffers.values + start * entries.width;
    if (size === 0) {
      this.#linear.u8.fill(0, to, to + count * entries.width);
      return;
    }
    takeOf(take, entries.width)(entries.values, codes, count, to);
    if (this.#hasNulls(start, count)) zeroNullsOf(take, entries.width)(to, count, buffers.validity, start);
  }

  #hasNulls(start: number, count: number): boolean {
    return this.#isNullable && this.#work.kernels.countOnes(this.#source.buffers.validity, start, count) < count;
  }

  /** Once a batch has values, all of it has. */
  #leaveCodes(): void {
    if (this.#hasCodes && this.#dictionary !== undefined) this.#replaceCodes(this.#dictionary, 0, this.#filled);
    this.#hasCodes = false;
    this.#hasValues = true;
  }

  #decodeValues(count: number, valid: number): void {
    this.#leaveCodes();
    const { buffers, reading } = this.#source;
    const { kernels, scratch } = this.#work;
    const { form } = reading;
    assert.ok(form.kind === 'fixed' || form.kind === 'sized');
    const to = buffers.values + this.#filled * form.width;
    const dense = valid === count ? to : scratch.dense;
    this.#position += this.#values.convert(this.#position, this.#pageEnd, valid, dense);
    this.#bits = Math.max(this.#bits, this.#values.bitsOf(dense, valid));
    if (valid < count) spreadOf(kernels, form.width)(dense, buffers.validity, this.#filled, count, to);
  }

  #decodeTexts(count: number, valid: number): void {
    this.#leaveCodes();
    const { kernels } = this.#work;
    const { buffers } = this.#source;
    const byteLength = kernels.measureTexts(this.#position, this.#pageEnd, valid);
    if (byteLength < 0) throw this.#values.damaged('a page is shorter than its texts');
    const offsets = buffers.values + this.#filled * 4;
    const base = this.#linear.data.getInt32(offsets, true);
    this.#reserveText(base, base + byteLength - valid * 4);
    const bits = valid === count ? 0 : buffers.validity;
    kernels.moveTexts(this.#position, bits, this.#filled, count, offsets, buffers.text.address);
    this.#position += byteLength;
    this.#values.checkText(offsets, count, buffers.text.address);
  }

  #reserveText(usedBytes: number, endBytes: number): void {
    const { holding } = this.#work;
    if (endBytes > 0x7fffffff) {
      throw new MemoryBudgetExceeded(holding.owner, endBytes, holding.heldBytes, holding.budget.limitBytes);
    }
    this.#source.buffers.text.ensure(endBytes, Math.min(usedBytes, this.#source.buffers.text.byteLength));
  }

  #decodeBools(count: number, valid: number): void {
    const { kernels, scratch } = this.#work;
    const { values, validity, valueState } = this.#source.buffers;
    const hasNulls = valid < count;
    if (this.#form === 'runs') {
      if (hasNulls) this.#linear.u8.fill(0, scratch.bits, scratch.bits + Math.ceil(valid / 8) + 8);
      const ones = hasNulls
        ? kernels.decodeHybridBits(valueState, valid, scratch.bits, 0)
        : kernels.decodeHybridBits(valueState, valid, values, this.#filled);
      if (ones < 0) throw this.#values.damaged('its booleans are damaged');
      if (hasNulls) kernels.spreadBits(scratch.bits, 0, validity, this.#filled, count, values);
      return;
    }
    this.#checkBits(valid);
    if (hasNulls) kernels.spreadBits(this.#position, this.#bit, validity, this.#filled, count, values);
    else kernels.orBits(this.#position, this.#bit, count, values, this.#filled);
    this.#bit += valid;
  }

  #checkBits(count: number): void {
    if (Math.ceil((this.#bit + count) / 8) > this.#pageEnd - this.#position) {
      throw this.#values.damaged('a page is shorter than its booleans');
    }
  }

  #column(rows: number): Column {
    const { reading, buffers, memory } = this.#source;
    const { field, form } = reading;
    const validity = this.#valid === rows ? 0 : buffers.validity;
    const width = form.kind === 'fixed' || form.kind === 'sized' ? form.width : 0;
    const dictionary = this.#dictionary;
    if (this.#hasCodes && dictionary !== undefined) {
      const { bits } = dictionary.values;
      return { type: field.type, validity, values: buffers.codes.address, bytes: 0, dictionary, width, bits };
    }
    const bits = this.#values.hasBound ? memory.bound(this.#bits) : undefined;
    const bytes = form.kind === 'text' ? buffers.text.address : 0;
    return { type: field.type, validity, values: buffers.values, bytes, dictionary: undefined, width, bits };
  }

  // Rows that are not wanted ------------------------------------------------------------------------------------------

  /** Passes over `count` rows of the current page, at most `batchRows`. */
  #passValues(count: number): void {
    const { kernels, scratch } = this.#work;
    const { buffers, reading } = this.#source;
    let valid = count;
    if (this.#isNullable) {
      this.#linear.u8.fill(0, scratch.bits, scratch.bits + Math.ceil(count / 8) + 8);
      valid = kernels.decodeHybridBits(buffers.levelState, count, scratch.bits, 0);
      if (valid < 0) throw this.#values.damaged('its levels are damaged');
    }
    if (this.#form === 'codes' || this.#form === 'runs') {
      if (kernels.skipHybrid(buffers.valueState, valid) === 0) throw this.#values.damaged('its codes are damaged');
    } else if (this.#form === 'bits') {
      this.#checkBits(valid);
      this.#bit += valid;
    } else {
      const { form } = reading;
      const bytes =
        form.kind === 'fixed' ? valid * form.storedBytes : kernels.measureTexts(this.#position, this.#pageEnd, valid);
      if (bytes < 0 || bytes > this.#pageEnd - this.#position)
        throw this.#values.damaged('a page is shorter than its values');
      this.#position += bytes;
    }
  }

  // Of the column -------------------------------------------------------------------------------------------------

  get #isNullable(): boolean {
    return this.#source.reading.file.nullable;
  }

  get #pageEnd(): number {
    return this.#page?.end ?? 0;
  }
}
