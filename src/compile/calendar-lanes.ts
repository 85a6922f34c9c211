/**
 * The calendar of `calendar-code.ts` for four days at a time, in lanes of 32 bits, of days that are known to lie within
 * some 45,000 years of 1970. Vectors have no division: it is a multiplication by a constant to 64 bits, and a shift.
 *
 *     │ d0 d1 d2 d3 │  × M   ──▶   │ p0 p1 │ p2 p3 │  >> k   ──▶   │ q0 q1 q2 q3 │
 */

import { type Code, get, type Local } from './emit.ts';
import { i32, i32x4, i64x2, v128 } from './instructions.ts';
import { type LaneCode, lowWords } from './lane-code.ts';
import type { Range } from './ranges.ts';

/** Days that the code below is exact for. */
export const LANE_DAYS: Range = { least: -(2n ** 24n), greatest: 2n ** 24n };

const ERA_DAYS = 146_097;
const ERA_YEARS = 400;
/** Eras added to make every day positive. */
const BIAS = 115;
/** Days from 0000-03-01, where an era begins, to 1970-01-01, a Thursday. */
const EPOCH_DAY = 719_468;
/** 2 ** 32 ÷ 1,461, rounded up: see `calendar-code.ts`. */
const YEAR_FACTOR = 2_939_745;
const JANUARY_PASSED = 306 * 4 * YEAR_FACTOR;

type Four = Local<'v128'>;
type FourCode = Code<'v128'>;

const keep = (lanes: LaneCode, code: FourCode): Four => lanes.keep([code], 'i32')[0] as Four;
const four = (value: number): FourCode => i32x4.splat(i32.const(value));

/** Four days in years that begin in March. */
interface FourDays {
  /** Of the years, biased by whole eras. */
  readonly century: Four;
  readonly yearOfCentury: Four;
  /** From 0 on. */
  readonly dayOfYear: Four;
  /** A mask: January and February belong to the next calendar year. */
  readonly isNextYear: Four;
}

function fourDays(lanes: LaneCode, days: Four): FourDays {
  const shifted = i32x4.add(get(days), four(EPOCH_DAY + BIAS * ERA_DAYS));
  const n1 = keep(lanes, i32x4.add(i32x4.shl(shifted, i32.const(2)), four(3)));
  const century = keep(lanes, quotient(lanes, n1, ERA_DAYS, 2 ** 28));
  const rest = i32x4.sub(get(n1), i32x4.mul(get(century), four(ERA_DAYS)));
  const products = multiplied(lanes, keep(lanes, v128.or(rest, four(3))), YEAR_FACTOR);
  const passed = keep(lanes, lowWords(...products));
  return {
    century,
    yearOfCentury: keep(lanes, highWords(...products)),
    dayOfYear: keep(lanes, quotient(lanes, passed, 4 * YEAR_FACTOR, 2 ** 32)),
    isNextYear: keep(lanes, i32x4.geU(get(passed), four(JANUARY_PASSED))),
  };
}

/** The products with a constant, 64 bits each, of two lanes and of the other two. */
function multiplied(lanes: LaneCode, x: Four, factor: number): [FourCode, FourCode] {
  const constant = four(factor);
  const [low, high] = lanes.keep([i64x2.extmulLowU(get(x), constant), i64x2.extmulHighU(get(x), constant)], 'i64');
  return [get(low as Four), get(high as Four)];
}

/** The high halves of two vectors' 64-bit lanes, as four 32-bit lanes. */
const highWords = (a: FourCode, b: FourCode): FourCode =>
  v128.shuffle(a, b, [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31]);

/** Of lanes below `limit`, unsigned. Source: Warren, "Hacker's Delight", 10-9: exact where the error times the limit is below a unit. */
function quotient(lanes: LaneCode, x: Four, divisor: number, limit: number): FourCode {
  let shift = 32n;
  const factorFor = (by: bigint): bigint => (1n << by) / BigInt(divisor) + 1n;
  while ((factorFor(shift) * BigInt(divisor) - (1n << shift)) * BigInt(limit) >= 1n << shift) shift += 1n;
  const factor = factorFor(shift);
  if (factor >= 2n ** 32n) throw new Error(`no factor of 32 bits divides by ${divisor} below ${limit}`);
  const products = multiplied(lanes, x, Number(BigInt.asIntN(32, factor)));
  if (shift === 32n) return highWords(...products);
  return highWords(
    ...(products.map((part) => i64x2.shrU(part, i32.const(Number(shift) - 32))) as [FourCode, FourCode]),
  );
}

const marchYear = ({ century, yearOfCentury }: FourDays): FourCode =>
  i32x4.add(i32x4.mul(get(century), four(100)), i32x4.sub(get(yearOfCentury), four(BIAS * ERA_YEARS)));

/** Masks are -1. */
const yearOf = (days: FourDays): FourCode => i32x4.sub(marchYear(days), get(days.isNextYear));

/** March is 3 here, and February 14: the lengths of the months follow one line. */
const lineOf = ({ dayOfYear }: FourDays): FourCode => i32x4.add(i32x4.mul(get(dayOfYear), four(2141)), four(197_913));

const monthOf = (days: FourDays): FourCode =>
  i32x4.sub(i32x4.shrU(lineOf(days), i32.const(16)), v128.and(get(days.isNextYear), four(12)));

function dayOfMonth(lanes: LaneCode, days: FourDays): FourCode {
  const inMonth = keep(lanes, v128.and(lineOf(days), four(0xffff)));
  return i32x4.add(quotient(lanes, inMonth, 2141, 2 ** 16), four(1));
}

/** From 1 in January: 1 March is the 60th, in leap years the 61st. The year of a century that is no leap year is its 0th. */
function dayOfYear(lanes: LaneCode, days: FourDays): FourCode {
  const { century, yearOfCentury, isNextYear } = days;
  const isFirst = i32x4.eq(get(yearOfCentury), four(0));
  const leap = v128.bitselect(get(century), get(yearOfCentury), isFirst);
  const isLeap = keep(lanes, i32x4.eq(v128.and(leap, four(3)), four(0)));
  const fromMarch = i32x4.sub(i32x4.add(get(days.dayOfYear), four(60)), get(isLeap));
  return v128.bitselect(i32x4.sub(get(days.dayOfYear), four(305)), fromMarch, get(isNextYear));
}

/** 0 for Monday. */
function weekday(lanes: LaneCode, days: Four): FourCode {
  // A multiple of 7 that makes every day positive, and 3 for the Thursday.
  const positive = keep(lanes, i32x4.add(get(days), four(7 * 2 ** 22 + 3)));
  return i32x4.sub(get(positive), i32x4.mul(quotient(lanes, positive, 7, 2 ** 26), four(7)));
}

/** Parts of four days since 1970, by the name of the function. */
export const FOUR_DAY_PARTS: ReadonlyMap<string, (lanes: LaneCode, days: Four) => FourCode> = new Map(
  Object.entries({
    year: (lanes, days) => yearOf(fourDays(lanes, days)),
    quarter: (lanes, days) => {
      const month = monthOf(fourDays(lanes, days));
      return quotient(lanes, keep(lanes, i32x4.add(month, four(2))), 3, 2 ** 4);
    },
    month: (lanes, days) => monthOf(fourDays(lanes, days)),
    day: (lanes, days) => dayOfMonth(lanes, fourDays(lanes, days)),
    day_of_week: weekday,
    day_of_year: (lanes, days) => dayOfYear(lanes, fourDays(lanes, days)),
  } satisfies Record<string, (lanes: LaneCode, days: Four) => FourCode>),
);
