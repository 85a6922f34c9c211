/**
 * The values of one column chunk, decoded page by page into the buffers of its column. A slot is what a column has a
 * value or a null for: a row, or within lists an item. Which slots are null, whoever reads the levels has written to the
 * validity before.
 *
 *     page ──▶ values ──▶ dense  │ a b c │ ──spread──▶ │ a 0 b c │ slots
 *
 * A batch goes over page boundaries. Dictionary codes are handed on as codes; where a chunk has fallen back from codes
 * to values within the batch, or its dictionary is too large to be worth keeping, the codes are replaced by their values.
 *
 *     codes    │ 3 0 1 │ 2 4 │                a page of codes, a page of codes,
 *     values   │ v3 v0 v1 │ v2 v4 │ w w w │   and a page of values: all become values
 *
 * The file is long because the state of a page and of a batch is shared by every way of decoding.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../../columnar/batch.ts';
import type { Column, Dictionary } from '../../columnar/column.ts';
import { type MalformedFile, MemoryBudgetExceeded, SchemaMismatch } from '../../errors.ts';
import { spreadOf } from '../../kernels/parquet-kernels.ts';
import { takeOf, zeroNullsOf } from '../../kernels/take-kernels.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';
import { dictionaryTarget, readDictionaryPage } from './dictionary-page.ts';
import type { PageHeader } from './page-header.ts';
import { type Page, PageReader, unsupportedEncoding } from './page-reader.ts';
import {
  FixedNumbers,
  type PageNumbers,
  type PageTexts,
  type PageWork,
  PlainNumbers,
  PlainTexts,
  SizedNumbers,
} from './page-values.ts';
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

/** How the values of the current page are had: booleans are bits or runs. */
type PageForm =
  | { readonly kind: 'codes' | 'bits' | 'runs' }
  | { readonly kind: 'numbers'; readonly numbers: PageNumbers }
  | { readonly kind: 'texts'; readonly texts: PageTexts };

/** A dictionary that no page has asked for yet, and where behind its header it is in the file. */
interface UnreadDictionary {
  readonly header: PageHeader;
  readonly position: number;
}

const isCoded = ({ encoding }: PageHeader): boolean => encoding === RLE_DICTIONARY || encoding === PLAIN_DICTIONARY;

export class ChunkValues {
  readonly #work: FileWork;
  readonly #source: ChunkSource;
  readonly #pages: PageReader;
  readonly #values: PlainValues;
  readonly #linear: LinearMemory;
  /** Entries of the chunk that no page has given yet. */
  #entriesAhead: number;
  #dictionary: Dictionary | undefined;
  #unread: UnreadDictionary | undefined;
  #keepsCodes = false;

  // The current page.
  #page: Page | undefined;
  #form: PageForm = { kind: 'bits' };
  /** The next bit. */
  #bit = 0;

  // The current batch.
  #filled = 0;
  #hasCodes = false;
  #hasValues = false;
  #bits = 0;
  /** Where its values are, if not in its buffer: in the page. */
  #place: number | undefined;

