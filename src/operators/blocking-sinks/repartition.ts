/**
 * Sends rows to partitions by their keys, into one object.
 *
 *     batch ──which partition──▶ rows in its order ──copy──▶ │ rows, and the partition of each │
 *                                                                  │ a third of the budget, or memory short
 *                                                                  ▼
 *                     rows by partition ──▶ │ pages of 0 │ pages of 1 │ … │ ──▶ the object
 *
 * Rows are held in one buffer, whatever the number of partitions, and a partition has neighbouring pages each time the
 * buffer is emptied. Within a batch they are put in order of partition at once, while the batch is in the cache, so that
 * gathering those of one partition later reads them in runs.
 */

import assert from 'node:assert/strict';
import { Batch } from '../../columnar/batch.ts';
import { MemoryBudgetExceeded } from '../../errors.ts';
import { joinedRanges } from '../../io/shuffle/shuffle-format.ts';
import { SHUFFLE_RESULT } from '../../io/shuffle/shuffle-result.ts';
import { partitionKernels } from '../../kernels/partition-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { openPartitioner, type Partitioner, type PartitionRule } from '../../state/partitioner.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import type { BlockingRun, BlockingSink, Counters, Demand, Output, TaskContext } from '../operator.ts';
import { pushPieces, type ShuffleOptions, ShuffleOutput, shuffleCounters } from './shuffle-output.ts';

export interface RepartitionOptions extends ShuffleOptions {
  readonly partitions: number;
  readonly by: PartitionRule;
}

const NAME = 'Repartition';
/** Of the budget, what rows may take before they are written. */
const HELD_SHARE = 1 / 3;

/** Emits where each partition is: `SHUFFLE_RESULT`. Rows of one task keep their order within a partition. */
export function repartition(options: RepartitionOptions): BlockingSink {
  return {
    role: 'blocking-sink',
    name: NAME,
    schema: SHUFFLE_RESULT,
    open: (task) => new RepartitionRun(options, task),
  };
}

class RepartitionRun implements BlockingRun {
  readonly #options: RepartitionOptions;
  readonly #task: TaskContext;
  readonly #holding: Holding;
  readonly #partitioner: Partitioner;
  readonly #rows: RowBuffer;
  /** The partition of each row that is held, and room to list the rows by it. */
  readonly #partitions: GrowingRegion;
  readonly #order: GrowingRegion;
  /** Of the batch at hand. */
  readonly #assigned: GrowingRegion;
  readonly #sorted: GrowingRegion;
  readonly #starts: GrowingRegion;
  /** Of this run, and of those that were combined with it. */
  readonly #outputs: ShuffleOutput[];

  constructor(options: RepartitionOptions, task: TaskContext) {
    const { input, partitions, by } = options;
    this.#options = options;
    this.#task = task;
    this.#holding = task.memory.reserve(NAME);
    this.#outputs = [];
    this.#rows = new RowBuffer(input, this.#holding);
    this.#partitions = new GrowingRegion(this.#holding);
    this.#order = new GrowingRegion(this.#holding);
    this.#assigned = new GrowingRegion(this.#holding);
    this.#sorted = new GrowingRegion(this.#holding);
    this.#starts = new GrowingRegion(this.#holding);
    try {
      this.#outputs.push(new ShuffleOutput(options, NAME, task));
      this.#partitioner = openPartitioner(by, input, partitions, this.#holding);
    } catch (error) {
      for (const output of this.#outputs) output[Symbol.dispose]();
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch): Promise<Demand> {
    const { rowCount } = batch;
    if (rowCount === 0) return 'more';
    this.#assign(batch);
    if (!this.#tryHold(batch)) {
      await this.#writeOut();
      this.#list(this.#assigned.address, rowCount, this.#sorted.address);
      if (!this.#tryHold(batch)) await this.#write(batch, this.#sorted.address);
    }
    if (this.#rows.byteLength > this.#task.memory.limitBytes * HELD_SHARE) await this.#writeOut();
    return 'more';
  }

  /** Runs do not share objects. */
  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof RepartitionRun);
    await other.#writeOut();
    this.#outputs.push(...other.#outputs.splice(0));
  }

  async finish(output: Output): Promise<void> {
    await this.#writeOut();
    const { partitions } = this.#options;
    const written = this.#outputs.filter(({ rowCount }) => rowCount > 0);
    const objects = [];
    for (const one of written.length > 0 ? written : this.#outputs.slice(0, 1)) {
      objects.push(await one.close(Array.from({ length: partitions }, (_, p) => joinedRanges(one.pagesOf(p)))));
    }
    await pushPieces(objects, partitions, output, this.#task, NAME);
  }

  counters(): Counters {
    return shuffleCounters(this.#outputs);
  }

  [Symbol.dispose](): void {
    for (const output of this.#outputs) output[Symbol.dispose]();
    this.#partitioner[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  get #output(): ShuffleOutput {
    const [output] = this.#outputs;
    assert.ok(output !== undefined);
    return output;
  }

  /** Lists the rows of `batch` by partition, at `#sorted`; where each begins, at `#starts`. */
  #assign(batch: Batch): void {
    const { rowCount } = batch;
    const { partitions } = this.#options;
    this.#assigned.ensure(rowCount * 4, 0);
    this.#sorted.ensure(rowCount * 4, 0);
    this.#starts.ensure((partitions + 1) * 4, 0);
    this.#partitioner.assign(batch, this.#assigned.address);
    this.#list(this.#assigned.address, rowCount, this.#sorted.address);
  }

  #list(assigned: number, count: number, to: number): void {
    const { orderByPartition } = partitionKernels(this.#holding.linear);
    orderByPartition(assigned, count, this.#options.partitions, this.#starts.address, to);
  }

  /** False, and no row is held that was not before, where memory is short. */
  #tryHold(batch: Batch): boolean {
    const held = this.#rows.rowCount;
    const count = batch.rowCount;
    try {
      this.#partitions.ensure((held + count) * 4, held * 4);
      this.#order.ensure((held + count) * 4, 0);
      this.#output.keepRoom();
    } catch (error) {
      if (error instanceof MemoryBudgetExceeded) return false;
      throw error;
    }
    if (!this.#rows.tryAppend(batch, this.#sorted.address, count)) return false;
    const to = this.#partitions.address + held * 4;
    takeKernels(this.#holding.linear).take4(this.#assigned.address, this.#sorted.address, count, to);
    return true;
  }

  /** Writes all rows that are held. */
  async #writeOut(): Promise<void> {
    const { rowCount } = this.#rows;
    this.#output.giveRoom();
    if (rowCount === 0) return;
    this.#list(this.#partitions.address, rowCount, this.#order.address);
    await this.#write(new Batch(this.#options.input, rowCount, this.#rows.columns()), this.#order.address);
    this.#rows.clear();
  }

  /** Writes the rows of `batch`, which are listed at `order`, partition by partition. */
  async #write(batch: Batch, order: number): Promise<void> {
    this.#task.signal.throwIfAborted();
    const writer = await this.#output.writer();
    const start = (partition: number): number =>
      this.#holding.linear.u32[(this.#starts.address >>> 2) + partition] ?? 0;
    for (let partition = 0; partition < this.#options.partitions; partition += 1) {
      const [first, end] = [start(partition), start(partition + 1)];
      if (first === end) continue;
      await writer.begin(partition);
      await writer.append(batch, order + first * 4, end - first);
    }
    await writer.flush();
  }
}
