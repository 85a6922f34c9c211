/** Ranges of the results of functions, where they follow from their arguments or from what they are. */

import type { TypedExpression } from '../expressions/expression.ts';
import { type FunctionCall, literalAt } from './lane-function.ts';
import { isWhole, machineOf, rangeOf } from './machine.ts';
import { greater, lesser, magnitude, magnitudeBits, type Range, union, within } from './ranges.ts';
import { cutOf } from './rounding-cut.ts';

type RangeOf = (operand: TypedExpression) => Range;

/** Of the exact results of a call, given those of its arguments; undefined where nothing is known but its type. */
export function functionRange(call: FunctionCall, rangeOf: RangeOf): Range | undefined {
  const known = TIME_RANGES[call.name];
  if (known !== undefined) return known;
  return isWhole(call.type) ? NUMBER_RANGES[call.name]?.(call, rangeOf) : undefined;
}

const ZERO: Range = { least: 0n, greatest: 0n };

const NUMBER_RANGES: Readonly<Record<string, (call: FunctionCall, rangeOf: RangeOf) => Range | undefined>> = {
  abs: (call, of) => {
    const range = of(call.arguments[0]!);
    const least = range.least > 0n ? range.least : range.greatest < 0n ? -range.greatest : 0n;
    return { least, greatest: magnitude(range) };
  },
  sign: () => ({ least: -1n, greatest: 1n }),
  floor: rounded,
  ceil: rounded,
  trunc: rounded,
  round: rounded,
  bitwise_and: (call, of) => {
    const ranges = rangesOf(call, of);
    const natural = ranges.filter(({ least }) => least >= 0n);
    return natural.length === 0
      ? sameBits(ranges)
      : { least: 0n, greatest: natural.map((r) => r.greatest).reduce(lesser) };
  },
  bitwise_or: (call, of) => sameBits(rangesOf(call, of)),
  bitwise_xor: (call, of) => sameBits(rangesOf(call, of)),
  shift_left: (call, of) => {
    const by = literalAt(call, 1);
    if (typeof by !== 'bigint' || by < 0n || by > 63n) return undefined;
    const { least, greatest } = of(call.arguments[0]!);
    const range = { least: least << by, greatest: greatest << by };
    // What leaves the type is lost, and what is left may be anything.
    return within(range, rangeOf(machineOf(call.type)!)) ? range : undefined;
  },
  shift_right: (call, of) => union(of(call.arguments[0]!), ZERO),
  bit_count: () => ({ least: 0n, greatest: 64n }),
  bit_hamming_distance: () => ({ least: 0n, greatest: 64n }),
  pmod: (call, of) => {
    const by = of(call.arguments[1]!);
    const most = greater(magnitude(by) - 1n, 0n);
    return { least: by.least < 0n ? -most : 0n, greatest: by.greatest > 0n ? most : 0n };
  },
  clip: clipped,
  columns_min: (call, of) => rangesOf(call, of).reduce(union),
  columns_max: (call, of) => rangesOf(call, of).reduce(union),
  columns_sum: (call, of) =>
    rangesOf(call, of)
      .map((range) => union(range, ZERO))
      .reduce((a, b) => ({ least: a.least + b.least, greatest: a.greatest + b.greatest })),
};

const rangesOf = (call: FunctionCall, of: RangeOf): readonly Range[] => call.arguments.map(of);

/** What bits that are set in such numbers can make. */
function sameBits(ranges: readonly Range[]): Range {
  const most = ranges.map(({ least, greatest }) => greater(greatest, -least - 1n)).reduce(greater);
  const power = 1n << BigInt(magnitudeBits({ least: 0n, greatest: most }));
  return { least: ranges.every(({ least }) => least >= 0n) ? 0n : -power, greatest: power - 1n };
}

/** Rounding may go one further than division. */
function rounded(call: FunctionCall, of: RangeOf): Range | undefined {
  const range = of(call.arguments[0]!);
  const cut = cutOf(call);
  if (cut === undefined || cut.digits === 0) return cut && range;
  const [divisor, factor] = [10n ** BigInt(cut.digits), 10n ** BigInt(cut.zeros)];
  return { least: (range.least / divisor - 1n) * factor, greatest: (range.greatest / divisor + 1n) * factor };
}

/** A bound, or what no bound that is a literal excludes. */
function clipped(call: FunctionCall, of: RangeOf): Range {
  const [x, ...bounds] = rangesOf(call, of) as [Range, ...Range[]];
  const there = bounds.filter((_, n) => literalAt(call, n + 1) !== null);
  const [low, high] = bounds.map((bound, n) => (isKnown(literalAt(call, n + 1)) ? bound : undefined));
  const least = low ? greater(x.least, low.least) : x.least;
  const greatest = high ? lesser(x.greatest, high.greatest) : x.greatest;
  return [least <= greatest ? { least, greatest } : x, ...there].reduce(union);
}

const isKnown = (literal: unknown): boolean => literal !== undefined && literal !== null;

const TIME_RANGES: Readonly<Record<string, Range>> = {
  year: { least: -5_900_000n, greatest: 5_900_000n },
  quarter: { least: 1n, greatest: 4n },
  month: { least: 1n, greatest: 12n },
  day: { least: 1n, greatest: 31n },
  day_of_week: { least: 0n, greatest: 6n },
  day_of_year: { least: 1n, greatest: 366n },
  week_of_year: { least: 1n, greatest: 53n },
  iso_year: { least: -5_900_000n, greatest: 5_900_000n },
  hour: { least: 0n, greatest: 23n },
  minute: { least: 0n, greatest: 59n },
  second: { least: 0n, greatest: 59n },
  millisecond: { least: 0n, greatest: 999n },
  microsecond: { least: 0n, greatest: 999_999n },
  nanosecond: { least: 0n, greatest: 999_999_999n },
};
