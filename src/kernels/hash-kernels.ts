/** Hashes of columns, row by row, that are the same everywhere: of the bytes that Iceberg hashes. */

import type { Column } from '../columnar/column.ts';
import { type DataType, isBytes, isInteger } from '../columnar/data-type.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

interface HashKernels {
  hashTexts(
    isMurmur: 0 | 1,
    offsets: number,
    bytes: number,
    rows: number,
    seed: bigint,
    buckets: number,
    out: number,
  ): void;
  hashValues(
    isMurmur: 0 | 1,
    form: number,
    width: number,
    values: number,
    rows: number,
    validity: number,
    seed: bigint,
    buckets: number,
    out: number,
  ): void;
}

/** XXH64 of 8 bytes, MurmurHash3_x86_32 of 4, or the int32 bucket, of so many, that Iceberg puts a row into. */
export type HashRequest =
  | { readonly hash: 'xxhash64' | 'murmur3'; readonly seed: bigint }
  | { readonly hash: 'bucket'; readonly buckets: number };

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
 * Writes the hash of each row of a plain column of a type that `canHash`. Null rows have that of no bytes, which is 0 for
 * MurmurHash3 with seed 0 and for buckets.
 */
export function hashColumn(
  linear: LinearMemory,
  request: HashRequest,
  { type, values, bytes, validity, width }: Column,
  rows: number,
  out: number,
): void {
  const kernels = staticKernels(linear) as unknown as HashKernels;
  const isMurmur = request.hash === 'xxhash64' ? 0 : 1;
  const [seed, buckets] = request.hash === 'bucket' ? [0n, request.buckets] : [request.seed, 0];
  const form = formOf(type);
  if (form === undefined) throw new TypeError(`no kernel hashes ${type.kind}`);
  if (form === TEXT) kernels.hashTexts(isMurmur, values, bytes, rows, seed, buckets, out);
  else kernels.hashValues(isMurmur, form, width, values, rows, validity, seed, buckets, out);
}
