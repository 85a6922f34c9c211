import assert from 'node:assert/strict';
import { BATCH_ROWS, type Batch } from '../../src/columnar/batch.ts';
import type { Column } from '../../src/columnar/column.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { fixedWidth } from '../../src/columnar/data-type.ts';
import { type Field, type Schema, sameSchema, schemaText } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { LinearMemory } from '../../src/memory/linear-memory.ts';

/**
 * Fails unless `batch` keeps the rules that kernels rely on (`columnar/column.ts`) and what `schema` promises. Without `expect`, whose
 * calls would take longer, for each column and row, than what is tested.
 */
export function checkBatch(linear: LinearMemory, batch: Batch, schema: Schema): void {
  assert.ok(batch.rowCount <= BATCH_ROWS, `a batch of ${batch.rowCount} rows`);
  if (!sameSchema(batch.schema, schema)) assert.fail(`${schemaText(batch.schema)} is not ${schemaText(schema)}`);
  assert.equal(batch.columns.length, schema.fields.length);
  for (const [index, field] of schema.fields.entries()) {
    checkColumn(linear, batch.columns[index] as Column, field, batch.rowCount);
  }
}

function checkColumn(linear: LinearMemory, column: Column, { name, type, nullable }: Field, rowCount: number): void {
  assert.deepEqual(column.type, type, name);
  const width = fixedWidth(type);
  const widths = width === undefined ? [0] : type.kind === 'decimal' ? [8, 16] : [width];
  assert.ok(type.kind === 'null' || widths.includes(column.width), `${name}: ${column.width} bytes of a value`);
  assert.equal(column.dictionary?.values.width ?? column.width, column.width, `${name}: bytes of an entry`);
  assert.equal(column.validity % 8, 0, `${name}: the bitmap is not aligned`);
  const values = readColumn(linear, column, rowCount);
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
  assert.equal(dictionary?.values.dictionary, undefined, `${name}: a dictionary in a dictionary`);
  assert.equal(dictionary?.values.validity, 0, `${name}: a dictionary with nulls`);
  for (const [row, value] of values.entries()) {
    const code = linear.u32[column.values / 4 + row];
    if (value === null && code !== 0) assert.fail(`${name}: code ${code} of the null in row ${row}`);
  }
}
