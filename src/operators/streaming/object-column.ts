import type { Column } from '../../columnar/column.ts';
import { nextDictionaryId } from '../../columnar/column.ts';
import { binary } from '../../columnar/data-type.ts';
import type { Holding } from '../../memory/budget.ts';

/** Bytes of an object, in a region that holds those of several behind each other. */
export interface HeldBytes {
  /** From the start of the region. */
  readonly offset: number;
  readonly size: number;
}

/**
 * The column of bytes in which each row has what it is given, undefined for null; `entries` are all that are given, as
 * they lie behind each other from `address` on. Where rows share one it is a dictionary. @throws MemoryBudgetExceeded
 */
export function objectColumn(
  rows: readonly (HeldBytes | undefined)[],
  entries: readonly HeldBytes[],
  address: number,
  holding: Holding,
): Column {
  const present = rows.filter((row) => row !== undefined).length;
  const validity = present < rows.length ? validityOf(rows, holding) : 0;
  const plain = { type: binary, bytes: address, dictionary: undefined, width: 0, bits: undefined };
  if (present === entries.length) {
    const values = offsetsOf(rows, holding);
    return { ...plain, validity, values };
  }
  const dictionary = { ...plain, validity: 0, values: offsetsOf(entries, holding) };
  const codes = holding.allocateZeroed(rows.length * 4).address;
  const codeOf = new Map(entries.map((entry, code) => [entry, code]));
  const { u32 } = holding.linear;
  for (const [row, given] of rows.entries()) {
    if (given !== undefined) u32[(codes >>> 2) + row] = codeOf.get(given) ?? 0;
  }
  return {
    ...plain,
    validity,
    values: codes,
    bytes: 0,
    dictionary: { id: nextDictionaryId(), size: entries.length, values: dictionary },
  };
}

/** Where each of them ends and the next begins; a null is empty. */
function offsetsOf(rows: readonly (HeldBytes | undefined)[], holding: Holding): number {
  const { address } = holding.allocateZeroed((rows.length + 1) * 4);
  const { i32 } = holding.linear;
  let end = 0;
  for (const [row, given] of rows.entries()) {
    if (given !== undefined) end = given.offset + given.size;
    i32[(address >>> 2) + row + 1] = end;
  }
  return address;
}

function validityOf(rows: readonly (HeldBytes | undefined)[], holding: Holding): number {
  const { address } = holding.allocateZeroed(Math.ceil(rows.length / 8));
  const { u8 } = holding.linear;
  for (const [row, given] of rows.entries()) {
    if (given === undefined) continue;
    const at = address + (row >>> 3);
    u8[at] = (u8[at] ?? 0) | (1 << (row & 7));
  }
  return address;
}
