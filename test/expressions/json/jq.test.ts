/** Filters over JSON texts, and what they give as JSON texts: for most what the manual of jq 1.8 says. */

import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../../src/errors.ts';
import { parseJq } from '../../../src/expressions/json/jq-parser.ts';
import { jsonText, parseJson } from '../../../src/expressions/json/json-text.ts';

const given = (filter: string, json: string): string => parseJq(filter)(parseJson(json)).map(jsonText).join(' ');

const STORE =
  '{"items":[{"name":"pen","price":2.5,"tags":["a","b"]},{"name":"ink","price":12,"tags":[]}],"two words":{"deep":null}}';

describe('filters', () => {
  test.each<[filter: string, input: string, outputs: string]>([
    ['.', '"Hello, world!"', '"Hello, world!"'],
    ['.foo', '{"foo": 42, "bar": "less interesting data"}', '42'],
    ['.foo', '{"notfoo": true, "alsonotfoo": false}', 'null'],
    ['.["foo"]', '{"foo": 42}', '42'],
    ['.foo?', '{"foo": 42}', '42'],
    ['[.foo?]', '[1,2]', '[]'],
    ['.foo.bar', '{"foo":{"bar":1}}', '1'],
    ['."two words".deep', STORE, 'null'],
    ['.[0]', '[{"name":"JSON", "good":true}, {"name":"XML", "good":false}]', '{"name":"JSON","good":true}'],
    ['.[2]', '[1]', 'null'],
    ['.[-2]', '[1,2,3]', '2'],
    ['.[-9]', '[1,2,3]', 'null'],
    ['.[2:4]', '["a","b","c","d","e"]', '["c","d"]'],
    ['.[2:4]', '"abcdefghi"', '"cd"'],
    ['.[:3]', '["a","b","c","d","e"]', '["a","b","c"]'],
    ['.[-2:]', '["a","b","c","d","e"]', '["d","e"]'],
    ['.[1:2]', '"\u{1F600}\u{1F601}x"', '"\u{1F601}"'],
    ['.[]', '[{"name":"JSON"}, 1]', '{"name":"JSON"} 1'],
    ['.[]', '{"a": 1, "b": 1}', '1 1'],
    ['.[]?', '1', ''],
    ['.foo, .bar', '{"foo": 42, "bar": "x"}', '42 "x"'],
    ['.items[].name', STORE, '"pen" "ink"'],
    ['.items[] | select(.price > 10) | .name', STORE, '"ink"'],
    ['.user, .projects[]', '{"user":"stedolan", "projects": ["jq", "wikiflow"]}', '"stedolan" "jq" "wikiflow"'],
    ['(. + 2) * 5', '1', '15'],
    ['[.user, .projects[]]', '{"user":"stedolan", "projects": ["jq", "wikiflow"]}', '["stedolan","jq","wikiflow"]'],
    ['[ .[] | . * 2]', '[1, 2, 3]', '[2,4,6]'],
    [
      '{user, title: .titles[]}',
      '{"user":"s","titles":["a", "b"]}',
      '{"user":"s","title":"a"} {"user":"s","title":"b"}',
    ],
    ['{(.user): .titles}', '{"user":"s","titles":[1]}', '{"s":[1]}'],
    ['{"a b", c: (1, 2)}', '{"a b": 0}', '{"a b":0,"c":1} {"a b":0,"c":2}'],
    ['[..]', '[[{"a":1}]]', '[[[{"a":1}]],[{"a":1}],{"a":1},1]'],
    ['.. | .a?', '[[{"a":1}]]', '1'],
    ['.a + 1', '{"a": 7}', '8'],
    ['.a + .b', '{"a": [1,2], "b": [3,4]}', '[1,2,3,4]'],
    ['.a + null', '{"a": 1}', '1'],
    ['{a: 1} + {b: 2} + {a: 42}', 'null', '{"a":42,"b":2}'],
    ['4 - .a', '{"a":3}', '1'],
    ['. - ["xml", "yaml"]', '["xml", "yaml", "json"]', '["json"]'],
    ['10 / . * 3', '5', '6'],
    ['. / ", "', '"a, b,c,d, e"', '["a","b,c,d","e"]'],
    ['{"k": {"a": 1, "b": 2}} * {"k": {"a": 0,"c": 3}}', 'null', '{"k":{"a":0,"b":2,"c":3}}'],
    ['5 % -2, -5 % 2', 'null', '1 -1'],
    ['.[] | length', '[[1,2], "string", {"a":2}, null, -5]', '2 6 1 0 5'],
    ['"\u{1F600}e\u0301" | length, utf8bytelength', 'null', '3 7'],
    ['keys', '{"abc": 1, "abcd": 2, "Foo": 3}', '["Foo","abc","abcd"]'],
    ['keys_unsorted', '{"b": 1, "a": 2}', '["b","a"]'],
    ['keys', '[42,3,35]', '[0,1,2]'],
    ['map(has("foo"))', '[{"foo": 42}, {}]', '[true,false]'],
    ['map(has(2))', '[[0,1], ["a","b","c"]]', '[false,true]'],
    ['map(.+1)', '[1,2,3]', '[2,3,4]'],
    ['map(., .)', '[1,2]', '[1,1,2,2]'],
    ['map_values(. // empty)', '{"a": null, "b": true, "c": false}', '{"b":true}'],
    ['to_entries', '{"a": 1, "b": 2}', '[{"key":"a","value":1},{"key":"b","value":2}]'],
    ['from_entries', '[{"key":"a", "value":1}, {"k":"b", "v":2}, {"name":"c"}]', '{"a":1,"b":2,"c":null}'],
    ['with_entries(select(.value > 1))', '{"a": 1, "b": 2}', '{"b":2}'],
    ['[.[] | select(. >= 2)]', '[1,5,3,0,7]', '[5,3,7]'],
    ['.[] | numbers, strings', '[1,"a",null]', '1 "a"'],
    ['map(values)', '[1,null,false]', '[1,false]'],
    ['[1, empty, 2]', 'null', '[1,2]'],
    ['add', '["a","b","c"]', '"abc"'],
    ['add', '[1, 2, 3]', '6'],
    ['add', '[[1],null,[2,3]]', '[1,2,3]'],
    ['add', '[]', 'null'],
    ['any, all', '[true, false]', 'true false'],
    ['any, all', '[]', 'false true'],
    ['any(. > 2), all(. > 0)', '[1,2,3]', 'true true'],
    ['flatten', '[1, [2], [[3]]]', '[1,2,3]'],
    ['flatten(1)', '[1, [2], [[3]]]', '[1,2,[3]]'],
    ['floor, ceil, round', '-2.5', '-3 -2 -3'],
    ['.[] | tostring', '[1, "1", [1]]', '"1" "1" "[1]"'],
    ['.[] | tonumber', '[1, "1", "0.50"]', '1 1 0.50'],
    ['map(type)', '[0, false, [], {}, null, "hello"]', '["number","boolean","array","object","null","string"]'],
    ['sort', '[8,3,null,6]', '[null,3,6,8]'],
    ['sort', '[{"a":1},[2],"b","B",true,false,1]', '[false,true,1,"B","b",[2],{"a":1}]'],
    ['sort_by(.foo)', '[{"foo":4}, {"foo":3}, {"foo":2}]', '[{"foo":2},{"foo":3},{"foo":4}]'],
    ['sort_by(.a, .b)', '[{"a":1,"b":2},{"a":1,"b":1}]', '[{"a":1,"b":1},{"a":1,"b":2}]'],
    ['group_by(.a)', '[{"a":1,"b":0},{"a":3},{"a":1}]', '[[{"a":1,"b":0},{"a":1}],[{"a":3}]]'],
    ['min, max', '[5,4,2,7]', '2 7'],
    ['max_by(.foo)', '[{"foo":1,"n":1}, {"foo":2,"n":2}, {"foo":2,"n":3}]', '{"foo":2,"n":3}'],
    ['min_by(.foo)', '[]', 'null'],
    ['unique', '[1,2,5,3,5,3,1,3]', '[1,2,3,5]'],
    ['unique_by(length)', '["chunky", "bacon", "kitten", "asparagus"]', '["bacon","chunky","asparagus"]'],
    ['reverse', '[1,2,3,4]', '[4,3,2,1]'],
    ['contains("bar")', '"foobar"', 'true'],
    ['contains(["baz", "bar"])', '["foobar", "foobaz", "blarp"]', 'true'],
    ['contains({foo: 12, bar: [{barp: 15}]})', '{"foo": 12, "bar":[1,2,{"barp":12, "blip":13}]}', 'false'],
    ['inside("foobar")', '"bar"', 'true'],
    ['[.[] | startswith("foo")]', '["fo", "foo", "barfoo"]', '[false,true,false]'],
    ['[.[] | ltrimstr("foo")]', '["fo", "foo", "foobar"]', '["fo","","bar"]'],
    ['[.[] | rtrimstr("foo")]', '["foo", "barfoo"]', '["","bar"]'],
    ['join(", ")', '["a","b,c,d","e"]', '"a, b,c,d, e"'],
    ['join(" ")', '["a",1,2.3,true,null,false]', '"a 1 2.3 true  false"'],
    ['split(", ")', '"a, b,c,d, e, "', '["a","b,c,d","e",""]'],
    ['ascii_upcase, ascii_downcase', '"useful but not for é"', '"USEFUL BUT NOT FOR é" "useful but not for é"'],
    ['tojson | fromjson', '{"a":[1.50]}', '{"a":[1.50]}'],
    ['first, last', '[1,2,3]', '1 3'],
    ['first(.[]), last(.[])', '[1,2,3]', '1 3'],
    ['. == false', 'null', 'false'],
    ['.[] == 1', '[1, 1.0, "1", "banana"]', 'true true false false'],
    ['if . == 0 then "zero" elif . == 1 then "one" else "many" end', '2', '"many"'],
    ['if . then "yes" end', 'false', 'false'],
    ['42 and "a string"', 'null', 'true'],
    ['(true, false) or false', 'null', 'true false'],
    ['(true, true) and (true, false)', 'null', 'true false true false'],
    ['[true, false | not]', 'null', '[false,true]'],
    ['.foo // 42', '{}', '42'],
    ['(false, null, 1) // 42', 'null', '1'],
    ['(false, null) // 42', 'null', '42'],
    ['empty // 42', 'null', '42'],
    ['1 // 2 // 3', 'null', '1'],
    ['[.[] | (.a)?]', '[{"a":1}, 3, {"a":2}]', '[1,2]'],
    ['.a.["b"].c', '{"a":{"b":{"c":1}}}', '1'],
    ['.[.key]', '{"key":"x","x":5}', '5'],
    ['.[(0, 1)]', '["a","b"]', '"a" "b"'],
    ['-.a', '{"a":1}', '-1'],
    ['. # a comment', '1', '1'],
    ['1 + 2 * 3 - 4 / 2 == 5 and true', 'null', 'true'],
    ['.and.or', '{"and":{"or":1}}', '1'],
    ['{n: .a | length, a}', '{"a":[1,2]}', '{"n":2,"a":[1,2]}'],
    ['{if: 1, and: 2}', 'null', '{"if":1,"and":2}'],
  ])('%s of %s', (filter, input, outputs) => {
    expect(given(filter, input)).toBe(outputs);
  });

  test('numbers keep their digits, and are compared by all of them', () => {
    expect(given('.[]', '[1.0, 1e3, 12345678901234567890, -0, 0.10]')).toBe('1.0 1e3 12345678901234567890 -0 0.10');
    expect(given('.[] | select(. == 9007199254740993)', '[9007199254740992, 9007199254740993]')).toBe(
      '9007199254740993',
    );
    expect(given('sort', '[1e400, 12345678901234567891, 12345678901234567890, -1e400]')).toBe(
      '[-1e400,12345678901234567890,12345678901234567891,1e400]',
    );
    expect(given('.[0] == .[1], .[0] < .[2]', '[100e-2, 1.0, 1.00000000000000000001]')).toBe('true true');
    // Computed with, they are float64, as in jq.
    expect(given('. + 1', '9007199254740993')).toBe('9007199254740992');
  });

  test('objects keep the order of their keys, numbers among them', () => {
    expect(given('.', '{"b":1,"2":2,"1":3,"__proto__":4,"b":5}')).toBe('{"b":5,"2":2,"1":3,"__proto__":4}');
    expect(given('.__proto__, .constructor', '{}')).toBe('null null');
  });
});

