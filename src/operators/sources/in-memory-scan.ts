import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import { type Field, type Schema, schemaText } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { valuesFootprint } from '../../columnar/values-footprint.ts';
import { InvalidArgument } from '../../errors.ts';
import { type JsonValue, literalForm, valueFromJson } from '../../expressions/literal.ts';
import type { Output, Source, SourceRun, TaskContext } from '../operator.ts';

/** A row as the task brings it: values by column name, written as literals are; a column left out is null. */
export type JsonRow = Readonly<Record<string, JsonValue>>;

const NAME = 'InMemoryScan';

/** Pushes the rows of a task's input in batches. The rows are the caller's and are not counted; batches are leased. */
export function inMemoryScan({ schema, rows }: { readonly schema: Schema; readonly rows: readonly JsonRow[] }): Source {
  return { role: 'source', name: NAME, schema, open: (task) => new InMemoryScanRun(schema, rows, task) };
}

class InMemoryScanRun implements SourceRun {
  readonly #schema: Schema;
  readonly #rows: readonly JsonRow[];
  readonly #task: TaskContext;

  constructor(schema: Schema, rows: readonly JsonRow[], task: TaskContext) {
    this.#schema = schema;
    this.#rows = rows;
    this.#task = task;
  }

  async run(output: Output): Promise<void> {
    const { memory, signal } = this.#task;
    for (let start = 0; start < this.#rows.length; ) {
      signal.throwIfAborted();
      const { columns, rowCount, byteLength } = this.#next(start);
      using lease = await memory.lease(NAME, byteLength, signal);
      const batch = new Batch(
        this.#schema,
        rowCount,
        this.#schema.fields.map(({ type }, index) => columnFromValues(lease, type, columns[index] ?? [])),
      );
      if ((await output.push(batch)) === 'done') return;
      start += rowCount;
    }
  }

  [Symbol.dispose](): void {}

  /** The values of the next batch, by column: fewer rows where the whole of it could never be leased. */
  #next(start: number): { columns: Value[][]; rowCount: number; byteLength: number } {
    let rowCount = Math.min(BATCH_ROWS, this.#rows.length - start);
    for (;;) {
      const rows = this.#rows.slice(start, start + rowCount);
      const columns = this.#schema.fields.map((field) => rows.map((row, index) => cellOf(row, field, start + index)));
      const byteLength = this.#schema.fields.reduce(
        (bytes, field, index) => bytes + valuesFootprint(field.type, columns[index] ?? []),
        0,
      );
      if (byteLength <= this.#task.memory.floorBytes || rowCount === 1) return { columns, rowCount, byteLength };
      rowCount = Math.ceil(rowCount / 2);
    }
  }
}

function cellOf(row: JsonRow, { name, type, nullable }: Field, index: number): Value {
  const json = Object.hasOwn(row, name) ? (row[name] ?? null) : null;
  const value = valueFromJson(json, type);
  if (value === undefined || (value === null && !nullable)) {
    const wanted = nullable ? literalForm(type) : `${literalForm(type)}, and not null`;
    throw new InvalidArgument(
      `Row ${index} of the rows (${schemaText({ fields: [{ name, type, nullable }] })}) has ${JSON.stringify(json).slice(0, 60)}; needed is ${wanted}.`,
    );
  }
  return value;
}
