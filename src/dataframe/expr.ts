/**
 * Expressions as programs build them.
 *
 *     col('price').mul(2).sum().over(window().partitionBy('shop')).alias('total')
 *
 *     an Expr     │ expression   over columns, and over parts by their keys
 *                 │ parts        what no expression of a plan can be, but a node of its own: aggregates, window functions,
 *                 │              items of lists, calls of user-defined functions
 *                 │ name         of the column that it becomes: its alias, else that of its first column
 *
 * An Expr is a value: every method gives another one. Whether columns are there, and types go together, is known to the
 * frame that it is handed to. TypeScript knows three things: `T`, the type of its values in JavaScript (`any` where that is
 * not known), `C`, the columns that it needs, and `N`, its name.
 */

import type { DataType } from '../columnar/data-type.ts';
import { InvalidArgument } from '../errors.ts';
import type { AggregateCall, AggregateFunction, BinaryOperator, Expression } from '../expressions/expression.ts';
import { withColumnsRenamed } from '../expressions/expression-inputs.ts';
import type { WindowCall, WindowSpec } from '../expressions/window.ts';
import type { UdfName } from '../udf/udf-modules.ts';
import { type LiteralValue, literalOf } from './literal-value.ts';
import type { ScalarMethods } from './scalar-methods.ts';
import type {
  Computable,
  Computed,
  Kin,
  Mean,
  Quotient,
  Summable,
  Temporal,
  Total,
  ValueBeside,
  ValueOfType,
  Widened,
} from './value-types.ts';
import type { Window } from './window-specification.ts';

/** The items of lists, null where one has none. */
export type Item<T> = unknown extends T ? any : NonNullable<T> extends readonly (infer I)[] ? I | null : any;

type Unnamed<Call> = Call extends unknown ? Omit<Call, 'name'> : never;

/** What becomes a node of the plan of its own. */
export type Part =
  | { readonly kind: 'aggregate'; readonly call: Omit<AggregateCall, 'name'>; readonly over?: WindowSpec }
  | {
      readonly kind: 'window';
      readonly call: Unnamed<Extract<WindowCall, { kind: 'window' }>>;
      readonly over?: WindowSpec;
    }
  | { readonly kind: 'explode'; readonly input: Expression }
  | {
      readonly kind: 'udf';
      readonly udf: UdfName;
      readonly returns: DataType;
      readonly arguments: readonly Expression[];
    };

/** By the name of the column that an expression has in place of it, which is that of no column of a table. */
export type Parts = ReadonlyMap<string, Part>;

const NO_PARTS: Parts = new Map();
const PART_PREFIX = '\u0000';

/** An expression as an argument: what is known of it, and nothing that it does. */
export interface ExprLike<T = any, C extends string = string, N extends string = string> {
  readonly expression: Expression;
  readonly parts: Parts;
  readonly name: N;
  readonly '~value': T;
  readonly '~columns': C;
}

/** An expression, or a value that stands for itself: a text is a text. */
export type Operand<T = any, C extends string = string> = ExprLike<Kin<T>, C> | ValueBeside<T>;

/** An expression, or the name of a column. */
export type ExprOrName<T = any, C extends string = string> = ExprLike<T, C> | C;

/** The type of an operand's values, and the columns that it needs. */
export type ValueOf<V> = V extends ExprLike<infer T, any> ? T : Widened<V>;
export type NeededBy<V> = V extends ExprLike<any, infer C> ? C : never;
/** What may be added to values of `T`, or taken from them: none where they are texts or lists. */
export type Addend<T> = [T] extends [Computable] ? Operand<T> | (Temporal extends T ? Operand<number> : never) : never;

/** The type of a condition. */
type Bool = boolean | null;
/** What `and` and `or` may take beside values of `T`. */
type Logical<T> = [T] extends [boolean | number | bigint | null] ? Operand<T> : never;
/** `T`, and null where there are no rows. */
type Maybe<T> = unknown extends T ? any : T | null;

export interface Expr<T, C extends string, N extends string> extends ScalarMethods<T, C, N> {}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: scalar-functions.ts puts the methods on the prototype
export class Expr<T = any, C extends string = string, N extends string = string> {
  readonly expression: Expression;
  readonly parts: Parts;
  readonly name: N;
  /** Never there: they carry types. */
  declare readonly '~value': T;
  declare readonly '~columns': C;

  constructor(expression: Expression, name: N, parts: Parts = NO_PARTS) {
    this.expression = expression;
    this.name = name;
    this.parts = parts;
  }

