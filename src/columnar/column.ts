/**
 * Where the values of one column are.
 *
 *     plain        values ──▶ │ v0 │ v1 │ v2 │ …             numbers: 1 to 16 bytes each, little-endian
 *                  values ──▶ │ bit per row │                bool
 *                  values ──▶ │ o0 │ o1 │ … │ on │           utf8, binary: int32 offsets into
 *                  bytes  ──▶ │ h e l l o w o r l d │
 *     nested       values ──▶ │ o0 │ o1 │ … │ on │           list, map: int32 offsets into the rows of the child
 *                  children   one of `size` rows per row     fixed-size list
 *                  children   one per field, row by row      struct
 *     null         nothing but a validity bitmap of zeros
 *     dictionary   values ──▶ │ c0 │ c1 │ c2 │ …             uint32 codes into dictionary.values
 *     validity     ──▶ │ bit per row │                       1 = not null; address 0 = no row is null
 *
 * A constant is a dictionary of one entry. Logical types are laid out as the type that stores them (data-type.ts).
 *
 * Addresses point into the task's linear memory. The layout is Arrow's, so that a view as an Arrow vector costs
 * nothing. Three rules that kernels rely on:
 *  - Values under a null are zero (code 0 in a dictionary column, an empty string or list in a plain one); what lies
 *    in the children of a null struct or fixed-size list is null too, or zero where it cannot be.
 *  - Behind values, codes, offsets, bitmaps and bytes a whole block (64 rows of up to 16 bytes) may be read and written.
 *  - Bitmaps start at an address that is a multiple of 8.
 */

import type { DataType } from './data-type.ts';

/** A column's distinct values, without nulls; entries may repeat. Codes refer to rows of `values`. */
export interface Dictionary {
  /** Unique per content within the process: what has been worked out over a dictionary is kept under its id. */
  readonly id: number;
  /** Entries. At least 1 wherever a code exists. */
  readonly size: number;
  /** A plain column of `size` rows. */
  readonly values: Column;
}

export interface Column {
  readonly type: DataType;
  /** Address of the validity bitmap; 0 where no row is null. */
  readonly validity: number;
  /** Address of values, bits, offsets or codes. */
  readonly values: number;
  /** Address of the bytes of a plain utf8 or binary column; else 0. */
  readonly bytes: number;
  readonly dictionary: Dictionary | undefined;
  /** Bytes of one value, of the dictionary's values where there is one; 0 for what has no fixed width. */
  readonly width: number;
  /** Every value's magnitude is below 2 ** bits, for integers, decimals, dates and times; undefined: not known. */
  readonly bits: number | undefined;
  /** Of a plain column of a nested type: its parts, as `childTypes` lists them. */
  readonly children?: readonly Column[] | undefined;
}

let lastDictionaryId = 0;
/** The next process-wide dictionary id. */
export function nextDictionaryId(): number {
  lastDictionaryId += 1;
  return lastDictionaryId;
}
