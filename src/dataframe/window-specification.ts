/** Which rows a window function is over. */

import type { FrameBound, WindowFrame, WindowOrder, WindowSpec } from '../expressions/window.ts';
import { Expr, type ExprOrName, windowKey } from './expr.ts';
import { literalOf } from './literal-value.ts';
import { type OrderOptions, orderOf } from './order.ts';

/** So many rows, or so much of the order's key, behind the row; before it where negative; `0` the row itself. */
export type FrameEdge = number | bigint | 'unbounded' | Expr;

/**
 * A window is a value: each method gives another one.
 *
 *     window().partitionBy('city').orderBy('day').rowsBetween(-6, 0)
 *
 * Without a frame: with an order from the first row to the peers of the row, else the whole partition.
 */
export class Window<C extends string = string> {
  readonly spec: WindowSpec;
  /** Never there: the columns that it needs. */
  declare readonly '~columns': C;

  constructor(spec: WindowSpec) {
    this.spec = spec;
  }

  partitionBy<D extends string>(...keys: readonly ExprOrName<any, D>[]): Window<C | D> {
    return new Window({ ...this.spec, partitionBy: [...this.spec.partitionBy, ...keys.map(windowKey)] });
  }

  orderBy<D extends string>(
    keys: ExprOrName<any, D> | readonly ExprOrName<any, D>[],
    options: OrderOptions = {},
  ): Window<C | D> {
    const orderBy: readonly WindowOrder[] = orderOf(keys, options, 'orderBy').map(({ expr, ...rest }) => ({
      expression: windowKey(expr),
      ...rest,
    }));
    return new Window({ ...this.spec, orderBy: [...this.spec.orderBy, ...orderBy] });
  }

  /** Rows `start` to `end` of the partition, counted from the row. Fewer than `minPeriods` give null. */
  rowsBetween(start: FrameEdge, end: FrameEdge, options?: Pick<WindowFrame, 'minPeriods'>): Window<C> {
    return this.#framed('rows', start, end, options);
  }

  /** Rows whose key, of which there is one, is that of the row plus `start` to plus `end`: numbers, or durations and intervals. */
  rangeBetween(start: FrameEdge, end: FrameEdge, options?: Pick<WindowFrame, 'minPeriods'>): Window<C> {
    return this.#framed('range', start, end, options);
  }

  #framed(
    unit: WindowFrame['unit'],
    start: FrameEdge,
    end: FrameEdge,
    options: Pick<WindowFrame, 'minPeriods'> = {},
  ): Window<C> {
    const frame = {
      unit,
      start: bound(start, 'unbounded-preceding'),
      end: bound(end, 'unbounded-following'),
      ...options,
    };
    return new Window({ ...this.spec, frame });
  }
}

/** All rows: to be partitioned, ordered and framed. */
export const window = (): Window<never> => new Window({ partitionBy: [], orderBy: [] });

function bound(edge: FrameEdge, unbounded: FrameBound['kind'] & `unbounded-${string}`): FrameBound {
  if (edge === 'unbounded') return { kind: unbounded };
  if (edge instanceof Expr) return { kind: 'following', offset: windowKey(edge) };
  if (Number(edge) === 0) return { kind: 'current-row' };
  const distance = edge < 0 ? -edge : edge;
  return { kind: edge < 0 ? 'preceding' : 'following', offset: literalOf(distance) };
}