describe('what is not offered, or is no filter, is refused', () => {
  test.each([
    '',
    '.a |',
    '| .a',
    '.[',
    '.a b',
    '$x',
    '. as $x | $x',
    'def f: .; f',
    'reduce .[] as $x (0; . + $x)',
    'range(10)',
    'limit(1; .)',
    'input',
    'env',
    'now',
    '$ENV',
    '@base64',
    '.a = 1',
    '.a |= 1',
    '.a += 1',
    '.a //= 1',
    '"\\(1)"',
    'map',
    'length(.)',
    'map(.;.)',
    'toString',
    'constructor',
    '"\\ud800',
    '{a:}',
    'if . then 1',
    '1 == 1 == 1',
    '[1',
    '{(1)}',
    `${'('.repeat(50)}.${')'.repeat(50)}`,
    `.${'a'.repeat(2_000)}`,
  ])('%s', (filter) => {
    expect(() => parseJq(filter)).toThrow(InvalidValue);
  });
});

describe('what has no meaning for a value is an error', () => {
  test.each([
    ['.a', '[1]'],
    ['.[0]', '{}'],
    ['.["a"]', '"text"'],
    ['.[]', '1'],
    ['keys', '"a"'],
    ['. + 1', '"a"'],
    ['1 / .', '0'],
    ['1 % .', '0.5'],
    ['length', 'true'],
    ['sort', '{}'],
    ['add', '[1, "a"]'],
    ['tonumber', '"x"'],
    ['{(.): 1}', '1'],
    ['join(",")', '[[1]]'],
    ['fromjson', '"{"'],
    ['contains("a")', '1'],
    ['ltrimstr("a")', '1'],
    ['- .', '"a"'],
    ['.[1:"a"]', '[1]'],
    ['flatten(-1)', '[1]'],
    ['(.a) // 1', '[]'],
  ])('%s of %s', (filter, input) => {
    expect(() => given(filter, input)).toThrow(InvalidValue);
    expect(given(`[(${filter})?]`, input)).toBe('[]');
  });

  test('what is refused behind a ? is not held back by it', () => {
    expect(() => given('.[]? | .a', '[1]')).toThrow(InvalidValue);
    expect(() => given('(.a?) | keys', '{}')).toThrow(InvalidValue);
    expect(() => given('.a.b?', '[1]')).toThrow(InvalidValue);
  });
});

