import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetMetadataAsync } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { fileStore } from '../../src/io/file-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import type { OutputFiles } from '../../src/io/output-files.ts';
import { newAttemptId } from '../../src/io/part-name.ts';
import { UploadFiles } from '../../src/io/upload-files.ts';
import { fileUri, joinUri } from '../../src/io/uri.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { type WriteOptions, write } from '../../src/operators/blocking-sinks/write.ts';
import type { TaskContext } from '../../src/operators/operator.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { expectSameResults } from '../support/aggregates.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { query } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import {
  Collector,
  expectAllReturned,
  type Feed,
  lentScan,
  type Row,
  runStages,
  testBudget,
  testTask,
} from '../support/task.ts';
import { obeysContract } from './contract.ts';

const MiB = 1024 * 1024;
const root = mkdtempSync(join(tmpdir(), 'millrace-write-'));
let directories = 0;
let duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;
beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => {
  duckdb.closeSync();
  rmSync(root, { recursive: true });
});

/** A new directory on disk, and the uploads into it. */
class Destination {
  readonly path: string;
  readonly uri: string;
  readonly store: ObjectStore = fileStore({ sync: false });
  uploads: UploadFiles | undefined;

  constructor() {
    directories += 1;
    this.path = join(root, `out-${directories}`);
    mkdirSync(this.path);
    this.uri = fileUri(this.path);
  }

  /** The uploads' buffers are not what is tested here: they have a budget of their own. */
  readonly files = (_task: TaskContext): OutputFiles => this.filesWith(testBudget(256 * MiB).reserve('uploads'));

  filesWith(memory: Holding): OutputFiles {
    this.uploads ??= new UploadFiles({
      store: this.store,
      destination: this.uri,
      owner: { jobId: 'job', stageId: 0, taskId: 0, attemptId: newAttemptId() },
      memory,
    });
    return this.uploads;
  }

  /** Completes the uploads, as a commit does. */
  async commit(): Promise<void> {
    for (const { path, uploadId, parts } of this.uploads?.closed ?? []) {
      await this.store.completeUpload(joinUri(this.uri, path), uploadId, parts);
    }
  }

  async query(sql: string): Promise<Row[]> {
    const from = `read_parquet('${this.path}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)`;
    const reader = await duckdb.runAndReadAll(sql.replace('FILES', from));
    return reader.getRows() as Row[];
  }
}

const UNCOMPRESSED = { kind: 'parquet', compression: 'none' } as const;

type Options = Partial<Omit<WriteOptions, 'input' | 'files'>>;

async function run(feed: Feed, options: Options, memory = testBudget(128 * MiB)) {
  const destination = new Destination();
  const stage = write({
    input: feed.schema,
    partitionBy: [],
    format: { kind: 'parquet', compression: 'snappy' },
    targetFileBytes: 64 * MiB,
    rowGroupRows: 100_000,
    emptyFile: true,
    ...options,
    files: destination.files,
  });
  const { rows, stats } = await runStages([stage], feed, { memory });
  await destination.commit();
  return { rows, stats, destination };
}

/** Rows per row group of one file, read by somebody else. */
async function rowGroups(destination: Destination, path: Value): Promise<number[]> {
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(destination.path, String(path))));
  return metadata.row_groups.map(({ num_rows }) => Number(num_rows));
}

const numbers = (count: number): Row[] => Array.from({ length: count }, (_, n): Row => [BigInt(n)]);
const one = schema(field('n', types.int64));

