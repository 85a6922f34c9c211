/**
 * Small files of every format that is read, damaged at random: each gives rows, or an error by name, and all memory back.
 *
 *     seed files ──damaged──▶ bytes ──sealed, one in two──▶ scanned, within 16 MiB ──▶ rows │ an error of src/errors.ts
 *
 * Sealed: lengths, checksums and compression are made to fit what was damaged, as if by somebody who means it.
 * `npm run fuzz:formats` runs it for longer.
 */

import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { Compression, Encoding, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import { expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { MillraceError } from '../../src/errors.ts';
import { readArrowSchema } from '../../src/io/arrow/arrow-schema-of-file.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { readParquetSchema } from '../../src/io/parquet/parquet-schema.ts';
import type { ByteRange } from '../../src/io/record-reader.ts';
import { PAGE_HEADER_BYTES, TRAILER_BYTES } from '../../src/io/shuffle/shuffle-format.ts';
import { codecOf } from '../../src/io/text/codec.ts';
import { inferCsvSchema, inferJsonSchema } from '../../src/io/text/infer-schema.ts';
import { WARC_COLUMNS } from '../../src/io/text/warc-columns.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';
import { intoPartitions } from '../../src/operators/blocking-sinks/into-partitions.ts';
import type { Source } from '../../src/operators/operator.ts';
import { arrowScan } from '../../src/operators/sources/arrow-scan.ts';
import { csvScan } from '../../src/operators/sources/csv-scan.ts';
import { jsonScan } from '../../src/operators/sources/json-scan.ts';
import { parquetScan } from '../../src/operators/sources/parquet-scan.ts';
import { shuffleRead } from '../../src/operators/sources/shuffle-read.ts';
import { textScan } from '../../src/operators/sources/text-scan.ts';
import { warcScan } from '../../src/operators/sources/warc-scan.ts';
import { query } from '../support/duckdb.ts';
import { typed } from '../support/expressions.ts';
import { fuzzedCases, fuzzSeed } from '../support/fuzz.ts';
import { mutated, scattered } from '../support/mutate.ts';
import { col } from '../support/plans.ts';
import { pieceOf, ShuffleObjects } from '../support/shuffle.ts';
import { Collector, expectAllReturned, type Row, runStages, testTask } from '../support/task.ts';
import { CSV } from '../support/text-files.ts';
import { temporaryDirectory } from './parquet/scan-file.ts';

const directory = temporaryDirectory();

interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Undefined where the file tells its own. */
  readonly schema?: Schema;
}

interface Subject {
  readonly store: ObjectStore;
  readonly uri: string;
  readonly bytes: Uint8Array;
  readonly seed: Seed;
  /** Of the seed. */
  readonly schema: Schema;
  readonly next: () => number;
}

interface Format {
  /** In `npm test`. */
  readonly cases: number;
  readonly seeds: () => Promise<readonly Seed[]>;
  /** What a file tells itself; absent where it does not. */
  readonly schemaOf?: (store: ObjectStore, uri: string) => Promise<Schema>;
  readonly scan: (subject: Subject) => Source;
  /** Makes the rest fit what was damaged. */
  readonly seal?: (bytes: Uint8Array<ArrayBuffer>, original: Uint8Array) => Uint8Array<ArrayBuffer>;
}

/** Whoever is not done by then hangs. */
const MOST_MILLISECONDS = 60_000;

const never = new AbortController().signal;
const URI = 'memory://tests/subject';

const FORMATS: Readonly<Record<string, Format>> = {
  parquet: {
    cases: 250,
    seeds: parquetSeeds,
    schemaOf: (store, uri) => readParquetSchema(store, uri),
    scan: ({ store, uri, schema: readSchema, next }) =>
      parquetScan({ store, files: [{ uri }], readSchema, ...filterOf(readSchema, next) }),
    seal: sealFooter,
  },
  csv: {
    cases: 150,
    seeds: csvSeeds,
    schemaOf: (store, uri) => inferCsvSchema({ store, uri, signal: never }, CSV),
    scan: ({ store, uri, bytes, schema: readSchema, next }) =>
      csvScan({
        store,
        files: [{ uri, range: rangeOf(bytes, next) }],
        readSchema,
        ...filterOf(readSchema, next),
        csv: {
          ...CSV,
          escape: next() < 0.8 ? '"' : '\\',
          comment: next() < 0.8 ? undefined : '#',
          quote: next() < 0.9 ? '"' : undefined,
          allowVariableColumns: next() < 0.5,
          invalidValues: next() < 0.5 ? 'error' : 'null',
          maxRecordBytes: next() < 0.9 ? undefined : 64,
        },
      }),
    seal: sealCompressed,
  },
  json: {
    cases: 120,
    seeds: jsonSeeds,
    schemaOf: (store, uri) =>
      inferJsonSchema(
        { store, uri, signal: never },
        jsonOptions(() => 1),
      ),
    scan: ({ store, uri, bytes, schema: readSchema, next }) =>
      jsonScan({
        store,
        files: [{ uri, range: rangeOf(bytes, next) }],
        readSchema,
        ...filterOf(readSchema, next),
        json: jsonOptions(next),
      }),
    seal: sealCompressed,
  },
  text: {
    cases: 100,
    seeds: csvSeeds,
    scan: ({ store, uri, next }) =>
      textScan({
        store,
        files: [{ uri }],
        readSchema: schema(field('text', next() < 0.5 ? types.utf8 : types.binary)),
        text: {
          ...jsonOptions(next),
          encoding: next() < 0.8 ? 'utf-8' : 'latin-1',
          skipBlankLines: next() < 0.5,
          wholeText: next() < 0.5,
        },
      }),
    seal: sealCompressed,
  },
  warc: {
    cases: 100,
    seeds: warcSeeds,
    scan: ({ store, uri, schema: readSchema, next }) =>
      warcScan({
        store,
        files: [{ uri }],
        readSchema,
        ...filterOf(readSchema, next),
        warc: { maxRecordBytes: next() < 0.1 ? 64 : undefined },
      }),
    seal: sealCompressed,
  },
  arrow: {
    cases: 250,
    seeds: arrowSeeds,
    schemaOf: (store, uri) => readArrowSchema({ store, uri, signal: never }),
    scan: ({ store, uri, schema: readSchema, next }) =>
      arrowScan({ store, files: [{ uri }], readSchema, ...filterOf(readSchema, next) }),
  },
  shuffle: {
    cases: 400,
    seeds: shuffleSeeds,
    scan: ({ store, uri, seed, next }) =>
      shuffleRead({ store, schema: seed.schema ?? SHUFFLED, pieces: [{ uri, partition: Math.floor(next() * 3) }] }),
    seal: sealShuffle,
  },
};

const jsonOptions = (next: () => number) => ({
  invalidValues: next() < 0.5 ? ('null' as const) : ('error' as const),
  maxRecordBytes: next() < 0.1 ? 64 : undefined,
});

/** A part of it, for one in three of those that have parts. */
function rangeOf(bytes: Uint8Array, next: () => number): ByteRange | undefined {
  if (next() < 2 / 3 || codecOf(bytes) !== 'none') return undefined;
  const places = [next(), next()].map((part) => Math.floor(part * bytes.byteLength)).toSorted((a, b) => a - b);
  const [start = 0, end = 0] = places;
  return end > start ? { start, end } : undefined;
}

/** What columns are not null, for one in three. */
function filterOf(of: Schema, next: () => number): Pick<Parameters<typeof csvScan>[0], 'filter'> {
  const one = of.fields[Math.floor(next() * of.fields.length)];
  if (next() < 2 / 3 || one === undefined) return {};
  return { filter: typed(of, { kind: 'is-not-null', input: col(one.name) }) };
}

const fixture = async (name: string): Promise<Seed> => ({
  name,
  bytes: await readFile(new URL(name, import.meta.url)),
});

const FLAT = `i % 3 = 0 as b, case when i % 5 = 0 then null else i end::integer as n, i * 1000003 as big,
  (i / 8)::double as x, (i * 1.01)::decimal(9, 2) as d, (i::hugeint * 99999999999999)::decimal(30, 3) as long,
  date '2020-01-01' + i::integer as day, timestamp '2020-01-01 01:02:03.456' + to_seconds(i) as moment,
  case when i % 4 = 0 then null else 'key ' || i % 6 end as few, 'text "' || i || '",' || chr(10) as t`;
const NESTED = `range(i % 4) as l, case when i % 3 = 0 then null else [['a' || i], null, []] end as ll,
  {'x': i, 'inside': {'t': 'prefix ' || i}} as s, 'prefix ' || i as t`;

async function byDuck(name: string, sql: string, options: string): Promise<Seed> {
  const path = join(directory, 'seed');
  await query(`copy (${sql}) to '${path}' (${options})`);
  return { name, bytes: await readFile(path) };
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

/** Whole again where it is not compressed: then what was damaged is. */
function sealCompressed(bytes: Uint8Array<ArrayBuffer>, original: Uint8Array): Uint8Array<ArrayBuffer> {
  if (codecOf(original) !== 'none') return bytes;
  return new Uint8Array(bytes.byteLength % 2 === 0 ? gzipSync(bytes, { level: 1 }) : zstdCompressSync(bytes));
}

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

const SHUFFLED: Schema = schema(
  field('n', types.int64, false),
  field('city', types.utf8),
  field('price', types.decimal(20, 2)),
  field('tags', types.list(types.utf8)),
  field('at', types.struct(field('x', types.float64), field('ok', types.bool))),
  field('code', types.fixedSizeList(types.int16, 2)),
  field('names', types.map(types.utf8, types.int32)),
);

const shuffledRow = (n: number): Row => [
  BigInt(n),
  n % 7 === 0 ? null : `city ${n % 3}`,
  BigInt(n * 100),
  n % 5 === 0 ? null : ['a', n % 2 === 0 ? null : 'ß'],
  n % 4 === 0 ? null : [n / 2, n % 3 === 0 ? null : true],
  n % 6 === 0 ? null : [n % 1000, null],
  [['k', n]],
];

async function shuffleSeeds(): Promise<Seed[]> {
  const seeds: Seed[] = [];
  for (const codec of ['none', 'zstd'] as const) {
    const objects = new ShuffleObjects();
    const stage = intoPartitions({ input: SHUFFLED, codec, files: objects.files, partitions: 3 });
    const rows = Array.from({ length: 60 }, (_, n) => shuffledRow(n));
    const form = (_: number, column: number) => ({ dictionary: column === 1 });
    const written = await runStages([stage], { schema: SHUFFLED, rows, form });
    await objects.complete();
    const object = await objects.store.get(written.rows.map(pieceOf)[0]?.uri ?? '');
    seeds.push({ name: codec, bytes: object?.bytes ?? new Uint8Array(), schema: SHUFFLED });
  }
  return seeds;
}

/** The end of the file as it was, but for the length of the footer: the change in size is taken for one of the footer. */
function sealFooter(bytes: Uint8Array<ArrayBuffer>, original: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = original.slice(-8);
  const view = new DataView(end.buffer);
  const dataBytes = original.byteLength - 8 - view.getUint32(0, true);
  const sealed = new Uint8Array(Math.max(bytes.byteLength, 12));
  sealed.set(bytes);
  view.setUint32(0, Math.max(0, sealed.byteLength - 8 - dataBytes), true);
  sealed.set(end, sealed.byteLength - 8);
  return sealed;
}

/** The index and the trailer as they were where the size is, and the checksums of the pages right, as far as they follow each other. */
function sealShuffle(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + PAGE_HEADER_BYTES < bytes.byteLength - TRAILER_BYTES; ) {
    const end = at + PAGE_HEADER_BYTES + view.getUint32(at + 12, true);
    if (view.getUint32(at, true) !== 0x67705253 || end > bytes.byteLength) break;
    const checked = crc32(bytes.subarray(at, at + 20));
    view.setUint32(at + 20, crc32(bytes.subarray(at + PAGE_HEADER_BYTES, end), checked), true);
    at = end;
  }
  const trailer = bytes.byteLength - TRAILER_BYTES;
  if (trailer < 0) return bytes;
  const indexBytes = view.getUint32(trailer, true);
  if (indexBytes <= trailer) {
    view.setUint32(trailer + 4, crc32(bytes.subarray(trailer - indexBytes, trailer)), true);
  }
  return bytes;
}

const LIMIT_BYTES = 16 * 1024 * 1024;
/** No seed has as many batches. */
const MOST_BATCHES = 1000;
/** The process may not grow by more for one file; what is garbage counts too. */
const MOST_GROWTH_KIBIBYTES = 256 * 1024;
const REFUSALS = new Set([
  'MalformedFile',
  'UnsupportedFile',
  'SchemaMismatch',
  'MemoryBudgetExceeded',
  'ArithmeticOverflow',
]);

/** `rows`, or the name of an error; anything else is thrown. */
async function outcome(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return 'rows';
  } catch (error) {
    if (error instanceof MillraceError && REFUSALS.has(error.name)) return error.name;
    throw error;
  }
}

