/** The program as it is installed: a few files, in which everything is found that is loaded on demand. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { TaskInput } from '../../src/plan/task.ts';
import { col } from '../support/plans.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-program-'));
const directory = join(root, 'dist/cli');

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/bundle-cli.ts', directory]);
  copyFileSync('package.json', join(root, 'package.json'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What the program prints, run where there is nothing else. */
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [join(directory, 'main.js'), ...args], { encoding: 'utf8', cwd: root });

/** Rows of a plan over `t`. */
function rowsOf(plan: PlanNode, input: TaskInput, ...options: string[]): unknown[] {
  const task = { version: 1, jobId: 'bundle', stageId: 0, taskId: 0, plan, inputs: { t: input } };
  writeFileSync(join(root, 'task.json'), JSON.stringify(task));
  const lines = run('run', 'task.json', '--format', 'json', ...options)
    .trimEnd()
    .split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

const schema = [field('a', utf8), field('n', int64)];
const rows: TaskInput = { kind: 'rows', rows: [{ a: 'x', n: 3 }, { a: 'y', n: 1 }, { a: 'z' }] };
const scan: PlanNode = { kind: 'in-memory-scan', sourceId: 't', schema };

test('tells its version, and what licenses its parts have', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(run('--version')).toBe(`${version}\n`);
  const licenses = readFileSync(join(directory, 'licenses.txt'), 'utf8');
  for (const name of ['zod', 'apache-arrow', 'commander', '@aws-sdk/client-s3']) {
    expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+, (?:MIT|Apache-2\\.0)$`, 'm'));
  }
});

describe('runs', () => {
  test('an operator that is loaded on demand', () => {
    const sort: PlanNode = { kind: 'sort', input: scan, keys: [{ expression: col('n') }] };
    expect(rowsOf(sort, rows)).toEqual([
      { a: 'y', n: 1 },
      { a: 'x', n: 3 },
      { a: 'z', n: null },
    ]);
  });

  test('a file of text, whose kernels lie beside the program', () => {
    writeFileSync(join(root, 't.csv'), 'a,n\nx,1\ny,2\n');
    const csv: PlanNode = { kind: 'scan', sourceId: 't', format: 'csv', schema };
    const files: TaskInput = { kind: 'files', files: [{ uri: 't.csv' }] };
    expect(rowsOf(csv, files)).toEqual([
      { a: 'x', n: 1 },
      { a: 'y', n: 2 },
    ]);
  });

  test('an actor in a thread', () => {
    const mark = "[Symbol.for('millrace.udf')]: true";
    const target = 'class { call(text) { return text + "!"; } }';
    const options = "{ returns: { kind: 'utf8' } }";
    const module = `export const Shout = { ${mark}, target: ${target}, isActor: true, options: ${options} };`;
    writeFileSync(join(root, 'user.mjs'), module);
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

test('begins with few files', () => {
  const begin = ['main.js', 'program.js', 'run-task.js'];
  const files = new Set(begin);
  for (const file of files) {
    const text = readFileSync(join(directory, file), 'utf8');
    for (const [, imported] of text.matchAll(/\bfrom"\.\/([^"]+)"/g)) files.add(imported ?? '');
  }
  expect(files.size).toBeLessThan(16);
  expect(readdirSync(directory).length).toBeGreaterThan(100);
});
