import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileLike, type LikeOptions, matchLike } from '../../src/kernels/like-kernels.ts';
import { textCaseKernels } from '../../src/kernels/text-case-kernels.ts';
import { query } from '../support/duckdb.ts';
import { columnsOf, dirtyBits, readBits, sqlRows, texts, withHolding, writeBytes, writeTexts } from './text-columns.ts';

function like(values: readonly (string | Uint8Array)[], pattern: string, options?: LikeOptions): boolean[] {
  return withHolding((holding) => {
    const program = compileLike(pattern, options)!;
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const out = dirtyBits(holding, rows);
    matchLike(holding.linear, program, writeBytes(holding, program.bytes), offsets, bytes, rows, out);
    return readBits(holding, out, rows);
  });
}

/** By the letter of SQL, as a regular expression that goes back as often as it takes. */
function expected(values: readonly string[], pattern: string): boolean[] {
  const parts = Array.from(pattern, (character) =>
    character === '%' ? '.*' : character === '_' ? '.' : character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  );
  const expression = new RegExp(`^${parts.join('')}$`, 'su');
  return values.map((value) => expression.test(value));
}

const patterns: fc.Arbitrary<string> = fc
  .array(fc.constantFrom('a', 'b', 'é', '😀', '%', '%', '_', 'ab', 'bab'), { maxLength: 9 })
  .map((parts) => parts.join(''));

describe('like', () => {
  test('matches what a regular expression matches', () => {
    fc.assert(
      fc.property(columnsOf(texts(['a', 'b', 'é', '😀'])), patterns, (values, pattern) => {
        expect(like(values, pattern)).toEqual(expected(values, pattern));
      }),
      { numRuns: 300 },
    );
  });

  test('matches texts that the pattern was made from', () => {
    const pieces = fc.array(fc.tuple(fc.constantFrom('%', '_', 'x'), texts()), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, texts(), (parts, other) => {
        const pattern = parts.map(([kind, text]) => (kind === 'x' ? text.replaceAll(/[%_]/g, '\\$&') : kind)).join('');
        const text = parts.map(([kind, piece]) => (kind === '_' ? (Array.from(piece)[0] ?? 'q') : piece)).join('');
        expect(like([text, other, text], pattern, { escape: '\\' })).toEqual([true, expect.any(Boolean), true]);
      }),
      { numRuns: 300 },
    );
  });

  const traps = [
    '',
    'a',
    'ab',
    'abab',
    'aXbXab',
    'ababab',
    'é',
    'éa',
    '😀',
    'a😀b',
    'a%b',
    'a_b',
    'ABAB',
    `${'ab'.repeat(40)}c`,
  ];
  test.each([
    '',
    '%',
    '_',
    '__',
    '%_%',
    '_%_',
    'a%',
    '%b',
    '%ba%',
    'ab',
    'a%ab',
    '%a%b%',
    'a_b',
    '%a_b%',
    '_ab%',
    '%ab_',
    '%_b%c',
    'ab%ab',
    '%aba%bab%',
    '%😀%',
    '%ababab%ababab%',
    '%abab_ba%',
  ])('of %j is that of DuckDB', async (pattern) => {
    const rows = await query(`select v like '${pattern}' from (values ${sqlRows(traps)}) t(r, v) order by r`);
    expect(like(traps, pattern)).toEqual(rows.flat());
  });

  test.each([
    ['a$%b', ['a%b', 'axb', 'a$b'], [true, false, false]],
    ['$_%', ['_x', 'xx', '$_'], [true, false, false]],
    ['a$$', ['a$', 'a$$'], [true, false]],
    ['%$%$_%', ['1%_2', '%x_', '%_'], [true, false, true]],
    ['$a$b', ['ab', '$a$b'], [true, false]],
  ])('with $ as escape, %j', async (pattern, values, answers) => {
    const rows = await query(
      `select v like '${pattern}' escape '$' from (values ${sqlRows(values)}) t(r, v) order by r`,
    );
    expect(rows.flat()).toEqual(answers);
    expect(like(values, pattern, { escape: '$' })).toEqual(answers);
  });

  test('has no program for a pattern that ends with its escape', () => {
    expect(compileLike('a$', { escape: '$' })).toBeUndefined();
    expect(compileLike('a$$', { escape: '$' })).toBeDefined();
  });

  test('of patterns that need no program finds that out', () => {
    const kinds = ['%', '%%', 'ab', '', 'ab%%', '%ab', '%ab%', 'a_', 'a%b', '%a%b'].map(
      (text) => compileLike(text)?.kind,
    );
    expect(kinds).toEqual([
      'everything',
      'everything',
      'equals',
      'equals',
      'startsWith',
      'endsWith',
      'contains',
      'general',
      'general',
      'general',
    ]);
  });

  test('goes on to the next place where what follows the first does not fit', () => {
    expect(like(['aabaabb', 'aabaab', 'aaaaabb'], '%a_bb%')).toEqual([true, false, true]);
    expect(like(['xab1ab2ab3cd'], '%ab_c%')).toEqual([true]);
  });

  test('counts characters, not bytes, however many there are', () => {
    const twenty = '_'.repeat(20);
    const values = ['é'.repeat(20), '😀'.repeat(21), `${'aé€😀'.repeat(5)}a`, 'a'.repeat(19), 'a'.repeat(21)];
    expect(like(values, twenty)).toEqual([true, false, false, false, false]);
    expect(like(values, `${twenty}a`)).toEqual([false, false, true, false, true]);
    expect(like(values, `%${twenty}`)).toEqual([true, true, true, false, true]);
    expect(like(values, `%a${twenty}%`)).toEqual([false, false, true, false, true]);
    for (let count = 1; count < 70; count++) {
      const long = Array.from({ length: count }, (_, at) => ['a', 'é', '€', '😀'][(at + count) % 4]).join('');
      expect(like([long, `${long}b`, long.slice(2)], '_'.repeat(count))).toEqual([true, false, false]);
      const short = 'x'.repeat(count);
      const behind = [`${short}b${'x'.repeat(30)}`, `${short}xb${'x'.repeat(30)}`];
      expect(like(behind, `${'_'.repeat(count)}b%`)).toEqual([true, false]);
    }
  });

  test('does not look for a match across rows', () => {
    expect(like(['ab', 'c', '', 'abc'], '%abc%')).toEqual([false, false, false, true]);
    expect(like(['xab', 'cdx', 'abcd'], '%ab%cd%')).toEqual([false, false, true]);
  });

  test('of no rows writes nothing', () => {
    for (const pattern of ['%', 'a', '%a%', '%abc%_']) expect(like([], pattern)).toEqual([]);
  });

  test('takes bytes that are no text', () => {
    const bytes = [
      Uint8Array.of(0x80, 0x80),
      Uint8Array.of(0xf0),
      Uint8Array.of(0x61, 0xff, 0x62),
      Uint8Array.of(0xe9),
    ];
    expect(like(bytes, '%a%b%')).toEqual([false, false, true, false]);
    for (const pattern of ['_', '%_', '_%_', '%a_b%']) expect(like(bytes, pattern)).toHaveLength(4);
  });

  test('needs no more than quadratic time', () => {
    const long = 'a'.repeat(20_000);
    expect(like([long], `${'%a'.repeat(200)}%b%`)).toEqual([false]);
    expect(like([long], `${'%a_'.repeat(50)}%`)).toEqual([true]);
  });
});

