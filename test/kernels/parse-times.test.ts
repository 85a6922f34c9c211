import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { query } from '../support/duckdb.ts';
import { sqlRows } from './text-columns.ts';
import { cast, columnOf, digits, expectAsCast, of, parsed, timestampOf } from './text-reading.ts';

const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'));
const twoTo = (most: number): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0')) }, two);
const dateText = fc
  .tuple(
    fc
      .oneof(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1890, max: 2110 }), fc.constantFrom(1677, 2262))
      .map((year) => String(year).padStart(4, '0')),
    twoTo(13),
    twoTo(32),
  )
  .map((parts) => parts.join('-'));

describe('dates', () => {
  test('are read as a cast reads them', () => {
    fc.assert(fc.property(columnOf(dateText), (texts) => expectAsCast(of('date'), texts)));
  });

  test('are all days of 10,000 years, and no others', () => {
    const last = Date.UTC(9999, 11, 31) / 86_400_000;
    const first = new Date(0).setUTCFullYear(0, 0, 1) / 86_400_000;
    const days = Array.from({ length: Math.floor((last - first) / 37) + 1 }, (_, at) => first + at * 37);
    days.push(last);
    const texts = days.map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
    expect(parsed(of('date'), texts)).toEqual(days);
    const wrong = [
      '2023-02-29',
      '1900-02-29',
      '2024-02-30',
      '2024-00-10',
      '2024-13-01',
      '2024-04-31',
      '2024-01-00',
      '2024-1-01',
      '20240101',
      '2024/01/01',
      '2024-01-1x',
      'x024-01-01',
      '2024-01-01x',
      '',
    ];
    expect(parsed(of('date'), wrong)).toEqual(wrong.map(() => undefined));
    expect(parsed(of('date'), ['2000-02-29', ' 2024-02-29\n', '0000-02-29'])).toEqual([
      11_016,
      19_782,
      expect.any(Number),
    ]);
  });
});

const clock = fc
  .tuple(twoTo(24), twoTo(60), fc.option(fc.tuple(twoTo(60), fc.option(digits(12)))))
  .map(
    ([hour, minute, second]) =>
      `${hour}:${minute}${second === null ? '' : `:${second[0]}${second[1] === null ? '' : `.${second[1]}`}`}`,
  );
const offset = fc.oneof(
  fc.constantFrom('', '', 'Z', 'z', ' UTC', '+', '+1'),
  fc
    .tuple(fc.constantFrom('+', '-', ' +'), twoTo(24), fc.constantFrom('', ':'), fc.oneof(fc.constant(''), twoTo(60)))
    .map((all) => all.join('')),
);
const momentText = fc
  .tuple(dateText, fc.option(fc.tuple(fc.constantFrom('T', ' ', 't', '  '), clock, offset)))
  .map(([day, rest]) => day + (rest ?? []).join(''));

describe.each(['s', 'ms', 'us', 'ns'] as const)('timestamps in %s', (unit) => {
  test('are read as a cast reads them, without zone, with UTC and in another zone', () => {
    fc.assert(
      fc.property(columnOf(momentText), (texts) => {
        expectAsCast(timestampOf(unit), texts, 'none');
        expectAsCast(timestampOf(unit, 'UTC'), texts, 'utc');
        expectAsCast(timestampOf(unit, 'Europe/Berlin'), texts, 'other');
      }),
      { numRuns: 60 },
    );
  });

  const texts = [
    '2001-02-03',
    '2001-02-03 04:05',
    '2001-02-03T04:05:06',
    '1969-12-31 23:59:59.999999999',
    '2001-02-03 04:05:06.1234567891',
  ];
  const zoned = [
    '2001-02-03 04:05Z',
    '2001-02-03 04:05:06.5+01',
    '2001-02-03 04:05:06-03:30',
    '1970-01-01T00:00:00+0545',
  ];

  test('are read here where the form is one of the frequent ones', () => {
    expect(parsed(timestampOf(unit), [...texts, ...zoned])).toEqual(cast(timestampOf(unit), [...texts, ...zoned]));
    expect(parsed(timestampOf(unit, 'UTC'), [...texts, ...zoned], 'utc')).toEqual(
      cast(timestampOf(unit, 'UTC'), [...texts, ...zoned]),
    );
    const berlin = timestampOf(unit, 'Europe/Berlin');
    expect(parsed(berlin, zoned, 'other')).toEqual(cast(berlin, zoned));
    expect(parsed(berlin, texts, 'other')).toEqual(texts.map(() => undefined));
  });

  test('that a clock does not show, or that are no such text, have failed', () => {
    const wrong = [
      '2001-02-03 24:01',
      '2001-02-03 00:60',
      '2001-02-03 00:00:60',
      '2001-02-03 00:00:00.',
      '2001-02-03 1:00',
      '2001-02-30 00:00',
      '2001-02-03 ',
      '2001-02-03T',
      '2001-02-03 00:00:0',
      '2001-02-03 00:00+24',
      '2001-02-03 00:00+01:60',
      '2001-02-03 00:00ZZ',
      '2001-02-03x00:00',
      '2001-02-03 00:00+1:30',
    ];
    expect(
      parsed(
        timestampOf(unit),
        wrong.map((text) => `${text}`),
      ),
    ).toEqual(wrong.map((text) => (text === '2001-02-03 ' ? expect.any(BigInt) : undefined)));
  });
});

test('timestamps in nanoseconds end in the years 1677 and 2262', () => {
  const texts = [
    '1677-09-21 00:12:44',
    '1677-09-21 00:12:43',
    '2262-04-11 23:47:15.999999999',
    '2262-04-11 23:47:16',
    '9999-12-31',
  ];
  const actual = parsed(timestampOf('ns'), texts);
  expect(actual.map((value) => value !== undefined)).toEqual([true, false, true, false, false]);
  expectAsCast(timestampOf('ns'), texts);
});

test('timestamps in microseconds are those of DuckDB', async () => {
  const texts = [
    '2001-02-03',
    '2001-02-03 04:05:06.1234567',
    '0001-01-01 00:00:00',
    '9999-12-31 23:59:59.999999',
    '2001-02-03T04:05:06+02',
    '2001-13-03',
  ];
  const rows = await query(`select try_cast(v as timestamp) from (values ${sqlRows(texts)}) t(r, v) order by r`);
  expect(parsed(timestampOf('us'), texts)).toEqual(rows.flat().map((value) => value ?? undefined));
});
