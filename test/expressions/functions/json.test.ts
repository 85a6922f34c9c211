import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/columnar/data-type.ts';
import { InvalidValue } from '../../../src/errors.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { type Json, parseJq } from '../../../src/expressions/functions/jq-filter.ts';
import { columnName, compared } from './duckdb-agreement.ts';

const STORE: Json = {
  items: [
    { name: 'pen', price: 2.5, tags: ['a', 'b'] },
    { name: 'ink', price: 12, tags: [] },
  ],
  'two words': { deep: null },
  count: 2,
};

describe('filters give what the manual of jq 1.7 says', () => {
  test.each<[string, Json, readonly Json[]]>([
    ['.', 1, [1]],
    ['.foo', { foo: 42 }, [42]],
    ['.foo', { bar: 1 }, [null]],
    ['.["foo"]', { foo: 42 }, [42]],
    ['.foo?', [1], []],
    ['.[0]', [{ name: 'JSON' }, 1], [{ name: 'JSON' }]],
    ['.[2]', [1], [null]],
    ['.[-2]', [1, 2, 3], [2]],
    ['.[2:4]', ['a', 'b', 'c', 'd', 'e'], [['c', 'd']]],
    ['.[2:4]', 'abcdefghi', ['cd']],
    ['.[:3]', ['a', 'b', 'c', 'd'], [['a', 'b', 'c']]],
    ['.[-2:]', ['a', 'b', 'c', 'd'], [['c', 'd']]],
    ['.[]', [1, 2], [1, 2]],
    ['.[]', {}, []],
    ['.[] | .name', [{ name: 'JSON' }, { name: 'XML' }], ['JSON', 'XML']],
    ['.[] | length', [[1, 2], 'string', { a: 2 }, null, -5], [2, 6, 1, 0, 5]],
    ['keys', { abc: 1, abcd: 2, Foo: 3 }, [['Foo', 'abc', 'abcd']]],
    ['keys', [42, 3, 35], [[0, 1, 2]]],
    ['map(has("foo"))', [{ foo: 42 }, {}], [[true, false]]],
    ['map(.[0])', [[1], [2]], [[1, 2]]],
    ['add', ['a', 'b', 'c'], ['abc']],
    ['add', [1, 2, 3], [6]],
    ['add', [], [null]],
    ['map(select(. >= 2))', [1, 5, 3, 0, 7], [[5, 3, 7]]],
    ['.[] | tonumber', [1, '1'], [1, 1]],
    ['.[] | tostring', [1, '1', [1]], ['1', '1', '[1]']],
    ['map(type)', [0, false, [], {}, null, 'hello'], [['number', 'boolean', 'array', 'object', 'null', 'string']]],
    ['sort', [8, 3, null, 6], [[null, 3, 6, 8]]],
    ['unique', [1, 2, 5, 3, 5, 3, 1, 3], [[1, 2, 3, 5]]],
    ['reverse', [1, 2, 3, 4], [[4, 3, 2, 1]]],
    ['join(", ")', ['a', 'b,c,d', 'e'], ['a, b,c,d, e']],
    ['min', [5, 4, 2, 7], [2]],
    ['(.a == 1) | not', { a: 1 }, [false]],
    ['.items[] | select(.price > 10) | .name', STORE, ['ink']],
    ['."two words".deep', STORE, [null]],
    ['.items[0].tags | length', STORE, [2]],
  ])('%s', (filter, input, outputs) => {
    expect(parseJq(filter)(input)).toEqual(outputs);
  });

  test.each(['', '.a |', '.[', 'def f: .; f', 'recurse', '.a b', '$x', '('.repeat(50), `.${'a'.repeat(2_000)}`])(
    'refuses %s',
    (filter) => expect(() => parseJq(filter)({ a: 1 })).toThrow(InvalidValue),
  );

  test('does not reach what objects inherit', () => {
    expect(parseJq('.constructor')({})).toEqual([null]);
    expect(parseJq('.["__proto__"]')({})).toEqual([null]);
    expect(() => parseJq('toString')({})).toThrow(InvalidValue);
  });
});

const TEXTS = [
  '{"a":[1,2,{"b":"x"}]}',
  '[]',
  '[1,[2,3],null]',
  '{}',
  '"text"',
  'null',
  '{"a":null,"ß":"é"}',
  '{"b":{"c":[true]}}',
];

describe('parts of JSON are as DuckDB has them', () => {
  test.each([
    ['json_array_length', "case when json_type(a) = 'ARRAY' then json_array_length(a) end"],
    ['json_object_keys', "case when json_type(a) = 'OBJECT' then json_keys(a) end"],
  ])('%s', async (name, sql) => {
    const call: Expression = { kind: 'function', name, arguments: [{ kind: 'column', name: 'a' }] };
    const rows = TEXTS.map((text) => [text]);
    for (const { ours, theirs, row } of await compared({ types: [utf8], rows, call, sql })) {
      expect(typeof ours === 'bigint' ? Number(ours) : ours, String(row[0])).toEqual(
        typeof theirs === 'bigint' ? Number(theirs) : theirs,
      );
    }
  });

  test.each(['$.a', '$.a[0]', '$.a[2].b', '$.b.c', '$.z', '$'])('json_extract of %s', async (path) => {
    const given: Expression[] = [
      { kind: 'column', name: columnName(0) },
      { kind: 'literal', type: utf8, value: path },
    ];
    const rows = TEXTS.map((text) => [text]);
    const call: Expression = { kind: 'function', name: 'json_extract', arguments: given };
    const sql = `case when json_type(json_extract(a, '${path}')) <> 'NULL' then json_extract_string(a, '${path}') end`;
    for (const { ours, theirs, row } of await compared({ types: [utf8], rows, call, sql })) {
      expect(ours, String(row[0])).toEqual(theirs);
    }
  });
});

test('what is nested too deeply is refused, and does not end the process', async () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const { FUNCTIONS } = await import('../../../src/expressions/functions/registry.ts');
  const jq = FUNCTIONS.get('jq');
  const evaluate = jq?.prepare({ types: [utf8, utf8], literals: [undefined, '.'], result: utf8 });
  try {
    const result = evaluate?.(deep, '.');
    expect(result === null || typeof result === 'string').toBe(true);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidValue);
  }
});
