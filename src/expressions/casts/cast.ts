import type { DataType } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';

/** A value of one type as a value of another, or undefined where that type cannot hold it. */
export type Convert = (value: NonNullable<Value>) => NonNullable<Value> | undefined;

/** A cast between two types, for one value after the other. */
export interface Cast {
  readonly convert: Convert;
  /** False promises that no value is refused. */
  readonly canFail: boolean;
}

/** The cast between two types, undefined where none is offered: what casts of nested types ask for their parts. */
export type CastBetween = (from: DataType, to: DataType) => Cast | undefined;

/** A cast that every value has a result of. */
export const always = (convert: Convert): Cast => ({ convert, canFail: false });
/** A cast that may refuse a value. */
export const perhaps = (convert: Convert): Cast => ({ convert, canFail: true });

/** For a value that is as it should be already. */
export const KEEP: Cast = always((value) => value);

/** One cast behind the other; undefined where one of them is not offered. */
export function chained(first: Cast | undefined, second: Cast | undefined): Cast | undefined {
  if (first === undefined || second === undefined) return undefined;
  if (first === KEEP) return second;
  if (second === KEEP) return first;
  return {
    convert: (value) => {
      const between = first.convert(value);
      return between === undefined ? undefined : second.convert(between);
    },
    canFail: first.canFail || second.canFail,
  };
}
