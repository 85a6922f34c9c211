/**
 * Likeness and distances of lists of numbers, which have the same length; another length is an error, and null where a
 * number is. Worked out in float64.
 */

import {
  type DataType,
  float64,
  int64,
  isInteger,
  isNumeric,
  list,
  storageType,
  typeName,
} from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import {
  type Call,
  define,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  parameter,
} from './function-definition.ts';
import { numbers } from './list-items.ts';
import { ANY, itemType, LIST } from './parameter-kinds.ts';

type Vector = Float64Array;

/** The numbers of a list of this type; undefined where one is null. */
const vectorOf = (type: DataType): ((items: readonly Value[]) => Vector | undefined) => {
  const unit = type.kind === 'decimal' ? Number(`1e${type.scale}`) : 1;
  return (items) => (items.includes(null) ? undefined : Float64Array.from(items, (item) => Number(item) / unit));
};

/** The length of every list of the type, where it has one. */
function fixedLength(type: DataType | undefined): number | undefined {
  const stored = type && storageType(type);
  return stored?.kind === 'fixed-size-list' ? stored.size : undefined;
}

function sameLength(a: number, b: number): void {
  if (a !== b) throw new InvalidValue(`The lists have ${a} and ${b} numbers.`);
}

/** What is wrong with the types of two lists of numbers; undefined where nothing is. */
function wrongLists(name: string, { types: [left, right] }: Call): string | undefined {
  if (!isNumeric(itemType(left)) || !isNumeric(itemType(right))) return `${name} takes lists of numbers.`;
  const [a, b] = [fixedLength(left), fixedLength(right)];
  return a === undefined || b === undefined || a === b ? undefined : `The lists have ${a} and ${b} numbers.`;
}

const ofVectors =
  (compute: (a: Vector, b: Vector) => Value) =>
  ({ types: [left, right] }: Call): Evaluate => {
    const [ofLeft, ofRight] = [vectorOf(itemType(left)), vectorOf(itemType(right))];
    return (first, second) => {
      const [a, b] = [first as readonly Value[], second as readonly Value[]];
      sameLength(a.length, b.length);
      const [x, y] = [ofLeft(a), ofRight(b)];
      return x === undefined || y === undefined ? null : compute(x, y);
    };
  };

const measure = (
  name: string,
  aliases: readonly string[],
  doc: string,
  compute: (a: Vector, b: Vector) => number,
  ...results: readonly number[]
): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'embeddings',
    doc,
    mayBeNull: true,
    canFail: ([left, right]) => fixedLength(left) === undefined || fixedLength(right) === undefined,
    parameters: [parameter('left', LIST), parameter('right', LIST)],
    result: (call) => wrongLists(name, call) ?? float64,
    prepare: ofVectors(compute),
    examples: results.map((result): Example => [[numbers(1, 2), numbers(3, 5)], result]),
  });

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let n = 0; n < a.length; n += 1) sum += (a[n] ?? 0) * (b[n] ?? 0);
  return sum;
}

const SMALLEST_SQUARE = 1e-290;

/** The length, without overflow of the squares, and without losing them where they are tiny. */
function norm(a: Vector): number {
  const squares = dot(a, a);
  if ((squares >= SMALLEST_SQUARE && squares < Number.POSITIVE_INFINITY) || Number.isNaN(squares)) {
    return Math.sqrt(squares);
  }
  const most = a.reduce((all, x) => Math.max(all, Math.abs(x)), 0);
  if (most === 0 || most === Number.POSITIVE_INFINITY) return most;
  const part = a.map((x) => x / most);
  return most * Math.sqrt(dot(part, part));
}

/** NaN where one has no direction. */
function cosine(a: Vector, b: Vector): number {
  const [x, y] = [norm(a), norm(b)];
  if (x === 0 || y === 0) return Number.NaN;
  const [product, lengths] = [dot(a, b), x * y];
  const isPlain = Number.isFinite(product) && lengths >= SMALLEST_SQUARE && Number.isFinite(lengths);
  const result = isPlain
    ? product / lengths
    : dot(
        a.map((each) => each / x),
        b.map((each) => each / y),
      );
  // Rounding must not make it more than one.
  return Math.max(-1, Math.min(1, result));
}

const differences = (a: Vector, b: Vector): Vector => a.map((x, n) => x - (b[n] ?? 0));

