/**
 * The order of inner joins. Of all trees over the relations that join only what has keys in common, the one that touches the fewest rows:
 *
 *     cost(join) = cost(left) + cost(right) + 2 × rows that are kept + rows that pass by + rows that come out
 *
 * found by dynamic programming over sets of relations (Selinger; DPsub of Moerkotte and Neumann), each set once for each way to divide it,
 * up to 12 relations. Of more, the two whose join gives the fewest rows become one, again and again (greedy operator ordering). Semi and anti joins
 * are among them: they leave out rows of any tree that has their keys.
 *
 * Who wrote joins in an order may know more than statistics tell: it stays unless another one is expected to cost much less.
 */

import type { Expression } from '../../../expressions/expression.ts';
import type { PlanNode } from '../../../plan/plan-node.ts';
import { filtered } from '../conjuncts.ts';
import { type Estimate, estimateOf, type KnownColumn, keyDomain, matchedShareOf, pairsOf } from '../estimate.ts';
import { column } from '../expression-facts.ts';
import { type JoinGraph, joinGraphOf, type Relation, relationsIn, type SemiFilter } from '../join-graph.ts';
import type { PlanFacts, Rule } from '../rule.ts';
import { withSchema } from '../with-schema.ts';

const MOST_BY_PROGRAMMING = 12;
/** Relations are bits of a number. */
const MOST_RELATIONS = 30;
/** What another order may cost at most of what the written one costs. */
const WORTH_IT = 2 / 3;

export const orderJoins: Rule = {
  name: 'order-joins',
  apply(node, facts) {
    if (node.kind !== 'hash-join') return undefined;
    const graph = joinGraphOf(node, facts);
    if (graph === undefined || graph.relations.length < 3 || graph.relations.length > MOST_RELATIONS) return undefined;
    const orderer = Orderer.of(graph, facts);
    const best = orderer?.best();
    if (orderer === undefined || best === undefined) return undefined;
    const written = orderer.asWritten(node);
    if (written === undefined || best.cost > written.cost * WORTH_IT) return undefined;
    return withSchema(orderer.plan(best), facts.schema(node), facts, graph.columns);
  },
};

/** A join of a set of relations. */
interface Tree {
  readonly relations: number;
  readonly rows: number;
  readonly cost: number;
  /** Undefined of one relation. The right one is kept. */
  readonly left?: Tree;
  readonly right?: Tree;
}

interface Key {
  readonly left: Expression;
  readonly right: Expression;
  /** Of how many values it is. */
  readonly domain: number;
}

class Orderer {
  readonly #graph: JoinGraph;
  readonly #leaves: readonly Tree[];
  /** Of each column, in its own relation. */
  readonly #columns: ReadonlyMap<string, KnownColumn>;
  readonly #estimates: readonly Estimate[];