describe('write', () => {
  test('writes all rows into one file, in their order, and says where', async () => {
    const { rows, destination, stats } = await run({ schema: one, rows: numbers(40_000) }, {});
    expect(rows).toEqual([[expect.stringMatching(/^part-job-0-0-\w+-0\.parquet$/), 40_000n, expect.any(BigInt)]]);
    const info = await destination.store.head(joinUri(destination.uri, String(rows[0]?.[0])));
    expect(rows[0]?.[2]).toBe(BigInt(info?.size ?? 0));
    expect(await destination.query('select n from FILES')).toEqual(numbers(40_000));
    expect(JSON.stringify(stats)).toContain('"files written":1');
  });

  test('row groups have exactly as many rows as asked for', async () => {
    const { rows, destination } = await run({ schema: one, rows: numbers(35_000) }, { rowGroupRows: 10_000 });
    expect(await rowGroups(destination, rows[0]?.[0] ?? null)).toEqual([10_000, 10_000, 10_000, 5_000]);
    expect(await destination.query('select n from FILES')).toEqual(numbers(35_000));
  });

  test('a file is closed when it has its size, and the next is begun', async () => {
    const options = { rowGroupRows: 2_000, targetFileBytes: 20_000, format: UNCOMPRESSED } as const;
    const { rows, destination } = await run({ schema: one, rows: numbers(10_000) }, options);
    expect(rows.length).toBeGreaterThan(2);
    for (const [, , bytes] of rows) expect(Number(bytes)).toBeLessThan(90_000);
    expect(rows.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(10_000);
    expect(await destination.query('select count(*), sum(n)::bigint from FILES')).toEqual([[10_000n, 49_995_000n]]);
  });

  test.each([
    { name: 'one file with the schema where asked', emptyFile: true, files: 1 },
    { name: 'no file where not', emptyFile: false, files: 0 },
  ])('no rows give $name', async ({ emptyFile, files }) => {
    const of = schema(field('n', types.int64), field('t', types.utf8));
    const { rows, destination } = await run({ schema: of, rows: [] }, { emptyFile });
    expect(rows.length).toBe(files);
    if (files === 0) return;
    expect(rows[0]?.[1]).toBe(0n);
    expect(await destination.query('select count(*), count(n), count(t) from FILES')).toEqual([[0n, 0n, 0n]]);
  });

  test('partition columns become directories that other readers understand, and leave the files', async () => {
    const of = schema(
      field('day', types.date),
      field('n', types.int64),
      field('city', types.utf8),
      field('sunny', types.bool),
    );
    const input: Row[] = [
      [18_263, 1n, 'São Paulo/SP', true],
      [18_263, 2n, 'a=b', false],
      [null, 3n, null, null],
      [18_263, 4n, 'São Paulo/SP', true],
    ];
    const { rows, destination } = await run({ schema: of, rows: input }, { partitionBy: [0, 2, 3] });
    expect(rows.map(([path, count, , ...values]) => [String(path).replace(/part-.*/, ''), count, ...values])).toEqual([
      ['day=2020-01-02/city=S%C3%A3o%20Paulo%2FSP/sunny=true/', 2n, '2020-01-02', 'São Paulo/SP', 'true'],
      ['day=2020-01-02/city=a%3Db/sunny=false/', 1n, '2020-01-02', 'a=b', 'false'],
      [
        'day=__HIVE_DEFAULT_PARTITION__/city=__HIVE_DEFAULT_PARTITION__/sunny=__HIVE_DEFAULT_PARTITION__/',
        1n,
        null,
        null,
        null,
      ],
    ]);
    expect(await destination.query('select n, day, city, sunny from FILES order by n')).toEqual([
      [1n, '2020-01-02', 'São Paulo/SP', 'true'],
      [2n, '2020-01-02', 'a=b', 'false'],
      [3n, null, null, null],
      [4n, '2020-01-02', 'São Paulo/SP', 'true'],
    ]);
    const path = join(destination.path, String(rows[0]?.[0]));
    const described = await duckdb.runAndReadAll(
      `describe select * from read_parquet('${path}', hive_partitioning = false)`,
    );
    expect(described.getRows().map(([name]) => name)).toEqual(['n']);
  });

  test('rows of many partitions come back whole, whatever came in', async () => {
    const of = schema(field('k', types.utf8), field('n', types.int64), field('k2', types.int32));
    const values = { k: fc.constantFrom('a', 'b', 'ä b', '%41'), k2: fc.integer({ min: -3, max: 3 }) };
    await fc.assert(
      fc.asyncProperty(tables(of, { values, maxRows: 150 }), fc.array(fc.nat({ max: 60 })), async ({ rows }, cuts) => {
        const options = { partitionBy: [2, 0], rowGroupRows: 7 };
        const { destination } = await run({ schema: of, rows, cuts }, { ...options, emptyFile: false });
        if (rows.length === 0) return;
        const read = await destination.query('select k, n, k2::integer from FILES');
        const key = (row: Row): string => row.map(String).join('|');
        expect(read.map(key).sort()).toEqual(rows.map(key).sort());
      }),
      { numRuns: 8 },
    );
  });

  test('nested values and float16 come back from DuckDB as they were, over several row groups and dictionaries', async () => {
    // What DuckDB gives in another form when it is inside, or has no type for.
    const isOther = (type: types.DataType): boolean =>
      ['interval', 'duration', 'null', 'timestamp', 'time', 'uuid'].includes(type.kind) ||
      types.childTypes(type).some(isOther);
    const wanted = (type: types.DataType): boolean =>
      (types.isNested(type) || type.kind === 'float16') && !isOther(type);
    const nested = anyType(2)
      .filter(wanted)
      .chain((type) =>
        fc.array(fc.option(anyValue(type)), { minLength: 1, maxLength: 40, size: 'max' }).map((values) => ({
          schema: schema(field('n', types.int32), field('v', type)),
          rows: values.map((value, n): Row => [n, value]),
        })),
      );
    await fc.assert(
      fc.asyncProperty(nested, async (table) => {
        const form = (batch: number) => ({ dictionary: batch % 2 === 1 });
        const { destination } = await run({ ...table, cuts: [7, 9, 11], form }, { rowGroupRows: 10 });
        const theirs = await query(`select * from '${destination.path}/*.parquet' order by n`);
        expectSameResults(theirs, table.rows);
      }),
      { numRuns: 30 },
    );
  });

  test('with more partitions than may be open, files are closed early and nothing is lost', async () => {
    const of = schema(field('k', types.int32), field('n', types.int64));
    const input = Array.from({ length: 3_000 }, (_, n): Row => [n % 200, BigInt(n)]);
    const { rows, destination } = await run(
      { schema: of, rows: input, cuts: [1_000, 1_000, 1_000] },
      { partitionBy: [0], rowGroupRows: 5 },
    );
    expect(new Set(rows.map(([, , , k]) => k)).size).toBe(200);
    expect(rows.length).toBeGreaterThan(200);
    const grouped = await destination.query('select count(*), count(distinct k), sum(n)::bigint from FILES');
    expect(grouped).toEqual([[3_000n, 200n, 4_498_500n]]);
  });

  test('writes row groups early rather than failing when memory is short', async () => {
    const of = schema(field('k', types.int32), field('text', types.utf8));
    const text = (n: number): string => `${n}-${'x'.repeat(400)}`;
    const input = Array.from({ length: 30_000 }, (_, n): Row => [n % 5, text(n)]);
    const memory = testBudget(20 * MiB);
    const { rows, destination } = await run({ schema: of, rows: input }, { partitionBy: [0] }, memory);
    const groups = await Promise.all(rows.map(([path]) => rowGroups(destination, path ?? null)));
    expect(groups.flat().length).toBeGreaterThan(5);
    expect(await destination.query('select count(*), count(distinct text) from FILES')).toEqual([[30_000n, 30_000n]]);
    expect(memory.peakBytes).toBeLessThanOrEqual(20 * MiB);
  });

  test('leaves room for the uploads, which live on the same memory', async () => {
    const of = schema(field('k', types.int32), field('text', types.utf8));
    // Text that does not compress: each file grows as fast as its rows.
    const text = (n: number): string => createHash('sha512').update(String(n)).digest('hex').repeat(4);
    const rows = Array.from({ length: 90_000 }, (_, n): Row => [n % 20, text(n)]);
    const memory = testBudget(32 * MiB);
    const destination = new Destination();
    using buffers = memory.reserve('uploads');
    const stage = write({
      input: of,
      partitionBy: [0],
      format: UNCOMPRESSED,
      targetFileBytes: 512 * MiB,
      rowGroupRows: 100_000,
      emptyFile: false,
      files: () => destination.filesWith(buffers),
    });
    const collector = new Collector(memory, stage.schema);
    await runChain(
      { source: lentScan({ schema: of, rows, cuts: Array.from({ length: 90 }, () => 1_000) }), stages: [stage] },
      collector,
      testTask(memory),
    );
    await destination.commit();
    expect(collector.rows.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(90_000);
    expect(await destination.query('select count(*), count(distinct text) from FILES')).toEqual([[90_000n, 90_000n]]);
  });

  test('a file that cannot be written fails the run, and all memory is returned', async () => {
    const destination = new Destination();
    const failing: OutputFiles = {
      closed: [],
      create: async () => {
        throw new Error('no permission');
      },
    };
    const memory = testBudget(128 * MiB);
    const stage = write({
      input: one,
      partitionBy: [],
      format: UNCOMPRESSED,
      targetFileBytes: MiB,
      rowGroupRows: 10,
      emptyFile: false,
      files: () => failing,
    });
    await expect(runStages([stage], { schema: one, rows: numbers(100) }, { memory })).rejects.toThrow('no permission');
    expectAllReturned(memory);
    expect(destination.uploads).toBeUndefined();
  });

  test('fails by name when there are more partitions than memory has room to remember', async () => {
    const of = schema(field('k', types.int32), field('n', types.int64));
    const input = Array.from({ length: 12_000 }, (_, n): Row => [n, BigInt(n)]);
    const memory = testBudget(32 * MiB);
    const failing = run({ schema: of, rows: input }, { partitionBy: [0] }, memory);
    await expect(failing).rejects.toMatchObject({
      name: 'MemoryBudgetExceeded',
      message: expect.stringMatching(/^Write, records of (files|partitions) needs/),
    });
    expect(memory.usedBytes).toBe(0);
  });

  describe('over any input', () => {
    const of: Schema = schema(field('k', types.utf8), field('n', types.int64), field('b', types.bool));
    const totals = (rows: readonly Row[]): Record<string, number> => {
      const sums: Record<string, number> = {};
      for (const [, count, , ...values] of rows) {
        const key = JSON.stringify(values);
        sums[key] = (sums[key] ?? 0) + Number(count);
      }
      return sums;
    };
    const destination = new Destination();
    obeysContract(
      () =>
        write({
          input: of,
          partitionBy: [0, 2],
          format: { kind: 'parquet', compression: 'snappy' },
          targetFileBytes: 10_000,
          rowGroupRows: 20,
          emptyFile: false,
          files: destination.files,
        }),
      tables(of, { maxRows: 60 }),
      // Names and sizes of files differ, and how many there are: what each partition holds does not.
      { numRuns: 5, ordered: false, same: (actual, expected) => expect(totals(actual)).toEqual(totals(expected)) },
    );
  });
});
