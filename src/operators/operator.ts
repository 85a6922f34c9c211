/**
 * What an operator is.
 *
 *     Source ──push──▶ Streaming ──push──▶ StreamingSink ──push──▶ BlockingSink ──push──▶ …
 *            ◀─demand─           ◀─demand─               ◀─demand─
 *
 * Batches flow down, demand flows back up as the return value of `push`. Awaiting a push is the backpressure: a
 * producer that awaits cannot run ahead of its consumer. There is no "blocked" and no "have more output" state to
 * model, because a suspended `await` is both.
 *
 * A pushed batch is lent: its memory stays valid and unchanged until the push has resolved, and is the producer's
 * again afterwards. Whoever wants to keep rows copies them into memory that it has reserved.
 *
 * An operator is an immutable value made from the plan. `open` starts one run of it; the run holds all mutable state
 * and every reservation, and is disposed when the task ends, however it ends. Several runs of one blocking sink may
 * each take a part of the input; `combine` brings their states together before one of them finishes.
 *
 * The signatures carry the rules. A blocking sink's `push` has no output, so it cannot emit early; the probe side of a
 * join does not exist before its build side is complete.
 */

import type { Batch } from '../columnar/batch.ts';
import type { Schema } from '../columnar/schema.ts';
import type { MemoryBudget } from '../memory/budget.ts';
import type { RuntimeFilter } from '../state/runtime-filter.ts';
import type { SharedRows } from '../state/shared-rows.ts';

/** `done`: the consumer wants no more; the producer must not push again. */
export type Demand = 'more' | 'done';

/** The consuming end of an edge. */
export interface Output {
  push(batch: Batch): Promise<Demand>;
}

/** What a task lends to the operators it runs. */
export interface TaskContext {
  readonly memory: MemoryBudget;
  /** Aborted at the deadline, or as soon as any operator fails. */
  readonly signal: AbortSignal;
  /** False where rows may come in another order than they would one after the other: what waits need not wait in turn. */
  readonly maintainOrder?: boolean | undefined;
  /**
   * What joins have told of their build sides so far, by the number that the plan gives it: for those who read their probe
   * sides, which begin later. It is there as long as these read.
   */
  readonly runtimeFilters?: Map<number, RuntimeFilter> | undefined;
  /** What several read, by the name that the plan gives it: who makes it leaves it to the task, which disposes of it. */
  readonly shared?: Map<string, SharedRows> | undefined;
}

/** Figures that only the operator itself can count, in their units: `row groups pruned`, `bytes read`. */
export type Counters = Readonly<Record<string, number>>;

interface OperatorBase {
  /** The word used in explain, statistics and errors. */
  readonly name: string;
  /** Of the batches it pushes. */
  readonly schema: Schema;
}

/** Brings batches into the task: scans, in-memory rows. */
export interface Source extends OperatorBase {
  readonly role: 'source';
  open(task: TaskContext): SourceRun;
}

export interface SourceRun extends Disposable {
  /** Resolves when the input is exhausted or `output` is done. */
  run(output: Output): Promise<void>;
  counters?(): Counters;
}

/** Rows in, rows out, nothing remembered from batch to batch: project, filter. */
export interface StreamingOperator extends OperatorBase {
  readonly role: 'streaming';
  /** The run holds scratch memory only. */
  open(task: TaskContext): StreamingOperatorRun;
}

export interface StreamingOperatorRun extends Disposable {
  push(batch: Batch, output: Output): Promise<Demand>;
  counters?(): Counters;
}

/** Remembers across batches and emits as it goes: limit. */
export interface StreamingSink extends OperatorBase {
  readonly role: 'streaming-sink';
  open(task: TaskContext): StreamingRun;
}

export interface StreamingRun extends Disposable {
  push(batch: Batch, output: Output): Promise<Demand>;
  /** Emits what is still held. Called once, after the last push. */
  finish(output: Output): Promise<void>;
  counters?(): Counters;
}

/** Needs all of its input before its first output: sort, aggregate, write. */
export interface BlockingSink extends OperatorBase {
  readonly role: 'blocking-sink';
  open(task: TaskContext): BlockingRun;
}

export interface BlockingRun extends Disposable {
  push(batch: Batch): Promise<Demand>;
  /**
   * Takes over the state of `other`, a run of the same operator that has seen later input; `other` is only disposed
   * afterwards. The result is that of one run that saw both inputs, this one's first.
   */
  combine(other: BlockingRun): Promise<void>;
  /** Emits the result. Called once, after the last push and the last `combine`. */
  finish(output: Output): Promise<void>;
  counters?(): Counters;
}

/** Has two inputs: all of the build side first, then the probe side as it comes. */
export interface Join extends OperatorBase {
  readonly role: 'join';
  /** A run of the build side. */
  open(task: TaskContext): BuildRun;
}

export interface BuildRun extends Disposable {
  push(batch: Batch): Promise<Demand>;
  /** As that of a blocking run. */
  combine(other: BuildRun): Promise<void>;
  /**
   * What the probe side works with. It borrows the memory of this run, whose disposal ends it. Called once, after the last
   * push and the last `combine`.
   */
  finish(): Promise<Probe>;
  counters?(): Counters;
}

/** A build side that is complete: the bridge between the two sides. It is not changed any more, so many may read it. */
export interface Probe {
  /** `done`: whatever the probe side holds, nothing will come of it, so that it need not be read. */
  readonly demand: Demand;
  /** Several runs may each see a part of the probe side. */
  open(task: TaskContext): ProbeRun;
}

export interface ProbeRun extends StreamingRun {
  /**
   * Takes over what `other`, a run of the same probe that has seen later rows, has found out about the build side; `other`
   * is only disposed afterwards. One of all runs finishes, after this.
   */
  combine(other: ProbeRun): Promise<void>;
}

export type Stage = StreamingOperator | StreamingSink | BlockingSink;
