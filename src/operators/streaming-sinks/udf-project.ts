/**
 * Calls a user-defined function for its rows.
 *
 *     batches ─▶ rows of a call │ a b c d │ e f g h │ i j        as many as the function wants, copied
 *                                 │ call    │ call               so many at a time
 *                                 ▼         ▼
 *     batches ◀─ rows, results  │ a b c d │ …                    in their order, unless it does not matter
 *
 * How the input is cut into batches decides nothing. What a call is given and returns stands in V8's heap, counted; what
 * the function itself keeps is counted as its definition says (`memoryBytes`).
 */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordBatch } from 'apache-arrow';
import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { constantColumn } from '../../columnar/column-from-values.ts';
import type { DataType } from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { readerBytes, valueReader } from '../../columnar/value-reader.ts';
import { InvalidValue, MemoryBudgetExceeded, MillraceError, UdfFailed } from '../../errors.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import { sliceBatch } from '../../state/row-slice.ts';
import { actorPool } from '../../udf/actor-pool.ts';
import { givenValue } from '../../udf/given-value.ts';
import { resultColumn, valuesColumn } from '../../udf/result-column.ts';
import { batchWithRetries, type Retries, rowsWithRetries } from '../../udf/retries.ts';
import { concurrencyOf, DEFAULT_BATCH_SIZE } from '../../udf/udf.ts';
import { type LoadedUdf, messageOf } from '../../udf/udf-modules.ts';
import { functionTarget, type Outcome, type UdfTarget, untilAborted } from '../../udf/udf-target.ts';
import { CallSize } from '../call-size.ts';
import { Dispatcher } from '../dispatcher.ts';
import type { Counters, Demand, Output, StreamingRun, StreamingSink, TaskContext } from '../operator.ts';

export interface UdfProjectOptions {
  readonly input: Schema;
  readonly udf: LoadedUdf;
  /** Columns of the input that the function gets. */
  readonly arguments: readonly number[];
  /** Columns of the input that come before the result. */
  readonly passthrough: readonly number[];
  /** Of the column of results. */
  readonly name: string;
}

/** The word of statistics and errors, for a function and for a class. */
const nameOf = ({ udf }: LoadedUdf): string => (udf.isActor ? 'ActorPoolProject' : 'UdfProject');

/** Adds the results of a function to the rows. */
export function udfProject(options: UdfProjectOptions): StreamingSink {
  const { input, passthrough, name, udf } = options;
  const schema: Schema = {
    fields: [...partOf(input, passthrough).fields, field(name, udf.udf.options.returns)],
  };
  return {
    role: 'streaming-sink',
    name: nameOf(udf),
    schema,
    open: (task) => new UdfProjectRun(options, schema, task),
  };
}

const partOf = ({ fields }: Schema, columns: readonly number[]): Schema => ({
  fields: columns.flatMap((index) => fields[index] ?? []),
});

/** Of V8's heap, for a value of a row. */
const VALUE_BYTES = 32;
const DEFAULT_TARGET_MS = 5_000;
/** Between looks whether other calls have given memory back. */
const WAIT_MS = 5;
/** A failing row is told with at most so many others. */
const ROWS_TOLD = 5;

class UdfProjectRun implements StreamingRun {
  readonly #options: UdfProjectOptions;
  readonly #schema: Schema;
  readonly #memory: MemoryBudget;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #holding: Holding;
  readonly #target: UdfTarget;
  readonly #dispatcher: Dispatcher<Call>;
  readonly #free: Call[] = [];
  readonly #calls: Call[] = [];
  readonly #size: CallSize | undefined;
  readonly #counters: Record<string, number> = { calls: 0, 'rows failed': 0 };
  #filling: Call | undefined;
  #callsAtWork = 0;
  /** Rows that earlier calls had. */
  #rowsCalled = 0;
  #hasWarned = false;

