/** Text and binary: with offsets of 32 or 64 bits, or as views of 16 bytes each. */

import { isUtf8 } from 'node:buffer';
import { DataType as ArrowType, type Data } from 'apache-arrow';
import type { Holding } from '../memory/budget.ts';
import { type Chunk, type Incoming, refuse } from './incoming-arrow.ts';

/** Gives the bytes of a row: a view of a buffer of Arrow's. */
interface BytesReader {
  length(row: number): number;
  bytes(row: number): Uint8Array;
}

const MOST_BYTES = 2 ** 31 - 1;

/** Offsets from zero on, nothing where no value is. @throws InvalidArgument where text is no UTF-8 */
export function readBytes(column: Incoming, holding: Holding): { values: number; bytes: number } {
  const { name, chunks, rowCount, type } = column;
  const readers = chunks.map((chunk) => readerOf(chunk, name));
  const values = holding.allocate((rowCount + 1) * 4).address;
  const ends = holding.linear.i32;
  let to = values >> 2;
  let total = 0;
  ends[to] = 0;
  for (const [index, { data, isThere }] of chunks.entries()) {
    const reader = readers[index]!;
    for (let row = 0; row < data.length; row += 1) {
      if (isThere === undefined || isThere(row)) total += reader.length(row);
      to += 1;
      ends[to] = total;
    }
    if (total > MOST_BYTES) throw refuse(name, `holds ${total} bytes, more than one batch can`);
  }
  const bytes = holding.allocate(total).address;
  const memory = holding.linear.u8;
  let end = bytes;
  for (const [index, { data, isThere }] of chunks.entries()) {
    const reader = readers[index]!;
    for (let row = 0; row < data.length; row += 1) {
      if (isThere !== undefined && !isThere(row)) continue;
      const value = reader.bytes(row);
      memory.set(value, end);
      end += value.byteLength;
    }
  }
  if (type.kind === 'utf8') checkText(name, holding, values, bytes, rowCount);
  return { values, bytes };
}

/** All of it is UTF-8, and so is each row: none begins inside a character. */
function checkText(name: string, { linear }: Holding, values: number, bytes: number, rowCount: number): void {
  const { i32, u8 } = linear;
  const first = values >> 2;
  const end = i32[first + rowCount]!;
  const isText = isUtf8(Buffer.from(u8.buffer as ArrayBuffer, bytes, end));
  for (let row = 0; isText && row < rowCount; row += 1) {
    const start = i32[first + row]!;
    if (start < end && (u8[bytes + start]! & 0xc0) === 0x80)
      throw refuse(name, `holds text that is no UTF-8 in row ${row}`);
  }
  if (!isText) throw refuse(name, 'holds text that is no UTF-8');
}

function readerOf(chunk: Chunk, name: string): BytesReader {
  const { type } = chunk.data;
  if (ArrowType.isUtf8View(type) || ArrowType.isBinaryView(type)) return viewsReader(chunk, name);
  checkOffsets(chunk.data, name, (chunk.data.values as Uint8Array | undefined)?.byteLength ?? 0, 'bytes');
  const { valueOffsets, values } = chunk.data;
  return {
    length: (row) => Number(valueOffsets[row + 1]) - Number(valueOffsets[row]),
    bytes: (row) => (values as Uint8Array).subarray(Number(valueOffsets[row]), Number(valueOffsets[row + 1])),
  };
}

/** That they never decrease, and none is beyond `most`. */
export function checkOffsets({ valueOffsets, length }: Data, name: string, most: number, what: string): void {
  if (length === 0) return;
  if ((valueOffsets?.length ?? 0) <= length) throw refuse(name, 'has fewer offsets than rows');
  let before = valueOffsets[0]!;
  if (before < 0) throw refuse(name, 'has a negative offset');
  for (let row = 1; row <= length; row += 1) {
    const offset = valueOffsets[row]!;
    if (offset < before) throw refuse(name, `has decreasing offsets at row ${row - 1}`);
    before = offset;
  }
  if (before > most) throw refuse(name, `has offsets beyond its ${what}`);
}

const VIEW_BYTES = 16;
/** Values of at most so many bytes stand in the view itself. */
const INLINE_BYTES = 12;

/** Length, then the bytes; or length, their first four, the number of a buffer, and where they begin in it. */
function viewsReader({ data, isThere }: Chunk, name: string): BytesReader {
  const { buffer, byteOffset, byteLength } = (data.values as Uint8Array | undefined) ?? new Uint8Array(0);
  if (byteLength < data.length * VIEW_BYTES) throw refuse(name, 'has fewer values than rows');
  const views = new DataView(buffer, byteOffset, byteLength);
  const { variadicBuffers } = data;
  const length = (row: number): number => views.getInt32(row * VIEW_BYTES, true);
  for (let row = 0; row < data.length; row += 1) {
    if (isThere !== undefined && !isThere(row)) continue;
    const at = row * VIEW_BYTES;
    const own = length(row);
    const source = own <= INLINE_BYTES ? undefined : variadicBuffers[views.getInt32(at + 8, true)];
    const start = views.getInt32(at + 12, true);
    const isInside = own <= INLINE_BYTES || (source !== undefined && start >= 0 && start + own <= source.byteLength);
    if (own < 0 || !isInside) throw refuse(name, `has a view beyond its bytes in row ${row}`);
  }
  return {
    length,
    bytes: (row) => {
      const at = row * VIEW_BYTES;
      const own = length(row);
      if (own <= INLINE_BYTES) return new Uint8Array(buffer, byteOffset + at + 4, own);
      const start = views.getInt32(at + 12, true);
      return variadicBuffers[views.getInt32(at + 8, true)]!.subarray(start, start + own);
    },
  };
}
