/**
 * What Arrow's metadata says: the columns of a schema, where the buffers of a record batch are, where a file has its batches.
 *
 *     message   │ ffffffff │ bytes │ metadata, padded │ body │           https://arrow.apache.org/docs/format/Columnar.html
 *
 * What is here are claims: whoever reads buffers holds them against what is there.
 */

import { extendedType } from '../../columnar/arrow-extensions.ts';
import type { DataType, TimeUnit } from '../../columnar/data-type.ts';
import * as types from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import { FlatTable } from './flatbuffer.ts';

/** How the values of a column lie in its buffers, the validity of rows aside, which all but nulls have first. */
export type ArrowLayout =
  /** As our columns have them. */
  | { readonly kind: 'null' | 'bool' | 'struct' | 'fixed-size-list' }
  | { readonly kind: 'fixed'; readonly storedBytes: number; readonly form: FixedForm }
  | { readonly kind: 'bytes' | 'list'; readonly offsetBytes: 4 | 8 }
  | { readonly kind: 'view' }
  /** Of types that are not read. */
  | { readonly kind: 'other'; readonly buffers: number };

/** What has to be done to numbers of a fixed width. */
export type FixedForm =
  | 'same'
  /** Decimals of 4 and of 16 bytes that take 8. */
  | 'decimal4'
  | 'decimal16'
  /** Milliseconds that are whole days. */
  | 'milliseconds'
  | 'time-s'
  | 'time-ms'
  | 'months'
  | 'day-time';

/** A column, or a part of one. */
export interface ArrowColumn {
  readonly name: string;
  readonly nullable: boolean;
  /** Undefined for those that Millrace does not hold: `unsupported` says what they are. */
  readonly type: DataType | undefined;
  readonly unsupported: string;
  /** Of the values, which are those of a dictionary where it has one. */
  readonly layout: ArrowLayout;
  readonly children: readonly ArrowColumn[];
  readonly dictionary: ArrowDictionary | undefined;
}

export interface ArrowDictionary {
  readonly id: number;
  readonly indexBytes: number;
  readonly isSigned: boolean;
}

export interface ArrowBuffer {
  /** In the body. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Rows of all columns, or entries of a dictionary. */
export interface ArrowBatch {
  readonly rows: number;
  /** Of each column and part, depth first: rows, and how many of them are null. */
  readonly nodes: readonly { readonly rows: number; readonly nulls: number }[];
  readonly buffers: readonly ArrowBuffer[];
  readonly codec: 'none' | 'LZ4_FRAME' | 'ZSTD';
  /** How many buffers of bytes each column of views has. */
  readonly viewBuffers: readonly number[];
}

export type ArrowMessage = { readonly bodyBytes: number } & (
  | { readonly kind: 'schema'; readonly columns: readonly ArrowColumn[] }
  | { readonly kind: 'batch'; readonly batch: ArrowBatch }
  | { readonly kind: 'dictionary'; readonly batch: ArrowBatch; readonly id: number; readonly isDelta: boolean }
);

/** Where a message is in a file. */
export interface ArrowBlock {
  readonly offset: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
}

export interface ArrowFooter {
  readonly columns: readonly ArrowColumn[];
  readonly dictionaries: readonly ArrowBlock[];
  readonly batches: readonly ArrowBlock[];
}

const MOST_COLUMNS = 100_000;
const MOST_DEPTH = 64;
const MOST_ROWS = 2 ** 31 - 1;
const TIME_UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];

/** @throws MalformedFile, UnsupportedFile */
export function decodeMessage(uri: string, bytes: Uint8Array): ArrowMessage {
  return decoded(uri, 'the metadata of a message', () => {
    const message = FlatTable.root(bytes);
    const kind = message.byte(1);
    const header = message.table(2);
    const bodyBytes = message.long(3);
    if (header === undefined || bodyBytes < 0) throw new RangeError('it has no header');
    if (kind === 1) return { kind: 'schema', bodyBytes, columns: columnsOf(uri, header, message.short(0)) };
    if (kind === 3) return { kind: 'batch', bodyBytes, batch: batchOf(uri, header) };
    if (kind !== 2) throw new UnsupportedFile(uri, 'it has a message that is neither schema nor rows nor dictionary');
    const data = header.table(1);
    if (data === undefined) throw new RangeError('a dictionary has no values');
    return {
      kind: 'dictionary',
      bodyBytes,
      id: header.long(0),
      batch: batchOf(uri, data),
      isDelta: header.bool(2),
    };
  });
}

/** @throws MalformedFile, UnsupportedFile */
export function decodeFooter(uri: string, bytes: Uint8Array, endOfData: number): ArrowFooter {
  return decoded(uri, 'the footer', () => {
    const footer = FlatTable.root(bytes);
    const schema = footer.table(1);
    if (schema === undefined) throw new RangeError('it has no schema');
    const blocks = (position: number): ArrowBlock[] => {
      const structs = footer.structs(position, 3);
      return Array.from({ length: structs.count }, (_, item) => {
        const block = {
          offset: structs.word(item, 0),
          metadataBytes: structs.word(item, 1, 4),
          bodyBytes: structs.word(item, 2),
        };
        const { offset, metadataBytes, bodyBytes } = block;
        const isInside = offset >= 8 && metadataBytes >= 8 && bodyBytes >= 0;
        if (!isInside || offset + metadataBytes + bodyBytes > endOfData) throw new RangeError('a batch lies outside');
        return block;
      });
    };
    return { columns: columnsOf(uri, schema, footer.short(0)), dictionaries: blocks(2), batches: blocks(3) };
  });
}

