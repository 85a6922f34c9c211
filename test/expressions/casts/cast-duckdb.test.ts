/**
 * Casts against DuckDB's: every pair of types that both have, over the samples. Where results differ on purpose a line of
 * `DIFFERENCES` says why; a line that nothing needs any more fails too.
 */

import { inspect, isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  type DataType,
  isBytes,
  isFloat,
  isInteger,
  isNested,
  storageType,
  typeName,
} from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { castBetween } from '../../../src/expressions/cast-value.ts';
import { TICKS_PER_SECOND } from '../../../src/expressions/temporal-text.ts';
import { duckRows, query, sqlType } from '../../support/duckdb.ts';
import { FLAT, NESTED, samplesOf } from './cast-samples.ts';

/** Of one value that two casts make something else of; null where one refuses it. */
interface Difference {
  readonly from: DataType;
  readonly to: DataType;
  readonly value: NonNullable<Value>;
  readonly ours: Value;
  readonly theirs: Value;
}

type Explains = (difference: Difference) => boolean;

const isText = ({ kind }: DataType): boolean => kind === 'utf8';
const isNumber = (type: DataType): boolean => isFloat(type) || isInteger(type) || type.kind === 'decimal';
const hasDay = ({ kind }: DataType): boolean => kind === 'date' || kind === 'timestamp';
const hasClock = ({ kind }: DataType): boolean => kind === 'time' || kind === 'timestamp';

/** DuckDB's text of floats in ours: `1e+20` is `1e20`, `1e-05` is `1e-5`. */
const inOurDigits = (text: Value): string =>
  String(text)
    .replaceAll(/(\d)e\+?(-?)0*(\d)/g, '$1e$2$3')
    .replaceAll(/-?\bnan\b/g, 'NaN');

