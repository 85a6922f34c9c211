import { sameType } from '../../../columnar/data-type.ts';
import { fieldIndex } from '../../../columnar/schema.ts';
import { canFail } from '../../../expressions/can-fail.ts';
import type { Expression } from '../../../expressions/expression.ts';
import { columnsIn, mapInputs, withColumnsRenamed } from '../../../expressions/expression-inputs.ts';
import type { Side } from '../../../operators/joins/hash-join.ts';
import type { JoinType } from '../../../plan/plan-node.ts';
import type { NodeOf } from '../../bind-parts.ts';
import { filtered } from '../conjuncts.ts';
import { hasOneForm } from '../expression-facts.ts';
import { knownPredicates } from '../known-predicates.ts';
import { holds } from '../predicate-below.ts';
import type { PlanFacts, Rule } from '../rule.ts';

/** What is true of a key on one side is asked of the other, where rows for which it is not true match nothing and need not come out. */
export const inferPredicate: Rule = {
  name: 'infer-predicate',
  apply(node, facts) {
    if (node.kind !== 'hash-join') return undefined;
    for (const [from, to] of DIRECTIONS[node.joinType]) {
      const names = keyNames(node, from, to, facts);
      const schema = facts.schema(node[to]);
      const wanted = knownPredicates(node[from], facts)
        .filter((e) => isCheap(e) && isOver(e, names))
        .map((e) => withColumnsRenamed(e, names))
        .filter((e) => {
          const typed = facts.typed(e, schema);
          return typed !== undefined && !canFail(typed) && !holds(node[to], e, facts);
        });
      if (wanted.length > 0) return { ...node, [to]: filtered(node[to], wanted) };
    }
    return undefined;
  },
};

/** From which side to which. */
const DIRECTIONS: Readonly<Record<JoinType, readonly (readonly [Side, Side])[]>> = {
  inner: [
    ['left', 'right'],
    ['right', 'left'],
  ],
  semi: [
    ['left', 'right'],
    ['right', 'left'],
  ],
  left: [['left', 'right']],
  anti: [['left', 'right']],
  right: [['right', 'left']],
  outer: [],
};

/** Names of keys of one side, by those of the other that equal values cannot tell them from. */
function keyNames(node: NodeOf<'hash-join'>, from: Side, to: Side, facts: PlanFacts): ReadonlyMap<string, string> {
  const keys = { left: node.leftOn, right: node.rightOn };
  const typeOf = (side: Side, name: string) => {
    const schema = facts.schema(node[side]);
    return schema.fields[fieldIndex(schema, name)]?.type;
  };
  return new Map(
    keys[from].flatMap((key, index) => {
      const other = keys[to][index];
      if (key.kind !== 'column' || other?.kind !== 'column') return [];
      const [a, b] = [typeOf(from, key.name), typeOf(to, other.name)];
      const isOne = a !== undefined && b !== undefined && sameType(a, b) && hasOneForm(a);
      return isOne ? [[key.name, other.name] as const] : [];
    }),
  );
}

function isOver(e: Expression, names: ReadonlyMap<string, string>): boolean {
  const read = [...columnsIn(e)];
  return read.length > 0 && read.every((name) => names.has(name));
}

/** Whether asking costs less than what it may save. */
function isCheap(e: Expression): boolean {
  let isSo = e.kind !== 'function' && e.kind !== 'lambda' && e.kind !== 'cast';
  mapInputs(e, (input) => {
    isSo &&= isCheap(input);
    return input;
  });
  return isSo;
}