describe('no filter takes long, or makes much', () => {
  const times = (filter: string, count: number): string => Array.from({ length: count }, () => filter).join(' | ');
  const deep = `${'['.repeat(1_000)}${']'.repeat(1_000)}`;
  const many = `[${'1,'.repeat(4_999)}1]`;
  test.each([
    ['twice and twice again', times('(., .)', 100), '1'],
    ['lists of lists', times('[., .]', 100), '1'],
    ['objects of objects', times('{a: ., b: .}', 60), '1'],
    ['longer and longer', times('. + .', 140), '"abc"'],
    ['longer and longer arrays', times('. + .', 140), '[1]'],
    ['everything of everything', times('..', 40), deep],
    ['everything with everything', '[.[] == .[]]', many],
    ['equal ones that were made apart', `(${times('[., .]', 40)}) == (${times('[., .]', 40)})`, '1'],
    ['caught and tried again', times('(., .)?', 80), '1'],
    ['differences of long arrays', '. - .', many],
  ])('%s', (_, filter, input) => {
    expect(() => given(filter, input)).toThrow(InvalidValue);
  });

  test('what is large and straightforward is done', () => {
    const rows = `[${Array.from({ length: 20_000 }, (_, n) => `{"id":${n},"tags":["a","b"]}`).join()}]`;
    expect(given('[.[] | select(.id % 1000 == 0) | .id] | length', rows)).toBe('20');
    expect(given('map(.tags[]) | unique', rows)).toBe('["a","b"]');
    expect(given('length', JSON.stringify('x'.repeat(4_000_000)))).toBe('4000000');
  });
});
