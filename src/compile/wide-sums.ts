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

/** Code that adds four rows, parts of a value. */
type Adding = (parts: readonly Code[]) => Code<'void'>[];

/** What adds rows of values of `machine`, in as many loops as it is used; what follows the last row goes to the frame. */
export function addingFour(sum: WideSum, { type, signed }: Machine): Adding {
  if (type === 'f64' || type === 'f32') return addingFloats(sum, type);
  if (type === 'i64') return sum.fitsRegister ? addingWholes(sum) : addingInHalves(sum, signed);
  const add = addingWholes(sum);
  return ([four]) => add(widened(four as Code<'v128'>, signed));
}

function addingWholes({ frame, state, offset, mode }: WideSum): Adding {
  const lanes = frame.local('v128');
  const total = frame.local('i64');
  frame.epilogue.push(set(total, total64(lanes)), ...addWhole({ local: frame.local, state, offset }, total, mode));
  return (pairs) => pairs.map((pair) => set(lanes, i64x2.add(get(lanes), pair as Code<'v128'>)));
}

function addingInHalves({ frame, state, offset }: WideSum, signed: boolean): Adding {
  const [first, second] = [frame.local('v128'), frame.local('v128')];
  const [lows, highs] = [frame.local('v128'), frame.local('v128')];
  const [low, high] = [frame.local('i64'), frame.local('i64')];
  const place = { local: frame.local, state, offset };
  frame.epilogue.push(set(low, total64(lows)), set(high, total64(highs)), ...addHalves(place, low, high, signed));
  const words = [4, 5, 6, 7, 12, 13, 14, 15];
  const upper = v128.shuffle(get(first), get(second), [...words, ...words.map((at) => at + 16)]);
  const lowHalves = v128.const([255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]);
  const add = (to: Local<'v128'>, pair: Code<'v128'>): Code<'void'> => set(to, i64x2.add(get(to), pair));
  return ([a, b]) => [
    set(first, a as Code<'v128'>),
    set(second, b as Code<'v128'>),
    add(lows, v128.and(get(first), lowHalves)),
    add(lows, v128.and(get(second), lowHalves)),
    ...widened(upper, signed).map((pair) => add(highs, pair)),
  ];
}

/** Float32 are widened first. */
function addingFloats({ frame, state, offset }: WideSum, type: 'f32' | 'f64'): Adding {
  const place = { local: frame.local, state, offset };
  const adders = [0, 1].map(() => {
    const [sums, lost, x] = [frame.local('v128'), frame.local('v128'), frame.local('v128')];
    const next = twoSum(f64x2, () => frame.local('v128'), get(sums), x);
    for (const lane of [0, 1] as const) {
      const value = frame.local('f64');
      frame.epilogue.push(set(value, f64x2.lane(get(sums), lane)));
      frame.epilogue.push(...addFloat(place, value, f64x2.lane(get(lost), lane)));
    }
    return (pair: Code<'v128'>): Code<'void'>[] => [
      set(x, pair),
      ...next.code,
      set(sums, next.sum),
      set(lost, f64x2.add(get(lost), next.error)),
    ];
  });
  const four = frame.local('v128');
  return (parts) => {
    const vectors = parts as readonly Code<'v128'>[];
    if (type === 'f64') return vectors.flatMap((pair, n) => adders[n]!(pair));
    const pairs = [f64x2.promoteLow(get(four)), f64x2.promoteLow(highHalf(get(four)))];
    return [set(four, vectors[0]!), ...pairs.flatMap((pair, n) => adders[n]!(pair))];
  };
}

/** Four 32-bit lanes as two times two of 64 bits. */
const widened = (four: Code<'v128'>, signed: boolean): readonly Code<'v128'>[] =>
  signed ? [i64x2.extendLow(four), i64x2.extendHigh(four)] : [i64x2.extendLowU(four), i64x2.extendHighU(four)];

const total64 = (lanes: Local<'v128'>): Code<'i64'> => i64.add(i64x2.lane(get(lanes), 0), i64x2.lane(get(lanes), 1));
