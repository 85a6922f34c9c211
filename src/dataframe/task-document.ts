/** The task of a query as a document, which another process runs: what is in the memory of this one is written into it. */

import type { RecordBatch } from 'apache-arrow';
import { arrowNow } from '../columnar/arrow-now.ts';
import { readRows } from '../columnar/column-values.ts';
import { KeptBatch } from '../columnar/kept-batch.ts';
import type { Field } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { InvalidQuery } from '../errors.ts';
import { valueToJson } from '../expressions/literal.ts';
import { Problems } from '../expressions/problems.ts';
import { MemoryBudget } from '../memory/budget.ts';
import { checkValue, MAX_DOCUMENT_CHARACTERS, MAX_VALUES } from '../plan/document-limits.ts';
import type { Task, TaskInput } from '../plan/task.ts';
import { inlined } from './inlined.ts';
import type { Query, QueryInput } from './query.ts';
import { taskOf } from './run-query.ts';

/** @throws InvalidQuery where it reads a partition, or more rows in memory than a document may have */
export function taskDocument(query: Query): Task {
  const whole = inlined(query);
  const task = taskOf(whole);
  const given = [...whole.inputs].filter(([id]) => id in task.inputs);
  const rows = given.flatMap(([id, input]): [string, TaskInput][] =>
    input.kind === 'given' ? [[id, { kind: 'rows', rows: rowsOf(input) }]] : [],
  );
  if (rows.length === 0) return task;
  const document = { ...task, inputs: { ...task.inputs, ...Object.fromEntries(rows) } };
  const problems = new Problems();
  checkValue(document, problems);
  if (!problems.isEmpty || JSON.stringify(document).length > MAX_DOCUMENT_CHARACTERS) throw tooMany();
  return document;
}

type JsonRows = Extract<TaskInput, { kind: 'rows' }>['rows'];

/** As literals are written; null where a column is left out. */
function rowsOf({ rowCount, fields, batches }: Extract<QueryInput, { kind: 'given' }>): JsonRows {
  if (rowCount * (fields.length + 1) > MAX_VALUES) throw tooMany();
  return batches().flatMap((batch) => rowsIn(batch, fields));
}

function rowsIn(batch: RecordBatch | KeptBatch, fields: readonly Field[]): JsonRows {
  const rows = batch instanceof KeptBatch ? [...batch.rows()] : rowsOfArrow(batch);
  return rows.map((row) => {
    const values = fields.map(({ name, type }, at) => [name, valueToJson(row[at] ?? null, type)] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== null));
  });
}

function rowsOfArrow(batch: RecordBatch): readonly (readonly Value[])[] {
  const memory = new MemoryBudget(Number.MAX_SAFE_INTEGER);
  using holding = memory.reserve('toPlan');
  return readRows(memory.linear, arrowNow().fromArrow(batch, holding));
}

const tooMany = (): InvalidQuery =>
  new InvalidQuery(
    [
      {
        path: '$.inputs',
        message: `The rows in memory are more than a task may have: ${MAX_VALUES} values, and ${MAX_DOCUMENT_CHARACTERS} characters. Write them, as with writeParquet, and take the plan of a frame that reads these files.`,
      },
    ],
    'toPlan',
  );
