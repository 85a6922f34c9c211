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
import type { Batch } from '../../src/columnar/batch.ts';
import type { ColumnForm } from '../../src/columnar/column-from-values.ts';
import { type DataType, isFloat } from '../../src/columnar/data-type.ts';
import type { Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MemoryBudgetExceeded, TaskCancelled } from '../../src/errors.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import type { BlockingRun, BlockingSink, Source, Stage } from '../../src/operators/operator.ts';
import { type Chain, chainSchema } from '../../src/runtime/chain.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import type { Table } from '../support/tables.ts';
import {
  Collector,
  cutRows,
  expectAllReturned,
  type Feed,
  type FeedLog,
  Lender,
  lentScan,
  type Row,
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
  /** Where only whether it fails is of interest, and not the least input for which it does. */
  readonly endOnFailure?: boolean;
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
  return contractOf(() => stageSubject(make()), fc.tuple(inputs), options);
}

/** An operator in its place: what the checks run. */
export interface Subject {
  /** Called once per run: its inputs, in the order in which they are read. */
  chain(inputs: readonly Source[]): Chain;
  /** Gives the rows where each input is split over several runs, as many of each as `runCounts` says. */
  readonly runSplit?:
    | ((feeds: readonly Feed[], runCounts: readonly number[], memory: MemoryBudget) => Promise<readonly Row[]>)
    | undefined;
}

function stageSubject(stage: Stage): Subject {
  return {
    chain: ([source]) => ({ source: source as Source, stages: [stage] }),
    runSplit:
      stage.role === 'blocking-sink'
        ? ([feed], [runCount], memory) => runSplit(stage, feed as Feed, runCount as number, memory)
        : undefined,
  };
}

/** As `contract`, for whatever `open` makes of inputs, one table each; the last of them is read while rows come out. */
export function contractOf(
  open: () => Subject,
  inputs: fc.Arbitrary<readonly Table[]>,
  options: ContractOptions,
): Record<string, () => Promise<void>> {
  const suite = new Contract(open, inputs, options);
  return {
    'gives the same rows however its input is cut and laid out': () => suite.anyCut(),
    'accepts empty input and empty batches': () => suite.empty(),
    'stops within one push after its consumer is done': () => suite.earlyStop(),
    'gives all memory back when its consumer fails': () => suite.failingConsumer(),
    'gives all memory back when its input fails': () => suite.failingInput(),
    'stops and gives all memory back when the task is aborted': () => suite.abort(),
    'finishes or says so when memory is short, and gives all of it back': () => suite.shortMemory(),
    ...(open().runSplit === undefined
      ? {}
      : { 'gives the same rows when its input is split over several runs': () => suite.severalRuns() }),
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

/** Run counts of each input, where they are split. */
const SPLITS: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 3],
  [3, 2],
  [4, 4],
];
/** No operator has more than two inputs. */
const shapesOfInputs = fc.tuple(shapes, shapes);

class Contract {
  readonly #open: () => Subject;
  readonly #inputs: fc.Arbitrary<readonly Table[]>;
  readonly #options: ContractOptions;

  constructor(open: () => Subject, inputs: fc.Arbitrary<readonly Table[]>, options: ContractOptions) {
    this.#open = open;
    this.#inputs = inputs;
    this.#options = options;
  }

