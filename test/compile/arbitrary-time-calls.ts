/** Random calls and arithmetic of dates, times and lengths of time, as binding makes them. */

import fc from 'fast-check';
import {
  type DataType,
  date,
  duration,
  int32,
  int64,
  interval,
  sameType,
  time,
  uint32,
  utf8,
} from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { ArithmeticOperator, TypedExpression } from '../../src/expressions/expression.ts';
import { stepFromText, stepProblem } from '../../src/expressions/truncation.ts';

type Deeper = (of: DataType) => fc.Arbitrary<TypedExpression>;
type Made = fc.Arbitrary<TypedExpression>;

const DAY_PARTS = ['quarter', 'month', 'week_of_year', 'day', 'day_of_week', 'day_of_year'];
const CLOCK_PARTS = ['hour', 'minute', 'second', 'millisecond', 'microsecond', 'nanosecond'];
const STEPS = [
  'microsecond',
  'second',
  '90 seconds',
  'hour',
  '7 hours',
  'day',
  '3 days',
  'week',
  '2 weeks',
  'month',
  'quarter',
  '5 months',
  'year',
  'decade',
  'century',
  '3 millennia',
];

const literal = (value: Value, type: DataType): TypedExpression => ({ kind: 'literal', value, type, nullable: false });

/** An interval whose nanoseconds are whole microseconds, or whole seconds. */
const anInterval = (perTick: bigint): Made =>
  fc
    .record({
      months: fc.oneof(fc.constant(0), fc.integer({ min: -30, max: 30 })),
      days: fc.oneof(fc.constant(0), fc.integer({ min: -400, max: 400 })),
      nanoseconds: fc.oneof(
        fc.constant(0n),
        fc.bigInt(-(10n ** 5n), 10n ** 5n).map((ticks) => ticks * perTick),
      ),
    })
    .map((value) => literal(value, interval));

const PER_TICK = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n } as const;

/** What gives values of the type, over values of `types`. */
export function timeCalls(type: DataType, types: readonly DataType[], deeper: Deeper): Made[] {
  const choices: Made[] = [];
  const of = (...kinds: readonly DataType['kind'][]): DataType[] => types.filter(({ kind }) => kinds.includes(kind));
  const call = (names: readonly string[], ...given: readonly Made[]): void => {
    choices.push(
      fc
        .tuple(fc.constantFrom(...names), fc.tuple(...given))
        .map(([name, list]): TypedExpression => ({ kind: 'function', name, arguments: list, type, nullable: true })),
    );
  };
  const any = (from: readonly DataType[]): Made => fc.constantFrom(...from).chain(deeper);
  const arithmetic = (operators: readonly ArithmeticOperator[], a: DataType, b: DataType): void => {
    choices.push(
      fc.tuple(fc.constantFrom(...operators), deeper(a), deeper(b)).map(([operator, left, right]): TypedExpression => {
        return { kind: 'arithmetic', operator, left, right, type, nullable: true };
      }),
    );
  };
  const isKnown = (other: DataType): boolean => types.some((one) => sameType(one, other));

  if (type === int32) {
    call(['year', 'iso_year', 'partition_months', 'partition_years'], any(of('date', 'timestamp')));
    call(['partition_hours'], any(of('timestamp')));
  }
  if (type === uint32) {
    call(DAY_PARTS, any(of('date', 'timestamp')));
    call(CLOCK_PARTS, any(of('time', 'timestamp')));
  }
  if (type.kind === 'date') {
    call(['last_day', 'partition_days'], any(of('date', 'timestamp')));
    call(
      ['next_day'],
      any(of('date', 'timestamp')),
      fc.constantFrom('monday', 'thu', 'su').map((day) => literal(day, utf8)),
    );
    call(['add_months'], any(of('date', 'timestamp')), deeper(int64));
    call(['date_add', 'date_sub'], deeper(date), fc.oneof(deeper(int64), any(of('duration')), anInterval(1n)));
    arithmetic(['+', '-'], date, int32);
  }
  if (type.kind === 'date' || type.kind === 'time' || type.kind === 'timestamp') {
    const steps = STEPS.filter((text) => stepProblem(stepFromText(text)!, type) === undefined);
    call(
      ['date_trunc'],
      fc.constantFrom(...steps).map((step) => literal(step, utf8)),
      deeper(type),
    );
  }
  if (type.kind === 'time') {
    const coarser = of('duration').filter(
      (other) => other.kind === 'duration' && (type.unit === 'ns' || other.unit !== 'ns'),
    );
    call(['date_add', 'date_sub'], deeper(type), fc.oneof(any(coarser), anInterval(PER_TICK[type.unit])));
    if (type.unit === 'ns' && isKnown(time('us')))
      call(['date_add', 'date_sub'], any(of('time')), deeper(duration('ns')));
  }
  if (type.kind === 'timestamp') {
    const coarser = of('duration').filter(
      (other) => other.kind === 'duration' && PER_TICK[other.unit] >= PER_TICK[type.unit],
    );
    const amounts = [deeper(int64), anInterval(PER_TICK[type.unit]), ...(coarser.length > 0 ? [any(coarser)] : [])];
    call(['date_add', 'date_sub'], deeper(type), fc.oneof(...amounts));
    if (isKnown(duration(type.unit))) arithmetic(['+', '-'], type, duration(type.unit));
  }
  if (type.kind === 'duration') {
    const clocks = of('time', 'timestamp').filter((other) => 'unit' in other && other.unit === type.unit);
    for (const clock of clocks) arithmetic(['-'], clock, clock);
    arithmetic(['+', '-', '%'], type, type);
    arithmetic(['*', '//'], type, int64);
  }
  return choices;
}
