/** Events of unknown content become typed here, and in `parseTask` and `parseJob`; nowhere else. */

import * as z from 'zod';
import { InvalidArgument } from '../src/errors.ts';
import { Problems } from '../src/expressions/problems.ts';
import { parsedOrProblems } from '../src/plan/issue-text.ts';

/** Problems of an event that are told. */
const TOLD = 5;

/** A uri in an event; whether it is a valid one is told by the store that is asked for it. */
export const uri: z.ZodType<string> = z.string().min(1).max(2048);

/** @throws InvalidArgument that names each problem with its JSON path. */
export function parseEvent<Event>(schema: z.ZodType<Event>, event: unknown): Event {
  const problems = new Problems();
  const parsed = parsedOrProblems(schema, event, problems, '$');
  if (parsed !== undefined && problems.isEmpty) return parsed;
  const told = problems.found.slice(0, TOLD).map(({ path, message }) => `${path}: ${message}`);
  throw new InvalidArgument(`The event is not valid: ${told.join('; ')}`);
}
