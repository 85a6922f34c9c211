import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileStore } from '../../src/io/file-store.ts';
import { UploadFiles } from '../../src/io/upload-files.ts';
import { fileUri } from '../../src/io/uri.ts';
import { testBudget } from '../support/task.ts';
import { cli } from './cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-inspect-'));
afterAll(() => rmSync(directory, { recursive: true }));

const SCAN = {
  kind: 'in-memory-scan',
  sourceId: 'rows',
  schema: [
    { name: 'k', type: { kind: 'utf8' }, nullable: true },
    { name: 'n', type: { kind: 'int64' }, nullable: true },
  ],
};
const ROWS = Array.from({ length: 50 }, (_, n) => ({ k: n % 2 === 0 ? 'even' : 'odd', n }));

const task = (jobId: string, mode: string) => ({
  version: 1,
  jobId,
  stageId: 0,
  taskId: 0,
  plan: {
    kind: 'commit-write',
    mode,
    input: {
      kind: 'write',
      format: 'parquet',
      partitionBy: ['k'],
      input: { kind: 'filter', predicate: { kind: 'is-not-null', input: { kind: 'column', name: 'n' } }, input: SCAN },
    },
  },
  inputs: { rows: { kind: 'rows', rows: ROWS } },
  output: { uri: 'out' },
});

const millrace = (...args: string[]) => cli(args, { cwd: directory });

beforeAll(async () => {
  for (const [jobId, mode] of [
    ['first', 'append'],
    ['second', 'append'],
  ] as const) {
    writeFileSync(join(directory, `${jobId}.json`), JSON.stringify(task(jobId, mode)));
    expect((await millrace('run', `${jobId}.json`)).code).toBe(0);
  }
});

describe('millrace inspect', () => {
  test('shows the jobs of a destination, their files, totals and statistics', async () => {
    const { code, stdout, stderr } = await millrace('inspect', 'out');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^first {3}append +2 +50 +\d+$/m);
    expect(stdout).toMatch(/^second {2}append +2 +50 +\d+$/m);
    expect(stdout).toMatch(/^k=even\/part-first-0-0-\w+-0\.parquet +25 +\d+$/m);
    expect(stdout).toMatch(/^4 files; 100 rows, \d+\.\d kB$/m);
    expect(stdout).toMatch(/^first\noperator +rows in/m);
    expect(stdout).toMatch(/InMemoryScan +50/);
  });

  test('shows one manifest', async () => {
    const { code, stdout } = await millrace('inspect', 'out/_millrace/second/manifest.json', '--limit', '1');
    expect(code).toBe(0);
    expect(stdout).not.toContain('first');
    expect(stdout).toMatch(/^2 files, 1 shown; 50 rows/m);
  });

  test('tells machines which files count', async () => {
    const { stdout } = await millrace('inspect', 'out', '--json');
    const found = JSON.parse(stdout) as { jobs: { jobId: string }[]; files: { path: string }[] };
    expect(found.jobs.map(({ jobId }) => jobId)).toEqual(['first', 'second']);
    const onDisk = ['even', 'odd'].flatMap((k) =>
      readdirSync(join(directory, 'out', `k=${k}`)).map((f) => `k=${k}/${f}`),
    );
    expect(found.files.map(({ path }) => path).sort()).toEqual(onDisk.sort());
  });

  test('says so where nothing is committed', async () => {
    mkdirSync(join(directory, 'nothing'));
    const { code, stdout } = await millrace('inspect', 'nothing');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'No job is committed here.\n' });
  });

  test('says of a file that it is one', async () => {
    writeFileSync(join(directory, 'rows.csv'), 'n\n1\n');
    const { code, stdout, stderr } = await millrace('inspect', 'rows.csv');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^millrace: InvalidArgument: file:.*rows\.csv is a file, .* millrace schema <file>\n$/);
  });

  test('fails on a manifest that is none', async () => {
    writeFileSync(join(directory, 'fake.json'), '{"version":1}');
    const { code, stderr } = await millrace('inspect', 'fake.json');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^millrace: \w+: file:.*fake\.json is damaged: .*\n$/);
  });
});

describe('millrace clean', () => {
  test('removes what an abandoned attempt has left, after saying so, and nothing else', async () => {
    const files = new UploadFiles({
      store: fileStore(),
      destination: fileUri(join(directory, 'out')),
      owner: { jobId: 'dead', stageId: 0, taskId: 0, attemptId: 'a1' },
      memory: testBudget().reserve('uploads'),
    });
    const file = await files.create({ k: 'even' }, 'parquet');
    await file.write(Buffer.from('half a file'));
    await file.close(1);

    const before = await millrace('inspect', 'out', '--json');
    const young = await millrace('clean', 'out');
    expect(young).toMatchObject({ code: 0, stdout: 'Nothing to clean.\n' });
    const dry = await millrace('clean', 'out', '--older-than', '0s', '--dry-run');
    expect(dry.stdout).toMatch(
      /^1 job would be aborted\n {2}dead\n1 open upload would be dropped\n {2}file:.*part-dead-/,
    );
    const done = await millrace('clean', 'out', '--older-than', '0s');
    expect(done.stdout).toMatch(/^1 job aborted\n {2}dead\n1 open upload dropped\n {2}file:.*part-dead-/);
    const again = await millrace('clean', 'out', '--older-than', '0s', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ abortedJobs: [], abortedUploads: [], deletedObjects: [] });
    expect((await millrace('inspect', 'out', '--json')).stdout).toBe(before.stdout);
  });
});

describe('millrace explain', () => {
  test('shows the operators, the last first, and the schema of the result', async () => {
    const { code, stdout, stderr } = await millrace('explain', 'first.json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => /^ *\S+/.exec(line)?.[0])).toEqual([
      'CommitWrite',
      '  Write',
      '    Filter',
      '      InMemoryScan',
      undefined,
      'result:',
      undefined,
    ]);
    expect(stdout).toContain('result: path utf8, rows int64, bytes int64, k utf8?\n');
    expect(readdirSync(directory)).not.toContain('analyzed');
  });

  test('runs the task with --analyze, and shows what each operator did', async () => {
    const analyzed = { ...task('analyzed', 'append'), output: { uri: 'analyzed' } };
    writeFileSync(join(directory, 'analyzed.json'), JSON.stringify(analyzed));
    const { code, stdout } = await millrace('explain', 'analyzed.json', '--analyze');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^operator +rows in +rows out +batches +own ms$/m);
    expect(stdout).toMatch(/^ +Write +50 +2 .*files written 2/m);
    const { stdout: json } = await millrace('explain', 'first.json', '--json');
    expect(JSON.parse(json)).toMatchObject({
      plan: expect.stringContaining('CommitWrite'),
      schema: [{ name: 'path' }, {}, {}, {}],
    });
  });

  test('reads a plan that is an object of its own', async () => {
    writeFileSync(join(directory, 'plan.json'), JSON.stringify(SCAN));
    const referring = { ...task('by-reference', 'append'), plan: { uri: 'plan.json' } };
    writeFileSync(join(directory, 'referring.json'), JSON.stringify(referring));
    const { code, stdout } = await millrace('explain', 'referring.json');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^InMemoryScan rows columns k, n\n/);
  });
});

describe('millrace schema', () => {
  test('is a JSON Schema that knows every kind of node', async () => {
    const { code, stdout } = await millrace('schema');
    expect(code).toBe(0);
    const schema = JSON.parse(stdout) as { $schema: string };
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    for (const kind of ['scan', 'grouped-aggregate', 'top-n', 'commit-write']) expect(stdout).toContain(`"${kind}"`);
  });
});
