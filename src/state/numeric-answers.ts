/** Sums, products, means, variances and skewness, read from states by kernels. */

import type { Column } from '../columnar/column.ts';
import { type DataType, isUnsigned, typeName } from '../columnar/data-type.ts';
import { ArithmeticOverflow } from '../errors.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { momentKernels } from '../kernels/moment-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Accumulator, Answer } from './accumulators.ts';
import { type AnswerRegions, answerColumn, makeBitmap, makeRoom } from './answer-columns.ts';
import { floatQuotient, roundedQuotient } from './exact-division.ts';
import type { StateReader } from './state-reader.ts';

const MOST_DECIMAL = 10n ** 38n;
const SAMPLE_DDOF = 1;

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { kind: Kind }>;

/** @throws ArithmeticOverflow */
export function writeSums(type: DataType, sum: Accumulator, from: StateReader, to: number): void {
  const kernels = accumulateKernels(from.linear);
  const { stride, rows } = from;
  const bad =
    type.kind === 'decimal'
      ? kernels.decimalSums(from.at(sum), stride, rows, to)
      : kernels.narrowSums(from.at(sum), stride, rows, isUnsigned(type) ? 1 : 0, to);
  if (bad < 0) return;
  throw new ArithmeticOverflow(
    `A sum does not fit ${typeName(type)}: it is ${from.wide(sum, bad)}${unscaled(type)}. Cast the input to a larger type.`,
  );
}

/** @throws ArithmeticOverflow */
export function writeProducts(type: DataType, product: Accumulator, from: StateReader, to: number): void {
  const kernels = momentKernels(from.linear);
  if (kernels.narrowProducts(from.at(product), from.stride, from.rows, isUnsigned(type) ? 1 : 0, to) < 0) return;
  throw new ArithmeticOverflow(`A product does not fit ${typeName(type)}. Cast the input to float64.`);
}

/**
 * By one division where that is exact, else, which is rare, in big integers.
 * @throws ArithmeticOverflow
 */
export function meanColumn(
  { aggregate: { type }, sum, count }: AnswerOf<'mean'>,
  from: StateReader,
  regions: AnswerRegions,
  holding: Holding,
): Column {
  const to = makeRoom(regions, type, from.rows);
  const validity = from.present(count, regions);
  if (sum.kind === 'float-sum') {
    accumulateKernels(from.linear).floatMeans(from.at(sum), from.at(count), from.stride, from.rows, to);
  } else writeExactMeans(type, sum, count, from, regions, to);
  return answerColumn(holding, type, to, validity, from.rows);
}

function writeExactMeans(
  type: DataType,
  sum: Accumulator,
  count: Accumulator,
  from: StateReader,
  { text }: AnswerRegions,
  to: number,
): void {
  const kernels = accumulateKernels(from.linear);
  const { stride, rows, linear } = from;
  const [sums, counts] = [from.at(sum), from.at(count)];
  text.ensure(rows * 4, 0);
  const rest = text.address;
  const extraDigits = type.kind === 'decimal' && sum.type?.kind === 'decimal' ? type.scale - sum.type.scale : 0;
  const factor = 10n ** BigInt(extraDigits);
  const left =
    type.kind === 'decimal'
      ? kernels.decimalMeans(sums, counts, stride, rows, factor, to, rest)
      : kernels.integerMeans(sums, counts, stride, rows, to, rest);
  for (let index = 0; index < left; index++) {
    const row = linear.u32[(rest >>> 2) + index] ?? 0;
    const [exact, values] = [from.wide(sum, row), from.count(count, row)];
    if (type.kind !== 'decimal') linear.data.setFloat64(to + row * 8, floatQuotient(exact, values), true);
    else writeWide(from, to + row * 16, roundedQuotient(exact * factor, values), type);
  }
}

function writeWide({ linear: { data } }: StateReader, address: number, value: bigint, type: DataType): void {
  if (value >= MOST_DECIMAL || value <= -MOST_DECIMAL) {
    throw new ArithmeticOverflow(`A mean does not fit ${typeName(type)}: it is ${value}${unscaled(type)}.`);
  }
  data.setBigInt64(address, BigInt.asIntN(64, value), true);
  data.setBigInt64(address + 8, value >> 64n, true);
}

/** Variances and deviations of whole numbers, rounded where their 256 bits become floats. */
export function exactSpreadColumn(
  { aggregate, sum, squares, count }: AnswerOf<'exact-spread'>,
  from: StateReader,
  regions: AnswerRegions,
  holding: Holding,
): Column {
  const { stride, rows } = from;
  const kernels = momentKernels(from.linear);
  const ddof = aggregate.options?.ddof ?? SAMPLE_DDOF;
  const root = aggregate.function === 'stddev' ? 1 : 0;
  const to = makeRoom(regions, aggregate.type, rows);
  const counts = from.at(count);
  kernels.exactSpreads(from.at(sum), from.at(squares), counts, stride, rows, ddof, scaleOf(sum.type, 2), root, to);
  const bitmap = makeBitmap(regions, rows);
  const present = kernels.groupsAbove(counts, stride, rows, ddof, bitmap);
  return answerColumn(holding, aggregate.type, to, present === rows ? 0 : bitmap, rows);
}

/** Variances, deviations and skewness of floats. */
export function momentsColumn(
  { aggregate, moments }: AnswerOf<'moments'>,
  from: StateReader,
  regions: AnswerRegions,
  holding: Holding,
): Column {
  const { stride, rows } = from;
  const kernels = momentKernels(from.linear);
  const to = makeRoom(regions, aggregate.type, rows);
  const bitmap = makeBitmap(regions, rows);
  const ddof = aggregate.options?.ddof ?? SAMPLE_DDOF;
  const root = aggregate.function === 'stddev' ? 1 : 0;
  const present =
    aggregate.function === 'skew'
      ? kernels.skews(from.at(moments), stride, rows, to, bitmap)
      : kernels.spreads(from.at(moments), stride, rows, ddof, scaleOf(moments.type, 2), root, to, bitmap);
  return answerColumn(holding, aggregate.type, to, present === rows ? 0 : bitmap, rows);
}

/** What a product of `factors` unscaled decimals is divided by. */
export const scaleOf = (type: DataType | undefined, factors: number): number =>
  type?.kind === 'decimal' ? 10 ** (type.scale * factors) : 1;

const unscaled = (type: DataType): string => (type.kind === 'decimal' ? ` × 10 ** -${type.scale}` : '');
