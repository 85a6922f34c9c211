/** The files that are deployed: what is in them, and that they start where nothing else is. */

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const NAMES = ['execute-task', 'plan-stage', 'commit-job', 'abort-job', 'start-on-object'];
const out = mkdtempSync(join(tmpdir(), 'millrace-bundles-'));
let table = '';

beforeAll(() => {
  const args = ['scripts/bundle-functions.ts', out, '--udf', 'user=test/udf/modules.ts'];
  table = execFileSync(process.execPath, args, { encoding: 'utf8' });
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

const directory = (name: string): string => join(out, 'functions', name);
const metafile = (name: string): Metafile =>
  JSON.parse(readFileSync(join(out, 'functions-maps', name, 'metafile.json'), 'utf8'));

/** Packages in a file of the bundle, or in all of them, by their place in the lock file. */
function packages(outputs: readonly Metafile['outputs'][string][]): ReadonlySet<string> {
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
  return new Set(inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
}

/** The entry, and what it imports at once. */
function startOutputs({ outputs }: Metafile): Metafile['outputs'][string][] {
  const paths = new Set(Object.keys(outputs).filter((path) => path.endsWith('/index.mjs')));
  for (const path of paths) {
    for (const { path: imported, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) paths.add(imported);
    }
  }
  return [...paths].flatMap((path) => outputs[path] ?? []);
}

/** Runs a program where there is nothing but Node and the bundles. */
function runAlone(program: string): string {
  const args = ['--input-type=module', '--eval', program];
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: out, env: {} });
}

test('the table tells the size of each', () => {
  for (const name of NAMES) expect(table).toMatch(new RegExp(`^${name} +[\\d,]+ kB / [\\d,]+ kB`, 'm'));
});

describe.each(NAMES)('%s', (name) => {
  test('starts without packages, environment or network', () => {
    for (let at = out; at !== dirname(at); at = dirname(at)) expect(existsSync(join(at, 'node_modules'))).toBe(false);
    const url = pathToFileURL(join(directory(name), 'index.mjs')).href;
    const program = `const { handler } = await import(${JSON.stringify(url)}); console.log(typeof handler, handler.length);
      const open = process.getActiveResourcesInfo().filter((kind) => !/^(?:TTY|Pipe|FSReq)/.test(kind));
      console.log(JSON.stringify(open));`;
    expect(runAlone(program)).toBe('function 2\n[]\n');
  });

  test('has packages that sources import, and none that the project is developed with', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { devDependencies: object }>;
    };
    const sources = globSync(['src/**/*.ts', 'functions/**/*.ts']).map((path) => readFileSync(path, 'utf8'));
    const tools = Object.keys(lock.packages['']?.devDependencies ?? {}).filter(
      (tool) => !sources.some((text) => text.includes(`'${tool}`)),
    );
    expect(tools).toContain('esbuild');
    const found = packages(Object.values(metafile(name).outputs));
    expect([...found]).toContain('node_modules/zod');
    for (const path of found) expect(lock.packages[path], path).toBeDefined();
    expect(tools.filter((tool) => found.has(`node_modules/${tool}`))).toEqual([]);
  });

  test('has its maps apart, and does not point to them', () => {
    const files = readdirSync(directory(name));
    expect(files.filter((file) => !/\.(?:mjs|wasm)$|^node_modules$|^udfs\.json$/.test(file))).toEqual([]);
    expect(readdirSync(join(out, 'functions-maps', name))).toContain('index.mjs.map');
    for (const file of files.filter((file) => file.endsWith('.mjs'))) {
      expect(readFileSync(join(directory(name), file), 'utf8'), file).not.toContain('sourceMappingURL');
    }
  });
});

