/**
 * The body of a page: columns as bytes, and bytes as columns.
 *
 *     columns        city utf8, as codes         tags list(int32)
 *     descriptions   codes │ its texts           list │ its items             depth first
 *     buffers        codes, offsets, bytes       validity, offsets, values    those that each description has
 *
 *     description    flags u32: 1 validity, 2 dictionary, 4 decimals of 16 bytes
 *                    count u32: bytes of texts, items of lists, entries of a dictionary, else 0
 *
 * How large each buffer is follows from the type, the rows and the description, so a page that was made by somebody else
 * either has exactly the right size or is refused. What kernels rely on is checked too, or made true: offsets ascend, codes
 * have entries, texts are UTF-8, and under a null lies zero. How many bits values need is read from the values.
 */

import type { Batch } from '../../columnar/batch.ts';
import { type Column, nextDictionaryId } from '../../columnar/column.ts';
import { childTypes, type DataType, fixedWidth, isBytes, storageType } from '../../columnar/data-type.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import { MalformedFile } from '../../errors.ts';
import { partitionKernels } from '../../kernels/partition-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';
import { bitmapBytes, ColumnChecks } from '../column-checks.ts';

const DESCRIPTION_BYTES = 8;
const HAS_VALIDITY = 1;
const HAS_DICTIONARY = 2;
const IS_WIDE = 4;
/** Offsets and numbers of rows are int32. */
const MOST_ITEMS = 2 ** 31 - 1;

interface Description {
  readonly flags: number;
  readonly count: number;
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

const hasOffsets = (type: DataType): boolean => isBytes(type) || type.kind === 'list' || type.kind === 'map';

/** Bytes of the values of a plain column itself, without texts and children. */
function valueBytes(type: DataType, width: number, rows: number): number {
  if (hasOffsets(type)) return (rows + 1) * 4;
  return type.kind === 'bool' ? bitmapBytes(rows) : rows * width;
}

/** A page about to be written: all buffers of a batch whose offsets begin at 0, in order. */
export class PageBody {
  readonly byteLength: number;
  readonly #linear: LinearMemory;
  readonly #descriptions: Description[] = [];
  readonly #buffers: { readonly address: number; readonly bytes: number }[] = [];

  constructor({ columns, rowCount }: Batch, linear: LinearMemory) {
    this.#linear = linear;
    for (const column of columns) this.#add(column, rowCount);
    const descriptions = this.#descriptions.length * DESCRIPTION_BYTES;
    this.byteLength = this.#buffers.reduce((end, { bytes }) => end + aligned(bytes), descriptions);
  }

  /** The `byteLength` bytes, in pieces that follow each other: views of the columns, valid as long as those are. */
  pieces(): readonly Uint8Array[] {
    const { u8 } = this.#linear;
    const described = new DataView(new ArrayBuffer(this.#descriptions.length * DESCRIPTION_BYTES));
    for (const [index, { flags, count }] of this.#descriptions.entries()) {
      described.setUint32(index * DESCRIPTION_BYTES, flags, true);
      described.setUint32(index * DESCRIPTION_BYTES + 4, count, true);
    }
    const buffers = this.#buffers.map(({ address, bytes }) => {
      // What lies behind a buffer may be written: see `columnar/column.ts`.
      u8.fill(0, address + bytes, address + aligned(bytes));
      return u8.subarray(address, address + aligned(bytes));
    });
    return [new Uint8Array(described.buffer), ...buffers];
  }

  /** Writes `byteLength` bytes to address `to`. */
  write(to: number): void {
    const { u8 } = this.#linear;
    let at = to;
    for (const piece of this.pieces()) {
      u8.set(piece, at);
      at += piece.byteLength;
    }
  }

