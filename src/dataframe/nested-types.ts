/** What TypeScript knows of the parts of structs and maps: `T` is the type of their values, `any` where that is not known. */

import type { Item, ValueOf } from './expr.ts';
import type { MapOf } from './value-types.ts';

/** A struct, of which nothing else is known. */
export type Struct = Readonly<Record<string, unknown>>;

/** The names of fields of a struct. */
export type FieldOf<T> = unknown extends T ? string : keyof NonNullable<T> & string;
/** The values of one of them. */
export type FieldValue<T, F extends string> = unknown extends T
  ? any
  : NonNullable<T> extends { readonly [K in F]: infer V }
    ? V | null
    : any;

/** The struct of names and values in turn. */
export type StructOf<V extends readonly unknown[]> = { readonly [P in Pairs<V> as P[0]]: ValueOf<P[1]> };
type Pairs<V extends readonly unknown[]> = V extends readonly [infer N extends string, infer X, ...infer Rest]
  ? readonly [N, X] | Pairs<Rest>
  : never;

export type MapKey<T> = unknown extends T ? any : NonNullable<T> extends MapOf<infer K, any> ? K : any;
export type MapValue<T> = unknown extends T ? any : NonNullable<T> extends MapOf<any, infer V> ? V : any;
/** The map that a list of structs, each of a key and a value, makes. */
export type MapOfEntries<T> =
  NonNullable<Item<T>> extends { readonly key: infer K; readonly value: infer V } ? MapOf<NonNullable<K>, V> : any;
