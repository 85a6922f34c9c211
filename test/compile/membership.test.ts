/** `in` over lists of constants, short and long, of every type that has them: compiled, looked up or searched, as interpreted. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { bool } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { anyValue, FLAT_TYPES } from '../support/arbitrary-values.ts';
import { fuzzed } from '../support/fuzz.ts';

const cases = fc.constantFrom(...FLAT_TYPES.filter(({ kind }) => kind !== 'null')).chain((type) =>
  fc.record({
    type: fc.constant(type),
    values: fc.array(anyValue(type), { minLength: 1, maxLength: 150, size: 'max' }),
    others: fc.array(anyValue(type, false), { maxLength: 80, size: 'max' }),
    picks: fc.array(fc.nat(), { maxLength: 80, size: 'max' }),
    hasNull: fc.boolean(),
    dictionary: fc.boolean(),
  }),
);

test('finds what is in the list', () => {
  fc.assert(
    fc.property(cases, ({ type, values, others, picks, hasNull, dictionary }) => {
      const budget = new MemoryBudget(16 << 20);
      using holding = budget.reserve('test');
      const input: TypedExpression = { kind: 'column', index: 0, name: 'v', type, nullable: true };
      const listed = [...others, ...picks.map((pick) => values[pick % values.length] ?? null)];
      const list = listed
        .filter((value) => hasNull || value !== null)
        .map((value): TypedExpression => ({ kind: 'literal', value, type, nullable: value === null }));
      if (list.length === 0) return;
      const expression: TypedExpression = { kind: 'is-in', input, list, type: bool, nullable: true };
      const schema: Schema = { fields: [field('v', type)] };
      const batch = new Batch(schema, values.length, [columnFromValues(holding, type, values, { dictionary })]);
      using program = new RowProgram(
        { input: schema, columns: [{ name: 'x', expression }], operator: 'Project' },
        holding,
      );
      const [column] = program.apply(batch).columns;
      const evaluate = interpreter(expression);
      const expected = values.map((value) => evaluate({ value: () => value, where: () => 'here' }));
      expect(column && readColumn(budget.linear, column, values.length)).toEqual(expected);
    }),
    fuzzed(200),
  );
});
