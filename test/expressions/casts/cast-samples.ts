/** Types of every kind, each with the values that casts trip over. */

import * as types from '../../../src/columnar/data-type.ts';
import { type DataType, integerBits, isFloat, isUnsigned, storageType } from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { roundedTo } from '../../../src/expressions/literal.ts';
import { ticksPerDay } from '../../../src/expressions/temporal-text.ts';
import { wholeRange } from '../../../src/expressions/whole-value.ts';

export const FLAT: readonly DataType[] = [
  types.bool,
  ...types.INTEGER_TYPES,
  ...types.FLOAT_TYPES,
  types.decimal(5, 2),
  types.decimal(4, 4),
  types.decimal(18, 0),
  types.decimal(38, 10),
  types.decimal(38, 0),
  types.utf8,
  types.binary,
  types.fixedSizeBinary(3),
  types.fixedSizeBinary(16),
  types.uuid,
  types.date,
  types.time('us'),
  types.time('ns'),
  types.timestamp('s'),
  types.timestamp('ms'),
  types.timestamp('us'),
  types.timestamp('ns'),
  types.timestamp('us', 'UTC'),
  types.timestamp('s', 'Europe/Berlin'),
  types.timestamp('ns', 'America/St_Johns'),
  types.duration('s'),
  types.duration('ms'),
  types.duration('us'),
  types.duration('ns'),
  types.interval,
];

export const NESTED: readonly DataType[] = [
  types.list(types.int32),
  types.list(types.utf8),
  types.list(types.list(types.float32)),
  types.fixedSizeList(types.int16, 2),
  types.fixedSizeList(types.utf8, 2),
  types.struct(field('a', types.int64), field('b', types.utf8)),
  types.struct(field('b', types.int8), field('c', types.date)),
  types.struct(field('uri', types.utf8), field('data', types.binary)),
  types.struct(field('data', types.list(types.int64)), field('shape', types.list(types.int8))),
  types.map(types.utf8, types.int64),
  types.map(types.int16, types.utf8),
  types.embedding(types.float32, 2),
  types.tensor(types.int32),
  types.tensor(types.float64, [1, 2]),
  types.file,
];

const TEXTS = [
  ...['', ' ', 'x', '0', '1', '-1', '+5', ' 12 ', '\t7\n', '-0', '00', '007', '+-5', '1 2', '\u00a01', '１'],
  ...['127', '128', '-128', '-129', '255', '256', '65535', '2147483648', '9223372036854775807', '9223372036854775808'],
  ...['18446744073709551615', '18446744073709551616', '-9223372036854775809', '123456789012345678901234567890'],
  ...['1.5', '-1.5', '3.', '.5', '.', '-', '1e3', '1E-2', '1e', '0x1F', '1_000', '1.239', '1.235', '-1.235', '999.995'],
  ...['99999999999999999999999999999999999999', '0.00005', '0.99995', '1e400', '1e-400', '1e39', '16777217', '65520'],
  ...['nan', 'NaN', '-nan', 'inf', '-Infinity', '+inf', 'infinit', '0.1', '3.4028235677973366e38', '5e-324'],
  ...['true', 'TRUE', 'f', 'Yes', 'no', 'on', ' true ', 'y', 'nil'],
  ...['2020-01-02', '2020-02-30', '2020-1-2', '2020/01/02', '20200102', '0000-01-01', '9999-12-31', '10000-01-01'],
  ...['+010000-01-01', '-000001-12-31', '2020-01-02 03:04:05', '2020-01-02T03:04:05.0006', '2020-01-02 03:04'],
  ...['2020-01-02T03:04:05Z', '2020-01-02 03:04:05+02', '2020-01-02 03:04:05-03:30', '2020-01-02 03:04:05.123456789'],
  ...['1969-12-31 23:59:59.9', '2020-01-02 24:00:00', '2020-01-02 23:59:60', '2020-06-15 12:00:00+0530', 'epoch'],
  ...['2020-01-02 03', '2020-01-02 25:00:00', '2021-03-28 02:30:00', '2021-10-31 02:30:00', '2020-01-02 03:04:05+99'],
  ...['03:04:05', '03:04', '3:4:5', '24:00:00', '23:59:59.999999', '23:59:59.9999999', '03:04:05Z', '25:00:00'],
  ...['1 day', '1 day 02:00:00', '-1 day -02:00:00', 'P1Y2M3DT4H5M6.7S', 'PT0S', 'PT-1.5S', '90 minutes', '1d 2h'],
  ...['1 year 2 months 3 days 04:05:06.7', '26:00:00', '-00:00:00.5', '1.5 days', '1 fortnight', '1 month', '2 weeks'],
  ...[
    '12345678-1234-1234-1234-1234567890ab',
    '{12345678-1234-1234-1234-1234567890AB}',
    '123456781234123412341234567890ab',
  ],
  ...['abc', 'ä\u{1f600}', 'null', 'NULL', "it's", 'a, b', '[1, 2]', '0123456789abcdef', '\u0000'],
];

