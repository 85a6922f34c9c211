/**
 * Plans as examples that can be read: one file each, `<kind of node>/<scenario>.golden`.
 *
 *     # What it shows.
 *
 *     input t {"n": "int64", "s": "utf8"}          a table: its columns with their types, and rows
 *     {"n": 1, "s": "a"}
 *     file f memory://lake/f.parquet {"n": "int64"}          the same in a file, or in f.arrow; several files may be one table
 *     pieces p {"n": "int64"}                                the same in a shuffle object
 *     globs g ["memory://lake/*.csv"]                        patterns of uris
 *     object memory://lake/a.csv some text                   an object that is there
 *     lines l memory://lake/a.txt                            a file of lines, which end with LF, in crlf with CR LF
 *     | some text
 *
 *     plan                                         "t" stands for a scan of the table
 *     {"kind": "limit", "limit": 1, "input": "t"}
 *
 *     duckdb                                       what has the same rows there, if it is given: over tables of the same
 *     select * from t limit 1                      names, those of lines of one row, `content`
 *
 *     explain                                      as `millrace explain` and `millrace run` print it
 *     result                                       then the text objects that are below memory://lake/out, if any
 *
 * `UPDATE_GOLDEN=1` writes the last two sections anew; read what has changed before it is committed.
 */

import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Table as ArrowTable,
  type DataType as ArrowType,
  Dictionary,
  Float64,
  Int32,
  Int64,
  type RecordBatch,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, describe, expect, test } from 'vitest';
