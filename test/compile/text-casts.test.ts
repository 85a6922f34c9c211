/** Casts of texts that kernels compute over whole columns: what they give is what the interpreter gives. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { bool, type DataType, date, decimal, float32, float64, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { kernelStepOf } from '../../src/compile/kernel-step.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { anyValue } from '../support/arbitrary-values.ts';
import { fuzzed } from '../support/fuzz.ts';

const timestamp = (unit: 'ms' | 'ns', timezone: string | null): DataType => ({ kind: 'timestamp', unit, timezone });
const digits = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String);
const whole = fc.oneof(fc.integer({ min: -300, max: 300 }).map(String), digits);
const fraction = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.nat(99_999)).map((parts) => parts.join('.'));
const moment = fc
  .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('2300-01-01') })
  .map((at) => at.toISOString());
const noise = fc.constantFrom('', ' ', '-', '.5', '1e3', 'nan', 'x7', 'true', '7 ', '2024-02-30');

const TYPES: readonly (readonly [DataType, fc.Arbitrary<string>])[] = [
  [int64, whole],
  [{ kind: 'int8' }, whole],
  [{ kind: 'uint32' }, whole],
  [decimal(12, 3), fraction],
  [float64, fc.oneof(fraction, fc.double().map(String))],
  [float32, fraction],
  [bool, fc.constantFrom('true', 'false', 'yes', 'F', '1')],
  [date, moment.map((text) => text.slice(0, 10))],
  [timestamp('ms', null), moment.map((text) => text.slice(0, -1))],
  [timestamp('ns', 'UTC'), moment],
  [timestamp('ms', 'Europe/Rome'), moment],
];

const cases = fc.constantFrom(...TYPES).chain(([type, good]) =>
  fc.record({
    type: fc.constant(type),
    texts: fc.boolean().chain((hasNoise) =>
      fc.array(fc.option(hasNoise ? fc.oneof({ weight: 9, arbitrary: good }, noise) : good), {
        minLength: 1,
        maxLength: 150,
      }),
    ),
    isTried: fc.boolean(),
  }),
);

test('texts are cast by kernels as by the interpreter, and fail where it does', () => {
  let byKernel = 0;
  fc.assert(
    fc.property(cases, ({ type, texts, isTried }) => {
      const budget = new MemoryBudget(16 << 20);
      using holding = budget.reserve('test');
      const schema: Schema = { fields: [field('text', utf8)] };
      const problems = new Problems();
      const cast = { kind: 'cast', input: { kind: 'column', name: 'text' }, type, try: isTried } as const;
      const expression = bindExpression(cast, schema, problems, '$');
      if (expression === undefined) throw new Error(JSON.stringify(problems));
      const batch = new Batch(schema, texts.length, [columnFromValues(holding, utf8, texts)]);
      if (kernelStepOf(expression, holding)?.evaluate(batch.columns, texts.length) !== undefined) byKernel++;
      using program = new RowProgram(
        { input: schema, columns: [{ name: 'x', expression }], operator: 'Project' },
        holding,
      );
      const evaluate = interpreter(expression);
      const expected = outcome(() => texts.map((text) => evaluate({ value: () => text, where: () => '' })));
      const actual = outcome(() => {
        const [column] = program.apply(batch).columns;
        return column && readColumn(budget.linear, column, texts.length);
      });
      expect(actual).toEqual(expected);
    }),
    fuzzed(300),
  );
  expect(byKernel).toBeGreaterThan(0);
});

const WRITTEN: readonly DataType[] = [
  int64,
  { kind: 'uint64' },
  { kind: 'int8' },
  decimal(15, 2),
  decimal(30, 4),
  float64,
  float32,
  bool,
  date,
  { kind: 'time', unit: 'us' },
  timestamp('ms', null),
  timestamp('ns', 'UTC'),
  timestamp('ms', 'Europe/Rome'),
];

test.each(WRITTEN)('%j is cast to texts by kernels as by the interpreter', (type) => {
  const columns = fc.array(anyValue(type), { minLength: 1, maxLength: 150, size: 'max' });
  fc.assert(
    fc.property(columns, fc.boolean(), (values, dictionary) => {
      const budget = new MemoryBudget(16 << 20);
      using holding = budget.reserve('test');
      const schema: Schema = { fields: [field('value', type)] };
      const cast = { kind: 'cast', input: { kind: 'column', name: 'value' }, type: utf8 } as const;
      const expression = bindExpression(cast, schema, new Problems(), '$')!;
      const batch = new Batch(schema, values.length, [columnFromValues(holding, type, values, { dictionary })]);
      using program = new RowProgram(
        { input: schema, columns: [{ name: 'x', expression }], operator: 'Project' },
        holding,
      );
      const evaluate = interpreter(expression);
      const expected = outcome(() => values.map((value) => evaluate({ value: () => value, where: () => '' })));
      const actual = outcome(() => {
        const [column] = program.apply(batch).columns;
        return column && readColumn(budget.linear, column, values.length);
      });
      expect(actual).toEqual(expected);
    }),
    fuzzed(40),
  );
});

/** A failure is as good as another: that of a program names the row. */
function outcome<T>(run: () => T): T | 'fails' {
  try {
    return run();
  } catch {
    return 'fails';
  }
}
