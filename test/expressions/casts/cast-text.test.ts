/** Values written as text and read again, and what single casts say. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { type DataType, timestamp, typeName } from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { caster } from '../../../src/expressions/cast-value.ts';
import { floatFromText, floatText } from '../../../src/expressions/casts/float-text.ts';
import { roundedTo } from '../../../src/expressions/literal.ts';
import { anyValue } from '../../support/arbitrary-values.ts';
import { fuzzed } from '../../support/fuzz.ts';
import { FLAT, samplesOf } from './cast-samples.ts';

const cast = (value: NonNullable<Value>, from: DataType, to: DataType): Value | undefined => caster(from, to)(value);
const { utf8 } = types;

describe('text', () => {
  const readable = FLAT.filter(({ kind }) => kind !== 'utf8');

  test.each(readable.map((type) => ({ type, name: typeName(type) })))(
    'of $name is read as the same value',
    ({ type }) => {
      const [write, read] = [caster(type, utf8), caster(utf8, type)];
      const check = (value: NonNullable<Value>): void => {
        const text = write(value);
        // Bytes are text only where they are UTF-8.
        if (text === undefined) expect(value).toBeInstanceOf(Uint8Array);
        else expect(read(text), String(text)).toEqual(value);
      };
      for (const value of samplesOf(type)) check(value);
      fc.assert(
        fc.property(anyValue(type, false), (value) => check(value as NonNullable<Value>)),
        fuzzed(60),
      );
    },
  );

  test('of floats is the shortest that is read as the same value', () => {
    const view = (bits: number): DataView => new DataView(Uint32Array.of(bits).buffer);
    const float32s = fc.nat(2 ** 31 - 1).map((bits) => view(bits).getFloat32(0, true));
    const float16s = fc.nat(2 ** 15 - 1).map((bits) => view(bits).getFloat16(0, true));
    const powers = fc.integer({ min: -149, max: 127 }).map((exponent) => 2 ** exponent);
    const cases = [
      [types.float32, fc.oneof(float32s, powers)],
      [types.float16, float16s],
    ] as const;
    for (const [type, values] of cases) {
      fc.assert(
        fc.property(values, (value) => {
          const text = floatText(value, type);
          expect(floatFromText(text, type)).toBe(value);
          const digits = text
            .replace(/e.*/, '')
            .replace(/[.-]/g, '')
            .replace(/^0+|0+$/g, '').length;
          // With a digit less nothing near reads as the value.
          if (digits > 1 && Number.isFinite(value)) {
            const shorter = Number(value.toPrecision(digits - 1));
            expect(roundedTo(type, shorter)).not.toBe(value);
          }
        }),
        fuzzed(400),
      );
    }
  });

  test.each([
    ['1.00000005960464477539062500', 1],
    ['1.00000005960464477539062501', 1.0000001192092896],
    ['-1.00000005960464477539062501', -1.0000001192092896],
    ['340282356779733661637539395458142568447', 3.4028234663852886e38],
    ['340282356779733661637539395458142568448', Infinity],
    ['7.006492321624085e-46', 0],
    [
      `0.${'0'.repeat(45)}7006492321624085354618647916449580656401309709382578858785341419448955413429304`,
      1.401298464324817e-45,
    ],
    [`1.000000059604644775390625${'0'.repeat(900)}1`, 1.0000001192092896],
  ])('%s is rounded to float32 once', (text, value) => {
    expect(cast(text, utf8, types.float32)).toBe(value);
  });

  test('is read in linear time', () => {
    const long = '1'.repeat(2_000_000);
    for (const text of [
      long,
      `0.${long}`,
      `${' '.repeat(2_000_000)}x`,
      `2020-01-02 ${' '.repeat(2_000_000)}`,
      `1 ${' '.repeat(2_000_000)}day`,
    ]) {
      for (const type of FLAT.filter(({ kind }) => kind !== 'binary')) cast(text, utf8, type);
    }
    expect(cast(`0.${long}`, utf8, types.decimal(5, 2))).toBe(11n);
  });
});

