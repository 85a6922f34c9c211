/**
 * Inner joins that stand one over the other, as what they are together: relations, and what has to be equal in them.
 *
 *     hash-join o_custkey = c_custkey                 lineitem ── l_orderkey, o_orderkey ── orders
 *       hash-join l_orderkey = o_orderkey      ──▶                                            │
 *         lineitem                                                 customer ── o_custkey, c_custkey
 *         orders
 *       customer
 *
 * Columns that are equal to one another are one class, so that a and c may be joined where a = b and b = c. Every column gets a name that no
 * other relation has. What stands between the joins is looked through where it only renames columns or filters rows; all else is a relation, and
 * so is a join of which somebody said which side is kept. What a semi or an anti join looks for is a relation too, which has no columns and
 * filters whatever has the keys.
 */

import { sameType } from '../../columnar/data-type.ts';
import type { Expression, NamedExpression } from '../../expressions/expression.ts';
import { columnsIn, withColumnsReplaced } from '../../expressions/expression-inputs.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import { freeName, type NodeOf } from '../bind-parts.ts';
import { conjunctsOf } from './conjuncts.ts';
import { column, hasOneForm } from './expression-facts.ts';
import { mayMove } from './join-conditions.ts';
import { sidesOf } from './join-sides.ts';
import type { PlanFacts } from './rule.ts';

export interface JoinGraph {
  readonly relations: readonly Relation[];
  /** Columns that are equal, no two of one relation. */
  readonly classes: readonly (readonly RelationColumn[])[];
  /** Equalities of what is computed of one side with something of another, and other conditions; over names of all relations. */
  readonly equalities: readonly { readonly left: Expression; readonly right: Expression }[];
  readonly filters: readonly Expression[];
  /** What the columns of the whole are, over these names. */
  readonly columns: ReadonlyMap<string, Expression>;
}

export interface Relation {
  readonly node: PlanNode;
  /** Its columns, under names that no other relation has; none of one that only filters. */
  readonly columns: readonly NamedExpression[];
  readonly filters?: SemiFilter | undefined;
}

/** Which rows of others stay, by what a relation has. */
export interface SemiFilter {
  readonly joinType: 'semi' | 'anti';
  /** Over names of relations, and over the columns of its node. */
  readonly leftOn: readonly Expression[];
  readonly rightOn: readonly Expression[];
}

export interface RelationColumn {
  readonly relation: number;
  readonly name: string;
}

export function joinGraphOf(node: NodeOf<'hash-join'>, facts: PlanFacts): JoinGraph | undefined {
  if (!isFree(node, facts) && !isFreeFilter(node, facts)) return undefined;
  const collector = new Collector(facts);
  const columns = collector.collect(node);
  return { ...collector.graph(), columns };
}

type InnerJoin = NodeOf<'hash-join' | 'cross-join'>;

/** Whether a join may stand elsewhere; a product too, of which others may have the keys. */
function isFree(node: PlanNode, facts: PlanFacts): node is InnerJoin {
  if (node.kind === 'cross-join') return node.residual === undefined && node.collect === undefined;
  return node.kind === 'hash-join' && node.joinType === 'inner' && isFreeByKeys(node, facts);
}

type SemiJoin = NodeOf<'hash-join'> & { readonly joinType: 'semi' | 'anti' };

const isFreeFilter = (node: PlanNode, facts: PlanFacts): node is SemiJoin =>
  node.kind === 'hash-join' &&
  (node.joinType === 'semi' || node.joinType === 'anti') &&
  isFreeByKeys(node, facts) &&
  // What reads no column of the left side could be asked of anything.
  node.leftOn.every((key) => columnsIn(key).size > 0);

const isFreeByKeys = (node: NodeOf<'hash-join'>, facts: PlanFacts): boolean =>
  node.buildSide === undefined &&
  node.residual === undefined &&
  node.nullEqualsNull?.some((each) => each) !== true &&
  node.leftOn.every((key) => mayMove(key, node.left, facts)) &&
  node.rightOn.every((key) => mayMove(key, node.right, facts));

type Columns = ReadonlyMap<string, Expression>;

class Collector {
  readonly #facts: PlanFacts;
  readonly #relations: Relation[] = [];
  readonly #relationOf: Map<string, RelationColumn> = new Map();
  readonly #classes: RelationColumn[][] = [];
  readonly #equalities: { left: Expression; right: Expression }[] = [];
  readonly #filters: Expression[] = [];

  constructor(facts: PlanFacts) {
    this.#facts = facts;
  }

  graph(): Omit<JoinGraph, 'columns'> {
    return {
      relations: this.#relations,
      classes: this.#classes,
      equalities: this.#equalities,
      filters: this.#filters,
    };
  }

