/** Rounding, absolute values and signs: of whatever kind of number, in its own type. */

import { type DataType, decimal, float64, isFloat, isNumeric } from '../../columnar/data-type.ts';
import { type Interval, wholeOf } from '../../columnar/value.ts';
import { multipliedInterval } from '../calendar-arithmetic.ts';
import { divideRounded, type Rounding } from '../whole-conversion.ts';
import {
  type Call,
  common,
  define,
  type Evaluate,
  type FunctionDefinition,
  optional,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { INTEGER, NUMBER } from './parameter-kinds.ts';
import { anInterval } from './temporal-kinds.ts';

const NUMBER_OR_LENGTH_OF_TIME: ParameterKind<number | bigint | Interval> = {
  takes: 'a number, a duration or an interval',
  preferred: float64,
  accept: (type) => (isNumeric(type) || type.kind === 'duration' || type.kind === 'interval' ? type : undefined),
};

const sameType = ({ types: [type] }: Call): DataType => type as DataType;

/** One function for floats, another for the whole numbers that integers and unscaled decimals are. */
const byKind =
  (float: (x: number) => number, whole: (x: bigint, type: DataType) => bigint) =>
  ({ types: [type] }: Call): Evaluate => {
    if (type !== undefined && isFloat(type)) return (x) => float(Number(x));
    return (x) => whole(wholeOf(x), type as DataType);
  };

/** A decimal without its digits behind the point: of an integer and a float itself. */
const wholeType = ({ types: [type] }: Call): DataType =>
  type?.kind === 'decimal' ? decimal(Math.min(38, type.precision - type.scale + 1), 0) : (type as DataType);

const toWhole = (rounding: Rounding) => (x: bigint, type: DataType) =>
  type.kind === 'decimal' ? divideRounded(x, 10n ** BigInt(type.scale), rounding) : x;

/** Half away from zero, at a float's `digits` behind the point: where scaling would lose digits, the value is round. */
function roundFloat(x: number, digits: number): number {
  if (!Number.isFinite(x) || digits > 300) return x;
  if (digits < -308) return 0 * x;
  const factor = 10 ** Math.abs(digits);
  const scaled = digits < 0 ? x / factor : x * factor;
  if (!Number.isFinite(scaled) || Math.abs(scaled) >= 2 ** 52) return x;
  const whole = Math.trunc(scaled);
  const rounded = Math.abs(scaled - whole) >= 0.5 ? whole + Math.sign(scaled) : whole;
  return digits < 0 ? rounded * factor : rounded / factor;
}

function roundWhole(x: bigint, type: DataType, digits: bigint): bigint {
  const scale = type.kind === 'decimal' ? BigInt(type.scale) : 0n;
  if (digits >= scale) return x;
  const cut = scale - digits;
  if (cut > 60n) return 0n;
  const unit = 10n ** cut;
  return divideRounded(x, unit, 'half-away') * unit;
}

/** Of decimals rounded to literal digits only these stay. */
function roundedType({ types: [type], literals: [, digits] }: Call): DataType {
  if (type?.kind !== 'decimal') return type as DataType;
  // One more digit before the point, because 9.9 rounds to 10.
  return digits === undefined || digits === null
    ? decimal(Math.min(38, type.precision + 1), type.scale)
    : decimal(
        Math.min(38, type.precision - type.scale + 1 + clampedScale(wholeOf(digits), type.scale)),
        clampedScale(wholeOf(digits), type.scale),
      );
}

const clampedScale = (digits: bigint, scale: number): number =>
  digits < 0n ? 0 : digits > BigInt(scale) ? scale : Number(digits);

export const ROUNDING_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'abs',
    family: 'numbers',
    doc: 'The absolute value. That of the least signed integer does not fit its type and is an error.',
    parameters: [parameter('number', NUMBER)],
    result: sameType,
    canFail: true,
    prepare: byKind(Math.abs, (x) => (x < 0n ? -x : x)),
    examples: [
      [[-3n], '3'],
      [[-2.5], 2.5],
    ],
  }),
  define({
    name: 'negate',
    aliases: ['negative'],
    family: 'numbers',
    doc: 'The number, the duration or the interval with the other sign. Where its type has none, or does not reach so far, that is an error.',
    parameters: [parameter('number', NUMBER_OR_LENGTH_OF_TIME)],
    result: sameType,
    canFail: true,
    prepare: (call) => {
      if (call.types[0]?.kind === 'interval') return (value) => multipliedInterval(value as Interval, -1n);
      return byKind(
        (x) => -x,
        (x) => -x,
      )(call);
    },
    examples: [
      [[3n], '-3'],
      [[-2.5], 2.5],
      [[anInterval('P1M2DT3S')], 'P-1M-2DT-3S'],
    ],
  }),
  define({
    name: 'sign',
    aliases: ['signum'],
    family: 'numbers',
    doc: '-1, 0 or 1, in the type of the number; of a decimal without digits behind the point. NaN of NaN.',
    parameters: [parameter('number', NUMBER)],
    result: wholeType,
    prepare: byKind(Math.sign, (x) => (x < 0n ? -1n : x > 0n ? 1n : 0n)),
    examples: [
      [[-7n], '-1'],
      [[0.5], 1],
    ],
  }),
  define({
    name: 'ceil',
    aliases: ['ceiling'],
    family: 'numbers',
    doc: 'The least whole number that is not below it.',
    parameters: [parameter('number', NUMBER)],
    result: wholeType,
    prepare: byKind(Math.ceil, toWhole('ceil')),
    examples: [
      [[1.2], 2],
      [[-1.2], -1],
    ],
  }),
  define({
    name: 'floor',
    family: 'numbers',
    doc: 'The greatest whole number that is not above it.',
    parameters: [parameter('number', NUMBER)],
    result: wholeType,
    prepare: byKind(Math.floor, toWhole('floor')),
    examples: [
      [[1.8], 1],
      [[-1.2], -2],
    ],
  }),
  define({
    name: 'trunc',
    family: 'numbers',
    doc: 'The number without what is behind its point.',
    parameters: [parameter('number', NUMBER)],
    result: wholeType,
    prepare: byKind(Math.trunc, toWhole('truncate')),
    examples: [[[-1.8], -1]],
  }),
  define({
    name: 'round',
    family: 'numbers',
    doc: 'Rounded to so many digits behind the point, halves away from zero; negative digits round before the point.',
    parameters: [parameter('number', NUMBER), optional('digits', INTEGER, 0)],
    result: roundedType,
    canFail: true,
    prepare: ({ types: [type], result }) => {
      if (type !== undefined && isFloat(type)) return (x, digits) => roundFloat(Number(x), Number(digits));
      const [from, to] = [type?.kind === 'decimal' ? type.scale : 0, result.kind === 'decimal' ? result.scale : 0];
      const cut = 10n ** BigInt(from - to);
      return (x, digits) => roundWhole(wholeOf(x), type as DataType, wholeOf(digits)) / cut;
    },
    examples: [
      [[2.5], 3],
      [[-2.5], -3],
      [[2.71941, 2n], 2.72],
      [[1250n, -2n], '1300'],
    ],
  }),
  define({
    name: 'clip',
    aliases: ['clamp'],
    family: 'numbers',
    doc: 'The number, not below the least and not above the greatest; a bound that is null is none.',
    nulls: 'own',
    nullWhere: 'first',
    parameters: [
      common(parameter('number', NUMBER)),
      common(optional('least', NUMBER, null)),
      common(optional('greatest', NUMBER, null)),
    ],
    result: sameType,
    evaluate: (x, least, greatest) => {
      if (x === null) return null;
      if (greatest !== null && x > greatest) return greatest;
      return least !== null && x < least ? least : x;
    },
    examples: [
      [[11n, 1n, 10n], '10'],
      [[-4n, 1n], '1'],
    ],
  }),
  define({
    name: 'pmod',
    family: 'numbers',
    doc: 'The remainder that is not negative where the divisor is positive; null where an integer divisor is zero.',
    mayBeNull: true,
    nullWhere: ([type]) => (type !== undefined && isFloat(type) ? 'any' : 'divisor'),
    parameters: [common(parameter('number', NUMBER)), common(parameter('divisor', NUMBER))],
    result: ({ types: [type] }) =>
      type?.kind === 'decimal' ? 'pmod is not defined for decimals. Cast both sides to float64.' : (type as DataType),
    prepare: ({ types: [type] }) => {
      if (type !== undefined && isFloat(type)) return (x, by) => floatRemainder(Number(x), Number(by));
      return (x, by) => wholeRemainder(wholeOf(x), wholeOf(by));
    },
    examples: [
      [[-7n, 3n], '2'],
      [[-7.5, 2], 0.5],
    ],
  }),
  define({
    name: 'try_divide',
    family: 'numbers',
    doc: 'True division as a float64; null where the divisor is zero.',
    mayBeNull: true,
    nullWhere: 'divisor',
    parameters: [parameter('dividend', NUMBER), parameter('divisor', NUMBER)],
    result: { kind: 'float64' },
    prepare: ({ types: [a, b] }) => {
      const [x, y] = [asFloat(a), asFloat(b)];
      return (dividend, divisor) => (y(divisor) === 0 ? null : x(dividend) / y(divisor));
    },
    examples: [
      [[7n, 2n], 3.5],
      [[7n, 0n], null],
    ],
  }),
];

const asFloat = (type: DataType | undefined): ((value: unknown) => number) => {
  const scale = type?.kind === 'decimal' ? Number(`1e${type.scale}`) : 1;
  return (value) => Number(value) / scale;
};

/** The sign of a zero is that of the number. */
function floatRemainder(x: number, by: number): number {
  const rest = x % by;
  return rest < 0 !== by < 0 && rest !== 0 ? rest + by : rest;
}

function wholeRemainder(x: bigint, by: bigint): bigint | null {
  if (by === 0n) return null;
  const rest = x % by;
  return rest !== 0n && rest < 0n !== by < 0n ? rest + by : rest;
}
