/**
 * Which values a column chunk has whose pages are nothing but codes: those of its dictionary.
 *
 *     │ header │ dictionary │ codes │ codes │ …        no entry is 'AIR': no row is
 */

import { crc32 } from 'node:zlib';
import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { storedBytes } from './bloom-filter.ts';
import { decompress } from './decompress.ts';
import { readPageHeader } from './page-header.ts';
import type { Comparable } from './statistics.ts';
import type { ColumnReading } from './value-form.ts';

/** Numbers of encodings. */
const PLAIN = 0;
const PLAIN_DICTIONARY = 2;
/** Of an entry in a set of strings. */
const ENTRY_BYTES = 64;

/**
 * Whether a value may be in the dictionary whose page `bytes` are; undefined where that cannot be told. What it takes is
 * counted by `holding`.
 * @throws ThriftError, RangeError where it is damaged
 */
export function dictionaryTest(
  bytes: Uint8Array,
  codec: string,
  reading: ColumnReading,
  holding: Holding,
): ((value: Comparable) => boolean) | undefined {
  const header = readPageHeader(bytes, 0, bytes.byteLength);
  const { kind, encoding, headerBytes, storedBytes: length, plainBytes, crc, values } = header;
  const stored = bytes.subarray(headerBytes, headerBytes + length);
  const isKnown = kind === 'dictionary' && (encoding === PLAIN || encoding === PLAIN_DICTIONARY);
  const isWhole = stored.byteLength === length && (crc === undefined || crc32(stored) === crc);
  if (!isKnown || !isWhole || !holding.tryGrow(plainBytes + values * ENTRY_BYTES)) return undefined;
  const plain = codec === 'UNCOMPRESSED' ? stored : decompressed(stored, codec, plainBytes, holding);
  const entries = plain && entriesOf(plain, values, reading);
  if (entries === undefined) return undefined;
  return (value) => {
    const wanted = storedBytes(value, reading);
    return typeof wanted === 'boolean' ? wanted : entries.has(keyOf(wanted));
  };
}

const keyOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1');

function decompressed(stored: Uint8Array, codec: string, plainBytes: number, holding: Holding): Uint8Array | undefined {
  const { linear } = holding;
  const from = holding.tryAllocate(stored.byteLength);
  const to = from && holding.tryAllocate(plainBytes);
  try {
    if (from === undefined || to === undefined) return undefined;
    linear.u8.set(stored, from.address);
    const work = { holding, kernels: parquetKernels(linear) };
    const isRight = decompress(codec, work, from.address, stored.byteLength, to.address, plainBytes);
    return isRight ? linear.u8.slice(to.address, to.address + plainBytes) : undefined;
  } finally {
    if (to !== undefined) holding.free(to);
    if (from !== undefined) holding.free(from);
  }
}

/** Bytes of a value by physical type, where they are fixed. */
const WIDTHS: Readonly<Record<string, number>> = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8 };

function entriesOf(plain: Uint8Array, count: number, { file }: ColumnReading): ReadonlySet<string> | undefined {
  const width = WIDTHS[file.physical];
  if (width === undefined && file.physical !== 'BYTE_ARRAY') return undefined;
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const entries = new Set<string>();
  let at = 0;
  for (let entry = 0; entry < count; entry += 1) {
    const start = width === undefined ? at + 4 : at;
    const end = start + (width ?? view.getUint32(at, true));
    if (end > plain.byteLength) return undefined;
    entries.add(keyOf(plain.subarray(start, end)));
    at = end;
  }
  return entries;
}
