/**
 * How a value is written in a place of a format, as C's printf and the fmt library have it:
 *
 *     {:*>+12,.2f}     fill * · to the right · sign + · width 12 · grouped by , · precision 2 · fixed
 *
 * Numbers are exact fractions until they are rounded once, what is halfway to the even digit.
 */

import { type DataType, isFloat, isInteger, isNumeric, typeName } from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { binaryParts } from '../casts/float-text.ts';
import { castToText } from '../casts/text-casts.ts';
import { scaleOf } from '../exact-arithmetic.ts';
import { characterCount, offsetAfter } from './characters.ts';

const CONVERSIONS = ['', 'd', 'x', 'X', 'o', 'b', 'e', 'E', 'f', 'F', 'g', 'G', 's'] as const;
export type Conversion = (typeof CONVERSIONS)[number];

export const isConversion = (letter: string): letter is Conversion => CONVERSIONS.some((one) => one === letter);

export interface FormatSpec {
  /** One character. */
  readonly fill: string;
  /** Undefined: as `{}` has it, numbers to the right and texts to the left. */
  readonly align: '<' | '>' | '^' | undefined;
  /** Before what is not negative. */
  readonly sign: '' | '+' | ' ';
  /** Whether zeros behind the sign fill the width. */
  readonly zeros: boolean;
  /** In characters; 0 for none. */
  readonly width: number;
  /** Between groups of three digits. */
  readonly grouping: '' | ',' | '_' | "'";
  readonly precision: number | undefined;
  readonly conversion: Conversion;
  /** Negative integers in another base are written as the 64 bits that they are in two's complement. */
  readonly asBits: boolean;
}

const MOST_CHARACTERS = 1_000;

/** The text of a value, which is not null. */
export type Write = (value: Value) => string;

/** How values of a type are written. @throws InvalidValue where the specification is not for them */
export function writerOf(spec: FormatSpec, type: DataType): Write {
  if (spec.width > MOST_CHARACTERS || (spec.precision ?? 0) > MOST_CHARACTERS) {
    throw new InvalidValue(`a width or a precision of a place is at most ${MOST_CHARACTERS}`);
  }
  const { conversion } = spec;
  if (conversion === 's' || (conversion === '' && !isNumeric(type))) return textWriter(spec, type);
  if (conversion === '') return isInteger(type) ? integerWriter(spec, type) : plainWriter(spec, type);
  return /[dxXob]/.test(conversion) ? integerWriter(spec, type) : digitsWriter(spec, type);
}

const refused = (what: string): InvalidValue => new InvalidValue(what);

function textWriter(spec: FormatSpec, type: DataType): Write {
  if (spec.sign !== '' || spec.zeros || spec.grouping !== '') {
    throw refused(`a place of ${typeName(type)} as text has no sign, no zeros and no groups of digits`);
  }
  const text = textOf(type);
  const { precision, width } = spec;
  const align = spec.align ?? '<';
  return (value) => {
    const whole = text(value);
    return padded(precision === undefined ? whole : whole.slice(0, offsetAfter(whole, precision)), width, spec, align);
  };
}

/** As a cast writes it. */
function textOf(type: DataType): Write {
  const convert = type.kind === 'utf8' ? undefined : castToText(type)?.convert;
  return convert === undefined ? String : (value) => String(convert(value as NonNullable<Value>));
}

/** A float or a decimal in all its digits. */
function plainWriter(spec: FormatSpec, type: DataType): Write {
  if (spec.precision !== undefined || spec.grouping !== '') {
    throw refused(`a place of ${typeName(type)} with a precision or groups of digits says how: f, e or g`);
  }
  const text = textOf(type);
  return (value) => {
    const written = text(value);
    const isNegative = written.startsWith('-');
    return signed(isNegative, isNegative ? written.slice(1) : written, spec);
  };
}

const RADIX: Readonly<Record<string, number>> = { d: 10, '': 10, x: 16, X: 16, o: 8, b: 2 };
const WORD_BITS = 64;

function integerWriter(spec: FormatSpec, type: DataType): Write {
  const { conversion, grouping, asBits } = spec;
  if (!isInteger(type)) throw refused(`${conversion} is for integers, and this is ${typeName(type)}`);
  if (spec.precision !== undefined) throw refused('integers have no precision');
  const radix = RADIX[conversion] ?? 10;
  if (grouping !== '' && radix !== 10) throw refused('only decimal digits are grouped');
  return (value) => {
    const whole = wholeOf(value);
    const isNegative = whole < 0n && !(asBits && radix !== 10);
    const size = isNegative ? -whole : BigInt.asUintN(WORD_BITS, whole);
    const digits = size.toString(radix);
    return signed(isNegative, grouped(conversion === 'X' ? digits.toUpperCase() : digits, grouping), spec);
  };
}

