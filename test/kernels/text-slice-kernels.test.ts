import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rarestByte } from '../../src/kernels/needle.ts';
import { type TextSliceKernels, textSliceKernels, trimSet } from '../../src/kernels/text-slice-kernels.ts';
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
} from './text-columns.ts';

type Texts = readonly (string | Uint8Array)[];
type Cut = (
  kernels: TextSliceKernels,
  column: readonly [offsets: number, bytes: number, rows: number],
  results: readonly [starts: number, offsets: number],
  needle: (text: string) => readonly [address: number, length: number, rare: number],
) => number;

function sliced(values: Texts, cut: Cut): string[] {
  return withHolding((holding) => {
    const kernels = textSliceKernels(holding.linear);
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const starts = holding.allocate(rows * 4).address;
    const out = holding.allocate((rows + 1) * 4).address;
    const total = cut(kernels, [offsets, bytes, rows], [starts, out], (text) => {
      const needle = Buffer.from(text);
      return [writeBytes(holding, needle), needle.length, rarestByte(needle)];
    });
    expect(holding.linear.u32[out / 4 + rows]).toBe(total);
    const to = guarded(holding, total);
    kernels.copySlices(bytes, starts, rows, out, to);
    expectGuarded(holding, to, total);
    return readTexts(holding, out, to, rows);
  });
}

const columns = fc.oneof(columnsOf(texts()), columnsOf(texts(['a', 'b', ' '])));
const places = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -80, max: 80 }),
  fc.constantFrom(2 ** 31 - 1, 1 - 2 ** 31),
);
const last = 2 ** 31 - 1;

describe('slices by place', () => {
  const slice =
    (from: number, count: number, isWindow: 0 | 1 = 0): Cut =>
    (kernels, column, results) =>
      kernels.textSlice(...column, from, count, isWindow, ...results);

  test('take as many characters as are asked for, or leave as many', () => {
    fc.assert(
      fc.property(columns, places, places, (values, from, count) => {
        const expected = values.map((value) => {
          const characters = Array.from(value);
          const start = from < 0 ? Math.max(characters.length + from, 0) : from;
          return characters.slice(start, count < 0 ? Math.max(characters.length + count, 0) : start + count).join('');
        });
        expect(sliced(values, slice(from, count))).toEqual(expected);
      }),
    );
  });

  test('in a window count what lies before the text', () => {
    fc.assert(
      fc.property(columns, places, fc.oneof(fc.nat({ max: 30 }), fc.constant(last)), (values, from, count) => {
        const expected = values.map((value) => {
          const characters = Array.from(value);
          const start = from < 0 ? characters.length + from : from;
          return characters.slice(Math.max(start, 0), Math.max(start + count, 0)).join('');
        });
        expect(sliced(values, slice(from, count, 1))).toEqual(expected);
      }),
    );
  });

  const traps = ['', 'a', 'abc', 'äöü', '😀a😀', 'a'.repeat(40), '€'.repeat(40)];
  test.each([
    ['left(v, 2)', slice(0, 2)],
    ['left(v, -2)', slice(0, -2)],
    ['left(v, 0)', slice(0, 0)],
    ['right(v, 2)', slice(-2, last)],
    ['right(v, -2)', slice(2, last)],
    ['substring(v, 2, 3)', slice(1, 3)],
    ['substring(v, 2)', slice(1, last)],
    ['substring(v, -2, 1)', slice(-2, 1, 1)],
    ['substring(v, -30, 29)', slice(-30, 29, 1)],
    ['substring(v, -5, 3)', slice(-5, 3, 1)],
  ])('do what %s does in DuckDB', async (sql, cut) => {
    const rows = await query(`select ${sql} from (values ${sqlRows(traps)}) t(r, v) order by r`);
    expect(sliced(traps, cut)).toEqual(rows.flat());
  });

  test('of bytes that are no text stay within them', () => {
    const values = [Uint8Array.of(0x80, 0x80, 0x41), Uint8Array.of(0xff), Uint8Array.of(0xe2, 0x82)];
    for (const [from, count] of [
      [0, 1],
      [-1, 1],
      [1, last],
      [0, -1],
    ] as const) {
      for (const [row, part] of sliced(values, slice(from, count)).entries()) {
        expect(Buffer.from(values[row]!).toString()).toContain(part);
      }
    }
    expect(sliced([], slice(0, 1))).toEqual([]);
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
