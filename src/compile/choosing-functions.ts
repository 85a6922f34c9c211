/**
 * Functions that choose among their arguments, or add them, whichever of them are there.
 *
 *     clip               the greatest where the number is above it, else the least where it is below that; NaN is neither
 *     columns_min, _max  one after the other takes the place of the best so far where it is better, or is the first
 *     columns_sum        what is null counts as zero
 */

import { isFloat, sameType } from '../columnar/data-type.ts';
import type { ComparisonOperator } from '../expressions/expression.ts';
import { heldRange } from './bounds.ts';
import { compareFloats, compareWhole } from './comparisons.ts';
import { type Code, get, type Local } from './emit.ts';
import { i32, v128 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import { type FunctionCall, type LaneCall, type LaneFunction, laneFunction, literalAt } from './lane-function.ts';
import { narrowed } from './long-casts.ts';
import { addLong, asLong, compareLong, flagOutsideLong, halvesOf, type Long } from './long-numbers.ts';
import { isLong, LONG, type Machine, machineOf } from './machine.ts';
import { wholeArithmetic } from './overflow.ts';

const isNumber = (call: FunctionCall): boolean => machineOf(call.type) !== undefined;

/** Values of a call in the machine that holds all of them. */
class Choice {
  readonly machine: Machine;
  readonly #call: LaneCall;
  readonly #result: Machine;

  constructor(call: LaneCall) {
    const { e, bounds } = call;
    this.#call = call;
    this.#result = bounds.machine(e)!;
    this.machine = [e, ...e.arguments].some((part) => isLong(bounds.machine(part))) ? LONG : this.#result;
  }

  value(position: number): readonly Local[] {
    const { lanes, e, bounds, value } = this.#call;
    const given = value(position);
    return isLong(this.machine) ? asLong(lanes, bounds.machine(e.arguments[position]!)!, given) : given;
  }

  /** Masks of the parts; undefined where the argument is never null. */
  valid(position: number): readonly Code[] | undefined {
    const valid = this.#call.valid(position);
    return valid && this.#call.lanes.masksOf(valid, this.machine.type, this.value(position).length);
  }

  /** Where the masks are set, the one value, else the other. */
  pick(masks: readonly Code[], yes: readonly Local[], no: readonly Local[]): readonly Local[] {
    const { lanes } = this.#call;
    const picked = yes.map((part, n) => lanes.pick(masks[n]!, get(part), get(no[n]!)));
    return lanes.keep(picked, this.machine.type);
  }

  /** The parts of what has been chosen, as those of the result. */
  result(value: readonly Local[]): Code[] {
    return isLong(this.machine) ? narrowed(this.#result, value as unknown as Long) : value.map((part) => get(part));
  }
}

/** Masks of the parts; of floats NaN is the greatest. */
function compared(
  lanes: LaneCode,
  operator: ComparisonOperator,
  machine: Machine,
  a: readonly Local[],
  b: readonly Local[],
): readonly Code[] {
  if (machine.bits === 0) return compareFloats(lanes, operator, machine, a, b, false);
  if (!isLong(machine)) return compareWhole(lanes, operator, machine, a, b);
  const [one] = lanes.keep([compareLong(operator, a as unknown as Long, b as unknown as Long)], 'i32') as [Local];
  return [get(one), get(one)];
}

const both = (lanes: LaneCode, a: readonly Code[], b: readonly Code[] | undefined): readonly Code[] =>
  a.map((mask, n) => (b === undefined ? mask : and(lanes, mask, b[n]!)));
const and = (lanes: LaneCode, a: Code, b: Code): Code =>
  lanes.wide ? v128.and(a as Code<'v128'>, b as Code<'v128'>) : i32.and(a as Code<'i32'>, b as Code<'i32'>);
const or = (lanes: LaneCode, a: Code, b: Code): Code =>
  lanes.wide ? v128.or(a as Code<'v128'>, b as Code<'v128'>) : i32.or(a as Code<'i32'>, b as Code<'i32'>);

const clip = laneFunction({
  takes: isNumber,
  isWide: () => true,
  emit(call) {
    const { lanes, e } = call;
    const choice = new Choice(call);
    const { machine } = choice;
    const x = choice.value(0);
    const beyond = (operator: '<' | '>', position: number): readonly Code[] => {
      const bound = choice.value(position);
      if (machine.bits !== 0) return compared(lanes, operator, machine, x, bound);
      const { lt, gt } = lanes.operations(machine.type);
      return lanes.zip(operator === '<' ? lt : gt, x, bound);
    };
    let result = x;
    const isBound = (position: number): boolean => literalAt(e, position) !== null;
    // What is above the greatest has the last word.
    if (isBound(1)) result = choice.pick(both(lanes, beyond('<', 1), choice.valid(1)), choice.value(1), result);
    if (isBound(2)) result = choice.pick(both(lanes, beyond('>', 2), choice.valid(2)), choice.value(2), result);
    return choice.result(result);
  },
});

const extreme = (operator: '<' | '>'): LaneFunction =>
  laneFunction({
    takes: (call) => isNumber(call) && call.arguments.every(({ type }) => sameType(type, call.type)),
    isWide: () => true,
    emit(call) {
      const { lanes, e } = call;
      const choice = new Choice(call);
      let best = choice.value(0);
      let isThere = call.valid(0);
      for (let position = 1; position < e.arguments.length; position += 1) {
        const value = choice.value(position);
        const isBetter = compared(lanes, operator, choice.machine, value, best);
        const without = isThere && lanes.masksOf(isThere, choice.machine.type, value.length);
        const isTaken = isBetter.map((mask, n) =>
          without === undefined ? mask : or(lanes, mask, not(lanes, without[n]!)),
        );
        best = choice.pick(both(lanes, isTaken, choice.valid(position)), value, best);
        const valid = call.valid(position);
        isThere = isThere && valid && lanes.keep([or(lanes, get(isThere), get(valid))], 'i32')[0]!;
      }
      return choice.result(best);
    },
  });

const not = (lanes: LaneCode, mask: Code): Code =>
  lanes.wide ? v128.not(mask as Code<'v128'>) : i32.eqz(mask as Code<'i32'>);

/** Of arguments of the type of the sum (`simpler-numbers.ts`). */
const sum = laneFunction({
  takes: (call) => isNumber(call) && call.arguments.every(({ type }) => sameType(type, call.type)),
  isWide: () => true,
  emit(call) {
    const { lanes, e, bounds } = call;
    const choice = new Choice(call);
    const { machine } = choice;
    const zero = lanes.keep(
      new Array<Code>(choice.value(0).length).fill(lanes.constant(machine.type, 0)),
      machine.type,
    );
    const present = (position: number): readonly Local[] => {
      const valid = choice.valid(position);
      return valid === undefined ? choice.value(position) : choice.pick(valid, choice.value(position), zero);
    };
    const isSafe = bounds.fits(e);
    const onOverflow = bounds.wraps(e) ? 'wrap' : isSafe ? 'none' : 'flag';
    let total = zero;
    for (const position of e.arguments.keys()) {
      const value = present(position);
      if (isFloat(e.type))
        total = lanes.keep(lanes.zip(lanes.operations(machine.type).add, total, value), machine.type);
      else if (!isLong(machine))
        total = lanes.keep(wholeArithmetic(lanes, '+', machine, total, value, onOverflow), machine.type);
      else {
        const sum = addLong(lanes, '+', total as unknown as Long, halvesOf(value as unknown as Long));
        if (!isSafe) flagOutsideLong(lanes, heldRange(e.type, bounds.machine(e)!), sum);
        total = sum;
      }
    }
    return choice.result(total);
  },
});

/** By the name of the function. */
export const CHOOSING_LANE_FUNCTIONS: Readonly<Record<string, LaneFunction>> = {
  clip,
  columns_min: extreme('<'),
  columns_max: extreme('>'),
  columns_sum: sum,
};