  /** What the columns of `node` are, over names of relations. */
  collect(node: PlanNode): Columns {
    if (isFree(node, this.#facts)) return this.#join(node);
    if (isFreeFilter(node, this.#facts)) return this.#filteredBy(node);
    if (!this.#isOverJoins(node)) return this.#relation(node);
    if (node.kind === 'project') {
      const below = this.collect(node.input);
      return new Map(node.columns.map(({ name, expression }) => [name, withColumnsReplaced(expression, below)]));
    }
    if (node.kind === 'filter') {
      const below = this.collect(node.input);
      this.#filters.push(...conjunctsOf(node.predicate).map((e) => withColumnsReplaced(e, below)));
      return below;
    }
    return this.#relation(node);
  }

  /** Projections that only rename, and filters, over a join. */
  #isOverJoins(node: PlanNode): boolean {
    switch (node.kind) {
      case 'hash-join':
      case 'cross-join':
        return isFree(node, this.#facts) || isFreeFilter(node, this.#facts);
      case 'project':
        return node.columns.every(({ expression }) => expression.kind === 'column') && this.#isOverJoins(node.input);
      case 'filter':
        return mayMove(node.predicate, node.input, this.#facts) && this.#isOverJoins(node.input);
      default:
        return false;
    }
  }

  #join(node: InnerJoin): Columns {
    const sides = { left: this.collect(node.left), right: this.collect(node.right) };
    const { leftOn, rightOn } = node.kind === 'cross-join' ? { leftOn: [], rightOn: [] } : node;
    for (const [index, key] of leftOn.entries()) {
      const other = rightOn[index] as Expression;
      this.#addEquality(withColumnsReplaced(key, sides.left), withColumnsReplaced(other, sides.right));
    }
    const given = sidesOf(node, this.#facts);
    return new Map([...given].map(([name, side]) => [name, sides[side].get(name) ?? column(name)]));
  }

  #filteredBy({ left, right, joinType, leftOn, rightOn }: SemiJoin): Columns {
    const below = this.collect(left);
    const keys = leftOn.map((key) => withColumnsReplaced(key, below));
    this.#relations.push({ node: right, columns: [], filters: { joinType, leftOn: keys, rightOn } });
    return below;
  }

  #relation(node: PlanNode): Columns {
    const relation = this.#relations.length;
    const columns = this.#facts.schema(node).fields.map(({ name }): NamedExpression => {
      const free = freeName(name, new Set(this.#relationOf.keys()));
      this.#relationOf.set(free, { relation, name: free });
      return { name: free, expression: column(name) };
    });
    this.#relations.push({ node, columns });
    return new Map(columns.map(({ name, expression }) => [(expression as { name: string }).name, column(name)]));
  }

  #addEquality(left: Expression, right: Expression): void {
    const [a, b] = [this.#plain(left), this.#plain(right)];
    if (a === undefined || b === undefined || !this.#areAlike(a, b)) {
      this.#equalities.push({ left, right });
      return;
    }
    const of = [this.#classOf(a), this.#classOf(b)];
    const together = [...new Set(of)].flat();
    const isOneEach = new Set(together.map(({ relation }) => relation)).size === together.length;
    // Two columns of one relation that are equal because of a third: said apart, where it is asked for.
    if (!isOneEach) {
      this.#equalities.push({ left, right });
      return;
    }
    for (const each of new Set(of)) {
      const at = this.#classes.indexOf(each);
      if (at >= 0) this.#classes.splice(at, 1);
    }
    this.#classes.push(together);
  }

  #plain(e: Expression): RelationColumn | undefined {
    return e.kind === 'column' ? this.#relationOf.get(e.name) : undefined;
  }

  #classOf(given: RelationColumn): RelationColumn[] {
    return this.#classes.find((each) => each.some(({ name }) => name === given.name)) ?? [given];
  }

  /** Whether equal values of both are the same, so that it does not matter by which one others are compared. */
  #areAlike(a: RelationColumn, b: RelationColumn): boolean {
    const [type, other] = [this.#typeOf(a), this.#typeOf(b)];
    return type !== undefined && other !== undefined && sameType(type, other) && hasOneForm(type);
  }

  #typeOf({ relation, name }: RelationColumn) {
    const { node, columns } = this.#relations[relation] as Relation;
    const at = columns.findIndex((each) => each.name === name);
    return this.#facts.schema(node).fields[at]?.type;
  }
}

/** The relations that an expression reads, as bits. */
export function relationsIn(e: Expression, { relations }: Pick<JoinGraph, 'relations'>): number {
  const read = columnsIn(e);
  return relations.reduce(
    (bits, { columns }, index) => (columns.some(({ name }) => read.has(name)) ? bits | (1 << index) : bits),
    0,
  );
}
