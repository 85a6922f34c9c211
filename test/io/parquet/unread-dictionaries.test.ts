/** Chunks that go over from codes to values: their dictionary is not decoded for pages of values. */

import { readFileSync, writeFileSync } from 'node:fs';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { expect, test } from 'vitest';
import { MalformedFile } from '../../../src/errors.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import { col, int, op } from '../../support/plans.ts';
import { bound, type ScanResult, scanRows, schemaOf, temporaryDirectory, uriOf } from './scan-file.ts';

const path = `${temporaryDirectory()}/fallen-back.parquet`;
const COUNT = 40_000;
const textOf = (i: number): string => `text ${(i * 7919) % COUNT}`;

test('a dictionary that cannot be decoded is missed by pages of codes alone', async () => {
  const numbers = Array.from({ length: COUNT }, (_, i) => i);
  const table = tableFromArrays({ n: BigInt64Array.from(numbers, (i) => BigInt(i)), t: numbers.map(textOf) });
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.SNAPPY)
    .setColumnDictionaryEnabled('n', false)
    .setDictionaryPageSizeLimit(50_000)
    .setDataPageSizeLimit(20_000)
    .setWriteBatchSize(500)
    .build();
  const bytes = writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties);
  const chunk = parquetMetadata(bytes.slice().buffer).row_groups[0]?.columns[1]?.meta_data;
  const [start, end] = [Number(chunk?.dictionary_page_offset), Number(chunk?.data_page_offset)];
  expect(end - start).toBeGreaterThan(10_000);
  // The header is left as it is: it has no more than 40 bytes.
  writeFileSync(path, bytes.fill(0, start + 40, end));
  expect(readFileSync(path).byteLength).toBe(bytes.byteLength);

  const schema = await schemaOf(fileStore(), uriOf(path));
  const from = (least: number): Promise<ScanResult> =>
    scanRows(uriOf(path), { readSchema: schema, filter: bound(op(col('n'), '>=', int(least)), schema) });
  const { rows } = await from(39_000);
  expect(rows.slice(-1000)).toEqual(numbers.slice(-1000).map((i) => [BigInt(i), textOf(i)]));
  expect(rows.length).toBeLessThan(10_000);
  await expect(from(100)).rejects.toThrow(MalformedFile);
});