const WHOLE = [
  0n,
  1n,
  -1n,
  2n,
  9n,
  10n,
  12n,
  50n,
  100n,
  -100n,
  125n,
  -125n,
  127n,
  128n,
  255n,
  256n,
  300n,
  12345n,
  -12355n,
];
const LARGE = [2n ** 24n + 1n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 60n + 2n ** 36n + 1n, 10n ** 18n, 10n ** 19n];
const FLOATS = [
  ...[0, -0, 0.4, 0.5, 1, -0.4, -0.5, 1.5, 2.5, -1.5, 127.9, 255.4, 255.9, -128.9, 0.1, 1.005, 2.675, 65504, 65520],
  ...[1e7, 123456789, 16777216, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63), 1e15, 1e16, 1e20, 1e-4, 1e-5],
  ...[1.5e-10, 1e22, 3.4028234663852886e38, 1e38, 1e39, 1e300, 5e-324, 1e-45, Number.NaN, Infinity, -Infinity],
];
const DAYS = [0, -1, 1, 59, 18_263, 11_016, -719_528, -719_529, 2_932_896, 2_932_897, 18_714, -25_567];
/** Seconds around midnights, changes of clocks, and the ends of years. */
const SECONDS = [
  0n,
  -1n,
  1n,
  86_399n,
  86_400n,
  -86_401n,
  1_577_934_245n,
  1_616_891_400n,
  1_635_643_800n,
  253_402_300_799n,
];

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const UUIDS = ['12345678-1234-1234-1234-1234567890ab', '00000000-0000-0000-0000-000000000000'];
const INTERVALS: readonly Value[] = [
  { months: 0, days: 0, nanoseconds: 0n },
  { months: 14, days: 3, nanoseconds: 14_706_700_000_000n },
  { months: 0, days: 1, nanoseconds: 0n },
  { months: 0, days: -1, nanoseconds: -7_200_000_000_000n },
  { months: -13, days: 0, nanoseconds: 1_000n },
  { months: 1, days: -3, nanoseconds: -500_000_000n },
  { months: 0, days: 0, nanoseconds: 360_000_000_000_000n },
];

/** Of the type, without null. */
export function samplesOf(type: DataType): readonly NonNullable<Value>[] {
  return allSamples(type).filter((value) => value !== null);
}

