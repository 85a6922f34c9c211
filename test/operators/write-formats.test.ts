/** Files that are not Parquet, read back by others: DuckDB, and Arrow's own reader. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordBatchReader } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { fromArrow } from '../../src/columnar/arrow.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { newAttemptId } from '../../src/io/part-name.ts';
import { UploadFiles } from '../../src/io/upload-files.ts';
import { fileUri, joinUri } from '../../src/io/uri.ts';
import { type FileKind, write } from '../../src/operators/blocking-sinks/write.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { query } from '../support/duckdb.ts';
import { tables, valuesOf } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';

const MiB = 1024 * 1024;
const root = mkdtempSync(join(tmpdir(), 'millrace-formats-'));
afterAll(() => rmSync(root, { recursive: true }));

const csv = (options: object = {}): FileKind => ({
  kind: 'csv',
  delimiter: ',',
  quote: '"',
  header: true,
  nullText: '',
  compression: { codec: 'none' },
  ...options,
});
const json = (options: object = {}): FileKind => ({
  kind: 'json',
  ignoreNullFields: false,
  compression: { codec: 'none' },
  ...options,
});

interface Options {
  readonly partitionBy?: readonly number[];
  readonly targetFileBytes?: number;
  readonly memoryBytes?: number;
  readonly cuts?: readonly number[];
  readonly dictionary?: boolean;
}

let outputs = 0;

/** The paths of the files, in the order of closing. */
async function written(of: Schema, rows: readonly Row[], format: FileKind, options: Options = {}): Promise<string[]> {
  const { partitionBy = [], targetFileBytes = MiB, memoryBytes = 16 * MiB, cuts, dictionary = false } = options;
  outputs += 1;
  const destination = fileUri(join(root, `out-${outputs}`));
  const store = fileStore({ sync: false });
  const owner = { jobId: 'job', stageId: 0, taskId: 0, attemptId: newAttemptId() };
  const uploads = new UploadFiles({ store, destination, owner, memory: testBudget(64 * MiB).reserve('uploads') });
  const files = () => uploads;
  const stage = write({
    input: of,
    partitionBy,
    format,
    targetFileBytes,
    rowGroupRows: 100_000,
    emptyFile: true,
    files,
  });
  const feed = { schema: of, rows, ...(cuts && { cuts }), form: () => ({ dictionary }) };
  const memory = testBudget(memoryBytes);
  const result = await runStages([stage], feed, { memory });
  for (const { path, uploadId, parts } of uploads.closed) {
    await store.completeUpload(joinUri(destination, path), uploadId, parts);
  }
  expect(result.rows.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(rows.length);
  return result.rows.map(([path]) => join(root, `out-${outputs}`, String(path)));
}

const quotedList = (paths: readonly string[]): string => `[${paths.map((path) => `'${path}'`).join()}]`;
const textsOf = (rows: readonly Row[]): string[] =>
  rows.map((row) => row.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join('|'));

const flat = schema(
  field('n', types.int64),
  field('u', types.uint8),
  field('x', types.float64),
  field('d', types.decimal(20, 3)),
  field('s', types.utf8),
  field('ok', types.bool),
  field('day', types.date),
  field('moment', types.timestamp('us')),
  field('zoned', types.timestamp('us', 'Europe/Berlin')),
);
const SQL_TYPES =
  "{n: 'bigint', u: 'utinyint', x: 'double', d: 'decimal(20, 3)', s: 'varchar', ok: 'boolean', day: 'date', moment: 'timestamp', zoned: 'timestamptz'}";
const ticks = fc.bigInt(-2_000_000_000_000_000n, 4_000_000_000_000_000n);
const texts = fc.oneof(
  fc.constantFrom(
    'a,b',
    'say "hi"',
    'two\nlines',
    'cr\r\nlf',
    '"',
    '""',
    "it's",
    '\\',
    '\t',
    'ä ß 🙂',
    '\u0001\u001f',
    'NULL',
    'null',
    'x'.repeat(70),
  ),
  valuesOf(types.utf8).filter((text) => !String(text).includes('\0')),
);
const flatTables = tables(flat, { maxRows: 90, values: { moment: ticks, zoned: ticks, s: texts } });

describe('write as CSV', () => {
  test('DuckDB reads back what was written, whatever it is', async () => {
    const options = fc.record({
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      quote: fc.constantFrom('"', "'"),
      header: fc.boolean(),
      dictionary: fc.boolean(),
      codec: fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const),
    });
    await fc.assert(
      fc.asyncProperty(flatTables, options, async ({ rows }, { dictionary, codec, ...given }) => {
        const [path] = await written(flat, rows, csv({ ...given, nullText: '~', compression: { codec } }), {
          dictionary,
          cuts: [20, 3],
        });
        const { delimiter, quote, header } = given;
        const sql = `from read_csv('${path}', delim = '${delimiter}', quote = '${quote.replace("'", "''")}', escape = '${quote.replace("'", "''")}', header = ${header}, nullstr = '~', allow_quoted_nulls = false, auto_detect = false, new_line = '\\n', columns = ${SQL_TYPES})`;
        expect(textsOf(await query(sql))).toEqual(textsOf(rows));
      }),
      { numRuns: 25 },
    );
  });

  test('quotes what needs it, and nothing else', async () => {
    const of = schema(field('a b', types.utf8), field('"q"', types.float64));
    const rows: Row[] = [
      ['x', 1],
      ['', 2.5],
      [null, null],
      ['a"b', Number.NaN],
      ['c,d', -1e300],
    ];
    const [path = ''] = await written(of, rows, csv());
    expect(readFileSync(path, 'utf8')).toBe('a b,"""q"""\nx,1.0\n"",2.5\n,\n"a""b",NaN\n"c,d",-1e300\n');
    expect(path).toMatch(/\.csv$/);
  });

  test('no rows give one file with the names of the columns', async () => {
    const [path = ''] = await written(flat, [], csv());
    expect(readFileSync(path, 'utf8')).toBe('n,u,x,d,s,ok,day,moment,zoned\n');
  });

  test('times are in ISO form, those of a zone in UTC', async () => {
    const of = schema(
      field('a', types.timestamp('ms')),
      field('b', types.timestamp('us', 'Europe/Berlin')),
      field('c', types.duration('s')),
      field('i', types.uuid),
    );
    const rows: Row[] = [[1_500n, 1_500_000n, 90n, '00000000-0000-0000-0000-00000000000a']];
    const [path = ''] = await written(of, rows, csv({ header: false }));
    expect(readFileSync(path, 'utf8')).toBe(
      '1970-01-01T00:00:01.5,1970-01-01T00:00:01.5Z,00:01:30,00000000-0000-0000-0000-00000000000a\n',
    );
  });

  test('directories, several files and little memory: nothing is lost', async () => {
    const of = schema(field('k', types.int32), field('n', types.int64), field('t', types.utf8));
    const rows = Array.from({ length: 6_000 }, (_, n): Row => [n % 80, BigInt(n), `${n} ${'y'.repeat(n % 100)}`]);
    const options = { partitionBy: [0], targetFileBytes: 3_000, memoryBytes: 6 * MiB, cuts: [2_000, 2_000] };
    const paths = await written(of, rows, csv({ compression: { codec: 'zstd', level: 3 } }), options);
    expect(paths.length).toBeGreaterThan(79);
    expect(paths[0]).toMatch(/k=0\/part-.*\.csv\.zst$/);
    const found = await query(
      `select count(*), count(distinct t), sum(n)::bigint, count(distinct k) from read_csv(${quotedList(paths)}, hive_partitioning = true)`,
    );
    expect(found).toEqual([[6_000n, 6_000n, 17_997_000n, 80n]]);
  });
});

