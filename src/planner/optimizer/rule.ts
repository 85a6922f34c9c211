/** What a rule of the optimizer is, and what it may know of a plan. */

import type { Schema } from '../../columnar/schema.ts';
import { bindExpression } from '../../expressions/bind.ts';
import type { Expression, TypedExpression } from '../../expressions/expression.ts';
import { Problems } from '../../expressions/problems.ts';
import { simplified } from '../../expressions/simplify.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import { bindRewritten } from '../bind-plan.ts';
import type { BoundNode } from '../bound-plan.ts';
import type { Estimate } from './estimate.ts';
import type { StatisticsOf } from './statistics.ts';

export interface Rule {
  /** What `explain` calls it; that of its file. */
  readonly name: string;
  /**
   * A node that gives the same rows, in columns of the same names and types, as `node`, which it may replace; undefined where the
   * rule has nothing to say. Pure, and of nodes below it makes new ones where it changes them.
   */
  readonly apply: (node: PlanNode, facts: PlanFacts) => PlanNode | undefined;
}

/** What is known of any node, found out once: plans are values. */
export class PlanFacts {
  readonly #known: WeakMap<PlanNode, BoundNode>;
  readonly statisticsOf: StatisticsOf;
  /** What `estimate.ts` has found out. */
  readonly estimates: WeakMap<PlanNode, Estimate> = new WeakMap();
  /** What was bound over each schema. */
  readonly #typed: WeakMap<Schema, WeakMap<Expression, { readonly made: TypedExpression | undefined }>> = new WeakMap();

  constructor(known: WeakMap<PlanNode, BoundNode>, statisticsOf: StatisticsOf) {
    this.#known = known;
    this.statisticsOf = statisticsOf;
  }

  /** @throws InvalidPlan */
  bound(node: PlanNode): BoundNode {
    return bindRewritten(node, this.#known);
  }

  schema(node: PlanNode): Schema {
    return this.bound(node).schema;
  }

  /** `e` over columns of `schema`, simplified; undefined where it is not right there. */
  typed(e: Expression, schema: Schema): TypedExpression | undefined {
    const known = this.#typed.get(schema) ?? new WeakMap<Expression, { readonly made: TypedExpression | undefined }>();
    this.#typed.set(schema, known);
    const found = known.get(e);
    if (found !== undefined) return found.made;
    const typed = bindExpression(e, schema, new Problems(), '$');
    const made = typed && simplified(typed);
    known.set(e, { made });
    return made;
  }
}
