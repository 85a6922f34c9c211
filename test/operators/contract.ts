/**
 * What every operator owes, whatever it does. Each operator's test calls `obeysContract` once, with a generator of
 * inputs; what the operator computes is tested beside that.
 *
 * Inputs come in every form: columns plain and with dictionaries (one for all batches, or one each, or in some batches
 * only), with bitmaps where no row is null, with and without a known number of bits. Batches are lent: each one is
 * overwritten and freed as soon as its push has returned, in a memory that finds use after free.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ColumnForm } from '../../src/columnar/column-from-values.ts';
import { type DataType, isFloat } from '../../src/columnar/data-type.ts';
import type { Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MemoryBudgetExceeded, TaskCancelled } from '../../src/errors.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import type { BlockingRun, BlockingSink, Stage } from '../../src/operators/operator.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import type { Table } from '../support/tables.ts';
import {
  Collector,
  cutRows,
  expectAllReturned,
  type Feed,
  Lender,
  lentScan,
  type Row,
  runStages,
  testBudget,
  testTask,
} from '../support/task.ts';

export interface ContractOptions {
  /** Whether the order of the rows is part of the result: true where absent. */
  readonly ordered?: boolean;
  /** Runs of each property: 25 where absent. */
  readonly numRuns?: number;
  /** What counts as the same result, where that is not "the same rows". Throws where it is not. */
  readonly same?: (actual: readonly Row[], expected: readonly Row[]) => void;
  /** The memory for every run but those that are to run out of it: 64 MiB where absent. */
  readonly budgetBytes?: number;
}

/** Call inside of a `describe`. `make` gives an operator for the schema of `inputs`, whose tables all have one schema. */
export function obeysContract(make: () => Stage, inputs: fc.Arbitrary<Table>, options: ContractOptions = {}): void {
  describe('obeys the contract:', () => {
    for (const [name, check] of Object.entries(contract(make, inputs, options))) test(name, check);
  });
}

/** The checks by name. */
export function contract(
  make: () => Stage,
  inputs: fc.Arbitrary<Table>,
  options: ContractOptions = {},
): Record<string, () => Promise<void>> {
  const suite = new Contract(make, inputs, options);
  return {
    'gives the same rows however its input is cut and laid out': () => suite.anyCut(),
    'accepts empty input and empty batches': () => suite.empty(),
    'stops within one push after its consumer is done': () => suite.earlyStop(),
    'gives all memory back when its consumer fails': () => suite.failingConsumer(),
    'gives all memory back when its input fails': () => suite.failingInput(),
    'stops and gives all memory back when the task is aborted': () => suite.abort(),
    'finishes or says so when memory is short, and gives all of it back': () => suite.shortMemory(),
    ...(make().role === 'blocking-sink'
      ? { 'gives the same rows when its input is split over several runs': () => suite.severalRuns() }
      : {}),
  };
}

/** How one input is handed over. */
interface Shape {
  readonly cuts: readonly number[];
  readonly forms: readonly FormSeed[];
  readonly sharedDictionaries: boolean;
}

interface FormSeed {
  readonly dictionary: boolean;
  readonly bitmap: boolean;
  readonly bits: boolean;
  readonly narrow: boolean;
}

const cut = fc.oneof(fc.constantFrom(0, 1, 63, 64, 65), fc.nat({ max: 130 }));
const formSeed = fc.record({
  dictionary: fc.boolean(),
  bitmap: fc.boolean(),
  bits: fc.boolean(),
  narrow: fc.boolean(),
});
const shapes: fc.Arbitrary<Shape> = fc.record({
  cuts: fc.array(cut, { maxLength: 6 }),
  forms: fc.array(formSeed, { minLength: 1, maxLength: 7 }),
  sharedDictionaries: fc.boolean(),
});

class Contract {
  readonly #make: () => Stage;
  readonly #inputs: fc.Arbitrary<Table>;
  readonly #options: ContractOptions;

  constructor(make: () => Stage, inputs: fc.Arbitrary<Table>, options: ContractOptions) {
    this.#make = make;
    this.#inputs = inputs;
    this.#options = options;
  }

