/**
 * What a predicate over the rows of a node may be asked of instead: the rows of its inputs, as that leaves the same rows.
 *
 *     b > 5     project b = a + 1     a + 1 > 5 of the input
 *     k > 5     group by k            k > 5 of the input, not so what is aggregated
 *     k > 5     a join                k > 5 of the side that k is from, if no row comes out without one of that side
 *
 * Nodes that number rows, or choose some by their numbers, let nothing pass; nor do those whose values are random. Who keeps one of equal
 * values for all of them lets pass what does not tell them apart.
 */

import type { Expression, NamedExpression } from '../../expressions/expression.ts';
import { sameExpression } from '../../expressions/expression-key.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import { keepsOnly } from '../kept-side.ts';
import { nodeInputs } from '../node-inputs.ts';
import { conjunctsOf } from './conjuncts.ts';
import { hasOneForm, isPure, passed } from './expression-facts.ts';
import { onlySide } from './join-conditions.ts';
import { type JoinNode, joinTypeOf, sidesOf } from './join-sides.ts';
import type { PlanFacts } from './rule.ts';
import { replaced } from './substitution.ts';

export interface Below {
  /** What is asked of each input, in their order; undefined of those of which nothing is. */
  readonly inputs: readonly (Expression | undefined)[];
  /** Whether it is asked of nothing there that it is not asked of here, so that it fails here where it fails there. */
  readonly sameValues: boolean;
}

/** Undefined where it has to be asked of the rows of `node` themselves. `predicate` is pure. */
export function predicateBelow(node: PlanNode, predicate: Expression, facts: PlanFacts): Below | undefined {
  switch (node.kind) {
    case 'project':
      if (!node.columns.every(({ expression }) => isPure(expression))) return undefined;
      return through(node, node.columns, predicate, facts);
    case 'sort':
    case 'into-batches':
      return { inputs: [predicate], sameValues: true };
    case 'concat':
      return { inputs: node.inputs.map(() => predicate), sameValues: true };
    case 'udf-project':
      return through(node, passedBut(node, facts, [node.name]), predicate, facts);
    case 'explode': {
      const made = [...node.columns, ...(node.indexColumn === undefined ? [] : [node.indexColumn])];
      const below = through(node, passedBut(node, facts, made), predicate, facts);
      return below && { ...below, sameValues: node.ignoreEmpty !== true };
    }
    case 'unpivot':
      return node.values.length === 0 ? undefined : through(node, node.ids.map(passed), predicate, facts);
    case 'grouped-aggregate':
      return node.stage?.kind === 'final' ? undefined : throughKeys(node, node.groupBy, predicate, facts);
    case 'pivot':
      return throughKeys(node, node.groupBy.map(passed), predicate, facts);
    case 'dedup':
      return throughKeys(node, (node.columns ?? namesOf(node, facts)).map(passed), predicate, facts);
    case 'window-partition-only':
    case 'window-partition-and-order-by':
    case 'window-partition-and-dynamic-frame': {
      const keys = node.partitionBy.flatMap((key) => (key.kind === 'column' ? [passed(key.name)] : []));
      return throughKeys(node, keys, predicate, facts);
    }
    case 'hash-join':
    case 'cross-join':
    case 'sort-merge-join':
    case 'asof-join':
      return throughJoin(node, predicate, facts);
    default:
      return undefined;
  }
}

/** Nodes that are looked at one below the other: what is asked of each costs as much as binding it. */
const MOST_NODES_DOWN = 24;

/** Whether `predicate`, which is pure, is true of all rows of `node`, as far as filters not far below say so. */
export function holds(
  node: PlanNode,
  predicate: Expression,
  facts: PlanFacts,
  down: number = MOST_NODES_DOWN,
): boolean {
  if (node.kind === 'empty-scan') return true;
  if (down === 0) return false;
  if (node.kind === 'filter') {
    const schema = facts.schema(node);
    const typed = facts.typed(predicate, schema);
    const isSame = (e: Expression): boolean => {
      const other = facts.typed(e, schema);
      return typed !== undefined && other !== undefined && sameExpression(typed, other);
    };
    return conjunctsOf(node.predicate).some(isSame) || holds(node.input, predicate, facts, down - 1);
  }
  if (node.kind === 'limit' || node.kind === 'top-n' || node.kind === 'sample') {
    return holds(node.input, predicate, facts, down - 1);
  }
  const simple = facts.typed(predicate, facts.schema(node));
  if (simple?.kind === 'literal') return simple.value === true;
  const below = predicateBelow(node, predicate, facts);
  return (
    below !== undefined &&
    nodeInputs(node).every((input, index) => {
      const asked = below.inputs[index];
      return asked === undefined || holds(input, asked, facts, down - 1);
    })
  );
}

type Over = Extract<PlanNode, { readonly input: PlanNode }>;

function through(
  node: Over,
  columns: readonly NamedExpression[],
  predicate: Expression,
  facts: PlanFacts,
): Below | undefined {
  const projection = { columns, input: facts.schema(node.input), schema: facts.schema(node) };
  const below = replaced(predicate, projection, facts);
  return below && { inputs: [below], sameValues: true };
}

/** Rows with equal keys stay, or go, together. */
function throughKeys(
  node: Over,
  keys: readonly NamedExpression[],
  predicate: Expression,
  facts: PlanFacts,
): Below | undefined {
  const { fields } = facts.schema(node);
  const canTell = keys.filter(({ name, expression }) => {
    const type = fields.find((field) => field.name === name)?.type;
    return type !== undefined && hasOneForm(type) && isPure(expression);
  });
  return through(node, canTell, predicate, facts);
}

function throughJoin(node: JoinNode, predicate: Expression, facts: PlanFacts): Below | undefined {
  const sides = sidesOf(node, facts);
  const side = onlySide(predicate, sides);
  if (side === undefined || !keepsOnly(side, joinTypeOf(node))) return undefined;
  return { inputs: side === 'left' ? [predicate, undefined] : [undefined, predicate], sameValues: false };
}

const namesOf = (node: PlanNode, facts: PlanFacts): readonly string[] =>
  facts.schema(node).fields.map(({ name }) => name);

const passedBut = (node: PlanNode, facts: PlanFacts, made: readonly string[]): readonly NamedExpression[] =>
  namesOf(node, facts)
    .filter((name) => !made.includes(name))
    .map(passed);
