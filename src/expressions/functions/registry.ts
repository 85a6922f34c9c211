/**
 * The functions of the plan language that are known by now, one table: what binding checks, and what the interpreter and
 * the compiler execute. Those that many plans call are here from the start; all others are loaded with the first plan that
 * calls one of them (`load-functions.ts`), so that a process which meets none starts without them.
 */

import { ADDING_FUNCTIONS } from './adding-times.ts';
import { DATE_PART_FUNCTIONS } from './date-parts.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { LENGTH_OF_TIME_FUNCTIONS } from './lengths-of-time.ts';
import { ROUNDING_FUNCTIONS } from './rounding.ts';
import { SEVERAL_COLUMNS_FUNCTIONS } from './several-columns.ts';
import { TEXT_CASE_FUNCTIONS } from './text-case.ts';
import { TEXT_JOINING_FUNCTIONS } from './text-joining.ts';
import { TEXT_LIKE_FUNCTIONS } from './text-like.ts';
import { TEXT_PADDING_FUNCTIONS } from './text-padding.ts';
import { TEXT_PART_FUNCTIONS } from './text-parts.ts';
import { TEXT_SEARCH_FUNCTIONS } from './text-search.ts';
import { TRUNCATING_FUNCTIONS } from './truncating.ts';
import { WHOLE_FUNCTIONS } from './whole-math.ts';

/** With those that binding itself makes calls of: sums of times and intervals. */
const COMMON_DEFINITIONS: readonly FunctionDefinition[] = [
  ...TEXT_SEARCH_FUNCTIONS,
  ...TEXT_LIKE_FUNCTIONS,
  ...TEXT_PART_FUNCTIONS,
  ...TEXT_JOINING_FUNCTIONS,
  ...TEXT_PADDING_FUNCTIONS,
  ...TEXT_CASE_FUNCTIONS,
  ...DATE_PART_FUNCTIONS,
  ...TRUNCATING_FUNCTIONS,
  ...ADDING_FUNCTIONS,
  ...LENGTH_OF_TIME_FUNCTIONS,
  ...ROUNDING_FUNCTIONS,
  ...WHOLE_FUNCTIONS,
  ...SEVERAL_COLUMNS_FUNCTIONS,
];

const known = new Map<string, FunctionDefinition>();

/** By name and by every other name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = known;

/** Makes functions known. */
export function addFunctions(definitions: readonly FunctionDefinition[]): void {
  for (const definition of definitions) {
    for (const name of [definition.name, ...definition.aliases]) known.set(name, definition);
  }
}

addFunctions(COMMON_DEFINITIONS);

/** The definition of a function that a bound expression calls. */
export function functionNamed(name: string): FunctionDefinition {
  const found = FUNCTIONS.get(name);
  if (found === undefined) throw new TypeError(`there is no function ${name}`);
  return found;
}
