import fc from 'fast-check';
import type { DataType } from '../../src/columnar/data-type.ts';
import { integerBits, isUnsigned } from '../../src/columnar/data-type.ts';
import type { Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { Row } from './task.ts';

export interface Table {
  readonly schema: Schema;
  readonly rows: readonly Row[];
}

export interface TableOptions {
  /** 200 where absent. */
  readonly maxRows?: number;
  /** Values of single columns, without their nulls, by name. */
  readonly values?: Readonly<Record<string, fc.Arbitrary<Value>>>;
}

/** Rows of `schema`; nulls only where it allows them. */
export function tables(schema: Schema, { maxRows = 200, values = {} }: TableOptions = {}): fc.Arbitrary<Table> {
  const cells = schema.fields.map(({ name, type, nullable }) => {
    const value = values[name] ?? valuesOf(type);
    return nullable ? fc.option(value, { freq: 4 }) : value;
  });
  const size = fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: maxRows }) },
    fc.constantFrom(...[0, 1, 63, 64, 65].filter((rows) => rows <= maxRows)),
  );
  return size
    .chain((rows) => fc.array(fc.tuple(...cells), { minLength: rows, maxLength: rows, size: 'max' }))
    .map((rows) => ({ schema, rows }));
}

/**
 * Values of one type: mostly few distinct ones, so that keys meet; else anything the type can hold. Floats are
 * multiples of a quarter, whose sums are exact in any order, and the special ones.
 */
export function valuesOf(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean();
    case 'utf8':
      return fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('', 'a', 'b', 'ab', 'abcdefgh', 'abcdefghi', 'ä', 'żółw') },
        fc.string({ unit: 'grapheme', maxLength: 20 }),
      );
    case 'float32':
    case 'float64':
      return fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: -4000, max: 4000 }).map((quarters) => quarters / 4) },
        fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      );
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n;
      return mostlySmall(-limit, limit);
    }
    case 'time':
      return mostlySmall(0n, 86_399_999_999n);
    case 'binary':
      return fc.uint8Array({ maxLength: 12, max: 3 });
    case 'uuid':
      return fc.constantFrom('00000000-0000-0000-0000-000000000001', 'ffffffff-0000-4000-8000-000000000000');
    case 'duration':
    case 'timestamp':
      return mostlySmall(-(2n ** 63n), 2n ** 63n - 1n);
    case 'date':
      return fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) },
        fc.integer({ min: -800_000, max: 800_000 }),
      );
    default: {
      const bits = BigInt(integerBits(type) as number);
      const [min, max] = isUnsigned(type) ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
      return bits === 64n ? mostlySmall(min, max) : mostlySmall(min, max).map(Number);
    }
  }
}

function mostlySmall(min: bigint, max: bigint): fc.Arbitrary<bigint> {
  const low = min < -5n ? -5n : min;
  const high = max > 5n ? 5n : max;
  return fc.oneof({ weight: 3, arbitrary: fc.bigInt(low, high) }, fc.bigInt(min, max));
}
