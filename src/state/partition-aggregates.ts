/**
 * Aggregates over whole partitions, and the rows to which they are given.
 *
 *     rows     a │ x │ …  │ partition 0          groups    0 │ sum, count, … │
 *              b │ y │ …  │ partition 1                    1 │ sum, count, … │
 *              a │ z │ …  │ partition 0          rows ──▶  a, x, sum of 0 │ b, y, sum of 1 │ a, z, sum of 0
 *
 * Rows stay in the order in which they come: nothing is sorted, and they are passed on from where they are kept.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { sliceColumn, slicesAt } from '../columnar/slice.ts';
import { sortKernels } from '../kernels/sort-kernels.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { AggregateInput, type AggregationSpec, fuseRows } from './aggregate-input.ts';
import { FusedKernel } from './fused-kernel.ts';
import { GatherScratch } from './gather-scratch.ts';
import { GroupStates } from './group-states.ts';
import { GroupTable } from './group-table.ts';
import { absorbNumbered, PARTITION_NUMBER } from './numbered-rows.ts';
import { RowBuffer } from './row-buffer.ts';
import { groupColumn } from './value-log.ts';
import { RepeatedAnswers } from './window-repeated.ts';

export class PartitionAggregates implements Disposable {
  readonly #spec: AggregationSpec;
  /** Of the rows that come out: columns of the input, then the results. */
  readonly #schema: Schema;
  readonly #passthrough: readonly number[];
  readonly #holding: Holding;
  readonly #input: AggregateInput;
  readonly #kernel: FusedKernel;
  readonly #table: GroupTable;
  readonly #groups: GroupStates;
  /** The input, then the number of the partition. */
  readonly #rows: RowBuffer;

  /** Retains rows and groups under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(spec: AggregationSpec, schema: Schema, passthrough: readonly number[], holding: Holding) {
    const { groupBy, plan, input } = spec;
    const [types, nullable] = [
      groupBy.map((key) => key.expression.type),
      groupBy.map((key) => key.expression.nullable),
    ];
    this.#spec = spec;
    this.#schema = schema;
    this.#passthrough = passthrough;
    this.#holding = holding;
    this.#input = new AggregateInput(spec, holding);
    this.#kernel = new FusedKernel(plan, holding);
    this.#table = new GroupTable(types, holding, nullable);
    this.#groups = new GroupStates(plan, holding);
    this.#rows = new RowBuffer({ fields: [...input.fields, PARTITION_NUMBER] }, holding);
  }

  get partitionCount(): number {
    return this.#table.groupCount;
  }

  /** After an error only disposing is allowed. @throws MemoryBudgetExceeded, ArithmeticOverflow, ColumnTooLarge */
  add(batch: Batch): void {
    const { rowCount } = batch;
    if (rowCount === 0) return;
    const rows = this.#input.rows(batch);
    const ids = this.#table.groupIds(rows.keys, rowCount);
    this.#groups.states.ensure(this.#table.groupCount);
    const fused = fuseRows(rows.inputs, this.#spec.plan, true);
    const loop = fused && this.#kernel.loopFor(fused);
    if (fused !== undefined && loop !== undefined) {
      this.#kernel.add(loop, fused, rowCount, this.#groups.states, { ids });
    }
    this.#groups.add(rows.inputs, rowCount, ids, loop !== undefined);
    this.#rows.append(new Batch(this.#rows.schema, rowCount, [...batch.columns, groupColumn(ids)]));
  }

  /** Takes over what `other`, made for the same spec, has seen, which is later input. Throws as `add`. */
  merge(other: PartitionAggregates): void {
    const mapping = this.#table.merge(other.#table);
    this.#groups.states.ensure(this.#table.groupCount);
    this.#groups.merge(other.#groups, mapping.address);
    absorbNumbered(this.#rows, other.#rows, mapping.address, this.#holding.linear);
    this.#holding.free(mapping);
  }

  /** All rows with their results; each batch is valid until the next. @throws MemoryBudgetExceeded, ArithmeticOverflow */
  *batches(): Generator<Batch> {
    const { rowCount } = this.#rows;
    if (rowCount === 0) return;
    const answers = this.#answers({ fields: this.#schema.fields.slice(this.#passthrough.length) });
    const repeated = answers.schema.fields.map((each) => new RepeatedAnswers(each, this.#holding));
    const kept = this.#rows.columns();
    const ids = kept.at(-1);
    assert.ok(ids !== undefined);
    const passed: Schema = { fields: this.#schema.fields.slice(0, this.#passthrough.length) };
    const columns = this.#passthrough.flatMap((index) => kept[index] ?? []);
    using scratch = new GatherScratch(passed, this.#holding);
    for (let from = 0; from < rowCount; ) {
      let count = Math.min(BATCH_ROWS, rowCount - from);
      const results: Column[] = [];
      for (const [index, column] of answers.columns().entries()) {
        const made = repeated[index]?.gather(column, ids.values + from * 4, count);
        assert.ok(made !== undefined);
        results.push(made.column);
        count = made.rowCount;
      }
      const input = this.#inputRows(columns, from, count, scratch);
      yield new Batch(this.#schema, input.rowCount, [...input.columns, ...results]);
      from += input.rowCount;
    }
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
    this.#kernel.free();
    this.#table[Symbol.dispose]();
    this.#groups[Symbol.dispose]();
    this.#rows[Symbol.dispose]();
  }

  /** The results of all partitions, by number. */
  #answers(schema: Schema): RowBuffer {
    const answers = new RowBuffer(schema, this.#holding);
    const { groupCount } = this.#table;
    for (let from = 0; from < groupCount; ) {
      const to = this.#groups.endOfBatch(from, Math.min(from + BATCH_ROWS, groupCount));
      answers.append(new Batch(schema, to - from, this.#groups.columns(from, to)));
      from = to;
    }
    return answers;
  }

  /** From where they are, but for what lies behind a batch that had to be short. */
  #inputRows(columns: readonly Column[], from: number, count: number, scratch: GatherScratch): Batch {
    if (columns.every((column) => slicesAt(column, from))) {
      return new Batch(
        scratch.schema,
        count,
        columns.map((column) => sliceColumn(column, from)),
      );
    }
    const numbers = this.#holding.allocate(count * 4);
    const { linear } = this.#holding;
    sortKernels(linear).sortRanks(0, count, numbers.address);
    windowKernels(linear).numbersFrom(numbers.address, -from, count, numbers.address);
    const batch = scratch.gather(columns, numbers.address, count);
    this.#holding.free(numbers);
    return batch;
  }
}
