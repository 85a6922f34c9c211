/** The package as it is installed: in a project that has nothing else, with a few files in which everything is found that is loaded on demand. */

import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { int64, utf8 } from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { TaskInput } from '../src/plan/task.ts';
import { query } from './support/duckdb.ts';
import { httpServer } from './support/http-server.ts';
import { col } from './support/plans.ts';
import { refuse } from './support/s3-server.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: { readonly millrace: string };
}

/**
 * As the compiler of who has installed it is told: without the library of browsers, without types that are there for everything, and with
 * no declaration passed over.
 */
const TYPES_OPTIONS = {
  ...{ strict: true, noEmit: true, target: 'es2024', lib: ['es2024'], types: [], skipLibCheck: false },
  ...{
    module: 'nodenext',
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
  },
};

/** What is refused is known, so no type has become `any`. */
const WRONG = `
import type { Table } from 'apache-arrow';
import { fromRows, Session } from 'millrace';
import { s3Store } from 'millrace/s3';
// @ts-expect-error: no such column
fromRows([{ price: 1 }]).select('prize');
// @ts-expect-error: no such option
new Session({ memroy: 1 });
// @ts-expect-error: no such option
s3Store({ regoin: 'eu-central-1' });
// @ts-expect-error: rows are no text
const text: string = await fromRows([{ price: 1 }]).toRows();
export const arrow: Table = (await fromRows([{ price: 1 }]).collect()).toArrow();
`;

const root = mkdtempSync(join(tmpdir(), 'millrace-package-'));
/** A project of somebody's, which has installed it. */
const project = join(root, 'project');
const installed = join(project, 'node_modules/millrace');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

beforeAll(() => {
  const staged = join(root, 'staged');
  const dist = join(staged, 'dist');
  expect(tsc('-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(dist, 'types'))).toBe('');
  execFileSync(process.execPath, ['scripts/bundle-package.ts', dist]);
  for (const file of ['package.json', 'README.md', 'LICENSE']) copyFileSync(file, join(staged, file));
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: staged, encoding: 'utf8' });
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(staged, packed.trim()), '--strip-components=1', '-C', installed]);
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    mkdirSync(join(project, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(project, name), text);

/** What the compiler has to say. */
function tsc(...args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error);
  }
}

