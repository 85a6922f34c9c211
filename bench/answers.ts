/** Brings both engines' answers to one form and compares them: no ratio is printed for different answers. */

import { DataType, type RecordBatch, type Vector } from 'apache-arrow';
import type { Cell } from './duckdb.ts';

/** The rows of an Arrow batch as plain values; decimals as text with all digits of their scale. */
export function rowsOf(batch: RecordBatch): Cell[][] {
  return Array.from({ length: batch.numRows }, (_, row) =>
    batch.schema.fields.map((_, column) => cell(batch.getChildAt(column), row)),
  );
}

function cell(vector: Vector | null, row: number): Cell {
  const value: unknown = vector?.get(row);
  if (vector === null || value === null || value === undefined) return null;
  if (DataType.isDecimal(vector.type)) return decimalText(value as Uint32Array, vector.type.scale);
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

function decimalText(words: Uint32Array, scale: number): string {
  let unscaled = 0n;
  for (const [index, word] of words.entries()) unscaled |= BigInt(word) << BigInt(32 * index);
  unscaled = BigInt.asIntN(32 * words.length, unscaled);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
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
