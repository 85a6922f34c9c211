/**
 * The projecting end of a kernel. Without a filter values are stored where they stand, four rows at a time where there
 * are instructions for it. With one the survivors are visited and written densely.
 */

import type { TypedExpression } from '../expressions/expression.ts';
import { type Code, get, type Local, select, seq, set, tee, type ValueType } from './emit.ts';
import { f32, f64, i32, i64, v128 } from './instructions.ts';
import type { KernelFrame } from './kernel-frame.ts';
import type { ArgumentSlots, KernelSpec } from './kernel-spec.ts';
import { isVectorizable, Lanes, readsCodes } from './lanes.ts';
import { isLong, type Machine, widthOf } from './machine.ts';
import type { Words } from './words.ts';

interface Output {
  readonly e: TypedExpression;
  /** Slots of its values or bits, and of its validity. */
  readonly values: number;
  readonly validity: number;
}

export function emitProjection(words: Words, slots: ArgumentSlots, spec: KernelSpec, chosen: Local<'i64'>): void {
  const outputs = (spec.project ?? []).map((e, n) => ({ e, values: slots.output(n), validity: slots.output(n) + 1 }));
  if (spec.filter === undefined) emitStraightRows(words, outputs);
  else emitDense(words, outputs, chosen);
}

function emitStraightRows(words: Words, outputs: readonly Output[]): void {
  const { frame } = words;
  for (const { e, values, validity } of outputs) {
    const valid = words.valid(e);
    if (valid !== undefined) frame.block.push(i64.store(frame.wordAt(validity), get(valid)));
    if (e.type.kind === 'bool')
      frame.block.push(i64.store(frame.wordAt(values), get(valid ? words.truth(e) : words.word(e))));
  }
  const rest = outputs.filter(({ e }) => e.type.kind !== 'bool');
  emitStraight(
    words,
    rest.filter((o) => isWide(words, o.e)),
    true,
  );
  emitStraight(
    words,
    rest.filter((o) => !isWide(words, o.e)),
    false,
  );
  frame.block.push(set(frame.written, get(frame.end)));
}

/** Values of one or two bytes are stored one by one, and those that are made of entries of dictionaries. */
const isWide = (words: Words, e: TypedExpression): boolean =>
  widthOf(words.bounds.machine(e)) >= 4 && isVectorizable(e, words) && !readsCodes(e, words.columns);

function emitStraight(words: Words, outputs: readonly Output[], wide: boolean): void {
  if (outputs.length === 0) return;
  const { frame } = words;
  const lanes = new Lanes(words, wide);
  const stores = outputs.flatMap(({ e, values }) => {
    const machine = words.bounds.machine(e)!;
    const at = frame.element(frame.slot(values), Math.log2(widthOf(machine)));
    const parts = zeroUnderNull(words, lanes, e);
    if (!wide) return storeScalar(frame, machine, at, parts);
    return parts.map((part, n) => v128.store(at, part as Code<'v128'>, n * 16));
  });
  frame.block.push(frame.rowLoop(wide ? 4 : 1, seq(...lanes.code, ...stores)));
}

function emitDense(words: Words, outputs: readonly Output[], chosen: Local<'i64'>): void {
  const { frame } = words;
  if (outputs.length === 0) {
    const count = i32.wrap(i64.popcnt(get(chosen)));
    frame.block.push(set(frame.written, i32.add(get(frame.written), count)));
    return;
  }
  const lanes = new Lanes(words, false);
  const stores = outputs.flatMap(({ e, values, validity }) => {
    const valid = words.valid(e);
    const bit = valid === undefined ? [] : [appendBit(frame, validity, lanes.bitOf(valid) as Code<'i32'>)];
    const parts = zeroUnderNull(words, lanes, e);
    if (e.type.kind === 'bool') return [...bit, appendBit(frame, values, parts[0] as Code<'i32'>)];
    const machine = words.bounds.machine(e)!;
    const at = frame.element(frame.slot(values), Math.log2(widthOf(machine)), frame.written);
    return [...bit, ...storeScalar(frame, machine, at, parts)];
  });
  const next = set(frame.written, i32.add(get(frame.written), i32.const(1)));
  frame.block.push(frame.visit(chosen, seq(...lanes.code, ...stores, next)));
}

function zeroUnderNull(words: Words, lanes: Lanes, e: TypedExpression): readonly Code[] {
  const valid = e.kind === 'column' ? undefined : words.valid(e);
  return valid === undefined ? lanes.value(e).map((v) => get(v)) : lanes.masked(e, valid);
}

/** Sets the bit of the row that is written next; the first bit of a byte clears the others. */
function appendBit(frame: KernelFrame, slot: number, bit: Code<'i32'>): Code<'void'> {
  const at = frame.local('i32');
  const position = i32.and(get(frame.written), i32.const(7));
  const address = tee(at, i32.add(get(frame.slot(slot)), i32.shrU(get(frame.written), i32.const(3))));
  const before = select(i32.load8U(get(at)), i32.const(0), position);
  return i32.store8(address, i32.or(before, i32.shl(bit, position)));
}

function storeScalar(frame: KernelFrame, machine: Machine, at: Code<'i32'>, parts: readonly Code[]): Code<'void'>[] {
  const { type, bits } = machine;
  const [value] = parts as [Code];
  if (bits === 8) return [i32.store8(at, value as Code<'i32'>)];
  if (bits === 16) return [i32.store16(at, value as Code<'i32'>)];
  if (isLong(machine)) {
    const address = frame.local('i32');
    const high = i64.store(get(address), parts[1] as Code<'i64'>, 8);
    return [set(address, at), i64.store(get(address), value as Code<'i64'>), high];
  }
  const store = { i32, i64, f32, f64 }[type].store as unknown as (
    address: Code<'i32'>,
    value: Code<ValueType>,
  ) => Code<'void'>;
  return [store(at, value as Code<ValueType>)];
}
