/**
 * The lane domain: values inside a loop over rows, one row or four at a time (`lane-code.ts` draws both). Each
 * sub-expression is computed once per loop, into locals. A loop is wide if everything in it has SIMD instructions.
 */

import { isFloat } from '../columnar/data-type.ts';
import { wholeOf } from '../columnar/value.ts';
import { collectColumns, operandsOf } from '../expressions/columns.ts';
import { isDivision } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import type { Bounds } from './bounds.ts';
import { castLanes, isCastVectorizable, notZero } from './casts.ts';
import { compareFloats, compareWhole } from './comparisons.ts';
import { divideDecimals, longArithmetic } from './decimal-arithmetic.ts';
import { divideWhole, floatArithmetic } from './division.ts';
import { type Code, get, type Local, select, set, tee, type ValueType } from './emit.ts';
import { f32, f32x4, f64, i32, i32x4, i64, v128 } from './instructions.ts';
import type { KernelFrame } from './kernel-frame.ts';
import { joined, LaneCode } from './lane-code.ts';
import { laneFunctionOf } from './lane-functions.ts';
import type { ColumnLayout } from './layout.ts';
import { asLong, compareLong, longConstant } from './long-numbers.ts';
import { isLong, type Machine } from './machine.ts';
import type { Nullability } from './nullability.ts';
import { wholeArithmetic } from './overflow.ts';

/** What the lane domain asks of the word domain. */
export interface WordSource {
  readonly frame: KernelFrame;
  readonly columns: readonly ColumnLayout[];
  readonly bounds: Bounds;
  readonly nullability: Nullability;
  inLanes(e: TypedExpression): boolean;
  valid(e: TypedExpression): Local<'i64'> | undefined;
  word(e: TypedExpression): Local<'i64'>;
  truth(e: TypedExpression): Local<'i64'>;
}

type Typed<K extends TypedExpression['kind']> = TypedExpression & { readonly kind: K };

/** Whether four rows of `e` can be computed at a time; where it `readsCodes`, only four that the block has. */
export function isVectorizable(e: TypedExpression, words: WordSource): boolean {
  if (e.type.kind === 'bool' && !words.inLanes(e)) return true;
  if (isLong(words.bounds.machine(e))) return false;
  if (!operandsOf(e).every((operand) => isVectorizable(operand, words))) return false;
  switch (e.kind) {
    case 'column':
      return words.columns[e.index]?.width !== 16;
    case 'function':
      return laneFunctionOf(e)?.isWide(e, words.bounds) === true;
    case 'cast':
      return e.try !== true && isCastVectorizable(e.input.type, e.type);
    case 'arithmetic':
      return isFloat(e.type) ? e.operator !== '%' : !isDivision(e.operator);
    default:
      return true;
  }
}

/**
 * Whether `e` reads entries of dictionaries. Behind the last row of a batch there is memory that may be read, but what stands
 * there need not be the code of an entry.
 */
export function readsCodes(e: TypedExpression, columns: readonly ColumnLayout[]): boolean {
  const read = new Set<number>();
  collectColumns(e, read);
  return [...read].some((index) => columns[index]?.dictionary === true);
}

/** A cast whose values need not fit. */
interface TriedCast {
  readonly parts: readonly Code[];
  readonly fits: Local<'i32'>;
}

export class Lanes {
  readonly #tried = new Map<string, TriedCast>();
  readonly #words: WordSource;
  readonly #lanes: LaneCode;
  readonly #values = new Map<string, readonly Local[]>();

  constructor(words: WordSource, wide: boolean) {
    this.#words = words;
    this.#lanes = new LaneCode(words.frame, wide);
  }

  /** The loop's body so far. */
  get code(): readonly Code<'void'>[] {
    return this.#lanes.code;
  }

  /** Whether the row's bit in the word is set: 0 or 1, or a mask of four rows. */
  bitOf(word: Local<'i64'>): Code {
    return this.#lanes.bitOf(word);
  }

