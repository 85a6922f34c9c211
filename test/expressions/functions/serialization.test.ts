import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import {
  type DataType,
  decimal,
  fixedSizeList,
  float16,
  float32,
  float64,
  int8,
  int32,
  int64,
  list,
  map,
  struct,
  timestamp,
  typeName,
  utf8,
} from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidValue } from '../../../src/errors.ts';
import { type JsonValue, valueToJson } from '../../../src/expressions/literal.ts';
import { anyType, anyValue } from '../../support/arbitrary-values.ts';
import { call, col, evaluated, lit, problemsOf, shown } from './calls.ts';
import { compared } from './duckdb-agreement.ts';

const JSON_FORMAT = lit(utf8, 'json');
const serialized = (type: DataType, value: Value): string =>
  evaluated([type], [value], call('serialize', col('a'), JSON_FORMAT)) as string;
const read = (text: string, type: DataType): Value =>
  evaluated([utf8], [text], call('deserialize', col('a'), JSON_FORMAT, lit(type, null)));
const tried = (text: string, type: DataType): Value =>
  evaluated([utf8], [text], call('try_deserialize', col('a'), JSON_FORMAT, lit(type, null)));

describe('what is serialized is read back', () => {
  test('for values of every type, and is JSON', () => {
    const typed = anyType(2)
      .filter((type) => !typeName(type).includes('null'))
      .chain((type) => anyValue(type, false).map((value) => ({ type, value })));
    fc.assert(
      fc.property(typed, ({ type, value }) => {
        const text = serialized(type, value);
        expect(() => JSON.parse(text), text).not.toThrow();
        // Keys that a map has twice are one key of an object.
        if (text.includes('{') && typeName(type).includes('map')) return;
        expect(valueToJson(read(text, type), type), `${typeName(type)}: ${text}`).toEqual(valueToJson(value, type));
        expect(tried(text, type)).toEqual(read(text, type));
      }),
      { numRuns: 600, seed: 21 },
    );
  });

  test.each<[string, DataType, JsonValue, string]>([
    ['int64', int64, '9223372036854775807', '9223372036854775807'],
    ['uint64', types.uint64, '18446744073709551615', '18446744073709551615'],
    ['decimals', decimal(38, 10), '1234567890123456789012345678.0000000010', '1234567890123456789012345678.0000000010'],
    ['floats', float64, 1, '1.0'],
    ['tiny floats', float64, 5e-324, '5e-324'],
    ['minus zero', float64, '-0', '-0.0'],
    ['float32', float32, 0.1, '0.1'],
    ['float16', float16, 0.1, '0.1'],
    ['infinity', float64, '-Infinity', '"-Infinity"'],
    ['texts', utf8, 'a"b\u0001\u2028é', '"a\\"b\\u0001\u2028é"'],
    ['timestamps', timestamp('us', 'UTC'), '2001-01-31T08:00:00.5Z', '"2001-01-31T08:00:00.5Z"'],
    ['structs with nulls', struct(field('b', int32), field('a', utf8)), { b: null, a: 'x' }, '{"b":null,"a":"x"}'],
    [
      'maps of texts',
      map(utf8, int32),
      [
        ['10', 1],
        ['9', null],
      ],
      '{"10":1,"9":null}',
    ],
    ['maps of others', map(int32, utf8), [[2, 'b']], '[[2,"b"]]'],
    ['lists of nothing', list(int32), [null], '[null]'],
  ])('%s', (_, type, value, text) => {
    expect(shown(call('serialize', lit(type, value)))).toBe(`utf8: ${JSON.stringify(text)}`);
    expect(valueToJson(read(text, type), type)).toEqual(valueToJson(read(text, type), type));
  });

  const NESTED = struct(field('a', list(int64)), field('b c', map(utf8, types.bool)), field('d', utf8));
  test.each<[DataType, readonly Value[]]>([
    [int64, [0n, -(2n ** 63n), null]],
    [utf8, ['', 'ß"\\', null, '\u{1F600}\n']],
    [float64, [0.5, -1, 1e15, null]],
    [types.bool, [true, false]],
    [types.date, [0, -1]],
    [
      NESTED,
      [
        [[1n, null], [['x', true]], 'q'],
        [null, null, null],
        [[], [], ''],
      ],
    ],
  ])('as DuckDB writes it: %o', async (type, values) => {
    const rows = values.map((value) => [value]);
    const sql = 'case when a is null then null else to_json(a)::varchar end';
    for (const { ours, theirs } of await compared({ types: [type], rows, call: call('to_json', col('a')), sql })) {
      expect(ours).toEqual(theirs);
    }
  });
});