/** The blocks of a page, and the last cells of its tables: one program, or each block one. */
function programsOf(page: string, areApart: boolean): readonly string[] {
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text);
  if (areApart) return blocks;
  const cells = page.includes('fromRows') ? [...page.matchAll(/^\| .* \| `([^`]+)` \|$/gm)] : [];
  return [[...blocks, ...cells.map(([, cell = '']) => `;(${cell});`)].join('\n')];
}

/** What a program of the project prints, which is JSON. */
async function printed(text: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  write('program.js', text);
  const options = { cwd: project, env: { ...process.env, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, ['program.js'], options);
  return JSON.parse(stdout);
}

describe('in a program', () => {
  test('entries are there, and each class is one', async () => {
    const found = await printed(`
      import * as whole from 'millrace';
      import * as tasks from 'millrace/tasks';
      import { udf } from 'millrace/udf';
      import { s3Store } from 'millrace/s3';
      const same = Object.keys(tasks).filter((name) => whole[name] !== tasks[name]);
      console.log(JSON.stringify({ same, udf: udf === whole.udf, s3: typeof s3Store, names: Object.keys(whole) }));`);
    expect(found).toMatchObject({ same: [], udf: true, s3: 'function' });
    const { names } = found as { readonly names: readonly string[] };
    expect(names).toContain('readParquet');
    expect(names.filter((name) => !/^[A-Za-z]+$/.test(name))).toEqual([]);
  });

  test('frames read what others have written, text, functions in threads, and give Arrow of the program', async () => {
    await query(
      `copy (select range a, 'x' || range % 3 b from range(1000)) to '${project}/t.parquet' (codec 'lz4_raw')`,
    );
    write('t.csv', 'a,c\n1,one\n2,two\n');
    write(
      'shout.js',
      `import { udf } from 'millrace/udf';
       export const shout = udf((text) => text + '!', { returns: { kind: 'utf8' } });
       export const Actor = udf(class { call(text) { return text + '?'; } }, { returns: { kind: 'utf8' } });`,
    );
    const found = await printed(`
      import { Table } from 'apache-arrow';
      import { col, InvalidQuery, Session } from 'millrace';
      await using session = new Session();
      const { shout, Actor } = await session.udfs('shout', new URL('./shout.js', import.meta.url));
      const t = await session.readParquet('t.parquet');
      const groups = await t.groupBy('b').agg(col('a').sum()).sort('b').collect();
      const joined = await t.join(await session.readCsv('t.csv'), { on: 'a' }).select(shout(col('c')), Actor(col('c')).alias('d')).toRows();
      const thrown = await Promise.try(() => t.limit(-1)).catch((error) => error);
      const given = await session.fromArrow(groups.toArrow()).count();
      console.log(JSON.stringify({
        groups: groups.toRows().map(({ b, a }) => [b, String(a)]),
        joined,
        arrow: groups.toArrow() instanceof Table,
        thrown: thrown instanceof InvalidQuery,
        given: String(given),
      }));`);
    const groups = await query(`select b, sum(a)::varchar from '${project}/t.parquet' group by b order by b`);
    expect(found).toEqual({
      groups,
      joined: [
        { shout: 'one!', d: 'one?' },
        { shout: 'two!', d: 'two?' },
      ],
      arrow: true,
      thrown: true,
      given: '3',
    });
  });

  test('s3 uris find their store, whose errors are those of the program', async () => {
    await using server = await httpServer(({ answer }) => refuse(answer, 404, 'NoSuchBucket'));
    const found = await printed(
      `import { ObjectNotFound, readCsv } from 'millrace';
       const error = await readCsv('s3://bucket/t.csv').catch((error) => error);
       console.log(JSON.stringify([error instanceof ObjectNotFound, error.message]));`,
      {
        AWS_ENDPOINT_URL: server.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'secret',
      },
    );
    expect(found).toEqual([true, expect.stringContaining('there is no bucket bucket')]);
  });

  test('a query is shared out among threads', async () => {
    const chunk = globSync('dist/js/execute-in-threads-*.js', { cwd: installed })[0] ?? '';
    const pool = globSync('dist/js/thread-pool-*.js', { cwd: installed })[0] ?? '';
    write('t.csv', `a\n${Array.from({ length: 100 }, (_, n) => n).join('\n')}\n`);
    const found = await printed(`
      import { fileStore, fileUri } from 'millrace/tasks';
      import { executeInThreads } from '${pathToFileURL(join(installed, chunk))}';
      import { ThreadPool } from '${pathToFileURL(join(installed, pool))}';
      await using pool = new ThreadPool(2, 32 << 20);
      const scan = { kind: 'scan', sourceId: 't', format: 'csv', schema: [{ name: 'a', type: { kind: 'int64' }, nullable: true }] };
      const sum = { name: 's', function: 'sum', input: { kind: 'column', name: 'a' } };
      const task = {
        version: 1, jobId: 'job', stageId: 0, taskId: 0,
        plan: { kind: 'aggregate', input: scan, aggregates: [sum] },
        inputs: { t: { kind: 'files', files: [{ uri: fileUri(process.cwd() + '/t.csv') }, { uri: fileUri(process.cwd() + '/t.csv') }] } },
      };
      const rows = [];
      const { statistics } = await executeInThreads(task, {
        store: fileStore(), memoryBytes: 256 << 20, signal: new AbortController().signal, leastBytes: 1,
        onBatch: (batch) => { for (const { s } of batch) rows.push(String(s)); },
      }, pool);
      console.log(JSON.stringify({ rows, operators: statistics.operators.map(({ name }) => name) }));`);
    expect(found).toMatchObject({ rows: ['9900'], operators: expect.arrayContaining(['Exchange']) });
  });

  test('parquet-wasm is asked for what has no reader here', async () => {
    const path = join(project, 'lzo.parquet');
    await query(`copy (select 1 lzo_me) to '${path}' (codec 'gzip')`);
    const bytes = readFileSync(path);
    // The column's name, then its codec: 2 is GZIP, 3 is LZO, each as a zigzag.
    const at = bytes.lastIndexOf(Buffer.from('lzo_me\x15\x04', 'latin1'));
    expect(at).toBeGreaterThan(0);
    bytes[at + 7] = 6;
    writeFileSync(path, bytes);
    const found = await printed(`
      import { readParquet } from 'millrace';
      const error = await (await readParquet('lzo.parquet')).toRows().catch((error) => error);
      console.log(JSON.stringify(String(error)));`);
    expect(found).toMatch(/LZO/);
    expect(found).not.toMatch(/Cannot find/);
  });
});

test('programs of the pages and of examples/ compile, whoever has installed the package', () => {
  const types = join(project, 'types');
  mkdirSync(types);
  const pages = ['README.md', 'docs/frames.md', 'docs/tuning.md', 'docs/udf.md'];
  for (const page of pages) {
    const programs = programsOf(readFileSync(page, 'utf8'), page === 'README.md');
    expect(programs.length, page).toBeGreaterThan(0);
    for (const [at, program] of programs.entries()) write(`types/${page.replaceAll(/[/.]/g, '-')}-${at}.ts`, program);
  }
  for (const name of readdirSync('examples')) {
    const program = readFileSync(join('examples', name), 'utf8');
    const imported = program
      .replace("'../src/index.ts'", "'millrace'")
      .replace("'../src/udf/udf.ts'", "'millrace/udf'");
    write(`types/${name}`, imported);
  }
  write('types/wrong.ts', WRONG);
  write('tsconfig.json', JSON.stringify({ compilerOptions: TYPES_OPTIONS, include: ['types/*.ts'] }));
  expect(tsc('-p', project)).toBe('');
});

/** What the program prints. */
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [join(installed, manifest.bin.millrace), ...args], { encoding: 'utf8', cwd: project });

describe('the program', () => {
  /** Rows of a plan over `t`. */
  function rowsOf(plan: PlanNode, input: TaskInput, ...options: string[]): unknown[] {
    const task = { version: 1, jobId: 'bundle', stageId: 0, taskId: 0, plan, inputs: { t: input } };
    write('task.json', JSON.stringify(task));
    const lines = run('run', 'task.json', '--format', 'json', ...options)
      .trimEnd()
      .split('\n');
    return lines.map((line): unknown => JSON.parse(line));
  }

  const schema = [field('a', utf8), field('n', int64)];
  const rows: TaskInput = { kind: 'rows', rows: [{ a: 'x', n: 3 }, { a: 'y', n: 1 }, { a: 'z' }] };
  const scan: PlanNode = { kind: 'in-memory-scan', sourceId: 't', schema };

  test('tells its version, and what licenses its parts have', () => {
    expect(run('--version')).toBe(`${manifest.version}\n`);
    const licenses = readFileSync(join(installed, 'dist/js/licenses.txt'), 'utf8');
    for (const name of ['zod', 're2js', 'commander', '@aws-sdk/client-s3']) {
      expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+, (?:MIT|Apache-2\\.0)$`, 'm'));
    }
  });

  test('runs an operator that is loaded on demand', () => {
    const sort: PlanNode = { kind: 'sort', input: scan, keys: [{ expression: col('n') }] };
    expect(rowsOf(sort, rows)).toEqual([
      { a: 'y', n: 1 },
      { a: 'x', n: 3 },
      { a: 'z', n: null },
    ]);
  });

  test('runs an actor in a thread', () => {
    const mark = "[Symbol.for('millrace.udf')]: true";
    const target = 'class { call(text) { return text + "!"; } }';
    const options = "{ returns: { kind: 'utf8' } }";
    write('user.mjs', `export const Shout = { ${mark}, target: ${target}, isActor: true, options: ${options} };`);
    const plan: PlanNode = {
      kind: 'udf-project',
      input: scan,
      udf: { module: 'user', export: 'Shout' },
      arguments: [col('a')],
      name: 'b',
      returns: utf8,
      passthrough: [],
    };
    expect(rowsOf(plan, rows, '--udf', 'user=./user.mjs')).toEqual([{ b: 'x!' }, { b: 'y!' }, { b: 'z!' }]);
  });
});

/** Files of the package, and all that these import at once. */
function withImports(...names: readonly string[]): ReadonlySet<string> {
  const files = new Set(names);
  for (const file of files) {
    const text = readFileSync(join(installed, 'dist/js', file), 'utf8');
    for (const [, imported] of text.matchAll(/\b(?:from|import) ?"\.\/([^"]+)"/g)) files.add(imported ?? '');
  }
  return files;
}

test.each(['index', 'tasks', 'udf', 'main'])('%s begins with few files', (entry) => {
  const files = withImports(`${entry}.js`, ...(entry === 'main' ? ['program.js', 'run-task.js'] : []));
  expect(files.size).toBeLessThan(16);
});

test.each(['narrow-plan', 'task-output', 'runtime-filters'])(
  '%s, which tasks load on demand, brings no frames',
  (name) => {
    const [file = ''] = globSync(`${name}-*.js`, { cwd: join(installed, 'dist/js') });
    expect(withImports(file)).toContain('engine.js');
    expect(withImports(file)).not.toContain('frames.js');
  },
);