  /** @internal Operators of JavaScript, which would make a text or a number of it. @throws InvalidArgument but for texts */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return `Expr(${this.name})`;
    throw new InvalidArgument(
      `${this.name} is an expression: its methods compute with it, as col('n').add(1), and no operators.`,
    );
  }

  /** The same, as a column of another name. */
  alias<const M extends string>(name: M): Expr<T, C, M> {
    return new Expr(this.expression, name, this.parts);
  }

  // Comparisons: null where a side is.

  eq<D extends string = never>(other: Operand<T, D>): Expr<Bool, C | D, N> {
    return binary(this, '=', other);
  }
  ne<D extends string = never>(other: Operand<T, D>): Expr<Bool, C | D, N> {
    return binary(this, '!=', other);
  }
  lt<D extends string = never>(other: Operand<T, D>): Expr<Bool, C | D, N> {
    return binary(this, '<', other);
  }
  le<D extends string = never>(other: Operand<T, D>): Expr<Bool, C | D, N> {
    return binary(this, '<=', other);
  }
  gt<D extends string = never>(other: Operand<T, D>): Expr<Bool, C | D, N> {
    return binary(this, '>', other);
  }
  ge<D extends string = never>(other: Operand<T, D>): Expr<Bool, C | D, N> {
    return binary(this, '>=', other);
  }
  /** Equal, null being equal to null: never null itself. */
  eqNullSafe<D extends string = never>(other: Operand<T, D>): Expr<boolean, C | D, N> {
    return binary(this, '<=>', other);
  }
  /** Both bounds inclusive. */
  between<D extends string = never>(low: Operand<T, D>, high: Operand<T, D>): Expr<Bool, C | D, N> {
    return combined(this.name, [this, low, high], ([input, from, to]) => {
      return { kind: 'between', input, low: from, high: to } as Expression;
    });
  }
  /** Whether it equals one of the values; null where it is null, or equals none of values with a null. */
  isIn<D extends string = never>(values: readonly Operand<T, D>[]): Expr<Bool, C | D, N> {
    if (!Array.isArray(values))
      throw new InvalidArgument(`isIn takes an array of values, and not ${described(values)}.`);
    return combined(this.name, [this, ...values], ([input, ...list]) => ({ kind: 'is-in', input, list }) as Expression);
  }

  // Arithmetic.

  add<const V extends Addend<T>>(other: V): Expr<Computed<T, ValueOf<V>>, C | NeededBy<V>, N> {
    return binary(this, '+', other);
  }
  sub<const V extends Addend<T>>(other: V): Expr<Computed<T, ValueOf<V>>, C | NeededBy<V>, N> {
    return binary(this, '-', other);
  }
  mul<const V extends Addend<T>>(other: V): Expr<Computed<T, ValueOf<V>>, C | NeededBy<V>, N> {
    return binary(this, '*', other);
  }
  /** Of decimals a decimal, else a float64; null where the divisor is zero, but of floats. */
  div<const V extends Addend<T>>(other: V): Expr<Quotient<T, ValueOf<V>>, C | NeededBy<V>, N> {
    return binary(this, '/', other);
  }
  /** Truncated towards zero, of floats floor; null where the divisor is zero, but of floats. */
  floorDiv<const V extends Addend<T>>(other: V): Expr<Computed<T, ValueOf<V>> | null, C | NeededBy<V>, N> {
    return binary(this, '//', other);
  }
  /** The remainder, with the sign of the dividend; null where the divisor is zero, but of floats. */
  mod<const V extends Addend<T>>(other: V): Expr<Computed<T, ValueOf<V>> | null, C | NeededBy<V>, N> {
    return binary(this, '%', other);
  }
  neg(this: ExprLike<Computable, C, N>): Expr<T, C, N> {
    return combined(this.name, [this], (inputs) => ({ kind: 'function', name: 'negate', arguments: inputs }));
  }

  // Logic, with three values; of integers `and`, `or` and `xor` go bit by bit.

  and<const V extends Logical<T>>(other: V): Expr<T | ValueOf<V>, C | NeededBy<V>, N> {
    return binary(this, 'and', other);
  }
  or<const V extends Logical<T>>(other: V): Expr<T | ValueOf<V>, C | NeededBy<V>, N> {
    return binary(this, 'or', other);
  }
  xor<const V extends Logical<T>>(other: V): Expr<T | ValueOf<V>, C | NeededBy<V>, N> {
    return binary(this, 'xor', other);
  }
  not(this: ExprLike<Bool, C, N>): Expr<Bool, C, N> {
    return combined(this.name, [this], ([input]) => ({ kind: 'not', input }) as Expression);
  }

  // Nulls.

  isNull(): Expr<boolean, C, N> {
    return combined(this.name, [this], ([input]) => ({ kind: 'is-null', input }) as Expression);
  }
  isNotNull(): Expr<boolean, C, N> {
    return combined(this.name, [this], ([input]) => ({ kind: 'is-not-null', input }) as Expression);
  }
  fillNull<const V extends Operand<T>>(fill: V): Expr<NonNullable<T> | Extract<ValueOf<V>, null>, C | NeededBy<V>, N> {
    return combined(
      this.name,
      [this, fill],
      ([input, filled]) => ({ kind: 'fill-null', input, fill: filled }) as Expression,
    );
  }

  // Types.

  /** A value that the type cannot hold ends the task with an error. */
  cast<const D extends DataType>(type: D): Expr<ValueOfType<D>, C, N> {
    return combined(this.name, [this], ([input]) => ({ kind: 'cast', input, type }) as Expression);
  }
  /** A value that the type cannot hold becomes null. */
  tryCast<const D extends DataType>(type: D): Expr<ValueOfType<D>, C, N> {
    return combined(this.name, [this], ([input]) => ({ kind: 'cast', input, type, try: true }) as Expression);
  }

  // Aggregates: of a group, of the whole frame, or `over` a window.

  /** How many values there are: those that are not null, all rows, or nulls only. */
  count(mode: 'valid' | 'all' | 'null' = 'valid'): Expr<bigint, C, N> {
    return aggregate(this, 'count', { options: { mode } });
  }
  countDistinct(): Expr<bigint, C, N> {
    return aggregate(this, 'count_distinct');
  }
  approxCountDistinct(): Expr<bigint, C, N> {
    return aggregate(this, 'approx_count_distinct');
  }
  sum(this: ExprLike<Summable, C, N>, options?: Distinct): Expr<Total<T>, C, N> {
    return aggregate(this, 'sum', options);
  }
  product(this: ExprLike<Summable, C, N>, options?: Distinct): Expr<Total<T>, C, N> {
    return aggregate(this, 'product', options);
  }
  mean(this: ExprLike<Summable, C, N>, options?: Distinct): Expr<Mean<T>, C, N> {
    return aggregate(this, 'mean', options);
  }
  min(): Expr<Maybe<T>, C, N> {
    return aggregate(this, 'min');
  }
  max(): Expr<Maybe<T>, C, N> {
    return aggregate(this, 'max');
  }
  boolAnd(this: ExprLike<Bool, C, N>): Expr<Bool, C, N> {
    return aggregate(this, 'bool_and');
  }
  boolOr(this: ExprLike<Bool, C, N>): Expr<Bool, C, N> {
    return aggregate(this, 'bool_or');
  }
  /** `ddof` is taken from the number of values before dividing by it. */
  stddev(this: ExprLike<Summable, C, N>, { ddof = 1 }: { readonly ddof?: number } = {}): Expr<number | null, C, N> {
    return aggregate(this, 'stddev', { options: { ddof } });
  }
  variance(this: ExprLike<Summable, C, N>, { ddof = 1 }: { readonly ddof?: number } = {}): Expr<number | null, C, N> {
    return aggregate(this, 'var', { options: { ddof } });
  }
  skew(this: ExprLike<Summable, C, N>): Expr<number | null, C, N> {
    return aggregate(this, 'skew');
  }
  anyValue({ ignoreNulls = true }: IgnoreNulls = {}): Expr<Maybe<T>, C, N> {
    return aggregate(this, 'any_value', { options: { ignoreNulls } });
  }
  /** The value of the first row; over a window, of the first of its frame. */
  first({ ignoreNulls = false }: IgnoreNulls = {}): Expr<Maybe<T>, C, N> {
    return aggregate(this, 'first', { options: { ignoreNulls } });
  }
  /** The value of the last row; over a window, of the last of its frame. */
  last({ ignoreNulls = false }: IgnoreNulls = {}): Expr<Maybe<T>, C, N> {
    return aggregate(this, 'last', { options: { ignoreNulls } });
  }
  /** Its value in the row where `by` is least. */
  minBy<D extends string>(by: ExprOrName<any, D>): Expr<Maybe<T>, C | D, N> {
    return aggregate(this, 'min_by', {}, by);
  }
  /** Its value in the row where `by` is greatest. */
  maxBy<D extends string>(by: ExprOrName<any, D>): Expr<Maybe<T>, C | D, N> {
    return aggregate(this, 'max_by', {}, by);
  }
  median(this: ExprLike<Summable, C, N>): Expr<number | null, C, N> {
    return aggregate(this, 'median');
  }
  /** Of one fraction from 0 to 1, or of several, which gives a list. */
  percentile<F extends number | readonly number[]>(
    this: ExprLike<Summable, C, N>,
    fraction: F,
  ): Expr<F extends number ? number | null : number[] | null, C, N> {
    return aggregate(this, 'percentile', { options: fractions(fraction) });
  }
  approxPercentile<F extends number | readonly number[]>(
    this: ExprLike<Summable, C, N>,
    fraction: F,
  ): Expr<F extends number ? number | null : number[] | null, C, N> {
    return aggregate(this, 'approx_percentile', { options: fractions(fraction) });
  }
  mode(): Expr<Maybe<T>, C, N> {
    return aggregate(this, 'mode');
  }
  /** The values of the rows as a list, nulls too. */
  implode(options?: Distinct): Expr<T[], C, N> {
    return aggregate(this, 'list', options);
  }
  /** The values that there are, each once, as a list. */
  set(): Expr<NonNullable<T>[], C, N> {
    return aggregate(this, 'set');
  }
  /** The items of all lists as one list; all texts as one text. */
  concatAll(): Expr<T, C, N> {
    return aggregate(this, 'concat');
  }
  stringAgg(delimiter: string = ',', options?: Distinct): Expr<string, C, N> {
    return aggregate(this, 'string_agg', { ...options, options: { delimiter } });
  }
  /** Of the aggregates in it: only rows for which the condition is true take part. */
  filter<D extends string>(condition: ExprLike<Bool, D>): Expr<T, C | D, N> {
    return this.#mapped('filter(…)', condition, (part) => {
      if (part.kind !== 'aggregate' || part.over !== undefined || part.call.filter !== undefined) return undefined;
      return { ...part, call: { ...part.call, filter: condition.expression } };
    });
  }
  /** Makes the aggregates and window functions in it those of the rows around each row: of a window, or of the rows that are equal in these. */
  over<D extends string>(window: Window<D> | ExprOrName<any, D> | readonly ExprOrName<any, D>[]): Expr<T, C | D, N> {
    const over = typeof window === 'object' && 'spec' in window ? window.spec : partitionedBy(window);
    return this.#mapped('over(…)', undefined, (part) => {
      if ((part.kind !== 'aggregate' && part.kind !== 'window') || part.over !== undefined) return undefined;
      return { ...part, over };
    });
  }

  // Rows beside each row: to be put `over` a window that has an order.

  /** Its value `count` rows before, or `otherwise` where there is none. */
  lag<D extends string = never>(count: number = 1, otherwise?: Operand<T, D>): Expr<Maybe<T>, C | D, N> {
    return this.#beside('lag', count, otherwise);
  }
  /** Its value `count` rows behind, or `otherwise` where there is none. */
  lead<D extends string = never>(count: number = 1, otherwise?: Operand<T, D>): Expr<Maybe<T>, C | D, N> {
    return this.#beside('lead', count, otherwise);
  }
  /** Its value in the row of that number, from 1, of the frame. */
  nthValue(count: number, { ignoreNulls = false }: IgnoreNulls = {}): Expr<Maybe<T>, C, N> {
    return withPart(this.name, [this], ([input]) => {
      return {
        kind: 'window',
        call: { kind: 'window', function: 'nth_value', input: input as Expression, count, ignoreNulls },
      };
    });
  }

  /** A row for each item of its lists; see `DataFrame.explode`. */
  explode(): Expr<Item<T>, C, N> {
    return withPart(this.name, [this], ([input]) => ({ kind: 'explode', input: input as Expression }));
  }

  #beside(name: 'lag' | 'lead', count: number, otherwise: Operand | undefined): Expr<any, never, N> {
    const inputs = otherwise === undefined ? [this] : [this, otherwise];
    return withPart(this.name, inputs, ([input, other]) => ({
      kind: 'window',
      call: {
        kind: 'window',
        function: name,
        input: input as Expression,
        count,
        ...(other !== undefined && { default: other }),
      },
    }));
  }

  /** The same with other parts, where `change` gives them: at least one, or it makes no sense. */
  #mapped(method: string, beside: ExprLike | undefined, change: (part: Part) => Part | undefined): Expr<any, never, N> {
    const parts = new Map<string, Part>(beside?.parts);
    const renamed = new Map<string, string>();
    for (const [key, part] of this.parts) {
      const changed = change(part);
      const changedKey = changed === undefined ? key : keyOfPart(changed);
      parts.set(changedKey, changed ?? part);
      if (changed !== undefined) renamed.set(key, changedKey);
    }
    if (renamed.size === 0)
      throw new InvalidArgument(`${method} is of an aggregate: there is none in ${JSON.stringify(this.name)}.`);
    return new Expr(withColumnsRenamed(this.expression, renamed), this.name, parts);
  }
}

