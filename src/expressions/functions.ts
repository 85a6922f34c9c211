/**
 * The functions of the plan language, one table: what binding checks, what the documentation lists, and what the
 * interpreter and the compiler implement by name. Each is null where an argument is null.
 */

import { bool, type DataType, date, int32, uint32, utf8 } from '../columnar/data-type.ts';
import { hasPlainDays } from './coerce.ts';

/** What an argument may be: `date-or-time` is a date or a timestamp, `time` a timestamp; without a zone or in UTC. */
export type ParameterKind = 'date-or-time' | 'time' | 'utf8';

export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: readonly ParameterKind[];
  readonly result: DataType;
  /** One sentence. */
  readonly doc: string;
  /** Call and result, as a reader would write them. */
  readonly example: string;
}

const define = (
  name: string,
  parameters: readonly ParameterKind[],
  result: DataType,
  doc: string,
  example: string,
): FunctionDefinition => ({ name, parameters, result, doc, example });

const DEFINITIONS: readonly FunctionDefinition[] = [
  define('year', ['date-or-time'], int32, 'The calendar year; 0 is 1 BC.', "year(date '1995-03-17') = 1995"),
  define('quarter', ['date-or-time'], uint32, 'The quarter of the year, 1 to 4.', "quarter(date '1995-03-17') = 1"),
  define('month', ['date-or-time'], uint32, 'The month, 1 to 12.', "month(date '1995-03-17') = 3"),
  define('day', ['date-or-time'], uint32, 'The day of the month, 1 to 31.', "day(date '1995-03-17') = 17"),
  define(
    'day_of_week',
    ['date-or-time'],
    uint32,
    'The day of the week, from 0 for Monday to 6 for Sunday.',
    "day_of_week(date '1995-03-17') = 4",
  ),
  define(
    'day_of_year',
    ['date-or-time'],
    uint32,
    'The day of the year, 1 to 366.',
    "day_of_year(date '1995-03-17') = 76",
  ),
  define('hour', ['time'], uint32, 'The hour, 0 to 23.', "hour(timestamp '1995-03-17T08:30:59.9') = 8"),
  define('minute', ['time'], uint32, 'The minute, 0 to 59.', "minute(timestamp '1995-03-17T08:30:59.9') = 30"),
  define('second', ['time'], uint32, 'The whole second, 0 to 59.', "second(timestamp '1995-03-17T08:30:59.9') = 59"),
  define(
    'starts_with',
    ['utf8', 'utf8'],
    bool,
    'Whether the first text begins with the second; every text begins with the empty one.',
    "starts_with('PROMO BRASS', 'PROMO') = true",
  ),
  define(
    'ends_with',
    ['utf8', 'utf8'],
    bool,
    'Whether the first text ends with the second; every text ends with the empty one.',
    "ends_with('PROMO BRASS', 'BRASS') = true",
  ),
  define(
    'contains',
    ['utf8', 'utf8'],
    bool,
    'Whether the second text stands in the first; the empty one stands in every text.',
    "contains('PROMO BRASS', 'MO B') = true",
  ),
];

/** By name, in the order of the documentation. */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(DEFINITIONS.map((f) => [f.name, f]));

/** Whether an argument of this type is what the parameter asks for, without any cast. */
export function accepts(parameter: ParameterKind, type: DataType): boolean {
  if (parameter === 'utf8') return type.kind === 'utf8';
  return type.kind === 'timestamp' ? hasPlainDays(type) : parameter === 'date-or-time' && type.kind === 'date';
}

/** The type that an untyped null or a text literal takes as an argument. */
export const parameterType = (parameter: ParameterKind): DataType =>
  parameter === 'utf8' ? utf8 : parameter === 'time' ? { kind: 'timestamp', unit: 'us', timezone: null } : date;

const PARAMETER_NAMES: Readonly<Record<ParameterKind, string>> = {
  'date-or-time': 'a date or a timestamp without a zone or in UTC',
  time: 'a timestamp without a zone or in UTC',
  utf8: 'utf8',
};

/** What the parameter asks for, for messages. */
export const parameterName = (parameter: ParameterKind): string => PARAMETER_NAMES[parameter];
