/** Lists, structs and maps: types of results, corners, and what is refused. */

import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import {
  decimal,
  embedding,
  fixedSizeList,
  int32,
  int64,
  list,
  map,
  struct,
  utf8,
} from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { ArithmeticOverflow, type InvalidCast, InvalidValue } from '../../../src/errors.ts';
import type { BinaryOperator, Expression } from '../../../src/expressions/expression.ts';
import { boundOver, call, col, evaluated, lit, problemsOf, shown } from './calls.ts';
import { columnName, compared } from './duckdb-agreement.ts';

const lambda = (parameters: readonly string[], body: Expression): Expression => ({ kind: 'lambda', parameters, body });
const given = (name: string): Expression => ({ kind: 'parameter', name });
const op = (left: Expression, operator: BinaryOperator, right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
});
const ints = (...items: (number | null)[]): Expression => lit(list(int32), items);
const one = lit(int64, 1);

describe('results have the type that holds them, and no other', () => {
  test.each<[string, Expression, string]>([
    ['a literal takes the type of the items', call('list_append', ints(1), one), 'list(int32): [1,1]'],
    [
      'a wider one widens them',
      call('list_append', ints(1), lit(int64, '5000000000')),
      'list(int64): ["1","5000000000"]',
    ],
    ['of a fixed size none is left', call('list_append', lit(fixedSizeList(int32, 1), [1]), one), 'list(int32): [1,1]'],
    ['an embedding is a list', call('slice', lit(embedding(types.float32, 2), [1, 2]), one), 'list(float32): [2]'],
    ['bytes are cut too', call('slice', lit(types.binary, 'AQID'), one), 'binary: "AgM="'],
    ['sum of int8', call('list_sum', lit(list(types.int8), [127, 127])), 'int64: "254"'],
    [
      'sum of uint64',
      call('list_sum', lit(list(types.uint64), ['18446744073709551615', 0])),
      'uint64: "18446744073709551615"',
    ],
    ['sum of decimals', call('list_sum', lit(list(decimal(4, 2)), ['99.99', '99.99'])), 'decimal(38, 2): "199.98"'],
    ['sum of floats', call('list_sum', lit(list(types.float32), [0.5, 1])), 'float64: 1.5'],
    ['mean of integers', call('list_mean', ints(1, 2)), 'float64: 1.5'],
    [
      'least of dates',
      call('list_min', lit(list(types.date), ['2001-01-02', null, '2001-01-01'])),
      'date: "2001-01-01"',
    ],
    [
      'greatest of durations',
      call('list_max', lit(list(types.duration('s')), ['PT1S', 'PT2S'])),
      'duration(s): "PT2S"',
    ],
    ['NaN is the greatest', call('list_max', lit(list(types.float64), [1, 'NaN', 2])), 'float64: "NaN"'],
    ['NaN is not the least', call('list_min', lit(list(types.float64), ['NaN', 1, 2])), 'float64: 1'],
    ['least of lists', call('list_min', lit(list(list(int32)), [[2], [1, 5], [1]])), 'list(int32): [1]'],
    ['chunks', call('list_chunk', ints(1, 2, 3), lit(int64, 2)), 'list(list(int32)): [[1,2]]'],
    [
      'a chunk longer than the list',
      call('list_chunk', ints(1), lit(int64, '9223372036854775807')),
      'list(list(int32)): []',
    ],
    ['counts', call('list_value_counts', ints(2, 1, null, 2)), 'map(int32, uint64): [[2,"2"],[1,"1"]]'],
    [
      'counts of lists',
      call('list_value_counts', lit(list(list(int32)), [[1], [1]])),
      'map(list(int32), uint64): [[[1],"2"]]',
    ],
    ['a default', call('list_get', ints(1), lit(int64, 5), lit(int64, 9)), 'int32: 9'],
    ['no default for null items', call('list_get', ints(null), lit(int64, 0), lit(int64, 9)), 'int32: null'],
    ['nothing at a huge index', call('list_get', ints(1), lit(int64, '-9223372036854775808')), 'int32: null'],
    ['nulls counted', call('list_count', ints(1, null), lit(utf8, 'null')), 'int64: "1"'],
    ['distinct ones', call('list_distinct', ints(3, null, 1, 3)), 'list(int32): [3,1]'],
    [
      'NaN once, zeros once',
      call('list_count_distinct', lit(list(types.float64), ['NaN', 'NaN', 0, '-0'])),
      'int64: "2"',
    ],
    ['shared ones', call('list_intersect', ints(3, 1, 3, null), ints(null, 3)), 'list(int32): [3]'],
    ['shared ones of two widths', call('list_intersect', ints(3, 1), lit(list(int64), [3])), 'list(int64): ["3"]'],
    ['a list of two types', call('to_list', ints(1), lit(list(int64), [2])), 'list(list(int64)): [["1"],["2"]]'],
    ['joined texts', call('list_join', lit(list(utf8), ['a', null, 'b']), lit(utf8, ',')), 'utf8: "a,,b"'],
    ['sorted downwards', call('list_sort', ints(1, null, 2), lit(types.bool, true)), 'list(int32): [null,2,1]'],
    [
      'sorted downwards, nulls last',
      call('list_sort', ints(1, null, 2), lit(types.bool, true), lit(types.bool, false)),
      'list(int32): [2,1,null]',
    ],
    [
      'a struct',
      call('to_struct', lit(utf8, 'a'), one, lit(utf8, 'b c'), ints(1)),
      'struct(a int64, b c list(int32)): {"a":"1","b c":[1]}',
    ],
    ['a field', call('struct_get', call('to_struct', lit(utf8, 'a'), ints(1)), lit(utf8, 'a')), 'list(int32): [1]'],
    ['a field of a null', call('struct_get', lit(struct(field('a', int32)), null), lit(utf8, 'a')), 'int32: null'],
    [
      'entries',
      call('map_entries', lit(map(utf8, int32), [['a', 1]])),
      'list(struct(key utf8, value int32)): [{"key":"a","value":1}]',
    ],
    ['a map', call('map', lit(list(utf8), ['a', 'b']), ints(1, null)), 'map(utf8, int32): [["a",1],["b",null]]'],
    ['decimal keys', call('map_get', lit(map(decimal(5, 2), utf8), [['1.00', 'x']]), lit(int64, 1)), 'utf8: "x"'],
    [
      'date keys',
      call('map_get', lit(map(types.date, utf8), [['2001-01-01', 'x']]), lit(utf8, '2001-01-01')),
      'utf8: "x"',
    ],
    ['a null value', call('map_get', lit(map(utf8, int32), [['a', null]]), lit(utf8, 'a')), 'int32: null'],
    [
      'whether a key of a null value is there',
      call('map_contains', lit(map(utf8, int32), [['a', null]]), lit(utf8, 'a')),
      'bool: true',
    ],
  ])('%s', (_, expression, expected) => {
    expect(shown(expression)).toBe(expected);
  });

  test('a column beside narrower items widens them, and one beside wider items is widened', () => {
    const contains = call('list_contains', col('a'), col('b'));
    expect(evaluated([list(int32), int64], [[1, null, 7], 7n], contains)).toBe(true);
    expect(evaluated([list(int64), int32], [[1n, 7n], 7], contains)).toBe(true);
    expect(evaluated([list(decimal(5, 2)), int32], [[700n], 7], contains)).toBe(true);
    expect(evaluated([list(types.uint64), int64], [[2n ** 64n - 1n], -1n], contains)).toBe(false);
    const get = call('map_get', col('a'), col('b'));
    expect(evaluated([map(decimal(9, 3), utf8), decimal(5, 1)], [[[1500n, 'x']], 15n], get)).toBe('x');
    expect(evaluated([map(int32, utf8), int64], [[[1, 'x']], 2n ** 40n], get)).toBeNull();
  });
});

