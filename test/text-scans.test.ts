/** Plans that scan files of text, from JSON to rows. */

import type { RecordBatch } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import * as types from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { InvalidPlan } from '../src/errors.ts';
import { executeTask } from '../src/execute-task.ts';
import { fileStore } from '../src/io/file-store.ts';
import type { PlanNode, ScanNode } from '../src/plan/plan-node.ts';
import type { ScanFile } from '../src/plan/task.ts';
import { bindPlan } from '../src/planner/bind-plan.ts';
import { explainPlan } from '../src/planner/explain.ts';
import { pushDown } from '../src/planner/push-down.ts';
import { query } from './support/duckdb.ts';
import { col, int, op } from './support/plans.ts';
import { resultBatch } from './support/record-batch-rows.ts';
import { textDirectory } from './support/text-files.ts';

const write = textDirectory();

const scanOf = (format: ScanNode['format'], more: Partial<ScanNode> = {}): ScanNode => ({
  kind: 'scan',
  sourceId: 't',
  format,
  schema: [field('n', types.int64), field('t', types.utf8), field('month', types.int32)],
  ...more,
});

async function run(plan: PlanNode, files: readonly ScanFile[]) {
  const rows: unknown[] = [];
  const onBatch = (batch: RecordBatch) => void rows.push(...resultBatch(batch).rows());
  const task = { version: 1, jobId: 'p', stageId: 0, taskId: 0, plan, inputs: { t: { kind: 'files', files } } };
  const { statistics } = await executeTask(task, { store: fileStore(), onBatch });
  return { rows, statistics };
}

/** Two files of a Hive partition. */
function months(extension: string, content: (month: number) => string): readonly ScanFile[] {
  return [1, 2].map((month) => {
    const path = write(`month-${month}.${extension}`, content(month));
    return { uri: `file://${path}`, partition: { month } };
  });
}

const csvMonths = (): readonly ScanFile[] => months('csv', (month) => `n,t\n${month}0,a\n${month}1,\n`);

