/** Functions of texts that kernels compute over whole columns: what they give is what the interpreter gives. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { kernelStepOf } from '../../src/compile/kernel-step.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { columnsOf, needles, texts } from '../kernels/text-columns.ts';
import { fuzzed } from '../support/fuzz.ts';

const places = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(2 ** 31 - 1, 1 - 2 ** 31));
const starts = places.filter((place) => place !== 0);
const lengths = fc.oneof(fc.nat({ max: 9 }), fc.constant(2 ** 31 - 1));
const needle = needles.filter((text) => text !== '');

const calls: fc.Arbitrary<readonly [name: string, ...rest: (string | number)[]]> = fc.oneof(
  fc.tuple(fc.constantFrom('left', 'right', 'substr', 'substring', 'slice'), places),
  fc.tuple(fc.constant('substr'), places, places),
  fc.tuple(fc.constant('substring'), places, lengths),
  fc.tuple(fc.constant('slice'), fc.nat({ max: 9 }), places),
  fc.tuple(fc.constant('slice'), starts, fc.integer({ min: -9, max: -1 })),
  fc.tuple(fc.constantFrom('strip', 'lstrip', 'rstrip')),
  fc.tuple(fc.constantFrom('strip', 'lstrip', 'rstrip'), fc.constantFrom('ab', ' _%', '')),
  fc.tuple(fc.constant('split_part'), needle, starts),
  fc.tuple(fc.constant('replace'), needle, needles),
);

const values = fc
  .tuple(columnsOf(texts(['a', 'b', ' ', '\u3000', 'é', '😀'])), columnsOf(texts(['a', 'b', ' ', '\t'])))
  .chain((kinds) => fc.constantFrom(...kinds))
  .chain((column) => fc.array(fc.option(fc.constantFrom('', ...column)), { minLength: 1, maxLength: 200 }));

const pieces = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c') },
    needles.map((text) => ({ text })),
  ),
  { minLength: 1, maxLength: 5 },
);

test('columns and literals are put together by kernels as by the interpreter', () => {
  fc.assert(
    fc.property(
      values,
      values,
      values,
      pieces,
      fc.option(needles),
      fc.boolean(),
      (a, b, c, parts, separator, coded) => {
        const budget = new MemoryBudget(16 << 20);
        using holding = budget.reserve('test');
        const schema: Schema = { fields: ['a', 'b', 'c'].map((name) => field(name, utf8)) };
        const literal = (value: string) => ({ kind: 'literal', value, type: utf8 }) as const;
        const call = {
          kind: 'function',
          name: separator === null ? 'concat' : 'concat_ws',
          arguments: [
            ...(separator === null ? [] : [literal(separator)]),
            ...parts.map((part) =>
              typeof part === 'string' ? ({ kind: 'column', name: part } as const) : literal(part.text),
            ),
          ],
        } as const;
        const problems = new Problems();
        const expression = bindExpression(call, schema, problems, '$');
        if (expression === undefined) throw new Error(JSON.stringify(problems));
        const rowCount = Math.min(a.length, b.length, c.length);
        const columns = [a, b, c].map((column, n) =>
          columnFromValues(holding, utf8, column.slice(0, rowCount), { dictionary: coded && n === 1 }),
        );
        if (expression.kind === 'function') {
          expect(kernelStepOf(expression, holding)?.evaluate(columns, rowCount)).toBeDefined();
        }
        using program = new RowProgram(
          { input: schema, columns: [{ name: 'x', expression }], operator: 'Project' },
          holding,
        );
        const [result] = program.apply(new Batch(schema, rowCount, columns)).columns;
        const evaluate = interpreter(expression);
        const expected = a.slice(0, rowCount).map((text, row) => {
          const values = [text, b[row] ?? null, c[row] ?? null];
          return evaluate({ value: (index) => values[index] ?? null, where: () => 'here' });
        });
        expect(result && readColumn(budget.linear, result, rowCount)).toEqual(expected);
      },
    ),
    fuzzed(300),
  );
});

test('texts are cut, trimmed, split and replaced by kernels as by the interpreter', () => {
  fc.assert(
    fc.property(values, calls, (column, [name, ...rest]) => {
      const budget = new MemoryBudget(16 << 20);
      using holding = budget.reserve('test');
      const schema: Schema = { fields: [field('text', utf8)] };
      const problems = new Problems();
      const call = {
        kind: 'function',
        name,
        arguments: [
          { kind: 'column', name: 'text' },
          ...rest.map((value) => ({
            kind: 'literal',
            value,
            type: { kind: typeof value === 'string' ? 'utf8' : 'int64' },
          })),
        ],
      };
      const expression = bindExpression(call as never, schema, problems, '$');
      if (expression === undefined) throw new Error(JSON.stringify(problems));
      const batch = new Batch(schema, column.length, [columnFromValues(holding, utf8, column)]);
      expect(kernelStepOf(expression, holding)?.evaluate(batch.columns, column.length)).toBeDefined();
      using program = new RowProgram(
        { input: schema, columns: [{ name: 'x', expression }], operator: 'Project' },
        holding,
      );
      const [result] = program.apply(batch).columns;
      const evaluate = interpreter(expression);
      const expected = column.map((value) => evaluate({ value: () => value, where: () => 'here' }));
      expect(result && readColumn(budget.linear, result, column.length)).toEqual(expected);
    }),
    fuzzed(300),
  );
});