interface Distinct {
  /** Whether values that are equal take part once. */
  readonly distinct?: boolean;
}

interface IgnoreNulls {
  readonly ignoreNulls?: boolean;
}

const fractions = (fraction: number | readonly number[]): AggregateCall['options'] =>
  typeof fraction === 'number' ? { percentile: fraction } : { percentiles: fraction };

/** An operator between two. */
function binary<N extends string>(
  left: ExprLike<any, any, N>,
  operator: BinaryOperator,
  right: Operand,
): Expr<any, never, N> {
  return combined(
    left.name,
    [left, right],
    ([l, r]) => ({ kind: 'binary', operator, left: l, right: r }) as Expression,
  );
}

function aggregate<N extends string>(
  of: ExprLike<any, any, N>,
  name: AggregateFunction,
  { distinct, options }: Distinct & Pick<AggregateCall, 'options'> = {},
  by?: ExprOrName,
): Expr<any, never, N> {
  const inputs = by === undefined ? [of] : [of, exprOf(by)];
  return withPart(of.name, inputs, ([input, second]) => ({
    kind: 'aggregate',
    call: {
      function: name,
      input,
      ...(second !== undefined && { by: second }),
      ...(distinct === true && { distinct }),
      ...(options !== undefined && { options }),
    },
  }));
}

