import { type Field, type Schema, schemaText } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidArgument } from '../../errors.ts';
import { type JsonValue, literalForm, valueFromJson } from '../../expressions/literal.ts';
import type { Output, Source, SourceRun, TaskContext } from '../operator.ts';
import { pushLeased } from './leased-values.ts';

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
    const rows = this.#rows;
    const value = (row: number, field: Field): Value => cellOf(rows[row] ?? {}, field, row);
    await pushLeased({ name: NAME, schema: this.#schema, rowCount: rows.length, value }, output, this.#task);
  }

  [Symbol.dispose](): void {}
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
