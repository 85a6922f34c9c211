/**
 * Interval arithmetic over whole numbers: the range of every sub-expression, from its type, from its literals and from
 * the bounds (`bits`) that columns carry. Where the range of a result fits its machine word, no overflow check is
 * emitted. Ranges are of exact results: what overflows on the way is caught on the way.
 */

import type { DataType } from '../columnar/data-type.ts';
import { scaleOf } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { ColumnLayout } from './layout.ts';
import { greater, isWhole, lesser, machineOf, type Range, rangeOf } from './machine.ts';

/** Ranges of expressions over columns with these layouts. */
export class Bounds {
  readonly #columns: readonly ColumnLayout[];
  readonly #known = new Map<TypedExpression, Range>();

  constructor(columns: readonly ColumnLayout[]) {
    this.#columns = columns;
  }

  /** The range of the exact values of `e`, a whole-number expression; bool counts as 0 and 1. */
  of(e: TypedExpression): Range {
    const known = this.#known.get(e);
    if (known !== undefined) return known;
    const range = this.#compute(e);
    this.#known.set(e, range);
    return range;
  }

  /** Whether every exact value of `e` fits its own type's machine word. */
  fits(e: TypedExpression): boolean {
    const machine = machineOf(e.type);
    return machine === undefined || machine.bits === 0 || within(this.of(e), rangeOf(machine));
  }

  /** The number of bits that hold every magnitude of `e`; undefined where that says no more than its type. */
  bits(e: TypedExpression): number | undefined {
    if (!isWhole(e.type)) return undefined;
    const bits = magnitudeBits(intersection(this.of(e), typeRange(e.type)));
    return bits < magnitudeBits(typeRange(e.type)) ? bits : undefined;
  }

  /** The range of the values that are there where no check has failed. */
  held(e: TypedExpression): Range {
    return this.#clip(this.of(e), e);
  }

  #clip(range: Range, e: TypedExpression): Range {
    const machine = machineOf(e.type);
    return machine === undefined || machine.bits === 0 ? range : intersection(range, rangeOf(machine));
  }

  #compute(e: TypedExpression): Range {
    switch (e.kind) {
      case 'column': {
        const bits = this.#columns[e.index]?.bits;
        const range = this.#clip(typeRange(e.type), e);
        if (bits === undefined) return range;
        return intersection({ least: 1n - (1n << BigInt(bits)), greatest: (1n << BigInt(bits)) - 1n }, range);
      }
      case 'literal': {
        const value = typeof e.value === 'number' || typeof e.value === 'bigint' ? e.value : 0;
        return Number.isInteger(Number(value)) ? { least: BigInt(value), greatest: BigInt(value) } : typeRange(e.type);
      }
      case 'arithmetic':
        return this.#arithmetic(e);
      case 'if-else':
        return union(this.held(e.then), this.held(e.otherwise));
      case 'cast':
        return this.#cast(e);
      case 'function':
        return FUNCTION_RANGES[e.name] ?? typeRange(e.type);
      default:
        return { least: 0n, greatest: 1n };
    }
  }

  #arithmetic(e: TypedExpression & { kind: 'arithmetic' }): Range {
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
      case '//':
        return b.least > 0n ? spanOf(a.least, 0n, a.greatest) : spanOf(a.least, -a.least, a.greatest, -a.greatest);
      case '%':
        return spanOf(a.least, 0n, a.greatest);
      default:
        return typeRange(e.type);
    }
  }

  #cast({ input, type }: TypedExpression & { kind: 'cast' }): Range {
    if (!isWhole(input.type) && input.type.kind !== 'bool') return typeRange(type);
    const from = this.held(input);
    const range = typeRange(type);
    if (type.kind === 'timestamp' || input.type.kind === 'timestamp') return range;
    const shift = scaleOf(type) - scaleOf(input.type);
    if (shift >= 0) {
      const factor = 10n ** BigInt(shift);
      return { least: from.least * factor, greatest: from.greatest * factor };
    }
    // Rounding may go up to the next unit.
    const divisor = 10n ** BigInt(-shift);
    return { least: from.least / divisor - 1n, greatest: from.greatest / divisor + 1n };
  }
}

/** Every value a type allows; for decimals by their digits, for other types without whole numbers that of a bool. */
export function typeRange(type: DataType): Range {
  if (type.kind === 'decimal') {
    const greatest = 10n ** BigInt(type.precision) - 1n;
    return { least: -greatest, greatest };
  }
  const machine = machineOf(type);
  return machine === undefined || machine.bits === 0 ? { least: 0n, greatest: 1n } : rangeOf(machine);
}

export const within = (inner: Range, outer: Range): boolean =>
  outer.least <= inner.least && inner.greatest <= outer.greatest;

const union = (a: Range, b: Range): Range => spanOf(a.least, a.greatest, b.least, b.greatest);

/** Of two ranges that overlap; the second where they do not. */
function intersection(a: Range, b: Range): Range {
  const least = greater(a.least, b.least);
  const greatest = lesser(a.greatest, b.greatest);
  return least <= greatest ? { least, greatest } : b;
}

function spanOf(...values: readonly bigint[]): Range {
  return {
    least: values.reduce(lesser),
    greatest: values.reduce(greater),
  };
}

/** Bits that hold the magnitude of every value: 2 ** bits is above all of them. */
export function magnitudeBits({ least, greatest }: Range): number {
  const magnitude = -least > greatest ? -least : greatest;
  return magnitude <= 0n ? 0 : magnitude.toString(2).length;
}

const FUNCTION_RANGES: Readonly<Record<string, Range>> = {
  year: { least: -5_900_000n, greatest: 5_900_000n },
  quarter: { least: 1n, greatest: 4n },
  month: { least: 1n, greatest: 12n },
  day: { least: 1n, greatest: 31n },
  hour: { least: 0n, greatest: 23n },
  minute: { least: 0n, greatest: 59n },
  second: { least: 0n, greatest: 59n },
};