function correlation(a: Vector, b: Vector): number {
  const centred = (x: Vector): Vector => {
    const [first] = x;
    // The mean of equal numbers may be rounded, and what is left would look like a direction.
    const mean = x.every((each) => each === first) ? (first ?? 0) : x.reduce((sum, each) => sum + each, 0) / x.length;
    return x.map((each) => each - mean);
  };
  return cosine(centred(a), centred(b));
}

/** Of the places in which one of both is not zero, the share in which both are not; 1 where there are none. */
function jaccard(a: Vector, b: Vector): number {
  let [either, both] = [0, 0];
  for (let n = 0; n < a.length; n += 1) {
    const [left, right] = [a[n] !== 0, b[n] !== 0];
    if (left || right) either += 1;
    if (left && right) both += 1;
  }
  return either === 0 ? 1 : both / either;
}

/** In how many places they differ; NaN does not differ from itself. */
function differingPlaces(a: Vector, b: Vector): bigint {
  let count = 0;
  for (let n = 0; n < a.length; n += 1) {
    const [x, y] = [a[n] ?? 0, b[n] ?? 0];
    if (x !== y && !(Number.isNaN(x) && Number.isNaN(y))) count += 1;
  }
  return BigInt(count);
}

function bitsOf(value: bigint): bigint {
  let count = 0n;
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count += 1n;
  return count;
}

function differingBits(a: Uint8Array, b: Uint8Array): bigint {
  if (a.length !== b.length) throw new InvalidValue(`The values have ${a.length} and ${b.length} bytes.`);
  return a.reduce((sum, byte, n) => sum + bitsOf(BigInt(byte ^ (b[n] ?? 0))), 0n);
}

const isBinary = (type: DataType | undefined): boolean => type?.kind === 'binary' || type?.kind === 'fixed-size-binary';

const HAMMING = define({
  name: 'hamming_distance',
  family: 'embeddings',
  doc: 'How many bits of two integers, as 64 bits, or of two binary values differ, or in how many places two lists of numbers do.',
  mayBeNull: true,
  canFail: true,
  parameters: [parameter('left', ANY), parameter('right', ANY)],
  result: (call) => {
    const [left, right] = call.types as readonly [DataType, DataType];
    if ((isInteger(left) && isInteger(right)) || (isBinary(left) && isBinary(right))) return int64;
    if (LIST.accept(left) !== undefined && LIST.accept(right) !== undefined) {
      return wrongLists('hamming_distance', call) ?? int64;
    }
    const given = `${typeName(left)} and ${typeName(right)}`;
    return `hamming_distance takes two integers, two binary values or two lists of numbers, and these are ${given}.`;
  },
  prepare: (call): Evaluate => {
    const [type] = call.types;
    if (isBinary(type)) return (a, b) => differingBits(a as Uint8Array, b as Uint8Array);
    if (type !== undefined && isInteger(type)) {
      return (a, b) => bitsOf(BigInt.asUintN(64, wholeOf(a) ^ wholeOf(b)));
    }
    return ofVectors(differingPlaces)(call);
  },
  examples: [
    [[1n, 7n], '2'],
    [[numbers(1, 2), numbers(1, 5)], '1'],
    [
      [
        { kind: 'literal', type: list(float64), value: [1, 'NaN'] },
        { kind: 'literal', type: list(float64), value: [2, 'NaN'] },
      ],
      '1',
    ],
  ],
});

export const EMBEDDING_FUNCTIONS: readonly FunctionDefinition[] = [
  measure(
    'dot_product',
    ['inner_product', 'list_dot_product', 'list_inner_product', 'array_dot_product', 'array_inner_product'],
    'The sum of the products.',
    dot,
    13,
  ),
  measure(
    'cosine_similarity',
    ['list_cosine_similarity', 'array_cosine_similarity'],
    'The cosine of the angle between both; NaN where one is zero everywhere.',
    cosine,
    0.997054486,
  ),
  measure(
    'cosine_distance',
    ['list_cosine_distance', 'array_cosine_distance'],
    '1 less the cosine of the angle between both; NaN where one is zero everywhere.',
    (a, b) => 1 - cosine(a, b),
    0.0029455145,
  ),
  measure(
    'euclidean_distance',
    ['list_distance', 'array_distance'],
    'The root of the sum of the squares of the differences.',
    (a, b) => norm(differences(a, b)),
    3.60555128,
  ),
  HAMMING,
  measure(
    'jaccard_similarity',
    [],
    'Of the places where one of both is not zero, the share where both are not; 1 where there are none.',
    jaccard,
    1,
  ),
  measure(
    'pearson_correlation',
    [],
    'The correlation of the numbers; NaN where one side never changes.',
    correlation,
    1,
  ),
];
