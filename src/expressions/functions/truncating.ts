/** The beginning of the hour, the week, the quarter … that a date or time lies in. */

import { type DataType, sameType, typeName } from '../../columnar/data-type.ts';
import { literal } from '../coerce.ts';
import { type Step, stepFromText, stepProblem, truncater } from '../truncation.ts';
import { callNode } from './call-node.ts';
import { type Call, define, defineAs, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { DATE_OR_TIMESTAMP, TEXT } from './parameter-kinds.ts';
import {
  aDate,
  aTime,
  aTimestamp,
  DATE_OR_TIME_OR_TIMESTAMP,
  inBerlin,
  inKnownZones,
  knownText,
} from './temporal-kinds.ts';

const family = 'dates and times';

/** The type at `position`, where steps named at `unit` suit it. */
const truncated = (unit: number, position: number): ((call: Call) => DataType | string) =>
  inKnownZones((call) => {
    const text = knownText(call, unit);
    const type = call.types[position];
    if (text === undefined || type === undefined) return 'The unit to truncate to is a literal.';
    const step = stepFromText(text);
    if (step === undefined)
      return `'${text.slice(0, 60)}' is no unit to truncate to such as 'hour', '15 minutes' or 'quarter'.`;
    return stepProblem(step, type) ?? type;
  });

const stepOf = (call: Call, unit: number): Step => {
  const step = stepFromText(knownText(call, unit) ?? '');
  if (step === undefined) throw new TypeError('no step');
  return step;
};

const typeAt = ({ types }: Call, position: number): DataType => {
  const type = types[position];
  if (type === undefined) throw new TypeError('no type');
  return type;
};

/** Only where a step begins before the first tick that there is. */
export const DATE_TRUNC: FunctionDefinition = define({
  name: 'date_trunc',
  aliases: ['datetrunc'],
  family,
  doc: "The beginning of the microsecond, millisecond, second, minute, hour, day, week (from Monday), month, quarter, year, decade, century or millennium that the date, time or timestamp lies in, on the clock of its zone; or of several, as in `'15 minutes'`: counted from 1970, months and longer from January of the year 0. The unit is a literal. A date remains one (that of DuckDB becomes a timestamp).",
  parameters: [parameter('unit', TEXT), parameter('time', DATE_OR_TIME_OR_TIMESTAMP)],
  result: truncated(0, 1),
  canFail: ([, type]) => type?.kind !== 'time',
  prepare: (call) => {
    const truncate = truncater(stepOf(call, 0), typeAt(call, 1));
    return (_, time) => truncate(time);
  },
  examples: [
    [['hour', aTimestamp('1995-03-17T08:30:59.9')], '1995-03-17T08:00:00'],
    [['week', aDate('2024-03-17')], '2024-03-11'],
    [['quarter', aTimestamp('1995-03-17T08:30:59.9')], '1995-01-01T00:00:00'],
    [['15 minutes', aTime('08:44:00')], '08:30:00'],
    [['day', inBerlin('2024-03-31T12:00:00Z')], '2024-03-30T23:00:00Z'],
  ],
});

const TRUNCATE_FROM = define({
  name: 'truncate_from',
  family,
  doc: 'As `truncate`, with steps that are counted from `origin`, which is of the type of the date or timestamp.',
  parameters: [parameter('time', DATE_OR_TIMESTAMP), parameter('unit', TEXT), parameter('origin', DATE_OR_TIMESTAMP)],
  result: (call) => {
    const [type, , origin] = call.types;
    if (type !== undefined && origin !== undefined && !sameType(type, origin)) {
      return `The origin is of the type ${typeName(type)}, and not ${typeName(origin)}. Cast it.`;
    }
    return truncated(1, 0)(call);
  },
  canFail: true,
  prepare: (call) => {
    const truncate = truncater(stepOf(call, 1), typeAt(call, 0));
    return (time, _, origin) => truncate(time, origin);
  },
  examples: [
    [[aTimestamp('2024-05-15T09:10:00'), '7 hours', aTimestamp('2024-05-15T00:30:00')], '2024-05-15T07:30:00'],
    [[aDate('2024-05-15'), 'month', aDate('2024-01-31')], '2024-04-30'],
  ],
});

const NOTHING = literal(null, { kind: 'null' });

export const TRUNCATING_FUNCTIONS: readonly FunctionDefinition[] = [
  DATE_TRUNC,
  defineAs({
    name: 'truncate',
    family,
    doc: 'As `date_trunc`, the unit behind the date, time or timestamp; or, relative to another one, as `truncate_from`.',
    parameters: [
      parameter('time', DATE_OR_TIME_OR_TIMESTAMP),
      parameter('unit', TEXT),
      optional('relative_to', DATE_OR_TIMESTAMP, null),
    ],
    means: ([time = NOTHING, unit = NOTHING, origin = NOTHING]) =>
      origin.kind === 'literal' && origin.value === null
        ? callNode(DATE_TRUNC, [unit, time])
        : callNode(TRUNCATE_FROM, [time, unit, origin]),
    examples: [
      [[aTimestamp('2021-01-01T00:01:59'), '1 minute'], '2021-01-01T00:01:00'],
      [[aDate('2024-05-15'), '7 days', aDate('2024-05-01')], '2024-05-15'],
    ],
  }),
  TRUNCATE_FROM,
];
