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
import type { Schema } from '../columnar/schema.ts';
import { sliceColumn } from '../columnar/slice.ts';
import type { Holding } from '../memory/budget.ts';
import { AggregateInput, type AggregationSpec, fuseRows } from './aggregate-input.ts';
import { FusedKernel } from './fused-kernel.ts';
import { GroupStates } from './group-states.ts';
import { GroupTable } from './group-table.ts';
import { absorbNumbered, PARTITION_NUMBER } from './numbered-rows.ts';
import { RepeatedColumn } from './repeated-column.ts';
import { RowBuffer } from './row-buffer.ts';
import { groupColumn } from './value-log.ts';

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
    const repeated = answers.columns().map((column) => {
      const of = new RepeatedColumn(column.type, this.#holding);
      of.begin(column, answers.rowCount);
      return of;
    });
    const kept = this.#rows.columns();
    const ids = kept.at(-1);
    assert.ok(ids !== undefined);
    const passed = this.#passthrough.flatMap((index) => kept[index] ?? []);
    for (let from = 0; from < rowCount; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rowCount - from);
      const results = repeated.map((each) => each.repeat(ids.values + from * 4, count));
      yield new Batch(this.#schema, count, [...passed.map((column) => sliceColumn(column, from)), ...results]);
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
}