  constructor(options: UdfProjectOptions, schema: Schema, task: TaskContext) {
    const { udf } = options.udf;
    const { batchSize, batch = false } = udf.options;
    this.#options = options;
    this.#schema = schema;
    this.#memory = task.memory;
    this.#signal = AbortSignal.any([task.signal, this.#ended.signal]);
    this.#holding = task.memory.reserve(nameOf(options.udf));
    // Rows of one piece wait beside each other; pieces do where a call has many rows, or each actor its own.
    const calls = batch || udf.isActor ? concurrencyOf(udf) : 1;
    this.#dispatcher = new Dispatcher(calls, task.maintainOrder !== false);
    this.#size = typeof batchSize === 'object' ? new CallSize({ target: DEFAULT_TARGET_MS, ...batchSize }) : undefined;
    this.#target = this.#open();
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    for (let start = 0; start < batch.rowCount; ) {
      this.#filling ??= await this.#nextCall(output);
      const call = this.#filling;
      if (call === undefined) return 'done';
      start += call.append(batch, start);
      if (call.isFull) this.#dispatch(call);
    }
    for (;;) {
      const ended = await this.#dispatcher.poll();
      if (ended === undefined) return 'more';
      if ((await this.#emit(ended, output)) === 'done') return 'done';
    }
  }

  async finish(output: Output): Promise<void> {
    if (this.#filling !== undefined) this.#dispatch(this.#filling);
    for (;;) {
      const ended = await this.#nextEnded();
      if (ended === undefined || (await this.#emit(ended, output)) === 'done') return;
    }
  }

  counters(): Counters {
    return { ...this.#counters };
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#target[Symbol.dispose]();
    for (const call of this.#calls) call[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  #open(): UdfTarget {
    const { udf } = this.#options;
    const { timeout } = udf.udf.options;
    const calling = { count: this.#count, signal: this.#signal, concurrency: concurrencyOf(udf.udf), timeout };
    return udf.udf.isActor ? actorPool(udf, calling, this.#holding) : functionTarget(udf.udf, calling);
  }

  readonly #count = (figure: string, amount: number = 1): void => {
    this.#counters[figure] = (this.#counters[figure] ?? 0) + amount;
  };

  /** As that of the dispatcher, but no longer than the task lasts: a function may wait for ever. */
  #nextEnded(): Promise<Call | undefined> {
    return untilAborted(this.#signal, () => this.#dispatcher.next());
  }

  /** Room for the rows of the next call; undefined where no more is wanted. */
  async #nextCall(output: Output): Promise<Call | undefined> {
    if (this.#dispatcher.isFull) {
      const ended = await this.#nextEnded();
      if (ended !== undefined && (await this.#emit(ended, output)) === 'done') return undefined;
    }
    const call = this.#free.pop() ?? this.#newCall();
    const { batchSize } = this.#options.udf.udf.options;
    call.wanted = this.#size?.rows ?? (typeof batchSize === 'number' ? batchSize : DEFAULT_BATCH_SIZE);
    return call;
  }

  #newCall(): Call {
    const call = new Call(this.#options.input, nameOf(this.#options.udf), this.#memory);
    this.#calls.push(call);
    return call;
  }

  #dispatch(call: Call): void {
    this.#filling = undefined;
    call.firstRow = this.#rowsCalled;
    this.#rowsCalled += call.rows.rowCount;
    this.#dispatcher.dispatch(this.#run(call));
  }

  async #run(call: Call): Promise<Call> {
    const reservedBytes = await this.#reserve(call);
    try {
      const startMs = performance.now();
      const { batch = false } = this.#options.udf.udf.options;
      this.#count('calls');
      call.outcomes = batch ? [await this.#callBatch(call)] : await this.#callRows(call);
      this.#size?.took(call.rows.rowCount, performance.now() - startMs);
      return call;
    } finally {
      // Before its turn to be passed on: others, whose turn is before, may wait for it.
      this.#callsAtWork -= 1;
      if (!this.#ended.signal.aborted) call.results.shrink(reservedBytes);
    }
  }

  /** What the function takes while it works; waited for as long as other calls will give theirs back. */
  async #reserve(call: Call): Promise<number> {
    const { udf } = this.#options.udf;
    const bytes = udf.isActor ? 0 : (udf.options.memoryBytes ?? 0);
    while (!call.results.tryGrow(bytes)) {
      if (this.#callsAtWork === 0) call.results.grow(bytes);
      await sleep(WAIT_MS, undefined, { signal: this.#signal });
    }
    this.#callsAtWork += 1;
    return bytes;
  }

  async #callRows(call: Call): Promise<readonly Outcome[]> {
    const { linear } = this.#holding;
    const { rowCount } = call.rows;
    const columns = this.#argumentsOf(call);
    call.results.grow(
      columns.reduce((sum, column) => sum + readerBytes(linear, column, rowCount) + rowCount * VALUE_BYTES, 0),
    );
    const readers = columns.map((column) => valueReader(linear, column, rowCount));
    const rows = Array.from({ length: rowCount }, (_, row) => readers.map((read): Value => read(row)));
    return await rowsWithRetries(this.#target, rows, this.#retries());
  }

  async #callBatch(call: Call): Promise<Outcome> {
    const { copyToArrow } = await import('../../columnar/arrow.ts');
    const { linear } = this.#holding;
    const { input, arguments: given } = this.#options;
    call.results.grow(call.rows.byteLength);
    const batch = new Batch(partOf(input, given), call.rows.rowCount, this.#argumentsOf(call));
    const copy = (): RecordBatch => copyToArrow(batch, linear, { dictionaries: 'decode' });
    return await batchWithRetries(this.#target, copy, this.#retries());
  }

  #argumentsOf(call: Call): Column[] {
    const columns = call.rows.columns();
    return this.#options.arguments.map((index) => columns[index] as Column);
  }

  #retries(): Retries {
    return { retries: this.#options.udf.udf.options.retries ?? 0, signal: this.#signal, count: this.#count };
  }

  async #emit(call: Call, output: Output): Promise<Demand> {
    const { rows } = call;
    const columns = rows.columns();
    const result = await this.#result(call);
    const passed = this.#options.passthrough.map((index) => columns[index] as Column);
    const demand = await output.push(new Batch(this.#schema, rows.rowCount, [...passed, result]));
    call.clear();
    this.#free.push(call);
    return demand;
  }

  async #result(call: Call): Promise<Column> {
    const { batch = false, returns } = this.#options.udf.udf.options;
    const { rowCount } = call.rows;
    if (!batch) return valuesColumn(returns, this.#values(call, returns), call.results);
    const [outcome] = call.outcomes;
    assert.ok(outcome !== undefined);
    let error: unknown;
    if ('error' in outcome) error = outcome.error;
    else {
      try {
        return await resultColumn(returns, outcome.value, rowCount, call.results);
      } catch (refused) {
        error = refused;
      }
    }
    this.#failed(error, call, [...Array(rowCount).keys()]);
    return constantColumn(call.results, returns, null, rowCount);
  }

  #values({ outcomes, ...call }: Call, returns: DataType): readonly Value[] {
    const failed: number[] = [];
    let first: unknown;
    const values = outcomes.map((outcome, row): Value => {
      try {
        if ('value' in outcome) return givenValue(returns, outcome.value);
        throw outcome.error;
      } catch (error) {
        if (failed.length === 0) first = error;
        failed.push(row);
        return null;
      }
    });
    if (failed.length > 0) this.#failed(first, call, failed);
    return values;
  }

  /** @throws UdfFailed where rows may not fail */
  #failed(error: unknown, { firstRow }: Pick<Call, 'firstRow'>, rows: readonly number[]): void {
    if (this.#signal.aborted) throw this.#signal.reason;
    if (error instanceof MemoryBudgetExceeded) throw error;
    const { onError = 'raise' } = this.#options.udf.udf.options;
    const { module, export: exported } = this.#options.udf.name;
    const told = rows.slice(0, ROWS_TOLD).map((row) => firstRow + row);
    const others = rows.length > told.length ? ` and ${rows.length - told.length} more` : '';
    const where = `${module}.${exported} failed for row${rows.length === 1 ? '' : 's'} ${told.join(', ')}${others}`;
    // A refused result is ours to explain; what a function throws has words of its own.
    const what = error instanceof InvalidValue ? `it returned what is not allowed: ${error.message}` : messageOf(error);
    const failure = new UdfFailed(`${where}: ${what}`, { cause: error instanceof MillraceError ? undefined : error });
    if (onError === 'raise') throw failure;
    this.#count('rows failed', rows.length);
    if (onError === 'null' || this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(`${failure.message} (told once)`, { code: 'MILLRACE_UDF' });
  }
}

/** The rows of a call, and what is made of them. Used again when its result has been passed on. */
class Call implements Disposable {
  readonly rows: RowBuffer;
  readonly #rowsHolding: Holding;
  /** What is there only until the result has been passed on. */
  readonly results: Holding;
  wanted = 0;
  firstRow = 0;
  outcomes: readonly Outcome[] = [];

  constructor(input: Schema, name: string, memory: MemoryBudget) {
    this.#rowsHolding = memory.reserve(name);
    this.results = memory.reserve(name);
    this.rows = new RowBuffer(input, this.#rowsHolding);
  }

  get isFull(): boolean {
    return this.rows.rowCount >= this.wanted;
  }

  /** Takes rows from `start` on, as many as are wanted, and says how many that were. */
  append(batch: Batch, start: number): number {
    const count = Math.min(this.wanted - this.rows.rowCount, batch.rowCount - start);
    this.rows.append(sliceBatch(batch, start, count, this.results));
    this.results.release();
    return count;
  }

  clear(): void {
    this.rows.clear();
    this.results.release();
    this.outcomes = [];
  }

  [Symbol.dispose](): void {
    this.rows[Symbol.dispose]();
    this.#rowsHolding[Symbol.dispose]();
    this.results[Symbol.dispose]();
  }
}