describe('what is heavy', () => {
  const HEAVY = ['node_modules/apache-arrow', 'node_modules/flatbuffers', 'node_modules/parquet-wasm'];

  test('is loaded on demand by execute-task', () => {
    const all = packages(Object.values(metafile('execute-task').outputs));
    const start = packages(startOutputs(metafile('execute-task')));
    for (const name of HEAVY) {
      expect([...all]).toContain(name);
      expect([...start]).not.toContain(name);
    }
    expect(readdirSync(directory('execute-task'))).toContain('kernels.wasm');
    const beside = join(directory('execute-task'), 'node_modules/parquet-wasm');
    expect(readdirSync(beside)).toEqual(['index.js', 'parquet_wasm_bg.wasm']);
  });

  test('so is what few plans have, and regular expressions', () => {
    const files = (outputs: readonly Metafile['outputs'][string][]) =>
      new Set(outputs.flatMap(({ inputs }) => Object.keys(inputs)));
    const all = files(Object.values(metafile('execute-task').outputs));
    const start = files(startOutputs(metafile('execute-task')));
    for (const name of [
      'src/operators/joins/hash-join.ts',
      'src/operators/blocking-sinks/sort.ts',
      'src/operators/blocking-sinks/window-run.ts',
      'src/operators/blocking-sinks/repartition.ts',
      'src/io/parquet/parquet-writer.ts',
      'src/io/text/text-files.ts',
      'src/operators/streaming-sinks/udf-project.ts',
      'src/io/shuffle/shuffle-reader.ts',
      'src/expressions/functions/json.ts',
      'src/expressions/regexp/regular-expression.ts',
    ]) {
      expect([...all]).toContain(name);
      expect([...start]).not.toContain(name);
    }
    expect([...packages(startOutputs(metafile('plan-stage')))]).not.toContain('node_modules/re2js');
  });

  test('is found by its loader in the bundle', () => {
    const path = join(directory('execute-task'), 'index.mjs');
    const program = `const { createRequire } = await import('node:module');
      const wasm = createRequire(${JSON.stringify(path)})('parquet-wasm');
      console.log(wasm.wasmMemory().buffer.byteLength > 65536);`;
    expect(runAlone(program)).toBe('true\n');
  });

  test.each(NAMES.slice(1))('is not in %s', (name) => {
    const all = packages(Object.values(metafile(name).outputs));
    for (const heavy of HEAVY) expect([...all]).not.toContain(heavy);
    expect(readdirSync(directory(name)).filter((file) => /\.wasm$|^node_modules$/.test(file))).toEqual([]);
    const inputs = Object.values(metafile(name).outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter((input) => /src\/(?:kernels|compile|operators)\//.test(input))).toEqual([]);
  });

  test.each(['commit-job', 'abort-job'])('is not in %s, nor is what only expressions need', (name) => {
    const inputs = Object.values(metafile(name).outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter((input) => /src\/expressions\/functions\/|node_modules\/re2js\//.test(input))).toEqual([]);
  });
});

describe('user-defined functions', () => {
  const url = (file: string): string => pathToFileURL(join(directory('execute-task'), file)).href;

  test('are bundled with execute-task, on demand, and with no other function', () => {
    for (const name of NAMES) expect(existsSync(join(directory(name), 'udfs.json'))).toBe(name === 'execute-task');
    expect(JSON.parse(readFileSync(join(directory('execute-task'), 'udfs.json'), 'utf8'))).toEqual({
      user: 'udf-user.mjs',
    });
    const start = startOutputs(metafile('execute-task')).flatMap(({ inputs }) => Object.keys(inputs));
    expect(start).not.toContain('test/udf/modules.ts');
    expect(start).not.toContain('src/udf/actor-worker.ts');
  });

  test('and their actors run where nothing else is', () => {
    const program = `const { Worker } = await import('node:worker_threads');
      const { shout } = await import(${JSON.stringify(url('udf-user.mjs'))});
      const workerData = { url: ${JSON.stringify(url('udf-user.mjs'))}, name: { module: 'user', export: 'Mirror' }, concurrency: 1 };
      const worker = new Worker(new URL(${JSON.stringify(url('actor-worker.mjs'))}), { workerData, execArgv: [] });
      worker.postMessage({ kind: 'rows', rows: [['a'], ['b']] });
      worker.once('message', (reply) => {
        console.log(shout.target('a'), JSON.stringify(reply));
        worker.terminate();
      });`;
    expect(runAlone(program)).toBe('a! {"kind":"rows","outcomes":[{"value":"a"},{"value":"b"}],"counts":{}}\n');
  });
});
