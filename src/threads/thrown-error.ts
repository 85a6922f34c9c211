/** Errors on their way between threads: structured clones keep neither their class nor what is theirs alone. */

import * as errors from '../errors.ts';

export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** What else errors of the contract carry: the operator, problems of a plan. */
  readonly details: Readonly<Record<string, unknown>>;
}

export function thrownError(error: unknown): ThrownError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, details: {} };
  const { name, message, stack } = error;
  if (!(error instanceof errors.MillraceError)) return { name, message, stack, details: {} };
  const { cause: _, ...details } = error as errors.MillraceError & { cause?: unknown };
  return { name, message, stack, details };
}

/** An error of the same class, where that is one of the contract. */
export function errorOf({ name, message, stack, details }: ThrownError): Error {
  const known = Object.entries(errors).find(([key]) => key === name)?.[1] ?? Error;
  // Made as its class makes it, but for what its constructor would make of other arguments.
  const error = Reflect.construct(Error, [message], known) as Error;
  for (const [key, value] of Object.entries({ ...details, name })) {
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  }
  if (stack !== undefined) error.stack = stack;
  return error;
}
