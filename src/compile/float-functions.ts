/**
 * Functions of float32 and float64 that have instructions, or a few: they give the bits that `Math` gives. What libraries
 * work out by series (exp, ln, sin, cbrt …) is left to JavaScript, whose bits are its own.
 *
 *     round     x × 10 ** digits, truncated, and one further where half or more is left; back by a division
 *     sign      of zeros and NaN themselves
 *     pmod      the remainder, and the divisor more where that has another sign
 */

import { isFloat } from '../columnar/data-type.ts';
import { floatToFloat } from './casts.ts';
import { type Code, callImport, get, type Local } from './emit.ts';
import { f64, i32, v128 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import { type FunctionCall, type LaneCall, type LaneFunction, laneFunction, literalAt } from './lane-function.ts';
import { type Machine, machineOf } from './machine.ts';

const FLOAT64: Machine = machineOf({ kind: 'float64' })!;
/** Above it all floats are whole. */
const ALL_WHOLE = 2 ** 52;
/** Powers of ten that are float64. */
const MOST_DIGITS = 300;

const machineIn = (call: FunctionCall): Machine => machineOf(call.type)!;

/** Of arguments of the result's type, four rows at a time, part by part. */
const partwise = (make: (lanes: LaneCode, type: 'f32' | 'f64', x: Local, y: Local | undefined) => Code): LaneFunction =>
  laneFunction({
    takes: (call) => isFloat(call.type),
    isWide: () => true,
    emit({ lanes, e, value }) {
      const { type } = machineIn(e) as { type: 'f32' | 'f64' };
      const more = e.arguments.length > 1 ? value(1) : [];
      return value(0).map((x, n) => make(lanes, type, x, more[n]));
    },
  });

const instruction = (name: 'abs' | 'neg' | 'ceil' | 'floor' | 'trunc' | 'sqrt'): LaneFunction =>
  partwise((lanes, type, x) => lanes.operations(type)[name](get(x)));

const sign = partwise((lanes, type, x) => {
  const { lt, gt } = lanes.operations(type);
  const zero = lanes.constant(type, 0);
  const notAbove = lanes.pick(lt(get(x), zero), lanes.constant(type, -1), get(x));
  return lanes.pick(gt(get(x), zero), lanes.constant(type, 1), notAbove);
});

const fillNan = partwise((lanes, type, x, fill) =>
  lanes.pick(lanes.operations(type).eq(get(x), get(x)), get(x), get(fill!)),
);

const round = laneFunction({
  takes: (call) => {
    const digits = digitsOf(call);
    return isFloat(call.type) && digits !== undefined && Math.abs(digits) <= MOST_DIGITS;
  },
  isWide: () => true,
  emit({ lanes, e, value }: LaneCall) {
    const machine = machineIn(e);
    const digits = digitsOf(e)!;
    const given = lanes.keep(floatToFloat(lanes, machine, FLOAT64, value(0)), 'f64');
    const rounded = given.map((x) => roundedTo(lanes, x, digits));
    return floatToFloat(lanes, FLOAT64, machine, lanes.keep(rounded, 'f64'));
  },
});

/** The digits that are rounded to, where they are a literal. */
function digitsOf(call: FunctionCall): number | undefined {
  const digits = literalAt(call, 1);
  return typeof digits === 'bigint' ? Number(digits) : undefined;
}

/** Half away from zero; what scaling would make too large to have digits is round. */
function roundedTo(lanes: LaneCode, x: Local, digits: number): Code {
  const { add, sub, mul, div, abs, trunc, lt, ge } = lanes.operations('f64');
  const factor = lanes.constant('f64', 10 ** Math.abs(digits));
  const keep = (code: Code): Local => lanes.keep([code], 'f64')[0]!;
  const scaled = digits === 0 ? x : keep((digits < 0 ? div : mul)(get(x), factor));
  const whole = keep(trunc(get(scaled)));
  const isUp = ge(abs(sub(get(scaled), get(whole))), lanes.constant('f64', 0.5));
  const rounded = lanes.pick(isUp, add(get(whole), oneWithSignOf(lanes, scaled)), get(whole));
  const back = digits === 0 ? rounded : (digits < 0 ? mul : div)(rounded, factor);
  return lanes.pick(lt(abs(get(scaled)), lanes.constant('f64', ALL_WHOLE)), back, get(x));
}

function oneWithSignOf(lanes: LaneCode, x: Local): Code {
  if (!lanes.wide) return f64.copysign(f64.const(1), get(x as Local<'f64'>));
  const bits = lanes.constant('f64', -0) as Code<'v128'>;
  return v128.or(v128.and(get(x as Local<'v128'>), bits), lanes.constant('f64', 1) as Code<'v128'>);
}

const pmod = laneFunction({
  takes: (call) => isFloat(call.type),
  emit({ lanes, e, value }: LaneCall) {
    const { frame } = lanes;
    const machine = machineIn(e);
    const wide = (part: Local): Local<'f64'> =>
      lanes.keep(floatToFloat(lanes, machine, FLOAT64, [part]), 'f64')[0] as Local<'f64'>;
    const [x, by] = [wide(value(0)[0]!), wide(value(1)[0]!)];
    const remainder = frame.importFunction('float_remainder', ['f64', 'f64'], 'f64');
    const [rest] = lanes.keep([callImport(remainder, get(x), get(by))], 'f64') as [Local<'f64'>];
    const isNegative = (v: Local<'f64'>): Code<'i32'> => f64.lt(get(v), f64.const(0));
    const differs = i32.and(i32.xor(isNegative(rest), isNegative(by)), f64.ne(get(rest), f64.const(0)));
    const result = lanes.keep([lanes.pick(differs, f64.add(get(rest), get(by)), get(rest))], 'f64');
    return floatToFloat(lanes, FLOAT64, machine, result);
  },
});

/** Of float64 (`simpler-numbers.ts`). */
const tryDivide = laneFunction({
  takes: (call) => call.arguments.every(({ type }) => type.kind === 'float64'),
  isWide: () => true,
  emit: ({ lanes, value }) => lanes.zip(lanes.operations('f64').div, value(0), value(1)),
});

/** By the name of the function. */
export const FLOAT_LANE_FUNCTIONS: Readonly<Record<string, LaneFunction>> = {
  abs: instruction('abs'),
  negate: instruction('neg'),
  ceil: instruction('ceil'),
  floor: instruction('floor'),
  trunc: instruction('trunc'),
  sqrt: instruction('sqrt'),
  sign,
  round,
  fill_nan: fillNan,
  pmod,
  try_divide: tryDivide,
};
