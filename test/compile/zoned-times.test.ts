/**
 * Kernels over clocks of time zones give what the interpreter gives, row by row: around every change of some years, where
 * clocks skip hours, half hours and a whole day, and show others twice; before 1800, behind 2500, and as far as ticks go.
 */

import { describe, expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { type DataType, type TimeUnit, timestamp } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { kernelStepOf } from '../../src/compile/kernel-step.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import type { Expression, TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { TICKS_PER_SECOND } from '../../src/expressions/temporal-text.ts';
import { timeZone } from '../../src/expressions/time-zone.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

const ZONES = [
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'America/St_Johns',
  'Africa/Casablanca',
  '+05:30',
];

const secondsOf = (text: string): number => Date.parse(text) / 1_000;
/** Where the clocks of these zones are changed. */
const SPANS = [
  ['1885-01-01T00:00:00Z', '1895-01-01T00:00:00Z'],
  ['1915-01-01T00:00:00Z', '1917-01-01T00:00:00Z'],
  ['2010-06-01T00:00:00Z', '2013-01-01T00:00:00Z'],
  ['2023-06-01T00:00:00Z', '2025-01-01T00:00:00Z'],
] as const;

/** Around changes in steps that miss no quarter of an hour, and where there are none; as UTC and as what clocks show. */
function momentsIn(zone: string): number[] {
  const found = [-6_000_000_000, -5_364_662_401, 0, 86_399, 16_725_225_599, 16_725_225_601, 253_402_300_799];
  for (let year = 2490; year < 12_000; year += 37)
    found.push(
      ...['03', '07', '10'].map((month) => secondsOf(`+${String(year).padStart(6, '0')}-${month}-30T00:30:00Z`)),
    );
  for (const [from, to] of SPANS) {
    for (const { since, offset } of timeZone(zone)!.offsetsBetween(secondsOf(from), secondsOf(to))) {
      for (let near = -30 * 3_600; near <= 30 * 3_600; near += 821) found.push(since + near, since + near + offset);
      found.push(since - 1, since, since + 1, since + offset - 1, since + offset);
    }
  }
  return found;
}

const column: Expression = { kind: 'column', name: 't' };
const call = (name: string, ...given: readonly Expression[]): Expression => ({
  kind: 'function',
  name,
  arguments: given,
});
const text = (value: string): Expression => ({ kind: 'literal', type: { kind: 'utf8' }, value });
const interval = (value: string): Expression => ({ kind: 'literal', type: { kind: 'interval' }, value });
const truncated = (unit: string): Expression => call('date_trunc', text(unit), column);

function bound(e: Expression, type: DataType): TypedExpression {
  const expression = bindExpression(e, { fields: [field('t', type)] }, new Problems(), '$');
  if (expression === undefined) throw new Error(JSON.stringify(e));
  return expression;
}

/** Holds what the programs of the expressions give against the interpreter, over rows with nulls. */
function compare(type: DataType, given: readonly bigint[], expressions: readonly Expression[]): void {
  const budget = new MemoryBudget(64 << 20);
  using holding = budget.reserve('test');
  const schema: Schema = { fields: [field('t', type)] };
  const values = given.map((value, row): Value => (row % 13 === 5 ? null : value));
  const batch = new Batch(schema, values.length, [columnFromValues(holding, type, values)]);
  for (const e of expressions) {
    const expression = bound(e, type);
    using program = new RowProgram(
      { input: schema, columns: [{ name: 'x', expression }], operator: 'Project' },
      holding,
    );
    const result = program.tryApply(batch)?.columns[0];
    expect(result, JSON.stringify(e)).toBeDefined();
    const evaluate = interpreter(expression);
    const expected = values.map((value) => evaluate({ value: () => value, where: () => 'here' }));
    const got = result === undefined ? [] : readColumn(budget.linear, result, values.length);
    const wrong = values.flatMap((value, row) =>
      got[row] === expected[row] ? [] : [[value, got[row], expected[row]]],
    );
    expect(wrong, JSON.stringify(e)).toEqual([]);
  }
}

describe.each(ZONES)('on the clocks of %s', (zone) => {
  const seconds = momentsIn(zone);

  test.each<TimeUnit>(['s', 'us', 'ns'])('in %s', (unit) => {
    const perSecond = TICKS_PER_SECOND[unit];
    const reach = 9_000_000_000;
    const ticks = seconds
      .filter((second) => unit !== 'ns' || Math.abs(second) < reach)
      .map((second, row) => BigInt(second) * perSecond + ((BigInt(row) * 7_919n) % perSecond));
    const type = timestamp(unit, zone);
    const [date, plain, clock]: DataType[] = [{ kind: 'date' }, timestamp('us'), { kind: 'time', unit: 'us' }];
    compare(type, ticks, [
      call('hour', column),
      call('day_of_year', column),
      call('last_day', column),
      { kind: 'cast', input: column, type: date! },
      { kind: 'cast', input: column, type: clock! },
      ...['second', 'minute', '15 minutes', 'hour', '7 hours', 'day', 'week', 'month', 'year', '10 years'].map(
        truncated,
      ),
      ...['P1D', 'P-1D', 'P1M', 'P-1M1D', 'P1M-3DT2H', 'P1DT-30M'].map((by) => call('date_add', column, interval(by))),
      call('date_sub', column, { kind: 'literal', type: { kind: 'int64' }, value: '1' }),
      // Begins at fractions of seconds, and where the clock skips them.
      ...(unit === 's' ? [] : [truncated('999999 milliseconds')]),
      ...(unit === 'ns' ? [] : [{ kind: 'cast', input: column, type: plain! } as const]),
    ]);
    compare(timestamp(unit), ticks, [{ kind: 'cast', input: column, type }]);
  });
});

test('the first and the last nanosecond that there are lie in summer and in winter as others do', () => {
  const type = timestamp('ns', 'America/St_Johns');
  compare(type, [2n ** 63n - 1n, 0n, -(2n ** 63n) + 10n ** 15n], [call('hour', column), call('minute', column)]);
});

test('ticks whose clock is beyond 64 bits are left to the interpreter, which refuses them', () => {
  const budget = new MemoryBudget(64 << 20);
  using holding = budget.reserve('test');
  const type = timestamp('us', 'Europe/Berlin');
  const schema: Schema = { fields: [field('t', type)] };
  const batch = new Batch(schema, 2, [columnFromValues(holding, type, [0n, 2n ** 63n - 1n])]);
  const [hour, shown] = [
    bound(call('hour', column), type),
    bound({ kind: 'cast', input: column, type: timestamp('us') }, type),
  ];
  const apply = (expression: TypedExpression): unknown => {
    using program = new RowProgram(
      { input: schema, columns: [{ name: 'x', expression }], operator: 'Project' },
      holding,
    );
    return readColumn(budget.linear, program.apply(batch).columns[0]!, 2);
  };
  expect(() => apply(shown)).toThrow('cannot be represented');
  expect(apply(hour)).toHaveLength(2);
});

test('kernels do it', () => {
  const budget = new MemoryBudget(64 << 20);
  using holding = budget.reserve('test');
  const [zoned, plain] = [timestamp('us', 'Europe/Berlin'), timestamp('us')];
  const ticks = momentsIn('Europe/Berlin').map((second) => BigInt(second) * 1_000_000n);
  const isKernels = (e: Expression, type: DataType): boolean => {
    const step = kernelStepOf(bound(e, type), holding);
    return step?.evaluate([columnFromValues(holding, type, ticks)], ticks.length) !== undefined;
  };
  expect(isKernels({ kind: 'cast', input: column, type: plain }, zoned)).toBe(true);
  expect(isKernels({ kind: 'cast', input: column, type: zoned }, plain)).toBe(true);
  expect(isKernels(call('date_add', column, interval('P1D')), zoned)).toBe(true);
  expect(['hour', 'week', 'month'].map((unit) => isKernels(truncated(unit), zoned))).toEqual([true, true, true]);
});
