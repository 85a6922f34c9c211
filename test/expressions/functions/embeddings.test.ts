import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { decimal, embedding, fixedSizeList, float32, float64, int64, list } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidValue } from '../../../src/errors.ts';
import { call, col, evaluated, lit, problemsOf, shown } from './calls.ts';
import { combinations, compared } from './duckdb-agreement.ts';

const VECTORS: readonly Value[] = [
  null,
  [1, 2, 3],
  [-1, 0.5, 0],
  [0, 0, 0],
  [1e50, -1e50, 1e49],
  [1e-50, 2e-50, 0],
  [0.1, 0.1, 0.1],
  [3, 2, 1],
];

describe('distances are as DuckDB has them', () => {
  test.each([
    ['dot_product', 'list_dot_product(a, b)'],
    ['cosine_similarity', 'list_cosine_similarity(a, b)'],
    ['cosine_distance', 'list_cosine_distance(a, b)'],
    ['euclidean_distance', 'list_distance(a, b)'],
    [
      'pearson_correlation',
      'case when a is null or b is null then null else (select corr(x, y) from (select unnest(a) x, unnest(b) y)) end',
    ],
  ])('%s', async (name, sql) => {
    const of = call(name, col('a'), col('b'));
    const rows = combinations([VECTORS, VECTORS]);
    for (const { ours, theirs, row } of await compared({
      types: [list(float64), list(float64)],
      rows,
      call: of,
      sql,
    })) {
      const shownRow = `${name} of ${String(row)}`;
      const isNowhere = name.startsWith('cosine') && row.some((a) => String(a) === '0,0,0') && !row.includes(null);
      if (isNowhere) expect(ours, shownRow).toBeNaN();
      else if (typeof theirs !== 'number' || Number.isNaN(theirs)) expect(ours, shownRow).toEqual(theirs);
      else expect(Math.abs(Number(ours) - theirs), shownRow).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(theirs)));
    }
  });
});

describe('corners', () => {
  const of = (name: string, a: readonly number[], b: readonly number[]): Value =>
    evaluated([list(float64), list(float64)], [a, b], call(name, col('a'), col('b')));

  test('squares that would overflow or vanish do not', () => {
    expect(of('cosine_similarity', [1e200, 0], [1e200, 1e200])).toBeCloseTo(Math.SQRT1_2, 14);
    expect(of('cosine_similarity', [1e-200, 0], [1e-200, 1e-200])).toBeCloseTo(Math.SQRT1_2, 14);
    expect(of('euclidean_distance', [3e200, 0], [0, 4e200])).toBeCloseTo(5e200, -188);
    expect(of('euclidean_distance', [5e-324], [0])).toBe(5e-324);
    expect(of('euclidean_distance', [Infinity], [0])).toBe(Infinity);
    expect(of('euclidean_distance', [NaN], [0])).toBeNaN();
  });

  test('rounding does not make more than one of a likeness', () => {
    expect(of('cosine_similarity', [0.1, 0.2, 0.3], [0.1, 0.2, 0.3])).toBeLessThanOrEqual(1);
    expect(of('cosine_distance', [0.1, 0.2, 0.3], [0.1, 0.2, 0.3])).toBeGreaterThanOrEqual(0);
  });

  test('what never changes has no correlation', () => {
    expect(of('pearson_correlation', [0.1, 0.1, 0.1], [1, 2, 3])).toBeNaN();
    expect(of('pearson_correlation', [], [])).toBeNaN();
  });

  test('shares of places', () => {
    expect(of('jaccard_similarity', [1, 0, 1, 0], [1, 1, 0, 0])).toBeCloseTo(1 / 3, 15);
    expect(of('jaccard_similarity', [0, 0], [0, -0])).toBe(1);
    expect(of('hamming_distance', [1, NaN, 0], [1, NaN, 2])).toBe(1n);
  });

  test('lists of a million numbers are no trouble', () => {
    const a = Array.from({ length: 1_000_000 }, () => 1);
    expect(
      of(
        'euclidean_distance',
        a,
        a.map(() => 0),
      ),
    ).toBe(1_000);
  });

  test('bits of integers and of bytes', () => {
    const bits = (type: types.DataType, a: never, b: never): string =>
      shown(call('hamming_distance', lit(type, a), lit(type, b)));
    expect(bits(types.int8, -1 as never, 0 as never)).toBe('int64: "64"');
    expect(bits(types.uint64, '18446744073709551615' as never, 1 as never)).toBe('int64: "63"');
    expect(bits(types.fixedSizeBinary(2), '/wA=' as never, 'AAE=' as never)).toBe('int64: "9"');
    expect(() => bits(types.binary, '/w==' as never, '' as never)).toThrow(InvalidValue);
  });

  test('numbers of every type, lists of fixed and of any size', () => {
    const two = lit(embedding(float32, 2), [3, 4]);
    expect(shown(call('euclidean_distance', two, lit(list(int64), [0, 0])))).toBe('float64: 5');
    expect(shown(call('dot_product', two, lit(fixedSizeList(decimal(5, 1), 2), ['0.5', '1.0'])))).toBe('float64: 5.5');
    expect(shown(call('dot_product', two, lit(list(int64), [1, null])))).toBe('float64: null');
  });

  test('lengths that differ are an error, of fixed ones when bound', () => {
    const e = call('dot_product', col('a'), col('b'));
    expect(() => evaluated([list(float64), list(float64)], [[1], [1, 2]], e)).toThrow(InvalidValue);
    expect(problemsOf([embedding(float32, 2), embedding(float32, 3)], e).join()).toContain('2 and 3');
    expect(problemsOf([list(types.utf8), list(float64)], e).join()).toContain('lists of numbers');
    expect(problemsOf([types.bool, int64], call('hamming_distance', col('a'), col('b'))).join()).toContain(
      'two integers',
    );
  });
});
