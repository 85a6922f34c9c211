/**
 * The rows of a window, kept as they come with the number of the partition of each, and in the end put in order.
 *
 *     kept         a │ x │ b │ x + 1 │ partition           sorted by (partition, order keys)
 *                  input       computed                    rows     │ 4 │ 0 │ 7 │ 1 │ …     their numbers
 *                                                          starts   │ 0 │ 2 │ …             of partitions, and the end
 *
 * Partitions are numbered in the order in which their keys first appear, by a group table: whatever the types of keys, they
 * are sorted by as few bits as there are partitions.
 */

import assert from 'node:assert/strict';
import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { RowProgram } from '../compile/row-program.ts';
import { sortKernels } from '../kernels/sort-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GroupTable } from './group-table.ts';
import { absorbNumbered } from './numbered-rows.ts';
import { RowBuffer } from './row-buffer.ts';
import { sortRows } from './sort-rows.ts';
import { ValueBytes } from './value-bytes.ts';
import { groupColumn } from './value-log.ts';
import type { WindowPlan } from './window-plan.ts';

/** Per row, what sorting takes beside the rows if they are most unlucky. */
const MOST_SORT_BYTES = 72;

/** All rows, in order. */
export interface SortedRows {
  /** As they were kept. */
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** Address of the numbers of rows, in order, uint32. */
  readonly rows: number;
  readonly partitions: number;
  /** Address of the position at which each partition begins, uint32, one more than there are partitions. */
  readonly starts: number;
}

export class WindowRows implements Disposable {
  readonly #plan: WindowPlan;
  readonly #holding: Holding;
  readonly #program: RowProgram | undefined;
  /** Undefined where all rows are one partition. */
  readonly #partitions: GroupTable | undefined;
  /** One for each computed column; those of expressions are not used. */
  readonly #bytes: readonly ValueBytes[];
  readonly #rows: RowBuffer;

  /** Retains rows and keys under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(plan: WindowPlan, holding: Holding) {
    this.#plan = plan;
    this.#holding = holding;
    const { input, computed, partitionBy, kept } = plan;
    const expressions = computed.flatMap((each) => (each.kind === 'expression' ? [each.expression] : []));
    const columns = [...expressions, ...partitionBy].map((expression, index) => ({
      name: `\0window ${index}`,
      expression,
    }));
    if (columns.length > 0) this.#program = new RowProgram({ input, columns, operator: holding.owner }, holding);
    if (partitionBy.length > 0) {
      const types = partitionBy.map(({ type }) => type);
      this.#partitions = new GroupTable(
        types,
        holding,
        partitionBy.map(({ nullable }) => nullable),
      );
    }
    this.#bytes = computed.map(() => new ValueBytes(holding));
    this.#rows = new RowBuffer(kept, holding);
  }

  get partitionCount(): number {
    return this.#partitions?.groupCount ?? Math.min(1, this.#rows.rowCount);
  }

  /** Copies the rows of a batch. Throws what expressions do. @throws MemoryBudgetExceeded, ColumnTooLarge */
  add(batch: Batch): void {
    const { rowCount } = batch;
    if (rowCount === 0) return;
    const { kept, computed } = this.#plan;
    const made = this.#program?.apply(batch).columns ?? [];
    const columns = [...batch.columns];
    let used = 0;
    for (const [index, each] of computed.entries()) {
      const bytes = this.#bytes[index];
      if (each.kind === 'expression') columns.push(columnAt(made, used++));
      else if (bytes !== undefined) columns.push(bytes.of(columnAt(columns, each.of), rowCount));
    }
    if (this.#partitions !== undefined) {
      columns.push(groupColumn(this.#partitions.groupIds(made.slice(used), rowCount)));
    }
    this.#rows.append(new Batch(kept, rowCount, columns));
  }

  /** Takes over the rows of `other`, of the same plan, behind its own. @throws MemoryBudgetExceeded, ColumnTooLarge */
  merge(other: WindowRows): void {
    if (this.#partitions === undefined || other.#partitions === undefined) {
      this.#rows.absorb(other.#rows);
      return;
    }
    const mapping = this.#partitions.merge(other.#partitions);
    absorbNumbered(this.#rows, other.#rows, mapping.address, this.#holding.linear);
    this.#holding.free(mapping);
  }

  /** Puts the rows in order; no more may come. @throws MemoryBudgetExceeded */
  sorted(): SortedRows {
    const { order } = this.#plan;
    const { rowCount } = this.#rows;
    const { limitBytes, floorBytes, usedBytes } = this.#holding.budget;
    if (limitBytes - floorBytes - usedBytes < rowCount * MOST_SORT_BYTES) this.#rows.trim();
    const columns = this.#rows.columns();
    const keys = order.map(({ column, ...how }) => ({ column: columnAt(columns, column), ...how }));
    const partition = { descending: false, nullsFirst: false };
    if (this.#partitions !== undefined) keys.unshift({ column: columnAt(columns, columns.length - 1), ...partition });
    const rows = sortRows(keys, rowCount, this.#holding) ?? this.#inOrder(rowCount);
    const partitions = this.partitionCount;
    const starts = this.#holding.allocate((partitions + 1) * 4).address;
    if (this.#partitions === undefined) {
      this.#holding.linear.u32[starts / 4] = 0;
      this.#holding.linear.u32[starts / 4 + partitions] = rowCount;
    } else {
      const numbers = columnAt(columns, columns.length - 1).values;
      valueLogKernels(this.#holding.linear).groupStarts(numbers, rowCount, partitions, starts);
    }
    return { columns, rowCount, rows: rows.address, partitions, starts };
  }

  [Symbol.dispose](): void {
    this.#program?.[Symbol.dispose]();
    this.#partitions?.[Symbol.dispose]();
    for (const bytes of this.#bytes) bytes.free();
    this.#rows[Symbol.dispose]();
  }

  #inOrder(rowCount: number) {
    const rows = this.#holding.allocate(rowCount * 4);
    sortKernels(this.#holding.linear).sortRanks(0, rowCount, rows.address);
    return rows;
  }
}

function columnAt(columns: readonly Column[], index: number): Column {
  const column = columns[index];
  assert.ok(column !== undefined);
  return column;
}