describe('null goes in and comes out', () => {
  test.each<[string, Expression, readonly types.DataType[], readonly Value[], Value]>([
    ['append to null', call('list_append', col('a'), col('b')), [list(int32), int32], [null, 1], null],
    ['append null', call('list_append', col('a'), col('b')), [list(int32), int32], [[1], null], [1, null]],
    ['concat null', call('list_concat', col('a'), col('b')), [list(int32), list(int32)], [null, [1]], [1]],
    ['sequence to a null', call('list_seq', one, col('a')), [int64], [null], null],
    ['sum of no items', call('list_sum', col('a')), [list(int32)], [[]], null],
    ['mean of nulls', call('list_mean', col('a')), [list(int32)], [[null]], null],
    ['contains among nulls', call('list_contains', col('a'), one), [list(int64)], [[null]], false],
    ['fill with null', call('list_fill', lit(int64, 2), col('a')), [int32], [null], [null, null]],
    ['struct of nulls', call('to_struct', lit(utf8, 'x'), col('a')), [int32], [null], [null]],
  ])('%s', (_, expression, columns, row, expected) => {
    expect(evaluated(columns, row, expression)).toEqual(expected);
  });
});

describe('lambdas', () => {
  const ROWS: readonly Value[][] = [
    [null, 2],
    [[], 2],
    [[1, null, -3], 2],
    [[5], null],
  ].map(([items = null, by = null]) => [items as Value, by as Value]);

  test.each<[string, Expression, string]>([
    [
      'map',
      call('list_map', col('a'), lambda(['x'], op(given('x'), '*', col('b')))),
      'list_transform(a, lambda x: x * b)',
    ],
    [
      'map with index',
      call('list_map', col('a'), lambda(['x', 'i'], given('i'))),
      'list_transform(a, lambda x, i: (i - 1)::bigint)',
    ],
    [
      'filter',
      call('list_filter', col('a'), lambda(['x'], op(given('x'), '<', col('b')))),
      'list_filter(a, lambda x: x < b)',
    ],
    [
      'reduce',
      call(
        'list_reduce',
        col('a'),
        lit(int32, 100),
        lambda(['s', 'x'], { kind: 'coalesce', inputs: [op(given('s'), '-', given('x')), given('s')] }),
      ),
      'list_reduce(a, lambda s, x: coalesce(s - x, s), 100)',
    ],
    [
      'one inside another',
      call(
        'list_map',
        col('a'),
        lambda(['x'], call('list_sum', call('list_map', col('a'), lambda(['y'], op(given('x'), '*', given('y')))))),
      ),
      'list_transform(a, lambda x: list_sum(list_transform(a, lambda y: x * y))::bigint)',
    ],
  ])('%s is as in DuckDB', async (_, expression, sql) => {
    const results = await compared({ types: [list(int32), int32], rows: ROWS, call: expression, sql });
    expect(results.map(({ ours }) => ours)).toEqual(results.map(({ theirs }) => theirs));
  });

  test('an inner parameter hides an outer one of the same name', () => {
    const inner = call('list_map', lit(list(int64), [10]), lambda(['x'], given('x')));
    expect(shown(call('list_map', ints(1), lambda(['x'], inner)))).toBe('list(list(int64)): [["10"]]');
  });

  test.each<[string, Expression, string]>([
    ['list_filter of a number', call('list_filter', ints(1), lambda(['x'], given('x'))), 'must give a bool'],
    [
      'list_reduce of two types',
      call('list_reduce', ints(1), lit(utf8, ''), lambda(['s', 'x'], given('x'))),
      'Cast one of them',
    ],
    ['too many parameters', call('list_map', ints(1), lambda(['x', 'i', 'z'], given('x'))), 'has 3'],
    ['no lambda', call('list_map', ints(1), one), 'a lambda'],
    ['an unknown parameter', call('list_map', ints(1), lambda(['x'], given('y'))), '"y"'],
  ])('%s is refused', (_, expression, message) => {
    expect(problemsOf([], expression).join()).toContain(message);
  });
});

