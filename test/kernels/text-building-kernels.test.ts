import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PIECE_BYTES, type TextBuildingKernels, textBuildingKernels } from '../../src/kernels/text-building-kernels.ts';
import { textCaseKernels } from '../../src/kernels/text-case-kernels.ts';
import type { Holding } from '../../src/memory/budget.ts';
import {
  columnsOf,
  expectGuarded,
  guarded,
  readTexts,
  texts,
  withHolding,
  writeBytes,
  writeTexts,
  writeValidity,
  writeWholes,
} from './text-columns.ts';

const MOST = 1 << 24;

/** Offsets by the first kernel, bytes by the second. */
function built(
  holding: Holding,
  rows: number,
  size: (kernels: TextBuildingKernels, out: number) => number,
  write: (kernels: TextBuildingKernels, out: number, to: number) => void,
): string[] | undefined {
  const kernels = textBuildingKernels(holding.linear);
  const out = holding.allocate((rows + 1) * 4).address;
  const total = size(kernels, out);
  if (total < 0) return undefined;
  expect(holding.linear.u32[out / 4 + rows]).toBe(total);
  const to = guarded(holding, total);
  write(kernels, out, to);
  expectGuarded(holding, to, total);
  return readTexts(holding, out, to, rows);
}

type Piece = readonly (string | null)[] | string;

/** Strings are constants: the same entry of a dictionary in each row. */
function concatenated(
  rows: number,
  pieces: readonly Piece[],
  separator: string,
  skipNulls: boolean,
  mostBytes: number = MOST,
): string[] | undefined {
  return withHolding((holding) => {
    const address = holding.allocate(pieces.length * PIECE_BYTES).address;
    for (const [at, piece] of pieces.entries()) {
      const isConstant = typeof piece === 'string';
      const { offsets, bytes } = writeTexts(holding, isConstant ? [piece] : piece);
      const codes = isConstant ? holding.allocateZeroed(rows * 4).address : 0;
      const validity = !isConstant && skipNulls && piece.includes(null) ? writeValidity(holding, piece) : 0;
      holding.linear.u32.set([codes, offsets, bytes, validity], (address + at * PIECE_BYTES) / 4);
    }
    const isNull = (row: number): boolean => pieces.some((piece) => typeof piece !== 'string' && piece[row] === null);
    const all = Array.from({ length: rows }, (_, row) => (isNull(row) ? null : row));
    const validity = skipNulls ? 0 : writeValidity(holding, all);
    const between = Buffer.from(separator);
    const at = writeBytes(holding, between);
    return built(
      holding,
      rows,
      (kernels, out) => kernels.concatOffsets(address, pieces.length, rows, between.length, validity, mostBytes, out),
      (kernels, _, to) => kernels.concatTexts(address, pieces.length, rows, at, between.length, validity, to),
    );
  });
}

describe('concatenation', () => {
  const rowsOf = fc.nat({ max: 100 });
  const piecesOf = (rows: number): fc.Arbitrary<Piece[]> =>
    fc.array(
      fc.oneof(texts(), fc.array(fc.option(texts(), { freq: 4 }), { minLength: rows, maxLength: rows, size: 'max' })),
      { maxLength: 5 },
    );
  const pieceIn = (piece: Piece, row: number): string | null =>
    typeof piece === 'string' ? piece : (piece[row] ?? null);

  test('joins columns and constants, and is empty where one is null', () => {
    fc.assert(
      fc.property(
        rowsOf.chain((rows) => fc.tuple(fc.constant(rows), piecesOf(rows))),
        ([rows, pieces]) => {
          const expected = Array.from({ length: rows }, (_, row) => {
            const values = pieces.map((piece) => pieceIn(piece, row));
            return values.includes(null) ? '' : values.join('');
          });
          expect(concatenated(rows, pieces, '', false)).toEqual(expected);
        },
      ),
    );
  });

  test('with a separator leaves nulls out', () => {
    fc.assert(
      fc.property(
        rowsOf.chain((rows) => fc.tuple(fc.constant(rows), piecesOf(rows))),
        fc.constantFrom('', ', ', '-'.repeat(20)),
        ([rows, pieces], separator) => {
          const expected = Array.from({ length: rows }, (_, row) =>
            pieces.flatMap((piece) => pieceIn(piece, row) ?? []).join(separator),
          );
          expect(concatenated(rows, pieces, separator, true)).toEqual(expected);
        },
      ),
    );
  });

  test('gives up where a text becomes too long, or all together', () => {
    expect(concatenated(1, ['abc', 'de'], '-', false, 6)).toEqual(['abc-de']);
    expect(concatenated(1, ['abc', 'de'], '-', false, 5)).toBeUndefined();
    const long = 'x'.repeat(1 << 20);
    expect(concatenated(4100, [long], '', false)).toBeUndefined();
  });
});