  constructor(work: FileWork, source: ChunkSource) {
    this.#work = work;
    this.#source = source;
    this.#linear = work.holding.linear;
    this.#entriesAhead = source.chunk.values;
    this.#values = new PlainValues(work, source);
    this.#pages = new PageReader(source.chunk, source.bytes, work, source.buffers.page, {
      levels: source.reading.file,
      damaged: (detail) => this.#values.damaged(detail),
    });
  }

  damaged(detail: string): MalformedFile {
    return this.#values.damaged(detail);
  }

  /** Slots of the batch so far. */
  get filled(): number {
    return this.#filled;
  }

  /** Bytes of the texts of the batch so far that were written out. */
  get textBytes(): number {
    const { form } = this.#source.reading;
    if (form.kind !== 'text' || !this.#hasValues) return 0;
    return this.#linear.data.getInt32(this.#source.buffers.values.address + this.#filled * 4, true);
  }

  /** Entries of pages that are not open yet. */
  get entriesAhead(): number {
    return this.#entriesAhead;
  }

  // Pages -------------------------------------------------------------------------------------------------------------

  /** The header of the next page of entries, after which comes `open` or `pass`. */
  async nextHeader(): Promise<PageHeader> {
    for (;;) {
      const header = await this.#pages.header();
      if (header.kind === 'dictionary') {
        await this.#meetDictionary(header);
        this.#pages.pass(header);
      } else if (header.kind === 'index' || header.values === 0) this.#pages.pass(header);
      else {
        if (header.values > this.#entriesAhead) throw this.damaged('its pages hold more rows than the footer claims');
        this.#entriesAhead -= header.values;
        return header;
      }
    }
  }

  pass(header: PageHeader): void {
    this.#pages.pass(header);
  }

  /** Goes on with the page at `position` in the file, of whose entries and those behind it there are `entries`. */
  async seek(position: number, entries: number): Promise<void> {
    // What comes before all pages of rows is the dictionary, which they may need.
    if (this.#page === undefined && !this.#hasDictionary && this.#pages.position < this.#firstPage) {
      const header = await this.#pages.header();
      if (header.kind === 'dictionary') await this.#meetDictionary(header);
    }
    this.#pages.seek(position);
    this.#entriesAhead = entries;
  }

  async open(header: PageHeader): Promise<Page> {
    if (isCoded(header) && this.#unread !== undefined) await this.#readDictionary(this.#unread);
    const page = await this.#pages.page(header);
    this.#page = page;
    this.#bit = 0;
    const isPlain = [PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY].includes(page.header.encoding);
    this.#form = this.#formOf(page, isPlain ? undefined : await import('./encoded-values.ts'));
    return page;
  }

  #formOf(page: Page, encoded: typeof import('./encoded-values.ts') | undefined): PageForm {
    const { form, field, file } = this.#source.reading;
    const { encoding } = page.header;
    if (isCoded(page.header) && form.kind !== 'bool') {
      this.#beginCodes(page);
      return { kind: 'codes' };
    }
    const work: PageWork = { ...this.#work, page, buffers: this.#source.buffers, values: this.#values };
    if (form.kind === 'bool') {
      if (encoding === PLAIN) return { kind: 'bits' };
      if (encoding === RLE) {
        this.#beginRuns(page);
        return { kind: 'runs' };
      }
    } else if (form.kind === 'text') {
      const texts = encoding === PLAIN ? new PlainTexts(work) : encoded?.encodedTexts(encoding, work);
      if (texts !== undefined) return { kind: 'texts', texts };
    } else if (form.kind === 'sized') {
      const numbers = encoding === PLAIN ? new SizedNumbers(work) : encoded?.encodedSizedNumbers(encoding, work);
      if (numbers !== undefined) return { kind: 'numbers', numbers };
    } else {
      const { storedBytes } = form;
      const stored =
        encoding === PLAIN
          ? new PlainNumbers(work, storedBytes)
          : encoded?.encodedNumbers(encoding, file.physical, storedBytes, work);
      if (stored !== undefined)
        return { kind: 'numbers', numbers: new FixedNumbers(stored, this.#values, storedBytes) };
    }
    throw unsupportedEncoding(this.#work.uri, field.name, encoding);
  }

  #beginCodes({ values, end }: Page): void {
    if (this.#dictionary === undefined) throw this.damaged('it has codes and no dictionary');
    // A page of nulls may lack even the byte that says how wide the codes are.
    const width = values < end ? (this.#linear.u8[values] ?? 0) : 0;
    if (width > 32) throw this.damaged(`codes of ${width} bits`);
    this.#work.kernels.beginHybrid(this.#source.buffers.valueState, Math.min(values + 1, end), end, width);
    this.#source.buffers.codes.ensure(this.#source.batchRows * 4, this.#hasCodes ? this.#filled * 4 : 0);
  }

  #beginRuns({ values, end }: Page): void {
    const isShort = end - values < 4;
    const runsEnd = isShort ? values : values + 4 + this.#linear.data.getUint32(values, true);
    if (runsEnd > end) throw this.damaged('booleans are longer than their page');
    this.#work.kernels.beginHybrid(this.#source.buffers.valueState, Math.min(values + 4, end), runsEnd, 1);
  }

  /** Leaves a dictionary for the first page of codes, which there may be none of, where its bytes stay in memory. */
  async #meetDictionary(header: PageHeader): Promise<void> {
    if (this.#hasDictionary || this.#page !== undefined) throw this.damaged('it has a second dictionary');
    this.#unread = { header, position: this.#pages.position };
    if (!this.#source.bytes.isKept) await this.#readDictionary(this.#unread);
  }

  get #hasDictionary(): boolean {
    return this.#dictionary !== undefined || this.#unread !== undefined;
  }

  /** Afterwards the pages go on from where they were. */
  async #readDictionary({ header, position }: UnreadDictionary): Promise<void> {
    const { form, field, keepsCodes } = this.#source.reading;
    if (form.kind === 'bool' || (header.encoding !== PLAIN && header.encoding !== PLAIN_DICTIONARY)) {
      throw unsupportedEncoding(this.#work.uri, field.name, header.encoding);
    }
    this.#unread = undefined;
    const goesOn = this.#pages.position;
    this.#pages.seek(position);
    const page = await this.#pages.page(header, dictionaryTarget(this.#source));
    this.#dictionary = readDictionaryPage(page, this.#work, this.#source, this.#values);
    this.#pages.release();
    this.#pages.seek(goesOn);
    const { size } = this.#dictionary;
    this.#keepsCodes = keepsCodes && size > 0 && (form.kind === 'text' || size <= MAX_FIXED_ENTRIES);
  }

  // A batch -----------------------------------------------------------------------------------------------------------

  /** Begins a batch; the columns of the one before become invalid. */
  begin(): void {
    this.#filled = 0;
    this.#hasCodes = false;
    this.#hasValues = false;
    this.#bits = 0;
    this.#place = undefined;
  }

  /** Makes room for `count` more slots, all of them null so far. @throws MemoryBudgetExceeded */
  reserve(count: number): void {
    const { buffers, reading } = this.#source;
    const slots = this.#filled + count;
    buffers.ensure(reading.form, slots, this.#filled);
    const doneBytes = Math.ceil(this.#filled / 8);
    const bitmapBytes = Math.ceil(slots / 8) + 8;
    const linear = this.#linear;
    const { validity, values } = buffers;
    if (this.#hasValidity) linear.zero(validity.address + doneBytes, validity.address + bitmapBytes);
    if (reading.form.kind === 'bool') linear.zero(values.address + doneBytes, values.address + bitmapBytes);
    if (reading.form.kind === 'text' && this.#filled === 0) linear.data.setInt32(values.address, 0, true);
  }

  /**
   * Decodes the next `count` reserved slots, at most `batchRows` and from one page, of which `valid` are not null. Of a
   * batch that is no more than these, the values may stay where they are.
   */
  decode(count: number, valid: number, isAll: boolean = false): void {
    const { reading, buffers } = this.#source;
    if (valid < count && !reading.field.nullable) {
      throw new SchemaMismatch(this.#work.uri, `column ${reading.field.name} has nulls, which the plan rules out`);
    }
    const form = this.#form;
    const validity = valid === count ? 0 : buffers.validity.address;
    if (form.kind === 'codes') this.#decodeCodes(count, valid);
    else if (form.kind === 'texts') this.#decodeTexts(form.texts, count, valid, validity);
    else if (form.kind === 'numbers') {
      if (isAll && valid === count) this.#place = form.numbers.place?.(count);
      if (this.#place === undefined) this.#decodeNumbers(form.numbers, count, valid, validity);
      else this.#bits = this.#values.bitsOf(this.#place, count);
    } else this.#decodeBools(count, valid);
    this.#filled += count;
  }

  #decodeCodes(count: number, valid: number): void {
    const { kernels, scratch } = this.#work;
    const { buffers } = this.#source;
    const keeps = this.#keepsCodes && !this.#hasValues;
    const to = buffers.codes.address + (keeps ? this.#filled * 4 : 0);
    const dense = valid === count ? to : scratch.dense;
    const greatest = kernels.decodeHybrid(buffers.valueState, valid, dense);
    if (greatest < 0) throw this.damaged('its codes are damaged');
    const dictionary = this.#dictionary;
    assert.ok(dictionary !== undefined);
    if (valid > 0 && greatest >= dictionary.size) {
      throw this.damaged(`a code is beyond its dictionary of ${dictionary.size} entries`);
    }
    if (valid < count) kernels.spread4(dense, buffers.validity.address, this.#filled, count, to);
    if (keeps) this.#hasCodes = true;
    else this.#replaceCodes(dictionary, to, this.#filled, count);
  }

  /** Puts the values of `count` codes where the values of slots from `start` on go. */
  #replaceCodes({ size, values: entries }: Dictionary, codes: number, start: number, count: number): void {
    const { reading } = this.#source;
    this.#hasValues = true;
    this.#bits = Math.max(this.#bits, entries.bits ?? 0);
    if (reading.form.kind === 'text') this.#replaceTextCodes(size, entries, codes, start, count);
    else this.#replaceFixedCodes(size, entries, codes, start, count);
  }

  #replaceTextCodes(size: number, entries: Column, codes: number, start: number, count: number): void {
    const { take } = this.#work;
    const { buffers } = this.#source;
    const offsets = buffers.values.address + start * 4;
    const base = this.#linear.data.getInt32(offsets, true);
    if (size === 0) {
      this.#reserveText(base, base);
      take.fillOffsets(base, count + 1, offsets);
      return;
    }
    const validity = this.#hasNulls(start, count) ? buffers.validity.address : 0;
    const end = take.appendTakenOffsets(entries.values, codes, count, base, validity, start, offsets);
    this.#reserveText(base, end);
    take.takeText(entries.values, entries.bytes, codes, count, offsets, buffers.text.address);
  }

  #replaceFixedCodes(size: number, entries: Column, codes: number, start: number, count: number): void {
    const { take } = this.#work;
    const { buffers } = this.#source;
    const to = buffers.values.address + start * entries.width;
    if (size === 0) {
      this.#linear.zero(to, to + count * entries.width);
      return;
    }
    takeOf(take, entries.width)(entries.values, codes, count, to);
    if (this.#hasNulls(start, count)) zeroNullsOf(take, entries.width)(to, count, buffers.validity.address, start);
  }

  #hasNulls(start: number, count: number): boolean {
    return (
      this.#hasValidity && this.#work.kernels.countOnes(this.#source.buffers.validity.address, start, count) < count
    );
  }

  /** Once a batch has values, all of it has. */
  #leaveCodes(): void {
    if (this.#hasCodes && this.#dictionary !== undefined) {
      this.#replaceCodes(this.#dictionary, this.#source.buffers.codes.address, 0, this.#filled);
    }
    this.#hasCodes = false;
    this.#hasValues = true;
  }

  #decodeNumbers(numbers: PageNumbers, count: number, valid: number, validity: number): void {
    this.#leaveCodes();
    const { buffers } = this.#source;
    const { kernels, scratch } = this.#work;
    const width = this.#width;
    const to = buffers.values.address + this.#filled * width;
    const dense = valid === count ? to : scratch.dense;
    numbers.read(valid, dense);
    this.#bits = Math.max(this.#bits, this.#values.bitsOf(dense, valid));
    if (valid < count) spreadOf(kernels, width)(dense, validity, this.#filled, count, to);
  }

  #decodeTexts(texts: PageTexts, count: number, valid: number, validity: number): void {
    this.#leaveCodes();
    const { buffers } = this.#source;
    const byteLength = texts.next(valid);
    const offsets = buffers.values.address + this.#filled * 4;
    const base = this.#linear.data.getInt32(offsets, true);
    this.#reserveText(base, base + byteLength);
    texts.move(validity, this.#filled, count, offsets, buffers.text.address);
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
    const { buffers } = this.#source;
    const { valueState } = buffers;
    const [values, validity] = [buffers.values.address, buffers.validity.address];
    const hasNulls = valid < count;
    if (this.#form.kind === 'runs') {
      if (hasNulls) this.#linear.zero(scratch.bits, scratch.bits + Math.ceil(valid / 8) + 8);
      const ones = hasNulls
        ? kernels.decodeHybridBits(valueState, valid, scratch.bits, 0)
        : kernels.decodeHybridBits(valueState, valid, values, this.#filled);
      if (ones < 0) throw this.damaged('its booleans are damaged');
      if (hasNulls) kernels.spreadBits(scratch.bits, 0, validity, this.#filled, count, values);
      return;
    }
    const from = this.#pageValues(valid);
    if (hasNulls) kernels.spreadBits(from, this.#bit, validity, this.#filled, count, values);
    else kernels.orBits(from, this.#bit, count, values, this.#filled);
    this.#bit += valid;
  }

  /** Where the bits of the page begin, after checking that there are `count` more. */
  #pageValues(count: number): number {
    const { values, end } = this.#page ?? { values: 0, end: 0 };
    if (Math.ceil((this.#bit + count) / 8) > end - values) {
      throw this.damaged('a page is shorter than its booleans');
    }
    return values;
  }

  /** The slots of the batch, of which `valid` are not null; valid until the next `begin`. */
  column(valid: number): Column {
    const { reading, buffers, memory } = this.#source;
    const { field, form } = reading;
    const validity = valid === this.#filled ? 0 : buffers.validity.address;
    const width = this.#width;
    const dictionary = this.#dictionary;
    if (this.#hasCodes && dictionary !== undefined) {
      const { bits } = dictionary.values;
      return { type: field.type, validity, values: buffers.codes.address, bytes: 0, dictionary, width, bits };
    }
    const bits = this.#values.hasBound ? memory.bound(this.#bits) : undefined;
    const bytes = form.kind === 'text' ? buffers.text.address : 0;
    const values = this.#place ?? buffers.values.address;
    return { type: field.type, validity, values, bytes, dictionary: undefined, width, bits };
  }

  // Values that are not wanted ----------------------------------------------------------------------------------------

  /** Passes over the next `valid` values of the current page, at most `batchRows`, outside of any batch. */
  passValues(valid: number): void {
    const { kernels } = this.#work;
    const form = this.#form;
    if (form.kind === 'codes' || form.kind === 'runs') {
      if (kernels.skipHybrid(this.#source.buffers.valueState, valid) === 0) throw this.damaged('its codes are damaged');
    } else if (form.kind === 'bits') {
      this.#pageValues(valid);
      this.#bit += valid;
    } else if (form.kind === 'texts') form.texts.pass(valid);
    else if (form.kind === 'numbers') form.numbers.pass(valid);
  }

  get #width(): number {
    const { form } = this.#source.reading;
    return form.kind === 'fixed' || form.kind === 'sized' ? form.width : 0;
  }

  /** Where the first page of rows is. */
  get #firstPage(): number {
    return this.#source.pages?.[0]?.start ?? this.#source.chunk.start;
  }

  get #hasValidity(): boolean {
    return this.#source.reading.file.definition > 0;
  }
}
