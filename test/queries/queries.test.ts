/**
 * Plans as examples that can be read: one file each, `<kind of node>/<scenario>.golden`.
 *
 *     # What it shows.
 *
 *     input t {"n": "int64", "s": "utf8"}          a table: its columns with their types, and rows
 *     {"n": 1, "s": "a"}
 *
 *     plan                                         "t" stands for a scan of the table
 *     {"kind": "limit", "limit": 1, "input": "t"}
 *
 *     explain                                      as `millrace explain` and `millrace run` print it
 *     result
 *
 * `UPDATE_GOLDEN=1` writes the last two sections anew; read what has changed before it is committed.
 */

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { resultBatch } from '../../src/cli/result-rows.ts';
import { textTable } from '../../src/cli/text-table.ts';
import type { DataType } from '../../src/columnar/data-type.ts';
import type { Field } from '../../src/columnar/schema.ts';
import { executeTask } from '../../src/execute-task.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { parsePlan } from '../../src/plan/parse-task.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { Task, TaskInput } from '../../src/plan/task.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { EVERY_NODE } from '../support/plans.ts';

const UPDATES = process.env['UPDATE_GOLDEN'] === '1';
const directory = import.meta.dirname;
const files = globSync('*/*.golden', { cwd: directory }).sort();

/** What reads or writes objects has its examples where there are some: in the tests of stores, scans and writes. */
const WITH_OBJECTS = new Set([
  ...['scan', 'glob-scan', 'shuffle-read', 'write', 'commit-write'],
  ...['repartition', 'into-partitions', 'gather'],
]);

interface Table {
  readonly scan: PlanNode;
  readonly input: TaskInput;
}

interface Golden {
  /** Everything before the expected sections. */
  readonly given: string;
  readonly plan: PlanNode;
  readonly inputs: Task['inputs'];
  readonly explain: string;
  readonly result: string;
}

/** Sections begin with their name at the start of a line, behind an empty one. */
function readGolden(text: string): Golden {
  const at = (name: string): number => {
    const start = text.indexOf(`\n\n${name}\n`);
    return start === -1 ? text.length : start + 2;
  };
  const section = (name: string, end: number): string =>
    text.slice(Math.min(at(name) + name.length + 1, end), end).trimEnd();
  const tables = new Map<string, Table>();
  for (const [, name = '', columns = '', rows = ''] of text
    .slice(0, at('plan'))
    .matchAll(/^input (\w+) (\{.*\})\n((?:\{.*\}\n?)*)/gm)) {
    const schema = Object.entries(JSON.parse(columns) as Record<string, string | DataType>).map(
      ([column, type]): Field => ({
        name: column,
        type: typeof type === 'string' ? ({ kind: type } as DataType) : type,
        nullable: true,
      }),
    );
    tables.set(name, {
      scan: { kind: 'in-memory-scan', sourceId: name, schema },
      input: { kind: 'rows', rows: rows.split('\n').flatMap((row) => (row === '' ? [] : [JSON.parse(row)])) },
    });
  }
  const inputs = Object.fromEntries([...tables].map(([name, { input }]) => [name, input]));
  const plan = withScans(JSON.parse(section('plan', at('explain'))), tables);
  return {
    given: text.slice(0, at('explain')).trimEnd(),
    plan: parsePlan(JSON.stringify(plan), { ...TASK, inputs }),
    inputs,
    explain: section('explain', at('result')),
    result: section('result', text.length),
  };
}

function withScans(node: unknown, tables: ReadonlyMap<string, Table>): unknown {
  if (Array.isArray(node)) return node.map((item) => withScans(item, tables));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const isInput = ['input', 'inputs', 'left', 'right'].includes(key);
      const scan = isInput && typeof value === 'string' ? tables.get(value)?.scan : undefined;
      const scans = isInput && Array.isArray(value) ? value.map((item) => tables.get(item)?.scan ?? item) : value;
      return [key, scan ?? withScans(scans, tables)];
    }),
  );
}

const UDFS = { user: new URL('../udf/modules.ts', import.meta.url) };
const TASK = { version: 1, jobId: 'golden', stageId: 0, taskId: 0, inputs: {} } as const;

async function resultOf({ plan, inputs }: Golden): Promise<string> {
  const batches: RecordBatch[] = [];
  const task: Task = { ...TASK, plan, inputs };
  const onBatch = (batch: RecordBatch) => void batches.push(batch);
  const { schema } = await executeTask(task, { store: memoryStore(), udfs: UDFS, onBatch });
  return textTable(
    schema,
    batches.flatMap((batch) => [...resultBatch(batch).rows()]),
  ).trimEnd();
}

describe('the plan', () => {
  test.each(files)('%s', async (file) => {
    const path = join(directory, file);
    const golden = readGolden(readFileSync(path, 'utf8'));
    const explain = explainPlan(pushDown(bindPlan(golden.plan)));
    const result = await resultOf(golden);
    if (UPDATES) writeFileSync(path, `${golden.given}\n\nexplain\n${explain}\n\nresult\n${result}\n`);
    else expect({ explain, result }).toEqual({ explain: golden.explain, result: golden.result });
  });
});

test('every kind of node has an example', () => {
  const shown = new Set(files.map((file) => file.split('/')[0]));
  const missing = Object.keys(EVERY_NODE).filter((kind) => !shown.has(kind) && !WITH_OBJECTS.has(kind));
  expect(missing).toEqual([]);
});
