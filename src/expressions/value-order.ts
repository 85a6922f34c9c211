import type { Interval, Value } from '../columnar/value.ts';

/**
 * Negative, zero or positive as `a` is less than, equal to or greater than `b`, a value of the same type.
 *
 *     numbers     NaN equals itself and is greater than every number; -0 equals 0
 *     text        by its UTF-8 bytes; bytes by themselves; false before true
 *     interval    a month is 30 days, a day 24 hours
 *     lists, …    by their first difference, where null equals null and is greater than any value; else the shorter first
 */
export function order(a: NonNullable<Value>, b: NonNullable<Value>): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  if (typeof a === 'object') return orderOfObjects(a, b as typeof a);
  const [aIsNaN, bIsNaN] = [Number.isNaN(a), Number.isNaN(b)];
  if (aIsNaN || bIsNaN) return Number(aIsNaN) - Number(bIsNaN);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `order`, where null equals null and is greater than any value. */
export function orderWithNulls(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return order(a, b);
}

type ObjectValue = Uint8Array | Interval | readonly Value[];

const isList = (value: ObjectValue): value is readonly Value[] => Array.isArray(value);

function orderOfObjects(a: ObjectValue, b: ObjectValue): number {
  if (isList(a) && isList(b)) {
    for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
      const difference = orderWithNulls(a[at] ?? null, b[at] ?? null);
      if (difference !== 0) return difference;
    }
    return Math.sign(a.length - b.length);
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return order(intervalLength(a as Interval), intervalLength(b as Interval));
}

const NANOSECONDS_PER_DAY = 86_400_000_000_000n;

/** Nanoseconds, months being 30 days: only for comparing. */
const intervalLength = ({ months, days, nanoseconds }: Interval): bigint =>
  BigInt(months * 30 + days) * NANOSECONDS_PER_DAY + nanoseconds;