describe('write as JSON', () => {
  test('DuckDB reads back what was written, whatever it is', async () => {
    const options = fc.record({
      ignoreNullFields: fc.boolean(),
      dictionary: fc.boolean(),
      codec: fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const),
    });
    // No more digits than doubles have, as which DuckDB reads all numbers of JSON.
    const of = schema(...flat.fields.map((one) => (one.name === 'd' ? field('d', types.decimal(15, 3)) : one)));
    const noted = tables(of, { maxRows: 90, values: { moment: ticks, zoned: ticks, s: texts } });
    await fc.assert(
      fc.asyncProperty(noted, options, async ({ rows }, { ignoreNullFields, dictionary, codec }) => {
        const [path] = await written(of, rows, json({ ignoreNullFields, compression: { codec } }), {
          dictionary,
          cuts: [20, 3],
        });
        const sql = `from read_json('${path}', format = 'newline_delimited', columns = ${SQL_TYPES})`;
        expect(textsOf(await query(sql))).toEqual(textsOf(rows));
      }),
      { numRuns: 25 },
    );
  });

  test('lines are what JSON.parse takes for the values, nested ones too', async () => {
    const of = schema(
      field('l', types.list(types.utf8)),
      field('s', types.struct(field('a', types.int32), field('b "c"', types.bool))),
      field('m', types.map(types.utf8, types.float64)),
      field('f', types.float32),
    );
    const rows: Row[] = [
      [['x', null, '"\n'], [1, null], [['k', 0.5]], Number.NaN],
      [null, null, [], Number.NEGATIVE_INFINITY],
    ];
    const [path = ''] = await written(of, rows, json());
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { l: ['x', null, '"\n'], s: { a: 1, 'b "c"': null }, m: { k: 0.5 }, f: 'NaN' },
      { l: null, s: null, m: {}, f: '-Infinity' },
    ]);
    const [sparse = ''] = await written(of, rows, json({ ignoreNullFields: true }));
    expect(JSON.parse(readFileSync(sparse, 'utf8').split('\n')[1] ?? '')).toEqual({ m: {}, f: '-Infinity' });
    expect(sparse).toMatch(/\.json$/);
  });

  test('no rows give an empty file', async () => {
    const [path = ''] = await written(flat, [], json());
    expect(readFileSync(path)).toHaveLength(0);
  });
});