/** Why results differ from DuckDB's, and where. */
const DIFFERENCES: readonly (readonly [reason: string, explains: Explains])[] = [
  [
    'a number with a fraction is cut off when it becomes an integer; DuckDB rounds, floats half to even, decimals away from zero',
    ({ from, to, value, ours }) => {
      if (!isInteger(to) || !(isFloat(from) || from.kind === 'decimal')) return false;
      const [unscaled, scale] = from.kind === 'decimal' ? [value as bigint, 10n ** BigInt(from.scale)] : [0n, 1n];
      const whole = isFloat(from) ? Math.trunc(value as number) : unscaled / scale;
      const hasFraction = isFloat(from) ? whole !== value : (whole as bigint) * scale !== unscaled;
      return hasFraction && BigInt(ours as bigint) === BigInt(whole);
    },
  ],
  [
    'a float64 beyond float32 is infinity, as IEEE 754 rounds; DuckDB refuses it',
    ({ from, to, value, ours, theirs }) =>
      from.kind === 'float64' && to.kind === 'float32' && theirs === null && ours === Math.fround(value as number),
  ],
  [
    'a float32 is scaled to a decimal as a float64, which keeps its digits; DuckDB scales it as a float32',
    ({ from, to, ours }) => from.kind === 'float32' && to.kind === 'decimal' && ours !== null,
  ],
  [
    'a float64 that has 38 digits is a decimal of 38 digits; DuckDB refuses those near its greatest',
    ({ from, to, value, ours, theirs }) =>
      from.kind === 'float64' && to.kind === 'decimal' && theirs === null && ours === BigInt(value as number),
  ],
  [
    'a bool that a decimal without digits before the point cannot hold is refused; DuckDB makes it 0.1',
    ({ from, to, ours }) => from.kind === 'bool' && to.kind === 'decimal' && to.precision === to.scale && ours === null,
  ],
  [
    'a large decimal is rounded to float32 once; DuckDB rounds it to float64 first',
    ({ from, to, value, ours }) =>
      from.kind === 'decimal' && to.kind === 'float32' && from.scale === 0 && Math.fround(Number(value)) !== ours,
  ],
  [
    'a decimal is a float by division; its last bit may differ where more than 53 bits are divided',
    ({ from, to, ours, theirs }) =>
      from.kind === 'decimal' && isFloat(to) && from.scale > 0 && Math.abs(1 - Number(ours) / Number(theirs)) < 1e-7,
  ],
  [
    'floats are written as 1e20, 1e-5, NaN',
    ({ to, ours, theirs }) => isText(to) && theirs !== ours && inOurDigits(theirs) === ours,
  ],
  [
    'a decimal has a digit before its point',
    ({ from, to, ours, theirs }) =>
      from.kind === 'decimal' && isText(to) && ours === String(theirs).replace(/^(-?)\./, '$10.'),
  ],
  [
    'an integer in text is a sign and digits; DuckDB takes fractions, exponents, 0x1F and 1_000',
    ({ from, to, value, ours }) =>
      isText(from) && isInteger(to) && ours === null && !/^\s*[+-]?\d+\s*$/.test(value as string),
  ],
  [
    'a number in text has one sign, and no underscores',
    ({ from, to, value, ours }) => isText(from) && isNumber(to) && ours === null && /_|\+-/.test(value as string),
  ],
  [
    'a decimal in text may have any exponent; DuckDB loses count of some',
    ({ from, to, value }) => isText(from) && to.kind === 'decimal' && /e-/i.test(value as string),
  ],
  [
    'spaces around a bool do not count',
    ({ from, to, value, ours, theirs }) =>
      isText(from) && to.kind === 'bool' && theirs === null && value !== (value as string).trim() && ours !== null,
  ],
  [
    'text and binary are each other in UTF-8, and bytes that are no UTF-8 are refused; DuckDB writes \\xFF',
    ({ from, to, ours }) =>
      (isText(from) && to.kind === 'binary') ||
      (isText(to) && hasBinary(from) && (ours === null || !String(ours).includes('\\x'))),
  ],
  [
    'a date in text is an ISO 8601 date; DuckDB takes 2020-1-2, 2020/01/02, infinity and epoch',
    ({ from, to, value, ours }) =>
      isText(from) &&
      (hasDay(to) || hasClock(to)) &&
      ours === null &&
      /^(?:-?inf.*|epoch|\d+-\d-\d|\d+\/.*)$/i.test(value as string),
  ],
  [
    'a time of day in text is one that exists, in two digits each; DuckDB lets go of what a date does not need, and takes 3:4:5 and offsets of 99 hours',
    ({ from, to, value, ours }) =>
      isText(from) &&
      (hasDay(to) || hasClock(to)) &&
      ours === null &&
      /(?: \d\d|:60|25:00:00|\+99|^3:4:5)$/.test(value as string),
  ],
  [
    'years beyond 9999 and before 0 are written as ISO 8601 does, +010000 and -000001, and read so too',
    ({ from, to, value, ours, theirs }) =>
      (isText(from) && (hasDay(to) || hasClock(to)) && theirs === null && /^[+-]\d{6}-/.test(value as string)) ||
      (isText(to) && /date|timestamp/.test(typeName(from)) && /(?:[+-]\d{6}|0000)-\d\d/.test(ours as string)),
  ],
  [
    'a time of day is below 24:00:00',
    ({ from, to, value, ours }) =>
      isText(from) && to.kind === 'time' && ours === null && /(?:^|[ T])24:00:00/.test(value as string),
  ],
  [
    'an offset does not count where the type has no zone; in DuckDB it does for nanoseconds',
    ({ from, to, value }) =>
      isText(from) &&
      to.kind === 'timestamp' &&
      to.timezone === null &&
      to.unit === 'ns' &&
      /[+-]\d\d:?(?:\d\d)?$/.test(value as string),
  ],
  [
    'what is finer than the unit is cut down; DuckDB rounds, or cuts towards 1970',
    ({ from, to, value, ours }) => {
      if (isText(from)) return to.kind === 'timestamp' && ours !== null && /\.\d+$/.test(value as string);
      if (from.kind !== 'timestamp' || typeof value !== 'bigint' || !(hasDay(to) || hasClock(to))) return false;
      const perUnit =
        TICKS_PER_SECOND[from.unit] /
        (to.kind === 'date' ? 1n : TICKS_PER_SECOND[to.kind === 'timestamp' || to.kind === 'time' ? to.unit : 's']);
      return value % (to.kind === 'date' ? TICKS_PER_SECOND[from.unit] : perUnit) !== 0n;
    },
  ],
  [
    'a number alone is no interval, nor are fractions of days; DuckDB takes numbers as seconds',
    ({ from, to, value, ours }) =>
      isText(from) && to.kind === 'interval' && ours === null && /^\s*[+-]?[\d.]+(?: days)?\s*$/.test(value as string),
  ],
  [
    'an interval has hours and minutes of two digits, and no offset',
    ({ from, to, value, ours }) =>
      isText(from) && to.kind === 'interval' && ours === null && /^3:4:5$|Z$/.test(value as string),
  ],
  [
    'ISO 8601 intervals are intervals, and nanoseconds are kept',
    ({ from, to, value, ours }) =>
      isText(from) && to.kind === 'interval' && ours !== null && /^P|\.\d{7}/.test(value as string),
  ],
  [
    'a list of a fixed size quotes its texts as other lists do',
    ({ from, to, ours, theirs }) =>
      storageType(from).kind === 'fixed-size-list' && isText(to) && String(ours).replaceAll("'", '') === theirs,
  ],
  [
    'a map has no null key: a key that its type cannot hold refuses the map, also where it is tried',
    ({ from, to, ours }) => from.kind === 'map' && to.kind === 'map' && ours === null,
  ],
  [
    'parts differ as they do by themselves',
    (difference) => {
      const parts = partsOf(difference);
      return parts?.every((part) => isDeepStrictEqual(part.ours, part.theirs) || explained(part)) ?? false;
    },
  ],
];

