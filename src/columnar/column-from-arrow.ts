/**
 * Arrow vectors as columns. A vector may be a slice that starts inside a byte of its bitmaps, may hold anything under
 * its nulls, and may come from a stranger: here it is checked, and copied into columns that keep the rules of column.ts.
 * Several chunks of one vector, as dictionaries that grew by deltas have, become one column.
 */

import { DataType as ArrowType, type Data, DateUnit } from 'apache-arrow';
import { InvalidArgument } from '../errors.ts';
import type { Holding } from '../memory/budget.ts';
import { type Column, nextDictionaryId } from './column.ts';
import { type DataType, fixedWidth } from './data-type.ts';
import type { Field } from './schema.ts';

const MILLISECONDS_PER_DAY = 86_400_000;

/** One vector on its way in. */
interface Incoming {
  readonly name: string;
  readonly type: DataType;
  readonly chunks: readonly Data[];
  readonly rowCount: number;
}

/** Copies `data` into memory of `holding`. @throws InvalidArgument where its buffers contradict its type. */
export function columnFromArrow({ name, type, nullable }: Field, data: Data, holding: Holding): Column {
  const incoming = { name, type, chunks: [data], rowCount: data.length };
  const column = ArrowType.isDictionary(data.type)
    ? readDictionary(incoming, data, holding)
    : readPlain(incoming, holding);
  if (!nullable && column.validity !== 0) throw refuse(name, 'holds nulls, which its field rules out');
  return column;
}

const refuse = (name: string, detail: string): InvalidArgument =>
  new InvalidArgument(`The Arrow column '${name}' ${detail}.`);

