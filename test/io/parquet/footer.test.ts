/** Footers: what hyparquet finds in those of several writers, and those that lie. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { Compression, EnabledStatistics, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { MalformedFile, MemoryBudgetExceeded, MillraceError, UnsupportedFile } from '../../../src/errors.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import { leavesOfColumn } from '../../../src/io/parquet/file-column.ts';
import { type ParquetFooter, readFooter } from '../../../src/io/parquet/footer.ts';
import { rowGroupOf } from '../../../src/io/parquet/row-group.ts';
import { type ElementPlaces, readElement, readElementPlaces } from '../../../src/io/parquet/schema-element.ts';
import { ThriftReader, ThriftType } from '../../../src/io/parquet/thrift.ts';
import * as thrift from '../../../src/io/parquet/thrift-writer.ts';
import type { MemoryBudget } from '../../../src/memory/budget.ts';
import { fuzzed, fuzzSeed } from '../../support/fuzz.ts';
import { mutated, scattered } from '../../support/mutate.ts';
import { testBudget } from '../../support/task.ts';
import { temporaryDirectory, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();
const URI = 'memory://bucket/a.parquet';

async function footerOf(file: Uint8Array, memory: MemoryBudget = testBudget()): Promise<ParquetFooter> {
  const store = memoryStore();
  await store.put(URI, file);
  return readFooter({ store, memory, uri: URI });
}

const leavesIn = ({ columns }: ParquetFooter): ReturnType<typeof leavesOfColumn> =>
  columns.all().flatMap(leavesOfColumn);

const fixture = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(`fixtures/${name}.parquet`, import.meta.url)));

async function byDuck(name: string, sql: string, options: string): Promise<Uint8Array> {
  const path = join(directory, `${name}.parquet`);
  await writeByDuck(path, sql, options);
  return new Uint8Array(await readFile(path));
}

const DUCK = `i % 2 = 0 as b, (i % 100)::tinyint as i8, i::uinteger as u32, (i * 1.5)::decimal(9, 2) as d, i::hugeint as h,
  case when i % 3 = 0 then null else 'é' || i end as t, date '2020-01-01' + i::int as day, now()::timestamp as at,
  time '10:00' as clock, uuid() as id, [{'x': i, 'm': map([i], ['v'])}] as nested, i::float as f, 'b'::blob as bytes`;

function byRust(): Uint8Array {
  const table = tableFromArrays({
    n: Int32Array.from({ length: 500 }, (_, i) => i - 250),
    t: Array.from({ length: 500 }, (_, i) => (i % 6 === 0 ? null : `text ${i % 30}`)),
  });
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setMaxRowGroupSize(100)
    .setStatisticsEnabled(EnabledStatistics.Page);
  return writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties.build());
}

const FILES: Record<string, () => Promise<Uint8Array>> = {
  'pyarrow, flat': () => fixture('flat_encoded'),
  'pyarrow, flat, dictionaries': () => fixture('flat_dictionary'),
  'pyarrow, INT96': () => fixture('flat_int96'),
  'pyarrow, nested': () => fixture('nested_dictionary'),
  'DuckDB, three row groups': () => byDuck('groups', `select ${DUCK} from range(5000) r(i)`, 'row_group_size 2048'),
  'arrow-rs, page indexes': async () => byRust(),
};

/** As `hyparquet` reads Thrift: fields by `field_` and their id. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the bytes say.
type Fields = any;

function rawMetadata(file: Uint8Array): Fields {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const bytes = view.getUint32(file.byteLength - 8, true);
  const metadata = file.slice(file.byteLength - 8 - bytes, file.byteLength - 8);
  return deserializeTCompactProtocol({ view: new DataView(metadata.buffer), offset: 0 });
}

describe.each(Object.entries(FILES))('%s', (_, make) => {
  let file: Uint8Array;
  let footer: ParquetFooter;
  beforeAll(async () => {
    file = await make();
    footer = await footerOf(file);
  });

  test('the elements of the schema', () => {
    const reader = new ThriftReader(footer.metadata, 0, footer.metadata.byteLength);
    let places: ElementPlaces | undefined;
    reader.struct((id, type) => {
      if (id === 2) places = readElementPlaces(reader, undefined);
      else reader.skip(type);
    });
    const found = Array.from(places!.at.subarray(1), (at) =>
      readElement(new ThriftReader(footer.metadata, at, footer.metadata.byteLength)),
    );
    const logicalOf = (logical: Fields): unknown => {
      if (logical === undefined) return undefined;
      const { type, bitWidth: bits, isAdjustedToUTC: isUtc, unit, isSigned, precision, scale } = logical;
      const units: Fields = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' };
      return { kind: type === 'NULL' ? 'UNKNOWN' : type, bits, isUtc, unit: units[unit], isSigned, precision, scale };
    };
    const wanted = parquetMetadata(file, { geoparquet: false }).schema.map((element) => ({
      name: element.name,
      physical: element.type,
      typeBytes: element.type_length ?? 0,
      repetition: element.repetition_type,
      childCount: element.num_children ?? 0,
      converted: element.converted_type,
      logical: logicalOf(element.logical_type),
      precision: element.precision,
      scale: element.scale,
    }));
    expect(found).toEqual(wanted.slice(1));
  });

  test('all chunks of all row groups', () => {
    const metadata = parquetMetadata(file, { geoparquet: false });
    const raw = rawMetadata(file).field_4;
    expect(footer.rowGroupCount).toBe(metadata.row_groups.length);
    const place = (start: Fields, byteLength: Fields): unknown =>
      start === undefined ? undefined : { start: Number(start), byteLength: Number(byteLength) };
    for (const [index, group] of metadata.row_groups.entries()) {
      const { rows, chunks } = rowGroupOf(footer, index, leavesIn(footer));
      expect(rows).toBe(Number(group.num_rows));
      const wanted = group.columns.map((column, at) => {
        const chunk = column.meta_data!;
        const stats = raw[index].field_1[at].field_3.field_12;
        const starts = [chunk.dictionary_page_offset, chunk.data_page_offset].filter((start) => start !== undefined);
        return {
          start: Math.min(...starts.map(Number)),
          byteLength: Number(chunk.total_compressed_size),
          // What is not more than is stored may be a writer's slip.
          plainBytes:
            chunk.codec === 'UNCOMPRESSED' || chunk.total_uncompressed_size > chunk.total_compressed_size
              ? Number(chunk.total_uncompressed_size)
              : expect.any(Number),
          values: Number(chunk.num_values),
          codec: chunk.codec,
          encodings: [...new Set(chunk.encodings)],
          columnIndex: place(column.column_index_offset, column.column_index_length),
          offsetIndex: place(column.offset_index_offset, column.offset_index_length),
          bloomStart: chunk.bloom_filter_offset === undefined ? undefined : Number(chunk.bloom_filter_offset),
          statistics: stats && {
            oldMax: stats.field_1,
            oldMin: stats.field_2,
            nullCount: stats.field_3 === undefined ? undefined : Number(stats.field_3),
            max: stats.field_5,
            min: stats.field_6,
          },
        };
      });
      const found = chunks.map(({ bloomFilter, dictionary: _dictionary, dictionaryBytes: _bytes, ...chunk }) => ({
        ...chunk,
        bloomStart: bloomFilter?.start,
      }));
      expect(found).toEqual(wanted);
    }
  });

  test('columns by name are those of all', () => {
    const all = footer.columns.all();
    const names = new Set(all.map(({ name }) => name));
    for (const name of names) expect(footer.columns.named(name)).toEqual(all.filter((column) => column.name === name));
    expect(footer.columns.named('no such column')).toEqual([]);
  });

  test('one chunk is the same as among all', () => {
    const leaves = leavesIn(footer);
    const all = rowGroupOf(footer, 0, leaves).chunks;
    for (const [at, leaf] of leaves.entries()) expect(rowGroupOf(footer, 0, [leaf]).chunks).toEqual([all[at]]);
    expect(rowGroupOf(footer, 0, leaves.toReversed()).chunks).toEqual(all.toReversed());
  });
});

const { struct, int32, int64, text, listOf, thriftBytes } = thrift;

/** A file of nothing but `metadata`, behind some bytes where chunks may be. */
function fileOf(metadata: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.byteLength);
  return Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(1000), metadata, length, Buffer.from('PAR1')]);
}

