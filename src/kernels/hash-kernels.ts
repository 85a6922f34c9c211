/** Hashes of columns, row by row, that are the same everywhere: of the bytes that Iceberg hashes. */

import type { Column } from '../columnar/column.ts';
import { type DataType, isBytes, isInteger } from '../columnar/data-type.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

interface HashKernels {
  hashTexts(
    which: number,
    codes: number,
    offsets: number,
    bytes: number,
    rows: number,
    validity: number,
    seed: bigint,
    buckets: number,
    out: number,
  ): void;
  hashValues(
    which: number,
    form: number,
    width: number,
    codes: number,
    values: number,
    rows: number,
    validity: number,
    seed: bigint,
    buckets: number,
    out: number,
  ): void;
}

/**
 * XXH64, XXH3 or XXH32 in 8 bytes, MurmurHash3_x86_32 in 4 bytes or, without a sign, in 8, or the int32 bucket, of so many,
 * that Iceberg puts a row into.
 */
export type HashRequest =
  | { readonly hash: 'xxhash64' | 'xxhash32' | 'xxh3'; readonly seed: bigint }
  | { readonly hash: 'murmur3'; readonly seed: bigint; readonly bytes: 4 | 8 }
  | { readonly hash: 'bucket'; readonly buckets: number };

/** Bytes of each result. */
export const hashWidth = (request: HashRequest): 4 | 8 =>
  request.hash === 'murmur3' ? request.bytes : request.hash === 'bucket' ? 4 : 8;

/** What the kernels call the algorithms; MurmurHash3 in 8 bytes is the next. */
const WHICH = { xxhash64: 0, murmur3: 1, bucket: 1, xxhash32: 3, xxh3: 4 } as const;

const TEXT = -1;
const SIGNED = 0;
const UNSIGNED = 1;
const FLOAT = 2;
const DECIMAL = 3;
const BITS = 4;
const BYTES = 5;

/** What the bytes of a value are; undefined where no kernel knows: float16, intervals and nested types. */
function formOf(type: DataType): number | undefined {
  if (isBytes(type)) return TEXT;
  if (isInteger(type)) return type.kind.startsWith('u') ? UNSIGNED : SIGNED;
  switch (type.kind) {
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
      return SIGNED;
    case 'float32':
    case 'float64':
      return FLOAT;
    case 'decimal':
      return DECIMAL;
    case 'bool':
      return BITS;
    case 'uuid':
    case 'fixed-size-binary':
      return BYTES;
    default:
      return undefined;
  }
}

export const canHash = (type: DataType): boolean => formOf(type) !== undefined;

/**
 * Writes the hash of each row of a column of a type that `canHash`. Null rows have that of no bytes, which is 0 for
 * MurmurHash3 with seed 0 and for buckets.
 */
export function hashColumn(
  linear: LinearMemory,
  request: HashRequest,
  { type, values, bytes, validity, width, dictionary }: Column,
  rows: number,
  out: number,
): void {
  const kernels = staticKernels(linear) as unknown as HashKernels;
  const which = request.hash === 'murmur3' && request.bytes === 8 ? 2 : WHICH[request.hash];
  const [seed, buckets] = request.hash === 'bucket' ? [0n, request.buckets] : [request.seed, 0];
  const form = formOf(type);
  if (form === undefined) throw new TypeError(`no kernel hashes ${type.kind}`);
  const codes = dictionary === undefined ? 0 : values;
  const plain = dictionary === undefined ? { values, bytes } : dictionary.values;
  if (form === TEXT) {
    kernels.hashTexts(which, codes, plain.values, plain.bytes, rows, validity, seed, buckets, out);
  } else kernels.hashValues(which, form, width, codes, plain.values, rows, validity, seed, buckets, out);
}