function readPlain(incoming: Incoming, holding: Holding): Column {
  const validity = readValidity(incoming, holding);
  const { type } = incoming;
  const base = { type, validity, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  if (type.kind === 'utf8') return { ...base, ...readText(incoming, holding) };
  if (type.kind === 'bool') return { ...base, values: readBits(incoming, holding) };
  const width = fixedWidth(type)!;
  return { ...base, width, values: readFixed(incoming, width, holding) };
}

/** The bitmap as it is, 0 where no row is null. */
function readValidity({ name, chunks, rowCount }: Incoming, holding: Holding): number {
  if (chunks.every((chunk) => chunk.nullCount === 0)) return 0;
  const { address } = holding.allocateZeroed(Math.ceil(rowCount / 8));
  const memory = holding.linear.u8;
  let to = 0;
  for (const chunk of chunks) {
    if (chunk.nullCount > 0 && chunk.nullBitmap.byteLength * 8 < chunk.offset + chunk.length) {
      throw refuse(name, 'has a validity bitmap that is too short');
    }
    const isValid = validityTest(chunk);
    for (let row = 0; row < chunk.length; row += 1, to += 1) {
      if (isValid(row)) memory[address + (to >> 3)]! |= 1 << (to & 7);
    }
  }
  return address;
}

function validityTest({ nullCount, nullBitmap, offset }: Data): (row: number) => boolean {
  if (nullCount === 0) return () => true;
  return (row) => ((nullBitmap[(offset + row) >> 3]! >> ((offset + row) & 7)) & 1) === 1;
}

function readBits({ name, chunks, rowCount }: Incoming, holding: Holding): number {
  const { address } = holding.allocateZeroed(Math.ceil(rowCount / 8));
  const memory = holding.linear.u8;
  let to = 0;
  for (const chunk of chunks) {
    const bits = chunk.values as Uint8Array;
    if (bits.byteLength * 8 < chunk.offset + chunk.length) throw refuse(name, 'has fewer values than rows');
    const isValid = validityTest(chunk);
    for (let row = 0; row < chunk.length; row += 1, to += 1) {
      const from = chunk.offset + row;
      if (isValid(row) && (bits[from >> 3]! >> (from & 7)) & 1) memory[address + (to >> 3)]! |= 1 << (to & 7);
    }
  }
  return address;
}

function readFixed({ name, chunks, rowCount }: Incoming, width: number, holding: Holding): number {
  const { address } = holding.allocate(rowCount * width);
  const memory = holding.linear.u8;
  let to = address;
  for (const chunk of chunks) {
    const source = fixedBytes(chunk, width, name);
    if (source.byteLength < chunk.length * width) throw refuse(name, 'has fewer values than rows');
    memory.set(source.subarray(0, chunk.length * width), to);
    if (chunk.nullCount > 0) {
      const isValid = validityTest(chunk);
      for (let row = 0; row < chunk.length; row += 1) {
        if (!isValid(row)) memory.fill(0, to + row * width, to + (row + 1) * width);
      }
    }
    to += chunk.length * width;
  }
  return address;
}

/** The values of `chunk` as bytes of our width. */
function fixedBytes(chunk: Data, width: number, name: string): Uint8Array {
  const { type } = chunk;
  if (ArrowType.isDecimal(type) && width === 8) return narrowed(chunk, name);
  if (ArrowType.isDate(type) && type.unit === DateUnit.MILLISECOND)
    return daysOf(chunk.values as BigInt64Array, chunk, name);
  const { buffer, byteOffset, byteLength } = chunk.values as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Decimals of 16 bytes in 8, by their 32-bit words. @throws InvalidArgument where a value needs more. */
function narrowed(chunk: Data, name: string): Uint8Array {
  const words = chunk.values as Uint32Array;
  const isValid = validityTest(chunk);
  const count = Math.min(chunk.length, Math.floor(words.length / 4));
  const narrow = new Uint32Array(count * 2);
  for (let row = 0; row < count; row += 1) {
    const high = words[row * 4 + 1]!;
    const sign = (high >> 31) >>> 0;
    if (isValid(row) && (words[row * 4 + 2] !== sign || words[row * 4 + 3] !== sign)) {
      throw refuse(name, `holds a value in row ${row} with more digits than its precision`);
    }
    narrow[row * 2] = words[row * 4]!;
    narrow[row * 2 + 1] = high;
  }
  return new Uint8Array(narrow.buffer);
}

/** Milliseconds, which Arrow wants to be whole days, as days. */
function daysOf(milliseconds: BigInt64Array, chunk: Data, name: string): Uint8Array {
  const isValid = validityTest(chunk);
  const days = new Int32Array(Math.min(chunk.length, milliseconds.length));
  for (let row = 0; row < days.length; row += 1) {
    const day = isValid(row) ? Number(milliseconds[row]!) / MILLISECONDS_PER_DAY : 0;
    days[row] = day;
    if (days[row] !== day) throw refuse(name, `holds a time of day, or a day out of range, in row ${row}`);
  }
  return new Uint8Array(days.buffer);
}

/** Offsets from zero on, an empty string under each null. */
function readText({ name, chunks, rowCount }: Incoming, holding: Holding): { values: number; bytes: number } {
  const values = holding.allocate((rowCount + 1) * 4).address;
  const ends = holding.linear.i32;
  let to = values >> 2;
  let textBytes = 0;
  ends[to] = 0;
  for (const chunk of chunks) {
    checkOffsets(chunk, name);
    const isValid = validityTest(chunk);
    for (let row = 0; row < chunk.length; row += 1) {
      if (isValid(row)) textBytes += Number(chunk.valueOffsets[row + 1]) - Number(chunk.valueOffsets[row]);
      to += 1;
      ends[to] = textBytes;
    }
  }
  if (textBytes > 2 ** 31 - 1) throw refuse(name, `holds ${textBytes} bytes of text, more than one batch can`);
  const bytes = holding.allocate(textBytes).address;
  const memory = holding.linear.u8;
  let end = bytes;
  for (const chunk of chunks) {
    const isValid = validityTest(chunk);
    const text = chunk.values as Uint8Array;
    for (let row = 0; row < chunk.length; row += 1) {
      if (!isValid(row)) continue;
      const valueBytes = text.subarray(Number(chunk.valueOffsets[row]), Number(chunk.valueOffsets[row + 1]));
      memory.set(valueBytes, end);
      end += valueBytes.byteLength;
    }
  }
  return { values, bytes };
}

function checkOffsets({ valueOffsets, values, length }: Data, name: string): void {
  if (length === 0) return;
  if (valueOffsets.length <= length) throw refuse(name, 'has fewer offsets than rows');
  let before = valueOffsets[0]!;
  if (before < 0) throw refuse(name, 'has a negative offset');
  for (let row = 1; row <= length; row += 1) {
    const offset = valueOffsets[row]!;
    if (offset < before) throw refuse(name, `has decreasing offsets at row ${row - 1}`);
    before = offset;
  }
  if (before > (values as Uint8Array).byteLength) throw refuse(name, 'has offsets beyond its text');
}

/** Codes of 32 bits. A row whose entry is null becomes null itself: our dictionaries hold no nulls. */
function readDictionary(incoming: Incoming, data: Data, holding: Holding): Column {
  const { name, type, rowCount } = incoming;
  const chunks = data.dictionary?.data ?? [];
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  if (size === 0) return nothingBut(incoming, holding);
  if (chunks.some((chunk) => ArrowType.isDictionary(chunk.type))) throw refuse(name, 'is a dictionary of dictionaries');
  const entries = readPlain({ name, type, chunks, rowCount: size }, holding);
  const validity = holding.allocateZeroed(Math.ceil(rowCount / 8)).address;
  const values = holding.allocateZeroed(rowCount * 4).address;
  const { u8, u32 } = holding.linear;
  const isValid = validityTest(data);
  let nullCount = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const code = isValid(row) ? Number(data.values[row]) : -1;
    if (isValid(row) && !(code >= 0 && code < size))
      throw refuse(name, `has an index beyond its dictionary in row ${row}`);
    const hasValue =
      code >= 0 && (entries.validity === 0 || ((u8[entries.validity + (code >> 3)]! >> (code & 7)) & 1) === 1);
    if (!hasValue) {
      nullCount += 1;
      continue;
    }
    u8[validity + (row >> 3)]! |= 1 << (row & 7);
    u32[(values >> 2) + row] = code;
  }
  const dictionary = { id: nextDictionaryId(), size, values: { ...entries, validity: 0 } };
  return { ...entries, values, bytes: 0, validity: nullCount === 0 ? 0 : validity, dictionary };
}

/** A column of an empty dictionary, in which every row must be null. */
function nothingBut({ name, type, chunks, rowCount }: Incoming, holding: Holding): Column {
  const isValid = validityTest(chunks[0]!);
  for (let row = 0; row < rowCount; row += 1) {
    if (isValid(row)) throw refuse(name, `has an index beyond its dictionary in row ${row}`);
  }
  const width = fixedWidth(type) ?? 0;
  const validity = rowCount === 0 ? 0 : holding.allocateZeroed(Math.ceil(rowCount / 8)).address;
  const values = holding.allocateZeroed(Math.max((rowCount + 1) * 4, rowCount * width)).address;
  const bytes = type.kind === 'utf8' ? holding.allocate(0).address : 0;
  return { type, validity, values, bytes, dictionary: undefined, width, bits: undefined };
}
