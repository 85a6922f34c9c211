/**
 * The driver of the optimizer: rules are tried at each node, from the root down, until no pass changes the plan.
 *
 *     filter k > 5                          hash-join k = k                           hash-join k = k
 *       hash-join k = k     push-filter       filter k > 5       infer-predicate        filter k > 5 …
 *         a                     ──▶             a                      ──▶              filter k > 5
 *         b                                   b                                           b
 *
 * Every rule gives the same rows in the same columns, so their order decides only how soon there is nothing left to do. Passes are bounded, so
 * that two rules that undid each other would cost time and nothing else.
 */

import assert from 'node:assert/strict';
import { sameSchema } from '../../columnar/schema.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import { bindPlan } from '../bind-plan.ts';
import type { BoundNode } from '../bound-plan.ts';
import { withInputs } from '../node-inputs.ts';
import { PlanFacts, type Rule } from './rule.ts';
import { chooseBuildSide } from './rules/choose-build-side.ts';
import { countDistinct } from './rules/count-distinct.ts';
import { crossToInner } from './rules/cross-to-inner.ts';
import { dropEmpty } from './rules/drop-empty.ts';
import { dropNodes } from './rules/drop-nodes.ts';
import { factorOr } from './rules/factor-or.ts';
import { inferPredicate } from './rules/infer-predicate.ts';
import { mergeFilters } from './rules/merge-filters.ts';
import { mergeProjects } from './rules/merge-projects.ts';
import { orderJoins } from './rules/order-joins.ts';
import { outerToInner } from './rules/outer-to-inner.ts';
import { pushFilter } from './rules/push-filter.ts';
import { pushLimit } from './rules/push-limit.ts';
import { pushSemiJoin } from './rules/push-semi-join.ts';
import { shareRows } from './rules/share-rows.ts';
import { simplifyFilter } from './rules/simplify-filter.ts';
import { splitOr } from './rules/split-or.ts';
import { splitResidual } from './rules/split-residual.ts';
import type { StatisticsOf } from './statistics.ts';

export interface OptimizeOptions {
  /** Of leaves; nothing is known where absent. */
  readonly statisticsOf?: StatisticsOf | undefined;
  /** What was bound before, by node; gets what is bound now. */
  readonly known?: WeakMap<PlanNode, BoundNode> | undefined;
}

export interface Optimized {
  readonly plan: PlanNode;
  /** How often each rule fired, by name, those that did. */
  readonly fired: ReadonlyMap<string, number>;
}

const REWRITES: readonly Rule[] = [
  dropEmpty,
  mergeFilters,
  factorOr,
  splitOr,
  outerToInner,
  crossToInner,
  pushFilter,
  simplifyFilter,
  splitResidual,
  inferPredicate,
  pushSemiJoin,
  pushLimit,
  mergeProjects,
  dropNodes,
  countDistinct,
];

/** Passes over the plan, and rules that fire one after the other at one node. */
const MAX_PASSES = 20;
const MAX_AT_NODE = 50;

/** A plan that gives the same rows, in columns of the same names and types; one that is bound without problems. */
export function optimize(plan: PlanNode, options: OptimizeOptions = {}): Optimized {
  const { statisticsOf = () => undefined, known = new WeakMap() } = options;
  const driver = new Driver(new PlanFacts(known, statisticsOf));
  const rewritten = driver.toFixPoint(plan, REWRITES);
  const ordered = driver.once(rewritten, [orderJoins]);
  const settled = ordered === rewritten ? rewritten : driver.toFixPoint(ordered, REWRITES);
  const made = driver.atRoot(driver.once(settled, [chooseBuildSide]), shareRows);
  // Rules only look at what they change.
  if (made !== plan) bindPlan(made, known);
  return { plan: made, fired: driver.fired };
}

class Driver {
  readonly #facts: PlanFacts;
  readonly fired: Map<string, number> = new Map();
  /** Nodes to which none of these rules applies. */
  readonly #settled: Map<readonly Rule[], WeakSet<PlanNode>> = new Map();

  constructor(facts: PlanFacts) {
    this.#facts = facts;
  }

  /** A rule that looks at the whole plan. */
  atRoot(plan: PlanNode, rule: Rule): PlanNode {
    return this.#first(plan, [rule]) ?? plan;
  }

  toFixPoint(plan: PlanNode, rules: readonly Rule[]): PlanNode {
    let current = plan;
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const next = this.once(current, rules);
      if (next === current) break;
      current = next;
    }
    return current;
  }

  once(plan: PlanNode, rules: readonly Rule[]): PlanNode {
    /** What comes twice is rewritten once, and stays one. */
    const done = new Map<PlanNode, PlanNode>();
    const rewritten = (node: PlanNode): PlanNode => {
      const known = done.get(node);
      if (known !== undefined) return known;
      const made = withInputs(this.#applied(node, rules), rewritten);
      done.set(node, made);
      return made;
    };
    return rewritten(plan);
  }

  #applied(node: PlanNode, rules: readonly Rule[]): PlanNode {
    const settled = this.#settled.get(rules) ?? new WeakSet();
    this.#settled.set(rules, settled);
    let current = node;
    for (let count = 0; count < MAX_AT_NODE && !settled.has(current); count += 1) {
      const next = this.#first(current, rules);
      if (next === undefined) settled.add(current);
      else current = next;
    }
    return current;
  }

  #first(node: PlanNode, rules: readonly Rule[]): PlanNode | undefined {
    for (const { name, apply } of rules) {
      const made = apply(node, this.#facts);
      if (made === undefined) continue;
      assert.ok(sameSchema(this.#facts.schema(node), this.#facts.schema(made)), `${name} changes the columns`);
      this.fired.set(name, (this.fired.get(name) ?? 0) + 1);
      return made;
    }
    return undefined;
  }
}
