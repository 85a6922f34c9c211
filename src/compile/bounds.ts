/**
 * Interval arithmetic over whole numbers: the range of every sub-expression, from its type, from its literals and from
 * the bounds (`bits`) that columns carry. Where the range of a result fits its machine word, no overflow check is
 * emitted. Ranges are of exact results: what overflows on the way is caught on the way. What wraps around instead may be
 * any value of its type.
 *
 * From its range also follows whether a decimal is short or long. One that is proven to fit 8 bytes is short. Of the
 * others a column is as it comes, what is made of a long one is long, and so is a quotient. The rest depends on `long`:
 *
 *     without   it is taken to be short, which is quick; where a value is not, the flag is raised
 *     with      it is long, and a flag means that a value has more digits than its type
 */

import type { DataType } from '../columnar/data-type.ts';
import { operandsOf } from '../expressions/columns.ts';
import { divisionShift, isDivision } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { ticksPerDay } from '../expressions/temporal-text.ts';
import { wholeConversion } from '../expressions/whole-conversion.ts';
import { functionRange } from './function-ranges.ts';
import type { ColumnLayout } from './layout.ts';
import { INT32, INT64, isLong, isWhole, LONG, type Machine, machineOf, rangeOf } from './machine.ts';
import { greater, intersection, magnitude, magnitudeBits, type Range, spanOf, union, within } from './ranges.ts';

/** Whether a cast gives the time of day that a timestamp's clock shows. */
export const isTimeOfDay = (from: DataType, to: DataType): boolean => from.kind === 'timestamp' && to.kind === 'time';

type Arithmetic = TypedExpression & { readonly kind: 'arithmetic' };

/** Ranges of expressions over columns with these layouts. */
export class Bounds {
  readonly #columns: readonly ColumnLayout[];
  readonly #long: boolean;
  readonly #known = new Map<TypedExpression, Range>();
  readonly #wrapping = new Set<TypedExpression>();
  readonly #isLong = new Map<TypedExpression, boolean>();
  #assumesShort = false;

  constructor(columns: readonly ColumnLayout[], long: boolean = false) {
    this.#columns = columns;
    this.#long = long;
  }

  /** Whether a decimal that was asked for has been taken to be short without a proof. */
  get assumesShort(): boolean {
    return this.#assumesShort;
  }

  /** How values of `e` are held; undefined where they are in no local. */
  machine(e: TypedExpression): Machine | undefined {
    if (e.type.kind !== 'decimal') return machineOf(e.type);
    let long = this.#isLong.get(e);
    if (long === undefined) {
      long = this.#mustBeLong(e);
      this.#isLong.set(e, long);
    }
    return long ? LONG : machineOf(e.type);
  }

  /** The range of the exact values of `e`, a whole-number expression; bool counts as 0 and 1. */
  of(e: TypedExpression): Range {
    const known = this.#known.get(e);
    if (known !== undefined) return known;
    const exact = this.#compute(e);
    const isBeyond = wraps(e) && !within(exact, typeRange(e.type));
    if (isBeyond) this.#wrapping.add(e);
    const range = isBeyond ? typeRange(e.type) : exact;
    this.#known.set(e, range);
    return range;
  }

  /** Whether values of `e` may be beyond its type, and are to be wrapped around in it. */
  wraps(e: TypedExpression): boolean {
    this.of(e);
    return this.#wrapping.has(e);
  }

  /** Whether every exact value of `e` can be held; what wraps around always can. */
  fits(e: TypedExpression): boolean {
    const machine = this.machine(e);
    return machine === undefined || machine.bits === 0 || within(this.of(e), heldRange(e.type, machine));
  }

  /** The number of bits that hold every magnitude of `e`; undefined where that says no more than its type. */
  bits(e: TypedExpression): number | undefined {
    if (!isWhole(e.type)) return undefined;
    const bits = magnitudeBits(intersection(this.held(e), typeRange(e.type)));
    return bits < magnitudeBits(typeRange(e.type)) ? bits : undefined;
  }

  /** Whether both sides of `e` fit 32 bits with a sign, whose product vectors make in one step. */
  isShortProduct({ operator, left, right }: Arithmetic): boolean {
    return operator === '*' && within(this.held(left), INT32) && within(this.held(right), INT32);
  }

  /** The range of the values that are there where no check has failed. */
  held(e: TypedExpression): Range {
    const machine = this.machine(e);
    const range = this.of(e);
    return machine === undefined || machine.bits === 0 ? range : intersection(range, heldRange(e.type, machine));
  }

  #mustBeLong(e: TypedExpression): boolean {
    if (within(intersection(this.of(e), typeRange(e.type)), INT64)) return false;
    if (e.kind === 'column' || e.kind === 'literal' || this.#long) return true;
    if (e.kind === 'arithmetic' && isDivision(e.operator)) return true;
    // Where a cast that may fail has no room for a value, that is taken for a failure.
    if (e.kind === 'cast' && e.try === true) return true;
    if (operandsOf(e).some((operand) => isLong(this.machine(operand)))) return true;
    this.#assumesShort = true;
    return false;
  }

