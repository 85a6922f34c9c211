/** Columns as Arrow vectors: views of linear memory, or copies of them. */

import { BufferType, Data, type DataType, Dictionary, Uint32, Vector } from 'apache-arrow';
import { InvalidArgument } from '../errors.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { toArrowType } from './arrow-schema.ts';
import type { Column } from './column.ts';
import { type DataType as ColumnType, fixedWidth } from './data-type.ts';

export interface ArrowConversion {
  readonly linear: LinearMemory;
  /** Buffers of their own instead of views. */
  readonly copies: boolean;
  /** Dictionary columns become plain vectors. */
  readonly decodes: boolean;
}

/** The column as Arrow data; `position` is the id of its dictionary. */
export function columnToArrow(column: Column, position: number, rowCount: number, conversion: ArrowConversion): Data {
  if (column.dictionary === undefined) return plainData(column, rowCount, conversion);
  return conversion.decodes
    ? decodedData(column, column.dictionary.values, rowCount, conversion)
    : dictionaryData(column, position, rowCount, conversion);
}

type View = Uint8Array | Uint32Array | Int32Array;
type ViewConstructor<T extends View> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T;
};

function view<T extends View>(
  Type: ViewConstructor<T>,
  address: number,
  length: number,
  conversion: ArrowConversion,
): T {
  const { buffer } = conversion.linear.u8;
  const isAligned = address % Type.BYTES_PER_ELEMENT === 0;
  if (isAligned && !conversion.copies) return new Type(buffer, address, length);
  const own = new Uint8Array(length * Type.BYTES_PER_ELEMENT);
  own.set(new Uint8Array(buffer, address, own.byteLength));
  return new Type(own.buffer);
}

const bitmapBytes = (rowCount: number): number => Math.ceil(rowCount / 8);

/** The parts that go into a `Data`, by Arrow's names for them. */
interface Parts {
  readonly values: View;
  readonly offsets?: Int32Array;
}

function makeData(type: DataType, column: Column, rowCount: number, parts: Parts, conversion: ArrowConversion): Data {
  const buffers: Record<number, View> = {};
  buffers[BufferType.DATA] = typedFor(type, parts.values);
  if (parts.offsets !== undefined) buffers[BufferType.OFFSET] = parts.offsets;
  if (column.validity !== 0 && rowCount > 0) {
    buffers[BufferType.VALIDITY] = view(Uint8Array, column.validity, bitmapBytes(rowCount), conversion);
  }
  // -1: counted from the bitmap when somebody asks.
  return new Data(type, 0, rowCount, column.validity === 0 ? 0 : -1, buffers as never);
}

/** The same bytes seen as the elements that Arrow expects of the type. */
function typedFor(type: DataType, { buffer, byteOffset, byteLength }: View): View {
  const Type = type.ArrayType as ViewConstructor<View>;
  if (byteOffset % Type.BYTES_PER_ELEMENT === 0) {
    return new Type(buffer, byteOffset, byteLength / Type.BYTES_PER_ELEMENT);
  }
  const own = Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength));
  return new Type(own.buffer);
}

function plainData(column: Column, rowCount: number, conversion: ArrowConversion): Data {
  const type = toArrowType(column.type);
  return makeData(type, column, rowCount, plainParts(column, rowCount, conversion), conversion);
}

function plainParts(column: Column, rowCount: number, conversion: ArrowConversion): Parts {
  const { kind } = column.type;
  if (kind === 'utf8') {
    if (rowCount === 0) return { offsets: new Int32Array(1), values: new Uint8Array(0) };
    const offsets = view(Int32Array, column.values, rowCount + 1, conversion);
    // The text before the first offset, if any, stays in the view: offsets are relative to `bytes`.
    return { offsets, values: view(Uint8Array, column.bytes, offsets[rowCount]!, conversion) };
  }
  if (kind === 'bool') return { values: view(Uint8Array, column.values, bitmapBytes(rowCount), conversion) };
  if (kind === 'decimal' && column.width === 8) {
    return { values: widened(view(Uint32Array, column.values, rowCount * 2, conversion)) };
  }
  return { values: view(Uint8Array, column.values, rowCount * column.width, conversion) };
}