  /** The parts of a value that a machine holds; a bool of one row is 0 or 1. */
  value(e: TypedExpression): readonly Local[] {
    const name = expressionKey(e);
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const isBool = e.type.kind === 'bool';
    const parts = isBool ? [this.mask(e)] : this.#compute(e);
    const made = this.#lanes.keep(parts, isBool ? 'i32' : this.#machine(e).type);
    this.#values.set(name, made);
    return made;
  }

  /** The value with zeros where the row's bit is not set. */
  masked(e: TypedExpression, valid: Local<'i64'>): readonly Code[] {
    const value = this.value(e);
    const { type } = this.#words.bounds.machine(e) ?? { type: 'i32' };
    if (!this.#lanes.wide) {
      const zero = this.#lanes.constant(type, 0) as Code<ValueType>;
      return value.map((part) => select(get(part), zero, this.bitOf(valid) as Code<'i32'>));
    }
    const [mask] = this.#lanes.keep([this.bitOf(valid)], 'i32') as [Local<'v128'>];
    return this.#lanes.spread(mask, type).map((m, n) => v128.and(get(value[n] as Local<'v128'>), m));
  }

  /** A boolean: 0 or 1, or a mask of four rows. */
  mask(e: TypedExpression): Code {
    if (!this.#words.inLanes(e)) return this.bitOf(this.#words.word(e));
    const { wide } = this.#lanes;
    switch (e.kind) {
      case 'column':
        return wide ? this.#lanes.maskOf(this.tableBits([e.index])) : this.tableBits([e.index]);
      case 'compare':
        return this.#compare(e);
      case 'cast':
        return notZero(this.#lanes, this.#machine(e.input), this.value(e.input));
      case 'not': {
        const input = this.value(e.input)[0]!;
        return wide ? v128.not(get(input as Local<'v128'>)) : i32.eqz(get(input as Local<'i32'>));
      }
      case 'logic': {
        const operation = wide ? v128[e.operator] : i32[e.operator];
        return this.#lanes.zip(operation as (a: Code, b: Code) => Code, this.value(e.left), this.value(e.right))[0]!;
      }
      default:
        throw new Error(`not a predicate over rows: ${expressionKey(e)}`);
    }
  }

  /** Whether the value of a cast that may fail fits its type: of one row, 0 or 1. */
  fits(e: Typed<'cast'>): Code {
    return get(this.#tryCast(e, this.#machine(e)).fits);
  }

  #tryCast(e: Typed<'cast'>, machine: Machine): TriedCast {
    const key = expressionKey(e);
    const known = this.#tried.get(key);
    if (known !== undefined) return known;
    // What the operand itself raises is not tried.
    this.value(e.input);
    const { result, failures } = this.#lanes.trying(() => this.#lanes.keep(this.#cast(e, machine), machine.type));
    const failed = failures.reduce((a, b) => i32.or(a, b), i32.const(0));
    const [fits] = this.#lanes.keep([i32.eqz(failed)], 'i32') as [Local<'i32'>];
    const tried = { parts: result.map((part) => get(part)), fits };
    this.#tried.set(key, tried);
    return tried;
  }

  /** Whether a whole number is not zero. */
  nonZero(e: TypedExpression): Code {
    return notZero(this.#lanes, this.#machine(e), this.value(e));
  }

  #machine(e: TypedExpression): Machine {
    return this.#words.bounds.machine(e)!;
  }

  #compute(e: TypedExpression): readonly Code[] {
    const machine = this.#machine(e);
    switch (e.kind) {
      case 'column':
        return this.#load(e.index, machine);
      case 'literal':
        if (isLong(machine)) return longConstant(wholeOf(e.value ?? 0));
        return this.#lanes.constants(machine.type, typeof e.value === 'bigint' ? e.value : Number(e.value ?? 0));
      case 'arithmetic':
        return this.#arithmetic(e, machine);
      case 'cast':
        return e.try === true ? this.#tryCast(e, machine).parts : this.#cast(e, machine);
      case 'if-else':
        return this.#choose(e, machine);
      case 'function':
        return this.#call(e);
      default:
        throw new Error(`not a value that compiles: ${expressionKey(e)}`);
    }
  }

  #call(e: Typed<'function'>): readonly Code[] {
    const { bounds } = this.#words;
    return laneFunctionOf(e)!.emit({
      lanes: this.#lanes,
      e,
      bounds,
      value: (position) => this.value(e.arguments[position]!),
      valid: (position) => {
        const valid = this.#words.valid(e.arguments[position]!);
        return valid && this.#lanes.keep([this.bitOf(valid)], 'i32')[0];
      },
    });
  }

