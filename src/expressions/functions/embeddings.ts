/** Distances between lists of numbers of the same length; another length is an error. Worked out in float64. */

import type { DataType } from '../../columnar/data-type.ts';
import { float64, isNumeric } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { type Call, define, type FunctionDefinition, parameter } from './function-definition.ts';
import { numbers } from './list-items.ts';
import { itemType, LIST } from './parameter-kinds.ts';

type Vector = readonly number[];

const scaled = (type: DataType): ((items: readonly Value[]) => Vector | undefined) => {
  const unit = type.kind === 'decimal' ? Number(`1e${type.scale}`) : 1;
  return (items) => (items.includes(null) ? undefined : items.map((item) => Number(item) / unit));
};

const distance = (
  name: string,
  doc: string,
  compute: (a: Vector, b: Vector) => number,
  example: number,
  aliases: readonly string[] = [],
): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'embeddings',
    doc,
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('left', LIST), parameter('right', LIST)],
    result: ({ types }: Call) =>
      types.every((type) => isNumeric(itemType(type))) ? float64 : `${name} takes lists of numbers.`,
    prepare: ({ types: [left, right] }) => {
      const [ofLeft, ofRight] = [scaled(itemType(left)), scaled(itemType(right))];
      return (a, b) => {
        if (a.length !== b.length) throw new InvalidValue(`The lists have ${a.length} and ${b.length} numbers.`);
        const [x, y] = [ofLeft(a), ofRight(b)];
        return x === undefined || y === undefined ? null : compute(x, y);
      };
    },
    examples: [[[numbers(1, 2), numbers(3, 5)], example]],
  });

const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, n) => sum + x * (b[n] ?? 0), 0);
const cosine = (a: Vector, b: Vector): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const mean = (a: Vector): number => a.reduce((sum, x) => sum + x, 0) / a.length;

function correlation(a: Vector, b: Vector): number {
  const [ma, mb] = [mean(a), mean(b)];
  return cosine(
    a.map((x) => x - ma),
    b.map((x) => x - mb),
  );
}

/** Of the places in which one of both is not zero, the share in which both are. */
function jaccard(a: Vector, b: Vector): number {
  const either = a.filter((x, n) => x !== 0 || b[n] !== 0).length;
  return either === 0 ? 1 : a.filter((x, n) => x !== 0 && b[n] !== 0).length / either;
}

export const EMBEDDING_FUNCTIONS: readonly FunctionDefinition[] = [
  distance('dot_product', 'The sum of the products.', dot, 13, ['inner_product']),
  distance('cosine_similarity', 'The cosine of the angle between both; NaN where one is zero.', cosine, 0.997054486),
  distance('cosine_distance', '1 less the cosine of the angle between both.', (a, b) => 1 - cosine(a, b), 0.0029455145),
  distance(
    'euclidean_distance',
    'The root of the sum of the squares of the differences.',
    (a, b) => Math.hypot(...a.map((x, n) => x - (b[n] ?? 0))),
    Math.sqrt(13),
  ),
  distance('hamming_distance', 'In how many places they differ.', (a, b) => a.filter((x, n) => x !== b[n]).length, 2),
  distance('jaccard_similarity', 'Of the places where one is not zero, the share where both are not.', jaccard, 1),
  distance('pearson_correlation', 'The correlation of the numbers; NaN where one side never changes.', correlation, 1),
];
