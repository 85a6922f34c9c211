/**
 * Where calls may stand that wait for the world (url_download). They are made for every row before the rest of their
 * column is computed, so only where nothing decides whether a row has them: what is not demanded must not fail.
 *
 *     project   length(url_download(uri))                        yes
 *     project   if(small, url_download(uri), null)               no: a branch
 *     filter    length(url_download(uri)) > 9                    no: a projection below it may hold the call
 */

import { FUNCTIONS } from '../expressions/functions/registry.ts';
import { type Problems, pathOf } from '../expressions/problems.ts';
import { INPUT_KEYS, type KnownNodes, nodesOf } from '../plan/check-plan.ts';
import type { PlanNode } from '../plan/plan-node.ts';

/** The operands of each kind of expression, by their key, that may be left out in some row. */
const OPTIONAL: Readonly<Record<string, (key: string, value: Readonly<Record<string, unknown>>) => boolean>> = {
  binary: (key, { operator }) => key === 'right' && (operator === 'and' || operator === 'or'),
  'if-else': (key) => key === 'then' || key === 'otherwise',
  'fill-null': (key) => key === 'fill',
  'is-in': (key) => key === 'list',
  between: (key) => key === 'high',
  lambda: () => true,
};

const IN_BRANCH =
  'is called for every row before the rest is computed, and here it might not be wanted: put it into a column of a project below, and name that column here.';
const ELSEWHERE = 'may only be called in the columns of a project: put it there, and name that column here.';

const NOT_WALKED: ReadonlySet<string> = new Set(['schema', ...INPUT_KEYS]);

/** Adds a problem for each call of an async function that stands where it may not. */
export function checkAsyncCalls(plan: PlanNode, problems: Problems, planPath: string, known?: KnownNodes): void {
  for (const { node, path } of nodesOf({ node: plan, path: planPath }, known)) {
    const refusal = node.kind === 'project' ? undefined : ELSEWHERE;
    for (const [key, value] of Object.entries(node)) {
      if (NOT_WALKED.has(key)) continue;
      walk(value, pathOf(path, key), refusal, problems);
    }
  }
}

/** `refusal` is what is wrong with a call here; undefined where nothing is. */
function walk(value: unknown, path: string, refusal: string | undefined, problems: Problems): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, pathOf(path, index), refusal, problems);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const parts = value as Readonly<Record<string, unknown>>;
  const kind = String(parts['kind']);
  if (kind === 'literal') return;
  if (refusal !== undefined && kind === 'function') {
    const called = FUNCTIONS.get(String(parts['name']));
    if (called?.isAsync === true) problems.add(path, `${called.name} ${refusal}`);
  }
  for (const [key, part] of Object.entries(parts)) {
    const at = pathOf(path, key);
    const isOptional = Object.hasOwn(OPTIONAL, kind) && OPTIONAL[kind]?.(key, parts) === true;
    if (kind === 'coalesce' && Array.isArray(part)) walkCoalesce(part, at, refusal, problems);
    else walk(part, at, isOptional ? (refusal ?? IN_BRANCH) : refusal, problems);
  }
}

function walkCoalesce(inputs: readonly unknown[], path: string, refusal: string | undefined, problems: Problems): void {
  for (const [index, input] of inputs.entries()) {
    walk(input, pathOf(path, index), index === 0 ? refusal : (refusal ?? IN_BRANCH), problems);
  }
}
