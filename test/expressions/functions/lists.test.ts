import { describe, expect, test } from 'vitest';
import { bool, type DataType, decimal, float64, int64, list, map, utf8 } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { columnName, combinations, compared } from './duckdb-agreement.ts';

const NUMBERS: readonly Value[] = [
  null,
  [],
  [1n],
  [null],
  [3n, 1n, null, 3n, 2n],
  [null, null, 5n],
  [-(2n ** 63n), 2n ** 63n - 1n, 0n],
];
const FLOATS: readonly Value[] = [null, [], [1.5, null, -2.5], [NaN, 1, Infinity], [0.25, 0.5]];
const WORDS: readonly Value[] = [null, [], ['a'], ['b', null, 'a', 'b', 'ß'], ['', '\u{1F600}', 'é']];
const FLAGS: readonly Value[] = [null, [], [null], [true, null], [false, true], [true, true]];
const CENTS: readonly Value[] = [null, [], [150n, null, -1n], [10n ** 15n - 1n, 1n]];
const INDEXES: readonly Value[] = [null, 0n, 1n, 4n, 5n, -1n, -5n, -6n, 2n ** 62n, -(2n ** 62n)];

const INTS = list(int64);
const TEXTS = list(utf8);

interface Case {
  readonly name: string;
  readonly types: readonly DataType[];
  readonly lists: readonly (readonly Value[])[];
  readonly sql: string;
}

const columns = (count: number): Expression[] =>
  Array.from({ length: count }, (_, index) => ({ kind: 'column' as const, name: columnName(index) }));

const of = (name: string, type: DataType, values: readonly Value[], sql: string): Case => ({
  name,
  types: [type],
  lists: [values],
  sql,
});

