import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidPlan, InvalidValue } from '../../../src/errors.ts';
import { query } from '../../support/duckdb.ts';
import { called, disagreements } from './texts.ts';

/** Texts of each format, and others that are nearly of it. */
const BY_FORMAT: [format: string, ...texts: Value[]][] = [
  [
    '%Y-%m-%d',
    '2024-05-15',
    ' 2024-5-1 ',
    '2024-02-29',
    '2023-02-29',
    '1900-02-29',
    '2000-02-29',
    '0000-01-01',
    null,
    '',
  ],
  [
    '%Y-%m-%d',
    '9999-12-31',
    '12024-01-01',
    '-44-01-01',
    '2024-00-01',
    '2024-13-01',
    '2024-01-32',
    '2024-01-01x',
    '24-1-1',
  ],
  ['%Y%m%d', '20240515', '2024515', '202405'],
  ['%d.%m.%y', '15.05.68', '15.05.69', '1.1.0', '1.1.100'],
  ['%Y %m', '2024 05', '2024   05', '202405', '2024\t05'],
  ['%Y-%m-%d %H:%M:%S', '2024-05-15 23:59:59', '2024-05-15 24:00:00', '2024-05-15 1:2:3', '2024-05-15T01:02:03'],
  ['%Y-%m-%d %H:%M:%S', '1969-12-31 23:59:59', '2024-05-15 23:60:59', '2024-05-15 23:59:60', '2024-05-15'],
  ['%I:%M %p', '12:00 AM', '12:00 pm', '01:30 Pm', '13:00 PM', '0:10 AM', '1:10'],
  ['%H %p', '3 PM', '0 PM', '13 PM', '12 AM'],
  ['%S.%f', '1.5', '1.000001', '1.123456', '1.1234567', '1.'],
  ['%S.%g', '1.5', '1.123', '1.1234'],
  ['%S.%n', '1.5', '1.123456789', '1.1234567890'],
  ['%a, %d %b %Y', 'Wed, 15 May 2024', 'wed, 15 MAY 2024', 'Thu, 15 May 2024', 'Wex, 15 May 2024', 'Wed, 15 Mai 2024'],
  ['%A %d %B %Y', 'Wednesday 15 May 2024', 'Sunday 1 September 2024', 'Someday 1 September 2024'],
  ['%Y-%j', '2024-001', '2024-60', '2024-366', '2023-365', '2024-000', '2024-367'],
  ['%G-W%V-%u', '2024-W01-1', '2024-W05-3', '2020-W53-7', '2021-W01-1', '2024-W54-1'],
  ['%Y %U %w', '2024 00 1', '2024 01 0', '2024 20 6', '2023 52 0', '2024 54 0'],
  ['%Y %W %w', '2024 01 1', '2024 01 3', '2023 00 0', '2023 10 0', '2023 10 6'],
  ['%Y %U', '2024 01'],
  ['%m/%d/%Y %%', '5/15/2024 %', '5/15/2024'],
  ['%x', '2024-05-15'],
  ['%X', '01:02:03'],
  ['%c', '2024-05-15 01:02:03'],
  ['é%d😀', 'é5😀', 'e5😀'],
  ['%Y-%m-%d %z', '2024-05-15 +02', '2024-05-15 +02:30', '2024-05-15 -0230', '2024-05-15 +01:02:03', '2024-05-15 +1'],
  ['%Y-%m-%d %H:%M %Z', '2024-05-15 12:00 UTC', '2024-05-15 12:00 Europe/Berlin', '2024-01-15 12:00 america/new_york'],
  [
    '%Y-%m-%d %H:%M %Z',
    '2024-03-31 02:30 Europe/Berlin',
    '2024-10-27 02:30 Europe/Berlin',
    '1850-01-01 00:00 Asia/Kolkata',
  ],
];

describe('texts are read as DuckDB reads them', () => {
  test.each<[format: string, ...texts: Value[]]>(BY_FORMAT)('%s', async (format, ...texts) => {
    const sql = `try_strptime(a, '${format}')`;
    expect(await disagreements('try_to_datetime', [texts], sql, format), format).toEqual([]);
    if (!/%[zZHMISfgncX]/.test(format)) {
      expect(await disagreements('try_to_date', [texts], `${sql}::date`, format), format).toEqual([]);
    }
  });
});

