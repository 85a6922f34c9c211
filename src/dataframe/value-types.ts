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

import type { LiteralValue } from './literal-value.ts';

/** A text of digits, as "-1234.50". */
export type Decimal = string & { readonly '~of': 'decimal' };
/** ISO 8601, to the last digit. */
export type Temporal = string & { readonly '~of': 'temporal' };

/** What values may be that go together with those of `T`. */
export type Kin<T> = unknown extends T ? any : KinOf<T> | null;

type KinOf<T> = T extends number | bigint | Decimal ? number | bigint | Decimal : T extends Temporal ? Temporal : T;

/** The type of a value that stands for itself: `string`, not `'x'`. */
export type Widened<V> = V extends string
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
  : T extends Decimal
    ? number | bigint | string
    : T extends number | bigint
      ? number | bigint
      : Extract<LiteralValue, T>;
