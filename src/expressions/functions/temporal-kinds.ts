/** What arguments of functions of dates and times may be, and what such calls are checked for. */

import {
  type DataType,
  date,
  duration,
  int64,
  interval,
  isInteger,
  isNumeric,
  time,
  timestamp,
} from '../../columnar/data-type.ts';
import type { Interval } from '../../columnar/value.ts';
import { timeZoneProblem } from '../time-zone.ts';
import type { Call, ExampleArgument, ParameterKind } from './function-definition.ts';

const kind = <V>(takes: string, preferred: DataType, ...kinds: readonly DataType['kind'][]): ParameterKind<V> => ({
  takes,
  preferred,
  accept: (type) => (kinds.includes(type.kind) ? type : undefined),
});

export const DATE_OR_TIMESTAMP_OR_INTERVAL: ParameterKind<number | bigint | Interval> = kind(
  'a date, a timestamp or an interval',
  date,
  'date',
  'timestamp',
  'interval',
);
export const TIME_OR_TIMESTAMP: ParameterKind<bigint> = kind(
  'a time or a timestamp',
  timestamp('us'),
  'time',
  'timestamp',
);
export const TIME_OR_TIMESTAMP_OR_INTERVAL: ParameterKind<bigint | Interval> = kind(
  'a time, a timestamp or an interval',
  timestamp('us'),
  'time',
  'timestamp',
  'interval',
);
export const DATE_OR_TIME_OR_TIMESTAMP: ParameterKind<number | bigint> = kind(
  'a date, a time or a timestamp',
  timestamp('us'),
  'date',
  'time',
  'timestamp',
);

export const DATE_OR_TIME_OR_TIMESTAMP_OR_INTERVAL: ParameterKind<number | bigint | Interval> = kind(
  'a date, a time, a timestamp or an interval',
  timestamp('us'),
  'date',
  'time',
  'timestamp',
  'interval',
);

export const DURATION: ParameterKind<bigint> = kind('a duration', duration('us'), 'duration');
export const INTERVAL: ParameterKind<Interval> = kind('an interval', interval, 'interval');

/** Integers as int64, other numbers as float64. */
export const COUNT_OR_FLOAT: ParameterKind<number | bigint> = {
  takes: 'a number',
  preferred: int64,
  accept: (type) => (isInteger(type) ? int64 : isNumeric(type) ? { kind: 'float64' } : undefined),
};

/** The result of a call whose types name zones that there are; else what is wrong with them. */
export const inKnownZones =
  (result: DataType | ((call: Call) => DataType | string)) =>
  (call: Call): DataType | string => {
    for (const type of call.types) {
      const problem = type.kind === 'timestamp' && type.timezone !== null && timeZoneProblem(type.timezone);
      if (problem) return problem;
    }
    return typeof result === 'function' ? result(call) : result;
  };

/** Days, a duration or an interval: what can be added to dates and times. */
export const AMOUNT: ParameterKind<bigint | Interval> = {
  takes: 'a number of days, a duration or an interval',
  preferred: interval,
  accept: (type) => (isInteger(type) ? int64 : type.kind === 'duration' || type.kind === 'interval' ? type : undefined),
};

/** The text that an argument always is; a sentence with what `needs` it where that is not known. */
export const knownText = ({ literals }: Call, index: number): string | undefined => {
  const value = literals[index];
  return typeof value === 'string' ? value : undefined;
};

/** Arguments of examples. */
const of =
  (type: DataType) =>
  (value: string): ExampleArgument => ({ kind: 'literal', type, value });
export const aDate: (value: string) => ExampleArgument = of(date);
export const aTime: (value: string) => ExampleArgument = of(time('us'));
export const aTimestamp: (value: string) => ExampleArgument = of(timestamp('us'));
export const inBerlin: (value: string) => ExampleArgument = of(timestamp('us', 'Europe/Berlin'));
export const anInterval: (value: string) => ExampleArgument = of(interval);
export const aDuration: (value: string) => ExampleArgument = of(duration('us'));
