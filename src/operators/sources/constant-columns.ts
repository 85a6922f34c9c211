import { BATCH_ROWS } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { constantColumn } from '../../columnar/column-from-values.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import type { Holding } from '../../memory/budget.ts';

/** Each of `values`, by the position of its field, in every row of a batch. @throws MemoryBudgetExceeded */
export function constantColumns(
  values: ReadonlyMap<number, Value>,
  { fields }: Schema,
  holding: Holding,
): ReadonlyMap<number, Column> {
  if (values.size === 0) return new Map();
  const codes = holding.allocateZeroed(BATCH_ROWS * 4).address;
  return new Map(
    [...values].flatMap(([position, value]): [number, Column][] => {
      const type = fields[position]?.type;
      return type === undefined ? [] : [[position, constantColumn(holding, type, value, BATCH_ROWS, codes)]];
    }),
  );
}
