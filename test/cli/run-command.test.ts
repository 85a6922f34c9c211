import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, startCli } from './cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
let duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;
const sql = async (statement: string) => (await duckdb.runAndReadAll(statement)).getRows();

const utf8 = { kind: 'utf8' };
const int64 = { kind: 'int64' };
const column = (name: string) => ({ kind: 'column', name });

/** Rows in the task itself, of types and texts that are easy to get wrong. */
const ROWS_TASK = {
  version: 1,
  jobId: 'rows',
  stageId: 0,
  taskId: 0,
  plan: {
    kind: 'in-memory-scan',
    sourceId: 'cities',
    schema: [
      { name: 'city', type: utf8, nullable: true },
      { name: 'n', type: int64, nullable: true },
      { name: 'price', type: { kind: 'decimal', precision: 9, scale: 2 }, nullable: true },
      { name: 'day', type: { kind: 'date' }, nullable: true },
      { name: 'warm', type: { kind: 'bool' }, nullable: true },
    ],
  },
  inputs: {
    cities: {
      kind: 'rows',
      rows: [
        { city: 'Łódź, "x"', n: 1, price: '1.50', day: '2020-02-29', warm: true },
        { city: '', n: '9007199254740993', price: '-0.05', day: '1969-12-31', warm: false },
        { city: 'two\nlines\u001b[31m', n: -5 },
      ],
    },
  },
};

/** 30,000 rows in a file beside the task, which names it by a relative path. */
const FILE_SCAN = {
  kind: 'scan',
  sourceId: 'trips',
  format: 'parquet',
  schema: [
    { name: 'k', type: utf8, nullable: true },
    { name: 'n', type: int64, nullable: true },
  ],
};
const fileTask = (plan: unknown, extra: object = {}) => ({
  version: 1,
  jobId: 'trips',
  stageId: 0,
  taskId: 0,
  plan,
  inputs: { trips: { kind: 'files', files: [{ uri: 'trips.parquet' }] } },
  ...extra,
});
const WRITE = {
  kind: 'commit-write',
  mode: 'overwrite',
  input: { kind: 'write', format: 'parquet', partitionBy: ['k'], input: FILE_SCAN },
};

function save(name: string, task: unknown): string {
  writeFileSync(join(directory, name), typeof task === 'string' ? task : JSON.stringify(task));
  return name;
}

const run = (...args: string[]) => cli(['run', ...args], { cwd: directory });

beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  await sql(
    `copy (select 'k' || (i % 3) as k, i::bigint as n from range(30000) r(i)) to '${join(directory, 'trips.parquet')}'`,
  );
  save('rows.json', ROWS_TASK);
});
afterAll(() => {
  duckdb.closeSync();
  rmSync(directory, { recursive: true });
});

