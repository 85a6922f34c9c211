import { pathToFileURL } from 'node:url';
import type { Field, Schema } from '../src/columnar/schema.ts';
import { executeTask } from '../src/execute-task.ts';
import type { AggregateCall, Expression } from '../src/expressions/expression.ts';
import { fileStore } from '../src/io/file-store.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { rowsOf } from './answers.ts';
import type { Cell } from './duckdb.ts';
import { measureOf } from './scan-measures.ts';
import type { Answer } from './turns.ts';

const MEMORY_BYTES = 1024 ** 3;

export interface Scan {
  readonly format: 'parquet' | 'arrow' | 'csv' | 'json';
  readonly paths: readonly string[];
  readonly schema: Schema;
  /** What is read, and measured. */
  readonly fields: readonly Field[];
  /** Which rows are kept: all where absent. */
  readonly predicate?: Expression | undefined;
}

/** One task on one thread; `bytes` are those that were read. */
export async function runOurs(
  { format, paths, schema, fields, predicate }: Scan,
  store: ObjectStore = fileStore(),
  memoryBytes: number = MEMORY_BYTES,
): Promise<Answer & { bytes: number; rowsRead: number }> {
  const aggregates = fields.map((field): AggregateCall => ({ name: field.name, ...measureOf(field).ours }));
  const source: PlanNode = { kind: 'scan', sourceId: 't', format, schema: schema.fields };
  const input: PlanNode = predicate === undefined ? source : { kind: 'filter', predicate, input: source };
  const plan: PlanNode = { kind: 'aggregate', input, aggregates };
  const files = paths.map((path) => ({ uri: pathToFileURL(path).href }));
  const inputs = { t: { kind: 'files', files } };
  const rows: Cell[][] = [];
  const start = performance.now();
  const { statistics } = await executeTask(
    { version: 1, jobId: 'scan', stageId: 0, taskId: 0, plan, inputs },
    {
      store,
      memoryBytes,
      onKept: (batch) => {
        rows.push(...rowsOf(batch));
      },
    },
  );
  const ms = performance.now() - start;
  const read = statistics.operators.find(({ counters }) => counters['bytes read'] !== undefined)?.counters;
  return { ms, rows, bytes: read?.['bytes read'] ?? 0, rowsRead: read?.['rows read'] ?? 0 };
}