describe('what does not fit is an error with its place', () => {
  const ERRORS: [string, Expression, typeof InvalidValue | typeof ArithmeticOverflow | typeof InvalidCast][] = [
    ['sum beyond int64', call('list_sum', lit(list(int64), ['9223372036854775807', 1])), ArithmeticOverflow],
    ['sum of uint64', call('list_sum', lit(list(types.uint64), ['18446744073709551615', 1])), ArithmeticOverflow],
    [
      'sum of decimals',
      call('list_sum', lit(list(decimal(38, 0)), ['99999999999999999999999999999999999999', 1])),
      ArithmeticOverflow,
    ],
    ['keys that are equal', call('map', ints(1, 1), ints(1, 2)), InvalidValue],
    ['keys that are NaN twice', call('map', lit(list(types.float64), ['NaN', 'NaN']), ints(1, 2)), InvalidValue],
    ['a null key', call('map', ints(1, null), ints(1, 2)), InvalidValue],
    ['fewer values', call('map', ints(1, 2), ints(1)), InvalidValue],
    ['no chunk', call('list_chunk', ints(1), lit(int64, 0)), InvalidValue],
    ['no step', call('list_seq', one, one, lit(int64, 0)), InvalidValue],
    ['too many', call('list_fill', lit(int64, '99999999999'), one), InvalidValue],
  ];
  test.each(ERRORS)('%s', (_, expression, error) => {
    expect(() => evaluated([], [], expression)).toThrow(error);
    expect(() => evaluated([], [], expression)).toThrow(/^row 1: /);
  });

  test('sums that pass the end and come back are sums', () => {
    expect(shown(call('list_sum', lit(list(int64), ['9223372036854775807', 1, -1])))).toBe(
      'int64: "9223372036854775807"',
    );
  });
});

