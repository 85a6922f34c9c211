/** Where expressions begin. */

import type { DataType } from '../columnar/data-type.ts';
import type { Expression } from '../expressions/expression.ts';
import type { JsonValue } from '../expressions/literal.ts';
import type { WindowFunction } from '../expressions/window-functions.ts';
import {
  combined,
  Expr,
  type ExprLike,
  exprOf,
  type NeededBy,
  type Operand,
  operandOf,
  type ValueOf,
  withPart,
} from './expr.ts';
import type { LiteralValue } from './literal-value.ts';
import type { ValueOfType } from './value-types.ts';

/** The column of that name. */
export const col = <const C extends string>(name: C): Expr<any, C, C> => exprOf<any, C>(name) as Expr<any, C, C>;

/**
 * The value as it is, or, where a type is given, as literals of plans write values of that type: `lit('0.05', types.decimal(15, 2))`,
 * `lit('1998-12-01', types.date)`.
 */
export function lit<T extends LiteralValue>(value: T): Expr<T, never, 'literal'>;
export function lit<D extends DataType>(value: JsonValue, type: D): Expr<ValueOfType<D>, never, 'literal'>;
export function lit(value: LiteralValue | JsonValue, type?: DataType): Expr<any, never, 'literal'> {
  if (type === undefined) return operandOf(value as LiteralValue) as Expr<any, never, 'literal'>;
  return new Expr({ kind: 'literal', type, value: value as JsonValue }, 'literal');
}

/** The first value that is not null. */
export const coalesce = <V extends readonly Operand[]>(...values: V): Expr<ValueOf<V[number]>, NeededBy<V[number]>> =>
  combined(nameOf(values), values, (inputs) => ({ kind: 'coalesce', inputs }));

/** A list of the values in each row. */
export const list = <V extends readonly Operand[]>(
  ...items: V
): Expr<readonly ValueOf<V[number]>[], NeededBy<V[number]>> =>
  combined(nameOf(items), items, (inputs) => ({ kind: 'list', items: inputs }));

/** A struct of the named values in each row. */
export function struct<const F extends Readonly<Record<string, Operand>>>(
  fields: F,
): Expr<{ readonly [K in keyof F]: ValueOf<F[K]> }, NeededBy<F[keyof F]>> {
  const given = Object.entries(fields).flat();
  return combined(nameOf(Object.values(fields)), given, (inputs) => ({
    kind: 'function',
    name: 'to_struct',
    arguments: inputs,
  }));
}

/** How many rows there are. */
export const count = (): Expr<bigint, never, 'count'> =>
  withPart('count', [], () => ({ kind: 'aggregate', call: { function: 'count' } }));

const nameOf = (values: readonly Operand[]): string =>
  values.find((each): each is Expr => each instanceof Expr)?.name ?? 'literal';

const windowFunction =
  <N extends WindowFunction>(name: N) =>
  (): Expr<any, never, N> =>
    withPart(name, [], () => ({ kind: 'window', call: { kind: 'window', function: name } }));

// Of the place of a row: to be put `over` a window.

export const rowNumber: () => Expr<bigint, never, 'row_number'> = windowFunction('row_number');
/** With gaps behind equal rows. */
export const rank: () => Expr<bigint, never, 'rank'> = windowFunction('rank');
export const denseRank: () => Expr<bigint, never, 'dense_rank'> = windowFunction('dense_rank');
export const percentRank: () => Expr<number, never, 'percent_rank'> = windowFunction('percent_rank');
export const cumeDist: () => Expr<number, never, 'cume_dist'> = windowFunction('cume_dist');
/** Which of `parts` parts of equal size, from 1. */
export const ntile = (parts: number): Expr<bigint, never, 'ntile'> =>
  withPart('ntile', [], () => ({ kind: 'window', call: { kind: 'window', function: 'ntile', count: parts } }));

interface Branch {
  readonly condition: ExprLike;
  readonly value: Operand;
}

/** `when(a).then(x).when(b).then(y).otherwise(z)`: the first whose condition is true; one that is null is not. */
export const when = <C extends string>(condition: ExprLike<boolean | null, C>): When<never, C> =>
  new When([], condition);

class When<T, C extends string> {
  readonly #branches: readonly Branch[];
  readonly #condition: ExprLike;

  constructor(branches: readonly Branch[], condition: ExprLike) {
    this.#branches = branches;
    this.#condition = condition;
  }

  // biome-ignore lint/suspicious/noThenProperty: nobody awaits half of a condition
  then<const V extends Operand>(value: V): Then<T | ValueOf<V>, C | NeededBy<V>> {
    return new Then([...this.#branches, { condition: this.#condition, value }]);
  }
}

/** An expression already: null where no condition is true. */
class Then<T, C extends string> extends Expr<T | null, C> {
  readonly #branches: readonly Branch[];

  constructor(branches: readonly Branch[]) {
    const { expression, name, parts } = chosen(branches, null);
    super(expression, name, parts);
    this.#branches = branches;
  }

  when<D extends string>(condition: ExprLike<boolean | null, D>): When<T, C | D> {
    return new When(this.#branches, condition);
  }

  otherwise<const V extends Operand>(value: V): Expr<T | ValueOf<V>, C | NeededBy<V>> {
    return chosen(this.#branches, value);
  }
}

function chosen(branches: readonly Branch[], otherwise: Operand): Expr<any, never> {
  return branches.reduceRight<Expr<any, never>>(
    (rest, { condition, value }) =>
      combined(nameOf([value]), [condition, value, rest], ([c, t, o]) => ({
        kind: 'if-else',
        // A condition that is null makes an if-else null.
        condition: { kind: 'fill-null', input: c as Expression, fill: FALSE },
        // biome-ignore lint/suspicious/noThenProperty: the word of the plan language
        then: t as Expression,
        otherwise: o as Expression,
      })),
    operandOf(otherwise) as Expr<any, never>,
  );
}

const FALSE: Expression = { kind: 'literal', type: { kind: 'bool' }, value: false };
