/** Hashes are those that others have published. */

import { describe, expect, test } from 'vitest';
import {
  binary,
  type DataType,
  date,
  decimal,
  int32,
  int64,
  time,
  timestamp,
  utf8,
  uuid,
} from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { murmurhash3, xxhash64 } from '../../../src/expressions/functions/hashing.ts';
import { valueBytes } from '../../../src/expressions/functions/value-bytes.ts';
import { valueFromJson } from '../../../src/expressions/literal.ts';
import { query } from '../../support/duckdb.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('XXH64', () => {
  // From the readme of the Python package xxhash.
  test('of a text longer than its blocks', () => {
    expect(xxhash64(bytes('Nobody inspects the spammish repetition'))).toBe(0xfbcea83c8a378bf1n);
    expect(xxhash64(bytes('xxhash'))).toBe(3665147885093898016n);
    expect(xxhash64(bytes('xxhash'), 20141025n)).toBe(13067679811253438005n);
  });
});

describe("the hashes of Iceberg's specification, appendix B", () => {
  test.each<[DataType, string | number, number]>([
    [int32, 34, 2017239379],
    [int64, 34, 2017239379],
    [decimal(9, 2), '14.20', -500754589],
    [date, '2017-11-16', -653330422],
    [time('us'), '22:31:08', -662762989],
    [timestamp('us'), '2017-11-16T22:31:08', -2047944441],
    [timestamp('us'), '2017-11-16T22:31:08.000001', -1207196810],
    [utf8, 'iceberg', 1210000089],
    [uuid, 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    [binary, Buffer.from([0, 1, 2, 3]).toString('base64'), -188683207],
  ])('of %o %s', (type, json, expected) => {
    const value: Value = valueFromJson(json, type) ?? null;
    expect(murmurhash3(valueBytes(value, type))).toBe(expected);
  });
});

test('digests are those of DuckDB', async () => {
  const { createHash } = await import('node:crypto');
  const [row] = await query("select md5('ß é'), sha1('ß é'), sha256('ß é')");
  expect(row).toEqual(['md5', 'sha1', 'sha256'].map((name) => createHash(name).update('ß é').digest('hex')));
});
