import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rarestByte } from '../../src/kernels/needle.ts';
import { SLICE_FORM, type TextSliceKernels, textSliceKernels, trimSet } from '../../src/kernels/text-slice-kernels.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { query } from '../support/duckdb.ts';
import {
  columnsOf,
  expectGuarded,
  guarded,
  needles,
  readTexts,
  sqlRows,
  texts,
  withHolding,
  writeBytes,
  writeTexts,
  writeValidity,
  writeWholes,
} from './text-columns.ts';

type Texts = readonly (string | Uint8Array)[];
type Cut = (
  kernels: TextSliceKernels,
  column: readonly [offsets: number, bytes: number, rows: number],
  results: readonly [starts: number, offsets: number],
  needle: (text: string) => readonly [address: number, length: number, rare: number],
  holding: Holding,
) => number;

function sliced(values: Texts, cut: Cut): string[] {
  return withHolding((holding) => {
    const kernels = textSliceKernels(holding.linear);
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const starts = holding.allocate(rows * 4).address;
    const out = holding.allocate((rows + 1) * 4).address;
    const needleOf = (text: string): readonly [number, number, number] => {
      const needle = Buffer.from(text);
      return [writeBytes(holding, needle), needle.length, rarestByte(needle)];
    };
    const total = cut(kernels, [offsets, bytes, rows], [starts, out], needleOf, holding);
    expect(holding.linear.u32[out / 4 + rows]).toBe(total);
    const to = guarded(holding, total);
    kernels.copySlices(bytes, starts, rows, out, to);
    expectGuarded(holding, to, total);
    return readTexts(holding, out, to, rows);
  });
}

const places = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -80, max: 80 }),
  fc.constantFrom(2 ** 31 - 1, 1 - 2 ** 31, 2 ** 53 - 1, 1 - 2 ** 53),
);
const last = 2 ** 53 - 1;

describe('slices by place', () => {
  const slice =
    (
      form: keyof typeof SLICE_FORM,
      first: number | readonly number[],
      second: number | readonly number[] = last,
      validity: readonly boolean[] = [],
    ): Cut =>
    (kernels, [offsets, bytes, rows], results, _, holding) => {
      const nulls = validity.map((isValid) => (isValid ? 0 : null));
      return kernels.textSlice(
        SLICE_FORM[form],
        ...[0, offsets, bytes, rows, nulls.length > 0 ? writeValidity(holding, nulls) : 0],
        ...writeWholes(holding, first),
        ...writeWholes(holding, second),
        ...results,
      );
    };

  /** The characters of Array.prototype.slice, whose arguments are counted as those of `slice`. */
  const asArray = (value: string, from: number, to: number): string => Array.from(value).slice(from, to).join('');

  const rows = fc.constantFrom(['a', 'b', ' '], ['a', 'b', 'é', '€', '😀']).chain((alphabet) =>
    fc.array(fc.record({ value: texts(alphabet), first: places, second: places, isValid: fc.boolean() }), {
      maxLength: 100,
      size: 'max',
    }),
  );

  test('take the characters from one place to another, in each row its own', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const [values, from, to] = [
          given.map(({ value }) => value),
          given.map(({ first }) => first),
          given.map(({ second }) => second),
        ];
        const expected = given.map(({ value, first, second }) => asArray(value, first, second));
        expect(sliced(values, slice('slice', from, to))).toEqual(expected);
        const left = given.map(({ value, first }) => asArray(value, 0, first));
        expect(sliced(values, slice('left', from, to))).toEqual(left);
        const substr = given.map(({ value, first, second }) =>
          asArray(asArray(value, first, last), 0, Math.max(second, 0)),
        );
        expect(sliced(values, slice('substr', from, to))).toEqual(substr);
        const valid = given.map(({ isValid }) => isValid);
        const withNulls = expected.map((part, row) => (valid[row] ? part : ''));
        expect(sliced(values, slice('slice', from, to, valid))).toEqual(withNulls);
      }),
    );
  });

  const traps = ['', 'a', 'abc', 'äöü', '😀a😀', 'a'.repeat(40), '€'.repeat(40)];
  test.each([
    ['left(v, 2)', slice('left', 2)],
    ['left(v, -2)', slice('left', -2)],
    ['left(v, 0)', slice('left', 0)],
    ['right(v, 2)', slice('right', 2)],
    ['right(v, -2)', slice('right', -2)],
    ['right(v, 0)', slice('right', 0)],
    ['substring(v, 2, 3)', slice('substring', 2, 3)],
    ['substring(v, 0, 3)', slice('substring', 0, 3)],
    ['substring(v, 2)', slice('substring', 2)],
    ['substring(v, 4, -2)', slice('substring', 4, -2)],
    ['substring(v, -2, 1)', slice('substring', -2, 1)],
    ['substring(v, -30, 29)', slice('substring', -30, 29)],
    ['substring(v, -5, 3)', slice('substring', -5, 3)],
    ['substring(v, r - 3, r)', slice('substring', [-3, -2, -1, 0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6])],
  ])('do what %s does in DuckDB', async (sql, cut) => {
    const found = await query(`select ${sql} from (values ${sqlRows(traps)}) t(r, v) order by r`);
    expect(sliced(traps, cut)).toEqual(found.flat());
  });

  test('of nothing are nothing', () => {
    expect(sliced([], slice('left', 1))).toEqual([]);
  });
});

