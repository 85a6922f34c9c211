/** What functions are to loops over rows: whether there is code for a call, and that code. Their table is in `lane-functions.ts`. */

import type { DataType } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Bounds } from './bounds.ts';
import type { Code, Local } from './emit.ts';
import type { LaneCode } from './lane-code.ts';

export type FunctionCall = TypedExpression & { readonly kind: 'function' };

/** A call in a loop. */
export interface LaneCall {
  readonly lanes: LaneCode;
  readonly e: FunctionCall;
  readonly bounds: Bounds;
  /** The parts of the argument at a position. */
  value(position: number): readonly Local[];
  /** Whether that is not null: 0 and 1, or a mask of four rows; undefined where it never is null. */
  valid(position: number): Local | undefined;
}

export interface LaneFunction {
  /** Whether there is code for the call. All of its arguments are held, but for literals. */
  readonly takes: (call: FunctionCall) => boolean;
  /** Whether there is for four rows at a time. */
  readonly isWide: (call: FunctionCall, bounds: Bounds) => boolean;
  /** The parts of the result; what does not fit its type raises a flag. */
  readonly emit: (call: LaneCall) => readonly Code[];
}

/** Computed row by row, but where it is said. */
export const laneFunction = (given: Omit<LaneFunction, 'isWide'> & Partial<LaneFunction>): LaneFunction => ({
  isWide: () => false,
  ...given,
});

export const typeAt = ({ arguments: given }: FunctionCall, position: number): DataType =>
  given[position]?.type ?? { kind: 'null' };

/** The value of an argument that is a literal; undefined of others. */
export const literalAt = ({ arguments: given }: FunctionCall, position: number): unknown => {
  const e = given[position];
  return e?.kind === 'literal' ? e.value : undefined;
};
