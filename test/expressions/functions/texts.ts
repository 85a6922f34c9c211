/** Texts with what goes wrong in texts, and calls over columns of them. */

import { int64, utf8 } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidPlan, MillraceError } from '../../../src/errors.ts';
import { bindExpression } from '../../../src/expressions/bind.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import type { Example } from '../../../src/expressions/functions/function-definition.ts';
import { exampleExpression } from '../../../src/expressions/functions/function-example.ts';
import { interpreter } from '../../../src/expressions/interpret.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { type Compared, columnName, combinations, compared } from './duckdb-agreement.ts';

/** Empty, plain, with surrogate pairs, combining characters, joined emoji, letters whose case changes their length. */
export const TEXTS: readonly Value[] = [
  null,
  '',
  'a',
  'abc',
  'aAbB',
  'banana',
  'PROMO BRASS',
  '  padded  ',
  'naïve',
  'e\u0301a',
  '😀',
  'x😀y😀z',
  'a,b,,c,',
  ',',
  '100%_sure',
  "it's",
  'zwölf Boxkämpfer',
  '日本語',
  '👨‍👩‍👧 family',
  '🇩🇪🇫🇷',
  'กำ',
  `${'long '.repeat(200)}end`,
];

/** Few of them, for functions of several texts. */
export const FEW_TEXTS: readonly Value[] = [null, '', 'a', 'an', 'banana', 'x😀y😀z', '😀', 'a,b,,c,', ',', 'e\u0301a'];
export const COUNTS: readonly Value[] = [null, 0n, 1n, 2n, 3n, 5n, 1_000n, -1n, -2n, -3n, -5n, -1_000n];

/** The call of a function of as many columns, named as `compared` names them, and of literals behind them. */
const callOf = (name: string, count: number, literals: readonly string[]): Expression => ({
  kind: 'function',
  name,
  arguments: [
    ...Array.from({ length: count }, (_, index) => ({ kind: 'column' as const, name: columnName(index) })),
    ...literals.map((value) => ({ kind: 'literal' as const, type: utf8, value })),
  ],
});

/** The value of a call of literals, or the message of the error that it is, at binding or at the run. */
export function called(name: string, ...given: Example[0]): Value | Error {
  const problems = new Problems();
  const bound = bindExpression(exampleExpression(name, [given, null]), { fields: [] }, problems, '$');
  if (bound === undefined) return new InvalidPlan(problems.found);
  try {
    return interpreter(bound)({ value: () => null, where: () => 'here' });
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
}

/** Every row where a function of texts and whole numbers (as the lists show) differs from DuckDB's `sql`. */
export async function disagreements(
  name: string,
  lists: readonly (readonly Value[])[],
  sql: string,
  ...literals: readonly string[]
): Promise<readonly Compared[]> {
  const types = lists.map((list) => (list.some((value) => typeof value === 'bigint') ? int64 : utf8));
  // By the second value, which may be a pattern: so each is compiled once.
  const rows = combinations(lists).toSorted(
    ([, a], [, b]) => Number(String(a) > String(b)) - Number(String(a) < String(b)),
  );
  const results = await compared({ types, rows, call: callOf(name, lists.length, literals), sql });
  return results.filter(({ ours, theirs }) => !same(ours, theirs));
}

const same = (ours: Value | undefined, theirs: Value | undefined): boolean =>
  ours === theirs || (ours !== undefined && shown(ours) === shown(theirs));
const shown = (value: Value | undefined): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part));