function decoded<Result>(uri: string, what: string, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MalformedFile(uri, `${what} cannot be read: ${error.message}`);
  }
}

function batchOf(uri: string, table: FlatTable): ArrowBatch {
  const rows = table.long(0);
  const nodes = table.structs(1, 2);
  const buffers = table.structs(2, 2);
  const variadic = table.structs(4, 1);
  const count = (value: number): number => {
    if (value < 0 || value > MOST_ROWS) throw new RangeError(`a batch has ${value} rows`);
    return value;
  };
  const place = (value: number): number => {
    if (value < 0) throw new RangeError('a buffer has a negative place');
    return value;
  };
  return {
    rows: count(rows),
    nodes: Array.from({ length: nodes.count }, (_, item) => ({
      rows: count(nodes.word(item, 0)),
      nulls: nodes.word(item, 1),
    })),
    buffers: Array.from({ length: buffers.count }, (_, item) => ({
      offset: place(buffers.word(item, 0)),
      byteLength: place(buffers.word(item, 1)),
    })),
    codec: codecOf(uri, table.table(3)),
    viewBuffers: Array.from({ length: variadic.count }, (_, item) => place(variadic.word(item, 0))),
  };
}

function codecOf(uri: string, compression: FlatTable | undefined): ArrowBatch['codec'] {
  if (compression === undefined) return 'none';
  const codec = (['LZ4_FRAME', 'ZSTD'] as const)[compression.byte(0)];
  if (codec === undefined || compression.byte(1) !== 0) {
    throw new UnsupportedFile(uri, 'its buffers are compressed in a way that is neither LZ4 nor zstd');
  }
  return codec;
}

/** Version 4 of the metadata has the number 3; before it there was another format. */
const FIRST_VERSION = 3;

function columnsOf(uri: string, schema: FlatTable, version: number): ArrowColumn[] {
  if (version < FIRST_VERSION) throw new UnsupportedFile(uri, 'its metadata is of a version before 4');
  if (schema.short(0) !== 0) throw new UnsupportedFile(uri, 'its numbers are big-endian');
  let left = MOST_COLUMNS;
  const column = (table: FlatTable, depth: number): ArrowColumn => {
    left -= 1;
    if (left < 0 || depth > MOST_DEPTH) throw new UnsupportedFile(uri, 'it has too many columns');
    const children = table.tables(5).map((child) => column(child, depth + 1));
    const encoding = table.table(4);
    const { layout, type, unsupported } = typeOf(table, children, version);
    return {
      name: table.text(0) ?? '',
      nullable: table.bool(1),
      type: type && extendedType(type, metadataOf(table)),
      unsupported,
      layout,
      children,
      dictionary: encoding && dictionaryOf(encoding),
    };
  };
  return schema.tables(1).map((table) => column(table, 0));
}

const metadataOf = (table: FlatTable): Map<string, string> =>
  new Map(table.tables(6).map((pair) => [pair.text(0) ?? '', pair.text(1) ?? '']));

function dictionaryOf(encoding: FlatTable): ArrowDictionary {
  const index = encoding.table(1);
  const bits = index?.int(0) ?? 32;
  if (![8, 16, 32, 64].includes(bits)) throw new RangeError('the codes of a dictionary have no width');
  return { id: encoding.long(0), indexBytes: bits / 8, isSigned: index?.bool(1) ?? true };
}

interface ArrowType {
  readonly layout: ArrowLayout;
  readonly type: DataType | undefined;
  readonly unsupported: string;
}

const held = (type: DataType | undefined, layout: ArrowLayout, name: string): ArrowType => ({
  layout,
  type,
  unsupported: type === undefined ? name : '',
});
const fixed = (type: DataType | undefined, storedBytes: number, name: string, form: FixedForm = 'same'): ArrowType =>
  held(type, { kind: 'fixed', storedBytes, form }, name);
const notHeld = (name: string, buffers: number): ArrowType => held(undefined, { kind: 'other', buffers }, name);

const SIGNED: Readonly<Record<number, DataType>> = { 8: types.int8, 16: types.int16, 32: types.int32, 64: types.int64 };
const UNSIGNED: Readonly<Record<number, DataType>> = {
  8: types.uint8,
  16: types.uint16,
  32: types.uint32,
  64: types.uint64,
};

