/** Random typed expressions, and batches for them to read. */

import fc from 'fast-check';
import type { Batch } from '../../src/columnar/batch.ts';
import { batchFromRows, type ColumnForm } from '../../src/columnar/column-from-values.ts';
import {
  bool,
  type DataType,
  date,
  decimal,
  duration,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  isInteger,
  sameType,
  type TimeUnit,
  time,
  timestamp,
  typeName,
  uint8,
  uint16,
  uint32,
  uint64,
  utf8,
} from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { type Value, wholeOf } from '../../src/columnar/value.ts';
import { castBetween } from '../../src/expressions/cast-value.ts';
import type { ArithmeticOperator, ComparisonOperator, TypedExpression } from '../../src/expressions/expression.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../../src/expressions/temporal-text.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { wrapOverflow } from '../../src/planner/wrap-overflow.ts';
import { numberCalls } from './arbitrary-number-calls.ts';
import { timeCalls } from './arbitrary-time-calls.ts';

const INTEGERS = [int8, int16, int32, int64, uint8, uint16, uint32, uint64];
const MONEY: DataType = decimal(15, 2);
const RATE = decimal(7, 4);
const TOTAL = decimal(16, 2);
const PRODUCT = decimal(30, 4);
const HUGE = decimal(38, 2);
const HUGE_PRODUCT = decimal(38, 4);
const QUOTIENT = decimal(33, 18);
const WHOLE = decimal(15, 0);
const LONG_DECIMALS = [PRODUCT, HUGE, HUGE_PRODUCT, QUOTIENT];
const MICROS = timestamp('us');
const SECONDS = timestamp('s', 'UTC');
/** Half an hour is added in summer. */
const ZONED = [timestamp('us', 'Europe/Berlin'), timestamp('ns', 'Australia/Lord_Howe'), timestamp('s', '-03:30')];
const CLOCKS = [time('us'), time('ns')];
const LENGTHS = [duration('s'), duration('us'), duration('ns')];
export const TYPES: readonly DataType[] = [
  bool,
  ...INTEGERS,
  float16,
  float32,
  float64,
  MONEY,
  RATE,
  TOTAL,
  WHOLE,
  ...LONG_DECIMALS,
  utf8,
  date,
  MICROS,
  SECONDS,
  ...ZONED,
  ...CLOCKS,
  ...LENGTHS,
];

/** Two columns of each type. */
export const INPUT: Schema = {
  fields: TYPES.flatMap((type, n) => [field(`a${n}`, type), field(`b${n}`, type)]),
};

const wholeRange = (type: DataType): [bigint, bigint] => {
  switch (type.kind) {
    case 'decimal':
      return [1n - 10n ** BigInt(type.precision), 10n ** BigInt(type.precision) - 1n];
    case 'date':
      return [-(2n ** 31n), 2n ** 31n - 1n];
    case 'time':
      return [0n, ticksPerDay(type.unit) - 1n];
    case 'timestamp':
    case 'duration':
      return [-(2n ** 63n), 2n ** 63n - 1n];
    default: {
      const bits = BigInt(/\d+/.exec(type.kind)?.[0] ?? 64);
      return type.kind.startsWith('u') ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
    }
  }
};

const isBig = ({ kind }: DataType): boolean =>
  ['int64', 'uint64', 'decimal', 'time', 'timestamp', 'duration'].includes(kind);

/** Moments at which clocks are changed, in UTC: of Berlin in 1916 and 2024, of Lord Howe in 2024. */
const CHANGES = [-1_693_706_400n, 1_711_846_800n, 1_729_990_800n, 1_712_415_600n, 1_728_142_200n];

/** Within three hours of a moment at which clocks are changed, or at which they show what they show then. */
const aroundChanges = (unit: TimeUnit): fc.Arbitrary<bigint> =>
  fc
    .tuple(fc.constantFrom(...CHANGES), fc.constantFrom(0n, 1n, 2n, 10n, 11n), fc.bigInt(-10_800n, 10_800n))
    .map(([change, hours, near]) => (change + hours * 3_600n + near) * TICKS_PER_SECOND[unit] + (near & 1n));

/** Mostly small values, so that most batches do not overflow; sometimes the edges of the type. */
export function cell(type: DataType, tame: boolean): fc.Arbitrary<NonNullable<Value>> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean();
    case 'utf8':
      return fc.oneof(
        fc.constantFrom('', 'a', 'ab', 'abc', 'special deposits', 'ß', '\u{1F600}', '\uFFFD', 'zebra zebra zebra'),
        fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 40 }),
      );
    case 'float16':
      return fc.oneof(
        fc.integer({ min: -99, max: 99 }),
        fc.constantFrom(NaN, -Infinity, -0, 0.5, -2.5, 65_504, 2 ** -24),
      );
    case 'float32':
      return fc.oneof(fc.integer({ min: -99, max: 99 }), fc.constantFrom(NaN, Infinity, -0, 0.5, -2.5), fc.float());
    case 'float64':
      return fc.oneof(fc.integer({ min: -99, max: 99 }), fc.constantFrom(NaN, -Infinity, -0, 0.5, 1.005), fc.double());
    default: {
      const [least, greatest] = wholeRange(type);
      const small = fc.bigInt(least < -99n ? -99n : least, 99n);
      const edges = fc.constantFrom(least, greatest, greatest / 2n, least + 1n, 0n);
      const any = tame
        ? type.kind === 'timestamp'
          ? fc.oneof(small, aroundChanges(type.unit))
          : small
        : fc.oneof(
            { weight: 8, arbitrary: small },
            { weight: 1, arbitrary: edges },
            { weight: 1, arbitrary: fc.bigInt(least, greatest) },
          );
      return any.map((value) => (isBig(type) ? value : Number(value)));
    }
  }
}

