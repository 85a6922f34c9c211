/**
 * Options as programs give them. TypeScript refuses one that nobody knows; where it does not know better, what is
 * misspelt would mean nothing, silently.
 */

import { InvalidArgument } from '../errors.ts';
import { didYouMean } from '../expressions/suggestion.ts';
import { shownValue } from './shown-value.ts';

/** Each option of every form that `O` may have. */
export type OptionNames<O> = Readonly<Record<O extends unknown ? keyof O & string : never, true>>;

/** `method` takes the options `known`. @throws InvalidArgument for any other, and for what are no options */
export function checkOptions<O extends object>(method: string, given: O, known: OptionNames<O>): void {
  const names = Object.keys(known);
  checkAreOptions(method, given, names[0] ?? '');
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new InvalidArgument(
    `${method} has no option ${unknown}, but ${names.join(', ')}.${didYouMean(unknown, names)}`,
  );
}

/** `method` takes options, as is one called `example`. @throws InvalidArgument */
function checkAreOptions(method: string, given: unknown, example: string): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return;
  throw new InvalidArgument(`${method} takes options, as in { ${example}: … }, and not ${shownValue(given)}.`);
}
