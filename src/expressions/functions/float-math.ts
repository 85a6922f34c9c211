/**
 * Powers, logarithms, angles and what else floats are for. Any number is taken; float32 stays float32 (worked out in
 * float64 and rounded once), everything else is a float64. What has no real result is NaN, poles are infinite.
 */

import { bool, type DataType, float64 } from '../../columnar/data-type.ts';
import {
  type Call,
  common,
  define,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  parameter,
} from './function-definition.ts';
import { ANY_FLOAT, FLOAT } from './parameter-kinds.ts';

const ofFloat =
  (compute: (x: number) => number) =>
  ({ types: [type] }: Call): Evaluate => {
    const round = rounder(type);
    return (x) => round(compute(Number(x)));
  };

/** To the precision of the type. */
function rounder(type: DataType | undefined): (value: number) => number {
  if (type?.kind === 'float32') return Math.fround;
  return type?.kind === 'float16' ? Math.f16round : (value) => value;
}

const floatFunction = (
  name: string,
  doc: string,
  compute: (x: number) => number,
  example: Example,
  aliases: readonly string[] = [],
): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'numbers',
    doc,
    parameters: [parameter('number', ANY_FLOAT)],
    result: ({ types: [type] }) => type as DataType,
    prepare: ofFloat(compute),
    examples: [example],
  });

const pairFunction = (
  name: string,
  doc: string,
  names: readonly [string, string],
  compute: (x: number, y: number) => number,
  examples: readonly Example[],
  aliases: readonly string[] = [],
): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'numbers',
    doc,
    parameters: [common(parameter(names[0], ANY_FLOAT)), common(parameter(names[1], ANY_FLOAT))],
    result: ({ types: [type] }) => type as DataType,
    prepare: ({ types: [type] }) => {
      const round = rounder(type);
      return (x, y) => round(compute(Number(x), Number(y)));
    },
    examples,
  });

const test = (name: string, doc: string, compute: (x: number) => boolean, examples: readonly Example[]) =>
  define({
    name,
    family: 'numbers',
    doc,
    parameters: [parameter('number', ANY_FLOAT)],
    result: bool,
    evaluate: compute,
    examples,
  });

const constant = (name: string, doc: string, value: number): FunctionDefinition =>
  define({
    name,
    family: 'numbers',
    doc,
    parameters: [],
    result: float64,
    evaluate: () => value,
    examples: [[[], value]],
  });

const radians = (x: number): number => (x * Math.PI) / 180;
const degrees = (x: number): number => (x * 180) / Math.PI;

