/**
 * What a failure tells outside. Lambda passes an error's `name` on as the type that a state machine retries or catches
 * by, its message as the cause, and prints the stack and every property to the log. So it is made anew of these alone,
 * bounded, and without what could be a secret.
 */

import type { MiddlewareObj } from '@middy/core';
import { redactUri } from '../../src/io/uri.ts';
import type { InvocationContext } from './invocation.ts';

/** A state of Step Functions has room for 256 KiB in all, of which one cause must not take much. */
const MAX_MESSAGE_CHARACTERS = 4096;
const MAX_STACK_LINES = 12;

export function errorName(): MiddlewareObj<unknown, unknown, Error, InvocationContext> {
  return {
    onError: (request) => {
      request.error = shownError(request.error);
    },
  };
}

/** An error of the same name that may be shown to anyone. */
function shownError(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const shown = new Error(bounded(withoutSecrets(message)));
  // Not enumerable, or the runtime prints it a second time.
  Object.defineProperty(shown, 'name', { value: name, configurable: true });
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  shown.stack = [`${name}: ${shown.message}`, ...frames.slice(0, MAX_STACK_LINES)].join('\n');
  return shown;
}

function bounded(message: string): string {
  if (message.length <= MAX_MESSAGE_CHARACTERS) return message;
  return `${message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed()}… (${message.length} characters)`;
}

/** Messages of other libraries may repeat uris with users, signatures and tokens. */
function withoutSecrets(message: string): string {
  return (
    message
      // A scheme has a bound, or dots and letters without end would be looked at again from each of them.
      .replace(/\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>]+/gi, redactUri)
      .replace(/\b(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"']*/gi, '$1…')
      .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '…')
  );
}
