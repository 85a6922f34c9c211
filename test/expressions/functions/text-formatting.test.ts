/** Places of formats are written as DuckDB writes them; what it refuses, or we do, is said when a plan is bound. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DataType, decimal, float64, int64, utf8 } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import type { JsonValue } from '../../../src/expressions/literal.ts';
import { call, col, lit, problemsOf, shown } from './calls.ts';
import { compared } from './duckdb-agreement.ts';

/** But for the width of what is no number, which DuckDB fills up behind it, with zeros too. */
async function agrees(type: DataType, all: readonly Value[], name: string, format: string): Promise<void> {
  const values = /:[^.]*\d|%0?\d/.test(format)
    ? all.filter((value) => type !== float64 || Number.isFinite(value))
    : all;
  const found = await compared({
    types: [type],
    rows: [[null], ...values.map((value) => [value])],
    call: call(name, lit(utf8, format), col('a')),
    sql: `${name}('${format.replaceAll("'", "''")}', a)`,
  });
  expect(
    found.filter(({ ours, theirs }) => ours !== theirs),
    format,
  ).toEqual([]);
}

const WHOLES = [0n, 1n, -1n, 42n, -42n, 999n, 1000n, -1234567n, 2n ** 63n - 1n, -(2n ** 63n)];
const FLOATS = [
  ...[0, -0, 1, -1.5, 0.5, 1.5, 2.5, 0.125, 0.375, 1e-7, 0.0001, 0.00001234, 123456, 1234567, 999999.5, 9.9999999],
  ...[1e15, 1e16, 1e20, 1e21, 1e22, 5e-324, 0.1, 2 / 3, 1234.5678],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
];
const TEXTS = ['', 'a', 'abc', 'a longer text', '{}', '%s'];

describe('as DuckDB', () => {
  test.each([
    '{}',
    '{:d}',
    '{:8}',
    '{:<8d}|',
    '{:^9d}',
    '{:*>12}',
    '{:+d}',
    '{: d}',
    '{:012d}',
    '{:,}',
    '{:,d}',
    '{:_d}',
  ])('format writes integers by %s', (format) => agrees(int64, WHOLES, 'format', format));
  test.each(['{:x}', '{:X}', '{:o}', '{:b}', '{:08x}', "{:'d}", '{{{:d}}}'])('format writes integers by %s', (format) =>
    agrees(int64, WHOLES, 'format', format),
  );
  test.each(['{:f}', '{:.0f}', '{:.2f}', '{:12.3f}', '{:+.1f}', '{:,.2f}', '{:010.2f}', '{:e}', '{:.0e}', '{:.3E}'])(
    'format writes floats by %s',
    (format) => agrees(float64, FLOATS, 'format', format),
  );
  test.each(['{:g}', '{:G}', '{:.3g}', '{:.10g}', '{:<12.4g}|', '{:.17g}'])('format writes floats by %s', (format) =>
    agrees(float64, FLOATS, 'format', format),
  );
  test.each(['{:s}', '{:5}', '{:>5s}', '{:.2}', '{:-^9.3s}', '{0} {0}', '{{{}}}'])(
    'format writes texts by %s',
    (format) => agrees(utf8, TEXTS, 'format', format),
  );
  test.each(['%d', '%i', '%5d', '%-5d|', '%+d', '% d', '%05d', '%x', '%X', '%o', '%,d', '%lld', '%d%%'])(
    'printf writes integers by %s',
    (format) => agrees(int64, WHOLES, 'printf', format),
  );
  test.each(['%f', '%.2f', '%8.3f', '%e', '%.3E', '%g', '%G', '%,.2f', '%+.1f', '%010.2f', '%-10.1f|'])(
    'printf writes floats by %s',
    (format) => agrees(float64, FLOATS, 'printf', format),
  );
  test.each(['%s', '%5s', '%-5s|', '%.2s', '<%8.3s>'])('printf writes texts by %s', (format) =>
    agrees(utf8, TEXTS, 'printf', format),
  );
  test.each(['{:.3f}', '{:.1f}', '{:e}'])('decimals by %s', (format) =>
    agrees(decimal(12, 3), [0n, 1n, -1500n, 2500n, 123_456_789_125n], 'format', format),
  );
});

test('floats are written as JavaScript rounds them, but for what is halfway', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(finite, fc.nat({ max: 20 }), (value, digits) => {
      const halfway = (text: string): boolean => /^50*$/.test(text);
      const exact = Math.abs(value).toExponential(100).split('e')[0]?.replace('.', '') ?? '';
      if (halfway(exact.slice(digits + 1))) return;
      const [, ours = ''] =
        /^utf8: "(.*)"$/.exec(shown(call('printf', lit(utf8, `%.${digits}e`), lit(float64, value)))) ?? [];
      const [mantissa = '', power = ''] = ours.split('e');
      const text = Object.is(value, -0) ? `-${(0).toExponential(digits)}` : value.toExponential(digits);
      expect(`${mantissa}e${Number(power) < 0 ? '' : '+'}${Number(power)}`).toBe(text);
    }),
  );
});

describe('what cannot be is said when a plan is bound', () => {
  const said = (name: string, format: string, type: DataType): string =>
    problemsOf([type], call(name, lit(utf8, format), col('a'))).join(' ');

  test.each<[name: string, format: string, type: DataType, message: string]>([
    ['format', '{:d}', float64, 'd is for integers, and this is float64'],
    ['format', '{:x}', utf8, 'x is for integers, and this is utf8'],
    ['format', '{:.2f}', utf8, 'f is for numbers, and this is utf8'],
    ['format', '{:05}', utf8, 'has no sign, no zeros'],
    ['format', '{:.2d}', int64, 'integers have no precision'],
    ['format', '{:.2}', float64, 'says how: f, e or g'],
    ['format', '{:,e}', float64, 'only the digits of d and f are grouped'],
    ['format', '{:#x}', int64, "':#x' is no specification of a place"],
    ['format', '{:c}', int64, "':c' is no specification of a place"],
    ['format', '{:99999}', int64, 'at most 1000'],
    ['format', '{} {}', int64, 'asks for argument 1'],
    ['format', '{:{}}', int64, 'lone'],
    ['format', '{0} {}', int64, 'both {} and numbered places'],
    ['printf', '%d', float64, 'd is for integers, and this is float64'],
    ['printf', '%', int64, "'%' is no place"],
    ['printf', '%*d', int64, "'%' is no place"],
    ['printf', '%2$s', int64, "'%2' is no place"],
    ['printf', '%c', int64, "'%c' is no place"],
    ['printf', '%d %d', int64, 'asks for argument 1'],
  ])('%s %s of %j', (name, format, type, message) => {
    expect(said(name, format, type)).toContain(message);
  });
});

test.each<[name: string, format: string, type: DataType, value: JsonValue, text: string]>([
  ['format', '{:é>5}', utf8, '😀', 'éééé😀'],
  ['format', '{:.1}', utf8, '😀a', '😀'],
  ['printf', '%s', int64, '5', '5'],
  ['printf', '%.1f', int64, '5', '5.0'],
  ['format', '{}', decimal(4, 2), '1.50', '1.50'],
  ['format', '{:>6}', { kind: 'date' }, '2024-01-02', '2024-01-02'],
  ['format', '{:x}', int64, '-255', '-ff'],
])('%s %s of %j %j', (name, format, type, value, text) => {
  expect(shown(call(name, lit(utf8, format), lit(type, value)))).toBe(`utf8: ${JSON.stringify(text)}`);
});