describe('trimming', () => {
  const trim =
    (sides: 1 | 2 | 3, characters: string, wide: 0 | 1 = 0): Cut =>
    (kernels, column, results) => {
      const { low, high } = trimSet(characters)!;
      return kernels.textTrim(...column, sides, low, high, wide, ...results);
    };

  const spaced = texts([
    'a',
    ' ',
    ' ',
    '\t',
    '\u00a0',
    '\u3000',
    '\u2003',
    '\u1680',
    '\u0085',
    '\u2028',
    'é',
    '\u2010',
    '😀',
  ]);

  test('takes away the white space that JavaScript knows as such', () => {
    fc.assert(
      fc.property(columnsOf(spaced), fc.constantFrom(1, 2, 3), (values, sides) => {
        const space = '[\\p{White_Space}]+';
        const pattern = new RegExp([sides & 1 ? `^${space}` : [], sides & 2 ? `${space}$` : []].flat().join('|'), 'gu');
        const expected = values.map((value) => value.replace(pattern, ''));
        expect(sliced(values, trim(sides as 1 | 2 | 3, '\t\n\v\f\r ', 1))).toEqual(expected);
      }),
    );
  });

  test('knows all white space, and no other character of the plane', () => {
    const values = Array.from({ length: 0xd800 }, (_, code) => String.fromCharCode(code));
    const kept = sliced(values, trim(3, '\t\n\v\f\r ', 1));
    expect(values.filter((_, code) => kept[code] === '')).toEqual(
      values.filter((value) => value === '' || /^\p{White_Space}$/u.test(value)),
    );
  });

  test('takes away characters of a set', () => {
    fc.assert(
      fc.property(columnsOf(texts(['a', 'b', '~', '0', '?', '@', 'é'])), (values) => {
        const expected = values.map((value) => value.replace(/^[a~?@\0]+/, '').replace(/[a~?@\0]+$/, ''));
        expect(sliced(values, trim(3, 'a~?@\0'))).toEqual(expected);
      }),
    );
  });

  test('does what it does in DuckDB', async () => {
    const values = ['', ' ', '  a b ', 'xyaxbyx', 'xyx', '\t a', 'é é ', ' '.repeat(40)];
    for (const [sql, cut] of [
      ["trim(v, ' ')", trim(3, ' ')],
      ["ltrim(v, ' ')", trim(1, ' ')],
      ["rtrim(v, 'yx')", trim(2, 'xy')],
      ["trim(v, 'xy')", trim(3, 'xy')],
    ] as const) {
      const rows = await query(`select ${sql} from (values ${sqlRows(values)}) t(r, v) order by r`);
      expect(sliced(values, cut), sql).toEqual(rows.flat());
    }
  });

  test('has no set of characters that are not ASCII', () => {
    expect(trimSet('aé')).toBeUndefined();
    expect(trimSet('')).toEqual({ low: 0n, high: 0n });
  });

  test('does not look at the bytes of the rows beside', () => {
    const values = [Uint8Array.of(0xe3, 0x80), Uint8Array.of(0x80), Uint8Array.of(0x80, 0x80), Uint8Array.of(0xc2)];
    expect(sliced(values, trim(3, ' ', 1))).toEqual(values.map((value) => Buffer.from(value).toString()));
  });
});

describe('parts between separators', () => {
  const part =
    (separator: string, number: number): Cut =>
    (kernels, column, results, needle) =>
      kernels.textSplitPart(...column, ...needle(separator), number, ...results);

  test('are those that JavaScript splits into', () => {
    fc.assert(
      fc.property(
        columnsOf(texts(['a', 'b', 'é'])),
        needles,
        fc.integer({ min: -5, max: 5 }),
        (values, separator, number) => {
          fc.pre(number !== 0);
          const expected = values.map((value) => value.split(separator).at(number > 0 ? number - 1 : number) ?? '');
          expect(sliced(values, part(separator, number))).toEqual(expected);
        },
      ),
    );
  });

  test('are those of DuckDB', async () => {
    const values = ['', '-', 'a-b-c', 'a--b', '--', '---', 'é-😀-€', 'abc'];
    for (const separator of ['-', '--', 'b']) {
      for (const number of [1, 2, 3, 4, -1, -2, -3, -4]) {
        const rows = await query(
          `select split_part(v, '${separator}', ${number}) from (values ${sqlRows(values)}) t(r, v) order by r`,
        );
        expect(sliced(values, part(separator, number)), `${separator} ${number}`).toEqual(rows.flat());
      }
    }
  });

  test('do not end at a separator that reaches into the next row', () => {
    expect(sliced(['a-', '-b', 'c'], part('--', 1))).toEqual(['a-', '-b', 'c']);
    expect(sliced(['a-', '-b', 'c'], part('--', 2))).toEqual(['', '', '']);
  });
});