/** A number that is not negative. */
interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

function digitsWriter(spec: FormatSpec, type: DataType): Write {
  const { conversion, grouping, precision = 6 } = spec;
  if (!isNumeric(type)) throw refused(`${conversion} is for numbers, and this is ${typeName(type)}`);
  const kind = conversion.toLowerCase();
  if (grouping !== '' && kind !== 'f')
    throw refused(`only the digits of d and f are grouped, and not those of ${conversion}`);
  const write = kind === 'f' ? fixed : kind === 'e' ? exponential : general;
  const cased = (text: string): string => (conversion === kind ? text : text.toUpperCase());
  if (!isFloat(type)) {
    const denominator = 10n ** BigInt(scaleOf(type));
    return (value) => {
      const whole = wholeOf(value);
      const numerator = whole < 0n ? -whole : whole;
      return signed(whole < 0n, cased(grouped(write({ numerator, denominator }, precision), grouping)), spec);
    };
  }
  return (value) => {
    const number = Number(value);
    const isNegative = number < 0 || Object.is(number, -0);
    if (Number.isFinite(number)) {
      return signed(isNegative, cased(grouped(write(fractionOf(Math.abs(number)), precision), grouping)), spec);
    }
    return signed(isNegative, cased(Number.isNaN(number) ? 'nan' : 'inf'), { ...spec, zeros: false });
  };
}

function fractionOf(value: number): Fraction {
  const [mantissa, power] = binaryParts(value);
  return power >= 0
    ? { numerator: mantissa << BigInt(power), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-power) };
}

/** Times ten to a power, rounded to a whole number. */
function scaled({ numerator, denominator }: Fraction, power: number): bigint {
  const by = 10n ** BigInt(Math.abs(power));
  return power >= 0 ? halfEven(numerator * by, denominator) : halfEven(numerator, denominator * by);
}

function halfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator - quotient * denominator);
  return twice > denominator || (twice === denominator && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** So many digits behind the point. */
function fixed(value: Fraction, precision: number): string {
  const digits = scaled(value, precision)
    .toString()
    .padStart(precision + 1, '0');
  return withPoint(digits, digits.length - precision);
}

const withPoint = (digits: string, point: number): string =>
  point === digits.length ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;

/** The digits of one before the point and so many behind it, and the power of ten they are times. */
function significant(value: Fraction, precision: number): readonly [digits: string, power: number] {
  const { numerator, denominator } = value;
  if (numerator === 0n) return ['0'.repeat(precision + 1), 0];
  // The greatest that is not above the value; the number of digits says it, or one beside it.
  let power = numerator.toString().length - denominator.toString().length;
  while (isBelow(value, power)) power -= 1;
  const digits = scaled(value, precision - power).toString();
  return digits.length === precision + 1 ? [digits, power] : [digits.slice(0, -1), power + 1];
}

const isBelow = ({ numerator, denominator }: Fraction, power: number): boolean =>
  power >= 0 ? numerator < denominator * 10n ** BigInt(power) : numerator * 10n ** BigInt(-power) < denominator;

const withPower = (digits: string, power: number): string =>
  `${withPoint(digits, 1)}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;

const exponential = (value: Fraction, precision: number): string => withPower(...significant(value, precision));

/** The least power of ten that `general` writes as zeros. */
const LEAST_PLAIN_POWER = -4;

/** So many digits in all, without zeros at the end; with a power of ten where there would be many others. */
function general(value: Fraction, precision: number): string {
  const count = Math.max(precision, 1);
  const [digits, power] = significant(value, count - 1);
  const kept = digits.replace(/0+$/, '') || '0';
  if (power < LEAST_PLAIN_POWER || power >= count) return withPower(kept, power);
  if (power < 0) return `0.${'0'.repeat(-power - 1)}${kept}`;
  return withPoint(kept.padEnd(power + 1, '0'), power + 1);
}

/** The digits before the point in groups of three. */
function grouped(text: string, separator: string): string {
  if (separator === '') return text;
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  return whole.replace(/\B(?=(?:\d{3})+$)/g, separator) + text.slice(whole.length);
}

function signed(isNegative: boolean, digits: string, spec: FormatSpec): string {
  const sign = isNegative ? '-' : spec.sign;
  const { width } = spec;
  // Zeros are for who does not say where the number goes.
  if (spec.zeros && spec.align === undefined) return sign + digits.padStart(width - sign.length, '0');
  return padded(sign + digits, width, spec, spec.align ?? '>');
}

function padded(text: string, width: number, { fill }: FormatSpec, align: '<' | '>' | '^'): string {
  const missing = width === 0 ? 0 : width - characterCount(text);
  if (missing <= 0) return text;
  const before = align === '<' ? 0 : align === '>' ? missing : Math.floor(missing / 2);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}
