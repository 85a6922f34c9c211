/**
 * Functions of users. A module that the caller of a task registers exports them; plans name module and export, and only
 * what is registered can be called.
 *
 *     export const shout = udf((text: string | null) => text?.toUpperCase() ?? null, { returns: { kind: 'utf8' } });
 *
 *     export const Sentiment = udf(
 *       class {
 *         model = loadModel();
 *         call(texts: Vector) { return this.model.score(texts.toArray()); }
 *       },
 *       { returns: { kind: 'float64' }, batch: true, batchSize: 256, concurrency: 2, memoryBytes: 512 * 1024 * 1024 },
 *     );
 *
 * A function is called where the task runs. A class is an actor: each of `concurrency` instances lives in a worker thread
 * of its own, keeps its state from call to call, and is replaced when it dies.
 */

import { BATCH_ROWS } from '../columnar/batch.ts';
import type { DataType } from '../columnar/data-type.ts';
import { InvalidArgument } from '../errors.ts';

/** What a call gets behind its arguments. */
export interface UdfContext {
  /** Adds to a figure of the operator that `explain --analyze` and the statistics of the task show. */
  count(name: string, amount?: number): void;
  /** Aborted when the call's time is over or the task ends. */
  readonly signal: AbortSignal;
}

/** `null`: the row has no value. `log`: that too, and a warning. */
export type UdfOnError = 'raise' | 'log' | 'null';

/** Rows of a call found from how long calls take. */
export interface BatchSizeBounds {
  readonly min: number;
  readonly max: number;
  /** Milliseconds that a call should take: 5,000 where absent. */
  readonly target?: number;
}

export interface UdfOptions {
  /** Of the results, which are checked. */
  readonly returns: DataType;
  /** Whether a call gets Arrow vectors of many rows, instead of the values of one: default no. */
  readonly batch?: boolean;
  /** Rows that are handed over at a time: 4,096 where absent. A call of a batch function has as many, the last one fewer. */
  readonly batchSize?: number | BatchSizeBounds;
  /**
   * Calls at a time, where they are asynchronous; of a class, its instances. Where absent 1, and 64 for a function of one
   * row.
   */
  readonly concurrency?: number;
  /** Taken from the budget of the task for each call of a batch at a time; of a class the heap of each instance. */
  readonly memoryBytes?: number;
  /** Further tries where a call fails: 0 where absent. */
  readonly retries?: number;
  /** What becomes of a row, or a batch, whose last try failed: `raise` where absent. */
  readonly onError?: UdfOnError;
  /** Milliseconds after which a call has failed. A function that does not wait cannot be stopped; an actor can. */
  readonly timeout?: number;
}

/** What an actor is an instance of. */
export interface Actor {
  call(...given: never[]): unknown;
  [Symbol.dispose]?(): void;
}

export interface Udf {
  /** Marks it, also where this module is there twice: bundled with the engine and with the user's code. */
  readonly [UDF]: true;
  readonly target: ((...given: never[]) => unknown) | (new () => Actor);
  readonly isActor: boolean;
  readonly options: UdfOptions;
}

const UDF: unique symbol = Symbol.for('millrace.udf') as never;

/** Values of one row at a time, or at most so many of a batch. */
export const DEFAULT_BATCH_SIZE = 4_096;
const ROWS_AT_ONCE = 64;
const MAX_CONCURRENCY = 1_024;
const MAX_RETRIES = 100;

/**
 * Makes a function of plans of a function or a class. The function gets the values of one row as `Value`s of their types,
 * nulls included, or Arrow vectors where it takes batches, and a `UdfContext` behind them; it returns a value, or an array
 * or an Arrow vector of as many as there are rows, or a promise of either.
 * @throws InvalidArgument
 */
export function udf(target: Udf['target'], options: UdfOptions): Udf {
  if (typeof target !== 'function') throw new InvalidArgument('udf(target, options): the target is no function.');
  const prototype: unknown = target.prototype;
  const isActor =
    typeof prototype === 'object' && prototype !== null && 'call' in prototype && typeof prototype.call === 'function';
  checkOptions(options);
  return { [UDF]: true, target, isActor, options };
}

export const isUdf = (given: unknown): given is Udf => typeof given === 'object' && given !== null && UDF in given;

/** Calls or actors at a time. */
export function concurrencyOf({ isActor, options }: Udf): number {
  return options.concurrency ?? (isActor || options.batch === true ? 1 : ROWS_AT_ONCE);
}

function checkOptions(options: UdfOptions): void {
  if (typeof options?.returns?.kind !== 'string') {
    throw new InvalidArgument('udf(target, options): `returns` is the type of the results, such as { kind: "utf8" }.');
  }
  const { batchSize, concurrency, memoryBytes, retries, timeout, onError } = options;
  if (typeof batchSize === 'object') {
    within('batchSize.min', batchSize.min, 1, BATCH_ROWS);
    within('batchSize.max', batchSize.max, batchSize.min, BATCH_ROWS);
    within('batchSize.target', batchSize.target, 1, Number.MAX_SAFE_INTEGER);
  } else within('batchSize', batchSize, 1, BATCH_ROWS);
  within('concurrency', concurrency, 1, MAX_CONCURRENCY);
  within('memoryBytes', memoryBytes, 1, Number.MAX_SAFE_INTEGER);
  within('retries', retries, 0, MAX_RETRIES);
  within('timeout', timeout, 1, 2 ** 31 - 1);
  if (onError !== undefined && !['raise', 'log', 'null'].includes(onError)) {
    throw new InvalidArgument(`udf(target, options): onError is raise, log or null, not ${String(onError)}.`);
  }
}

function within(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new InvalidArgument(`udf(target, options): ${name} is a whole number from ${least} to ${most}, not ${value}.`);
}
