/** Parts of dates and times as whole numbers. What lies before 1970 floors. */

import { type DataType, int32, uint32 } from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { calendarDay, daysOf } from '../calendar.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../temporal-text.ts';
import {
  type Call,
  define,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { DATE_OR_PLAIN_TIMESTAMP, PLAIN_TIMESTAMP } from './parameter-kinds.ts';

type DayPart = (days: number) => number;
type ClockPart = (second: number) => number;

/** Of the day that a date (days) or a timestamp (ticks) lies in. */
const ofDay =
  (part: DayPart) =>
  ({ types: [type] }: Call): Evaluate => {
    if (type?.kind !== 'timestamp') return (days) => part(Number(days));
    const perDay = ticksPerDay(type.unit);
    return (ticks) => part(Number((wholeOf(ticks) - inDay(ticks, perDay)) / perDay));
  };

/** Of the second of the day that a timestamp lies in. */
const ofClock =
  (part: ClockPart) =>
  ({ types: [type] }: Call): Evaluate => {
    const unit = (type as Extract<DataType, { kind: 'timestamp' }>).unit;
    const [perDay, perSecond] = [ticksPerDay(unit), TICKS_PER_SECOND[unit]];
    return (ticks) => part(Number(inDay(ticks, perDay) / perSecond));
  };

function inDay(value: Value | undefined, perDay: bigint): bigint {
  const ticks = wholeOf(value);
  return ((ticks % perDay) + perDay) % perDay;
}

/** Seconds alone reach years beyond an int32. */
const isSeconds = ([type]: readonly DataType[]): boolean => type?.kind === 'timestamp' && type.unit === 's';

const datePart = (
  name: string,
  kind: ParameterKind<Value & {}>,
  result: DataType,
  doc: string,
  prepare: (call: Call) => Evaluate,
  ...examples: readonly Example[]
): FunctionDefinition =>
  define({
    name,
    canFail: name === 'year' && isSeconds,
    family: 'dates and times',
    doc,
    parameters: [parameter('time', kind)],
    result,
    prepare,
    examples,
  });

const DAY = { kind: 'literal', type: { kind: 'date' }, value: '1995-03-17' } as const;
const MOMENT = {
  kind: 'literal',
  type: { kind: 'timestamp', unit: 'us', timezone: null },
  value: '1995-03-17T08:30:59.9',
} as const;
const BOTH = DATE_OR_PLAIN_TIMESTAMP;

export const DATE_PART_FUNCTIONS: readonly FunctionDefinition[] = [
  datePart(
    'year',
    BOTH,
    int32,
    'The calendar year; 0 is 1 BC.',
    ofDay((days) => calendarDay(days).year),
    [[DAY], 1995],
  ),
  datePart(
    'quarter',
    BOTH,
    uint32,
    'The quarter of the year, 1 to 4.',
    ofDay((days) => Math.ceil(calendarDay(days).month / 3)),
    [[DAY], 1],
  ),
  datePart(
    'month',
    BOTH,
    uint32,
    'The month, 1 to 12.',
    ofDay((days) => calendarDay(days).month),
    [[DAY], 3],
  ),
  datePart(
    'day',
    BOTH,
    uint32,
    'The day of the month, 1 to 31.',
    ofDay((days) => calendarDay(days).day),
    [[DAY], 17],
  ),
  datePart(
    'day_of_week',
    BOTH,
    uint32,
    'The day of the week, from 0 for Monday to 6 for Sunday.',
    // 1 January 1970 was a Thursday.
    ofDay((days) => (((days + 3) % 7) + 7) % 7),
    [[DAY], 4],
  ),
  datePart(
    'day_of_year',
    BOTH,
    uint32,
    'The day of the year, 1 to 366.',
    ofDay((days) => days - daysOf({ year: calendarDay(days).year, month: 1, day: 1 }) + 1),
    [[DAY], 76],
  ),
  datePart(
    'hour',
    PLAIN_TIMESTAMP,
    uint32,
    'The hour, 0 to 23.',
    ofClock((s) => Math.floor(s / 3_600)),
    [[MOMENT], 8],
  ),
  datePart(
    'minute',
    PLAIN_TIMESTAMP,
    uint32,
    'The minute, 0 to 59.',
    ofClock((s) => Math.floor(s / 60) % 60),
    [[MOMENT], 30],
  ),
  datePart(
    'second',
    PLAIN_TIMESTAMP,
    uint32,
    'The whole second, 0 to 59.',
    ofClock((s) => s % 60),
    [[MOMENT], 59],
  ),
];