  #compute(e: TypedExpression): Range {
    switch (e.kind) {
      case 'column': {
        const { bits, width } = this.#columns[e.index] ?? { bits: undefined, width: 0 };
        const range = width === 16 ? typeRange(e.type) : intersection(typeRange(e.type), wordRange(e.type));
        if (bits === undefined) return range;
        return intersection({ least: 1n - (1n << BigInt(bits)), greatest: (1n << BigInt(bits)) - 1n }, range);
      }
      case 'literal': {
        const value = typeof e.value === 'number' || typeof e.value === 'bigint' ? e.value : Number(e.value === true);
        return Number.isInteger(Number(value)) ? { least: BigInt(value), greatest: BigInt(value) } : typeRange(e.type);
      }
      case 'arithmetic':
        return this.#arithmetic(e);
      case 'if-else':
        return union(this.held(e.then), this.held(e.otherwise));
      case 'cast':
        return this.#cast(e);
      case 'function':
        return functionRange(e, (operand) => this.held(operand)) ?? typeRange(e.type);
      default:
        return { least: 0n, greatest: 1n };
    }
  }

  #arithmetic(e: Arithmetic): Range {
    if (!isWhole(e.type)) return typeRange(e.type);
    const a = this.held(e.left);
    const b = this.held(e.right);
    switch (e.operator) {
      case '+':
        return { least: a.least + b.least, greatest: a.greatest + b.greatest };
      case '-':
        return { least: a.least - b.greatest, greatest: a.greatest - b.least };
      case '*':
        return spanOf(a.least * b.least, a.least * b.greatest, a.greatest * b.least, a.greatest * b.greatest);
      default:
        return divided(e, a, b);
    }
  }

  #cast({ input, type }: TypedExpression & { kind: 'cast' }): Range {
    if (!isWhole(input.type) && input.type.kind !== 'bool') return typeRange(type);
    if (isTimeOfDay(input.type, type)) return typeRange(type);
    const { least, greatest } = this.held(input);
    const { factor, divisor } = wholeConversion(input.type, type);
    if (divisor === 1n) return { least: least * factor, greatest: greatest * factor };
    // Rounding may go up to the next unit.
    return { least: least / divisor - 1n, greatest: greatest / divisor + 1n };
  }
}

const wraps = (e: TypedExpression): boolean => (e.kind === 'arithmetic' || e.kind === 'function') && e.wraps === true;

/** The range of a quotient, or of a remainder, which is no greater than either side. */
function divided(e: Arithmetic, left: Range, right: Range): Range {
  const { up, down } = divisionShift(e);
  const [a, b] = [scaledUp(left, up), scaledUp(right, down)];
  if (e.operator === '%') {
    const rest = greater(magnitude(b) - 1n, 0n);
    return intersection(spanOf(a.least, 0n, a.greatest), { least: -rest, greatest: rest });
  }
  // Of the divisors that are not zero the nearest to it makes the greatest quotient. Rounding may go one further.
  const nearest =
    b.least > 0n ? b.least : b.greatest < 0n ? -b.greatest : scaledUp({ least: 1n, greatest: 1n }, down).least;
  const beyond = e.operator === '/' ? 1n : 0n;
  const [least, greatest] = [a.least / nearest - beyond, a.greatest / nearest + beyond];
  return b.least > 0n ? spanOf(least, 0n, greatest) : spanOf(least, -least, greatest, -greatest);
}

/** Multiplied by a power of ten. */
function scaledUp({ least, greatest }: Range, exponent: number): Range {
  const factor = 10n ** BigInt(exponent);
  return { least: least * factor, greatest: greatest * factor };
}

/** What the word of a type holds, of a decimal one of 8 bytes; of what has none, a bool. */
function wordRange(type: DataType): Range {
  const machine = machineOf(type);
  return machine === undefined || machine.bits === 0 ? { least: 0n, greatest: 1n } : rangeOf(machine);
}

/** The values of a type that a machine holds. */
export const heldRange = (type: DataType, machine: Machine): Range =>
  type.kind === 'decimal' || type.kind === 'time' ? intersection(typeRange(type), rangeOf(machine)) : rangeOf(machine);

/** Every value a type allows; for decimals by their digits, for other types without whole numbers that of a bool. */
function typeRange(type: DataType): Range {
  if (type.kind === 'time') return { least: 0n, greatest: ticksPerDay(type.unit) - 1n };
  if (type.kind === 'decimal') {
    const greatest = 10n ** BigInt(type.precision) - 1n;
    return { least: -greatest, greatest };
  }
  return wordRange(type);
}
