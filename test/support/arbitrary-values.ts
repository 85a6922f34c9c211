/** Random types, nested ones too, and random values of them with the traps that each type has. */

import fc from 'fast-check';
import * as types from '../../src/columnar/data-type.ts';
import { type DataType, storageType } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';

/** Every type without parts, and decimals of both widths. */
export const FLAT_TYPES: readonly DataType[] = [
  types.nullType,
  types.bool,
  ...types.INTEGER_TYPES,
  ...types.FLOAT_TYPES,
  types.decimal(15, 2),
  types.decimal(38, 10),
  types.utf8,
  types.binary,
  types.fixedSizeBinary(3),
  types.fixedSizeBinary(16),
  types.uuid,
  types.date,
  types.time('us'),
  types.time('ns'),
  types.timestamp('ms'),
  types.timestamp('ns', 'Europe/Berlin'),
  types.duration('s'),
  types.interval,
];

/** Types that hold others, at most `depth` levels of them. */
export function anyType(depth: number): fc.Arbitrary<DataType> {
  const flat = fc.constantFrom(...FLAT_TYPES);
  if (depth === 0) return flat;
  const inner = anyType(depth - 1);
  const notNull = inner.filter((type) => type.kind !== 'null');
  return fc.oneof(
    { weight: 2, arbitrary: flat },
    { weight: 1, arbitrary: inner.map(types.list) },
    {
      weight: 1,
      arbitrary: fc.tuple(inner, fc.integer({ min: 1, max: 3 })).map(([t, n]) => types.fixedSizeList(t, n)),
    },
    { weight: 1, arbitrary: fc.tuple(inner, inner).map(([a, b]) => types.struct(field('a', a), field('b c', b))) },
    { weight: 1, arbitrary: fc.tuple(notNull, inner).map(([k, v]) => types.map(k, v)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        types.embedding(types.float32, 4),
        types.tensor(types.int16),
        types.tensor(types.float64, [2, 2]),
        types.file,
      ),
    },
  );
}

const whole = (least: bigint, greatest: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.bigInt(least < -99n ? -99n : least, greatest > 99n ? 99n : greatest) },
    { weight: 1, arbitrary: fc.constantFrom(least, greatest, least + 1n, greatest - 1n) },
    { weight: 1, arbitrary: fc.bigInt(least, greatest) },
  );
const signed = (bits: number): fc.Arbitrary<bigint> => whole(-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n);
const unsigned = (bits: number): fc.Arbitrary<bigint> => whole(0n, 2n ** BigInt(bits) - 1n);
const floats = fc.constantFrom(0, -0, 1.5, -2.5, NaN, Infinity, -Infinity, 1e300, 5e-324, 0.1);

const texts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'a', 'ß', 'é', 'e\u0301', '\u{1F600}', '\uFFFD', 'İi', ' \t\n', 'zebra zebra', "it's", '\u0000'),
  fc.string({ unit: fc.constantFrom('a', 'B', 'é', '\u{1D4B3}', ' '), maxLength: 20 }),
);

const DAY_MICROS = 86_400_000_000n;

/** A value of the type, or null where `nulls` says so. */
export function anyValue(type: DataType, nulls: boolean = true): fc.Arbitrary<Value> {
  if (type.kind === 'null') return fc.constant(null);
  const value = present(type);
  return nulls ? fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }) : value;
}

function present(type: DataType): fc.Arbitrary<Value> {
  const stored = storageType(type);
  switch (type.kind) {
    case 'uuid':
      return fc.uuid();
    case 'bool':
      return fc.boolean();
    case 'int8':
    case 'int16':
    case 'int32':
      return signed(Number(type.kind.slice(3))).map(Number);
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return unsigned(Number(type.kind.slice(4))).map(Number);
    case 'date':
      return signed(32).map(Number);
    case 'uint64':
      return unsigned(64);
    case 'float16':
      return floats.map((x) => Math.f16round(x));
    case 'float32':
      return floats.map((x) => Math.fround(x));
    case 'float64':
      return fc.oneof(floats, fc.double());
    case 'decimal':
      return whole(1n - 10n ** BigInt(type.precision), 10n ** BigInt(type.precision) - 1n);
    case 'time':
      return whole(0n, (type.unit === 'us' ? DAY_MICROS : DAY_MICROS * 1000n) - 1n);
    case 'utf8':
      return texts;
    case 'binary':
      return fc.uint8Array({ maxLength: 12 });
    case 'fixed-size-binary':
      return fc.uint8Array({ minLength: type.size, maxLength: type.size });
    case 'interval':
      return fc.record({ months: signed(32).map(Number), days: signed(32).map(Number), nanoseconds: signed(64) });
    case 'int64':
    case 'timestamp':
    case 'duration':
      return signed(64);
    default:
      return nested(stored);
  }
}

function nested(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'list':
      return fc.array(anyValue(type.item), { maxLength: 4 });
    case 'fixed-size-list':
      return fc.array(anyValue(type.item), { minLength: type.size, maxLength: type.size });
    case 'struct':
      return fc.tuple(...type.fields.map((f) => anyValue(f.type)));
    case 'map':
      return fc.array(fc.tuple(anyValue(type.key, false), anyValue(type.value)), { maxLength: 3 });
    default:
      throw new Error(`no values of ${type.kind}`);
  }
}

/** What a column is made of. */
export interface GivenColumn {
  readonly type: DataType;
  readonly values: readonly Value[];
  readonly dictionary: boolean;
}

/** Columns of any types and one length. */
export const anyColumns = (mostRows: number): fc.Arbitrary<readonly GivenColumn[]> =>
  fc.nat({ max: mostRows }).chain((rows) =>
    fc.array(
      anyType(2).chain((type) =>
        fc.record({
          type: fc.constant(type),
          values: fc.boolean().chain((nulls) => fc.array(anyValue(type, nulls), { minLength: rows, maxLength: rows })),
          dictionary: type.kind === 'null' ? fc.constant(false) : fc.boolean(),
        }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  );
