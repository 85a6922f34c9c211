/** Days and moments where calendars and clocks go wrong. */

import type { Value } from '../../../src/columnar/value.ts';
import { daysOf } from '../../../src/expressions/calendar.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { interpreter } from '../../../src/expressions/interpret.ts';
import { typed } from '../../support/expressions.ts';
import { columnName } from './duckdb-agreement.ts';

const day = (year: number, month: number, ofMonth: number): number => daysOf({ year, month, day: ofMonth });

/** Leap days, ends of years and of months, ISO years with 53 weeks, the year 0 and before, 9999; DuckDB has these all. */
export const DAYS: readonly number[] = [
  day(1970, 1, 1),
  day(1969, 12, 31),
  day(2000, 2, 29),
  day(1900, 2, 28),
  day(1900, 3, 1),
  day(2024, 2, 29),
  day(2024, 12, 31),
  day(2023, 1, 1),
  day(2023, 12, 31),
  day(2021, 1, 3),
  day(2020, 12, 31),
  day(2026, 12, 31),
  day(2024, 1, 31),
  day(2023, 3, 31),
  day(9999, 12, 31),
  day(1, 1, 1),
  day(0, 12, 31),
  day(0, 2, 29),
  day(-1, 1, 1),
  day(-4, 2, 29),
  day(-4713, 11, 24),
  day(290_000, 6, 15),
];

export const DAY_MICROS = 86_400_000_000n;

/** Microseconds: the days above at times with fractions, and the ticks around 1970. */
export const MOMENTS: readonly bigint[] = [
  ...DAYS.filter((d) => d < 3_000_000).flatMap((d, n) => [
    BigInt(d) * DAY_MICROS,
    BigInt(d) * DAY_MICROS + BigInt(n) * 3_911_123_457n,
    BigInt(d) * DAY_MICROS - 1n,
  ]),
  -1n,
  -999_999n,
  -1_000_001n,
  0n,
  59_999_999n,
];

/** Moments, in microseconds, around the changes of these zones' clocks. */
export const ZONES: Readonly<Record<string, readonly bigint[]>> = {
  'Europe/Berlin': around('2024-03-31T01:00Z', '2024-10-27T01:00Z', '1945-05-24T00:00Z', '1893-03-31T23:06:32Z'),
  'America/New_York': around('2024-03-10T07:00Z', '2024-11-03T06:00Z', '1883-11-18T17:00Z'),
  'Australia/Lord_Howe': around('2024-04-06T15:00Z', '2024-10-05T15:30Z'),
  'Asia/Kolkata': around('1945-10-14T17:30Z', '2024-02-29T18:30Z'),
  'Pacific/Apia': around('2011-12-30T10:00Z', '2012-03-31T14:00Z', '1892-07-05T11:26:56Z'),
  'America/Havana': around('2024-03-10T05:00Z', '2024-11-03T05:00Z'),
};

function around(...changes: readonly string[]): readonly bigint[] {
  const hours = [-744, -73, -25, -24, -23, -2, -1, -0.5, 0, 0.25, 0.5, 1, 2, 23, 24, 25, 744];
  return changes.flatMap((change) =>
    hours.map((h) => BigInt(Date.parse(change) + h * 3_600_000) * 1_000n + (h % 1 === 0 ? 0n : -1n)),
  );
}

export const columns = (count: number): Expression[] =>
  Array.from({ length: count }, (_, index) => ({ kind: 'column', name: columnName(index) }));

export const called = (name: string, ...given: readonly Expression[]): Expression => ({
  kind: 'function',
  name,
  arguments: given,
});

/** The value of an expression without columns. @throws where it does not bind, or fails */
export function evaluated(e: Expression): Value {
  return interpreter(typed({ fields: [] }, e))({ value: () => null, where: () => 'here' });
}