describe('a plan that scans', () => {
  test('CSV, its partitions, and only what a filter above it wants', async () => {
    const filter: PlanNode = { kind: 'filter', input: scanOf('csv'), predicate: op(col('month'), '=', int(2)) };
    const { rows, statistics } = await run(filter, csvMonths());
    expect(rows).toEqual([
      [20n, 'a', 2],
      [21n, null, 2],
    ]);
    expect(statistics.operators.find(({ name }) => name === 'Scan')).toMatchObject({ counters: { 'files pruned': 1 } });
  });

  test('CSV by other characters, without names, as DuckDB does', async () => {
    const path = write('bare.txt', "1;'x;''y'\n;NA\n");
    const format = { kind: 'csv', delimiter: ';', quote: "'", header: false, nullTexts: ['NA', ''] } as const;
    const plan = scanOf(format, { schema: [field('n', types.int64), field('t', types.utf8)], columns: ['t', 'n'] });
    const expected = await query(`select t, n from read_csv('${path}', auto_detect = false, delim = ';', quote = '''',
      escape = '''', header = false, nullstr = ['NA', ''], columns = {'n': 'BIGINT', 't': 'VARCHAR'})`);
    expect((await run(plan, [{ uri: `file://${path}` }])).rows).toEqual(expected);
  });

  test('JSON, its partitions and nested values, as DuckDB does', async () => {
    const files = months('json', (month) => `{"n":${month}0,"t":{"u":[1,2]}}\n{"x":1,"n":${month}1}\n`);
    const nested = types.struct(field('u', types.list(types.int32)));
    const plan = scanOf('json', {
      schema: [field('n', types.int64), field('t', nested), field('month', types.int32)],
      filter: op(col('n'), '>', int(10)),
    });
    const paths = files.map(({ uri }) => `'${uri.slice('file://'.length)}'`).join();
    const expected =
      await query(`select n, t, substr(filename, -6, 1)::int as month from read_json([${paths}], filename = true,
      columns = {'n': 'BIGINT', 't': 'STRUCT(u INTEGER[])'}) where n > 10`);
    const { rows, statistics } = await run(plan, files);
    expect(rows.map(String)).toEqual(expected.map(String));
    expect(statistics.operators.find(({ name }) => name === 'Scan')).toMatchObject({ counters: { 'rows read': 4 } });
  });

  test('is explained with its format and what is pushed into it', () => {
    const filter: PlanNode = { kind: 'filter', input: scanOf('csv'), predicate: op(col('n'), '>', int(1)) };
    const plan: PlanNode = { kind: 'project', input: filter, columns: [{ name: 't', expression: col('t') }] };
    expect(explainPlan(pushDown(bindPlan(plan)))).toContain('Scan t csv columns t reads also n filter n > 1');
  });

  test.each(['csv', 'json'] as const)('what a write of %s has written, compressed or not', async (format) => {
    const schema = [field('n', types.int64), field('t', types.utf8), field('d', types.decimal(20, 3))];
    const rows = Array.from({ length: 100 }, (_, n) => ({
      n: n % 7 === 0 ? null : n,
      t: n % 5 === 0 ? null : ['', 'a,"b"', 'line\nend', '\\ é 😀'][n % 4]!,
      d: n % 3 === 0 ? null : `${n}.125`,
    }));
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const output = { uri: `file://${write(`${format}-${compression}`, '')}.out/` };
      const input: PlanNode = { kind: 'in-memory-scan', sourceId: 'rows', schema };
      const plan = { kind: 'commit-write', mode: 'append', input: { kind: 'write', input, format, compression } };
      const inputs = { rows: { kind: 'rows', rows } };
      const written: (readonly unknown[])[] = [];
      const onBatch = (batch: RecordBatch) => void written.push(...resultBatch(batch).rows());
      const task = { version: 1, jobId: 'w', stageId: 0, taskId: 0, plan, inputs, output };
      await executeTask(task, { store: fileStore(), onBatch });
      const files = written.map(([path]) => ({
        uri: String(path).includes('://') ? String(path) : `${output.uri}${path}`,
      }));
      expect(files.length).toBeGreaterThan(0);
      const read = await run(scanOf(format, { schema }), files);
      const expected = rows.map(({ n, t, d }) => [
        n === null ? null : BigInt(n),
        t,
        d === null ? null : BigInt(d.replace('.', '')),
      ]);
      expect(read.rows).toEqual(expected);
    }
  });

  test.each<[string, unknown, RegExp]>([
    ['an option that there is not', { kind: 'csv', separator: ';' }, /separator/],
    ['an option of another format', { kind: 'json', delimiter: ';' }, /delimiter/],
    ['two characters as one', { kind: 'csv', delimiter: '::' }, /one character/],
    ['one character for two things', { kind: 'csv', delimiter: '"' }, /must differ/],
  ])('refuses %s', async (_, format, message) => {
    const running = run(scanOf(format as ScanNode['format']), csvMonths());
    await expect(running).rejects.toThrow(InvalidPlan);
    await expect(running).rejects.toThrow(message);
  });

  test('refuses types that files cannot hold, and row groups of files that have none', async () => {
    const lists = scanOf('csv', { schema: [field('l', types.list(types.int64))] });
    await expect(run(lists, [])).rejects.toThrow(/column "l" is list\(int64\), which CSV does not hold/);
    const fixed = scanOf('json', { schema: [field('l', types.list(types.fixedSizeList(types.int8, 2)))] });
    await expect(run(fixed, [])).rejects.toThrow(/fixed-size-list\(int8, 2\) \(in list.*which JSON does not hold/);
    await expect(run(scanOf('csv'), [{ uri: 'file:///x.csv', rowGroups: [0] }])).rejects.toThrow(/has no row groups/);
  });
});
