/** Brings both engines' answers to one form and compares them: no ratio is printed for different answers. */

import type { RecordBatch } from 'apache-arrow';
import { resultBatch } from '../src/cli/result-rows.ts';
import { valueToJson } from '../src/expressions/literal.ts';
import type { Cell } from './duckdb.ts';

/** The rows of an Arrow batch as plan literals write them: decimals as text with all digits of their scale. */
export function rowsOf(batch: RecordBatch): Cell[][] {
  const { schema, rows } = resultBatch(batch);
  return [...rows()].map((row) =>
    schema.fields.map(({ type }, column) => valueToJson(row[column] ?? null, type) as Cell),
  );
}

/** The first difference, or undefined. Exact texts are compared exactly; a float with anything numeric by 12 digits. */
export function difference(ours: readonly Cell[][], theirs: readonly Cell[][]): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} rows, DuckDB has ${theirs.length}`;
  for (const [row, cells] of ours.entries()) {
    for (const [column, a] of cells.entries()) {
      const b = theirs[row]?.[column];
      if (b === undefined || !sameCell(a, b)) return `row ${row}, column ${column}: ${a}, DuckDB has ${b}`;
    }
  }
  return undefined;
}

function sameCell(a: Cell, b: Cell): boolean {
  if (a === b || String(a) === String(b)) return true;
  if (a === null || b === null || (typeof a !== 'number' && typeof b !== 'number')) return false;
  const [x, y] = [Number(a), Number(b)];
  // An average of decimals is a decimal with four more digits here and a float there.
  const digits = typeof a === 'string' ? (a.split('.')[1]?.length ?? 0) : 15;
  return Math.abs(x - y) <= Math.max(Math.abs(x), Math.abs(y)) * 1e-12 + 0.5000001 * 10 ** -digits;
}