  #add(column: Column, rows: number): void {
    const { type, validity, values, width, dictionary, children = [] } = column;
    const stored = storageType(type);
    const isWide = type.kind === 'decimal' && width === 16;
    const flags =
      (validity === 0 ? 0 : HAS_VALIDITY) | (dictionary === undefined ? 0 : HAS_DICTIONARY) | (isWide ? IS_WIDE : 0);
    const { u32 } = this.#linear;
    const count = dictionary?.size ?? (hasOffsets(stored) ? (u32[(values >>> 2) + rows] ?? 0) : 0);
    this.#descriptions.push({ flags, count });
    if (validity !== 0) this.#buffer(validity, bitmapBytes(rows));
    if (dictionary !== undefined) {
      this.#buffer(values, rows * 4);
      if (dictionary.size > 0) this.#add(dictionary.values, dictionary.size);
      return;
    }
    this.#buffer(values, valueBytes(stored, width, rows));
    if (isBytes(stored)) this.#buffer(column.bytes, count);
    for (const child of children) this.#add(child, childRows(stored, rows, count));
  }

  #buffer(address: number, bytes: number): void {
    if (bytes > 0) this.#buffers.push({ address, bytes });
  }
}

/** Rows of the columns inside of a nested one. */
function childRows(stored: DataType, rows: number, count: number): number {
  if (stored.kind === 'fixed-size-list') return rows * stored.size;
  return stored.kind === 'struct' ? rows : count;
}

/** Where a page is that is being read. */
export interface PageSource {
  readonly uri: string;
  /** Which page of it: for messages. */
  readonly page: string;
  /** Where its body is; it is changed where something lies under a null. */
  readonly address: number;
  readonly bodyBytes: number;
  readonly rows: number;
  /** What is needed beside the body comes from here. */
  readonly work: Pick<Holding, 'linear' | 'allocateZeroed'>;
}

/** The columns of a page, one per field of the schema, as views of its body. @throws MalformedFile, MemoryBudgetExceeded */
export function pageColumns(schema: Schema, source: PageSource): Column[] {
  return new PageReader(schema, source).columns();
}

class PageReader {
  readonly #fields: readonly Field[];
  readonly #source: PageSource;
  readonly #checks: ColumnChecks;
  readonly #descriptions: Description[] = [];
  /** Of the description that is next. */
  #next = 0;
  /** Of the buffer that is next. */
  #at: number;

  constructor({ fields }: Schema, source: PageSource) {
    this.#fields = fields;
    this.#source = source;
    this.#checks = new ColumnChecks(source.work, (detail) => this.#refuse(detail));
    this.#at = source.address;
  }

