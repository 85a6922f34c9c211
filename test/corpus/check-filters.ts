/**
 * What statistics, indexes, dictionaries and Bloom filters of a file rule out, must not have the rows that a filter asks for:
 * each column is asked for some of its values, and the rows that come are counted beside those of the whole file.
 */

import assert from 'node:assert/strict';
import { isOrderable } from '../../src/columnar/data-type.ts';
import type { Field } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { bindPredicate } from '../../src/expressions/bind.ts';
import type { Expression, TypedExpression } from '../../src/expressions/expression.ts';
import { valueToJson } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { readParquetSchema } from '../../src/io/parquet/parquet-schema.ts';
import { Differs, scanFile } from './scan-file.ts';

const OPERATORS = {
  '=': (order: number) => order === 0,
  '<': (order: number) => order < 0,
  '>=': (order: number) => order >= 0,
};

/** How many filters were tried. @throws Differs, and what a scan throws */
export async function checkFilters(uri: string): Promise<number> {
  const { fields } = await readParquetSchema(fileStore(), uri);
  let filters = 0;
  for (const field of fields.filter(({ type }) => isOrderable(type))) {
    const whole: Value[] = [];
    await scanFile(uri, [field], undefined, ([values = []]) => void whole.push(...values));
    for (const value of someOf(whole)) {
      for (const [operator, isWanted] of Object.entries(OPERATORS)) {
        const count = (values: readonly Value[]): number =>
          values.filter((one) => one !== null && isWanted(order(one, value))).length;
        const filter = predicate(field, operator as keyof typeof OPERATORS, value);
        let found = 0;
        // Beside another column, which is read only where the filter may keep a row.
        const others = fields.filter((other) => other !== field).slice(0, 1);
        await scanFile(uri, [field, ...others], filter, ([values = []]) => {
          found += count(values);
        });
        filters += 1;
        if (found !== count(whole)) {
          const said = JSON.stringify(valueToJson(value, field.type));
          throw new Differs(`${field.name} ${operator} ${said}: ${found} rows, the whole has ${count(whole)}`);
        }
      }
    }
  }
  return filters;
}

/** The least, the greatest, and one in the middle. */
function someOf(values: readonly Value[]): Value[] {
  const there = values.filter((value) => value !== null);
  if (there.length === 0) return [];
  const [first = null] = there;
  const least = there.reduce((a, b) => (order(b, a) < 0 ? b : a), first);
  const greatest = there.reduce((a, b) => (order(b, a) > 0 ? b : a), first);
  return [least, greatest, there[there.length >> 1] ?? first];
}

/** Below 0 where `a` comes first: zeros are equal, and NaN, which equals itself, is the greatest number. */
function order(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  assert.ok(a !== null && b !== null);
  return a < b ? -1 : Number(a > b);
}

function predicate({ name, type, nullable }: Field, operator: keyof typeof OPERATORS, value: Value): TypedExpression {
  const literal: Expression = { kind: 'literal', type, value: valueToJson(value, type) };
  const expression: Expression = { kind: 'binary', operator, left: { kind: 'column', name }, right: literal };
  const problems = new Problems();
  const bound = bindPredicate(expression, { fields: [{ name, type, nullable }] }, problems, '$');
  assert.ok(bound !== undefined, JSON.stringify(problems.found));
  return bound;
}