describe('repetition', () => {
  const repeated = (
    values: readonly (string | null)[],
    count: number | readonly number[],
    mostBytes: number = MOST,
  ): string[] | undefined =>
    withHolding((holding) => {
      const { offsets, bytes, rows } = writeTexts(holding, values);
      const counts = writeWholes(holding, count);
      const validity = values.includes(null) ? writeValidity(holding, values) : 0;
      return built(
        holding,
        rows,
        (kernels, out) => kernels.repeatOffsets(0, offsets, rows, ...counts, validity, mostBytes, out),
        (kernels, out, to) => kernels.repeatTexts(0, offsets, bytes, rows, out, to),
      );
    });

  test('is that of JavaScript', () => {
    fc.assert(
      fc.property(columnsOf(texts()), fc.nat({ max: 40 }), (values, count) => {
        expect(repeated(values, count)).toEqual(values.map((value) => value.repeat(count)));
      }),
    );
  });

  test('has a count for each row, and nothing where it is negative or something is null', () => {
    expect(repeated(['ab', 'é', '', 'x', null], [3, 2, 9, -1, 4])).toEqual(['ababab', 'éé', '', '', '']);
  });

  test('gives up where a text becomes too long, or all together', () => {
    expect(repeated(['abc'], 4, 12)).toEqual(['abcabcabcabc']);
    expect(repeated(['', 'abc'], 4, 11)).toBeUndefined();
    expect(repeated(['ab'], 2 ** 31 - 1, 2 ** 32 - 1)).toBeUndefined();
    expect(
      repeated(
        Array.from({ length: 200 }, () => 'a'),
        MOST,
      ),
    ).toBeUndefined();
    expect(repeated([''], 2 ** 31 - 1)).toEqual(['']);
  });
});

describe('padding', () => {
  const padded = (
    values: readonly (string | null)[],
    length: number | readonly number[],
    filling: string,
    atStart: 0 | 1,
    mostBytes: number = MOST,
  ): string[] | undefined =>
    withHolding((holding) => {
      const { offsets, bytes, rows } = writeTexts(holding, values);
      const by = Buffer.from(filling);
      const at = writeBytes(holding, by);
      const validity = values.includes(null) ? writeValidity(holding, values) : 0;
      const text = [0, offsets, bytes, rows] as const;
      const lengths = writeWholes(holding, length);
      return built(
        holding,
        rows,
        (kernels, out) => kernels.padOffsets(...text, ...lengths, at, by.length, validity, mostBytes, out),
        (kernels, out, to) => kernels.padTexts(...text, atStart, at, by.length, out, to),
      );
    });

  test('fills up or cuts to a number of characters, and leaves nulls empty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(texts()), { maxLength: 100, size: 'max' }),
        fc.oneof(fc.integer({ min: -2, max: 20 }), fc.nat({ max: 150 })),
        fc.constantFrom(' ', '0', 'ab', 'é', 'a€😀', 'x'.repeat(40)),
        fc.constantFrom(0, 1),
        (values, length, filling, atStart) => {
          const expected = values.map((value) => {
            if (value === null) return '';
            const characters = Array.from(value);
            const fillers = Array.from(filling);
            const missing = Math.max(length - characters.length, 0);
            const fill = Array.from({ length: missing }, (_, n) => fillers[n % fillers.length]).join('');
            const kept = characters.slice(0, Math.max(length, 0)).join('');
            return atStart ? fill + kept : kept + fill;
          });
          expect(padded(values, length, filling, atStart as 0 | 1)).toEqual(expected);
        },
      ),
    );
  });

  test('gives up where a text becomes too long', () => {
    expect(padded(['a'], 4, 'é', 1, 7)).toEqual(['éééa']);
    expect(padded(['a'], 4, 'é', 1, 6)).toBeUndefined();
    expect(padded(['a'], 2 ** 31 - 1, '😀', 0, 2 ** 32 - 1)).toBeUndefined();
    expect(padded([null, ''], 2, 'x', 0)).toEqual(['', 'xx']);
  });

  test('has a length for each row', () => {
    expect(padded(['abc', 'é', null, '€', 'x'], [2, 4, 3, -5, 2], 'yz', 1)).toEqual(['ab', 'yzyé', '', '', 'yx']);
  });
});

describe('reversal', () => {
  const reversed = (values: readonly string[], rows: number = values.length): string[] | undefined =>
    withHolding((holding) => {
      const { offsets, bytes } = writeTexts(holding, values);
      const first = holding.linear.u32[offsets / 4]!;
      const count = holding.linear.u32[offsets / 4 + rows]! - first;
      const to = guarded(holding, count);
      if (textCaseKernels(holding.linear).reverseBytes(offsets, bytes, rows, to) === 0) return undefined;
      expectGuarded(holding, to, count);
      return readTexts(holding, offsets, to - first, rows);
    });

  test('of ASCII is that of its characters', () => {
    fc.assert(
      fc.property(columnsOf(texts(['a', 'b', 'c', '\n', '\0'])), (values) => {
        expect(reversed(values)).toEqual(values.map((value) => Array.from(value).reverse().join('')));
      }),
    );
  });

  test('is left to others where two characters may be one', () => {
    expect(reversed(['abc', 'd\r\n'])).toBeUndefined();
    expect(reversed([])).toEqual([]);
    // What lies behind the last text does not count.
    expect(reversed(['ab', '\r', 'é'], 1)).toEqual(['ba']);
    expect(reversed(['ab', '\r', 'é'], 2)).toBeUndefined();
  });

  test('leaves other texts where they are', () => {
    expect(reversed(['abc', 'é€', 'de'])).toEqual(['cba', Buffer.from('é€').reverse().toString(), 'ed']);
  });
});