test('what DuckDB writes by a format is read by it', async () => {
  const seconds = fc.sample(fc.integer({ min: -62_000_000_000, max: 250_000_000_000 }), { numRuns: 40, seed: 7 });
  const formats = [
    '%Y-%m-%d %H:%M:%S.%f',
    '%A, %-d %B %Y %I:%M:%S %p',
    '%j %Y %H%M%S',
    '%a %b %d %X %Y',
    '%G %V %u %T',
  ];
  for (const format of formats) {
    const values = seconds.map((second) => `(make_timestamp(${second}000000))`).join();
    const written = await query(`select strftime(t, '${format}'), t from (values ${values}) as rows(t)`);
    for (const [text, micros] of written) expect(called('to_datetime', String(text), format), `${text}`).toBe(micros);
  }
});

describe('corners', () => {
  const utc = (text: string): bigint => BigInt(Date.parse(text)) * 1_000n;
  test.each<[given: readonly string[], result: Value]>([
    [['2024-05-15 12:00', '%F %R', 'Europe/Berlin'], utc('2024-05-15T10:00Z')],
    [['2024-05-15 12:00 +00:00', '%F %R %:z', 'Europe/Berlin'], utc('2024-05-15T12:00Z')],
    [['2024-05-15T12:00:00Z', '%FT%T%z'], utc('2024-05-15T12:00Z')],
    [['2024-03-31 02:30', '%F %R', 'Europe/Berlin'], utc('2024-03-31T01:30Z')],
    [['2024-10-27 02:30', '%F %R', 'Europe/Berlin'], utc('2024-10-27T01:30Z')],
    [['05/15/24', '%D'], utc('2024-05-15T00:00Z')],
    [['1715774400', '%s'], utc('2024-05-15T12:00Z')],
    [['-1', '%s', 'Europe/Berlin'], -1_000_000n],
    [['1.25', '%S%.f', 'UTC'], utc('1900-01-01T00:00:01.250Z')],
    [['1.250', '%S%.3f'], utc('1900-01-01T00:00:01.250Z') / 1_000n],
    [['2024 1250', '%Y %3f0'], utc('2024-01-01T00:00:00.125Z') / 1_000n],
    [['2024-01-01 .000000001', '%F %.9f'], utc('2024-01-01T00:00Z') * 1_000n + 1n],
    [['May 2024', '%B %Y'], utc('2024-05-01T00:00Z')],
    [['May  5 2024', '%b %e %Y'], utc('2024-05-05T00:00Z')],
    [['2024 7', '%Y %-m'], utc('2024-07-01T00:00Z')],
  ])('%j', (given, result) => {
    expect(called('to_datetime', ...given)).toEqual(result);
  });

  test.each([
    ['2023-02-29', '%Y-%m-%d'],
    ['2023-366', '%Y-%j'],
    ['2024-W53-1', '%G-W%V-%u'],
    ['2024-01-01 Nowhere/Else', '%F %Z'],
    ['2300-01-01 1', '%F %n'],
  ])('%s is no time of %s', (text, format) => {
    const error = called('to_datetime', text, format);
    expect(error).toBeInstanceOf(InvalidValue);
    expect((error as Error).message).toContain(`'${text}' is no time of the format '${format}'`);
    expect(called('try_to_datetime', text, format)).toBeNull();
  });

  test.each<[name: string, given: readonly string[], message: string]>([
    ['to_date', ['a', ''], 'the format is empty'],
    ['to_date', ['a', '%Q'], '%Q is no directive'],
    ['to_datetime', ['a', '%Y%'], '% is no directive'],
    ['to_datetime', ['a', '%Y', 'Europe/Nowhere'], "There is no time zone 'Europe/Nowhere'"],
  ])('%s of %j is refused when it is bound', (name, given, message) => {
    const error = called(name, ...given);
    expect(error).toBeInstanceOf(InvalidPlan);
    expect((error as Error).message).toContain(message);
  });
});

test('a date is read by formats of a column', async () => {
  const texts = ['2024-05-15', '15.05.2024', 'x'];
  const formats = ['%Y-%m-%d', '%d.%m.%Y'];
  expect(
    await disagreements('try_to_date', [texts, formats], "try_strptime(a, ['%Y-%m-%d', '%d.%m.%Y'])::date"),
  ).toEqual(
    // Only by the format beside it, where DuckDB tries both.
    [
      { row: ['15.05.2024', '%Y-%m-%d'], ours: null, theirs: 19_858 },
      { row: ['2024-05-15', '%d.%m.%Y'], ours: null, theirs: 19_858 },
    ].toSorted((a, b) => Number((a.row[1] ?? '') > (b.row[1] ?? '')) * 2 - 1),
  );
});
