/**
 * Between the ticks of timestamps and what clocks show: in the zone of the type, or, where it has none, in no zone at all,
 * for then its ticks are those of a clock.
 */

import type { DataType } from '../../columnar/data-type.ts';
import { TICKS_PER_SECOND } from '../temporal-text.ts';
import { timeZone } from '../time-zone.ts';
import { hasPlainDays } from '../whole-conversion.ts';

export type TimestampType = Extract<DataType, { kind: 'timestamp' }>;

export interface Clock {
  /** What clocks show at these ticks, as ticks. */
  shown(ticks: bigint): bigint;
  /** The ticks at which clocks show this: of two the later. */
  moment(shown: bigint): bigint;
  /** Seconds that clocks are ahead of UTC at these ticks. */
  offset(ticks: bigint): number;
}

const PLAIN: Clock = { shown: (ticks) => ticks, moment: (shown) => shown, offset: () => 0 };

/** Undefined where there is no such zone. */
export function clockOf(type: TimestampType): Clock | undefined {
  if (hasPlainDays(type) || type.timezone === null) return PLAIN;
  const zone = timeZone(type.timezone);
  if (zone === undefined) return undefined;
  const perSecond = TICKS_PER_SECOND[type.unit];
  const secondOf = (ticks: bigint): number => Number(floorDivide(ticks, perSecond));
  return {
    shown: (ticks) => ticks + BigInt(zone.offsetAt(secondOf(ticks))) * perSecond,
    moment: (shown) => {
      const second = secondOf(shown);
      return shown + BigInt(zone.momentOf(second) - second) * perSecond;
    },
    offset: (ticks) => zone.offsetAt(secondOf(ticks)),
  };
}

/** Rounded down. */
export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