const hasBinary = (type: DataType): boolean =>
  type.kind === 'binary' || (isNested(type) && /binary|file/.test(typeName(type)));

const used = new Set<string>();

function explained(difference: Difference): boolean {
  const [reason] = DIFFERENCES.find(([, explains]) => explains(difference)) ?? [];
  if (reason !== undefined) used.add(reason);
  return reason !== undefined;
}

/** The differences of lists and structs, part by part; undefined where there are none to compare. */
function partsOf({ from, to, value, ours, theirs }: Difference): readonly Difference[] | undefined {
  if (!Array.isArray(value) || !Array.isArray(ours) || !Array.isArray(theirs)) return undefined;
  const [a, b] = [storageType(from), storageType(to)];
  const part = (x: DataType, y: DataType, one: Value, index: number): Difference[] =>
    one === null ? [] : [{ from: x, to: y, value: one, ours: ours[index] ?? null, theirs: theirs[index] ?? null }];
  if ('item' in a && 'item' in b) return value.flatMap((one, n) => part(a.item, b.item, one, n));
  if (a.kind === 'map' && b.kind === 'map') {
    const entry = (map: typeof a): DataType => ({
      kind: 'struct',
      fields: [field('k', map.key), field('v', map.value)],
    });
    return value.flatMap((one, n) => part(entry(a), entry(b), one, n));
  }
  if (a.kind !== 'struct' || b.kind !== 'struct') return undefined;
  return b.fields.flatMap(({ name, type }, index) => {
    const at = a.fields.findIndex((f) => f.name === name);
    return at < 0 ? [] : part(a.fields[at]!.type, type, value[at] ?? null, index);
  });
}

/** Pairs of kinds that only one of both casts between, with the reason. */
const OURS_ALONE: readonly (readonly [string, (from: DataType, to: DataType) => boolean])[] = [
  ['ticks of times are integers', (a, b) => (isInteger(a) && hasTicks(b)) || (hasTicks(a) && isInteger(b))],
  ['a timestamp with a zone shows a time of day', (a, b) => a.kind === 'timestamp' && b.kind === 'time'],
  ['DuckDB has no such cast of timestamps', (a, b) => a.kind === 'timestamp' && b.kind === 'timestamp'],
];
const THEIRS_ALONE: readonly (readonly [string, (from: DataType, to: DataType) => boolean])[] = [
  ['text is not parsed into lists, structs and maps', (a, b) => isText(a) && isNested(b)],
  ['a struct is no map', (a, b) => a.kind === 'struct' && b.kind === 'map'],
  ['DuckDB looks at no item before it has looked at the sizes', (a, b) => 'item' in a && 'item' in b],
];
const hasTicks = (type: DataType): boolean => hasDay(type) || hasClock(type);

