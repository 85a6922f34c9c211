/** The rows of a query that has run, in memory; Arrow is loaded when it is asked for. */

import type { Table as ArrowTable, RecordBatch } from 'apache-arrow';
import { arrowNow } from '../columnar/arrow-now.ts';
import { type DataType, storageType } from '../columnar/data-type.ts';
import type { KeptBatch } from '../columnar/kept-batch.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { valueToJson } from '../expressions/literal.ts';
import type { TaskStats } from '../stats/task-stats.ts';
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

export function tableOf<S>(schema: Schema, kept: readonly KeptBatch[], statistics?: TaskStats): Table<S> {
  const { fields } = schema;
  const reads = fields.map(({ type }) => valueIn(type));
  function* values(): Generator<readonly Value[]> {
    for (const batch of kept) yield* batch.rows();
  }
  const rowCount = kept.reduce((sum, batch) => sum + batch.rowCount, 0);
  let batches: readonly RecordBatch[] | undefined;
  const inArrow = (): readonly RecordBatch[] => {
    batches ??= kept.map(arrowNow().keptToArrow);
    return batches;
  };
  const toDisplay = (): Record<string, string> => {
    const rows = [...values().take(NOTEBOOK_ROWS)];
    return displayOf({ schema, rows, hasMore: rowCount > rows.length });
  };
  const table: Table<S> = {
    schema,
    rowCount,
    get batches() {
      return inArrow();
    },
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
    toArrow: () => arrowNow().arrowTable(schema, inArrow()),
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
