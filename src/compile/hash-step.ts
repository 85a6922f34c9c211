/** Hashes of a column of any form by kernels: `hash`, `murmurhash3` and `partition_iceberg_bucket`. */

import type { DataType } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { canHash, type HashRequest, hashColumn, hashWidth } from '../kernels/hash-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { KernelStep } from './kernel-step.ts';
import { Scratch } from './scratch.ts';

type Call = Extract<TypedExpression, { kind: 'function' }>;

/** The step of a call; undefined where it is none of these functions, or no kernel has its algorithm or type. */
export function hashStep(
  { name, arguments: [value, ...others], type }: Call,
  holding: Holding,
): KernelStep | undefined {
  if (value?.kind !== 'column' || !canHash(value.type)) return undefined;
  const literals = others.map((other) => (other.kind === 'literal' ? other.value : undefined));
  const request = requestOf(name, literals, value.type);
  if (request === undefined) return undefined;
  const hashes = new Scratch(holding);
  const width = hashWidth(request);
  // A null has a hash too, where the function says so; else that of no bytes is zero, as values under nulls are.
  const isOfNulls = name === 'hash';
  return {
    evaluate(columns, rowCount) {
      const column = columns[value.index]!;
      const values = hashes.ensure(rowCount * width);
      hashColumn(holding.linear, request, column, rowCount, values);
      const validity = isOfNulls ? 0 : column.validity;
      return { type, validity, values, bytes: 0, dictionary: undefined, width, bits: undefined };
    },
  };
}

function requestOf(name: string, literals: readonly unknown[], type: DataType): HashRequest | undefined {
  const [first, algorithm] = literals;
  switch (name) {
    case 'hash': {
      if (typeof first !== 'bigint') return undefined;
      const seed = BigInt.asUintN(64, first);
      if (algorithm === 'murmurhash3') return { hash: 'murmur3', seed, bytes: 8 };
      if (algorithm === 'xxhash3_64') return { hash: 'xxh3', seed };
      return algorithm === 'xxhash64' || algorithm === 'xxhash32' ? { hash: algorithm, seed } : undefined;
    }
    case 'murmurhash3':
      return { hash: 'murmur3', seed: 0n, bytes: 4 };
    case 'partition_iceberg_bucket': {
      // Iceberg hashes the microseconds of times of every unit.
      const isInMicroseconds = (type.kind !== 'timestamp' && type.kind !== 'time') || type.unit === 'us';
      return typeof first === 'bigint' && isInMicroseconds ? { hash: 'bucket', buckets: Number(first) } : undefined;
    }
    default:
      return undefined;
  }
}
