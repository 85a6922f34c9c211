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
export function layoutOf({ type, validity, dictionary, bits, width }: Column): ColumnLayout {
  return {
    type,
    nullable: validity !== 0,
    dictionary: dictionary !== undefined,
    bits: bits === undefined || bits > (width === 16 ? 120 : 56) ? undefined : Math.max(8, Math.ceil(bits / 8) * 8),
    width,
  };
}

/** Equal for layouts that lead to the same code. */
export function layoutKey({ type, nullable, dictionary, bits, width, isAssumed }: ColumnLayout): string {
  return `${typeName(type)}${nullable ? '?' : ''}${dictionary ? '#' : ''}${bits ?? ''}${isAssumed ? '!' : ''}/${width}`;
}