async function drain(source: Source, linear: LinearMemory): Promise<void> {
  const budget = new MemoryBudget(LIMIT_BYTES, undefined, linear);
  const hung = new AbortController();
  const timer = setTimeout(() => hung.abort(new Error('the scan hangs')), MOST_MILLISECONDS);
  try {
    const collector = new Collector(budget, source.schema, MOST_BATCHES);
    using run = source.open(testTask(budget, hung.signal));
    await run.run(collector);
    expect(collector.batches).toBeLessThan(MOST_BATCHES);
  } finally {
    clearTimeout(timer);
    expectAllReturned(budget);
    expect(budget.peakBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  }
}

/** Memory that finds writes after free takes longer than most files: it is for one of so many. */
const CHECKED_CASES = 8;

const linearMemories = () => ({
  checked: new LinearMemory(LIMIT_BYTES, true),
  fast: new LinearMemory(LIMIT_BYTES),
});

test.each(Object.entries(FORMATS))('damaged files: %s', async (name, format) => {
  const seeds = await format.seeds();
  const store = memoryStore();
  const put = (bytes: Uint8Array<ArrayBuffer>) => store.put(URI, bytes);
  const schemas: Schema[] = [];
  let memories = linearMemories();
  for (const seed of seeds) {
    await put(new Uint8Array(seed.bytes));
    const own = seed.schema ?? (await format.schemaOf?.(store, URI)) ?? schema();
    schemas.push(own);
    // A half of everything: no filter, no part, and no option that is out of the ordinary.
    const next = () => 0.5;
    await drain(format.scan({ store, uri: URI, bytes: seed.bytes, seed, schema: own, next }), memories.checked);
  }
  const counts = new Map<string, number>();
  const failures = new Map<string, unknown>();
  const start = performance.now();
  const cases = fuzzedCases(format.cases);
  for (let index = 0; index < cases; index += 1) {
    const next = scattered(fuzzSeed + index);
    const at = Math.floor(next() * seeds.length);
    const seed = seeds[at] as Seed;
    const other = seeds[Math.floor(next() * seeds.length)] as Seed;
    let bytes = mutated(seed.bytes, other.bytes, next);
    if (format.seal !== undefined && next() < 0.5) bytes = format.seal(bytes, seed.bytes);
    await put(bytes);
    const peakBefore = process.resourceUsage().maxRSS;
    try {
      const result = await outcome(async () => {
        // One in four is read as it tells itself.
        const own = format.schemaOf !== undefined && next() < 0.25 ? await format.schemaOf(store, URI) : schemas[at];
        const subject = { store, uri: URI, bytes, seed, schema: own as Schema, next };
        await drain(format.scan(subject), index % CHECKED_CASES === 0 ? memories.checked : memories.fast);
      });
      counts.set(result, (counts.get(result) ?? 0) + 1);
      expect(process.resourceUsage().maxRSS - peakBefore, 'memory of the process').toBeLessThan(MOST_GROWTH_KIBIBYTES);
    } catch (error) {
      memories = linearMemories();
      const path = join(tmpdir(), `millrace-fuzz-${name}-${fuzzSeed}-${index}`);
      const key = String((error as Error).stack)
        .split('\n')
        .slice(0, 4)
        .join('\n');
      if (!failures.has(key)) {
        writeFileSync(path, bytes);
        failures.set(key, error);
        console.error(`${name}, ${seed.name}, seed ${fuzzSeed}, case ${index}, kept as ${path}`, error);
      }
    }
  }
  if (cases > format.cases) {
    const rate = Math.round(cases / ((performance.now() - start) / 1000));
    console.log(name, `${cases} files, ${rate} a second`, Object.fromEntries(counts));
  }
  expect([...failures.keys()]).toEqual([]);
});