/** Whether DuckDB has the type, and not one that only holds the same values. */
function isDuckType(type: DataType): boolean {
  if (type.kind === 'timestamp') return type.timezone === null || type.timezone === 'UTC';
  if (type.kind === 'time') return type.unit === 'us';
  return !['float16', 'fixed-size-binary', 'duration', 'tensor', 'file'].includes(type.kind);
}

/** Whether DuckDB has the value: it takes the outermost dates and timestamps for infinity, and has fewer of the latter. */
function isDuckValue(type: DataType, value: Value): boolean {
  if (value === null) return true;
  if (type.kind === 'date') return Math.abs(Number(value)) < 2 ** 31 - 2;
  if (type.kind === 'timestamp') {
    const microseconds = ((value as bigint) * 1_000_000n) / TICKS_PER_SECOND[type.unit];
    return (
      microseconds > -(2n ** 62n) && microseconds < 2n ** 62n && value !== 2n ** 63n - 1n && value !== -(2n ** 63n)
    );
  }
  if (type.kind === 'struct')
    return type.fields.every((f, n) => isDuckValue(f.type, (value as readonly Value[])[n] ?? null));
  return !(isBytes(type) && typeof value === 'string' && value.includes('\u0000'));
}

const TYPES = [...FLAT, ...NESTED].filter(isDuckType);

/** Results of `try_cast`; undefined where there is no such cast. */
async function duckCasts(
  from: DataType,
  to: DataType,
  samples: readonly NonNullable<Value>[],
): Promise<readonly Value[] | undefined> {
  const table = { schema: { fields: [field('c', from)] }, rows: samples.map((value) => [value]) };
  try {
    await duckRows(table, `select cast(c as ${sqlType(to)}) from t`);
  } catch (error) {
    if (/Unimplemented type for cast|at least one matching member|cast with different/.test(String(error)))
      return undefined;
    if (!/Conversion Error|Out of Range|Could not|Invalid Input/.test(String(error))) throw error;
  }
  const sql = `select try_cast(c as ${sqlType(to)}) from t`;
  try {
    return (await query(sql)).map(([value = null]) => value);
  } catch {
    // Some values it cannot even try.
    const results: Value[] = [];
    for (const row of table.rows) {
      const [[value = null] = []] = await duckRows({ ...table, rows: [row] }, sql).catch(() => [[null]]);
      results.push(value);
    }
    return results;
  }
}

describe.each(TYPES.map((from) => ({ from, name: typeName(from) })))('$name', ({ from }) => {
  const samples = samplesOf(from).filter((value) => isDuckValue(from, value));

  test('is cast as DuckDB casts it, but for what is intended', async () => {
    const surprises: string[] = [];
    for (const to of TYPES) {
      if (to === from) continue;
      const cast = castBetween(from, to, true);
      const theirs = await duckCasts(from, to, samples);
      const pair = `${typeName(from)} to ${typeName(to)}`;
      if (cast === undefined || theirs === undefined) {
        const known = cast === undefined ? THEIRS_ALONE : OURS_ALONE;
        const isKnown = cast === theirs || known.some(([, has]) => has(from, to));
        if (!isKnown) surprises.push(`${pair}: only ${cast === undefined ? 'theirs' : 'ours'}`);
        continue;
      }
      for (const [index, value] of samples.entries()) {
        const difference = { from, to, value, ours: cast.convert(value) ?? null, theirs: theirs[index] ?? null };
        if (!isDeepStrictEqual(difference.ours, difference.theirs) && !explained(difference)) {
          surprises.push(
            `${pair}: ${inspect(value)} is ${inspect(difference.ours)}, theirs ${inspect(difference.theirs)}`,
          );
        }
      }
    }
    expect(surprises).toEqual([]);
  });
});

test('every intended difference is one', () => {
  expect(DIFFERENCES.map(([reason]) => reason).filter((reason) => !used.has(reason))).toEqual([]);
});