  async anyCut(): Promise<void> {
    // One operator for all runs: an operator is an immutable value, and all state belongs to its runs.
    const stage = this.#make();
    await this.#check(async (table, shape) => {
      const expected = await this.#run(stage, table);
      const actual = await this.#run(stage, feedOf(table, shape));
      this.#expectSame(actual, expected);
    });
  }

  async empty(): Promise<void> {
    const stage = this.#make();
    const [{ schema }] = fc.sample(this.#inputs, 1) as [Table];
    const none = await this.#run(stage, { schema, rows: [] });
    const emptyBatches = await this.#run(stage, { schema, rows: [], cuts: [0, 0, 0] });
    this.#expectSame(emptyBatches, none);
    const dictionaries = await this.#run(stage, { schema, rows: [], cuts: [0], form: () => ({ dictionary: true }) });
    this.#expectSame(dictionaries, none);
  }

  async earlyStop(): Promise<void> {
    const stage = this.#make();
    await this.#check(async (table, shape) => {
      const memory = this.#budget();
      let batchesWhenDone = Number.POSITIVE_INFINITY;
      const log = { batchesPushed: 0 };
      const collector = new Collector(memory, stage.schema, 1);
      const output: Collector['push'] = async (batch) => {
        const demand = await collector.push(batch);
        if (demand === 'done') batchesWhenDone = log.batchesPushed;
        return demand;
      };
      await runChain(
        { source: lentScan(feedOf(table, shape), log), stages: [stage] },
        { push: output },
        testTask(memory),
      );
      expect(log.batchesPushed).toBeLessThanOrEqual(batchesWhenDone + 1);
      expectAllReturned(memory);
    });
  }

  async failingConsumer(): Promise<void> {
    const stage = this.#make();
    const failure = new Error('the consumer failed');
    await this.#check(async (table, shape) => {
      const memory = this.#budget();
      const push = async (): Promise<never> => {
        throw failure;
      };
      const chain = { source: lentScan(feedOf(table, shape)), stages: [stage] };
      const outcome = await settled(runChain(chain, { push }, testTask(memory)));
      if (outcome !== undefined) expect(outcome).toBe(failure);
      expectAllReturned(memory);
    });
  }

  async failingInput(): Promise<void> {
    const stage = this.#make();
    const failure = new Error('the input failed');
    await this.#check(async (table, shape) => {
      const memory = this.#budget();
      const before = (batch: number): void => {
        if (batch === shape.cuts.length - 1) throw failure;
      };
      const chain = { source: lentScan({ ...feedOf(table, shape), before }), stages: [stage] };
      const outcome = await settled(runChain(chain, new Collector(memory, stage.schema), testTask(memory)));
      if (outcome !== undefined) expect(outcome).toBe(failure);
      expectAllReturned(memory);
    });
  }

  async abort(): Promise<void> {
    const stage = this.#make();
    await this.#check(async (table, shape) => {
      const memory = this.#budget();
      const controller = new AbortController();
      let abortedAt = Number.POSITIVE_INFINITY;
      const log = { batchesPushed: 0 };
      const before = (batch: number): void => {
        if (batch !== shape.cuts.length >> 1) return;
        controller.abort();
        abortedAt = batch;
      };
      const chain = { source: lentScan({ ...feedOf(table, shape), before }, log), stages: [stage] };
      const output = new Collector(memory, stage.schema);
      const outcome = await settled(runChain(chain, output, testTask(memory, controller.signal)));
      if (abortedAt !== Number.POSITIVE_INFINITY) expect(outcome).toBeInstanceOf(TaskCancelled);
      expect(log.batchesPushed).toBeLessThanOrEqual(abortedAt + 1);
      expectAllReturned(memory);
    });
  }

  async shortMemory(): Promise<void> {
    const stage = this.#make();
    for (const limitBytes of [192 * 1024, 512 * 1024, 2 * 1024 * 1024]) {
      await this.#check(async (table, shape) => {
        const memory = testBudget(limitBytes);
        const chain = { source: lentScan(feedOf(table, shape)), stages: [stage] };
        const outcome = await settled(runChain(chain, new Collector(memory, stage.schema), testTask(memory)));
        if (outcome !== undefined) expect(outcome).toBeInstanceOf(MemoryBudgetExceeded);
        expectAllReturned(memory);
      }, 4);
    }
  }

  async severalRuns(): Promise<void> {
    const stage = this.#make() as BlockingSink;
    await this.#check(async (table, shape) => {
      const expected = await this.#run(stage, table);
      for (const runCount of [1, 2, 3, 4]) {
        const memory = this.#budget();
        const actual = await runSplit(stage, feedOf(table, shape), runCount, memory);
        this.#expectSame(actual, expected);
        expectAllReturned(memory);
      }
    });
  }

  async #run(stage: Stage, feed: Feed): Promise<readonly Row[]> {
    return (await runStages([stage], feed, { memory: this.#budget() })).rows;
  }

  #budget(): MemoryBudget {
    return testBudget(this.#options.budgetBytes);
  }

  #expectSame(actual: readonly Row[], expected: readonly Row[]): void {
    const { same, ordered = true } = this.#options;
    if (same !== undefined) same(actual, expected);
    else if (ordered) expect(actual).toEqual(expected);
    else expectSameRows(actual, expected);
  }

  async #check(
    property: (table: Table, shape: Shape) => Promise<void>,
    numRuns: number = this.#options.numRuns ?? 25,
  ): Promise<void> {
    await fc.assert(fc.asyncProperty(this.#inputs, shapes, property), { numRuns });
  }
}

/** Fails unless both hold the same rows, as often, in whatever order. */
export function expectSameRows(actual: readonly Row[], expected: readonly Row[]): void {
  expect(actual.map(rowKey).sort()).toEqual(expected.map(rowKey).sort());
}

function rowKey(row: Row): string {
  const text = (value: Value): string =>
    typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : `${typeof value} ${value}`;
  return row.map(text).join(', ');
}

/** Hands a table over in the given shape: the forms repeat over batches and columns. */
function feedOf({ schema, rows }: Table, { cuts, forms, sharedDictionaries }: Shape): Feed {
  const bits = schema.fields.map(({ type }, column) =>
    isFloat(type) ? undefined : bitsOf(rows.map((row) => row[column] as Value)),
  );
  const form = (batch: number, column: number): ColumnForm => {
    const seed = forms[(batch * 3 + column) % forms.length] as FormSeed;
    const bitsOfColumn = bits[column];
    return {
      dictionary: seed.dictionary,
      ...(seed.bitmap ? { nullable: true } : {}),
      ...(seed.bits && bitsOfColumn !== undefined ? { bits: bitsOfColumn } : {}),
      ...(seed.narrow && fitsNarrow((schema.fields[column] as Schema['fields'][number]).type, bitsOfColumn)
        ? { width: 8 }
        : {}),
    };
  };
  return { schema, rows, cuts, form, sharedDictionaries };
}

function fitsNarrow({ kind }: DataType, bits: number | undefined): boolean {
  return kind === 'decimal' && bits !== undefined && bits <= 63;
}

/** Bits that hold the magnitude of every value; undefined for what has none. */
function bitsOf(values: readonly Value[]): number | undefined {
  let largest = 0n;
  for (const value of values) {
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      if (value === null) continue;
      return undefined;
    }
    const magnitude = value < 0 ? -BigInt(value) : BigInt(value);
    if (magnitude > largest) largest = magnitude;
  }
  return largest.toString(2).length;
}

/** Splits the batches of `feed`, in order, over `runCount` runs, combines them and gives the rows of the result. */
async function runSplit(
  stage: BlockingSink,
  feed: Feed,
  runCount: number,
  memory: MemoryBudget,
): Promise<readonly Row[]> {
  const task = testTask(memory);
  const collector = new Collector(memory, stage.schema);
  const lender = new Lender(feed, memory);
  const runs: BlockingRun[] = Array.from({ length: runCount }, () => stage.open(task));
  const [first, ...others] = runs as [BlockingRun, ...BlockingRun[]];
  const batches = cutRows(feed.rows, feed.cuts);
  const perRun = Math.ceil(batches.length / runCount);
  let start = 0;
  for (const [index, rows] of batches.entries()) {
    const run = runs[Math.floor(index / perRun)] as BlockingRun;
    await lender.lend(index, start, rows, (batch) => run.push(batch));
    start += rows.length;
  }
  lender[Symbol.dispose]();
  for (const other of others) {
    await first.combine(other);
    other[Symbol.dispose]();
  }
  await first.finish(collector);
  first[Symbol.dispose]();
  return collector.rows;
}

/** The error that a promise ends with; undefined where it resolves. */
async function settled(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}
