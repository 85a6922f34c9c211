/** Moments on the clocks of places: names for casts between timestamps with and without a zone. */

import { timestamp } from '../../columnar/data-type.ts';
import type { TimestampType } from '../clock.ts';
import { castTo } from '../coerce.ts';
import type { TypedExpression } from '../expression.ts';
import { timeZoneProblem } from '../time-zone.ts';
import {
  defineAs,
  type Example,
  type FunctionDefinition,
  optional,
  type Parameter,
  parameter,
} from './function-definition.ts';
import { TEXT, TIMESTAMP } from './parameter-kinds.ts';
import { aTimestamp, inBerlin } from './temporal-kinds.ts';

/** Said where it matters. */
const RULES =
  'A time that the clock shows twice is the second one; one that it passes over is as much later as the clock is set forward.';

type Zoned = TypedExpression & { readonly type: TimestampType };

/** Casts through timestamps of the same unit, with these zones one after the other. */
const through = (time: Zoned, ...zones: readonly (string | null)[]): TypedExpression =>
  zones.reduce<TypedExpression>((e, zone) => castTo(e, timestamp(time.type.unit, zone)), time);

interface ZoneFunction {
  readonly name: string;
  readonly doc: string;
  readonly zones: readonly Parameter<string>[];
  /** Given the zones, which there are: undefined where an optional one is left out. */
  readonly means: (time: Zoned, ...zones: readonly (string | undefined)[]) => TypedExpression | string;
  readonly examples: readonly Example[];
}

const zoneFunction = ({ name, doc, zones, means, examples }: ZoneFunction): FunctionDefinition =>
  defineAs({
    name,
    family: 'dates and times',
    doc: `${doc} Zones are literals.`,
    parameters: [parameter('time', TIMESTAMP), ...zones],
    means: ([time, ...given]) => {
      if (time === undefined || !isZoned(time)) return 'A timestamp is needed.';
      const names: (string | undefined)[] = [];
      for (const [index, zone] of given.entries()) {
        const value = zone.kind === 'literal' ? zone.value : undefined;
        const isLeftOut = zones[index]?.default !== undefined && (value === '' || value === null);
        if (!isLeftOut && typeof value !== 'string') return `${name} needs its time zones as literals.`;
        names.push(isLeftOut ? undefined : String(value));
      }
      for (const zone of [...names, time.type.timezone]) {
        const problem = typeof zone === 'string' ? timeZoneProblem(zone) : undefined;
        if (problem !== undefined) return problem;
      }
      return means(time, ...names);
    },
    examples,
  });

const isZoned = (e: TypedExpression): e is Zoned => e.type.kind === 'timestamp';

export const TIME_ZONE_FUNCTIONS: readonly FunctionDefinition[] = [
  zoneFunction({
    name: 'convert_time_zone',
    doc: `The same moment on the clock of another time zone. A timestamp without a zone is one on the clock of \`from_timezone\`, which must then be given. ${RULES}`,
    zones: [parameter('to_timezone', TEXT), optional('from_timezone', TEXT, '')],
    means: (time, to = '', from) => {
      const { timezone } = time.type;
      if (timezone === null && from === undefined) {
        return 'The timestamp has no time zone: say in from_timezone whose clock shows it.';
      }
      if (timezone !== null && from !== undefined) {
        return `The timestamp is in the time zone ${timezone}: leave from_timezone out.`;
      }
      return through(time, timezone ?? from ?? null, to);
    },
    examples: [
      [[inBerlin('2024-07-01T10:00:00Z'), 'UTC'], '2024-07-01T10:00:00Z'],
      [[aTimestamp('2024-07-01T12:00:00'), 'UTC', 'Europe/Berlin'], '2024-07-01T10:00:00Z'],
    ],
  }),
  zoneFunction({
    name: 'replace_time_zone',
    doc: `The timestamp in another time zone whose clock shows the same, or, without a zone, one that has none. ${RULES}`,
    zones: [optional('timezone', TEXT, '')],
    means: (time, zone) => through(time, null, zone ?? null),
    examples: [
      [[inBerlin('2024-07-01T10:00:00Z'), 'America/New_York'], '2024-07-01T16:00:00Z'],
      [[inBerlin('2024-07-01T10:00:00Z')], '2024-07-01T12:00:00'],
      [[aTimestamp('2024-03-31T02:30:00'), 'Europe/Berlin'], '2024-03-31T01:30:00Z'],
    ],
  }),
  zoneFunction({
    name: 'from_utc_timestamp',
    doc: 'What the clock of a time zone shows at the moment, as a timestamp without a zone. One without a zone is in UTC.',
    zones: [parameter('timezone', TEXT)],
    means: (time, zone = '') => through(time, 'UTC', zone, null),
    examples: [[[aTimestamp('2017-07-14T02:40:00'), 'Europe/London'], '2017-07-14T03:40:00']],
  }),
  zoneFunction({
    name: 'to_utc_timestamp',
    doc: `The moment, in UTC and without a zone, at which the clock of a time zone shows what the clock of the timestamp shows. ${RULES}`,
    zones: [parameter('timezone', TEXT)],
    means: (time, zone = '') => through(time, null, zone, 'UTC', null),
    examples: [[[aTimestamp('2017-07-14T03:40:00'), 'Europe/London'], '2017-07-14T02:40:00']],
  }),
];
