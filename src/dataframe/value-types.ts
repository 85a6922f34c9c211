/**
 * What values of columns are in JavaScript: exact, each the same wherever a result is asked for.
 *
 *     bool                          boolean            decimal                      Decimal, a text: "1.50"
 *     int8 … int32, uint8 … 32      number             date, time, timestamp        Temporal, a text: "2001-01-31"
 *     int64, uint64                 bigint             duration, interval           Temporal, a text: "PT90.5S"
 *     float16 … float64             number             utf8, uuid                   string
 *     binary                        Uint8Array         list, embedding              an array
 *     struct, file                  an object          map                          an array of [key, value]
 *
 * null stands for no value.
 */

import type { DataType, TypeKind, TypeOf } from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';
import type { LiteralValue } from './literal-value.ts';

/** A text of digits, as "-1234.50". */
export type Decimal = string & { readonly '~of': 'decimal' };
/** ISO 8601, to the last digit. */
export type Temporal = string & { readonly '~of': 'temporal' };

type Numeric = number | bigint | Decimal;

/** What values may be that go together with those of `T`. */
export type Kin<T> = unknown extends T ? any : KinOf<T> | null;

type KinOf<T> = T extends Temporal ? Temporal : T extends Numeric ? Numeric : Widened<T>;

/** The type of a value that stands for itself: `string`, not `'x'`. */
export type Widened<V> = V extends Decimal | Temporal
  ? V
  : V extends string
    ? string
    : V extends number
      ? number
      : V extends bigint
        ? bigint
        : V extends boolean
          ? boolean
          : V;

/** What may stand beside a value, in place of an expression. */
export type ValueBeside<T> = unknown extends T ? LiteralValue : Beside<T> | null;

type Beside<T> = T extends Temporal
  ? string | Date
  : T extends Numeric
    ? number | bigint
    : Extract<LiteralValue, Widened<T>>;

/** `M` of what has values `V`. Exact numbers and times are no texts, though JavaScript has them as such. */
export type Having<T, V, M> = unknown extends T
  ? M
  : [T] extends [V]
    ? [string extends V ? Extract<T, NoText<V>> : never] extends [never]
      ? M
      : never
    : never;
type NoText<V> = unknown extends V ? never : Decimal | Temporal;

/** What has sums and means, and what has logarithms. */
export type Summable = Numeric | null;
/** What can be added to and taken from. */
export type Computable = Numeric | Temporal | null;

/** What arithmetic makes of both; null where a side may be. */
export type Computed<A, B> = unknown extends A | B ? any : ComputedOf<NonNullable<A | B>> | Extract<A | B, null>;

// Days are added to dates as numbers, durations are texts, Dates and texts are literals of times.
type ComputedOf<Both> = [Extract<Both, Temporal>] extends [never] ? Both : Temporal;

/** What a division makes of both: of decimals a decimal, else a float64. Null where the divisor is zero. */
export type Quotient<A, B> = unknown extends A | B
  ? any
  : Exclude<ComputedOf<NonNullable<A | B>>, bigint> extends infer Q
    ? ([Q] extends [never] ? number : Q | (Decimal extends Q ? never : number)) | null
    : never;

/** What aggregates make of `T`, null of no rows. Sums of integers are 64 bits wide. */
export type Total<T> = unknown extends T ? any : (T extends number ? number | bigint : T) | null;
export type Mean<T> = unknown extends T ? any : (T extends Decimal ? Decimal : T extends Numeric ? number : T) | null;

/** What values of a row that is given come back as: Dates as texts, undefined as null. */
export type GivenAs<V> = unknown extends V
  ? any
  : V extends undefined
    ? null
    : V extends Date
      ? Temporal
      : V extends Uint8Array | Decimal | Temporal
        ? V
        : V extends readonly (infer I)[]
          ? GivenAs<I>[]
          : V extends object
            ? { [K in keyof V & string]: GivenAs<V[K]> }
            : V;

/** A map: pairs of a key and its value. */
export type MapOf<K, V> = readonly (readonly [key: K, value: V])[];

/** What values of a type are, or null; `any` where the type is not known to TypeScript. */
export type ValueOfType<D extends DataType> = DataType extends D
  ? any
  : (D extends Nested ? ValueOfNested<D> : ValueOfKind<D['kind']>) | null;

type Nested = TypeOf<'list' | 'fixed-size-list' | 'embedding' | 'struct' | 'map'>;

// A list of which only this is known has parts of which nothing is.
type ValueOfNested<D extends Nested> = D extends { readonly item: infer I extends DataType }
  ? readonly ValueOfType<I>[]
  : D extends { readonly fields: infer F extends readonly Field[] }
    ? { readonly [P in F[number] as P['name']]: ValueOfType<P['type']> }
    : D extends { readonly key: infer K extends DataType; readonly value: infer V extends DataType }
      ? MapOf<NonNullable<ValueOfType<K>>, ValueOfType<V>>
      : never;

type ValueOfKind<K extends TypeKind> = K extends 'bool'
  ? boolean
  : K extends 'int64' | 'uint64'
    ? bigint
    : K extends `${'int' | 'uint' | 'float'}${8 | 16 | 32 | 64}`
      ? number
      : K extends 'decimal'
        ? Decimal
        : K extends 'date' | 'time' | 'timestamp' | 'duration' | 'interval'
          ? Temporal
          : K extends 'utf8' | 'uuid'
            ? string
            : K extends 'binary' | 'fixed-size-binary'
              ? Uint8Array
              : any;
