/**
 * JSON in memory, as it was written: an object keeps the order of its keys, a number its digits.
 *
 *     null, bool, text          themselves
 *     12, -0.5                  a JavaScript number, where that is written with the same digits
 *     1.0, 1e3, 2 ** 64         ExactNumber: the digits as they stand in the text
 *     [ … ], { … }              array, Map
 */

import { order as valueOrder } from '../value-order.ts';

/** A number whose digits a JavaScript number would not give back. */
export interface ExactNumber {
  readonly digits: string;
}
export type JsonObject = ReadonlyMap<string, Json>;
export type Json = null | boolean | number | string | ExactNumber | readonly Json[] | JsonObject;

export const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
export const isObject = (value: Json): value is JsonObject => value instanceof Map;
export const isNumber = (value: Json): value is number | ExactNumber =>
  typeof value === 'number' || (typeof value === 'object' && value !== null && 'digits' in value);

/** The nearest float64. */
export const numberOf = (value: number | ExactNumber): number =>
  typeof value === 'number' ? value : Number(value.digits);

/** As JSON writes it. Beyond the greatest float64 that one stands, for NaN null, as jq has it. */
export function numberText(value: number | ExactNumber): string {
  if (typeof value !== 'number') return value.digits;
  if (Number.isNaN(value)) return 'null';
  if (Object.is(value, -0)) return '-0';
  return String(Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)));
}

/** jq's name of the type of a value. */
export function typeOf(value: Json): 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  if (isNumber(value)) return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'string';
}

/** A decimal number: 0.d₁d₂d₃… times ten to the exponent, its digits without zeros at their ends. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** The parts of a number as JSON writes it. Of zero there are no digits. */
export function decimalOf(text: string): Decimal {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const isNegative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.slice(isNegative ? 1 : 0).split('.');
  const all = whole + fraction;
  let [start, end] = [0, all.length];
  while (start < end && all[start] === '0') start += 1;
  while (end > start && all[end - 1] === '0') end -= 1;
  return { isNegative, digits: all.slice(start, end), exponent: Number(power) + whole.length - start };
}

/** To the last digit, whatever a float64 can hold. */
function orderOfNumbers(a: number | ExactNumber, b: number | ExactNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : Number(a > b);
  const [x, y] = [decimalOf(numberText(a)), decimalOf(numberText(b))];
  if (x.digits === '' || y.digits === '') return signOf(x) - signOf(y);
  if (x.isNegative !== y.isNegative) return x.isNegative ? -1 : 1;
  const sign = x.isNegative ? -1 : 1;
  if (x.exponent !== y.exponent) return x.exponent < y.exponent ? -sign : sign;
  return x.digits < y.digits ? -sign : x.digits > y.digits ? sign : 0;
}

const signOf = ({ isNegative, digits }: Decimal): number => (digits === '' ? 0 : isNegative ? -1 : 1);

const RANKS = ['null', 'boolean', 'number', 'string', 'array', 'object'];

/**
 * Negative, zero or positive, as jq orders values: null, false, true, numbers, texts by their UTF-8 bytes, arrays by
 * their first difference, objects by their sorted keys and then by the values of these.
 */
export function orderOfJson(a: Json, b: Json): number {
  if (isNumber(a) && isNumber(b)) return orderOfNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return valueOrder(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (isArray(a) && isArray(b)) return orderOfArrays(a, b);
  if (isObject(a) && isObject(b)) {
    const [keys, others] = [sortedKeys(a), sortedKeys(b)];
    const difference = orderOfArrays(keys, others);
    if (difference !== 0) return difference;
    return orderOfArrays(
      keys.map((key) => a.get(key) ?? null),
      others.map((key) => b.get(key) ?? null),
    );
  }
  return RANKS.indexOf(typeOf(a)) - RANKS.indexOf(typeOf(b));
}

function orderOfArrays(a: readonly Json[], b: readonly Json[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = orderOfJson(a[at] ?? null, b[at] ?? null);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** By their UTF-8 bytes. */
export const sortedKeys = (object: JsonObject): string[] => [...object.keys()].sort(valueOrder);
