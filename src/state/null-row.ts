import { Batch } from '../columnar/batch.ts';
import { columnFromValues, constantColumn } from '../columnar/column-from-values.ts';
import { isBytes } from '../columnar/data-type.ts';
import type { Holding } from '../memory/budget.ts';
import type { RowBuffer } from './row-buffer.ts';

/**
 * Appends a row of nulls, for those who gather rows of which some are not there, and returns its number. How the other rows
 * are held stays as it is. @throws MemoryBudgetExceeded
 */
export function appendNullRow(rows: RowBuffer, holding: Holding): number {
  using scratch = holding.budget.reserve(holding.owner);
  const columns = rows.schema.fields.map(({ type }) =>
    isBytes(type)
      ? constantColumn(scratch, type, null, 1)
      : columnFromValues(scratch, type, [null], type.kind === 'decimal' ? { bits: 0, width: 8 } : { bits: 0 }),
  );
  const { rowCount } = rows;
  rows.append(new Batch(rows.schema, 1, columns));
  return rowCount;
}