/** The expression, or the column of that name. @throws InvalidArgument */
export function exprOf<T, C extends string>(given: ExprOrName<T, C>): Expr<T, C> {
  if (typeof given === 'string') return new Expr<T, C>({ kind: 'column', name: columnName(given) }, given);
  return onlyExpr(given);
}

/** The expression, where a name of a column would be no sense. @throws InvalidArgument */
export function onlyExpr<T, C extends string>(given: ExprLike<T, C>): Expr<T, C> {
  if (given instanceof Expr) return given;
  const compared =
    typeof given === 'boolean' ? " JavaScript's own operators compare objects: write col('name').eq(value)." : '';
  throw new InvalidArgument(
    `${described(given)} is no expression: columns are col('name'), values lit(value).${compared}`,
  );
}

function described(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(given);
  return Array.isArray(given) ? 'A list' : typeof given === 'object' && given !== null ? 'An object' : String(given);
}

/** What rows are equal in: columns, or what is made of them. @throws InvalidArgument */
export function windowKey(key: ExprOrName): Expression {
  const { expression, parts } = exprOf(key);
  if (parts.size > 0)
    throw new InvalidArgument('A key of a window is made of columns: put what it is of into withColumn before.');
  return expression;
}

const partitionedBy = (keys: ExprOrName | readonly ExprOrName[]): WindowSpec => ({
  partitionBy: [keys].flat().map((key) => windowKey(key as ExprOrName)),
  orderBy: [],
});

