import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../../src/errors.ts';
import { jsonText, MAX_DEPTH, parseJson, tryParseJson } from '../../../src/expressions/json/json-text.ts';
import {
  isArray,
  isNumber,
  isObject,
  type Json,
  numberOf,
  orderOfJson,
} from '../../../src/expressions/json/json-value.ts';

/** As JSON.parse gives it. */
function plain(value: Json): unknown {
  if (isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries(Array.from(value, ([key, member]) => [key, plain(member)]));
  return isNumber(value) ? numberOf(value) : value;
}

describe('texts are read and written', () => {
  test('as JSON.parse and JSON.stringify do, for values of any form', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const read = parseJson(text);
        expect(plain(read)).toEqual(JSON.parse(text));
        expect(JSON.parse(jsonText(read))).toEqual(JSON.parse(text));
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  test('as JSON.parse does where characters are changed, dropped or doubled', () => {
    const signs = [...'[]{}",:0123456789-+.eEtrufalsn\\/ \n\u0001'];
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', ...signs),
        fc.nat(2),
        (value, at, sign, width) => {
          const text = JSON.stringify(value);
          const from = at % (text.length + 1);
          const broken = text.slice(0, from) + sign + text.slice(from + width);
          let expected: unknown;
          try {
            expected = JSON.parse(broken.toWellFormed());
          } catch {
            expected = undefined;
          }
          const read = tryParseJson(broken.toWellFormed());
          const ours = read === undefined ? undefined : plain(read);
          expect(ours, broken).toEqual(expected);
        },
      ),
      { numRuns: 2_000, seed: 12 },
    );
  });

  test.each([
    '',
    ' ',
    'nul',
    'nullx',
    '01',
    '-',
    '1.',
    '.5',
    '+1',
    '1e',
    "'a'",
    '"a',
    '"\n"',
    '"\\x"',
    '"\\u12"',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    '[1 2]',
    '1 2',
    '\uFEFF1',
    'NaN',
    '// c\n1',
  ])('%j is none', (text) => {
    expect(tryParseJson(text)).toBeUndefined();
    expect(() => parseJson(text)).toThrow(/no JSON/);
  });

  test('halves of surrogate pairs become what stands for them', () => {
    expect(parseJson('"\\ud800a\\ud83d\\ude00"')).toBe('\uFFFDa\u{1F600}');
    expect(jsonText(parseJson('{"\\udc00":1}'))).toBe('{"\uFFFD":1}');
  });

  test.each([
    '0',
    '-0',
    '10',
    '1.0',
    '0.10',
    '1E5',
    '1e+5',
    '123456789012345',
    '1234567890123456',
    '99999999999999999999',
    '-5',
    '1e400',
  ])('the digits of %s are kept', (text) => {
    expect(jsonText(parseJson(text))).toBe(text);
    expect(numberOf(parseJson(text) as number)).toBe(Number(text));
  });
});

describe('texts that would take too much are refused, not taken for none', () => {
  test.each([
    ['nested too deeply', `${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}`],
    ['nested far too deeply', '['.repeat(1_000_000)],
    ['of objects in each other', '{"a":'.repeat(500_000)],
    ['of too many values', `[${'1,'.repeat(1 << 20)}1]`],
    ['of too many objects', `[${'{},'.repeat(1 << 17)}{}]`],
    ['too long', `"${'x'.repeat(1 << 23)}"`],
  ])('%s', (_, text) => {
    expect(() => tryParseJson(text)).toThrow(InvalidValue);
  });

  test('as deep as allowed is read and written', () => {
    const text = `${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}`;
    expect(jsonText(parseJson(text))).toBe(text);
  });
});

test('numbers are ordered by their value, whatever their digits', () => {
  const numbers = [
    '-1e400',
    '-10',
    '-1.5',
    '-1.05',
    '-0',
    '0.0',
    '1e-400',
    '0.1',
    '0.10000000000000000001',
    '1',
    '1.0',
    '2',
    '10',
    '9007199254740992',
    '9007199254740993',
    '1e400',
    '2e400',
    '1e401',
  ];
  const equal = new Set(['-0 0.0', '0.0 -0', '1 1.0', '1.0 1']);
  for (const [i, a] of numbers.entries()) {
    for (const [j, b] of numbers.entries()) {
      const expected = equal.has(`${a} ${b}`) ? 0 : Math.sign(i - j);
      expect(Math.sign(orderOfJson(parseJson(a), parseJson(b))), `${a} and ${b}`).toBe(expected);
    }
  }
});