/** 8-byte integers as 16-byte ones, by their 32-bit words. */
function widened(words: Uint32Array): Uint32Array {
  const wide = new Uint32Array(words.length * 2);
  for (let from = 0, to = 0; from < words.length; from += 2, to += 4) {
    const high = words[from + 1]!;
    const sign = high >> 31;
    wide[to] = words[from]!;
    wide[to + 1] = high;
    wide[to + 2] = sign;
    wide[to + 3] = sign;
  }
  return wide;
}

function dictionaryData(column: Column, id: number, rowCount: number, conversion: ArrowConversion): Data {
  const { size, values } = column.dictionary!;
  const entries = plainData(values, size, conversion);
  const type = new Dictionary(entries.type, new Uint32(), id);
  const codes = view(Uint32Array, column.values, rowCount, conversion);
  const { nullBitmap } = makeData(new Uint32(), column, rowCount, { values: codes }, conversion);
  const buffers: Record<number, View> = { [BufferType.DATA]: codes };
  if (nullBitmap?.byteLength) buffers[BufferType.VALIDITY] = nullBitmap;
  const nullCount = column.validity === 0 ? 0 : -1;
  return new Data<DataType>(type, 0, rowCount, nullCount, buffers as never, [], new Vector([entries]));
}

function decodedData(column: Column, entries: Column, rowCount: number, conversion: ArrowConversion): Data {
  const type = toArrowType(column.type);
  const codes = view(Uint32Array, column.values, rowCount, { ...conversion, copies: false });
  const isNull = nullTest(column, conversion.linear);
  const { size } = column.dictionary!;
  const plain = plainParts(entries, size, { ...conversion, copies: false });
  const parts =
    plain.offsets === undefined
      ? { values: gatherFixed(plain.values, codes, isNull, column.type) }
      : gatherText(plain.values as Uint8Array, plain.offsets, codes, isNull);
  return makeData(type, column, rowCount, parts, conversion);
}

function nullTest(column: Column, linear: LinearMemory): (row: number) => boolean {
  if (column.validity === 0) return () => false;
  const bytes = linear.u8;
  const { validity } = column;
  return (row) => ((bytes[validity + (row >> 3)]! >> (row & 7)) & 1) === 0;
}

/** Offsets are int32. */
const MAX_TEXT_BYTES = 2 ** 31 - 1;

/** The entry of each code; zero where null, since a code under a null need not have an entry. */
function gatherFixed(
  entries: View,
  codes: Uint32Array,
  isNull: (row: number) => boolean,
  type: ColumnType,
): Uint8Array {
  const from = new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength);
  if (type.kind === 'bool') {
    const bits = new Uint8Array(bitmapBytes(codes.length));
    codes.forEach((code, row) => {
      if (!isNull(row)) bits[row >> 3]! |= ((from[code >> 3]! >> (code & 7)) & 1) << (row & 7);
    });
    return bits;
  }
  const width = type.kind === 'decimal' ? 16 : fixedWidth(type)!;
  const to = new Uint8Array(codes.length * width);
  codes.forEach((code, row) => {
    if (isNull(row)) return;
    for (let byte = 0; byte < width; byte += 1) to[row * width + byte] = from[code * width + byte]!;
  });
  return to;
}

function gatherText(
  text: Uint8Array,
  offsets: Int32Array,
  codes: Uint32Array,
  isNull: (row: number) => boolean,
): Required<Parts> {
  const ends = new Int32Array(codes.length + 1);
  let textBytes = 0;
  codes.forEach((code, row) => {
    const byteLength = isNull(row) ? 0 : offsets[code + 1]! - offsets[code]!;
    textBytes += byteLength;
    ends[row + 1] = textBytes;
  });
  if (textBytes > MAX_TEXT_BYTES)
    throw new InvalidArgument(`A column of ${textBytes} bytes of text is too long for Arrow.`);
  const gathered = new Uint8Array(ends[codes.length]!);
  codes.forEach((code, row) => {
    const start = ends[row]!;
    const from = offsets[code]!;
    for (let byte = ends[row + 1]! - start - 1; byte >= 0; byte -= 1) gathered[start + byte] = text[from + byte]!;
  });
  return { values: gathered, offsets: ends };
}