const columnsOf = (type: DataType): TypedExpression[] =>
  INPUT.fields.flatMap((f, index) =>
    sameType(f.type, type) ? [{ kind: 'column' as const, index, name: f.name, type, nullable: true }] : [],
  );

const leaf = (type: DataType): fc.Arbitrary<TypedExpression> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...columnsOf(type)) },
    {
      weight: 1,
      arbitrary: fc
        .option(cell(type, true), { freq: 12 })
        .map((value): TypedExpression => ({ kind: 'literal', value, type, nullable: value === null })),
    },
  );

/** Every cast that there is among the types. */
const CASTS: readonly (readonly [DataType, DataType])[] = TYPES.flatMap((from) =>
  TYPES.filter((to) => from !== to && castBetween(from, to) !== undefined).map((to) => [from, to] as const),
);

const known = new Map<string, fc.Arbitrary<TypedExpression>>();

/** Expressions of a type of `TYPES` with at most `depth` levels. */
export function expression(type: DataType, depth: number): fc.Arbitrary<TypedExpression> {
  const key = `${typeName(type)} ${depth}`;
  let made = known.get(key);
  if (made === undefined) {
    made = makeExpression(TYPES.find((one) => sameType(one, type))!, depth);
    known.set(key, made);
  }
  return made;
}

function makeExpression(type: DataType, depth: number): fc.Arbitrary<TypedExpression> {
  if (depth === 0) return leaf(type);
  const choices: fc.Arbitrary<TypedExpression>[] = [leaf(type)];
  const deeper = (of: DataType): fc.Arbitrary<TypedExpression> => expression(of, depth - 1);
  const casts = CASTS.filter(([, to]) => to === type);
  if (casts.length > 0) {
    choices.push(
      fc
        .constantFrom(...casts)
        .chain(([from]) => deeper(from))
        .chain((input) =>
          fc.boolean().map((isTry): TypedExpression => ({ kind: 'cast', input, type, try: isTry, nullable: true })),
        ),
    );
  }
  choices.push(
    fc.tuple(deeper(bool), deeper(type), deeper(type)).map(
      ([condition, then, otherwise]): TypedExpression => ({
        kind: 'if-else',
        condition,
        then,
        otherwise,
        type,
        nullable: true,
      }),
    ),
  );
  const arithmetic = (operators: readonly ArithmeticOperator[], left: DataType, right: DataType): void => {
    choices.push(
      fc.tuple(fc.constantFrom(...operators), deeper(left), deeper(right)).map(
        ([operator, l, r]): TypedExpression => ({
          kind: 'arithmetic',
          operator,
          left: l,
          right: r,
          type,
          nullable: true,
        }),
      ),
    );
  };
  if (isInteger(type)) arithmetic(['+', '-', '*', '//', '%'], type, type);
  if (type === TOTAL) arithmetic(['+', '-'], MONEY, MONEY);
  if (type === PRODUCT) arithmetic(['*'], MONEY, MONEY);
  if (type === HUGE) arithmetic(['+', '-'], HUGE, HUGE);
  if (type === HUGE_PRODUCT) {
    arithmetic(['*'], HUGE, HUGE);
    arithmetic(['+', '-'], PRODUCT, HUGE_PRODUCT);
    arithmetic(['%'], HUGE_PRODUCT, HUGE);
  }
  if (type === QUOTIENT) arithmetic(['/'], MONEY, MONEY);
  if (type === WHOLE) arithmetic(['//'], MONEY, MONEY);
  if (type === MONEY) arithmetic(['%'], MONEY, MONEY);
  if (type === float64) arithmetic(['+', '-', '*', '/', '//', '%'], type, type);
  if (type === float32) arithmetic(['+', '-', '*', '//', '%'], type, type);
  choices.push(...timeCalls(type, TYPES, deeper));
  choices.push(...numberCalls(type, TYPES, deeper));
  if (type === bool) choices.push(...predicates(deeper));
  const any = fc.oneof(...choices);
  return isInteger(type) ? fc.tuple(any, fc.boolean()).map(([e, wraps]) => (wraps ? wrapOverflow(e) : e)) : any;
}