  private constructor(graph: JoinGraph, estimates: readonly Estimate[]) {
    this.#graph = graph;
    this.#estimates = estimates;
    this.#leaves = estimates.map(({ rows }, index) => ({ relations: 1 << index, rows, cost: 0 }));
    this.#columns = new Map(
      graph.relations.flatMap(({ columns }, index) =>
        columns.map(({ name, expression }) => {
          const { rows, columns: known } = estimates[index] as Estimate;
          const of = expression.kind === 'column' ? expression.name : '';
          return [name, { rows, domain: known.get(of)?.domain, tableRows: known.get(of)?.tableRows }] as const;
        }),
      ),
    );
  }

  /** Undefined where of a relation nothing is known. */
  static of(graph: JoinGraph, facts: PlanFacts): Orderer | undefined {
    const estimates = graph.relations.map(({ node }) => estimateOf(node, facts));
    return estimates.every((each) => each !== undefined) ? new Orderer(graph, estimates) : undefined;
  }

  /** Undefined where they are not all connected. */
  best(): Tree | undefined {
    return this.#leaves.length <= MOST_BY_PROGRAMMING ? this.#programmed() : this.#greedy();
  }

  #programmed(): Tree | undefined {
    const all = (1 << this.#leaves.length) - 1;
    const best: (Tree | undefined)[] = [];
    for (const leaf of this.#leaves) best[leaf.relations] = leaf;
    for (let set = 1; set <= all; set += 1) {
      // Each division once: the part with the lowest relation is the left one.
      const lowest = set & -set;
      for (let part = (set - 1) & set; part > 0; part = (part - 1) & set) {
        const [left, right] = [best[part], best[set ^ part]];
        if ((part & lowest) === 0 || left === undefined || right === undefined) continue;
        const made = this.#joined(left, right);
        const known = best[set];
        if (made !== undefined && (known === undefined || made.cost < known.cost)) best[set] = made;
      }
    }
    return best[all];
  }

  #greedy(): Tree | undefined {
    let trees = [...this.#leaves];
    while (trees.length > 1) {
      let least: Tree | undefined;
      for (const [index, left] of trees.entries()) {
        for (const right of trees.slice(index + 1)) {
          const made = this.#joined(left, right);
          if (made !== undefined && (least === undefined || made.rows < least.rows)) least = made;
        }
      }
      if (least === undefined) return undefined;
      const { left, right } = least;
      trees = [...trees.filter((tree) => tree !== left && tree !== right), least];
    }
    return trees[0];
  }

  /** The same joins as the plan has them, by the same estimates. */
  asWritten(node: PlanNode): Tree | undefined {
    const leaf = this.#leafOf(node, false);
    if (leaf !== undefined) return leaf;
    if (node.kind === 'project' || node.kind === 'filter') return this.asWritten(node.input);
    if (node.kind !== 'hash-join' && node.kind !== 'cross-join') return undefined;
    const left = this.asWritten(node.left);
    const isFilter = node.kind === 'hash-join' && node.joinType !== 'inner';
    const right = isFilter ? this.#leafOf(node.right, true) : this.asWritten(node.right);
    return left && right && (this.#joined(left, right) ?? joinedBy(left, right, []));
  }

  #leafOf(node: PlanNode, isFilter: boolean): Tree | undefined {
    const { relations } = this.#graph;
    return this.#leaves[
      relations.findIndex((relation) => relation.node === node && (relation.filters !== undefined) === isFilter)
    ];
  }

  /** The relation of a leaf. */
  #relation({ relations }: Tree): Relation {
    return this.#graph.relations[Math.log2(relations)] as Relation;
  }

  #filtersOf(tree: Tree): SemiFilter | undefined {
    return tree.left === undefined ? this.#relation(tree).filters : undefined;
  }

  /** Undefined where they have no key in common. */
  #joined(a: Tree, b: Tree): Tree | undefined {
    const [ofA, ofB] = [this.#filtersOf(a), this.#filtersOf(b)];
    if (ofA !== undefined && ofB !== undefined) return undefined;
    if (ofA !== undefined) return this.#filtered(b, a, ofA);
    if (ofB !== undefined) return this.#filtered(a, b, ofB);
    const keys = this.#keys(a, b);
    if (keys.length === 0) return undefined;
    return joinedBy(
      a,
      b,
      keys.map(({ domain }) => domain),
    );
  }

  /** The rows of a tree that `by` leaves; undefined where the tree does not have all keys. */
  #filtered(tree: Tree, by: Tree, { joinType, leftOn, rightOn }: SemiFilter): Tree | undefined {
    if (!leftOn.every((key) => isWithin(relationsIn(key, this.#graph), tree))) return undefined;
    const right = this.#estimates[Math.log2(by.relations)] as Estimate;
    const met = matchedShareOf(
      right,
      rightOn,
      leftOn.map((key) => this.#known(key)),
    );
    const rows = tree.rows * (joinType === 'semi' ? met : 1 - met);
    const cost = tree.cost + by.cost + 2 * by.rows + tree.rows + rows;
    return { relations: tree.relations | by.relations, rows, cost, left: tree, right: by };
  }

  /** What is equal in the two: of each class one column of either, and what is computed of columns of one. */
  #keys(a: Tree, b: Tree): readonly Key[] {
    const { classes, equalities } = this.#graph;
    const ofClasses = classes.flatMap((members): Key[] => {
      const left = members.find(({ relation }) => (a.relations & (1 << relation)) !== 0);
      const right = members.find(({ relation }) => (b.relations & (1 << relation)) !== 0);
      if (left === undefined || right === undefined) return [];
      return [this.#key(column(left.name), column(right.name))];
    });
    const computed = equalities.flatMap(({ left, right }): Key[] => {
      const [of, other] = [relationsIn(left, this.#graph), relationsIn(right, this.#graph)];
      if (isWithin(of, a) && isWithin(other, b)) return [this.#key(left, right)];
      return isWithin(of, b) && isWithin(other, a) ? [this.#key(right, left)] : [];
    });
    return [...ofClasses, ...computed];
  }

  #key(left: Expression, right: Expression): Key {
    return { left, right, domain: keyDomain(this.#known(left), this.#known(right)) };
  }

  #known(e: Expression): KnownColumn {
    const known = e.kind === 'column' ? this.#columns.get(e.name) : undefined;
    return known ?? { rows: Number.POSITIVE_INFINITY, domain: undefined, tableRows: undefined };
  }

  plan(tree: Tree): PlanNode {
    const { equalities, filters } = this.#graph;
    if (tree.left === undefined || tree.right === undefined) {
      const { node, columns } = this.#relation(tree);
      const isRenamed = columns.some(
        ({ name, expression }) => expression.kind !== 'column' || expression.name !== name,
      );
      const relation: PlanNode = isRenamed ? { kind: 'project', input: node, columns } : node;
      return filtered(relation, this.#within(tree, filters, equalities));
    }
    return filtered(this.#join(tree.left, tree.right), this.#within(tree, filters, equalities));
  }

  #join(left: Tree, right: Tree): PlanNode {
    const sides = { left: this.plan(left), right: this.plan(right) };
    const by = this.#filtersOf(right);
    if (by !== undefined) return { kind: 'hash-join', ...sides, ...by };
    const keys = this.#keys(left, right);
    return {
      kind: 'hash-join',
      ...sides,
      leftOn: keys.map((key) => key.left),
      rightOn: keys.map((key) => key.right),
      joinType: 'inner',
      buildSide: 'right',
    };
  }

  /** Conditions that can be asked of the tree, and neither of what it is made of, nor are keys of it. */
  #within(tree: Tree, filters: readonly Expression[], equalities: JoinGraph['equalities']): readonly Expression[] {
    const isNew = (e: Expression): boolean => {
      const of = relationsIn(e, this.#graph);
      // What reads no column is asked of the whole.
      if (of === 0) return tree.relations === (1 << this.#leaves.length) - 1;
      return (
        isWithin(of, tree) &&
        (tree.left === undefined || !(isWithin(of, tree.left) || isWithin(of, tree.right as Tree)))
      );
    };
    const asked = equalities.flatMap(({ left, right }): Expression[] => {
      const e: Expression = { kind: 'binary', operator: '=', left, right };
      return isNew(e) && !this.#isKey(tree, left, right) ? [e] : [];
    });
    return [...filters.filter(isNew), ...asked];
  }

  #isKey({ left, right }: Tree, a: Expression, b: Expression): boolean {
    if (left === undefined || right === undefined) return false;
    return this.#keys(left, right).some(
      (key) => (key.left === a && key.right === b) || (key.left === b && key.right === a),
    );
  }
}

/** By keys of so many values each; every pair where there are none. */
function joinedBy(a: Tree, b: Tree, domains: readonly number[]): Tree {
  const [left, right] = a.rows >= b.rows ? [a, b] : [b, a];
  const rows = pairsOf(a.rows, b.rows, domains);
  const cost = a.cost + b.cost + 2 * right.rows + left.rows + rows;
  return { relations: a.relations | b.relations, rows, cost, left, right };
}

const isWithin = (relations: number, tree: Tree): boolean => relations !== 0 && (relations & ~tree.relations) === 0;
