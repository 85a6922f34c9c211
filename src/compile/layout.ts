/**
 * What a kernel is compiled for besides the expressions: how the columns at hand are laid out. Layouts that lead to the
 * same code are made equal, so that few modules serve many batches.
 */

import type { Column } from '../columnar/column.ts';
import { type DataType, typeName } from '../columnar/data-type.ts';

export interface ColumnLayout {
  readonly type: DataType;
  /** A validity bitmap is there. */
  readonly nullable: boolean;
  /** Values are u32 codes into a plain column. */
  readonly dictionary: boolean;
  /** As in `Column`, rounded up to a class; undefined: the bound of the type. */
  readonly bits: number | undefined;
  /** Bytes of one value; 0 for bool and utf8. */
  readonly width: number;
  /** The bound is that of batches before: whoever reads a value raises a flag where it is outside. Of signed words of 64 bits. */
  readonly isAssumed?: boolean;
}

/** The layout of a column, its bound rounded up to a multiple of 8 bits. */
export function layoutOf(column: Column): ColumnLayout {
  const { type, validity, dictionary, width } = column;
  return { type, nullable: validity !== 0, dictionary: dictionary !== undefined, bits: boundOf(column), width };
}

/** Whether a column is laid out so, as far as can be seen without looking into types: a cheap look, for each batch. */
export const isLaidOut = (
  column: Column,
  { type, nullable, dictionary, bits, width, isAssumed }: ColumnLayout,
): boolean =>
  column.type === type &&
  column.width === width &&
  (column.validity !== 0) === nullable &&
  (column.dictionary !== undefined) === dictionary &&
  boundOf(column) === bits &&
  isAssumed !== true;

const boundOf = ({ bits, width }: Column): number | undefined =>
  bits === undefined || bits > (width === 16 ? 120 : 56) ? undefined : Math.max(8, Math.ceil(bits / 8) * 8);

/** Equal for layouts that lead to the same code. */
export function layoutKey({ type, nullable, dictionary, bits, width, isAssumed }: ColumnLayout): string {
  return `${typeName(type)}${nullable ? '?' : ''}${dictionary ? '#' : ''}${bits ?? ''}${isAssumed ? '!' : ''}/${width}`;
}