/** @throws InvalidArgument for a name that no column can have */
export function columnName(name: string): string {
  if (typeof name === 'string' && !name.includes(PART_PREFIX)) return name;
  throw new InvalidArgument(`${JSON.stringify(name)} is no name of a column.`);
}

/** The expression, or the literal of that value. */
export const operandOf = (given: Operand): Expr =>
  given instanceof Expr ? given : new Expr(literalOf(given as LiteralValue), 'literal');

/** An expression of the given ones. */
export function combined<N extends string>(
  name: N,
  inputs: readonly Operand[],
  make: (inputs: readonly Expression[]) => Expression,
): Expr<any, never, N> {
  const exprs = inputs.map(operandOf);
  return new Expr(make(exprs.map(({ expression }) => expression)), name, allParts(exprs));
}

/** The column that a part of the plan makes of the given expressions. */
export function withPart<N extends string>(
  name: N,
  inputs: readonly Operand[],
  make: (inputs: readonly Expression[]) => Part,
): Expr<any, never, N> {
  const exprs = inputs.map(operandOf);
  const part = make(exprs.map(({ expression }) => expression));
  const key = keyOfPart(part);
  return new Expr({ kind: 'column', name: key }, name, new Map([...allParts(exprs), [key, part]]));
}

function allParts(exprs: readonly Expr[]): Parts {
  const having = exprs.filter(({ parts }) => parts.size > 0);
  return having.length === 0 ? NO_PARTS : new Map(having.flatMap(({ parts }) => [...parts]));
}

/** Equal parts have one key, so that they are worked out once. */
const keyOfPart = (part: Part): string => PART_PREFIX + JSON.stringify(part);

export const isPartKey = (name: string): boolean => name.startsWith(PART_PREFIX);