import { type DataType, utf8 } from '../../src/columnar/data-type.ts';
import { type Field, field, type Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { TaskManifest } from '../../src/commit/manifest.ts';
import { textTable } from '../../src/dataframe/text-table.ts';
import { executeTask } from '../../src/execute-task.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { parsePlan } from '../../src/plan/parse-task.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { Task, TaskInput } from '../../src/plan/task.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { createTable, query } from '../support/duckdb.ts';
import { EVERY_NODE } from '../support/plans.ts';
import { resultBatch } from '../support/record-batch-rows.ts';
import type { Table } from '../support/tables.ts';

const UPDATES = process.env['UPDATE_GOLDEN'] === '1';
const directory = import.meta.dirname;
const files = globSync('*/*.golden', { cwd: directory }).sort();

interface Golden {
  /** Everything before the expected sections. */
  readonly given: string;
  readonly plan: PlanNode;
  /** Empty where it is not given. */
  readonly sql: string;
  readonly inputs: Task['inputs'];
  readonly store: ObjectStore;
  readonly explain: string;
  readonly result: string;
}

type JsonRow = Extract<TaskInput, { kind: 'rows' }>['rows'][number];

/** Sections begin with their name at the start of a line, behind an empty one. */
async function readGolden(text: string): Promise<Golden> {
  const at = (name: string): number => {
    const start = text.indexOf(`\n\n${name}\n`);
    return start === -1 ? text.length : start + 2;
  };
  const section = (name: string, end: number): string =>
    text.slice(Math.min(at(name) + name.length + 1, end), end).trimEnd();
  const store = memoryStore();
  const scans = new Map<string, PlanNode>();
  const inputs: Record<string, TaskInput> = {};
  const given = text.slice(0, at('plan'));
  const sql = section('duckdb', at('explain'));
  const tables = new Map<string, Table>();
  const addFile = async (name: string, uri: string, bytes: Uint8Array): Promise<void> => {
    await store.put(uri, bytes);
    const known = inputs[name];
    inputs[name] = { kind: 'files', files: [...(known?.kind === 'files' ? known.files : []), { uri }] };
  };
  for (const [, kind = '', name = '', uri = '', columns = '', lines = ''] of given.matchAll(TABLE)) {
    const schema = Object.entries(JSON.parse(columns) as Record<string, string | DataType>).map(
      ([column, type]): Field => ({
        name: column,
        type: typeof type === 'string' ? ({ kind: type } as DataType) : type,
        nullable: true,
      }),
    );
    const rows = lines.split('\n').flatMap((row): JsonRow[] => (row === '' ? [] : [JSON.parse(row)]));
    const format = uri.endsWith('.arrow') ? 'arrow' : 'parquet';
    scans.set(name, scanOf(kind, name, schema, format));
    const table = tableOf(schema, rows);
    tables.set(name, { ...table, rows: [...(tables.get(name)?.rows ?? []), ...table.rows] });
    if (kind === 'input') inputs[name] = { kind: 'rows', rows };
    else if (kind === 'pieces') inputs[name] = await piecesOf(store, name, schema, rows);
    else await addFile(name, uri, format === 'arrow' ? arrowFile(schema, rows) : await parquetFile(schema, rows));
  }
  for (const [, kind, name = '', uri = '', lines = ''] of given.matchAll(LINES)) {
    const end = kind === 'crlf' ? '\r\n' : '\n';
    const content = lines.replaceAll(/^\| ?(.*)\n?/gm, (_, line: string) => `${line}${end}`);
    await addFile(name, uri, Buffer.from(content));
    tables.set(name, { schema: CONTENT, rows: [...(tables.get(name)?.rows ?? []), [content]] });
  }
  if (sql !== '') for (const [name, table] of tables) await createTable(name, table);
  for (const [, name = '', globs = ''] of given.matchAll(/^globs (\w+) (\[.*\])$/gm)) {
    inputs[name] = { kind: 'globs', globs: JSON.parse(globs) };
  }
  for (const [, uri = '', content = ''] of given.matchAll(/^object (\S+) (.*)$/gm)) {
    await store.put(uri, Buffer.from(content));
  }
  const plan = withScans(JSON.parse(section('plan', Math.min(at('duckdb'), at('explain')))), scans);
  return {
    given: text.slice(0, at('explain')).trimEnd(),
    plan: parsePlan(JSON.stringify(plan), { ...TASK, inputs }),
    sql,
    inputs,
    store,
    explain: section('explain', at('result')),
    result: section('result', text.length),
  };
}

const TABLE = /^(input|file|pieces) (\w+) (?:(\S+) )?(\{.*\})\n((?:\{.*\}\n?)*)/gm;

const LINES = /^(lines|crlf) (\w+) (\S+)\n((?:\|.*\n?)*)/gm;
const CONTENT: Schema = { fields: [field('content', utf8)] };

function scanOf(kind: string, sourceId: string, schema: readonly Field[], format: 'parquet' | 'arrow'): PlanNode {
  if (kind === 'input') return { kind: 'in-memory-scan', sourceId, schema };
  if (kind === 'pieces') return { kind: 'shuffle-read', sourceId, schema };
  return { kind: 'scan', sourceId, format, schema };
}

/** A file of these rows by DuckDB, so that what is read is somebody else's. */
async function parquetFile(schema: readonly Field[], rows: readonly JsonRow[]): Promise<Uint8Array> {
  await createTable('golden', tableOf(schema, rows));
  const path = join(temporary, 'golden.parquet');
  await query(`copy golden to '${path}' (format parquet)`);
  return readFileSync(path);
}

const tableOf = (schema: readonly Field[], rows: readonly JsonRow[]): Table => ({
  schema: { fields: schema },
  rows: rows.map((row) => schema.map(({ name }) => wholeNumber(row[name] ?? null))),
});

/** Another by Arrow's own writer: texts as codes of a dictionary. */
function arrowFile(schema: readonly Field[], rows: readonly JsonRow[]): Uint8Array {
  const columns = schema.map(({ name, type }) => {
    const values = tableOf(schema, rows).rows.map((row) => row[schema.findIndex((one) => one.name === name)]);
    return [name, vectorFromArray(values, ARROW_TYPES[type.kind] ?? new Utf8())];
  });
  return tableToIPC(new ArrowTable(Object.fromEntries(columns)), 'file');
}
const ARROW_TYPES: Partial<Record<DataType['kind'], ArrowType>> = {
  int64: new Int64(),
  float64: new Float64(),
  utf8: new Dictionary(new Utf8(), new Int32()),
};

const wholeNumber = (value: JsonRow[string]): Value =>
  typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : (value as Value);

/** The rows in one partition of a shuffle object, which a task before this one has gathered. */
async function piecesOf(
  store: ObjectStore,
  sourceId: string,
  schema: readonly Field[],
  rows: readonly JsonRow[],
): Promise<TaskInput> {
  const plan: PlanNode = { kind: 'gather', input: { kind: 'in-memory-scan', sourceId, schema } };
  const inputs: Task['inputs'] = { [sourceId]: { kind: 'rows', rows } };
  const { manifest } = await executeTask({ ...TASK, jobId: 'before', plan, inputs }, { store, attemptId: 'a1' });
  const { shuffle = [] } = manifest as TaskManifest;
  return { kind: 'shuffle', pieces: shuffle.map(({ path }) => ({ uri: `${TASK.output.uri}/${path}`, partition: 0 })) };
}

function withScans(node: unknown, scans: ReadonlyMap<string, PlanNode>): unknown {
  if (Array.isArray(node)) return node.map((item) => withScans(item, scans));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const isInput = ['input', 'inputs', 'left', 'right'].includes(key);
      const scan = isInput && typeof value === 'string' ? scans.get(value) : undefined;
      const list = isInput && Array.isArray(value) ? value.map((item) => scans.get(item) ?? item) : value;
      return [key, scan ?? withScans(list, scans)];
    }),
  );
}