  #cast(e: Typed<'cast'>, target: Machine): readonly Code[] {
    const source = e.input.type.kind === 'bool' ? undefined : this.#machine(e.input);
    const range = this.#words.bounds.held(e.input);
    return castLanes(this.#lanes, { from: e.input.type, to: e.type, source, target, range }, this.value(e.input));
  }

  #arithmetic(e: Typed<'arithmetic'>, machine: Machine): readonly Code[] {
    const left = this.value(e.left);
    const right = this.value(e.right);
    const { operator } = e;
    const { bounds } = this.#words;
    if (e.type.kind === 'decimal' && isDivision(operator)) return divideDecimals(this.#lanes, e, bounds, left, right);
    if ([e, e.left, e.right].some((part) => isLong(bounds.machine(part)))) {
      return longArithmetic(this.#lanes, e, bounds, left, right);
    }
    const safe = bounds.fits(e);
    const onOverflow = bounds.wraps(e) ? 'wrap' : safe ? 'none' : 'flag';
    if (machine.bits === 0) return floatArithmetic(this.#lanes, operator, machine, left, right);
    if (operator === '//' || operator === '%')
      return [divideWhole(this.#lanes, operator, machine, left[0]!, right[0]!, safe)];
    if (operator === '/') throw new Error('true division of whole numbers');
    const factor = e.right.kind === 'literal' ? e.right.value : null;
    const times = typeof factor === 'bigint' ? factor : undefined;
    const areShort = bounds.isShortProduct(e);
    return wholeArithmetic(this.#lanes, operator, machine, left, right, onOverflow, { times, areShort });
  }

  #choose(e: Typed<'if-else'>, machine: Machine): readonly Code[] {
    const then = this.#as(machine, e.then);
    const otherwise = this.#as(machine, e.otherwise);
    const direct = this.#words.inLanes(e.condition) && !this.#words.nullability.of(e.condition);
    const condition = direct
      ? this.value(e.condition)[0]!
      : this.#lanes.keep([this.bitOf(this.#words.truth(e.condition))], 'i32')[0]!;
    if (!this.#lanes.wide)
      return then.map((part, n) => select(get(part), get(otherwise[n]!), get(condition as Local<'i32'>)));
    return this.#lanes
      .spread(condition as Local<'v128'>, machine.type)
      .map((mask, n) => v128.bitselect(get(then[n] as Local<'v128'>), get(otherwise[n] as Local<'v128'>), mask));
  }

  /** The parts of a value as those of another machine for it, which can hold it: of a long one, or the low half. */
  #as(machine: Machine, e: TypedExpression): readonly Local[] {
    const value = this.value(e);
    const own = this.#machine(e);
    if (isLong(machine)) return asLong(this.#lanes, own, value);
    return isLong(own) ? value.slice(0, 1) : value;
  }

  #compare(e: Typed<'compare'>): Code {
    const [machine, other] = [this.#machine(e.left), this.#machine(e.right)];
    if (isLong(machine) || isLong(other)) {
      const sides = [asLong(this.#lanes, machine, this.value(e.left)), asLong(this.#lanes, other, this.value(e.right))];
      return compareLong(e.operator, sides[0]!, sides[1]!);
    }
    const left = this.value(e.left);
    const right = this.value(e.right);
    const isNumber = e.right.kind === 'literal' && !Number.isNaN(e.right.value);
    const parts =
      machine.bits === 0
        ? compareFloats(this.#lanes, e.operator, machine, left, right, isNumber)
        : compareWhole(this.#lanes, e.operator, machine, left, right);
    return joined(this.#lanes, parts);
  }

  /** Which rows, of one or of four, have the entry true in all of these tables of bools: a bit for each. */
  tableBits(columns: readonly number[]): Code<'i32'> {
    const entries = columns.map((column) => this.#dictionaryEntries(column, 0));
    const ofRow = (row: number): Code<'i32'> =>
      entries.map((entry) => i32.load8U(entry(row))).reduce((a, b) => i32.and(a, b));
    if (!this.#lanes.wide) return ofRow(0);
    return [1, 2, 3].reduce((bits, row) => i32.or(bits, i32.shl(ofRow(row), i32.const(row))), ofRow(0));
  }

  /** The address of the entry that the code of a row refers to, of 2 ** `log` bytes; rows are counted from the one at hand. */
  #dictionaryEntries(column: number, log: number): (row: number) => Code<'i32'> {
    const { frame } = this.#words;
    const codes = frame.local('i32');
    this.#lanes.code.push(set(codes, frame.element(frame.slot(column * 3), 2)));
    const entries = get(frame.slot(column * 3 + 2));
    return (row) => {
      const code = i32.load(get(codes), row * 4);
      return i32.add(entries, log === 0 ? code : i32.shl(code, i32.const(log)));
    };
  }

  #load(column: number, machine: Machine): readonly Code[] {
    const { frame, columns } = this.#words;
    const { dictionary, width, bits, isAssumed } = columns[column]!;
    const log = Math.log2(width);
    const entry = dictionary ? this.#dictionaryEntries(column, log) : undefined;
    if (entry !== undefined && this.#lanes.wide) return gatherFour(machine, entry);
    const at = entry === undefined ? frame.element(frame.slot(column * 3), log) : entry(0);
    if (isLong(machine)) {
      const address = frame.local('i32');
      return [i64.load(tee(address, at)), i64.load(get(address), 8)];
    }
    const loaded = this.#lanes.wide ? loadFour(machine, at) : [loadScalar(machine, at)];
    return isAssumed === true && bits !== undefined ? this.#within(bits, loaded) : loaded;
  }

  /** Words whose magnitudes are taken to be below 2 ** `bits`: half of that, so that one addition shows what is outside. */
  #within(bits: number, loaded: readonly Code[]): readonly Code[] {
    const half = 1n << BigInt(bits - 1);
    const values = this.#lanes.keep(loaded, 'i64');
    const { add } = this.#lanes.operations('i64');
    const shifted = values.map((value) => add(get(value), this.#lanes.constant('i64', half)));
    this.#lanes.flagBits(shifted, -(half << 1n));
    return values.map((value) => get(value));
  }
}

function loadScalar({ type, bits, signed }: Machine, at: Code<'i32'>): Code {
  if (bits === 8) return (signed ? i32.load8 : i32.load8U)(at);
  if (bits === 16) return (signed ? i32.load16 : i32.load16U)(at);
  return { i32, i64, f32, f64 }[type].load(at);
}

/** Of rows whose values stand at these addresses. */
function gatherFour(machine: Machine, at: (row: number) => Code<'i32'>): Code<'v128'>[] {
  const { type } = machine;
  if (type === 'i64' || type === 'f64') {
    return [0, 2].map((row) => v128.load64Lane(at(row + 1), v128.load64Zero(at(row)), 1));
  }
  const { splat, replace } = (type === 'f32' ? f32x4 : i32x4) as typeof i32x4;
  const value = (row: number): Code<'i32'> => loadScalar(machine, at(row)) as Code<'i32'>;
  return [[1, 2, 3].reduce((four, row) => replace(four, value(row), row), splat(value(0)))];
}

function loadFour({ type, bits, signed }: Machine, at: Code<'i32'>): Code<'v128'>[] {
  // Reads eight bytes where four are needed: behind every column a whole block may be read.
  if (bits === 8) return [signed ? i32x4.extendLow(v128.load8x8(at)) : i32x4.extendLowU(v128.load8x8U(at))];
  if (bits === 16) return [(signed ? v128.load16x4 : v128.load16x4U)(at)];
  return type === 'i64' || type === 'f64' ? [v128.load(at), v128.load(at, 16)] : [v128.load(at)];
}
