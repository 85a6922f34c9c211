/**
 * The aggregate end of a kernel: each chosen row finds its group and updates the group's accumulators.
 *
 *     chosen rows ──▶ group number ──▶ address of its state ──▶ │ count │ sum low │ sum high │ min │ …
 *
 * With a single group accumulators live in locals and reach memory once per call, and only where no check has failed.
 */

import { isUnsigned } from '../columnar/data-type.ts';
import { operandsOf } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { type Code, get, type Local, select, seq, set, when } from './emit.ts';
import { f64, i32, i64 } from './instructions.ts';
import type { Accumulator, AggregateSpec, ArgumentSlots, GroupSpec } from './kernel-spec.ts';
import { isVectorizable, Lanes, readsCodes } from './lanes.ts';
import { isLong, machineOf } from './machine.ts';
import { shiftsOf } from './overflow.ts';
import { addSquare, addToThree, multiply, type Word } from './powers.ts';
import { magnitudeBits } from './ranges.ts';
import { addHalves, addWhole, carry, twoSum } from './sums.ts';
import { addingFour } from './wide-sums.ts';
import type { Words } from './words.ts';

type Held = 'i64' | 'f64';
type Sum = Accumulator & { readonly function: 'sum' };

/** Rows of one call, at most, where a single group's sum is kept in one register: more would need a wider one. */
export const MAX_CALL_ROWS_BITS = 20;

/** Where the low or high half of a figure is: in memory at the group's state, or in a local. */
interface Cell<T extends Held> {
  readonly read: Code<T>;
  write(value: Code<T>): Code<'void'>;
}

export class Accumulate {
  readonly #words: Words;
  readonly #slots: ArgumentSlots;
  readonly #spec: AggregateSpec;
  readonly #lanes: Lanes;
  readonly #state: Local<'i32'>;
  readonly #updates: Code<'void'>[] = [];
  readonly #chosen: Local<'i64'>;

  constructor(words: Words, slots: ArgumentSlots, spec: AggregateSpec, chosen: Local<'i64'>) {
    this.#words = words;
    this.#slots = slots;
    this.#spec = spec;
    this.#chosen = chosen;
    this.#lanes = new Lanes(words, false);
    this.#state = words.frame.local('i32');
  }