const UDFS = { user: new URL('../udf/modules.ts', import.meta.url) };
const TASK = {
  version: 1,
  jobId: 'golden',
  stageId: 0,
  taskId: 0,
  inputs: {},
  output: { uri: 'memory://lake/out' },
} as const;
const temporary = mkdtempSync(join(tmpdir(), 'millrace-golden-'));
afterAll(() => rmSync(temporary, { recursive: true }));

async function resultOf({ plan, inputs, store, sql }: Golden): Promise<string> {
  const batches: RecordBatch[] = [];
  const task: Task = { ...TASK, plan, inputs };
  const onBatch = (batch: RecordBatch) => void batches.push(batch);
  const { schema } = await executeTask(task, { store, attemptId: 'a1', udfs: UDFS, onBatch });
  const rows = batches.flatMap((batch) => [...resultBatch(batch).rows()]);
  if (sql !== '') expect(rows).toEqual(await query(sql));
  const table = textTable(schema, rows);
  const objects: string[] = [];
  for await (const { uri } of store.list(TASK.output.uri)) {
    if (!uri.endsWith('.csv')) continue;
    const object = await store.get(uri, { maxBytes: 10_000 });
    objects.push(`\n${uri}\n${Buffer.from(object?.bytes ?? []).toString()}`);
  }
  return [table, ...objects.sort()].join('').trimEnd();
}

describe('the plan', () => {
  test.each(files)('%s', async (file) => {
    const path = join(directory, file);
    const golden = await readGolden(readFileSync(path, 'utf8'));
    const explain = explainPlan(pushDown(bindPlan(golden.plan)));
    const result = await resultOf(golden);
    if (UPDATES) writeFileSync(path, `${golden.given}\n\nexplain\n${explain}\n\nresult\n${result}\n`);
    else expect({ explain, result }).toEqual({ explain: golden.explain, result: golden.result });
  });
});

test('every kind of node has an example', () => {
  const shown = new Set(files.map((file) => file.split('/')[0]));
  const missing = Object.keys(EVERY_NODE).filter((kind) => !shown.has(kind));
  expect(missing).toEqual([]);
});