describe('write as Arrow', () => {
  const read = (of: Schema, paths: readonly string[]): Value[][] => {
    const budget = testBudget();
    return paths.flatMap((path) => {
      const rows = [];
      const reader = RecordBatchReader.from(readFileSync(path));
      for (const batch of reader) {
        using holding = budget.reserve('read');
        const found = fromArrow(batch, holding);
        expect(found.schema.fields.map(({ name, type }) => [name, types.typeName(type)])).toEqual(
          of.fields.map(({ name, type }) => [name, types.typeName(type)]),
        );
        rows.push(...readRows(budget.linear, found).map((row) => [...row]));
      }
      return rows;
    });
  };

  test.each(['file', 'stream'] as const)('a %s holds values of every type', async (container) => {
    const column = anyType(1).chain((type) =>
      fc.record({
        type: fc.constant(type),
        values: fc.array(anyValue(type), { minLength: 1, maxLength: 60, size: 'max' }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(column, { minLength: 1, maxLength: 3 }), fc.boolean(), async (columns, dictionary) => {
        const of = schema(...columns.map(({ type }, index) => field(`c${index}`, type)));
        const count = Math.max(...columns.map(({ values }) => values.length));
        const rows = Array.from(
          { length: count },
          (_, row): Row => columns.map(({ values }) => values[row % values.length] ?? null),
        );
        const paths = await written(of, rows, { kind: 'arrow', container }, { dictionary });
        expect(read(of, paths)).toEqual(rows);
      }),
      { numRuns: 15 },
    );
  });

  test('several batches and files come back in order, and no rows as a schema', async () => {
    const of = schema(field('n', types.int64), field('t', types.utf8));
    const rows = Array.from({ length: 9_000 }, (_, n): Row => [BigInt(n), `${n}-${'z'.repeat(n % 50)}`]);
    const options = { memoryBytes: 4 * MiB, targetFileBytes: 200_000, cuts: Array(9).fill(1_000) as number[] };
    const paths = await written(of, rows, { kind: 'arrow', container: 'file' }, options);
    expect(paths.length).toBeGreaterThan(1);
    expect(read(of, paths)).toEqual(rows);
    const empty = await written(of, [], { kind: 'arrow', container: 'file' });
    expect(
      RecordBatchReader.from(readFileSync(empty[0] ?? ''))
        .open()
        .schema.fields.map(({ name }) => name),
    ).toEqual(['n', 't']);
  });
});
