/** What TypeScript knows of the rows of frames: `S`, the names of columns and the types of their values; `any` where unknown. */

import type { AsofStrategy, JoinType } from '../plan/plan-node.ts';
import type { Expr, ExprLike } from './expr.ts';
import type { Decimal, Kin } from './value-types.ts';

/** Names of the columns of a frame. */
export type NameOf<S> = keyof S & string;
/** A column of a frame, or an expression over its columns. */
export type Of<S> = NameOf<S> | ExprLike<any, NameOf<S>>;
/** Expressions, or what makes them of the columns of the frame. */
export type Given<S, E> = E | ((columns: ColumnsOf<S>) => E);
/** The columns of a frame as expressions. */
export type ColumnsOf<S> = unknown extends S ? any : { readonly [K in NameOf<S>]: Expr<S[K], K, K> };

type NameIn<E> = E extends string ? E : E extends ExprLike<any, any, infer N> ? N : never;
type ValueIn<S, E> = E extends keyof S ? S[E] : E extends ExprLike<infer T> ? T : never;
/** The rows that a list of columns and expressions makes. */
export type Selected<S, E extends readonly unknown[]> = unknown extends S
  ? any
  : { [K in E[number] as NameIn<K>]: ValueIn<S, K> };

/** What a function makes that gives one thing or several. */
export type Several<E> = E extends readonly unknown[] ? E : readonly [E];

/** Columns of both sides whose values can be equal. */
export type KeyOf<L, R> = unknown extends L | R
  ? string
  : { [K in NameOf<L> & NameOf<R>]: R[K] extends Kin<L[K]> ? K : never }[NameOf<L> & NameOf<R>];
export type OneOrMore<T> = T | readonly T[];

export interface JoinOptions<
  L,
  R,
  K extends string = KeyOf<L, R>,
  A = Of<L>,
  B = Of<R>,
  H extends JoinType = JoinType,
  X extends string = string,
> {
  /** Keys of one name, or expressions over columns of both. */
  readonly on?: OneOrMore<K>;
  readonly leftOn?: OneOrMore<A>;
  readonly rightOn?: OneOrMore<B>;
  /** `inner` where absent. */
  readonly how?: H;
  /** Behind the names of columns of the right side that the left one has too: "_right" where absent. */
  readonly suffix?: X;
  /** Whether null equals null in keys: false where absent. */
  readonly nullEqualsNull?: boolean;
  /** Which side is kept in memory. Where absent the one that is expected to be smaller; where that is not known the right one, of a right join the left one. */
  readonly buildSide?: 'left' | 'right';
}

export interface JoinAsofOptions<
  L,
  R,
  K extends string = KeyOf<L, R>,
  A = Of<L>,
  B = Of<R>,
  X extends string = string,
> {
  readonly on?: K;
  readonly leftOn?: A;
  readonly rightOn?: B;
  /** Keys that are equal. */
  readonly by?: OneOrMore<K>;
  /** `backward` where absent: the last row that is not later. */
  readonly strategy?: AsofStrategy;
  /** How far a match may be: a number, or a literal of a duration. */
  readonly tolerance?: number | bigint | Expr<any, never>;
  readonly allowExactMatches?: boolean;
  readonly suffix?: X;
}

/** The rows of a join: keys of one name once, other columns of the right side apart from those of the left one. */
export type Joined<L, R, Shared, H, X extends string> = unknown extends L | R
  ? any
  : H extends 'semi' | 'anti'
    ? L
    : Both<
        { [K in keyof L]: L[K] | (K extends Shared ? OuterKey<K, R, H> : H extends 'right' | 'outer' ? null : never) },
        {
          [K in Exclude<NameOf<R>, Shared> as K extends keyof L ? `${K}${X}` : K]:
            | R[K]
            | (H extends 'left' | 'outer' ? null : never);
        }
      >;
type OuterKey<K, R, H> = H extends 'right' | 'outer' ? (K extends keyof R ? R[K] : never) : never;
export type Both<A, B> = { [K in keyof A | keyof B]: K extends keyof A ? A[K] : K extends keyof B ? B[K] : never };

export type Merged<S, A> = unknown extends S
  ? any
  : { [K in keyof S | keyof A]: K extends keyof A ? A[K] : K extends keyof S ? S[K] : never };
export type ValueOrNull<S, K> = K extends keyof S ? S[K] : null;
export type Renamed<S, M> = unknown extends S
  ? any
  : { [K in keyof S as K extends keyof M ? (M[K] extends string ? M[K] : K) : K]: S[K] };

/** Of numbers and bools numbers, of others texts, beside the name of each figure. */
export type Described<S> = unknown extends S
  ? any
  : Both<
      { statistic: string },
      { [K in NameOf<S>]: (NonNullable<S[K]> extends number | bigint | boolean | Decimal ? number : string) | null }
    >;
