import assert from 'node:assert/strict';

/** Months, days and nanoseconds, each with a sign of its own. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly nanoseconds: bigint;
}

/**
 * A value in JavaScript, which its type explains:
 *
 *     bool                                          boolean
 *     integers up to 32 bits, floats, date (days)   number
 *     int64, uint64, decimal (unscaled), time,
 *     timestamp, duration (ticks)                   bigint
 *     utf8                                          string
 *     binary, fixed-size-binary                     Uint8Array
 *     uuid                                          string, 8-4-4-4-12 digits in lower case
 *     interval                                      Interval
 *     list, fixed-size-list, embedding              array of values
 *     struct, file                                  array of the values of its fields
 *     map                                           array of entries, each an array of key and value
 *     tensor                                        array of data and shape; of a fixed shape the data alone
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Interval | readonly Value[];

/** Values that are not made of others. */
export type Scalar = Exclude<Value, Uint8Array | Interval | readonly Value[]>;

/** The whole number that a value of a type of whole numbers, or a bool, stands for. */
export function wholeOf(value: Value | undefined): bigint {
  assert.ok(typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean', 'no whole number');
  return BigInt(value);
}
