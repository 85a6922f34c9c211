import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../../src/columnar/data-type.ts';
import { InvalidValue } from '../../../src/errors.ts';
import { call, col, evaluated, lit, problemsOf, shown } from './calls.ts';
import { compared } from './duckdb-agreement.ts';

const TEXTS = [
  '{"a":[1,2,{"b":"x"}]}',
  '[]',
  '[1,[2,3],null]',
  '{}',
  '"text"',
  'null',
  ' { "a" : null , "ß":"é\\u00e9\\n" } ',
  '{"b":{"c":[true]}}',
  '{"10":1,"9":2,"a b":{"c/d":"~"}}',
  '1.5',
  '12345678901234567890',
];
const PATHS = [
  '$',
  '$.a',
  '$.a[0]',
  '$.a[2].b',
  '$.a[#-1]',
  '$.b.c',
  '$.b.c[0]',
  '$.z',
  '$[1]',
  '$[1][0]',
  '$."a b"',
  '/a/2/b',
  '/b/c/0',
  '/a b/c~1d',
  'a',
  'ß',
];

describe('parts of JSON are as DuckDB has them', () => {
  const rows = TEXTS.map((text) => [text]);

  test.each([
    ['json_array_length', "case when json_type(a) = 'ARRAY' then json_array_length(a)::bigint end"],
    ['json_object_keys', "case when json_type(a) = 'OBJECT' then json_keys(a) end"],
    ['json_valid', 'json_valid(a)'],
    [
      'json_type',
      "case json_type(a) when 'VARCHAR' then 'string' when 'DOUBLE' then 'number' when 'UBIGINT' then 'number' else lower(json_type(a)) end",
    ],
  ])('%s', async (name, sql) => {
    for (const { ours, theirs, row } of await compared({ types: [utf8], rows, call: call(name, col('a')), sql })) {
      expect(ours, String(row[0])).toEqual(theirs);
    }
  });

  test.each(PATHS)('the value at %s', async (path) => {
    const at = lit(utf8, path);
    const text = call('json_extract_string', col('a'), at);
    const quoted = path.replaceAll("'", "''");
    for (const { ours, theirs, row } of await compared({
      types: [utf8],
      rows,
      call: text,
      sql: `case when json_type(json_extract(a, '${quoted}')) <> 'NULL' then json_extract_string(a, '${quoted}') end`,
    })) {
      expect(ours, String(row[0])).toEqual(theirs);
    }
    const json = call('json_extract', col('a'), at);
    const sql = `json_extract(a, '${quoted}')::varchar`;
    for (const { ours, theirs, row } of await compared({ types: [utf8], rows, call: json, sql })) {
      expect(ours, String(row[0])).toEqual(theirs);
    }
  });

  test('a path that differs from row to row is followed as one that does not', async () => {
    const pairs = TEXTS.flatMap((text) => PATHS.map((path) => [text, path]));
    const both = { types: [utf8, utf8], rows: pairs, call: call('json_extract', col('a'), col('b')) };
    for (const { ours, row } of await compared({ ...both, sql: 'null' })) {
      const [text = null, path = null] = row;
      expect(ours).toEqual(evaluated([utf8], [text], call('json_extract', col('a'), lit(utf8, String(path)))));
    }
  });
});

describe('corners', () => {
  test.each<[string, string]>([
    [shown(call('jq', lit(utf8, '[1, 2.50]'), lit(utf8, '.[]'))), 'utf8: "[1,2.50]"'],
    [shown(call('jq', lit(utf8, '[1]'), lit(utf8, '.[]'))), 'utf8: "1"'],
    [shown(call('jq', lit(utf8, '[]'), lit(utf8, '.[]'))), 'utf8: null'],
    [shown(call('jq', lit(utf8, 'null'), lit(utf8, '.'))), 'utf8: "null"'],
    [shown(call('jq', lit(utf8, '"a"'), lit(utf8, '.'))), 'utf8: "\\"a\\""'],
    [shown(call('json_extract', lit(utf8, 'no JSON'))), 'utf8: null'],
    [shown(call('json_array_length', lit(utf8, '{"a":[1,2]}'), lit(utf8, '$.a'))), 'int64: "2"'],
    [shown(call('json_object_keys', lit(utf8, '{"a":{"c":1,"b":2}}'), lit(utf8, '$.a'))), 'list(utf8): ["c","b"]'],
    [shown(call('json_tuple', lit(utf8, '[1]'), lit(utf8, 'a'))), 'struct(a utf8): null'],
    [
      shown(call('json_tuple', lit(utf8, '{"a":1.0,"a":"x","b":[]}'), lit(utf8, 'a'), lit(utf8, 'b'))),
      'struct(a utf8, b utf8): {"a":"x","b":"[]"}',
    ],
    [shown(call('json_tuple', lit(utf8, '{'), lit(utf8, 'a'))), 'struct(a utf8): null'],
  ])('%s', (given, expected) => expect(given).toBe(expected));

  test('jq of what is no JSON is an error with its place', () => {
    const jq = call('jq', col('a'), lit(utf8, '.a'));
    expect(() => evaluated([utf8], ['{"a":'], jq)).toThrow(/^row 1: jq\(.*no JSON.*character 6/);
    expect(() => evaluated([utf8], ['[]'], jq)).toThrow(InvalidValue);
    expect(evaluated([utf8], [null], jq)).toBeNull();
  });

  test('filters and paths that make no sense are found when they are bound, and those of a column when they are met', () => {
    expect(problemsOf([utf8], call('jq', col('a'), lit(utf8, '.a |'))).join()).toContain('character');
    expect(problemsOf([utf8], call('json_extract', col('a'), lit(utf8, '$.a[x]'))).join()).toContain('character 4');
    expect(problemsOf([utf8], call('json_extract', col('a'), lit(utf8, '$.*'))).join()).toContain('no path');
    expect(problemsOf([int64], call('jq', col('a'), lit(utf8, '.'))).join()).toContain('utf8');
    expect(() => evaluated([utf8, utf8], ['{}', '.a |'], call('jq', col('a'), col('b')))).toThrow(InvalidValue);
    expect(() => evaluated([utf8, utf8], ['{}', '$['], call('json_extract', col('a'), col('b')))).toThrow(InvalidValue);
  });

  test('keys of json_tuple are literals that differ', () => {
    expect(problemsOf([utf8], call('json_tuple', col('a'), col('a')))).toHaveLength(1);
    expect(problemsOf([utf8], call('json_tuple', col('a'), lit(utf8, 'x'), lit(utf8, 'x')))).toHaveLength(1);
  });
});
