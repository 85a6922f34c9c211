import { bool, type DataType, date, sameType } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { daysOf } from './calendar.ts';
import { knownClockOf } from './clock.ts';
import { castLiteral, literal, logic } from './coerce.ts';
import type { ComparisonOperator, TypedExpression } from './expression.ts';
import { ticksPerDay } from './temporal-text.ts';
import { nextStep, stepFromText, truncater } from './truncation.ts';
import { hasPlainDays } from './whole-conversion.ts';
import { wholeValue } from './whole-value.ts';

type OfKind<Kind extends TypedExpression['kind']> = Extract<TypedExpression, { kind: Kind }>;

/**
 * Where the left side puts a column's values into periods that follow each other, and the right side names one, the
 * comparison with the period is one with its first value and with the first value of the next.
 *
 *     ──┤ 1994 ├──┤ 1995 ├──┤ 1996 ├──       year(d) <= 1995   is   d < first(1996)
 *                 ▲ first   ▲ next           year(d)  = 1995   is   d >= first(1995) and d < first(1996)
 */
export function asRange(e: OfKind<'compare'>, right: OfKind<'literal'>): TypedExpression | undefined {
  const period = periodOf(e.left, right.value);
  if (period === undefined) return undefined;
  const { column } = period;
  const compared = (operator: ComparisonOperator, value: Value): TypedExpression => ({
    kind: 'compare',
    operator,
    left: column,
    right: literal(value, column.type),
    type: bool,
    nullable: column.nullable,
  });
  switch (e.operator) {
    case '=':
      return logic('and', compared('>=', period.first), compared('<', period.next));
    case '!=':
      return logic('or', compared('<', period.first), compared('>=', period.next));
    case '<':
      return compared('<', period.first);
    case '<=':
      return compared('<', period.next);
    case '>':
      return compared('>=', period.next);
    case '>=':
      return compared('>=', period.first);
  }
}

interface Period {
  readonly column: OfKind<'column'>;
  /** Its first value, and that of the period behind it. */
  readonly first: Value;
  readonly next: Value;
}

/** Undefined where there is no period, or a bound of it is no value of the column's type. */
function periodOf(e: TypedExpression, value: Value): Period | undefined {
  if (e.kind === 'cast') {
    const { input } = e;
    const isCut = e.try !== true && e.type.kind === 'date' && input.type.kind === 'timestamp';
    return isCut && input.kind === 'column' ? period(input, Number(value), Number(value) + 1) : undefined;
  }
  if (e.kind !== 'function') return undefined;
  if (e.name === 'date_trunc') return truncationPeriod(e, value);
  const [input] = e.arguments;
  if (e.name !== 'year' || input?.kind !== 'column' || !HAS_DAYS.has(input.type.kind)) return undefined;
  const startOf = (year: number): number => daysOf({ year, month: 1, day: 1 });
  return Math.abs(Number(value)) < 1_000_000
    ? period(input, startOf(Number(value)), startOf(Number(value) + 1))
    : undefined;
}

const HAS_DAYS: ReadonlySet<string> = new Set(['date', 'timestamp'] satisfies DataType['kind'][]);

/** Of `date_trunc(unit, column)`, where the value begins a period; no other is ever equal to it. */
function truncationPeriod({ arguments: [unit, column] }: OfKind<'function'>, value: Value): Period | undefined {
  if (unit?.kind !== 'literal' || column?.kind !== 'column') return undefined;
  const { type } = column;
  if (type.kind !== 'date' && !hasPlainDays(type)) return undefined;
  const step = stepFromText(String(unit.value));
  if (step === undefined || (typeof value !== 'number' && typeof value !== 'bigint')) return undefined;
  if (truncater(step, type)(value) !== value) return undefined;
  const next = wholeValue(BigInt(nextStep(step, type, value)), type);
  return next === undefined ? undefined : { column, first: value, next };
}

function period(column: OfKind<'column'>, firstDay: number, nextDay: number): Period | undefined {
  const [first, next] = [dayValue(firstDay, column.type), dayValue(nextDay, column.type)];
  return first === undefined || next === undefined ? undefined : { column, first, next };
}

/**
 * The first value of a day, in a column of dates or timestamps. Undefined too where the clock of the zone is set within a
 * day of it, when it may show the day, leave it, and come to it again.
 */
function dayValue(day: number, type: DataType): Value | undefined {
  if (!Number.isInteger(day) || Math.abs(day) >= 2 ** 31) return undefined;
  if (sameType(type, date)) return day;
  const value = castLiteral(day, date, type);
  if (type.kind !== 'timestamp' || typeof value !== 'bigint') return undefined;
  const offset = knownClockOf(type).offset;
  const perDay = ticksPerDay(type.unit);
  return offset(value - perDay) === offset(value + perDay) ? value : undefined;
}
