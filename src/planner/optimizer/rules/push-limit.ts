import type { PlanNode } from '../../../plan/plan-node.ts';
import type { NodeOf } from '../../bind-parts.ts';
import { isPure } from '../expression-facts.ts';
import { atMostRows } from '../row-bounds.ts';
import type { Rule } from '../rule.ts';

/** A top-n keeps its rows in memory; more than that are better sorted. */
const MOST_ROWS = 2 ** 31;

/** Limits of limits are one; the first rows of a sort need no sort; inputs that come one after the other give no more than is wanted. */
export const pushLimit: Rule = {
  name: 'push-limit',
  apply(node) {
    if (node.kind !== 'limit') return undefined;
    const { input, limit, offset = 0 } = node;
    switch (input.kind) {
      case 'limit':
      case 'top-n':
        return ofBoth(input, limit, offset);
      case 'sort':
        return limit + offset > MOST_ROWS ? undefined : { ...input, kind: 'top-n', ...rangeOf(limit, offset) };
      case 'project':
        return mayTurn(input) ? { ...input, input: { ...node, input: input.input } } : undefined;
      case 'concat':
        return intoInputs(node, input);
      default:
        return undefined;
    }
  },
};

/** Of the rows that `inner` passes on. */
function ofBoth(inner: NodeOf<'limit' | 'top-n'>, limit: number, offset: number): PlanNode | undefined {
  const skipped = (inner.offset ?? 0) + offset;
  if (!Number.isSafeInteger(skipped)) return undefined;
  const { offset: _, ...rest } = inner;
  return { ...rest, ...rangeOf(Math.max(0, Math.min(limit, inner.limit - offset)), skipped) };
}

const rangeOf = (limit: number, offset: number): { readonly limit: number; readonly offset?: number } => ({
  limit,
  ...(offset > 0 && { offset }),
});

/** Whether a limit is of use below the projection. Random values go by the numbers of rows, of which the first stay. */
function mayTurn(node: NodeOf<'project'>): boolean {
  const { input, columns } = node;
  if (!columns.every(({ expression }) => isPure(expression))) return false;
  if (input.kind === 'project') return mayTurn(input);
  return input.kind === 'limit' || input.kind === 'top-n' || input.kind === 'sort' || input.kind === 'concat';
}

function intoInputs(node: NodeOf<'limit'>, concat: NodeOf<'concat'>): PlanNode | undefined {
  const wanted = node.limit + (node.offset ?? 0);
  if (!Number.isSafeInteger(wanted) || concat.inputs.every((input) => atMostRows(input) <= wanted)) return undefined;
  const inputs = concat.inputs.map(
    (input): PlanNode => (atMostRows(input) <= wanted ? input : { kind: 'limit', input, limit: wanted }),
  );
  return { ...node, input: { ...concat, inputs } };
}
