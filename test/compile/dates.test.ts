/** Every day of two eras, and the ends of what 32 bits count, have the parts that the calendar gives them. */

import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { date } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import { calendarDay, daysOf } from '../../src/expressions/calendar.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

const ERA = 146_097;
const RANGES = [
  { name: 'around 1970', first: -ERA },
  { name: 'the first that there are', first: -(2 ** 31) },
  { name: 'the last that there are', first: 2 ** 31 - 2 * ERA },
];

test.each(RANGES)('$name', ({ first }) => {
  const budget = new MemoryBudget(64 << 20);
  using holding = budget.reserve('test');
  const schema: Schema = { fields: [field('d', date, false)] };
  const days = Array.from({ length: 2 * ERA }, (_, index) => first + index);
  const batch = new Batch(schema, days.length, [columnFromValues(holding, date, days)]);
  const names = ['year', 'quarter', 'month', 'day', 'day_of_year', 'day_of_week'];
  const columns = names.map((name) => {
    const call = { kind: 'function' as const, name, arguments: [{ kind: 'column' as const, name: 'd' }] };
    const expression = bindExpression(call, schema, new Problems(), '$');
    if (expression === undefined) throw new Error(name);
    return { name, expression };
  });
  using program = new RowProgram({ input: schema, columns, operator: 'Project' }, holding);
  const parts = program.apply(batch).columns.map((column) => readColumn(budget.linear, column, days.length));
  const wrong = days.filter((day, row) => {
    const { year, month, day: ofMonth } = calendarDay(day);
    const ofYear = day - daysOf({ year, month: 1, day: 1 }) + 1;
    const expected = [year, Math.ceil(month / 3), month, ofMonth, ofYear, (((day + 3) % 7) + 7) % 7];
    return !expected.every((value, n) => parts[n]?.[row] === value);
  });
  expect(wrong).toEqual([]);
});