const ROOT = struct({ 4: text('root'), 5: int32(1) });
const COLUMN = struct({ 1: int32(2), 3: int32(0), 4: text('a') });
const structs = (...of: thrift.ThriftValue[]): thrift.ThriftValue => listOf(ThriftType.struct, of);

/** What a chunk of 10 rows says, but for `other`. */
const chunk = (other: thrift.ThriftFields, outer: thrift.ThriftFields = {}): thrift.ThriftValue => {
  const numbers = { 4: int32(0), 5: int64(10), 6: int64(80), 7: int64(80), 9: int64(4) };
  return struct({ 2: int64(4), 3: struct({ 1: int32(2), ...numbers, ...other }), ...outer });
};

const metadataOf = (fields: thrift.ThriftFields): Uint8Array =>
  thriftBytes({ 1: int32(2), 2: structs(ROOT, COLUMN), 3: int64(10), ...fields });

const groupOf = (...chunks: thrift.ThriftValue[]): thrift.ThriftValue =>
  structs(struct({ 1: structs(...chunks), 2: int64(80), 3: int64(10) }));

describe('what is said of a footer that lies', () => {
  /** Reads all that there is. */
  async function readAll(metadata: Uint8Array, memory?: MemoryBudget): Promise<void> {
    const footer = await footerOf(fileOf(metadata), memory);
    const leaves = leavesIn(footer);
    for (let index = 0; index < footer.rowGroupCount; index += 1) rowGroupOf(footer, index, leaves);
  }

  test('one that does not', async () => {
    await readAll(metadataOf({ 4: groupOf(chunk({})) }));
  });

  test('the greatest text is not believed where the writer cut it off', async () => {
    const bounds = (written: string, greatest: string): Promise<unknown> =>
      footerOf(
        fileOf(
          metadataOf({ 6: text(written), 4: groupOf(chunk({ 12: struct({ 5: text(greatest), 6: text('a') }) })) }),
        ),
      ).then((footer) => {
        const { min, max } = rowGroupOf(footer, 0, leavesIn(footer)).chunks[0]?.statistics ?? {};
        return [min, max].map((bound) => bound && Buffer.from(bound).toString());
      });
    expect(await bounds('hyparquet', 'the dolor the ju')).toEqual(['a', undefined]);
    expect(await bounds('hyparquet', 'the dolor')).toEqual(['a', 'the dolor']);
    expect(await bounds('DuckDB', 'the dolor the ju')).toEqual(['a', 'the dolor the ju']);
  });

  test('nor are column indexes of texts', async () => {
    const indexOf = async (written: string, physical: number): Promise<unknown> => {
      const column = struct({ 1: int32(physical), 3: int32(0), 4: text('a') });
      const group = groupOf(chunk({}, { 6: int64(10), 7: int32(20) }));
      const footer = await footerOf(fileOf(metadataOf({ 2: structs(ROOT, column), 4: group, 6: text(written) })));
      return rowGroupOf(footer, 0, leavesIn(footer)).chunks[0]?.columnIndex;
    };
    const [INT64, BYTE_ARRAY] = [2, 6];
    expect(await indexOf('github.com/segmentio/parquet-go', BYTE_ARRAY)).toBeUndefined();
    expect(await indexOf('github.com/segmentio/parquet-go', INT64)).toEqual({ start: 10, byteLength: 20 });
    expect(await indexOf('DuckDB', BYTE_ARRAY)).toEqual({ start: 10, byteLength: 20 });
  });

  test('a column of which is not said whether it is optional is not', async () => {
    const { columns } = await footerOf(fileOf(metadataOf({ 2: structs(ROOT, struct({ 1: int32(2), 4: text('a') })) })));
    expect(columns.at(0)).toMatchObject({ name: 'a', nullable: false, definition: 0 });
  });

  const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x1c), Buffer.alloc(depth + 1)]);
  const cases: [string, Uint8Array, RegExp][] = [
    ['nothing', Buffer.from([0]), /not well-formed: it has no schema/],
    ['an end too early', metadataOf({}).subarray(0, -3), /not well-formed: the bytes end too early/],
    ['structs in structs', nested(100_000), /not well-formed: structures are nested too deeply/],
    ['lists in lists', Buffer.concat([Buffer.from([0x19]), Buffer.alloc(99_999, 0x19)]), /nested too deeply/],
    ['a number without an end', Buffer.concat([Buffer.from([0x16]), Buffer.alloc(1000, 0x80)]), /more than 10 bytes/],
    [
      'a schema of numbers',
      metadataOf({ 2: listOf(ThriftType.int32, [int32(1)]) }),
      /not well-formed: it has no schema/,
    ],
    [
      'a column without a name',
      metadataOf({ 2: structs(ROOT, struct({ 1: int32(2), 3: int32(0) })) }),
      /without a name/,
    ],
    [
      'a physical type that is not one',
      metadataOf({ 2: structs(ROOT, struct({ 1: int32(8), 3: int32(0), 4: text('a') })) }),
      /a is of the unknown type 8/,
    ],
    [
      'a repetition that is none',
      metadataOf({ 2: structs(ROOT, struct({ 1: int32(2), 3: int32(3), 4: text('a') })) }),
      /a is neither required, optional nor repeated/,
    ],
    [
      'more children than elements',
      metadataOf({ 2: structs(struct({ 4: text('root'), 5: int32(2 ** 31 - 1) }), COLUMN) }),
      /its schema ends too early/,
    ],
    [
      'a row group of numbers',
      metadataOf({ 4: structs(struct({ 2: int64(2 ** 30), 3: int64(1) })) }),
      /group 0 has no columns/,
    ],
    ['no chunk', metadataOf({ 4: groupOf() }), /row group 0: column a is missing/],
    [
      'a chunk without metadata',
      metadataOf({ 4: groupOf(struct({ 2: int64(4) })) }),
      /row group 0: column a has no metadata/,
    ],
    [
      'other rows',
      metadataOf({ 4: groupOf(chunk({ 5: int64(11) })) }),
      /column a has 11 values, and the row group 10 rows/,
    ],
    [
      'fewer than no values',
      metadataOf({ 4: groupOf(chunk({ 5: int64(-1) })) }),
      /number of values of column a is not a count/,
    ],
    [
      'more bytes than can be',
      metadataOf({ 4: groupOf(chunk({ 7: int64(2n ** 62n) })) }),
      /the size of column a is not a count/,
    ],
    ['bytes as text', metadataOf({ 4: groupOf(chunk({ 7: text('80') })) }), /the size of column a is not a count/],
    [
      'a chunk behind the end',
      metadataOf({ 4: groupOf(chunk({ 7: int64(1001) })) }),
      /column a lies outside of the file/,
    ],
    [
      'a chunk without a beginning',
      metadataOf({ 4: groupOf(chunk({ 9: int64(0) })) }),
      /column a lies outside of the file/,
    ],
  ];
  test.each(cases)('%s', async (_, metadata, message) => {
    const all = readAll(metadata);
    await expect(all).rejects.toThrow(MalformedFile);
    await expect(all).rejects.toThrow(message);
    await expect(all).rejects.toThrow(URI);
  });

  test('chunks in another file', async () => {
    await expect(readAll(metadataOf({ 4: groupOf(chunk({}, { 1: text('b.parquet') })) }))).rejects.toThrow(
      UnsupportedFile,
    );
  });

  test('a row group that is not there', async () => {
    const footer = await footerOf(fileOf(metadataOf({ 4: groupOf(chunk({})) })));
    expect(() => rowGroupOf(footer, 1, [])).toThrow(/row group 1: there are only 1/);
  });

  test('places of indexes that cannot be are taken for not there', async () => {
    const places = { 4: int64(990), 5: int32(20), 6: int64(-5), 7: int32(10) };
    const footer = await footerOf(fileOf(metadataOf({ 4: groupOf(chunk({ 14: int64(2n ** 60n) }, places)) })));
    const [found] = rowGroupOf(footer, 0, leavesIn(footer)).chunks;
    expect(found).toMatchObject({ offsetIndex: undefined, columnIndex: undefined, bloomFilter: undefined });
  });

  test('a list of encodings as long as the file, each of them another', async () => {
    const many = listOf(
      ThriftType.int32,
      Array.from({ length: 200_000 }, (_, at) => int32(at + 10)),
    );
    const footer = await footerOf(fileOf(metadataOf({ 4: groupOf(chunk({ 2: many })) })));
    expect(rowGroupOf(footer, 0, leavesIn(footer)).chunks[0]?.encodings).toEqual(['UNKNOWN']);
  });

  test('more columns than there is memory for', async () => {
    const columns = Array.from({ length: 5000 }, () => COLUMN);
    const metadata = thriftBytes({ 2: structs(struct({ 4: text('root'), 5: int32(5000) }), ...columns) });
    const memory = testBudget(8 << 20);
    await expect(readAll(metadata, memory)).rejects.toThrow(MemoryBudgetExceeded);
    expect(memory.usedBytes).toBe(0);
  });
});

test('a footer that is damaged at random is refused by name, or can be read', async () => {
  const files = await Promise.all([FILES['pyarrow, nested']!(), FILES['DuckDB, three row groups']!()]);
  const all = files.map((file) => {
    const bytes = new DataView(file.buffer, file.byteOffset).getUint32(file.byteLength - 8, true);
    return file.subarray(file.byteLength - 8 - bytes, file.byteLength - 8);
  });
  let refused = 0;
  const property = fc.asyncProperty(fc.nat(1), fc.nat(), async (which, seed) => {
    const [one, other] = which === 0 ? [all[0]!, all[1]!] : [all[1]!, all[0]!];
    try {
      const footer = await footerOf(fileOf(mutated(one, other, scattered(seed))));
      const leaves = leavesIn(footer);
      for (let index = 0; index < footer.rowGroupCount; index += 1) rowGroupOf(footer, index, leaves);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      refused += 1;
    }
  });
  await fc.assert(property, { ...fuzzed(400), seed: fuzzSeed });
  expect(refused).toBeGreaterThan(0);
});
