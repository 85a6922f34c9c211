/**
 * Sums into a single group, four rows at a time. Every lane has a sum of its own; after the last row they are added to
 * that of the group, one after the other.
 *
 *     rows    │ r0 r1 r2 r3 │ r4 r5 r6 r7 │ …        lanes   │ s0 s1 │ s2 s3 │   ──▶   sum + s0 + s1 + s2 + s3
 *
 * What does not take part counts as zero: rows that are null, and those behind the end that the last step works on.
 */

import { type Code, get, type Local, set } from './emit.ts';
import { f64x2, i64, i64x2, v128 } from './instructions.ts';
import type { KernelFrame } from './kernel-frame.ts';
import { highHalf } from './lane-code.ts';
import type { Machine } from './machine.ts';
import { addFloat, addHalves, addWhole, twoSum } from './sums.ts';

/** Where the sum of the group is, and whether one register holds what one call adds to it. */
export interface WideSum {
  readonly frame: KernelFrame;
  readonly state: Local<'i32'>;
  readonly offset: number;
  readonly mode: 'narrow' | 'wide';
  readonly fitsRegister: boolean;
}

/** The code that adds four rows, `parts` of a value of `machine`; what follows the last row goes to the frame. */
export function addFour(sum: WideSum, { type, signed }: Machine, parts: readonly Code[]): Code<'void'>[] {
  const vectors = parts as readonly Code<'v128'>[];
  if (type === 'f64') return addFloats(sum, vectors);
  if (type === 'f32') {
    const four = sum.frame.local('v128');
    const pairs = [f64x2.promoteLow(get(four)), f64x2.promoteLow(highHalf(get(four)))];
    return [set(four, vectors[0]!), ...addFloats(sum, pairs)];
  }
  if (type === 'i64') return sum.fitsRegister ? addWholes(sum, vectors) : addInHalves(sum, vectors, signed);
  return addWholes(sum, widened(vectors[0]!, signed));
}

function addWholes({ frame, state, offset, mode }: WideSum, pairs: readonly Code<'v128'>[]): Code<'void'>[] {
  const lanes = frame.local('v128');
  const total = frame.local('i64');
  frame.epilogue.push(set(total, total64(lanes)), ...addWhole({ local: frame.local, state, offset }, total, mode));
  return pairs.map((pair) => set(lanes, i64x2.add(get(lanes), pair)));
}

function addInHalves({ frame, state, offset }: WideSum, [a, b]: readonly Code<'v128'>[], signed: boolean) {
  const [first, second] = [frame.local('v128'), frame.local('v128')];
  const [lows, highs] = [frame.local('v128'), frame.local('v128')];
  const [low, high] = [frame.local('i64'), frame.local('i64')];
  const place = { local: frame.local, state, offset };
  frame.epilogue.push(set(low, total64(lows)), set(high, total64(highs)), ...addHalves(place, low, high, signed));
  const words = [4, 5, 6, 7, 12, 13, 14, 15];
  const upper = v128.shuffle(get(first), get(second), [...words, ...words.map((at) => at + 16)]);
  const lowHalves = v128.const([255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]);
  const add = (to: Local<'v128'>, pair: Code<'v128'>): Code<'void'> => set(to, i64x2.add(get(to), pair));
  return [
    set(first, a!),
    set(second, b!),
    add(lows, v128.and(get(first), lowHalves)),
    add(lows, v128.and(get(second), lowHalves)),
    ...widened(upper, signed).map((pair) => add(highs, pair)),
  ];
}

function addFloats({ frame, state, offset }: WideSum, pairs: readonly Code<'v128'>[]): Code<'void'>[] {
  const place = { local: frame.local, state, offset };
  return pairs.flatMap((pair) => {
    const [sums, lost, x] = [frame.local('v128'), frame.local('v128'), frame.local('v128')];
    const next = twoSum(f64x2, () => frame.local('v128'), get(sums), x);
    for (const lane of [0, 1] as const) {
      const value = frame.local('f64');
      frame.epilogue.push(set(value, f64x2.lane(get(sums), lane)));
      frame.epilogue.push(...addFloat(place, value, f64x2.lane(get(lost), lane)));
    }
    return [set(x, pair), ...next.code, set(sums, next.sum), set(lost, f64x2.add(get(lost), next.error))];
  });
}

/** Four 32-bit lanes as two times two of 64 bits. */
const widened = (four: Code<'v128'>, signed: boolean): readonly Code<'v128'>[] =>
  signed ? [i64x2.extendLow(four), i64x2.extendHigh(four)] : [i64x2.extendLowU(four), i64x2.extendHighU(four)];

const total64 = (lanes: Local<'v128'>): Code<'i64'> => i64.add(i64x2.lane(get(lanes), 0), i64x2.lane(get(lanes), 1));
