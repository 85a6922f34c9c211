/** What a call of a user-defined function reaches: a function in this thread here, actors in `actor-pool.ts`. */

import type { RecordBatch, Vector } from 'apache-arrow';
import type { Value } from '../columnar/value.ts';
import { TaskCancelled } from '../errors.ts';
import type { Udf, UdfContext } from './udf.ts';

/** What came of the call for one row. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

export interface UdfTarget extends Disposable {
  /** Calls it for each row, given as its arguments. One outcome per row. */
  callRows(rows: readonly (readonly Value[])[]): Promise<readonly Outcome[]>;
  /** Calls it once for all rows. Rejects with what the function throws. */
  callBatch(rows: RecordBatch): Promise<unknown>;
}

/** How a function is called, in whichever thread. */
export interface Calling {
  readonly count: UdfContext['count'];
  readonly signal: AbortSignal;
  /** Rows at a time, where the function is asynchronous. */
  readonly concurrency: number;
  /** Milliseconds per call. */
  readonly timeout?: number | undefined;
}

export type Callable = (...given: unknown[]) => unknown;

/** The function itself, called in this thread. */
export function functionTarget({ target }: Udf, calling: Calling): UdfTarget {
  const call = target as unknown as Callable;
  return {
    callRows: (rows) => callRows(call, rows, calling),
    callBatch: (rows) => callBatch(call, rows, calling),
    [Symbol.dispose]: () => {},
  };
}

/** By its shape: a user's code may have an apache-arrow of its own. */
export const isVector = (given: unknown): given is Vector =>
  typeof given === 'object' && given !== null && 'data' in given && 'type' in given && 'toArray' in given;

const vectorsOf = (rows: RecordBatch): readonly Vector[] =>
  Array.from({ length: rows.numCols }, (_, index) => rows.getChildAt(index) as Vector);

export function callBatch(call: Callable, rows: RecordBatch, calling: Calling): Promise<unknown> {
  return limited(calling, (context) => call(...vectorsOf(rows), context));
}

/** Rows one after the other; where the function waits, so many at a time. */
export async function callRows(
  call: Callable,
  rows: readonly (readonly Value[])[],
  calling: Calling,
): Promise<readonly Outcome[]> {
  const outcomes = new Array<Outcome>(rows.length);
  const waiting = new Set<Promise<void>>();
  const shared: UdfContext = { count: calling.count, signal: calling.signal };
  for (const [index, row] of rows.entries()) {
    if (calling.signal.aborted) throw new TaskCancelled('The task was cancelled.');
    const first = begun(call, row, shared, calling);
    if (!('promise' in first)) {
      outcomes[index] = first;
      continue;
    }
    const pending = first.promise.then((outcome) => {
      outcomes[index] = outcome;
      waiting.delete(pending);
    });
    waiting.add(pending);
    if (waiting.size >= calling.concurrency) await Promise.race(waiting);
  }
  await Promise.all(waiting);
  return outcomes;
}

/** The outcome where the call does not wait, else the promise of it, which never rejects. */
function begun(
  call: Callable,
  row: readonly Value[],
  shared: UdfContext,
  calling: Calling,
): Outcome | { readonly promise: Promise<Outcome> } {
  try {
    if (calling.timeout !== undefined)
      return { promise: settled(limited(calling, (context) => call(...row, context))) };
    const value = call(...row, shared);
    return isThenable(value) ? { promise: settled(value) } : { value };
  } catch (error) {
    return { error };
  }
}

async function settled(value: PromiseLike<unknown>): Promise<Outcome> {
  try {
    return { value: await value };
  } catch (error) {
    return { error };
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** The result of `work`, or an error when its time is over: `work` learns of it by the signal and is waited for no longer. */
async function limited({ count, signal, timeout }: Calling, work: (context: UdfContext) => unknown): Promise<unknown> {
  if (timeout === undefined) return await untilAborted(signal, async () => work({ count, signal }));
  const timer = AbortSignal.timeout(timeout);
  const either = AbortSignal.any([signal, timer]);
  return await untilAborted(either, async () => work({ count, signal: either })).catch((error) => {
    if (timer.aborted && error === either.reason) throw new Error(`The call took longer than ${timeout} ms.`);
    throw error;
  });
}

/** The result of `work`; where the signal is aborted first its reason is thrown, and nobody waits for `work` any more. */
export async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
