import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { difference, isSameType } from './difference.ts';

const POINTS = types.list(types.struct(field('x', types.int64), field('label', types.utf8)));

describe('values beside what pyarrow wrote', () => {
  const cases: [name: string, ours: Value, type: types.DataType, theirs: unknown, difference: string | undefined][] = [
    ['a number', 1, types.int32, 1, undefined],
    ['another number', 1, types.int32, 2, '1, pyarrow has 2'],
    ['a null', null, types.int32, 0, 'null, pyarrow has 0'],
    ['64 bits', 2n ** 63n - 1n, types.int64, '9223372036854775807', undefined],
    [
      'the last of 64 bits',
      2n ** 63n - 2n,
      types.int64,
      '9223372036854775807',
      '"9223372036854775806", pyarrow has "9223372036854775807"',
    ],
    ['NaN', Number.NaN, types.float64, 'NaN', undefined],
    ['an infinity', Number.NEGATIVE_INFINITY, types.float32, 'inf', '"-inf", pyarrow has "inf"'],
    ['the sign of zero', 0, types.float64, -0, '0, pyarrow has -0'],
    ['bytes', Uint8Array.of(255), types.binary, '/w==', undefined],
    ['a word of an enumeration', 'RED', types.utf8, 'UkVE', undefined],
    ['an interval', { months: 1, days: 2, nanoseconds: 3_000_000n }, types.interval, 'AQAAAAIAAAADAAAA', undefined],
    [
      'intervals',
      [{ months: 1, days: 2, nanoseconds: 0n }],
      types.list(types.interval),
      ['AQAAAAIAAAAAAAAA'],
      undefined,
    ],
    [
      'an interval that differs',
      { months: 1, days: 2, nanoseconds: 0n },
      types.interval,
      'AQAAAAIAAAADAAAA',
      '[1,2,"0"], pyarrow has "AQAAAAIAAAADAAAA"',
    ],
    [
      'inside',
      [[1n, 'a'], null],
      POINTS,
      [
        ['1', 'a'],
        ['2', 'b'],
      ],
      '[1] null, pyarrow has ["2","b"]',
    ],
    ['deep inside', [[1n, 'a']], POINTS, [['1', 'b']], '[0] [1] "a", pyarrow has "b"'],
    ['a list that is longer', [[1n, 'a']], POINTS, [], '1 items, pyarrow has 0'],
  ];
  test.each(cases)('%s', (_, ours, type, theirs, wanted) => {
    expect(difference(ours, type, theirs)).toBe(wanted);
  });
});

test('types beside those of pyarrow', () => {
  expect(isSameType(types.timestamp('us', 'UTC'), 'timestamp(us, UTC)')).toBe(true);
  expect(isSameType(types.timestamp('us'), 'timestamp(us, UTC)')).toBe(false);
  expect(isSameType(types.interval, 'fixed-size-binary(12)')).toBe(true);
  expect(isSameType(types.list(types.utf8), 'list(binary)')).toBe(true);
  expect(isSameType(types.int32, 'uint32')).toBe(false);
  expect(isSameType(types.int32, 'null')).toBe(true);
});
