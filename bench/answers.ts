/** Brings both engines' answers to one form and compares them: no ratio is printed for different answers. */

import type { KeptBatch } from '../src/columnar/kept-batch.ts';
import { valueToJson } from '../src/expressions/literal.ts';
import type { Cell } from './duckdb.ts';

/** The rows of a batch as plan literals write them: decimals as text with all digits of their scale. */
export function rowsOf(batch: KeptBatch): Cell[][] {
  const { fields } = batch.schema;
  return [...batch.rows()].map((row) =>
    fields.map(({ type }, column) => valueToJson(row[column] ?? null, type) as Cell),
  );
}

/** Two floats may have been summed in another order. */
const FLOAT_DIGITS = 9;
/** An average of decimals is a decimal with four more digits here and a float there. */
const DECIMAL_AS_FLOAT_DIGITS = 12;

/** Decimals of others may be cut off. */
export const CUT_OFF = 1;
const ROUNDED = 0.5000001;

/**
 * The first difference, or undefined. Only where DuckDB has a float a value need not be the same to the last digit: of a
 * decimal it may be off by so many units of its last.
 */
export function difference(
  ours: readonly (readonly Cell[])[],
  theirs: readonly (readonly Cell[])[],
  units: number = ROUNDED,
): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} rows, DuckDB has ${theirs.length}`;
  for (const [row, cells] of ours.entries()) {
    for (const [column, a] of cells.entries()) {
      const b = theirs[row]?.[column];
      if (b === undefined || !sameCell(a, b, units)) return `row ${row}, column ${column}: ${a}, DuckDB has ${b}`;
    }
  }
  return undefined;
}

function sameCell(a: Cell, b: Cell, units: number): boolean {
  if (a === b || String(a) === String(b)) return true;
  // Whole numbers and decimals of DuckDB are text.
  if (typeof b !== 'number' || a === null || typeof a === 'boolean') return false;
  const decimals = typeof a === 'string' ? (a.split('.')[1]?.length ?? 0) : undefined;
  const digits = decimals === undefined ? FLOAT_DIGITS : DECIMAL_AS_FLOAT_DIGITS;
  const lastDigit = decimals === undefined ? 0 : units * 10 ** -decimals;
  const [x, y] = [Number(a), b];
  return Math.abs(x - y) <= Math.max(Math.abs(x), Math.abs(y)) * 10 ** -digits + lastDigit;
}
