/**
 * Floats as text and back, in the digits that they have: of float32 and float16 too, whose shortest digits are fewer
 * than those of the float64 that JavaScript holds them in, and which are rounded once, and not by way of a float64.
 */

import type { DataType } from '../../columnar/data-type.ts';
import { roundedTo } from '../literal.ts';

/** Exponents of ten that are written as zeros: `0.0001`, `1000000000000000.0`, and beyond `1e-5`, `1e16`. */
const LEAST_PLAIN_EXPONENT = -4;
const GREATEST_PLAIN_EXPONENT = 15;

/** The shortest text that is read as the same value of the type: `1.0`, `1e20`, `-0.0`, `NaN`, `inf`. */
export function floatText(value: number, type: DataType): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return `${sign}inf`;
  const [mantissa = '', exponentText = '0'] = shortest(magnitude, type).split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(exponentText);
  if (exponent < LEAST_PLAIN_EXPONENT || exponent > GREATEST_PLAIN_EXPONENT) {
    return `${sign}${mantissa}e${exponent}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** Digits of a float32 that always tell it from its neighbours. */
const FLOAT32_DIGITS = 9;

/** As `d.ddde+x`, with as few digits as make the value again. */
function shortest(magnitude: number, type: DataType): string {
  if (type.kind === 'float64' || magnitude === 0) return magnitude.toExponential();
  for (let digits = 0; digits < FLOAT32_DIGITS; digits += 1) {
    const nearest = magnitude.toExponential(digits);
    for (const text of [evenIfHalfway(nearest, magnitude), nearest, neighbour(nearest, magnitude)]) {
      if (text !== undefined && roundedTo(type, Number(text)) === magnitude) return text;
    }
  }
  return magnitude.toExponential();
}

/** JavaScript rounds up what is halfway; with fewer digits than a float64 has, others, and kernels, take the even digit. */
function evenIfHalfway(nearest: string, magnitude: number): string | undefined {
  const [digits = '', exponent = ''] = nearest.split('e');
  const last = Number(digits.at(-1));
  const isOdd = last % 2 === 1;
  if (!isOdd || !/^\.?50*$/.test(magnitude.toExponential(MOST_DIGITS).split('e')[0]?.slice(digits.length) ?? ''))
    return undefined;
  return `${digits.slice(0, -1)}${last - 1}e${exponent}`;
}

/** More than what is halfway between two numbers of so few digits has. */
const MOST_DIGITS = 60;

/**
 * The digits on the other side of the value: below a power of two values lie closer, so that what is nearest may be
 * another value where what is farther is not.
 */
function neighbour(nearest: string, magnitude: number): string | undefined {
  const [mantissa = '', exponent = ''] = nearest.split('e');
  const step = Number(nearest) < magnitude ? 1 : -1;
  const digits = String(Number(mantissa.replace('.', '')) + step);
  if (digits.length !== mantissa.replace('.', '').length) return undefined;
  return `${digits[0]}${digits.length > 1 ? '.' : ''}${digits.slice(1)}e${exponent}`;
}

const FLOAT = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/;
const NOT_FINITE = /^([+-]?)(?:(inf|infinity)|nan)$/i;

/** The value of the type that is nearest to the number that the text is; undefined where it is none. */
export function floatFromText(text: string, type: DataType): number | undefined {
  const parts = FLOAT.exec(text);
  if (parts === null) {
    const special = NOT_FINITE.exec(text);
    if (special === null) return undefined;
    return special[2] === undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  }
  const nearest = Number(text);
  if (type.kind === 'float64' || !Number.isFinite(nearest)) return nearest;
  const rounded = roundedTo(type, nearest);
  const [below, above] = [roundedTo(type, stepped(nearest, -1n)), roundedTo(type, stepped(nearest, 1n))];
  if (rounded === nearest || below === above || (held(below, type) + held(above, type)) / 2 !== nearest) return rounded;
  // Halfway between two values of the type lies the float64, but not what was cut off to make it.
  const order = compareExact(parts, Math.abs(nearest)) * (nearest < 0 ? -1 : 1);
  return order === 0 ? rounded : order < 0 ? below : above;
}

/** Infinity counts as the power of two that would follow the greatest value. */
function held(value: number, { kind }: DataType): number {
  if (Number.isFinite(value)) return value;
  return Math.sign(value) * 2 ** (kind === 'float16' ? 16 : 128);
}

const word = new DataView(new ArrayBuffer(8));

/** The next float64 away from zero, or with -1 towards it; of a negative number the other way round. */
function stepped(value: number, step: bigint): number {
  word.setFloat64(0, value);
  word.setBigInt64(0, word.getBigInt64(0) + (value < 0 ? -step : step));
  return word.getFloat64(0);
}

/** A float64 has no more digits than these: what comes behind only says that there is more. */
const EXACT_DIGITS = 800;

/** Negative, 0 or positive as the magnitude that is written is below, at or above `value`. */
function compareExact(
  [, , whole = '', behind = '', alone = '', exponent = '0']: RegExpExecArray,
  value: number,
): number {
  const fraction = behind || alone;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.slice(0, EXACT_DIGITS);
  const more = /[1-9]/.test(digits.slice(EXACT_DIGITS)) ? '1' : '0';
  const scale = Number(exponent) - fraction.length + (digits.length - kept.length) - 1;
  const [mantissa, power] = binaryParts(value);
  const [up, down] = [Math.max(scale, 0), Math.max(-scale, 0)];
  const written = BigInt(kept + more) * 10n ** BigInt(up) * 2n ** BigInt(Math.max(-power, 0));
  const read = mantissa * 10n ** BigInt(down) * 2n ** BigInt(Math.max(power, 0));
  return written < read ? -1 : written > read ? 1 : 0;
}

/** `value`, which is not negative, as a whole number times a power of two. */
export function binaryParts(value: number): readonly [bigint, number] {
  word.setFloat64(0, value);
  const bits = word.getBigUint64(0);
  const exponent = Number(bits >> 52n) & 0x7ff;
  const fraction = bits & ((1n << 52n) - 1n);
  return exponent === 0 ? [fraction, -1074] : [fraction | (1n << 52n), exponent - 1075];
}
