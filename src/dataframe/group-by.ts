import type { AggregateFunction, AggregateOptions } from '../expressions/expression.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { count } from './builders.ts';
import type { Expr, ExprLike } from './expr.ts';
import type { DataFrame } from './frame.ts';
import type { Both, ColumnsOf, NameOf, OneOrMore, Selected, Several } from './frame-types.ts';
import { exprsOf } from './given-exprs.ts';
import { passed } from './named-columns.ts';
import { aggregated, projected, type Rows, withParts } from './plan-parts.ts';

/** Groups of a frame. */
export class GroupBy<S, K extends readonly unknown[] = readonly unknown[]> {
  readonly #frame: DataFrame<S>;
  readonly #keys: readonly Expr[];
  readonly #next: (rows: Rows, method: string) => DataFrame<any>;

  constructor(frame: DataFrame<S>, keys: readonly Expr[], next: (rows: Rows, method: string) => DataFrame<any>) {
    this.#frame = frame;
    this.#keys = keys;
    this.#next = next;
  }

  /** The keys of each group, and what the aggregates make of its rows. The order of the groups is not defined. */
  agg<const E extends OneOrMore<ExprLike<any, NameOf<S>>>>(
    make: (columns: ColumnsOf<S>) => E,
  ): DataFrame<Selected<S, [...K, ...Several<E>]>>;
  agg<const E extends readonly ExprLike<any, NameOf<S>>[]>(...exprs: E): DataFrame<Selected<S, [...K, ...E]>>;
  agg(...given: readonly (Expr | ((columns: ColumnsOf<S>) => OneOrMore<Expr>))[]): DataFrame {
    return this.#next(aggregated(this.#frame.query, this.#keys, exprsOf(this.#frame, given)), 'agg');
  }

  /** How many rows each group has. */
  count(): DataFrame<Selected<S, [...K, Expr<bigint, never, 'count'>]>> {
    return this.agg(count());
  }

  /** A column for each name: the aggregate of `value` over the rows of the group whose `pivot` has that text. */
  pivot<const P extends string>(
    pivot: NameOf<S>,
    value: NameOf<S>,
    names: readonly P[],
    aggregate: AggregateFunction = 'first',
    options?: AggregateOptions,
  ): DataFrame<unknown extends S ? any : Both<Selected<S, K>, { [C in P]: any }>> {
    const { named, ...rows } = withParts(this.#frame.query, this.#keys);
    const keys = named.map(({ name }) => name);
    const columns = [...named, ...[pivot, value].filter((name) => !keys.includes(name)).map(passed)];
    const plan: PlanNode = {
      kind: 'pivot',
      input: projected(rows, columns).plan,
      groupBy: keys,
      pivot,
      value,
      aggregate,
      ...(options && { options }),
      names,
    };
    return this.#next({ plan, columns: [...keys, ...names] }, 'pivot') as never;
  }
}