const PERSON = struct(field('name', utf8), field('born', int32));

describe('what has no meaning is refused when it is bound', () => {
  test.each<[string, Expression, readonly types.DataType[], string]>([
    ['an unknown field', call('struct_get', col('a'), lit(utf8, 'nam')), [PERSON], 'Did you mean "name"?'],
    ['a field far from any', call('struct_get', col('a'), lit(utf8, 'zzzzzz')), [PERSON], '"name", "born"'],
    ['a field that is no literal', call('struct_get', col('a'), col('b')), [PERSON, utf8], 'literal'],
    ['a name without a value', call('to_struct', lit(utf8, 'a')), [], 'no value'],
    ['a name that is a column', call('to_struct', col('a'), one), [utf8], 'literal'],
    ['a name twice', call('to_struct', lit(utf8, 'a'), one, lit(utf8, 'a'), one), [], 'different'],
    ['a sum of texts', call('list_sum', col('a')), [list(utf8)], 'numbers'],
    ['a flat list flattened', call('list_flatten', col('a')), [list(utf8)], 'list of lists'],
    ['texts joined that are none', call('list_join', col('a'), lit(utf8, '')), [list(int32)], 'Cast it'],
    ['a text among numbers', call('list_contains', col('a'), col('b')), [list(int32), utf8], 'Cast it'],
    ['a key of another type', call('map_get', col('a'), col('b')), [map(int32, utf8), utf8], 'int32'],
    ['a mode that there is not', call('list_count', col('a'), lit(utf8, 'some')), [list(int32)], 'valid, null or all'],
    ['a mode of objects', call('list_count', col('a'), lit(utf8, 'constructor')), [list(int32)], 'valid, null or all'],
    ['entries that are none', call('map_from_entries', col('a')), [list(int32)], 'structs of two fields'],
  ])('%s', (_, expression, columns, message) => {
    expect(problemsOf(columns, expression).join()).toContain(message);
  });
});

describe('maps are as DuckDB has them', () => {
  const type = map(utf8, int64);
  const MAPS: readonly Value[] = [
    null,
    [],
    [['a', 1n]],
    [
      ['b', null],
      ['a', 2n],
      ['', 3n],
    ],
  ];
  test.each<[string, Expression, string]>([
    ['map_contains', call('map_contains', col('a'), col('b')), 'map_contains(a, b)'],
    ['map_size', call('map_size', col('a')), 'cardinality(a)::bigint'],
    ['map_entries', call('map_from_entries', call('map_entries', col('a'))), 'map_from_entries(map_entries(a))'],
  ])('%s', async (_, expression, sql) => {
    const rows = MAPS.flatMap((value) => ['a', 'z', ''].map((key) => [value, key]));
    for (const { ours, theirs, row } of await compared({ types: [type, utf8], rows, call: expression, sql })) {
      expect(ours, String(row)).toEqual(theirs);
    }
  });
});

test('a long list is not a slow one', () => {
  const items: Value[] = Array.from({ length: 100_000 }, (_, n) => BigInt((n * 7_919) % 50_000));
  const value = evaluated([list(int64)], [items], call('list_distinct', col(columnName(0))));
  expect((value as Value[]).length).toBe(50_000);
  expect(boundOver([list(int64)], call('list_distinct', col('a'))).type).toEqual(list(int64));
});