export const FLOAT_FUNCTIONS: readonly FunctionDefinition[] = [
  constant('pi', 'The ratio of a circle to its diameter.', Math.PI),
  constant('e', 'The base of the natural logarithm.', Math.E),
  floatFunction('sqrt', 'The square root; NaN of a negative number.', Math.sqrt, [[9], 3]),
  floatFunction('cbrt', 'The cube root.', Math.cbrt, [[-8], -2]),
  floatFunction('exp', 'e to the power of the number.', Math.exp, [[0], 1]),
  floatFunction('expm1', 'exp(x) - 1, exact near zero.', Math.expm1, [[0], 0]),
  floatFunction('ln', 'The natural logarithm.', Math.log, [[1], 0]),
  floatFunction('log2', 'The logarithm to the base 2.', Math.log2, [[8], 3]),
  floatFunction('log10', 'The logarithm to the base 10.', Math.log10, [[1000], 3]),
  floatFunction('log1p', 'ln(1 + x), exact near zero.', Math.log1p, [[0], 0]),
  pairFunction('log', 'The logarithm to a base.', ['number', 'base'], (x, base) => Math.log(x) / Math.log(base), [
    [[8, 2], 3],
  ]),
  pairFunction(
    'pow',
    'The base to the power of the exponent.',
    ['base', 'exponent'],
    power,
    [[[2, 10], 1024]],
    ['power'],
  ),
  pairFunction('hypot', 'The length of the vector of both.', ['x', 'y'], Math.hypot, [[[3, 4], 5]]),
  floatFunction('sin', 'The sine of an angle in radians.', Math.sin, [[0], 0]),
  floatFunction('cos', 'The cosine.', Math.cos, [[0], 1]),
  floatFunction('tan', 'The tangent.', Math.tan, [[0], 0]),
  floatFunction('csc', 'The cosecant.', (x) => 1 / Math.sin(x), [[Math.PI / 2], 1]),
  floatFunction('sec', 'The secant.', (x) => 1 / Math.cos(x), [[0], 1]),
  floatFunction('cot', 'The cotangent.', (x) => 1 / Math.tan(x), [[Math.PI / 4], 1]),
  floatFunction('sinh', 'The hyperbolic sine.', Math.sinh, [[0], 0]),
  floatFunction('cosh', 'The hyperbolic cosine.', Math.cosh, [[0], 1]),
  floatFunction('tanh', 'The hyperbolic tangent.', Math.tanh, [[0], 0]),
  floatFunction('arcsin', 'The inverse of the sine.', Math.asin, [[1], Math.PI / 2], ['asin']),
  floatFunction('arccos', 'The inverse of the cosine.', Math.acos, [[1], 0], ['acos']),
  floatFunction('arctan', 'The inverse of the tangent.', Math.atan, [[1], Math.PI / 4], ['atan']),
  pairFunction('arctan2', 'The angle of the point (x, y).', ['y', 'x'], Math.atan2, [[[1, 1], Math.PI / 4]], ['atan2']),
  floatFunction('arcsinh', 'The inverse of the hyperbolic sine.', Math.asinh, [[0], 0], ['asinh']),
  floatFunction('arccosh', 'The inverse of the hyperbolic cosine.', Math.acosh, [[1], 0], ['acosh']),
  floatFunction('arctanh', 'The inverse of the hyperbolic tangent.', Math.atanh, [[0], 0], ['atanh']),
  floatFunction('radians', 'Degrees as radians.', radians, [[180], Math.PI]),
  floatFunction('degrees', 'Radians as degrees.', degrees, [[Math.PI], 180]),
  test('is_nan', 'Whether it is NaN.', Number.isNaN, [
    [[Number.NaN], true],
    [[1], false],
  ]),
  test('is_inf', 'Whether it is infinite.', (x) => Math.abs(x) === Number.POSITIVE_INFINITY, [[[-Infinity], true]]),
  test('not_nan', 'Whether it is not NaN.', (x) => !Number.isNaN(x), [[[1], true]]),
  pairFunction(
    'fill_nan',
    'The number, or what fills it where it is NaN.',
    ['number', 'fill'],
    (x, fill) => (Number.isNaN(x) ? fill : x),
    [[[Number.NaN, 0], 0]],
  ),
  define({
    name: 'great_circle_distance',
    family: 'places',
    doc: 'Metres between two places in degrees, on a sphere with the mean radius of the Earth, 6,371,008.8 m; null where a place is none.',
    mayBeNull: true,
    parameters: [
      parameter('latitude1', FLOAT),
      parameter('longitude1', FLOAT),
      parameter('latitude2', FLOAT),
      parameter('longitude2', FLOAT),
    ],
    result: float64,
    evaluate: greatCircleDistance,
    examples: [
      [[52.52, 13.405, 48.8566, 2.3522], 877464.538],
      [[0, 0, 91, 0], null],
    ],
  }),
];

/** As IEEE 754 has it: 1 to any power, and anything to the power 0, is 1, also where JavaScript says NaN. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent))) return 1;
  return base ** exponent;
}

const EARTH_METRES = 6_371_008.8;

/** The haversine formula, which is exact also for places close to each other. */
function greatCircleDistance(lat1: number, lon1: number, lat2: number, lon2: number): number | null {
  const isPlace = (lat: number, lon: number): boolean => Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  if (!isPlace(lat1, lon1) || !isPlace(lat2, lon2)) return null;
  const half = (x: number): number => Math.sin(radians(x) / 2) ** 2;
  const a = half(lat2 - lat1) + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * half(lon2 - lon1);
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(a)));
}
