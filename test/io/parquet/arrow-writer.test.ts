/** Files of arrow-rs, by parquet-wasm: both page versions, every codec, dictionaries that are given up, and other encodings. */

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Table as ArrowTable, Bool, Float64, Int32, Int64, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { Compression, Encoding, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import { parquetMetadataOf, scanRows, temporaryDirectory, uriOf } from './scan-file.ts';

const directory = temporaryDirectory();
const ROWS = 20_000;

const rows = Array.from({ length: ROWS }, (_, i) => ({
  n: i % 11 === 0 ? null : i < ROWS / 2 ? i % 50 : i * 13,
  big: BigInt(i) * 1_000_000_007n,
  x: i % 5 === 0 ? null : i / 8,
  b: i % 13 === 0 ? null : i % 3 === 0,
  t: i % 7 === 0 ? null : i < ROWS / 2 ? `k${i % 40}` : `text number ${i}`,
}));

const table = new ArrowTable({
  n: vectorFromArray(
    rows.map(({ n }) => n),
    new Int32(),
  ),
  big: vectorFromArray(
    rows.map(({ big }) => big),
    new Int64(),
  ),
  x: vectorFromArray(
    rows.map(({ x }) => x),
    new Float64(),
  ),
  b: vectorFromArray(
    rows.map(({ b }) => b),
    new Bool(),
  ),
  t: vectorFromArray(
    rows.map(({ t }) => t),
    new Utf8(),
  ),
});
const expected = rows.map(({ n, big, x, b, t }) => [n, big, x, b, t]);

function write(name: string, configure: (properties: WriterPropertiesBuilder) => WriterPropertiesBuilder): string {
  const path = join(directory, name);
  const properties = configure(new WriterPropertiesBuilder()).build();
  writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
  return path;
}

describe.each([
  ['v1', WriterVersion.V1],
  ['v2', WriterVersion.V2],
] as const)('data pages %s', (name, version) => {
  for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI', 'LZ4', 'LZ4_RAW'] as const) {
    test(codec, async () => {
      const path = write(`${name}-${codec}.parquet`, (p) =>
        p
          .setWriterVersion(version)
          .setCompression(Compression[codec])
          .setMaxRowGroupSize(8000)
          .setDataPageSizeLimit(9000),
      );
      expect((await scanRows(uriOf(path))).rows).toEqual(expected);
    });
  }

  test('chunks that begin with a dictionary and end without', async () => {
    const path = write(`${name}-fallback.parquet`, (p) =>
      p
        .setWriterVersion(version)
        .setEncoding(Encoding.PLAIN)
        .setDictionaryPageSizeLimit(2000)
        .setDataPageSizeLimit(5000)
        .setWriteBatchSize(700),
    );
    const { encodings } = await parquetMetadataOf(path, 't');
    expect(encodings).toEqual(expect.arrayContaining(['RLE_DICTIONARY', 'PLAIN']));
    expect((await scanRows(uriOf(path))).rows).toEqual(expected);
    const skipping = await scanRows(uriOf(path), { limit: 17_001 });
    expect(skipping.rows).toEqual(expected.slice(0, 17_001));
  });

  test('without dictionaries', async () => {
    const path = write(`${name}-plain.parquet`, (p) =>
      p.setWriterVersion(version).setDictionaryEnabled(false).setEncoding(Encoding.PLAIN).setDataPageSizeLimit(7000),
    );
    expect((await scanRows(uriOf(path))).rows).toEqual(expected);
  });
});

describe('other encodings', () => {
  test('delta encodings and streams of bytes, with a column that is missing and one that is wider', async () => {
    const path = write('delta.parquet', (p) =>
      p
        .setDictionaryEnabled(false)
        .setColumnEncoding('n', Encoding.DELTA_BINARY_PACKED)
        .setColumnEncoding('t', Encoding.DELTA_BYTE_ARRAY)
        .setColumnEncoding('x', Encoding.BYTE_STREAM_SPLIT)
        .setMaxRowGroupSize(8000),
    );
    expect((await scanRows(uriOf(path))).rows).toEqual(expected);
    const readSchema = { fields: [field('t', utf8), field('more', utf8), field('n', int64)] };
    const { rows: some, counters } = await scanRows(uriOf(path), { readSchema, rowGroups: [1], limit: 5000 });
    const wanted = rows.slice(8000, 13_000).map(({ t, n }) => [t, null, n === null ? null : BigInt(n)]);
    expect(some).toEqual(wanted);
    expect(counters['bytes read']).toBeLessThan(statSync(path).size);
  });
});
