/** Small files of every format that is read, to be damaged. Made by others where it can be: DuckDB, arrow-rs, apache-arrow, pyarrow. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { Compression, Encoding, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { WARC_COLUMNS } from '../../src/io/text/warc-columns.ts';
import { intoPartitions } from '../../src/operators/blocking-sinks/into-partitions.ts';
import { query } from '../support/duckdb.ts';
import { MIXED, mixedRows, pieceOf, ShuffleObjects } from '../support/shuffle.ts';
import { runStages } from '../support/task.ts';
import type { FormatName } from './formats.ts';

export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Undefined where the file tells its own. */
  readonly schema?: Schema;
}

/** Files of the format, none of which is refused. */
export const seedsOf = (format: FormatName): Promise<readonly Seed[]> => SEEDS[format]();

const SEEDS: Readonly<Record<FormatName, () => Promise<readonly Seed[]>>> = {
  parquet: parquetSeeds,
  csv: csvSeeds,
  json: jsonSeeds,
  text: csvSeeds,
  warc: warcSeeds,
  'arrow-file': async () => (await arrowSeeds()).filter(isArrowFile),
  'arrow-stream': async () => (await arrowSeeds()).filter((seed) => !isArrowFile(seed)),
  shuffle: shuffleSeeds,
};

const isArrowFile = ({ bytes }: Seed): boolean => Buffer.from(bytes.subarray(0, 6)).toString('latin1') === 'ARROW1';

const fixture = async (name: string): Promise<Seed> => ({
  name,
  bytes: await readFile(new URL(name, new URL('../io/', import.meta.url))),
});

const FLAT = `i % 3 = 0 as b, case when i % 5 = 0 then null else i end::integer as n, i * 1000003 as big,
  (i / 8)::double as x, (i * 1.01)::decimal(9, 2) as d, (i::hugeint * 99999999999999)::decimal(30, 3) as long,
  date '2020-01-01' + i::integer as day, timestamp '2020-01-01 01:02:03.456' + to_seconds(i) as moment,
  case when i % 4 = 0 then null else 'key ' || i % 6 end as few, 'text "' || i || '",' || chr(10) as t`;
const NESTED = `range(i % 4) as l, case when i % 3 = 0 then null else [['a' || i], null, []] end as ll,
  {'x': i, 'inside': {'t': 'prefix ' || i}} as s, 'prefix ' || i as t`;