  /** Adds the block's work to the frame. */
  emit(filtered: boolean): void {
    const { frame } = this.#words;
    const { group, accumulators } = this.#spec;
    if (group.kind === 'single') frame.epilogue.push(set(this.#state, get(frame.slot(this.#slots.states))));
    else this.#updates.push(set(this.#state, this.#stateAddress(group)));
    const wide = filtered ? [] : this.#wideSums();
    const needsAll = wide.some(({ input }) => readsCodes(input, this.#words.columns));
    const known = new Set<Accumulator>(needsAll ? [] : wide);
    for (const accumulator of accumulators) if (!known.has(accumulator)) this.#add(accumulator);
    const work = seq(...this.#lanes.code, ...this.#updates);
    const byRow = filtered ? frame.visit(this.#chosen, work) : frame.rowLoop(1, work);
    // In this order: a float's sum is kept in a register to the end, to which its sums by fours are added in memory.
    if (wide.length > 0) this.#addFourByFour(wide, needsAll ? byRow : undefined);
    else if (this.#updates.length > 0) frame.block.push(byRow);
  }

  /** The sums of a single group that are best made four rows at a time: all that it has, or none. */
  #wideSums(): readonly Sum[] {
    const { group, accumulators } = this.#spec;
    if (group.kind !== 'single') return [];
    const rest = accumulators.filter((each) => each.function !== 'count');
    const sums = rest.filter((each): each is Sum => each.function === 'sum' && this.#isQuickInFours(each.input));
    return sums.length === rest.length ? sums : [];
  }

  /** Vectors multiply 64 bits in ten steps: row by row that is one. Products of 32 bits take them one. */
  #isQuickInFours(e: TypedExpression): boolean {
    const multiplies = (part: TypedExpression): boolean => {
      if (operandsOf(part).some(multiplies)) return true;
      if (part.kind !== 'arithmetic' || part.operator !== '*' || machineOf(part.type)?.type !== 'i64') return false;
      if (this.#words.bounds.isShortProduct(part)) return false;
      const { right } = part;
      return right.kind !== 'literal' || typeof right.value !== 'bigint' || shiftsOf(right.value) === undefined;
    };
    return isVectorizable(e, this.#words) && !multiplies(e);
  }

  /** `byRow` adds the rows of a block that has not all of its rows; undefined where four of any can be looked at. */
  #addFourByFour(sums: readonly Sum[], byRow: Code<'void'> | undefined): void {
    const { frame, bounds } = this.#words;
    const adders = sums.map(({ input, offset, mode }) => {
      const place = { ...this.#placeOf(offset), frame, mode, fitsRegister: this.#fitsRegister(input, mode) };
      const add = addingFour(place, bounds.machine(input)!);
      const valid = this.#words.valid(input);
      const taking = frame.local('i64');
      frame.block.push(set(taking, valid === undefined ? get(this.#chosen) : i64.and(get(this.#chosen), get(valid))));
      return { input, add, taking, isWhole: valid === undefined };
    });
    const loop = (isWhole: boolean): Code<'void'> => {
      const lanes = new Lanes(this.#words, true);
      const updates = adders.flatMap(({ input, add, taking }) =>
        add(isWhole ? lanes.value(input).map((part) => get(part)) : lanes.masked(input, taking)),
      );
      return frame.rowLoop(4, seq(...lanes.code, ...updates));
    };
    // All rows of all blocks but the last take part where none is null: nothing has to be masked.
    const areWhole = adders.every(({ isWhole }) => isWhole);
    if (byRow !== undefined) frame.block.push(when(frame.isFull, loop(areWhole), byRow));
    else frame.block.push(areWhole ? when(frame.isFull, loop(true), loop(false)) : loop(false));
  }

  /** Whether one register holds the sum of the rows of one call. */
  #fitsRegister(input: TypedExpression, mode: 'narrow' | 'wide'): boolean {
    return mode === 'narrow' || magnitudeBits(this.#words.bounds.held(input)) + MAX_CALL_ROWS_BITS <= 63;
  }

  #stateAddress(group: Exclude<GroupSpec, { kind: 'single' }>): Code<'i32'> {
    const { frame } = this.#words;
    const number =
      group.kind === 'ids'
        ? i32.load(frame.element(frame.slot(this.#slots.ids), 2))
        : i32.load(frame.element(frame.slot(this.#slots.map), 2, this.#keySlot(group.keys)));
    return i32.add(get(frame.slot(this.#slots.states)), i32.mul(number, i32.const(this.#spec.stateBytes)));
  }

  #keySlot(keys: readonly { readonly column: number }[]): Local<'i32'> {
    const { frame, columns } = this.#words;
    const parts = keys.map(({ column }, index) => {
      const { type, dictionary, nullable } = columns[column]!;
      const e: TypedExpression = { kind: 'column', index: column, name: '', type, nullable };
      const code = dictionary
        ? i32.load(frame.element(frame.slot(this.#slots.column(column)), 2))
        : (this.#lanes.bitOf(this.#words.word(e)) as Code<'i32'>);
      const valid = this.#words.valid(e);
      const nullCode = get(frame.slot(this.#slots.key(index) + 1));
      const known = valid === undefined ? code : select(code, nullCode, this.#lanes.bitOf(valid) as Code<'i32'>);
      return i32.mul(known, get(frame.slot(this.#slots.key(index))));
    });
    const slot = frame.local('i32');
    this.#updates.push(set(slot, parts.length === 0 ? i32.const(0) : parts.reduce((a, b) => i32.add(a, b))));
    return slot;
  }

  /** Memory of the group, or a local that reaches memory in the epilogue. */
  #cell<T extends Held>(type: T, offset: number): Cell<T> {
    const { frame } = this.#words;
    const table = (type === 'i64' ? i64 : f64) as unknown as {
      load(address: Code<'i32'>, offset: number): Code<T>;
      store(address: Code<'i32'>, value: Code<T>, offset: number): Code<'void'>;
    };
    if (this.#spec.group.kind !== 'single') {
      return {
        read: table.load(get(this.#state), offset),
        write: (value) => table.store(get(this.#state), value, offset),
      };
    }
    const states = frame.slot(this.#slots.states);
    const local = frame.hoist(type, table.load(get(states), offset));
    frame.epilogue.push(table.store(get(states), get(local), offset));
    return { read: get(local), write: (value) => set(local, value) };
  }

  #add(accumulator: Accumulator): void {
    const { input } = accumulator;
    const { frame, bounds } = this.#words;
    if (accumulator.function !== 'count' && isLong(bounds.machine(accumulator.input))) {
      // Decimals of 16 bytes are for static kernels: this one says for every batch that it cannot.
      frame.flags.push(i32.const(1));
      return;
    }
    switch (accumulator.function) {
      case 'count':
        this.#count(input, accumulator.offset);
        break;
      case 'sum':
        this.#sum(accumulator);
        break;
      case 'squares':
        this.#squares(accumulator.input, accumulator.offset);
        break;
      case 'product':
        this.#product(accumulator.input, accumulator.offset);
        break;
      default:
        this.#extreme(accumulator.function, accumulator.input, accumulator.offset);
    }
  }

  #count(input: TypedExpression | undefined, offset: number): void {
    const cell = this.#cell('i64', offset);
    const valid = input === undefined ? undefined : this.#words.valid(input);
    if (this.#spec.group.kind === 'single') {
      const rows = valid === undefined ? get(this.#chosen) : i64.and(get(this.#chosen), get(valid));
      this.#words.frame.block.push(cell.write(i64.add(cell.read, i64.popcnt(rows))));
      return;
    }
    const one = valid === undefined ? i64.const(1n) : i64.extendU(this.#lanes.bitOf(valid) as Code<'i32'>);
    this.#updates.push(cell.write(i64.add(cell.read, one)));
  }

  #sum({ input, offset, mode }: Sum): void {
    if (heldType(input) === 'f64') {
      this.#floatSum(this.#masked(input, 'f64', f64.const(0)), offset);
      return;
    }
    const whole = this.#masked(input, 'i64', i64.const(0n));
    const signed = machineOf(input.type)?.signed !== false;
    if (this.#spec.group.kind !== 'single') {
      this.#sumInPlace(whole, offset, mode, signed);
      return;
    }
    if (this.#fitsRegister(input, mode)) this.#sumInRegister(whole, offset, mode);
    else this.#sumInHalves(whole, offset, signed);
  }

  #sumInRegister(x: Local<'i64'>, offset: number, mode: 'narrow' | 'wide'): void {
    const sum = this.#words.frame.local('i64');
    this.#updates.push(set(sum, i64.add(get(sum), get(x))));
    this.#words.frame.epilogue.push(...addWhole(this.#placeOf(offset), sum, mode));
  }

  /** The sum of the upper 32 bits of all values, and that of the lower: neither leaves a register in one call. */
  #sumInHalves(x: Local<'i64'>, offset: number, signed: boolean): void {
    const { frame } = this.#words;
    const [low, high] = [frame.local('i64'), frame.local('i64')];
    const upper = (signed ? i64.shr : i64.shrU)(get(x), i64.const(32n));
    this.#updates.push(
      set(low, i64.add(get(low), i64.and(get(x), i64.const(0xffff_ffffn)))),
      set(high, i64.add(get(high), upper)),
    );
    frame.epilogue.push(...addHalves(this.#placeOf(offset), low, high, signed));
  }

  /** In the state of a single group. */
  #placeOf(offset: number) {
    const { frame } = this.#words;
    return { local: frame.local, state: frame.slot(this.#slots.states), offset };
  }

  #floatSum(x: Local<'f64'>, offset: number): void {
    const { frame } = this.#words;
    const [sum, lost] = [this.#cell('f64', offset), this.#cell('f64', offset + 8)];
    const next = twoSum(f64, () => frame.local('f64'), sum.read, x);
    this.#updates.push(...next.code, sum.write(next.sum), lost.write(f64.add(lost.read, next.error)));
  }

  #sumInPlace(x: Local<'i64'>, offset: number, mode: 'narrow' | 'wide', signed: boolean): void {
    const low = this.#cell('i64', offset);
    if (mode === 'narrow') {
      this.#updates.push(low.write(i64.add(low.read, get(x))));
      return;
    }
    const high = this.#cell('i64', offset + 8);
    const sum = this.#words.frame.local('i64');
    this.#updates.push(
      set(sum, i64.add(low.read, get(x))),
      low.write(get(sum)),
      high.write(i64.add(high.read, carry(x, sum, signed))),
    );
  }

  #squares(input: TypedExpression, offset: number): void {
    const { frame, bounds } = this.#words;
    const x = this.#masked(input, 'i64', i64.const(0n));
    const bits = magnitudeBits(bounds.held(input));
    const words = (cell: (at: number) => Word): [Word, Word, Word] => [
      cell(offset),
      cell(offset + 8),
      cell(offset + 16),
    ];
    if (this.#spec.group.kind !== 'single' || 2 * bits + MAX_CALL_ROWS_BITS > 64) {
      const isSigned = machineOf(input.type)?.signed !== false;
      this.#updates.push(
        ...addSquare(
          frame.local,
          words((at) => this.#cell('i64', at)),
          x,
          { isSigned, bits },
        ),
      );
      return;
    }
    // One register holds the squares of all rows of a call.
    const sum = frame.local('i64');
    this.#updates.push(set(sum, i64.add(get(sum), i64.mul(get(x), get(x)))));
    const states = frame.slot(this.#slots.states);
    const inMemory = (at: number): Word => ({
      read: i64.load(get(states), at),
      write: (value) => i64.store(get(states), value, at),
    });
    frame.epilogue.push(...addToThree(frame.local, words(inMemory), sum, i64.const(0n)));
  }

  #product(input: TypedExpression, offset: number): void {
    if (heldType(input) === 'f64') {
      const x = this.#masked(input, 'f64', f64.const(1));
      const cell = this.#cell('f64', offset);
      this.#updates.push(cell.write(f64.mul(cell.read, get(x))));
      return;
    }
    const x = this.#masked(input, 'i64', i64.const(1n));
    const words = [this.#cell('i64', offset), this.#cell('i64', offset + 8)] as const;
    const isSigned = machineOf(input.type)?.signed !== false;
    this.#updates.push(...multiply(this.#words.frame.local, words, x, isSigned));
  }

  /** The row's value widened to 64 bits, in a local; another where it is null. */
  #masked<T extends Held>(input: TypedExpression, type: T, otherwise: Code<T>): Local<T> {
    const x = this.#input(input, type) as Local<T>;
    const valid = this.#words.valid(input);
    if (valid !== undefined) {
      this.#updates.push(set(x, select(get(x), otherwise, this.#lanes.bitOf(valid) as Code<'i32'>)));
    }
    return x;
  }

  #extreme(kind: 'min' | 'max', input: TypedExpression, offset: number): void {
    const type = heldType(input);
    const x = this.#input(input, type);
    const cell = this.#cell<Held>(type, offset) as Cell<Held>;
    const old = this.#words.frame.local<Held>(type);
    this.#updates.push(set(old, cell.read));
    const isBetter =
      type === 'f64' ? betterFloat(kind, x as Local<'f64'>, old as Local<'f64'>) : betterWhole(kind, input, x, old);
    const valid = this.#words.valid(input);
    const counts = valid === undefined ? isBetter : i32.and(isBetter, this.#lanes.bitOf(valid) as Code<'i32'>);
    this.#updates.push(cell.write(select(get(x), get(old), counts)));
  }

  /** The row's value widened to 64 bits, in a local. */
  #input(input: TypedExpression, type: Held): Local<Held> {
    const [value] = this.#lanes.value(input);
    const machine = machineOf(input.type) ?? { type: 'i32', bits: 8, signed: false };
    const local = this.#words.frame.local<Held>(type);
    const narrow = value as Local<'i32'>;
    const widened =
      machine.type === 'i32'
        ? (machine.signed ? i64.extend : i64.extendU)(get(narrow))
        : machine.type === 'f32'
          ? f64.promote(get(value as Local<'f32'>))
          : get(value as Local<Held>);
    this.#updates.push(set(local, widened as Code<Held>));
    return local;
  }
}

const heldType = ({ type }: TypedExpression): Held => (machineOf(type)?.bits === 0 ? 'f64' : 'i64');

function betterWhole(kind: 'min' | 'max', input: TypedExpression, x: Local<Held>, old: Local<Held>): Code<'i32'> {
  const signed = !isUnsigned(input.type);
  const test = kind === 'min' ? (signed ? i64.lt : i64.ltU) : signed ? i64.gt : i64.gtU;
  return test(get(x as Local<'i64'>), get(old as Local<'i64'>));
}

/** NaN is greater than every number. */
function betterFloat(kind: 'min' | 'max', x: Local<'f64'>, old: Local<'f64'>): Code<'i32'> {
  const isNotNumber = (v: Local<'f64'>): Code<'i32'> => f64.ne(get(v), get(v));
  return kind === 'min'
    ? i32.or(f64.lt(get(x), get(old)), isNotNumber(old))
    : i32.or(f64.gt(get(x), get(old)), isNotNumber(x));
}
