/**
 * Transforms by which tables are partitioned, as Iceberg's specification has them, so that both put a row into the same
 * partition. Null goes to null. Times with a zone are taken in UTC.
 */

import { type DataType, date, int32, isInteger, typeName } from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { calendarDay } from '../calendar.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../temporal-text.ts';
import {
  type Call,
  define,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  parameter,
} from './function-definition.ts';
import { murmurhash3 } from './hashing.ts';
import { ANY, DATE_OR_TIMESTAMP, INTEGER, TIMESTAMP } from './parameter-kinds.ts';
import { valueBytes } from './value-bytes.ts';

const floorDivided = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

/** Days since 1970 of a date or a timestamp. */
const daysOf = ({ types: [type] }: Call): ((value: Value | undefined) => number) => {
  if (type?.kind !== 'timestamp') return (value) => Number(value);
  const perDay = ticksPerDay(type.unit);
  return (value) => Number(floorDivided(wholeOf(value), perDay));
};

const DAY = { kind: 'literal', type: { kind: 'date' }, value: '2017-11-16' } as const;
const MOMENT = {
  kind: 'literal',
  type: { kind: 'timestamp', unit: 'us', timezone: null },
  value: '2017-11-16T22:31:08',
} as const;

const transform = (name: string, doc: string, result: DataType, prepare: (call: Call) => Evaluate, example: Example) =>
  define({
    name,
    family: 'partition transforms',
    doc,
    canFail: ([type]) => type?.kind === 'timestamp' && type.unit !== 'ns',
    parameters: [parameter('time', DATE_OR_TIMESTAMP)],
    result,
    prepare,
    examples: [example],
  });

const ofDay =
  (part: (days: number) => number) =>
  (call: Call): Evaluate => {
    const days = daysOf(call);
    return (value) => part(days(value));
  };

export const PARTITION_TRANSFORM_FUNCTIONS: readonly FunctionDefinition[] = [
  transform(
    'partition_days',
    'The day.',
    date,
    ofDay((days) => days),
    [[MOMENT], '2017-11-16'],
  ),
  define({
    name: 'partition_hours',
    family: 'partition transforms',
    doc: 'Hours since 1970-01-01.',
    canFail: ([type]) => type?.kind === 'timestamp' && type.unit !== 'ns',
    parameters: [parameter('time', TIMESTAMP)],
    result: int32,
    prepare: ({ types: [type] }) => {
      const perHour = type?.kind === 'timestamp' ? TICKS_PER_SECOND[type.unit] * 3_600n : 1n;
      return (ticks) => floorDivided(ticks, perHour);
    },
    examples: [[[MOMENT], 419686]],
  }),
  transform(
    'partition_months',
    'Months since 1970-01.',
    int32,
    ofDay((days) => {
      const { year, month } = calendarDay(days);
      return (year - 1970) * 12 + month - 1;
    }),
    [[DAY], 574],
  ),
  transform(
    'partition_years',
    'Years since 1970.',
    int32,
    ofDay((days) => calendarDay(days).year - 1970),
    [[DAY], 47],
  ),
  define({
    name: 'partition_iceberg_bucket',
    family: 'partition transforms',
    doc: 'The bucket, of so many, that a value falls into.',
    parameters: [parameter('value', ANY), parameter('buckets', INTEGER)],
    result: bucketType,
    prepare: ({ types: [type], literals: [, buckets] }) => {
      const count = Number(buckets);
      const inMicroseconds = microseconds(type as DataType);
      return (value) => (murmurhash3(valueBytes(inMicroseconds(value), type as DataType)) & 0x7fff_ffff) % count;
    },
    // From the specification: the hash of 34 is 2017239379.
    examples: [[[34n, 16n], 3]],
  }),
  define({
    name: 'partition_iceberg_truncate',
    family: 'partition transforms',
    doc: 'An integer or a decimal cut down to a multiple of the width, a text or bytes to their first characters or bytes.',
    canFail: true,
    parameters: [parameter('value', ANY), parameter('width', INTEGER)],
    result: truncateType,
    prepare: ({ types: [type], literals: [, width] }) => {
      const cut = wholeOf(width as Value);
      if (type?.kind === 'utf8') return (text) => firstCharacters(String(text), Number(cut));
      if (type?.kind === 'binary') return (bytes) => (bytes as Uint8Array).slice(0, Number(cut));
      return (value) => floorDivided(wholeOf(value as Value), cut) * cut;
    },
    examples: [
      [[-1n, 10n], '-10'],
      [['iceberg', 3n], 'ice'],
    ],
  }),
];

/** Times of every unit are hashed as microseconds. Beyond 64 bits there is no such time in Iceberg, and any bucket is right. */
function microseconds(type: DataType): (value: Value & {}) => Value {
  if (type.kind !== 'timestamp' && type.kind !== 'time') return (value) => value;
  const [ticks, wanted] = [TICKS_PER_SECOND[type.unit], TICKS_PER_SECOND.us];
  return (value) => floorDivided(wholeOf(value) * wanted, ticks);
}

const MOST = 2n ** 31n - 1n;

const isCount = (value: unknown): value is bigint => typeof value === 'bigint' && value >= 1n && value <= MOST;

const BUCKETED = ['utf8', 'binary', 'fixed-size-binary', 'uuid', 'date', 'time', 'timestamp', 'decimal'];

function bucketType({ types: [type], literals: [, buckets] }: Call): DataType | string {
  if (!isCount(buckets)) return 'The number of buckets is a literal from 1 to 2147483647.';
  if (type !== undefined && (isInteger(type) || BUCKETED.includes(type.kind))) return int32;
  return `Iceberg has no buckets of ${typeName(type as DataType)}.`;
}

function truncateType({ types: [type], literals: [, width] }: Call): DataType | string {
  if (!isCount(width)) return 'The width is a literal from 1 to 2147483647.';
  if (type !== undefined && (isInteger(type) || ['utf8', 'binary', 'decimal'].includes(type.kind))) return type;
  return `Iceberg does not truncate ${typeName(type as DataType)}.`;
}

function firstCharacters(text: string, count: number): string {
  let end = 0;
  for (let left = count; left > 0 && end < text.length; left -= 1) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, end);
}