function allSamples(type: DataType): readonly Value[] {
  if (isFloat(type)) return [...new Set(FLOATS.map((value) => roundedTo(type, value)))];
  switch (type.kind) {
    case 'null':
      return [];
    case 'bool':
      return [true, false];
    case 'utf8':
      return TEXTS;
    case 'binary':
      return [hex(''), hex('616263'), hex('ff'), hex('c3a4'), hex('edb080'), hex('123456781234123412341234567890ab')];
    case 'fixed-size-binary':
      return type.size === 3
        ? [hex('616263'), hex('ff00ff'), hex('e282ac')]
        : [hex('30313233343536373839616263646566'), hex('ff345678123412341234123456789012')];
    case 'uuid':
      return UUIDS;
    case 'date':
      return [...DAYS, 2 ** 31 - 1, -(2 ** 31)];
    case 'interval':
      return INTERVALS;
    case 'time':
      return [0n, 1n, 11_045n, 3_600_000_000n, ticksPerDay(type.unit) - 1n, ticksPerDay(type.unit) / 2n + 999n];
    case 'timestamp': {
      const perSecond = ticksPerDay(type.unit) / 86_400n;
      const around = SECONDS.flatMap((second) => [second * perSecond, second * perSecond + (perSecond * 6n) / 10n]);
      return inRange(type, [...around, 600n, -600n, 123_456_789n, -123_456_789n, 2n ** 63n - 1n, -(2n ** 63n)]);
    }
    default:
      return integerBits(type) === undefined && type.kind !== 'decimal' && type.kind !== 'duration'
        ? nestedSamples(type)
        : wholeSamples(type);
  }
}

function wholeSamples(type: DataType): readonly Value[] {
  const { least, greatest } = wholeRange(type)!;
  return inRange(type, [
    ...WHOLE,
    ...LARGE,
    ...LARGE.map((value) => -value),
    least,
    greatest,
    least + 1n,
    greatest - 1n,
  ]);
}

function inRange(type: DataType, values: readonly bigint[]): readonly Value[] {
  const { least, greatest } = wholeRange(type)!;
  const isNumber = (integerBits(type) ?? 64) < 64;
  const held = [...new Set(values)].filter((value) => value >= least && value <= greatest);
  return held.filter((value) => !isUnsigned(type) || value >= 0n).map((value) => (isNumber ? Number(value) : value));
}

/** A few lists of a few samples of the items, of all lengths that the type allows. */
function nestedSamples(type: DataType): readonly Value[] {
  const stored = storageType(type);
  if (type.kind === 'file') {
    return [
      ['s3://bucket/key', null],
      [null, hex('616263')],
      [null, hex('ff')],
    ];
  }
  switch (stored.kind) {
    case 'list':
      return [[], [null], ...chunks(some(stored.item), 2), some(stored.item)];
    case 'fixed-size-list':
      return [new Array<Value>(stored.size).fill(null), ...chunks(some(stored.item), stored.size)];
    case 'map':
      return [[], ...chunks(pairs(some(stored.key), some(stored.value)), 2)];
    case 'struct':
      if (type.kind === 'tensor') return tensorSamples(some(stored.fields[0]!.type)[3] as readonly Value[]);
      return rows(stored.fields.map((f) => [...some(f.type), null]));
    default:
      throw new Error(`no samples of ${type.kind}`);
  }
}

const tensorSamples = (items: readonly Value[]): readonly Value[] => [
  [[], [0n]],
  [items.slice(0, 2), [1n, 2n]],
  [items.slice(0, 2), [2n]],
  [
    [null, null],
    [1n, 2n],
  ],
];

const some = (type: DataType): readonly Value[] => {
  const all = samplesOf(type);
  const step = Math.max(1, Math.floor(all.length / 8));
  return all.filter((_, index) => index % step === 0);
};
const chunks = (values: readonly Value[], size: number): readonly Value[][] =>
  Array.from({ length: Math.floor(values.length / size) }, (_, n) => values.slice(n * size, (n + 1) * size));
const pairs = (keys: readonly Value[], values: readonly Value[]): readonly Value[] =>
  keys.map((key, n) => [key, n === 1 ? null : (values[n % values.length] ?? null)]);
const rows = (columns: readonly (readonly Value[])[]): readonly Value[] =>
  Array.from({ length: Math.max(...columns.map((c) => c.length)) }, (_, n) =>
    columns.map((c) => c[n % c.length] ?? null),
  );
