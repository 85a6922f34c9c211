import { MillraceError, TaskCancelled } from '../errors.ts';

/**
 * The error to report for `error`: TaskCancelled where it is what comes of `signal` being aborted. A defect, which an
 * abort only brought to light, stays what it is.
 */
export function asCancelled(error: unknown, signal: AbortSignal): unknown {
  const isConsequence =
    error === signal.reason ||
    error instanceof MillraceError ||
    (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'));
  if (!signal.aborted || !isConsequence || error instanceof TaskCancelled) return error;
  return new TaskCancelled('The task was cancelled.', { cause: error });
}

/** Runs `work`, which stops when `signal` is aborted. @throws TaskCancelled then, and where it is aborted already. */
export async function cancellable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    throw asCancelled(error, signal);
  }
}
