/**
 * Parquet's split block bloom filters: which values a column chunk may have.
 * https://github.com/apache/parquet-format/blob/master/BloomFilter.md
 *
 *     │ header │ block │ block │ …        a block has 8 words of 32 bits
 *
 * The upper half of a value's XXH64 chooses its block, the lower half a bit of each word. All of them set: perhaps there.
 */

import { type DataType, isInteger, isUnsigned } from '../../columnar/data-type.ts';
import { xxhash64 } from '../../expressions/functions/hashing.ts';
import { factorBetween } from './bound-conversion.ts';
import type { PhysicalType } from './schema-element.ts';
import type { Comparable } from './statistics.ts';
import { ThriftReader, ThriftType } from './thrift.ts';
import type { ColumnReading } from './value-form.ts';

const BLOCK_BYTES = 32;
const SALT = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31] as const;

/** What a header says: where the blocks begin, behind it, and their bytes. */
export interface BloomHeader {
  readonly headerBytes: number;
  readonly byteLength: number;
}

/**
 * The header at the beginning of `bytes`; undefined where it is not of a filter as above.
 * @throws ThriftError where it cannot be read
 */
export function readBloomHeader(bytes: Uint8Array): BloomHeader | undefined {
  const reader = new ThriftReader(bytes, 0, bytes.byteLength);
  let known = 0;
  const numbers = reader.numbers((_, type) => {
    // Algorithm, hash and compression: unions, of which each has only the first member so far.
    if (type !== ThriftType.struct) return reader.skip(type);
    reader.struct((member, memberType) => {
      if (member === 1) known += 1;
      reader.skip(memberType);
    });
  });
  const byteLength = numbers[1] ?? 0;
  const isKnown = known === 3 && byteLength > 0 && byteLength % BLOCK_BYTES === 0;
  return isKnown ? { headerBytes: reader.position, byteLength } : undefined;
}

/** Whether a value of the column may be in the filter whose blocks are `blocks`. */
export function bloomTest(blocks: Uint8Array, reading: ColumnReading): (value: Comparable) => boolean {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const count = BigInt(blocks.byteLength / BLOCK_BYTES);
  return (value) => {
    const stored = storedBytes(value, reading);
    if (typeof stored === 'boolean') return stored;
    const hash = xxhash64(stored);
    const block = Number(((hash >> 32n) * count) >> 32n) * BLOCK_BYTES;
    const key = Number(hash & 0xffff_ffffn);
    return SALT.every((salt, word) => {
      const bit = Math.imul(key, salt) >>> 27;
      return ((view.getUint32(block + word * 4, true) >>> bit) & 1) === 1;
    });
  };
}

/** The bytes of a value of the plan's type as the file has them; false where it cannot have it, true where that is not known. */
export function storedBytes(value: Comparable, { file, field }: ColumnReading): Uint8Array | boolean {
  const { type, physical } = file;
  if (type === undefined) return true;
  if (value instanceof Uint8Array) return physical === 'BYTE_ARRAY' ? value : true;
  if (typeof value === 'bigint') return storedWhole(value, type, field.type, physical);
  // A whole number that is read as a float.
  if (isInteger(type)) return Number.isInteger(value) && storedWhole(BigInt(value), type, type, physical);
  // Both zeros are one to comparisons.
  if (value === 0 || (physical !== 'FLOAT' && physical !== 'DOUBLE')) return true;
  if (physical === 'DOUBLE') return new Uint8Array(Float64Array.of(value).buffer);
  return Math.fround(value) === value && new Uint8Array(Float32Array.of(value).buffer);
}

function storedWhole(value: bigint, type: DataType, to: DataType, physical: PhysicalType): Uint8Array | boolean {
  const isPlain = isInteger(type) || type.kind === 'date' || type.kind === 'decimal' || type.kind === 'timestamp';
  if (!isPlain || (physical !== 'INT32' && physical !== 'INT64')) return true;
  const factor = factorBetween(type, to);
  if (factor === undefined || value % factor !== 0n) return factor === undefined;
  const whole = value / factor;
  const bits = physical === 'INT32' ? 32 : 64;
  const fits = (isUnsigned(type) ? BigInt.asUintN(bits, whole) : BigInt.asIntN(bits, whole)) === whole;
  if (!fits) return false;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, whole), true);
  return bytes.subarray(0, bits / 8);
}