describe('lists are as DuckDB has them', () => {
  test.each<Case>([
    of('list_length', INTS, NUMBERS, 'len(a)'),
    of('list_count', INTS, NUMBERS, "list_aggregate(a, 'count')"),
    of('list_count_distinct', INTS, NUMBERS, 'list_unique(a)'),
    of('list_reverse', TEXTS, WORDS, 'list_reverse(a)'),
    of('list_sort', INTS, NUMBERS, "list_sort(a, 'asc', 'nulls last')"),
    of('list_sort', list(float64), FLOATS, "list_sort(a, 'asc', 'nulls last')"),
    of('list_sort', TEXTS, WORDS, "list_sort(a, 'asc', 'nulls last')"),
    of('list_sum', list(float64), FLOATS, 'list_sum(a)'),
    of('list_sum', list(decimal(15, 2)), CENTS, 'list_sum(a)'),
    of('list_mean', list(float64), FLOATS, 'list_avg(a)'),
    of('list_mean', list(decimal(15, 2)), CENTS, 'list_avg(a)'),
    of('list_min', INTS, NUMBERS, 'list_min(a)'),
    of('list_max', INTS, NUMBERS, 'list_max(a)'),
    of('list_max', list(float64), FLOATS, 'list_max(a)'),
    of('list_min', TEXTS, WORDS, 'list_min(a)'),
    of('list_bool_and', list(bool), FLAGS, "list_aggregate(a, 'bool_and')"),
    of('list_bool_or', list(bool), FLAGS, "list_aggregate(a, 'bool_or')"),
    of('list_flatten', list(INTS), [null, [], [[1n], null, [2n, null]], [[]]], 'flatten(a)'),
    {
      name: 'list_get',
      types: [INTS, int64],
      lists: [NUMBERS, INDEXES.filter((i) => i === null || (Number(i) < 9 && Number(i) > -9))],
      sql: 'list_extract(a, case when b >= 0 then b + 1 else b end)',
    },
    { name: 'list_contains', types: [INTS, int64], lists: [NUMBERS, [null, 1n, 3n, 9n]], sql: 'list_contains(a, b)' },
    { name: 'list_contains', types: [TEXTS, utf8], lists: [WORDS, [null, 'a', 'ß', 'é']], sql: 'list_contains(a, b)' },
    {
      name: 'list_position',
      types: [INTS, int64],
      lists: [NUMBERS, [1n, 3n, 9n]],
      sql: 'coalesce(list_position(a, b), 0) - 1 + 0 * len(a)',
    },
    { name: 'list_append', types: [INTS, int64], lists: [NUMBERS.slice(1), [null, 7n]], sql: 'list_append(a, b)' },
    { name: 'list_prepend', types: [INTS, int64], lists: [NUMBERS.slice(1), [null, 7n]], sql: 'list_prepend(b, a)' },
    { name: 'list_has_any', types: [INTS, INTS], lists: [NUMBERS, NUMBERS], sql: 'list_has_any(a, b)' },
    { name: 'list_has_all', types: [INTS, INTS], lists: [NUMBERS, NUMBERS], sql: 'list_has_all(a, b)' },
    { name: 'list_has_any', types: [TEXTS, TEXTS], lists: [WORDS, WORDS], sql: 'list_has_any(a, b)' },
    { name: 'to_list', types: [int64, int64], lists: [INDEXES, INDEXES], sql: 'list_value(a, b)' },
    {
      name: 'slice',
      types: [INTS, int64, int64],
      lists: [NUMBERS, INDEXES.slice(0, -2), INDEXES.slice(0, -2)],
      sql: 'list_slice(a, case when b >= 0 then b + 1 else b end, case when c >= 0 then c else c - 1 end)',
    },
    {
      name: 'list_seq',
      types: [int64, int64, int64],
      lists: [
        [null, 0n, 5n, -3n],
        [null, 0n, 5n, -7n],
        [null, 1n, 2n, -1n, -3n],
      ],
      sql: 'range(a, b, c)',
    },
    { name: 'list_seq', types: [int64], lists: [[null, 0n, 3n, -3n]], sql: 'range(a)' },
    { name: 'list_concat', types: [INTS, INTS], lists: [NUMBERS, NUMBERS.slice(1)], sql: 'coalesce(a, []) || b' },
  ])('$name as $sql', async ({ name, types, lists, sql }) => {
    const call: Expression = { kind: 'function', name, arguments: columns(types.length) };
    for (const { row, ours, theirs } of await compared({ types, rows: combinations(lists), call, sql })) {
      if (typeof ours === 'number' && typeof theirs === 'number' && Number.isFinite(ours))
        expect(ours).toBeCloseTo(theirs, 9);
      else expect(ours, `${name} of ${String(row)}`).toEqual(theirs);
    }
  });

  test('maps are looked up as DuckDB looks them up', async () => {
    const type = map(utf8, int64);
    const maps: Value[] = [
      null,
      [],
      [['a', 1n]],
      [
        ['b', null],
        ['a', 2n],
      ],
    ];
    const call = (name: string, count: number): Expression => ({ kind: 'function', name, arguments: columns(count) });
    const get = await compared({
      types: [type, utf8],
      rows: combinations([maps, ['a', 'b', 'z']]),
      call: call('map_get', 2),
      sql: 'a[b]',
    });
    const keys = await compared({
      types: [type],
      rows: maps.map((m) => [m]),
      call: call('map_keys', 1),
      sql: 'map_keys(a)',
    });
    const values = await compared({
      types: [type],
      rows: maps.map((m) => [m]),
      call: call('map_values', 1),
      sql: 'map_values(a)',
    });
    for (const { ours, theirs } of [...get, ...keys, ...values]) expect(ours).toEqual(theirs);
  });
});

describe('lists that would be too long, and calls that make no sense, are refused', () => {
  test.each<[string, readonly Value[], readonly DataType[]]>([
    ['list_fill', [2n ** 40n, 'x'], [int64, utf8]],
    ['list_seq', [2n ** 62n], [int64]],
    ['list_chunk', [[1n], 0n], [INTS, int64]],
  ])('%s', async (name, row, types) => {
    const call: Expression = { kind: 'function', name, arguments: columns(types.length) };
    const [result] = await compared({ types, rows: [row], call, sql: 'null::integer' });
    expect(result?.ours).toBeUndefined();
  });
});