/** By the number that Arrow's `Type` gives it. */
function typeOf(table: FlatTable, children: readonly ArrowColumn[], version: number): ArrowType {
  const given = table.table(3);
  switch (table.byte(2)) {
    case 1:
      return held(types.nullType, { kind: 'null' }, 'null');
    case 2: {
      const bits = given?.int(0) ?? 0;
      return fixed((given?.bool(1) ? SIGNED : UNSIGNED)[bits], bits / 8, 'an integer of another width');
    }
    case 3: {
      const precision = given?.short(0) ?? 0;
      return fixed([types.float16, types.float32, types.float64][precision], 2 ** (precision + 1), 'another float');
    }
    case 4:
      return held(types.binary, { kind: 'bytes', offsetBytes: 4 }, 'binary');
    case 5:
      return held(types.utf8, { kind: 'bytes', offsetBytes: 4 }, 'utf8');
    case 6:
      return held(types.bool, { kind: 'bool' }, 'bool');
    case 7:
      return decimalType(given?.int(0) ?? 0, given?.int(1) ?? 0, given?.int(2, 128) ?? 128);
    case 14:
      return notHeld('a union', ((given?.short(0) ?? 0) === 0 ? 1 : 2) + (version === FIRST_VERSION ? 1 : 0));
    case 15: {
      const size = given?.int(0) ?? 0;
      return fixed(size > 0 ? types.fixedSizeBinary(size) : undefined, Math.max(0, size), 'binary of no bytes');
    }
    case 19:
      return held(types.binary, { kind: 'bytes', offsetBytes: 8 }, 'binary');
    case 20:
      return held(types.utf8, { kind: 'bytes', offsetBytes: 8 }, 'utf8');
    case 22:
      return notHeld('run-end encoded', 0);
    case 23:
      return held(types.binary, { kind: 'view' }, 'binary');
    case 24:
      return held(types.utf8, { kind: 'view' }, 'utf8');
    case 25:
    case 26:
      return notHeld('a view of lists', 3);
    default: {
      const found = temporalType(table.byte(2), given) ?? nestedType(table.byte(2), given, children);
      if (found === undefined) throw new RangeError('a column has an unknown type');
      return found;
    }
  }
}

function temporalType(kind: number, given: FlatTable | undefined): ArrowType | undefined {
  const unit = (absent: number): TimeUnit => TIME_UNITS[given?.short(0, absent) ?? absent] ?? 's';
  switch (kind) {
    case 8:
      return (given?.short(0, 1) ?? 1) === 0
        ? fixed(types.date, 4, 'date')
        : fixed(types.date, 8, 'date', 'milliseconds');
    case 9: {
      const clock = unit(1);
      if (clock === 's' || clock === 'ms') return fixed(types.time('us'), 4, 'time', `time-${clock}`);
      return fixed(types.time(clock), 8, 'time');
    }
    case 10:
      return fixed(types.timestamp(unit(0), given?.text(1) || null), 8, 'timestamp');
    case 11: {
      const form = (['months', 'day-time', 'same'] as const)[given?.short(0) ?? 0] ?? 'same';
      return fixed(types.interval, { months: 4, 'day-time': 8, same: 16 }[form], 'interval', form);
    }
    case 18:
      return fixed(types.duration(unit(1)), 8, 'duration');
    default:
      return undefined;
  }
}

function nestedType(
  kind: number,
  given: FlatTable | undefined,
  children: readonly ArrowColumn[],
): ArrowType | undefined {
  const [first] = children;
  const lists = `a list of ${first?.unsupported || 'nothing'}`;
  switch (kind) {
    case 12:
    case 21: {
      const offsetBytes = kind === 12 ? 4 : 8;
      return held(first?.type && types.list(first.type), { kind: 'list', offsetBytes }, lists);
    }
    case 13: {
      const parts = children.flatMap(({ name, type, nullable }) => (type ? [field(name, type, nullable)] : []));
      const isDistinct = new Set(children.map(({ name }) => name)).size === children.length;
      const isHeld = isDistinct && parts.length === children.length && parts.length > 0;
      const name = 'a struct with a part that is not held, without parts, or with two of one name';
      return held(isHeld ? types.struct(...parts) : undefined, { kind: 'struct' }, name);
    }
    case 16: {
      const size = given?.int(0) ?? 0;
      const item = size > 0 ? first?.type : undefined;
      return held(item && types.fixedSizeList(item, size), { kind: 'fixed-size-list' }, lists);
    }
    case 17: {
      const [key, value] = first?.children ?? [];
      const type = key?.type && value?.type && types.map(key.type, value.type);
      return held(type, { kind: 'list', offsetBytes: 4 }, 'a map of what is not held');
    }
    default:
      return undefined;
  }
}

function decimalType(precision: number, scale: number, bits: number): ArrowType {
  const isHeld = precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision && bits <= 128;
  const type = isHeld ? types.decimal(precision, scale) : undefined;
  const name = `a decimal of ${precision} digits, ${scale} of them behind the point`;
  if (![32, 64, 128, 256].includes(bits)) throw new RangeError('a decimal has no width');
  const isShort = precision <= types.SHORT_DECIMAL_DIGITS;
  if (bits === 32) return fixed(isShort ? type : undefined, 4, name, 'decimal4');
  if (bits === 64) return fixed(isShort ? type : undefined, 8, name);
  return fixed(type, bits / 8, name, isShort ? 'decimal16' : 'same');
}
