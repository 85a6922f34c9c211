import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Services } from '../services.ts';
import { deadline } from './deadline.ts';
import { errorName } from './error-name.ts';
import type { InvocationContext } from './invocation.ts';
import { observed } from './observed.ts';

/** What Lambda calls. */
export type FunctionHandler<Answer> = (event: unknown, context: Context) => Promise<Answer>;

/** A function around its work. The event is unknown: whoever works on it parses it first. */
export function functionHandler<Answer>(
  services: Services,
  work: (event: unknown, context: InvocationContext) => Promise<Answer>,
): FunctionHandler<Answer> {
  // From the outside in: what fails is named by the deadline, then bounded, then logged. Middy's own early timeout would
  // answer while the work goes on.
  const handler = middy<unknown, Answer, Error, InvocationContext>(work, { timeoutEarlyInMillis: 0 })
    .use(observed(services.store))
    .use(errorName())
    .use(deadline());
  // The context becomes that of the invocation before the work sees it.
  return (event, context) => handler(event, context as InvocationContext);
}
