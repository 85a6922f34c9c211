/**
 * Columns whose type in a file is narrower than the plan's, as schemas that grow leave them behind: cast where that loses nothing.
 *
 *     whole numbers    to wider ones, to decimals with room for their digits, to float64 where that holds all of them
 *     float32          to float64                   decimals     to those with room for their digits on both sides
 *     date             to a timestamp               timestamps, times, durations     to finer units
 *     int32, float16 … inside of lists and structs  as the format's own reader does it, or not at all
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { type DataType, integerBits, isUnsigned, sameType, type TimeUnit } from '../columnar/data-type.ts';
import { type Field, field } from '../columnar/schema.ts';
import { RowProgram } from '../compile/row-program.ts';
import { ArithmeticOverflow, InvalidCast, SchemaMismatch } from '../errors.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];
/** Digits of the greatest value of so many bits. */
const DIGITS: Readonly<Record<number, number>> = { 7: 3, 8: 3, 15: 5, 16: 5, 31: 10, 32: 10, 63: 19, 64: 20 };
/** Whole numbers that float64 holds. */
const FLOAT_BITS = 53;

/** Whether every value of `from` is one of `to`, which is another type; dates and times that `to` does not reach are errors. */
export function isWidened(from: DataType, to: DataType): boolean {
  if (sameType(from, to)) return false;
  const bits = integerBits(from);
  if (bits !== undefined) {
    const valueBits = isUnsigned(from) ? bits : bits - 1;
    const toBits = integerBits(to);
    if (toBits !== undefined) {
      return isUnsigned(to) ? isUnsigned(from) && toBits >= bits : toBits - 1 >= valueBits;
    }
    if (to.kind === 'float64') return valueBits <= FLOAT_BITS;
    return to.kind === 'decimal' && to.precision - to.scale >= (DIGITS[valueBits] ?? 0);
  }
  switch (from.kind) {
    case 'float16':
      return to.kind === 'float32' || to.kind === 'float64';
    case 'float32':
      return to.kind === 'float64';
    case 'decimal':
      return to.kind === 'decimal' && to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
    case 'date':
      return to.kind === 'timestamp' && to.timezone === null;
    case 'time':
    case 'duration':
      return to.kind === from.kind && UNITS.indexOf(to.unit) >= UNITS.indexOf(from.unit);
    case 'timestamp':
      return (
        to.kind === 'timestamp' &&
        (to.timezone === null) === (from.timezone === null) &&
        UNITS.indexOf(to.unit) >= UNITS.indexOf(from.unit)
      );
    default:
      return false;
  }
}

/** Casts one column of one file after the other. */
export class WidenedColumn implements Disposable {
  readonly #uri: string;
  readonly #from: Field;
  readonly #to: Field;
  readonly #holding: Holding;
  readonly #program: RowProgram;

  constructor(uri: string, type: DataType, to: Field, budget: MemoryBudget) {
    this.#uri = uri;
    this.#from = field(to.name, type, to.nullable);
    this.#to = to;
    this.#holding = budget.reserve('Scan');
    const input = { kind: 'column', index: 0, ...this.#from } as const;
    const expression = { kind: 'cast', input, type: to.type, nullable: to.nullable } as const;
    const columns = [{ name: to.name, expression }];
    this.#program = new RowProgram({ input: { fields: [this.#from] }, columns, operator: 'Scan' }, this.#holding);
  }

  /** Valid until the next call, and as long as `column` is. @throws SchemaMismatch */
  widen(column: Column, rows: number): Column {
    try {
      const [widened = column] = this.#program.apply(new Batch({ fields: [this.#from] }, rows, [column])).columns;
      return widened;
    } catch (error) {
      if (!(error instanceof InvalidCast || error instanceof ArithmeticOverflow)) throw error;
      throw new SchemaMismatch(
        this.#uri,
        `column ${this.#to.name} has values that do not fit the plan: ${error.message}`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