describe('a cast', () => {
  const berlin = timestamp('s', 'Europe/Berlin');
  const pair = types.struct(field('a', types.int32), field('b', types.utf8));
  const shaped = types.tensor(types.int32, [1, 2]);
  const free = types.tensor(types.int64);
  const bytes = Uint8Array.of(0xc3, 0xa4);

  test.each<[string, Value, DataType, DataType, Value | undefined]>([
    ['a float to text', 1e20, types.float64, utf8, '1e20'],
    ['a whole float to text', 1, types.float64, utf8, '1.0'],
    ['NaN to text', Number.NaN, types.float32, utf8, 'NaN'],
    ['minus zero to text', -0, types.float64, utf8, '-0.0'],
    ['a date to text', 18_263, types.date, utf8, '2020-01-02'],
    ['a timestamp to text', 1_577_934_245_000_600n, timestamp('us'), utf8, '2020-01-02 03:04:05.0006'],
    ['a timestamp in UTC to text', 1_577_934_245n, timestamp('s', 'UTC'), utf8, '2020-01-02 03:04:05+00'],
    ['a timestamp in a zone to text', 1_577_934_245n, berlin, utf8, '2020-01-02 04:04:05+01'],
    ['in a zone of half hours', 0n, timestamp('s', 'America/St_Johns'), utf8, '1969-12-31 20:30:00-03:30'],
    ['text to a timestamp in a zone', '2020-07-01 12:00:00', utf8, berlin, 1_593_597_600n],
    ['its offset decides', '2020-07-01 12:00:00+00', utf8, berlin, 1_593_604_800n],
    ['a local time to a zone', 1_593_604_800n, timestamp('s'), berlin, 1_593_597_600n],
    ['and back', 1_593_597_600n, berlin, timestamp('ms'), 1_593_604_800_000n],
    ['a local time that comes twice: the later', 1_603_593_000n, timestamp('s'), berlin, 1_603_589_400n],
    ['from zone to zone nothing moves', 5n, berlin, timestamp('s', 'UTC'), 5n],
    ['the date in a zone', 1_577_833_200n, berlin, types.date, 18_262],
    ['the time of day in a zone', 1_577_833_200n, berlin, types.time('us'), 0n],
    ['a date to a zone is its midnight', 18_262, types.date, berlin, 1_577_833_200n],
    ['the time of day before 1970', -1n, timestamp('us'), types.time('ns'), 86_399_999_999_000n],
    ['a duration to coarser cuts towards zero', -1_900n, types.duration('ms'), types.duration('s'), -1n],
    ['a duration to text', -1_500n, types.duration('ms'), utf8, '-00:00:01.5'],
    ['a duration of days to text', 93_600n, types.duration('s'), utf8, '26:00:00'],
    [
      'a duration to an interval',
      93_600n,
      types.duration('s'),
      types.interval,
      { months: 0, days: 0, nanoseconds: 93_600_000_000_000n },
    ],
    ['a duration that no interval holds', 2n ** 40n, types.duration('s'), types.interval, undefined],
    [
      'an interval to a duration',
      { months: 0, days: 1, nanoseconds: 1n },
      types.interval,
      types.duration('s'),
      86_400n,
    ],
    ['months have no length', { months: 1, days: 0, nanoseconds: 0n }, types.interval, types.duration('s'), undefined],
    ['words to a duration', '1 day 2 hours', utf8, types.duration('s'), 93_600n],
    ['a large duration in text', '2562047788015215:30:07', utf8, types.duration('s'), 2n ** 63n - 1n],
    ['ticks to a time of day', 86_400_000_000n, types.int64, types.time('us'), undefined],
    ['bytes to text', bytes, types.binary, utf8, 'ä'],
    ['bytes that are no text', Uint8Array.of(0xff), types.binary, utf8, undefined],
    ['text to bytes of a size', 'ä', utf8, types.fixedSizeBinary(2), bytes],
    ['text to bytes of another size', 'a', utf8, types.fixedSizeBinary(2), undefined],
    ['a list to a size', [1, 2], types.list(types.int32), types.fixedSizeList(types.int8, 2), [1, 2]],
    ['a list of another size', [1], types.list(types.int32), types.fixedSizeList(types.int8, 2), undefined],
    ['a list to an embedding', [1, null], types.list(types.int32), types.embedding(types.float32, 2), [1, null]],
    [
      'a struct by its names',
      [7, 'x'],
      pair,
      types.struct(field('b', utf8), field('z', types.date), field('a', utf8)),
      ['x', null, '7'],
    ],
    ['a struct to text', [7, "it's"], pair, utf8, String.raw`{'a': 7, 'b': 'it\'s'}`],
    [
      'a map to text',
      [
        ['a b', null],
        ['c', 1.5],
      ],
      types.map(utf8, types.float64),
      utf8,
      '{a b=NULL, c=1.5}',
    ],
    ['a list of text to text', ['', 'null', ' a', 'b'], types.list(utf8), utf8, "['', 'null', ' a', b]"],
    [
      'a tensor gets its shape',
      [1, 2],
      shaped,
      free,
      [
        [1n, 2n],
        [1n, 2n],
      ],
    ],
    [
      'a tensor of the shape loses it',
      [
        [1n, 2n],
        [1n, 2n],
      ],
      free,
      shaped,
      [1, 2],
    ],
    ['a tensor of another shape', [[1n, 2n], [2n]], free, shaped, undefined],
    ['a tensor to a list', [1, 2], shaped, types.list(types.int64), [1n, 2n]],
    ['data and shape to a tensor', [[1n], [1n]], types.storageType(free), free, [[1n], [1n]]],
    ['data of another shape', [[1n], [2n]], types.storageType(free), free, undefined],
    ['a file to its parts', ['s3://b/k', null], types.file, types.storageType(types.file), ['s3://b/k', null]],
    ['parts to a file', ['s3://b/k', null], types.storageType(types.file), types.file, ['s3://b/k', null]],
    ['no parts to a file', [null, null], types.storageType(types.file), types.file, undefined],
    [
      'a large integer to float32 rounds once',
      2n ** 60n + 2n ** 36n + 1n,
      types.int64,
      types.float32,
      2 ** 60 + 2 ** 37,
    ],
    ['a float to float16', 1e6, types.float64, types.float16, Infinity],
    ['a float to a decimal rounds its binary value', 1.005, types.float64, types.decimal(5, 2), 100n],
  ])('of %s', (_, value, from, to, want) => {
    expect(cast(value as NonNullable<Value>, from, to)).toEqual(want);
  });

  test('that is tried makes null of parts that do not fit, but refuses a map without a key', () => {
    const tried = (value: NonNullable<Value>, from: DataType, to: DataType) => caster(from, to, true)(value);
    expect(tried(['1', 'x', null], types.list(utf8), types.list(types.int8))).toEqual([1, null, null]);
    expect(tried([300, 'x'], pair, types.struct(field('a', types.int8), field('b', utf8)))).toEqual([null, 'x']);
    expect(tried([['x', 1n]], types.map(utf8, types.int64), types.map(types.int8, types.int64))).toBeUndefined();
    expect(tried([['1', 300n]], types.map(utf8, types.int64), types.map(types.int8, types.int8))).toEqual([[1, null]]);
    const strict = types.struct(field('a', types.int8, false));
    expect(tried([300, 'x'], pair, strict)).toBeUndefined();
    expect(tried([null, 'x'], pair, strict)).toBeUndefined();
  });
});
