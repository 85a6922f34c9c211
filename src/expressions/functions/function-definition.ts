/**
 * What a function of the plan language is: one value that binding checks calls against, that the reference is printed
 * from, whose examples are run as tests, and that the interpreter executes. Compiled code knows some of them by name
 * and gives the same results.
 *
 *     export const LPAD = define({
 *       name: 'lpad',
 *       parameters: [parameter('text', TEXT), parameter('length', INTEGER), optional('fill', TEXT, ' ')],
 *       result: utf8,
 *       evaluate: (text, length, fill) => …,        a string, a bigint and a string: null is never seen
 *       …
 *     });
 */

import { type DataType, nullType, sameType } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import type { Expression, TypedExpression } from '../expression.ts';
import type { JsonValue } from '../literal.ts';

export type FunctionFamily =
  | 'text'
  | 'regular expressions'
  | 'dates and times'
  | 'lists'
  | 'structs and maps'
  | 'numbers'
  | 'bits'
  | 'JSON'
  | 'bytes'
  | 'URIs and files'
  | 'hashes and sketches'
  | 'partition transforms'
  | 'embeddings'
  | 'identifiers and random values'
  | 'several columns'
  | 'places';

/** What an argument may be. `V` is the type of its values in JavaScript. */
export interface ParameterKind<V = unknown> {
  /** For messages and the reference: `utf8`, `a number`. */
  readonly takes: string;
  /** The type that an argument of `type` is cast to: mostly itself. Undefined where there is none. */
  readonly accept: (type: DataType) => DataType | undefined;
  /** The type that null without a type, and text where it can be read as one, take. */
  readonly preferred: DataType;
  /** Never there: it carries the type of the values. */
  readonly value?: V;
}

export interface Parameter<V = unknown> extends ParameterKind<V> {
  readonly name: string;
  /** What is taken where the argument is left out; undefined: it may not be. */
  readonly default?: JsonValue | undefined;
  /** Any number of arguments, at least one; only of the last parameter. */
  readonly repeats?: boolean | undefined;
  /** Arguments of such parameters are cast to the type that holds the values of all of them. */
  readonly common?: boolean | undefined;
  /** The argument is a value as the first argument, a list or a map, has items or keys: both are cast so that they are. */
  readonly item?: boolean | undefined;
  /** The argument is a lambda, with parameters of these types, given the types of the arguments before it. */
  readonly lambda?: ((types: readonly DataType[]) => readonly DataType[]) | undefined;
}

/** A call as it was bound. */
export interface Call {
  /** Of the arguments, after their casts; of a lambda that of its body. */
  readonly types: readonly DataType[];
  /** The values of arguments that are literals, by position; undefined for the others. */
  readonly literals: readonly (Value | undefined)[];
}

/** A lambda as an argument of `Evaluate`. */
export type LambdaValue = (...values: readonly Value[]) => Value;

/**
 * Where a result is null:
 *
 *     any      where an argument is
 *     divisor  and where the second argument is zero
 *     first    where the first argument is, whatever the others are
 *     all      where all arguments are
 *     value    only the value itself tells
 *
 * But for the last, whether a call is null is asked without demanding its value.
 */
export type NullRule = 'any' | 'divisor' | 'first' | 'all' | 'value';

/** Values of the arguments in, the value of the result out. @throws InvalidValue without a place, which the caller adds */
export type Evaluate = (...values: readonly Value[]) => Value;

export interface FunctionDefinition {
  readonly name: string;
  /** Other names for it. */
  readonly aliases: readonly string[];
  readonly family: FunctionFamily;
  /** One or two sentences. */
  readonly doc: string;
  readonly parameters: readonly Parameter[];
  /** The type of the result, or a sentence about what is wrong with the arguments. */
  readonly result: (call: Call) => DataType | string;
  /** `strict`: null where an argument is, and `evaluate` sees none. `own`: `evaluate` is given nulls. */
  readonly nulls: 'strict' | 'own';
  /** Whether the result may be null although no argument is. */
  readonly mayBeNull: boolean;
  readonly nullWhere: (types: readonly DataType[]) => NullRule;
  /** Whether some values of these types are an error: refused, or without a result that fits its type. */
  readonly canFail: (types: readonly DataType[]) => boolean;
  /**
   * Whether the same arguments may give other results: never worked out in advance, nor once for equal calls. Such
   * functions are given the number of the row behind their arguments.
   */
  readonly isVolatile: boolean;
  /**
   * Whether it waits for the world. No expression is evaluated that holds such a call: the planner takes it out, and an
   * operator of its own makes the calls (`split-async.ts`). It has no `prepare`.
   */
  readonly isAsync: boolean;
  /** Bytes of V8's heap that a call takes at most while it is worked out, by the bytes of its first argument, a text. */
  readonly heapBytes?: ((text: Uint8Array) => number) | undefined;
  /** Done once per call of the plan, so that patterns are compiled once. */
  readonly prepare: (call: Call & { readonly result: DataType }) => Evaluate;
  /** Of a function that is a name for other expressions: what a call becomes when it is bound, or what is wrong. */
  readonly means?: ((given: readonly TypedExpression[]) => TypedExpression | string) | undefined;
  readonly examples: readonly Example[];
}

