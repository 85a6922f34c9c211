/** Integers, decimals and bools in text, in time linear in its length. */

import type { DataType, DecimalType } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { wholeHolder } from '../whole-value.ts';

/** Without the ASCII spaces at both ends. */
export function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** Space, tab, line feed, vertical tab, form feed, carriage return. */
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

const INTEGER = /^[+-]?\d+$/;
const INTEGER_PARTS = /^([+-]?)0*(\d*)$/;
/** As many digits are exact in a float64. */
const SAFE_DIGITS = 15;
/** More than any integer has. */
const TOO_MANY_DIGITS = 21;

/** A sign or none, and digits. */
export function integerReader(type: DataType): (text: string) => NonNullable<Value> | undefined {
  const hold = wholeHolder(type);
  return (text) => {
    if (!INTEGER.test(text)) return undefined;
    if (text.length <= SAFE_DIGITS) return hold(BigInt(Number(text)));
    const [, sign, digits = ''] = INTEGER_PARTS.exec(text) ?? [];
    if (digits.length >= TOO_MANY_DIGITS) return undefined;
    return hold(sign === '-' ? -BigInt(digits) : BigInt(digits));
  };
}

const DECIMAL = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/;

/** `-1.25`, `.5`, `1e3`: rounded half away from zero to the scale of the type. */
export function decimalReader(type: DecimalType): (text: string) => bigint | undefined {
  return (text) => {
    const parts = DECIMAL.exec(text);
    if (parts === null) return undefined;
    const [, sign, whole = '', behind, alone, exponent = '0'] = parts;
    const written = whole + (behind ?? alone ?? '');
    const digits = written.replace(/^0+/, '');
    // Where the point stands in the digits, and how many of them are kept.
    const point = whole.length - (written.length - digits.length) + Number(exponent);
    const kept = point + type.scale;
    if (digits === '' || kept < 0) return 0n;
    if (kept > type.precision) return undefined;
    const unscaled = BigInt(digits.slice(0, kept).padEnd(kept, '0'));
    const rounded = digits.charCodeAt(kept) >= FIVE ? unscaled + 1n : unscaled;
    if (rounded >= 10n ** BigInt(type.precision)) return undefined;
    return sign === '-' ? -rounded : rounded;
  };
}

/** The code of the digit from which on is rounded up. */
const FIVE = 0x35;

const BOOLS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((word) => [word, false] as const),
]);

/** In any case. */
export const boolFromText = (text: string): boolean | undefined =>
  text.length > 5 ? undefined : BOOLS.get(text.toLowerCase());