async function byDuck(name: string, sql: string, options: string): Promise<Seed> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-seed-'));
  try {
    const path = join(directory, 'seed');
    await query(`copy (${sql}) to '${path}' (${options})`);
    return { name, bytes: await readFile(path) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function parquetSeeds(): Promise<Seed[]> {
  const flat = `select ${FLAT} from range(70) r(i)`;
  const nested = `select ${NESTED}, map([i % 5], [['b']]) as m from range(60) r(i)`;
  const duck = (name: string, sql: string, options: string): Promise<Seed> =>
    byDuck(`DuckDB, ${name}`, sql, `format parquet, ${options}`);
  const rows = Array.from({ length: 70 }, (_, i) => i);
  const table = tableToIPC(
    tableFromArrays({
      n: Int32Array.from(rows, (i) => i % 17),
      x: Float64Array.from(rows, (i) => i / 4),
      b: rows.map((i) => (i % 5 === 0 ? null : i % 2 === 0)),
      t: rows.map((i) => (i % 6 === 0 ? null : `text ${i % 30}`)),
    }),
    'stream',
  );
  const rust = (name: string, configure: (p: WriterPropertiesBuilder) => WriterPropertiesBuilder): Seed => ({
    name: `arrow-rs, ${name}`,
    bytes: writeParquet(Table.fromIPCStream(table), configure(new WriterPropertiesBuilder()).build()),
  });
  return [
    await duck('flat, snappy', flat, "codec 'snappy'"),
    await duck('flat, uncompressed', flat, "codec 'uncompressed'"),
    await duck('flat, zstd, V2', flat, "codec 'zstd', parquet_version 'V2'"),
    await duck('nested, uncompressed', nested, "codec 'uncompressed'"),
    await duck('nested, uncompressed, V2', nested, "codec 'uncompressed', parquet_version 'V2'"),
    await duck('nested, brotli', nested, "codec 'brotli'"),
    await duck('groups', 'select i as n, i // 900 as few from range(4500) r(i)', "codec 'gzip', row_group_size 2048"),
    rust('gzip', (p) => p.setCompression(Compression.GZIP)),
    rust('lz4', (p) => p.setCompression(Compression.LZ4_RAW)),
    rust('dictionaries', (p) => p.setCompression(Compression.UNCOMPRESSED)),
    rust('deltas', (p) =>
      p
        .setDictionaryEnabled(false)
        .setCompression(Compression.UNCOMPRESSED)
        .setColumnEncoding('n', Encoding.DELTA_BINARY_PACKED)
        .setColumnEncoding('t', Encoding.DELTA_BYTE_ARRAY)
        .setColumnEncoding('x', Encoding.BYTE_STREAM_SPLIT),
    ),
    rust('V2, delta lengths', (p) =>
      p
        .setWriterVersion(WriterVersion.V2)
        .setDictionaryEnabled(false)
        .setCompression(Compression.UNCOMPRESSED)
        .setColumnEncoding('t', Encoding.DELTA_LENGTH_BYTE_ARRAY)
        .setColumnEncoding('b', Encoding.RLE),
    ),
    {
      ...(await fixture('parquet/fixtures/flat_int96.parquet')),
      schema: schema(field('clock_us', types.timestamp('us'))),
    },
    await fixture('parquet/fixtures/flat_encoded.parquet'),
    await fixture('parquet/fixtures/nested_encoded.parquet'),
  ];
}

const compressed = (seed: Seed): Seed[] => [
  { ...seed, name: `${seed.name}, gzip`, bytes: gzipSync(seed.bytes) },
  { ...seed, name: `${seed.name}, zstd`, bytes: zstdCompressSync(seed.bytes) },
];

async function csvSeeds(): Promise<Seed[]> {
  const flat = await byDuck('DuckDB, flat', `select ${FLAT} from range(40) r(i)`, 'format csv, header');
  const odd = Buffer.from('a,b,c\r\n1,"x""y",2020-01-01\r\n# 2,\\",é\r\n-9223372036854775808,"\r\n",\r\n,,1e400\r\n');
  return [flat, flat, flat, ...compressed(flat), { name: 'odd', bytes: odd }];
}

async function jsonSeeds(): Promise<Seed[]> {
  const sql = `select ${FLAT}, ${NESTED.replace(/ as t$/, ' as u')} from range(25) r(i)`;
  const lines = await byDuck('DuckDB, lines', sql, 'format json');
  const array = await byDuck('DuckDB, array', sql, 'format json, array true');
  const odd = Buffer.from(
    '{"a": 1e308, "b": "\\ud83d\\ude00\\u0000\\n", "c": [[], [null, {"d": -0.0}]]} {"a": null, "b": "é"}\n{"c": [[{"d": 123456789012345678901234567890}]]}',
  );
  return [lines, lines, ...compressed(lines), array, { name: 'odd', bytes: odd }];
}

async function warcSeeds(): Promise<Seed[]> {
  const of: Schema = { fields: [...WARC_COLUMNS].map(([name, type]) => field(name, type)) };
  const records = Array.from({ length: 20 }, (_, n) =>
    Buffer.from(
      `WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-0000000000${10 + n}>\r\n` +
        `WARC-Date: 2024-01-02T03:04:05Z\r\nWARC-Target-URI: http://x/${n}\r\nContent-Length: ${n * 3}\r\n` +
        `Content-Type: a/b;\r\n c=d\r\n\r\n${'x\r\n'.repeat(n)}\r\n\r\n`,
    ),
  );
  const whole = { name: 'plain', bytes: Buffer.concat(records), schema: of };
  const members = Buffer.concat(records.map((record) => gzipSync(record)));
  return [whole, whole, ...compressed(whole), { name: 'members', bytes: members, schema: of }];
}

async function arrowSeeds(): Promise<Seed[]> {
  const rows = Array.from({ length: 70 }, (_, i) => i);
  const table = tableFromArrays({
    n: Int32Array.from(rows, (i) => i % 17),
    x: Float64Array.from(rows, (i) => i / 4),
    b: rows.map((i) => (i % 5 === 0 ? null : i % 2 === 0)),
    t: rows.map((i) => (i % 6 === 0 ? null : `text ${i % 30}`)),
  });
  const own = [
    'growing.arrow',
    'growing.arrows',
    'replaced.arrows',
    'decimals.arrow',
    'old.arrow',
    'nested_lz4.arrows',
  ];
  const others = ['numbers', 'texts', 'times', 'nested', 'dictionaries'];
  return [
    { name: 'apache-arrow, file', bytes: tableToIPC(table, 'file') },
    { name: 'apache-arrow, stream', bytes: tableToIPC(table, 'stream') },
    ...(await Promise.all(own.map((name) => fixture(`arrow/fixtures/${name}`)))),
    await fixture('arrow/fixtures/flat_zstd.arrow'),
    ...(await Promise.all(others.map((name) => fixture(`../columnar/fixtures/${name}.arrow`)))),
  ];
}

async function shuffleSeeds(): Promise<Seed[]> {
  const seeds: Seed[] = [];
  for (const codec of ['none', 'zstd'] as const) {
    const objects = new ShuffleObjects();
    const stage = intoPartitions({ input: MIXED, codec, files: objects.files, partitions: 3 });
    const form = (_: number, column: number) => ({ dictionary: column === 1 });
    const written = await runStages([stage], { schema: MIXED, rows: mixedRows(60), form });
    await objects.complete();
    const object = await objects.store.get(written.rows.map(pieceOf)[0]?.uri ?? '');
    seeds.push({ name: codec, bytes: object?.bytes ?? new Uint8Array(), schema: MIXED });
  }
  return seeds;
}
