/** From text, or what is said to be JSON data, to a document that may be looked at: within its limits, and no more. */

import type { Problems } from '../expressions/problems.ts';
import { checkText, checkValue } from './document-limits.ts';

/** What was parsed. @throws InvalidPlan where there are problems. */
export function valid<T>(parsed: T | undefined, problems: Problems): T {
  problems.throwIfAny();
  if (parsed === undefined) throw new Error('A document that did not parse has no problems.');
  return parsed;
}

/** @throws InvalidPlan where the input is no JSON, or more of it than may be looked at. */
export function jsonDocument(input: unknown, problems: Problems): unknown {
  if (typeof input === 'string') checkText(input, problems);
  problems.throwIfAny();
  const document = typeof input === 'string' ? parsedJson(input, problems) : input;
  problems.throwIfAny();
  checkValue(document, problems);
  problems.throwIfAny();
  return document;
}

function parsedJson(text: string, problems: Problems): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Only the place is taken from V8's message, because that repeats a part of the text.
    const place = /line \d+ column \d+/.exec(String(error))?.[0];
    const ended = String(error).includes('Unexpected end') ? ': it ends too early' : '';
    problems.add('$', `This is not JSON${place === undefined ? ended : `, at ${place}`}.`);
    return undefined;
  }
}