  columns(): Column[] {
    const { rows, address, bodyBytes } = this.#source;
    for (const { type } of this.#fields) this.#describe(type);
    const columns = this.#fields.map(({ type, name, nullable }) => {
      const column = this.#column(type, rows, 0);
      if (!nullable && this.#checks.hasNulls(column, rows)) throw this.#refuse(`holds nulls in the column ${name}`);
      return column;
    });
    if (this.#at !== address + bodyBytes) throw this.#refuse('is larger than its columns');
    return columns;
  }

  /** Reads the description of a column, and of those inside. */
  #describe(type: DataType): void {
    const { address, bodyBytes, work } = this.#source;
    if (this.#at + DESCRIPTION_BYTES > address + bodyBytes) throw this.#refuse('ends in its descriptions');
    const { data } = work.linear;
    const flags = data.getUint32(this.#at, true);
    const count = data.getUint32(this.#at + 4, true);
    const isWide = (flags & IS_WIDE) !== 0;
    const hasDictionary = (flags & HAS_DICTIONARY) !== 0;
    const isPossible =
      flags <= (HAS_VALIDITY | HAS_DICTIONARY | IS_WIDE) &&
      count <= MOST_ITEMS &&
      (!isWide || type.kind === 'decimal') &&
      (!hasDictionary || type.kind === 'utf8');
    if (!isPossible) throw this.#refuse('has an impossible column');
    this.#descriptions.push({ flags, count });
    this.#at += DESCRIPTION_BYTES;
    if (!hasDictionary) for (const child of childTypes(type)) this.#describe(child);
    else if (count > 0) this.#describeEntries(type);
  }

  #describeEntries(type: DataType): void {
    this.#describe(type);
    const entries = this.#descriptions.at(-1);
    if (entries === undefined || entries.flags !== 0) throw this.#refuse('has an impossible dictionary');
  }

  /** `hidden`, where it is not 0, is a bitmap: where its bits are 0, an outer value is null. */
  #column(type: DataType, rows: number, hidden: number): Column {
    const description = this.#descriptions[this.#next++];
    if (description === undefined) throw this.#refuse('has too few columns');
    const { flags, count } = description;
    const stored = storageType(type);
    let validity = 0;
    if (flags & HAS_VALIDITY) {
      validity = this.#buffer(bitmapBytes(rows));
      this.#checks.zeroNulls(0, validity, rows, hidden);
    }
    if (stored.kind === 'null' && rows > 0 && validity === 0 && hidden === 0) {
      throw this.#refuse('has values of the type null');
    }
    const nulls = validity === 0 ? hidden : validity;
    const width = type.kind === 'decimal' ? (flags & IS_WIDE ? 16 : 8) : (fixedWidth(type) ?? 0);
    const base = { type, validity, bytes: 0, dictionary: undefined, width, bits: undefined };
    if (flags & HAS_DICTIONARY) return { ...base, ...this.#codes(type, rows, nulls, count) };
    const values = this.#buffer(valueBytes(stored, width, rows));
    if (hasOffsets(stored)) this.#checkOffsets(values, rows, count, nulls);
    else if (stored.kind === 'bool' || width > 0) this.#checks.zeroNulls(width, values, rows, nulls);
    if (isBytes(stored)) {
      const bytes = this.#buffer(count);
      this.#checks.checkTexts(stored, values, rows, bytes);
      return { ...base, values, bytes };
    }
    const types = childTypes(type);
    if (types.length === 0) return { ...base, values, bits: this.#checks.bitsOf(type, width, values, rows) };
    return { ...base, values, children: this.#children(stored, types, rows, count, nulls) };
  }

  #codes(type: DataType, rows: number, nulls: number, size: number): Pick<Column, 'values' | 'dictionary'> {
    const values = this.#buffer(rows * 4);
    this.#checks.zeroNulls(4, values, rows, nulls);
    if (size === 0) return { values, dictionary: this.#checks.emptyDictionary(type, rows, nulls) };
    this.#checks.checkCodes(values, rows, size);
    return { values, dictionary: { id: nextDictionaryId(), size, values: this.#column(type, size, 0) } };
  }

  #children(stored: DataType, types: readonly DataType[], rows: number, count: number, nulls: number): Column[] {
    const inside = childRows(stored, rows, count);
    if (inside > MOST_ITEMS) throw this.#refuse('has too many items');
    const hidden = hasOffsets(stored) ? 0 : this.#checks.nullsInside(stored, rows, nulls);
    const children = types.map((child) => this.#column(child, inside, hidden));
    const [entries] = children;
    if (stored.kind === 'map' && entries !== undefined) this.#checks.checkEntries(entries, inside);
    return children;
  }

  #checkOffsets(offsets: number, rows: number, count: number, nulls: number): void {
    const { linear } = this.#source.work;
    const ascend = partitionKernels(linear).areOffsets(offsets, rows) !== 0;
    if (!ascend || linear.u32[(offsets >>> 2) + rows] !== count) throw this.#refuse('has offsets that are none');
    if (!this.#checks.areEmptyUnderNulls(offsets, rows, nulls)) throw this.#refuse('has something under a null');
  }

  /** The address of the next buffer, of so many bytes. */
  #buffer(bytes: number): number {
    const { address, bodyBytes } = this.#source;
    const at = this.#at;
    if (at + aligned(bytes) > address + bodyBytes) throw this.#refuse('is smaller than its columns');
    this.#at += aligned(bytes);
    return at;
  }

  #refuse(detail: string): MalformedFile {
    return new MalformedFile(this.#source.uri, `the page ${this.#source.page} ${detail}`);
  }
}