  async anyCut(): Promise<void> {
    // One operator for all runs: an operator is an immutable value, and all state belongs to its runs.
    const subject = this.#open();
    await this.#check(async (tables, feeds) => {
      const expected = await this.#rows(subject, tables);
      const actual = await this.#rows(subject, feeds);
      this.#expectSame(actual, expected);
    });
  }

  /** Each input in turn, the others being what they are; and all of them. */
  async empty(): Promise<void> {
    const subject = this.#open();
    await this.#check(async (tables) => {
      for (const emptied of [...tables.keys(), undefined]) {
        const fed = (feed: Partial<Feed>): Feed[] =>
          tables.map((table, index) =>
            emptied === undefined || emptied === index ? { schema: table.schema, rows: [], ...feed } : table,
          );
        const none = await this.#rows(subject, fed({}));
        this.#expectSame(await this.#rows(subject, fed({ cuts: [0, 0, 0] })), none);
        const dictionaries: Partial<Feed> = { cuts: [0], form: () => ({ dictionary: true }) };
        this.#expectSame(await this.#rows(subject, fed(dictionaries)), none);
      }
    }, 4);
  }

  async earlyStop(): Promise<void> {
    const subject = this.#open();
    await this.#check(async (_, feeds) => {
      const memory = this.#budget();
      let batchesWhenDone = Number.POSITIVE_INFINITY;
      const logs = feeds.map((): FeedLog => ({ batchesPushed: 0 }));
      const log = logs.at(-1) as FeedLog;
      const chain = chainOf(subject, feeds, logs);
      const collector = new Collector(memory, chainSchema(chain), 1);
      const output: Collector['push'] = async (batch) => {
        const demand = await collector.push(batch);
        if (demand === 'done') batchesWhenDone = log.batchesPushed;
        return demand;
      };
      await runChain(chain, { push: output }, testTask(memory));
      expect(log.batchesPushed).toBeLessThanOrEqual(batchesWhenDone + 1);
      expectAllReturned(memory);
    });
  }

  async failingConsumer(): Promise<void> {
    const subject = this.#open();
    const failure = new Error('the consumer failed');
    await this.#check(async (_, feeds) => {
      const memory = this.#budget();
      const push = async (): Promise<never> => {
        throw failure;
      };
      const outcome = await settled(runChain(chainOf(subject, feeds), { push }, testTask(memory)));
      if (outcome !== undefined) expect(outcome).toBe(failure);
      expectAllReturned(memory);
    });
  }

  async failingInput(): Promise<void> {
    const subject = this.#open();
    const failure = new Error('the input failed');
    await this.#check(async (_, feeds) => {
      for (const failing of feeds.keys()) {
        const memory = this.#budget();
        const lastBatch = (feeds[failing]?.cuts?.length ?? 0) - 1;
        const before = (batch: number): void => {
          if (batch === lastBatch) throw failure;
        };
        const chain = chainOf(subject, interrupted(feeds, failing, before));
        const outcome = await settled(runChain(chain, new Collector(memory, chainSchema(chain)), testTask(memory)));
        if (outcome !== undefined) expect(outcome).toBe(failure);
        expectAllReturned(memory);
      }
    });
  }

  async abort(): Promise<void> {
    const subject = this.#open();
    await this.#check(async (_, feeds) => {
      for (const aborting of feeds.keys()) {
        const memory = this.#budget();
        const controller = new AbortController();
        let abortedAt = Number.POSITIVE_INFINITY;
        const logs = feeds.map((): FeedLog => ({ batchesPushed: 0 }));
        const middle = (feeds[aborting]?.cuts?.length ?? 0) >> 1;
        const before = (batch: number): void => {
          if (batch !== middle) return;
          controller.abort();
          abortedAt = batch;
        };
        const chain = chainOf(subject, interrupted(feeds, aborting, before), logs);
        const output = new Collector(memory, chainSchema(chain));
        const outcome = await settled(runChain(chain, output, testTask(memory, controller.signal)));
        if (abortedAt !== Number.POSITIVE_INFINITY) expect(outcome).toBeInstanceOf(TaskCancelled);
        expect(logs[aborting]?.batchesPushed).toBeLessThanOrEqual(abortedAt + 1);
        expectAllReturned(memory);
      }
    });
  }

  async shortMemory(): Promise<void> {
    const subject = this.#open();
    for (const limitBytes of [192 * 1024, 512 * 1024, 2 * 1024 * 1024]) {
      await this.#check(async (_, feeds) => {
        const memory = testBudget(limitBytes);
        const chain = chainOf(subject, feeds);
        const outcome = await settled(runChain(chain, new Collector(memory, chainSchema(chain)), testTask(memory)));
        if (outcome !== undefined) expect(outcome).toBeInstanceOf(MemoryBudgetExceeded);
        expectAllReturned(memory);
      }, 4);
    }
  }

  async severalRuns(): Promise<void> {
    const subject = this.#open();
    await this.#check(async (tables, feeds) => {
      const expected = await this.#rows(subject, tables);
      for (const runCounts of SPLITS) {
        const memory = this.#budget();
        const actual = await subject.runSplit?.(feeds, runCounts, memory);
        this.#expectSame(actual ?? [], expected);
        expectAllReturned(memory);
      }
    });
  }

  async #rows(subject: Subject, feeds: readonly Feed[]): Promise<readonly Row[]> {
    const memory = this.#budget();
    const chain = chainOf(subject, feeds);
    const collector = new Collector(memory, chainSchema(chain));
    await runChain(chain, collector, testTask(memory));
    expectAllReturned(memory);
    return collector.rows;
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

  /** `property` has the tables, and the same handed over in some shape. */
  async #check(
    property: (tables: readonly Table[], feeds: readonly Feed[]) => Promise<void>,
    numRuns: number = this.#options.numRuns ?? 25,
  ): Promise<void> {
    const { endOnFailure = false } = this.#options;
    const check = (tables: readonly Table[], shape: readonly Shape[]): Promise<void> =>
      property(
        tables,
        tables.map((table, index) => feedOf(table, shape[index] as Shape)),
      );
    await fc.assert(fc.asyncProperty(this.#inputs, shapesOfInputs, check), { numRuns, endOnFailure });
  }
}

const chainOf = (subject: Subject, feeds: readonly Feed[], logs: readonly FeedLog[] = []): Chain =>
  subject.chain(feeds.map((feed, index) => lentScan(feed, logs[index])));

const interrupted = (feeds: readonly Feed[], index: number, before: (batch: number) => void): readonly Feed[] =>
  feeds.map((feed, at) => (at === index ? { ...feed, before } : feed));

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
  const runs: BlockingRun[] = Array.from({ length: runCount }, () => stage.open(task));
  const [first, ...others] = runs as [BlockingRun, ...BlockingRun[]];
  await feedSplit(feed, runs, memory, (run, batch) => run.push(batch));
  for (const other of others) {
    await first.combine(other);
    other[Symbol.dispose]();
  }
  await first.finish(collector);
  first[Symbol.dispose]();
  return collector.rows;
}

/** Lends the batches of `feed`, in order, the first of them to the first of `runs` and so on. */
export async function feedSplit<Run>(
  feed: Feed,
  runs: readonly Run[],
  memory: MemoryBudget,
  push: (run: Run, batch: Batch) => Promise<unknown>,
): Promise<void> {
  using lender = new Lender(feed, memory);
  const batches = cutRows(feed.rows, feed.cuts);
  const perRun = Math.ceil(batches.length / runs.length);
  let start = 0;
  for (const [index, rows] of batches.entries()) {
    const run = runs[Math.floor(index / perRun)] as Run;
    await lender.lend(index, start, rows, (batch) => push(run, batch));
    start += rows.length;
  }
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
