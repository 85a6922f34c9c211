/** The rows of a query that has run, in memory as Arrow record batches. */

import { Table as ArrowTable, type RecordBatch } from 'apache-arrow';
import { toArrowSchema } from '../columnar/arrow-schema.ts';
import { type DataType, storageType } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { valueToJson } from '../expressions/literal.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import { resultBatch } from './result-rows.ts';
import { displayOf, INSPECT, JUPYTER_DISPLAY, NOTEBOOK_ROWS, pageText } from './show.ts';
import { textTable } from './text-table.ts';

export interface Table<S = any> {
  readonly schema: Schema;
  readonly rowCount: number;
  readonly batches: readonly RecordBatch[];
  /** What the operators did; undefined of what was never run. */
  readonly statistics: TaskStats | undefined;
  /** An object for each row: see `value-types.ts`. */
  toRows(): S[];
  toColumns(): { [K in keyof S]: S[K][] };
  toArrow(): ArrowTable;
  /** As text, all of it. */
  toString(): string;
  /** What notebooks show, which find it as `Symbol.for('Jupyter.display')`: by types of media. */
  toDisplay(): Record<string, string>;
}

export function tableOf<S>(schema: Schema, batches: readonly RecordBatch[], statistics?: TaskStats): Table<S> {
  const { fields } = schema;
  const reads = fields.map(({ type }) => valueIn(type));
  function* values(): Generator<readonly Value[]> {
    for (const batch of batches) yield* resultBatch(batch).rows();
  }
  const rowCount = batches.reduce((sum, { numRows }) => sum + numRows, 0);
  const toDisplay = (): Record<string, string> => {
    const rows = [...values().take(NOTEBOOK_ROWS)];
    return displayOf({ schema, rows, hasMore: rowCount > rows.length });
  };
  const table: Table<S> = {
    schema,
    rowCount,
    batches,
    statistics,
    toRows: () =>
      Array.from(
        values(),
        (row) => Object.fromEntries(fields.map(({ name }, at) => [name, reads[at]?.(row[at] ?? null)])) as S,
      ),
    toColumns: () => {
      const rows = [...values()];
      return Object.fromEntries(
        fields.map(({ name }, at) => [name, rows.map((row) => reads[at]?.(row[at] ?? null))]),
      ) as never;
    },
    toArrow: () => (batches.length === 0 ? new ArrowTable(toArrowSchema(schema)) : new ArrowTable([...batches])),
    toString: () => textTable(schema, [...values()]),
    toDisplay,
  };
  const shown = (): string => {
    const rows = [...values().take(NOTEBOOK_ROWS)];
    return pageText({ schema, rows, hasMore: rowCount > rows.length });
  };
  return Object.defineProperties(table, { [JUPYTER_DISPLAY]: { value: toDisplay }, [INSPECT]: { value: shown } });
}

/** How values of a type become those that programs get. */
function valueIn(type: DataType): (value: Value) => unknown {
  const stored = storageType(type);
  switch (stored.kind) {
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'interval':
      return (value) => (value === null ? null : valueToJson(value, type));
    case 'list':
    case 'fixed-size-list': {
      const item = valueIn(stored.item);
      return (value) => (value === null ? null : (value as readonly Value[]).map(item));
    }
    case 'struct': {
      const parts = stored.fields.map(({ name, type: part }) => ({ name, read: valueIn(part) }));
      return (value) =>
        value === null
          ? null
          : Object.fromEntries(
              parts.map(({ name, read }, at) => [name, read((value as readonly Value[])[at] ?? null)]),
            );
    }
    case 'map': {
      const [key, item] = [valueIn(stored.key), valueIn(stored.value)];
      return (value) =>
        value === null
          ? null
          : (value as readonly (readonly Value[])[]).map(([k = null, v = null]) => [key(k), item(v)]);
    }
    default:
      return (value) => value;
  }
}