function predicates(deeper: (of: DataType) => fc.Arbitrary<TypedExpression>): fc.Arbitrary<TypedExpression>[] {
  const typed = { type: bool, nullable: true };
  const operators: readonly ComparisonOperator[] = ['=', '!=', '<', '<=', '>', '>='];
  const compare = fc
    .constantFrom(...TYPES)
    .chain((type) => fc.tuple(fc.constantFrom(...operators), deeper(type), deeper(type)))
    .map(([operator, left, right]): TypedExpression => ({ kind: 'compare', operator, left, right, ...typed }));
  const text = fc
    .tuple(fc.constantFrom('starts_with', 'ends_with', 'contains'), leaf(utf8), leaf(utf8))
    .map(([name, a, b]): TypedExpression => ({ kind: 'function', name, arguments: [a, b], ...typed }));
  return [
    compare,
    compare,
    text,
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), deeper(bool), deeper(bool))
      .map(([operator, left, right]): TypedExpression => ({ kind: 'logic', operator, left, right, ...typed })),
    deeper(bool).map((input): TypedExpression => ({ kind: 'not', input, ...typed })),
    fc
      .constantFrom(...TYPES)
      .chain(deeper)
      .map((input): TypedExpression => ({ kind: 'is-null', input, ...typed, nullable: false })),
  ];
}

export interface RandomBatch {
  readonly rows: readonly (readonly Value[])[];
  readonly forms: readonly ColumnForm[];
}

/** Seeded, and quick: values drawn one by one by the property library would take longer than all the rest. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SAMPLES = new Map(
  TYPES.flatMap((type) =>
    [true, false].map((tame) => [
      `${TYPES.indexOf(type)} ${tame}`,
      fc.sample(cell(type, tame), { numRuns: 500, seed: 7 }),
    ]),
  ),
);

const bitsOf = (values: readonly Value[]): number =>
  Math.max(0, ...values.map((v) => (v === null ? 0 : String(wholeOf(v).toString(2)).replace('-', '').length)));

/** How a column is held, and whether it says how large its values are. */
interface Shape {
  readonly nullable: boolean;
  readonly dictionary: boolean;
  readonly bounded: boolean;
  /** Of long decimals: in 8 bytes where the values fit. */
  readonly short: boolean;
}

type Next = () => number;

/** One of each column; those of columns that are not `read` do not matter. */
export const randomShapes = (next: Next): readonly Shape[] =>
  INPUT.fields.map(() => ({
    nullable: next() < 0.5,
    dictionary: next() < 0.5,
    bounded: next() < 0.5,
    short: next() < 0.5,
  }));

/** Rows for columns of such shapes; null in columns that are not `read`, where that is given. */
export function randomRows(
  next: Next,
  rowCount: number,
  shapes: readonly Shape[],
  { tame, read }: { readonly tame: boolean; readonly read?: ReadonlySet<number> | undefined },
): Value[][] {
  const columns = INPUT.fields.map(({ type }, index) => {
    if (read?.has(index) === false) return undefined;
    const samples = SAMPLES.get(`${TYPES.indexOf(type)} ${tame}`)!;
    const isNull = (): boolean => shapes[index]?.nullable === true && next() < 0.2;
    return Array.from({ length: rowCount }, () => (isNull() ? null : samples[Math.floor(next() * samples.length)]!));
  });
  return Array.from({ length: rowCount }, (_, row) => columns.map((values) => values?.[row] ?? null));
}

/** The forms of columns that hold these rows, or some of them. */
export function formsOf(
  shapes: readonly Shape[],
  rows: readonly (readonly Value[])[],
  read?: ReadonlySet<number>,
): readonly ColumnForm[] {
  return INPUT.fields.map(({ type }, index) => {
    if (read?.has(index) === false) return { nullable: true };
    const { nullable, dictionary, bounded, short } = shapes[index]!;
    const values = rows.map((row) => row[index] ?? null);
    const isWhole = !['bool', 'utf8', 'float16', 'float32', 'float64'].includes(type.kind);
    const isShort =
      short &&
      LONG_DECIMALS.some((long) => long === type) &&
      values.every((v) => v === null || BigInt.asIntN(64, wholeOf(v)) === v);
    return {
      dictionary,
      nullable,
      ...(isShort ? { width: 8 as const } : {}),
      ...(bounded && isWhole ? { bits: bitsOf(values) } : {}),
    };
  });
}

/** A batch around the block size. */
export function randomBatch(seed: number, read?: ReadonlySet<number>): RandomBatch {
  const next = random(seed);
  const rowCount = [0, 1, 3, 63, 64, 65, 70, 130, 500][Math.floor(next() * 9)]!;
  const tame = next() < 0.7;
  const shapes = randomShapes(next);
  const rows = randomRows(next, rowCount, shapes, { tame, read });
  return { rows, forms: formsOf(shapes, rows, read) };
}

export const placed = (holding: Holding, { rows, forms }: RandomBatch): Batch =>
  batchFromRows(holding, INPUT, rows, forms);