/**
 * A call and its result, in JSON. In place of expressions arguments may be JavaScript values: text, bool, null, bigint
 * for int64, number for float64.
 */
export type Example = readonly [arguments_: readonly ExampleArgument[], result: JsonValue];
export type ExampleArgument = string | boolean | number | bigint | null | Expression;

type ValuesOf<P extends readonly Parameter[], Missing> = {
  [K in keyof P]: P[K] extends Parameter<infer V> ? V | Missing : never;
};

interface Common<P extends readonly Parameter[]> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly family: FunctionFamily;
  readonly doc: string;
  readonly parameters: P;
  readonly result: DataType | ((call: Call) => DataType | string);
  readonly mayBeNull?: boolean;
  /** Left out: `any` of what is strict and not null by itself, else `value`. */
  readonly nullWhere?: NullRule | ((types: readonly DataType[]) => NullRule);
  readonly canFail?: boolean | ((types: readonly DataType[]) => boolean);
  readonly isVolatile?: boolean;
  readonly heapBytes?: (text: Uint8Array) => number;
  readonly examples: readonly Example[];
}
type Strict<P extends readonly Parameter[]> = Common<P> & {
  readonly nulls?: 'strict';
} & Body<(...values: ValuesOf<P, never>) => Value>;
type Own<P extends readonly Parameter[]> = Common<P> & {
  readonly nulls: 'own';
} & Body<(...values: ValuesOf<P, null>) => Value>;
type Body<E> = { readonly evaluate: E } | { readonly prepare: (call: Call & { readonly result: DataType }) => E };

/** A definition; what is left out is `strict`, never null by itself, never fails, and always gives the same. */
export function define<const P extends readonly Parameter[]>(given: Strict<P> | Own<P>): FunctionDefinition {
  const { result } = given;
  const { nullWhere = given.nulls === 'own' || given.mayBeNull === true ? 'value' : 'any' } = given;
  return {
    name: given.name,
    aliases: given.aliases ?? [],
    family: given.family,
    doc: given.doc,
    parameters: given.parameters,
    result: typeof result === 'function' ? result : () => result,
    nulls: given.nulls ?? 'strict',
    mayBeNull: given.mayBeNull ?? false,
    nullWhere: typeof nullWhere === 'function' ? nullWhere : () => nullWhere,
    canFail: typeof given.canFail === 'function' ? given.canFail : () => given.canFail === true,
    isVolatile: given.isVolatile ?? false,
    isAsync: false,
    heapBytes: given.heapBytes,
    // Binding has seen to it that the values are of the parameters' types.
    prepare: 'prepare' in given ? (call) => given.prepare(call) as Evaluate : () => given.evaluate as Evaluate,
    examples: given.examples,
  };
}

/** A function that waits for the world: its result may be null, may be an error, and is never worked out in advance. */
export function defineAsync(
  given: Omit<Common<readonly Parameter[]>, 'mayBeNull' | 'canFail' | 'isVolatile'> & {
    readonly nulls: 'strict' | 'own';
  },
): FunctionDefinition {
  const { name } = given;
  const prepare = (): never => {
    throw new TypeError(`${name} waits for the world, and cannot be evaluated`);
  };
  const flags = { mayBeNull: true, canFail: true, isVolatile: true };
  return { ...define({ ...given, ...flags, nulls: 'own', prepare }), nulls: given.nulls, isAsync: true };
}

type Meaning = Omit<Common<readonly Parameter[]>, 'result'> & {
  /** @param given the arguments, as their parameters ask for them */
  readonly means: (given: readonly TypedExpression[]) => TypedExpression | string;
};

/** A function that is only a name for other expressions, which are what is checked, compiled and interpreted. */
export function defineAs(given: Meaning): FunctionDefinition {
  const { name, means } = given;
  const evaluate = (): Value => {
    throw new TypeError(`${name} is no function once it is bound`);
  };
  return { ...define({ ...given, result: nullType, evaluate }), means };
}

export const parameter = <V>(name: string, kind: ParameterKind<V>): Parameter<V> => ({ ...kind, name });
/** A parameter whose argument may be left out. */
export const optional = <V>(name: string, kind: ParameterKind<V>, value: JsonValue): Parameter<V> => ({
  ...kind,
  name,
  default: value,
});
/** The last parameter, of which there may be several arguments. */
export const repeated = <V>(name: string, kind: ParameterKind<V>): Parameter<V> => ({ ...kind, name, repeats: true });
/** Cast, with the other common ones, to the type that holds the values of all. */
export const common = <V>(of: Parameter<V>): Parameter<V> => ({ ...of, common: true });

/** A value of the type of the items, or of the keys, of the first argument. */
export const itemOf = <V>(of: Parameter<V>): Parameter<V> => ({ ...of, item: true });

/** Takes exactly these types, without a cast. */
export const exactly = <V>(...types: readonly [DataType, ...DataType[]]): ParameterKind<V> => ({
  takes: types.map(({ kind }) => kind).join(' or '),
  accept: (type) => types.find((one) => sameType(one, type)),
  preferred: types[0],
});