describe('like that ignores the case of ASCII', () => {
  const ilike = (values: readonly string[], pattern: string): boolean[] =>
    withHolding((holding) => {
      const program = compileLike(pattern.toLowerCase())!;
      const { offsets, bytes, rows } = writeTexts(holding, values);
      const first = holding.linear.u32[offsets / 4]!;
      const count = holding.linear.u32[offsets / 4 + rows]! - first;
      const lower = holding.allocate(count + 16).address;
      expect(textCaseKernels(holding.linear).asciiCase(bytes + first, count, 0, lower)).toBe(1);
      const out = dirtyBits(holding, rows);
      const at = writeBytes(holding, program.bytes);
      matchLike(holding.linear, program, at, offsets, lower - first, rows, out);
      return readBits(holding, out, rows);
    });

  test('is that of DuckDB', async () => {
    const values = ['', 'A', 'ab', 'ABAB', 'aBcD', '@[`{', 'Z', 'zZ', 'x@Y', 'K'.repeat(50)];
    for (const pattern of ['a%', '%B', '%bC%', 'a_C_', '@[`{', '%Z', 'X`y', '%kk%K_', '%a%d']) {
      const rows = await query(`select v ilike '${pattern}' from (values ${sqlRows(values)}) t(r, v) order by r`);
      expect(ilike(values, pattern), pattern).toEqual(rows.flat());
    }
  });
});