describe('what is read', () => {
  test.each<[string, string, DataType, JsonValue]>([
    ['whole numbers in any form', '[1, 1.0, 1e2, "7", -0]', list(int32), [1, 1, 100, 7, 0]],
    ['numbers to the last digit', '9007199254740993', int64, '9007199254740993'],
    [
      'decimals with fewer digits',
      '[1.5, 2, "3.10", 1e-1, 0.0e5]',
      list(decimal(5, 2)),
      ['1.50', '2.00', '3.10', '0.10', '0.00'],
    ],
    ['floats from whole numbers', '[1, 100e-2]', list(float64), [1, 1]],
    ['names of floats', '["NaN", "Infinity"]', list(float64), ['NaN', 'Infinity']],
    [
      'fields in any order, more and fewer',
      '{"z":[],"b":"x"}',
      struct(field('a', int32), field('b', utf8)),
      { a: null, b: 'x' },
    ],
    [
      'text from anything',
      '[1.50, true, {"b":[1]}, [2], "x", null]',
      list(utf8),
      ['1.50', 'true', '{"b":[1]}', '[2]', 'x', null],
    ],
    [
      'maps from objects',
      '{"1":"a","2":null}',
      map(int32, utf8),
      [
        [1, 'a'],
        [2, null],
      ],
    ],
    ['maps of dates from objects', '{"2001-01-31":1}', map(types.date, int32), [['2001-01-31', 1]]],
    ['maps of bools from objects', '{"true":1}', map(types.bool, int32), [[true, 1]]],
    ['maps from pairs', '[["a",1]]', map(utf8, int32), [['a', 1]]],
    ['null', ' null ', list(int32), null],
  ])('%s', (_, text, type, value) => {
    expect(valueToJson(read(text, type), type)).toEqual(value);
  });

  test.each<[string, string, DataType, string]>([
    ['no JSON', '{"a":', struct(field('a', int32)), 'no JSON'],
    ['a number beyond its type', '[1, 128]', list(int8), '128 at $[1] is no int8'],
    ['a fraction', '1.5', int64, '1.5 at $ is no int64'],
    ['a huge exponent', '1e999999999', int64, 'is no int64'],
    ['a tiny exponent', '1e-999999999', decimal(38, 10), 'is no decimal'],
    ['digits that would be lost', '{"x":1.005}', struct(field('x', decimal(5, 2))), '1.005 at $.x is no decimal(5, 2)'],
    ['a number beyond float64', '1e400', float64, 'is no float64'],
    ['a number beyond float32', '1e39', float32, 'is no float32'],
    ['a text for a number', '"x"', int32, '"x" at $ is no int32'],
    ['a number for a bool', '1', types.bool, 'is no bool'],
    ['an object for a list', '{}', list(int32), '{} at $ is no list'],
    ['a list for a struct', '[]', struct(field('a', int32)), '[] at $ is no struct'],
    ['a list of another length', '{"v":[1]}', struct(field('v', fixedSizeList(int32, 2))), '$.v'],
    ['a date that there is not', '{"a b":["2001-02-30"]}', struct(field('a b', list(types.date))), '$["a b"][0]'],
    ['a pair that is none', '[["a"]]', map(utf8, int32), '$[0]'],
    ['a key that is null', '[[null,1]]', map(utf8, int32), '$[0] is null'],
    ['a field that may not be null', '{}', struct(field('a', int32, false)), 'may not be null'],
  ])('%s is an error, or null where it is tried', (_, text, type, message) => {
    expect(() => read(text, type)).toThrow(InvalidValue);
    expect(() => read(text, type)).toThrow(message);
    expect(() => read(text, type)).toThrow(/^row 1: /);
    expect(tried(text, type)).toBeNull();
  });

  test('the type is a literal that is null, and the format is json', () => {
    const of = (...given: readonly [DataType, JsonValue]): string =>
      problemsOf([utf8], call('deserialize', col('a'), JSON_FORMAT, lit(...given))).join();
    expect(of(int32, 1)).toContain('a literal of that type that is null');
    expect(of(types.nullType, null)).toContain('a literal of that type that is null');
    expect(problemsOf([utf8], call('deserialize', col('a'), lit(utf8, 'xml'), lit(int32, null))).join()).toContain(
      'json',
    );
    expect(problemsOf([utf8], call('serialize', col('a'), lit(utf8, 'csv'))).join()).toContain('json');
  });
});
