/**
 * Functions of integers and decimals, which are whole numbers of their smallest units.
 *
 *     floor, ceil, trunc, round     divided by a power of ten, rounded, and, before the point, multiplied again
 *     shifts                        beyond the width of the type nothing is left but the sign
 *     pmod                          the remainder, and the divisor more where that has another sign
 */

import { isInteger } from '../columnar/data-type.ts';
import type { Rounding } from '../expressions/whole-conversion.ts';
import { heldRange } from './bounds.ts';
import { castWhole } from './casts.ts';
import { divideWhole } from './division.ts';
import { type Code, get, type Local } from './emit.ts';
import { i32, i32x4, i64, i64x2 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import {
  type FunctionCall,
  type LaneCall,
  type LaneFunction,
  laneFunction,
  literalAt,
  typeAt,
} from './lane-function.ts';
import { narrowed } from './long-casts.ts';
import { addLong, asLong, keepLong, type Long } from './long-numbers.ts';
import { isLong, isWhole, type Machine, machineOf } from './machine.ts';
import { cutToWidth, flagOutside, signOf } from './overflow.ts';
import { cutOf } from './rounding-cut.ts';

const machineAt = ({ bounds, e }: LaneCall, position: number): Machine => bounds.machine(e.arguments[position]!)!;

const isWholeCall = (call: FunctionCall): boolean => isWhole(call.type);

const abs = laneFunction({
  takes: isWholeCall,
  isWide: () => true,
  emit(call) {
    const { lanes, e, bounds, value } = call;
    const [from, to] = [machineAt(call, 0), bounds.machine(e)!];
    if (isLong(from) || isLong(to)) return narrowed(to, longMagnitude(lanes, asLong(lanes, from, value(0))));
    if (!from.signed) return value(0).map((v) => get(v));
    const result = lanes.keep(
      value(0).map((x) => magnitudeOf(lanes, from, x)),
      from.type,
    );
    if (bounds.wraps(e)) return result.map((v) => cutToWidth(lanes, from, v));
    if (!bounds.fits(e)) {
      if (from.bits < 32) flagOutside(lanes, from, result);
      else {
        const parts = result.map((v) => get(v));
        lanes.flagNegative(parts, from.type);
      }
    }
    return result.map((v) => get(v));
  },
});

/** The least number stays itself. */
function magnitudeOf(lanes: LaneCode, { type }: Machine, x: Local): Code {
  const { abs, xor, sub } = lanes.operations(type);
  if (lanes.wide) return abs(get(x));
  const [sign] = lanes.keep([signOf(lanes, type as 'i32' | 'i64', x)], type) as [Local];
  return sub(xor(get(x), get(sign)), get(sign));
}

function longMagnitude(lanes: LaneCode, [low, high]: Long): Long {
  const [sign] = lanes.keep([i64.shr(get(high), i64.const(63n))], 'i64') as [Local<'i64'>];
  const turned = keepLong(lanes, [i64.xor(get(low), get(sign)), i64.xor(get(high), get(sign))]);
  return addLong(lanes, '-', turned, [get(sign), get(sign)]);
}

const sign = laneFunction({
  takes: isWholeCall,
  isWide: () => true,
  emit(call) {
    const { lanes, value } = call;
    const machine = machineAt(call, 0);
    if (isLong(machine)) {
      const [low, high] = asLong(lanes, machine, value(0));
      const isSet = i64.extendU(i64.ne(i64.or(get(low), get(high)), i64.const(0n)));
      return [i64.or(i64.shr(get(high), i64.const(63n)), isSet)];
    }
    const { gt, lt, ne, sub } = lanes.operations(machine.type);
    const zero = lanes.constant(machine.type, 0);
    return value(0).map((v) => {
      const x = get(v);
      const [above, below] = machine.signed ? [gt(x, zero), lt(x, zero)] : [ne(x, zero), undefined];
      // A lane that holds is -1, a row that does is 1.
      if (lanes.wide) return sub(below ?? zero, above);
      const result = (below === undefined ? above : i32.sub(above as Code<'i32'>, below as Code<'i32'>)) as Code<'i32'>;
      return machine.type === 'i64' ? i64.extend(result) : result;
    });
  },
});

/** Beyond, a power of ten is no int64. */
const MOST_CUT_DIGITS = 18;

const rounded = (rounding: Rounding): LaneFunction =>
  laneFunction({
    takes: (call) => {
      const cut = cutOf(call);
      return isWhole(call.type) && cut !== undefined && (!isInteger(call.type) || cut.digits <= MOST_CUT_DIGITS);
    },
    isWide: (call) => cutOf(call)?.digits === 0,
    emit(call) {
      const { lanes, e, bounds, value } = call;
      const { digits, zeros } = cutOf(e)!;
      const [source, target] = [machineAt(call, 0), bounds.machine(e)!];
      const conversion = { divisor: 10n ** BigInt(digits), factor: 10n ** BigInt(zeros), rounding };
      const range = bounds.held(e.arguments[0]!);
      return castWhole(lanes, { conversion, source, target, range, allowed: heldRange(e.type, target) }, value(0));
    },
  });

const bitwise = (operator: 'and' | 'or' | 'xor'): LaneFunction =>
  laneFunction({
    takes: isWholeCall,
    isWide: () => true,
    emit: ({ lanes, e, value }) => lanes.zip(lanes.operations(machineOf(e.type)!.type)[operator], value(0), value(1)),
  });

const shift = (direction: 'left' | 'right'): LaneFunction =>
  laneFunction({
    takes: (call) => {
      const by = literalAt(call, 1);
      return isWhole(call.type) && (by === undefined || (typeof by === 'bigint' && by >= 0n));
    },
    isWide: (call) => literalAt(call, 1) !== undefined,
    emit({ lanes, e, value }) {
      const by = literalAt(e, 1);
      if (typeof by === 'bigint') return value(0).map((x) => shiftedBy(lanes, machineOf(e.type)!, direction, x, by));
      return [shiftedByRow(lanes, machineOf(e.type)!, direction, value(0)[0]!, value(1)[0] as Local<'i64'>)];
    },
  });

function shiftedBy(lanes: LaneCode, machine: Machine, direction: 'left' | 'right', x: Local, by: bigint): Code {
  const isBeyond = by >= BigInt(machine.bits);
  if (direction === 'right' && machine.signed)
    return moved(lanes, machine, 'shr', x, isBeyond ? machine.bits - 1 : Number(by));
  if (isBeyond) return lanes.constant(machine.type, 0);
  const result = moved(lanes, machine, direction === 'left' ? 'shl' : 'shrU', x, Number(by));
  return direction === 'left' ? cutOff(lanes, machine, result) : result;
}

function moved(lanes: LaneCode, machine: Machine, how: 'shl' | 'shr' | 'shrU', x: Local, by: number): Code {
  if (lanes.wide) return (machine.type === 'i32' ? i32x4 : i64x2)[how](get(x as Local<'v128'>), i32.const(by));
  if (machine.type === 'i32') return i32[how](get(x as Local<'i32'>), i32.const(by));
  return i64[how](get(x as Local<'i64'>), i64.const(BigInt(by)));
}

/** The processor takes the count modulo its width. */
function shiftedByRow(
  lanes: LaneCode,
  machine: Machine,
  direction: 'left' | 'right',
  x: Local,
  by: Local<'i64'>,
): Code {
  lanes.flagNegative([get(by)], 'i64');
  const isBeyond = i64.geU(get(by), i64.const(BigInt(machine.bits)));
  const isSigned = direction === 'right' && machine.signed;
  const count = isSigned
    ? (lanes.pick(isBeyond, i64.const(BigInt(machine.bits - 1)), get(by)) as Code<'i64'>)
    : get(by);
  const how = direction === 'left' ? 'shl' : isSigned ? 'shr' : 'shrU';
  const result =
    machine.type === 'i32'
      ? i32[how](get(x as Local<'i32'>), i32.wrap(count))
      : i64[how](get(x as Local<'i64'>), count);
  if (isSigned) return result;
  const cut = direction === 'left' ? cutOff(lanes, machine, result) : result;
  return lanes.pick(isBeyond, lanes.constant(machine.type, 0), cut);
}

const cutOff = (lanes: LaneCode, machine: Machine, value: Code): Code =>
  machine.bits >= 32 ? value : cutToWidth(lanes, machine, lanes.keep([value], 'i32')[0]!);

const bitCount = laneFunction({
  takes: (call) => isInteger(typeAt(call, 0)),
  emit({ e, value }) {
    const { type, bits } = machineOf(typeAt(e, 0))!;
    if (type === 'i64') return [i32.wrap(i64.popcnt(get(value(0)[0] as Local<'i64'>)))];
    const own = bits === 32 ? -1 : (1 << bits) - 1;
    return [i32.popcnt(i32.and(get(value(0)[0] as Local<'i32'>), i32.const(own)))];
  },
});

/** In 64 bits, whatever the type. */
const hammingDistance = laneFunction({
  takes: (call) => isInteger(typeAt(call, 0)),
  emit({ e, value }) {
    const { type, signed } = machineOf(typeAt(e, 0))!;
    const [a, b] = [value(0)[0]!, value(1)[0]!];
    if (type === 'i64') return [i32.wrap(i64.popcnt(i64.xor(get(a as Local<'i64'>), get(b as Local<'i64'>))))];
    const differing = i32.xor(get(a as Local<'i32'>), get(b as Local<'i32'>));
    return [i32.wrap(i64.popcnt((signed ? i64.extend : i64.extendU)(differing)))];
  },
});

const pmod = laneFunction({
  takes: (call) => isInteger(call.type),
  emit({ lanes, e, value }) {
    const machine = machineOf(e.type)!;
    const [x, by] = [value(0)[0]!, value(1)[0]!];
    const rest = lanes.keep([divideWhole(lanes, '%', machine, x, by, true)], machine.type)[0]!;
    if (!machine.signed) return [get(rest)];
    const { add, xor, lt, ne } = lanes.operations(machine.type);
    const zero = lanes.constant(machine.type, 0);
    const hasOtherSign = lt(xor(get(rest), get(by)), zero) as Code<'i32'>;
    const isLacking = i32.and(hasOtherSign, ne(get(rest), zero) as Code<'i32'>);
    return [lanes.pick(isLacking, add(get(rest), get(by)), get(rest))];
  },
});

/** By the name of the function. */
export const WHOLE_LANE_FUNCTIONS: Readonly<Record<string, LaneFunction>> = {
  abs,
  sign,
  floor: rounded('floor'),
  ceil: rounded('ceil'),
  trunc: rounded('truncate'),
  round: rounded('half-away'),
  bitwise_and: bitwise('and'),
  bitwise_or: bitwise('or'),
  bitwise_xor: bitwise('xor'),
  shift_left: shift('left'),
  shift_right: shift('right'),
  bit_count: bitCount,
  bit_hamming_distance: hammingDistance,
  pmod,
};
