/**
 * The two forms of an expression.
 *
 *     Expression        what a plan says: columns by name, operands of any types      JSON data
 *         │ bind.ts: looks up names, checks types, makes every coercion an explicit cast
 *         ▼
 *     TypedExpression   what compiles and is interpreted: columns by position, each node with its type
 */

import type { DataType } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import type { JsonValue } from './literal.ts';

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  /** True division: of decimals a decimal (bind-arithmetic.ts), null where the divisor is zero; else a float64. */
  | '/'
  /** Truncated towards zero; floor for floats. Null where the divisor is zero, but of floats. */
  | '//'
  /** Remainder with the sign of the dividend. Null where the divisor is zero, but of floats. */
  | '%'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  /** Equal, where null equals null: never null itself. */
  | '<=>'
  /** Of bools with three values; of integers bit by bit. */
  | 'and'
  | 'or'
  | 'xor'
  | '<<'
  | '>>';

/** As written in a plan. Kinds and operators are the JSON's words. */
export type Expression =
  | { readonly kind: 'column'; readonly name: string }
  /**
   * `value` in JSON: null, a boolean, a number, or text for what JSON numbers cannot hold exactly: int64 and uint64
   * beyond 2 ** 53, decimals ("1.50"), dates ("2001-01-31"), timestamps ("2001-01-31T08:00:00.5"). `literal.ts` has all.
   */
  | { readonly kind: 'literal'; readonly type: DataType; readonly value: JsonValue }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'not'; readonly input: Expression }
  | { readonly kind: 'is-null'; readonly input: Expression }
  | { readonly kind: 'is-not-null'; readonly input: Expression }
  /** A value that the type cannot hold is an error; null where `try` is set. */
  | { readonly kind: 'cast'; readonly input: Expression; readonly type: DataType; readonly try?: boolean | undefined }
  /** `then` where the condition is true, `otherwise` where it is false, null where it is null. */
  | {
      readonly kind: 'if-else';
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  /** The first input that is not null. */
  | { readonly kind: 'coalesce'; readonly inputs: readonly Expression[] }
  /** `fill` where the input is null. */
  | { readonly kind: 'fill-null'; readonly input: Expression; readonly fill: Expression }
  /** Whether the input equals one of the list; null where it is null, or equals none of a list that has a null. */
  | { readonly kind: 'is-in'; readonly input: Expression; readonly list: readonly Expression[] }
  /** Both bounds inclusive. */
  | { readonly kind: 'between'; readonly input: Expression; readonly low: Expression; readonly high: Expression }
  /** A list of the items' values in each row. */
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** The input, under a name that explain shows; what a column is called, `NamedExpression` says. */
  | { readonly kind: 'alias'; readonly name: string; readonly input: Expression }
  | { readonly kind: 'function'; readonly name: string; readonly arguments: readonly Expression[] }
  /** A function of values, as an argument of list_map and its like. */
  | { readonly kind: 'lambda'; readonly parameters: readonly string[]; readonly body: Expression }
  /** A parameter of the lambda around it. */
  | { readonly kind: 'parameter'; readonly name: string };

export interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

export type AggregateFunction =
  | 'count'
  | 'count_distinct'
  | 'sum'
  | 'product'
  | 'mean'
  | 'min'
  | 'max'
  | 'bool_and'
  | 'bool_or'
  | 'stddev'
  | 'var'
  | 'skew'
  | 'any_value'
  | 'first'
  | 'last'
  | 'min_by'
  | 'max_by'
  | 'median'
  | 'percentile'
  | 'mode'
  | 'approx_count_distinct'
  | 'approx_percentile'
  | 'list'
  | 'set'
  | 'concat'
  | 'string_agg';

/** What an aggregate can be told beside its inputs; `aggregate-functions.ts` says which of it each one takes. */
export interface AggregateOptions {
  /** Which rows a count counts: those whose input is not null (the default), all, or those whose input is null. */
  readonly mode?: 'valid' | 'all' | 'null' | undefined;
  /** Of stddev and var, taken from the count of values before dividing by it: 1 where absent. */
  readonly ddof?: number | undefined;
  /** Which percentile, from 0 to 1. */
  readonly percentile?: number | undefined;
  /** Several percentiles at once: the result is a list of as many. */
  readonly percentiles?: readonly number[] | undefined;
  /** Between the texts that string_agg joins: "," where absent. */
  readonly delimiter?: string | undefined;
  /** Whether any_value (true where absent), first and last (false) look for a row whose input is not null. */
  readonly ignoreNulls?: boolean | undefined;
}

/** One aggregate of a plan. `count` without an input counts rows; with one it counts values that are not null. */
export interface AggregateCall {
  readonly name: string;
  readonly function: AggregateFunction;
  readonly input?: Expression | undefined;
  /** Of min_by and max_by: the input of the row where this is least or greatest. */
  readonly by?: Expression | undefined;
  /** Only rows for which it is true take part. */
  readonly filter?: Expression | undefined;
  /** Values that are equal take part once. */
  readonly distinct?: boolean | undefined;
  readonly options?: AggregateOptions | undefined;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%';
export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** The operator that says the same with its sides exchanged. */
export const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

interface Typed {
  readonly type: DataType;
  /** False promises that no result is null. */
  readonly nullable: boolean;
}

/**
 * Bound and checked. What bind.ts guarantees:
 *  - arithmetic: both operands have the node's machine type: the same integer or float type; for decimals with + and -
 *    the node's scale (precisions may differ), with * any scales that add up to the node's, with `/`, `//` and `%` any.
 *    `/` of what is no decimal has float64 operands. Of dates, times and durations both operands and the node are whole
 *    numbers of one machine type, in one unit: date + int32, timestamp - timestamp, duration * int64.
 *  - compare: both operands have the same type, decimals the same scale. Any type of 4.1 that Millrace has, bool and
 *    utf8 too.
 *  - if-else, coalesce: branches and inputs have the node's type, decimals the same scale.
 *  - is-in: input and list have the same type, decimals the same scale.
 *  - list: the items have the type of the node's items.
 *  - function: the arguments are what the function's definition asks for, those left out filled in.
 *  - lambda: only as an argument; its type is that of its body. Parameters have a slot each, unique in the expression.
 */
export type TypedExpression = Typed &
  (
    | { readonly kind: 'column'; readonly index: number; readonly name: string }
    | { readonly kind: 'literal'; readonly value: Value }
    | {
        readonly kind: 'arithmetic';
        readonly operator: ArithmeticOperator;
        readonly left: TypedExpression;
        readonly right: TypedExpression;
        /** Of integers with `+`, `-` and `*`: what is beyond the type wraps around in it. Else it is an error. */
        readonly wraps?: boolean | undefined;
      }
    | {
        readonly kind: 'compare';
        readonly operator: ComparisonOperator;
        readonly left: TypedExpression;
        readonly right: TypedExpression;
      }
    | {
        readonly kind: 'logic';
        readonly operator: 'and' | 'or';
        readonly left: TypedExpression;
        readonly right: TypedExpression;
      }
    | { readonly kind: 'not'; readonly input: TypedExpression }
    | { readonly kind: 'is-null'; readonly input: TypedExpression }
    /** With `try` null where the value does not fit, and not an error. */
    | { readonly kind: 'cast'; readonly input: TypedExpression; readonly try?: boolean | undefined }
    | {
        readonly kind: 'if-else';
        readonly condition: TypedExpression;
        readonly then: TypedExpression;
        readonly otherwise: TypedExpression;
      }
    | { readonly kind: 'coalesce'; readonly inputs: readonly TypedExpression[] }
    | { readonly kind: 'is-in'; readonly input: TypedExpression; readonly list: readonly TypedExpression[] }
    | { readonly kind: 'list'; readonly items: readonly TypedExpression[] }
    | {
        readonly kind: 'function';
        readonly name: string;
        readonly arguments: readonly TypedExpression[];
        /** As of arithmetic, where the result is an integer. */
        readonly wraps?: boolean | undefined;
      }
    | { readonly kind: 'lambda'; readonly parameters: readonly LambdaParameter[]; readonly body: TypedExpression }
    | { readonly kind: 'parameter'; readonly name: string; readonly slot: number }
  );

export interface LambdaParameter {
  readonly name: string;
  readonly slot: number;
}

export interface TypedColumn {
  readonly name: string;
  readonly expression: TypedExpression;
}

export interface TypedAggregate {
  readonly name: string;
  readonly function: AggregateFunction;
  readonly input: TypedExpression | undefined;
  /** Of min_by and max_by. */
  readonly by?: TypedExpression | undefined;
  readonly filter?: TypedExpression | undefined;
  readonly distinct?: boolean | undefined;
  readonly options?: AggregateOptions | undefined;
  /** Of a sum of integers: what is beyond the type of the result wraps around in it. */
  readonly wraps?: boolean | undefined;
  /** Of the result. */
  readonly type: DataType;
}
