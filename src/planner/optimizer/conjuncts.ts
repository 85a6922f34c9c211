/** Conditions as lists of what has to be true: `a and (b and c)` is a, b, c. */

import type { Expression } from '../../expressions/expression.ts';
import type { PlanNode } from '../../plan/plan-node.ts';

/** In the order in which they are asked. */
export function conjunctsOf(e: Expression): readonly Expression[] {
  if (e.kind === 'alias') return conjunctsOf(e.input);
  if (isOf(e, 'and')) return [...conjunctsOf(e.left), ...conjunctsOf(e.right)];
  if (e.kind !== 'not') return [e];
  const { input } = e;
  // Also with nulls: both are true where neither side is true or null.
  if (isOf(input, 'or')) {
    return [...conjunctsOf({ kind: 'not', input: input.left }), ...conjunctsOf({ kind: 'not', input: input.right })];
  }
  return input.kind === 'not' ? conjunctsOf(input.input) : [e];
}

/** `a or (b or c)` as a, b, c. */
export function disjunctsOf(e: Expression): readonly Expression[] {
  if (e.kind === 'alias') return disjunctsOf(e.input);
  return isOf(e, 'or') ? [...disjunctsOf(e.left), ...disjunctsOf(e.right)] : [e];
}

/** At least one. */
export const allOf = (conjuncts: readonly Expression[]): Expression => joined(conjuncts, 'and');
/** At least one. */
export const anyOf = (disjuncts: readonly Expression[]): Expression => joined(disjuncts, 'or');

/** The rows of `input` for which all of them are true; `input` itself where there are none. */
export const filtered = (input: PlanNode, conjuncts: readonly Expression[] = []): PlanNode =>
  conjuncts.length === 0 ? input : { kind: 'filter', input, predicate: allOf(conjuncts) };

function joined(expressions: readonly Expression[], operator: 'and' | 'or'): Expression {
  const [first, ...others] = expressions;
  if (first === undefined) throw new TypeError(`there is nothing to join by ${operator}`);
  return others.reduce((left, right): Expression => ({ kind: 'binary', operator, left, right }), first);
}

type Binary = Extract<Expression, { kind: 'binary' }>;

const isOf = (e: Expression, operator: Binary['operator']): e is Binary =>
  e.kind === 'binary' && e.operator === operator;