describe('millrace run', () => {
  test('shows rows as a table, with types, numbers to the right, and nothing a terminal would obey', async () => {
    const { code, stdout, stderr } = await run('rows.json');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'city                                 n          price  day         warm',
        'utf8                             int64  decimal(9, 2)  date        bool',
        '────────────────────  ────────────────  ─────────────  ──────────  ─────',
        'Łódź, "x"                            1           1.50  2020-02-29  true',
        "''                    9007199254740993          -0.05  1969-12-31  false",
        'two\\nlines\\u001b[31m                -5           null  null        null',
        '3 rows',
        '',
      ].join('\n'),
    );
    expect(stderr).toMatch(/^\noperator +rows in .*\nInMemoryScan .*\n.* ms, at most .* MB of .* MB\n$/);
  });

  test('shows only the first rows of many, and says of how many', async () => {
    const task = save('scan.json', fileTask(FILE_SCAN));
    const { code, stdout } = await run(task, '--limit', '2');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(3)).toEqual([
      expect.stringMatching(/^k0 +0$/),
      expect.stringMatching(/^k1 +1$/),
      '30,000 rows, 2 shown',
      '',
    ]);
  });

  test('writes CSV that DuckDB reads back', async () => {
    const { code, stdout, stderr } = await run('rows.json', '--format', 'csv');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\r\n')[0]).toBe('city,n,price,day,warm');
    writeFileSync(join(directory, 'rows.csv'), stdout);
    // An empty field is null, one of two quotes an empty text.
    const read = await sql(
      `select city, n::bigint, price::varchar, day::varchar, warm from read_csv('${join(directory, 'rows.csv')}', header = true, new_line = '\\r\\n', allow_quoted_nulls = false)`,
    );
    expect(read).toEqual([
      ['Łódź, "x"', 1n, '1.5', '2020-02-29', true],
      ['', 9_007_199_254_740_993n, '-0.05', '1969-12-31', false],
      ['two\nlines\u001b[31m', -5n, null, null, null],
    ]);
  });

  test('writes an object per line as JSON, with text where numbers are not exact', async () => {
    const { code, stdout } = await run('rows.json', '--format', 'json');
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(rows).toEqual([
      { city: 'Łódź, "x"', n: 1, price: '1.50', day: '2020-02-29', warm: true },
      { city: '', n: '9007199254740993', price: '-0.05', day: '1969-12-31', warm: false },
      { city: 'two\nlines\u001b[31m', n: -5, price: null, day: null, warm: null },
    ]);
  });

  test('writes an Arrow stream, of several batches or of none', async () => {
    const task = save('scan.json', fileTask(FILE_SCAN));
    const table = tableFromIPC((await run(task, '--format', 'arrow')).stdoutBytes);
    expect(table.numRows).toBe(30_000);
    expect(table.batches.length).toBeGreaterThan(1);
    expect(table.get(29_999)?.toJSON()).toEqual({ k: 'k2', n: 29_999n });
    const nothing = save('none.json', fileTask({ kind: 'limit', limit: 0, input: FILE_SCAN }));
    const empty = tableFromIPC((await run(nothing, '--format', 'arrow')).stdoutBytes);
    expect([empty.numRows, empty.schema.names]).toEqual([0, ['k', 'n']]);
  });

  test('tells machines the same as people', async () => {
    const { code, stdout, stderr } = await run('rows.json', '--json', '--limit', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      schema: [{ name: 'city' }, { name: 'n' }, { name: 'price' }, { name: 'day' }, { name: 'warm' }],
      rows: [{ city: 'Łódź, "x"', n: 1 }],
      rowCount: 3,
      statistics: { operators: [{ name: 'InMemoryScan', rowsOut: 3 }] },
    });
  });

  test('reads a task from standard input', async () => {
    const { code, stdout } = await cli(['run', '-', '--format', 'csv'], { input: JSON.stringify(ROWS_TASK) });
    expect(code).toBe(0);
    expect(stdout).toContain('"Łódź, ""x""",1,1.50,2020-02-29,true\r\n');
  });

  test('writes files into the task’s output, a path beside it, and shows them', async () => {
    const task = save('write.json', fileTask(WRITE, { output: { uri: 'out' } }));
    const { code, stdout, stderr } = await run(task);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^k=k0\/part-trips-0-0-\w+-0\.parquet +10000 +\d+ +k0$/m);
    expect(stdout).toMatch(/^3 rows\n$/m);
    expect(stderr).toMatch(/^manifest file:\/\/\/.*\/out\/_millrace\/trips\/manifest\.json$/m);
    const read = await sql(
      `select k, count(*), sum(n)::bigint from read_parquet('${join(directory, 'out')}/*/*.parquet', hive_partitioning = true) group by k order by k`,
    );
    expect(read).toEqual([
      ['k0', 10_000n, 149_985_000n],
      ['k1', 10_000n, 149_995_000n],
      ['k2', 10_000n, 150_005_000n],
    ]);
  });

  test('--overflow and --timezone say what holds for all expressions', async () => {
    const doubled = {
      kind: 'binary',
      operator: '*',
      left: column('n'),
      right: { kind: 'literal', type: int64, value: 2048 },
    };
    const zone = { kind: 'function', name: 'current_timezone', arguments: [] };
    const columns = [
      { name: 'n', expression: doubled },
      { name: 'zone', expression: zone },
    ];
    const input = { kind: 'filter', predicate: { kind: 'is-not-null', input: column('day') }, input: ROWS_TASK.plan };
    const task = JSON.stringify({ ...ROWS_TASK, plan: { kind: 'project', columns, input } });
    const runIt = (...more: string[]) => cli(['run', '-', '--format', 'csv', ...more], { input: task });
    expect(await runIt()).toMatchObject({ code: 1, stderr: expect.stringContaining('does not fit int64') });
    const { stdout } = await runIt('--overflow', 'wrap', '--timezone', 'Asia/Kolkata');
    const wrapped = BigInt.asIntN(64, 9007199254740993n * 2048n);
    expect(stdout).toBe(`n,zone\r\n2048,Asia/Kolkata\r\n${wrapped},Asia/Kolkata\r\n`);
    expect((await runIt('--timezone', 'Asia/Tokio')).stderr).toContain('Asia/Tokyo');
  });

  test('--out takes the place of the output in the task', async () => {
    const task = save('elsewhere.json', fileTask(WRITE, { output: { uri: 'not-there' } }));
    const { code, stdout } = await run(task, '--out', 'elsewhere', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rowCount: 30_000, manifestUri: expect.stringContaining('/elsewhere/') });
    expect(readdirSync(directory)).not.toContain('not-there');
    expect(readdirSync(join(directory, 'elsewhere')).sort()).toEqual(['_millrace', 'k=k0', 'k=k1', 'k=k2']);
  });

  describe('fails with 1, on one screen, without a stack', () => {
    test.each([
      { name: 'no such task', task: undefined, says: /no object at missing\.json/ },
      { name: 'no JSON', task: '{ "version": 1,\n oops', says: /not JSON, at line 2 column 2/ },
      { name: 'no task', task: '[]', says: /The plan is not valid/ },
      {
        name: 'an unknown column',
        task: fileTask({ kind: 'filter', input: FILE_SCAN, predicate: column('colour') }),
        says: /colour/,
      },
      {
        name: 'a missing file',
        task: { ...fileTask(FILE_SCAN), inputs: { trips: { kind: 'files', files: [{ uri: 'gone.parquet' }] } } },
        says: /no object at file:.*\/gone\.parquet/,
      },
      {
        name: 'a file that is no Parquet',
        task: { ...fileTask(FILE_SCAN), inputs: { trips: { kind: 'files', files: [{ uri: 'rows.json' }] } } },
        says: /rows\.json is damaged or not what it claims to be/,
      },
      {
        name: 'a place that no store has',
        task: { ...fileTask(FILE_SCAN), inputs: { trips: { kind: 'files', files: [{ uri: 'gs://lake/x' }] } } },
        says: /no store for gs: uris; known are file, s3/,
      },
      {
        name: 'a hundred problems',
        task: { ...ROWS_TASK, ...Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x${n}`, n])) },
        says: /not valid/,
      },
    ])('$name', async ({ task, says }) => {
      const path = task === undefined ? 'missing.json' : save('bad.json', task);
      const { code, stdout, stderr } = await run(path);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^millrace: (InvalidPlan|InvalidArgument|ObjectNotFound|MalformedFile): /);
      expect(stderr).toMatch(says);
      expect(stderr.split('\n').length).toBeLessThanOrEqual(28);
      expect(stderr).not.toMatch(/^\s+at /m);
    });

    test('with a stack where asked', async () => {
      const { code, stderr } = await cli(['--debug', 'run', 'missing.json'], { cwd: directory });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^\s+at /m);
    });

    test('as JSON with --json', async () => {
      const task = save('bad.json', { ...ROWS_TASK, plan: { kind: 'grind' } });
      const { code, stdout, stderr } = await run(task, '--json');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(JSON.parse(stderr)).toMatchObject({
        error: { name: 'InvalidPlan', retryable: false, problems: [{ path: expect.stringContaining('$.plan') }] },
      });
    });
  });

  test('ends quietly when nobody reads its output any more', async () => {
    const task = save('scan.json', fileTask({ kind: 'concat', inputs: Array.from({ length: 20 }, () => FILE_SCAN) }));
    const child = startCli(['run', task, '--format', 'csv'], { cwd: directory });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
