/**
 * A task that will not be done in time stops by itself.
 *
 *     start ──────────────────────────── signal ──── reserve ──── the function is killed
 *                                           └ the task stops, aborts its uploads, answers DeadlineExceeded
 *
 * The handler is never left behind while it still works: its process would be frozen, and go on with the old work in the
 * next invocation. One that does not stop is killed with its process, which is the cleaner end.
 */

import type { MiddlewareObj } from '@middy/core';
import { DeadlineExceeded } from '../../src/errors.ts';
import type { InvocationContext } from './invocation.ts';

/** Milliseconds to stop in: enough to abort some hundred uploads. */
const RESERVE_MS = 10_000;
/** Of what is left at the start, where that is little. */
const RESERVE_PART = 0.2;

/** Gives `context.signal`, and its name to a failure that the deadline has caused. */
export function deadline(): MiddlewareObj<unknown, unknown, Error, InvocationContext> {
  const timers = new WeakMap<InvocationContext, NodeJS.Timeout>();
  return {
    before: ({ context }) => {
      const leftMs = context.getRemainingTimeInMillis();
      const reserveMs = Math.min(RESERVE_MS, leftMs * RESERVE_PART);
      const controller = new AbortController();
      const stop = (): void => controller.abort(deadlineExceeded());
      timers.set(context, setTimeout(stop, leftMs - reserveMs));
      context.signal = controller.signal;
    },
    after: ({ context }) => clearTimeout(timers.get(context)),
    onError: (request) => {
      const { context, error } = request;
      clearTimeout(timers.get(context));
      if (context.signal?.aborted && wasStopped(error)) request.error = deadlineExceeded();
    },
  };
}

function deadlineExceeded(): DeadlineExceeded {
  return new DeadlineExceeded(
    'The time of the function is nearly up: the work was stopped, and nothing of it is visible. Give the task less input, or the function more time.',
  );
}

/** Whether it is what work does when its signal is aborted, and not a failure of its own. */
function wasStopped(error: unknown): boolean {
  return error instanceof Error && STOPPED.has(error.name);
}

const STOPPED: ReadonlySet<string> = new Set(['TaskCancelled', 'AbortError', 'DeadlineExceeded']);
