/** A task's memory and the ends of a chain, for tests: rows in, lent batch by batch, and rows out. */

import assert from 'node:assert/strict';
import { expect } from 'vitest';
import { BATCH_ROWS, Batch } from '../../src/columnar/batch.ts';
import type { Column } from '../../src/columnar/column.ts';
import { type ColumnForm, columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { uint32 } from '../../src/columnar/data-type.ts';
import type { Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory, PADDING_BYTES } from '../../src/memory/linear-memory.ts';
import { collectGarbage } from '../../src/memory/process-memory.ts';
import type { Counters, Output, Source, SourceRun, Stage, TaskContext } from '../../src/operators/operator.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import type { OperatorStats } from '../../src/stats/operator-stats.ts';
import { checkBatch } from './check-batch.ts';

export type Row = readonly Value[];

/** Growing a shared memory takes V8 time for all of the process that were not collected yet. */
const MEMORIES_BETWEEN_COLLECTIONS = 100;
let memories = 0;

/** A budget over a linear memory that finds use after free, double free and write after free. */
export function testBudget(limitBytes: number = 64 * 1024 * 1024, floorBytes?: number): MemoryBudget {
  memories += 1;
  if (memories % MEMORIES_BETWEEN_COLLECTIONS === 0) collectGarbage('major');
  return new MemoryBudget(limitBytes, floorBytes, new LinearMemory(limitBytes, true));
}

export function testTask(
  memory: MemoryBudget = testBudget(),
  signal: AbortSignal = new AbortController().signal,
): TaskContext {
  return { memory, signal };
}

/** Everything that a source gives, after checking every batch and that all memory was returned. */
export async function runSource(
  source: Source,
  budget: MemoryBudget,
  doneAfter?: number,
): Promise<{ readonly rows: readonly Row[]; readonly counters: Counters; readonly batches: number }> {
  const collector = new Collector(budget, source.schema, doneAfter);
  let counters: Counters = {};
  try {
    using run = source.open(testTask(budget));
    await run.run(collector);
    counters = run.counters?.() ?? {};
  } finally {
    expectAllReturned(budget);
  }
  return { rows: collector.rows, counters, batches: collector.batches };
}

/** Fails unless everything was given back, and nothing was written to since. */
export function expectAllReturned(budget: MemoryBudget): void {
  assert.deepEqual(budget.holders(), []);
  assert.equal(budget.usedBytes, 0);
  assert.equal(budget.linear.usedBytes, 0);
  // Handing a page out checks that it still holds the pattern it was freed with: this hands out all of them.
  const freeBytes = budget.linear.committedBytes - 65_536;
  if (freeBytes === 0) return;
  const all = budget.linear.allocate(freeBytes - PADDING_BYTES);
  assert.ok(all !== undefined, 'the free pages are not one run');
  budget.linear.free(all);
}

/** Rows to feed in, and how. */
export interface Feed {
  readonly schema: Schema;
  readonly rows: readonly Row[];
  /** Rows per batch, in order; what is left over comes in batches of BATCH_ROWS. */
  readonly cuts?: readonly number[] | undefined;
  /** How column `column` is held in batch `batch`: plain where absent. */
  readonly form?: ((batch: number, column: number) => ColumnForm) | undefined;
  /** One dictionary for all batches that have one, instead of one each. */
  readonly sharedDictionaries?: boolean | undefined;
  /** Called before batch `batch` is pushed: to abort or to throw there. */
  readonly before?: ((batch: number) => void) | undefined;
}

/** What a source saw while it ran. */
export interface FeedLog {
  batchesPushed: number;
}

/** Batches of at most BATCH_ROWS rows. */
export function cutRows(rows: readonly Row[], cuts: readonly number[] = []): Row[][] {
  const batches: Row[][] = [];
  let start = 0;
  for (const cut of cuts) {
    batches.push(rows.slice(start, start + cut));
    start = Math.min(rows.length, start + cut);
  }
  for (; start < rows.length; start += BATCH_ROWS) batches.push(rows.slice(start, start + BATCH_ROWS));
  return batches;
}

/**
 * A source that lends: each batch is built for its push, must be unchanged when the push returns, and is overwritten
 * and freed then. Shared dictionaries live until the source is disposed.
 */
export function lentScan(feed: Feed, log: FeedLog = { batchesPushed: 0 }): Source {
  const open = (task: TaskContext): SourceRun => {
    const lender = new Lender(feed, task.memory);
    return {
      async run(output) {
        let start = 0;
        for (const [index, rows] of cutRows(feed.rows, feed.cuts).entries()) {
          feed.before?.(index);
          log.batchesPushed += 1;
          const demand = await lender.lend(index, start, rows, (batch) => output.push(batch));
          if (demand === 'done') return;
          start += rows.length;
        }
      },
      [Symbol.dispose]: () => lender[Symbol.dispose](),
    };
  };
  return { role: 'source', name: 'Lent Scan', schema: feed.schema, open };
}

/** Builds the batches of a feed, one at a time. */
export class Lender implements Disposable {
  readonly #feed: Feed;
  readonly #budget: MemoryBudget;
  /** Per column with a shared dictionary: the codes of all rows, and what holds them. */
  readonly #shared = new Map<number, { column: Column; codes: readonly Value[]; holding: Disposable }>();

  constructor(feed: Feed, budget: MemoryBudget) {
    this.#feed = feed;
    this.#budget = budget;
  }

  /** Lends batch `index`, whose first row is row `start` of the feed, for the time of `use`. */
  async lend<T>(index: number, start: number, rows: readonly Row[], use: (batch: Batch) => Promise<T>): Promise<T> {
    const { schema } = this.#feed;
    using holding = this.#budget.reserve('lent batch');
    const columns = schema.fields.map(({ type }, column) => {
      const form = this.#feed.form?.(index, column) ?? {};
      const values = rows.map((row) => row[column] as Value);
      if (form.dictionary !== true || this.#feed.sharedDictionaries !== true) {
        return columnFromValues(holding, type, values, form);
      }
      const shared = this.#share(column, form);
      const codes = shared.codes.slice(start, start + rows.length);
      const plain = columnFromValues(
        holding,
        uint32,
        codes,
        form.nullable === undefined ? {} : { nullable: form.nullable },
      );
      return { ...shared.column, validity: plain.validity, values: plain.values };
    });
    const batch = new Batch(schema, rows.length, columns);
    const result = await use(batch);
    expect(readRows(this.#budget.linear, batch), 'the input was changed').toEqual(rows);
    return result;
  }

  #share(index: number, form: ColumnForm): { column: Column; codes: readonly Value[] } {
    const known = this.#shared.get(index);
    if (known !== undefined) return known;
    const { schema, rows } = this.#feed;
    const holding = this.#budget.reserve('lent dictionary');
    const { type } = schema.fields[index] as Schema['fields'][number];
    const values = rows.map((row) => row[index] as Value);
    // Known from here on, so that it is disposed even where memory is too short for its values.
    const unfinished = { column: undefined as unknown as Column, codes: [], holding };
    this.#shared.set(index, unfinished);
    const column = columnFromValues(holding, type, values, form);
    const { u32 } = holding.linear;
    const codes = values.map((value, row) => (value === null ? null : (u32[column.values / 4 + row] as number)));
    const shared = { column, codes, holding };
    this.#shared.set(index, shared);
    return shared;
  }

  [Symbol.dispose](): void {
    for (const { holding } of this.#shared.values()) holding[Symbol.dispose]();
    this.#shared.clear();
  }
}

/** An output that reads every batch into rows, after checking that it keeps the rules of columns. */
export class Collector implements Output {
  readonly rows: Row[] = [];
  batches = 0;
  readonly #budget: MemoryBudget;
  readonly #schema: Schema;
  readonly #doneAfter: number;

  /** Is done after `doneAfter` batches. */
  constructor(budget: MemoryBudget, schema: Schema, doneAfter: number = Number.POSITIVE_INFINITY) {
    this.#budget = budget;
    this.#schema = schema;
    this.#doneAfter = doneAfter;
  }

  async push(batch: Batch): Promise<'more' | 'done'> {
    checkBatch(this.#budget.linear, batch, this.#schema);
    this.rows.push(...readRows(this.#budget.linear, batch));
    this.batches += 1;
    return this.batches >= this.#doneAfter ? 'done' : 'more';
  }
}

export interface RunResult {
  readonly rows: readonly Row[];
  readonly stats: readonly OperatorStats[];
  /** How many batches the source pushed. */
  readonly batchesRead: number;
  readonly memory: MemoryBudget;
}

/** Runs `stages` over a feed of rows, reads what comes out, and checks that all memory was returned. */
export async function runStages(
  stages: readonly Stage[],
  feed: Feed,
  options: { memory?: MemoryBudget; signal?: AbortSignal; doneAfter?: number } = {},
): Promise<RunResult> {
  const { memory = testBudget(), signal, doneAfter } = options;
  const log = { batchesPushed: 0 };
  const source = lentScan(feed, log);
  const collector = new Collector(memory, (stages.at(-1) ?? source).schema, doneAfter);
  try {
    const stats = await runChain({ source, stages }, collector, testTask(memory, signal));
    return { rows: collector.rows, stats, batchesRead: log.batchesPushed, memory };
  } finally {
    expectAllReturned(memory);
  }
}
