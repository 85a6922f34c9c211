import assert from 'node:assert/strict';
import { expect } from 'vitest';
import { BATCH_ROWS, type Batch } from '../../src/columnar/batch.ts';
import type { Column } from '../../src/columnar/column.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { fixedWidth } from '../../src/columnar/data-type.ts';
import { type Field, type Schema, sameSchema, schemaText } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { LinearMemory } from '../../src/memory/linear-memory.ts';

/** Fails unless `batch` keeps the rules that kernels rely on (`columnar/column.ts`) and what `schema` promises. */
export function checkBatch(linear: LinearMemory, batch: Batch, schema: Schema): void {
  expect(batch.rowCount).toBeLessThanOrEqual(BATCH_ROWS);
  expect(sameSchema(batch.schema, schema), `${schemaText(batch.schema)} is not ${schemaText(schema)}`).toBe(true);
  expect(batch.columns.length).toBe(schema.fields.length);
  for (const [index, field] of schema.fields.entries()) {
    checkColumn(linear, batch.columns[index] as Column, field, batch.rowCount);
  }
}

function checkColumn(linear: LinearMemory, column: Column, { name, type, nullable }: Field, rowCount: number): void {
  expect(column.type, name).toEqual(type);
  const width = fixedWidth(type);
  const widths = width === undefined ? [0] : type.kind === 'decimal' ? [8, 16] : [width];
  if (type.kind !== 'null') expect(widths, `${name}: bytes of a value`).toContain(column.width);
  expect(column.dictionary?.values.width ?? column.width, `${name}: bytes of an entry`).toBe(column.width);
  expect(column.validity % 8, `${name}: the bitmap is not aligned`).toBe(0);
  const values = readColumn(linear, column, rowCount);
  // What holds row by row is an assertion only where it does not: one of each row takes longer than what is tested.
  if (!nullable && values.includes(null)) assert.fail(`${name} is not nullable`);
  if (column.validity !== 0 && column.dictionary === undefined) {
    const beneath = readColumn(linear, { ...column, validity: 0 }, rowCount);
    for (const [row, value] of values.entries()) {
      if (value === null && !isZero(beneath[row] ?? null)) {
        assert.fail(`${name}: not zero under the null in row ${row}`);
      }
    }
  }
  if (column.bits !== undefined) {
    for (const value of values) {
      if (typeof value !== 'bigint' && typeof value !== 'number') continue;
      const magnitude = value < 0 ? -BigInt(value) : BigInt(value);
      if (magnitude >= 1n << BigInt(column.bits)) assert.fail(`${name}: ${value} needs more than ${column.bits} bits`);
    }
  }
  if (column.dictionary !== undefined) checkCodes(linear, column, name, values);
}

/** What lies under a null: zero, an empty text or list, or nulls. */
function isZero(value: Value): boolean {
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  if (Array.isArray(value)) return value.every((part: Value) => isZero(part));
  if (typeof value === 'string') return /^[0-]*$/.test(value);
  return value === null || value === 0 || value === 0n || value === false || typeof value === 'object';
}

function checkCodes(linear: LinearMemory, column: Column, name: string, values: readonly unknown[]): void {
  const { dictionary } = column;
  expect(dictionary?.values.dictionary, `${name}: a dictionary in a dictionary`).toBeUndefined();
  expect(dictionary?.values.validity, `${name}: a dictionary with nulls`).toBe(0);
  for (const [row, value] of values.entries()) {
    const code = linear.u32[column.values / 4 + row];
    if (value === null && code !== 0) assert.fail(`${name}: code ${code} of the null in row ${row}`);
  }
}
