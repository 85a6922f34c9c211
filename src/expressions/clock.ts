/**
 * Between the ticks of timestamps and what clocks show: in the zone of the type, or, where it has none, in no zone at all,
 * for then its ticks are those of a clock.
 */

import type { DataType } from '../columnar/data-type.ts';
import { TICKS_PER_SECOND, ticksPerDay } from './temporal-text.ts';
import { isUtc, timeZone } from './time-zone.ts';

export type TimestampType = Extract<DataType, { kind: 'timestamp' }>;

export interface Clock {
  /** What clocks show at these ticks, as ticks. */
  shown(ticks: bigint): bigint;
  /** The ticks at which clocks show this: of two the later. */
  moment(shown: bigint): bigint;
  /** The first ticks at which clocks show this, or, where they pass over it, what comes behind it. */
  firstMoment(shown: bigint): bigint;
  /** The ticks at which clocks show this and are as far ahead of UTC as at `ticks`; undefined where they never are. */
  momentNear(shown: bigint, ticks: bigint): bigint | undefined;
  /** Seconds that clocks are ahead of UTC at these ticks. */
  offset(ticks: bigint): number;
}

const PLAIN: Clock = {
  shown: (ticks) => ticks,
  moment: (shown) => shown,
  firstMoment: (shown) => shown,
  momentNear: (shown) => shown,
  offset: () => 0,
};

/** Undefined where there is no such zone. */
export const clockOf = ({ unit, timezone }: TimestampType): Clock | undefined =>
  clockIn(timezone, TICKS_PER_SECOND[unit]);

/** The clock of a type whose zone binding has seen to be one. */
export const knownClockOf = ({ unit, timezone }: TimestampType): Clock =>
  knownClockIn(timezone, TICKS_PER_SECOND[unit]);

/** The clock of a zone that binding has seen to be one, over ticks of which a second has this many. */
export function knownClockIn(timezone: string | null, perSecond: bigint): Clock {
  const clock = clockIn(timezone, perSecond);
  if (clock === undefined) throw new TypeError(`there is no time zone ${timezone}`);
  return clock;
}

function clockIn(timezone: string | null, perSecond: bigint): Clock | undefined {
  if (timezone === null || isUtc(timezone)) return PLAIN;
  const zone = timeZone(timezone);
  if (zone === undefined) return undefined;
  const offset = (ticks: bigint): number => zone.offsetAt(secondOf(ticks, perSecond));
  const inverse =
    (momentOf: (second: number) => number) =>
    (shown: bigint): bigint => {
      const second = secondOf(shown, perSecond);
      return shown + BigInt(momentOf(second) - second) * perSecond;
    };
  return {
    shown: (ticks) => ticks + BigInt(offset(ticks)) * perSecond,
    moment: inverse((second) => zone.momentOf(second)),
    firstMoment: inverse((second) => zone.firstMomentOf(second)),
    momentNear: (shown, ticks) => {
      const before = offset(ticks);
      const same = shown - BigInt(before) * perSecond;
      return offset(same) === before ? same : undefined;
    },
    offset,
  };
}

/** 400 years: after so many seconds the calendar and the rules of zones are the same again. */
const PERIOD = 146_097n * 86_400n;
const EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** The second in which a tick lies; one with the same offset where a number cannot count that far. */
function secondOf(ticks: bigint, perSecond: bigint): number {
  const second = floorDivide(ticks, perSecond);
  if (second > EXACT) return Number(EXACT - PERIOD + ((second - EXACT) % PERIOD));
  return Number(second < -EXACT ? -EXACT : second);
}

/** Rounded down. */
export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}

/** The whole days since 1970, and the ticks since their midnight. */
export function dayAndTicks(shown: bigint, perDay: bigint): readonly [days: bigint, ticks: bigint] {
  const days = floorDivide(shown, perDay);
  return [days, shown - days * perDay];
}

/** The day that the clock of a date or timestamp shows: days since 1970. */
export function dayOf(type: DataType | undefined): (value: number | bigint) => number {
  if (type?.kind !== 'timestamp') return Number;
  const [clock, perDay] = [knownClockOf(type), ticksPerDay(type.unit)];
  return (ticks) => Number(floorDivide(clock.shown(BigInt(ticks)), perDay));
}
