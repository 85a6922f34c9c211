/** What kernels of texts take besides plain columns: literal bytes kept in linear memory, and columns of any form. */

import type { Column } from '../columnar/column.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { rarestByte } from '../kernels/needle.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { ConstantColumns } from './constant-columns.ts';
import { bitmapBytes, type Scratch } from './scratch.ts';

/** A column computed from a plain one; undefined where this one is not for the kernel. */
export type Compute = (plain: Column, rowCount: number) => Column | undefined;

/** A text that is searched for; `rare` is the place of its rarest byte. */
export interface Needle {
  readonly address: number;
  readonly length: number;
  readonly rare: number;
}

/** The address of the bytes, which are kept as long as the holding. @throws MemoryBudgetExceeded */
export function keptBytes(bytes: Uint8Array, holding: Holding): number {
  const { address } = holding.allocateZeroed(bytes.length);
  holding.linear.u8.set(bytes, address);
  return address;
}

/** The text, kept as long as the holding. @throws MemoryBudgetExceeded */
export function keptNeedle(text: string, holding: Holding): Needle {
  const bytes = new TextEncoder().encode(text);
  return { address: keptBytes(bytes, holding), length: bytes.length, rare: rarestByte(bytes) };
}

/** Where a column's texts are: its codes, or 0 where it is plain, and the offsets and bytes that they, or its rows, refer to. */
export const textAddresses = ({
  dictionary,
  values,
  bytes,
}: Column): [codes: number, offsets: number, bytes: number] =>
  dictionary === undefined ? [0, values, bytes] : [values, dictionary.values.values, dictionary.values.bytes];

/**
 * Where a column's values of 8 bytes are, and how far they lie apart: 0 bytes where all rows have the same. Values of a
 * dictionary are put into `room`. @throws MemoryBudgetExceeded
 */
export function valueAddresses(
  { dictionary, values: own }: Column,
  rowCount: number,
  room: Scratch,
  { linear }: Holding,
): [values: number, step: 0 | 8] {
  if (dictionary === undefined) return [own, 8];
  const { values } = dictionary.values;
  if (dictionary.size === 1) return [values, 0];
  const to = room.ensure(rowCount * 8);
  takeKernels(linear).take8(values, own, rowCount, to);
  return [to, 8];
}

export type Operand = Extract<TypedExpression, { kind: 'column' | 'literal' }>;

export const isOperand = (e: TypedExpression): e is Operand =>
  e.kind === 'column' || (e.kind === 'literal' && e.value !== null);

/** The text of a literal. */
export const textOf = (e: TypedExpression | undefined): string | undefined =>
  e?.kind === 'literal' && typeof e.value === 'string' ? e.value : undefined;

/** Operands as columns: literals as dictionaries of one entry. */
export class OperandColumns {
  readonly #operands: readonly Operand[];
  readonly #constants: ConstantColumns;

  constructor(operands: readonly Operand[], holding: Holding) {
    this.#operands = operands;
    this.#constants = new ConstantColumns(holding);
  }

  /** Valid until the next call with more rows. @throws MemoryBudgetExceeded */
  of(columns: readonly Column[], rowCount: number): Column[] {
    return this.#operands.map((e) => (e.kind === 'column' ? columns[e.index]! : this.#constants.of(e, rowCount)));
  }
}

/** The rows that are null in no column: address 0 where none is null. Valid until the next call. */
export function commonValidity(
  columns: readonly Column[],
  rowCount: number,
  bitmap: Scratch,
  { linear }: Holding,
): number {
  const given = new Set(columns.map(({ validity }) => validity));
  given.delete(0);
  const [first = 0, ...others] = given;
  if (others.length === 0) return first;
  const to = bitmap.ensure(bitmapBytes(rowCount));
  const { u32 } = linear;
  for (let word = 0; word < Math.ceil(rowCount / 32); word++) {
    let bits = u32[first / 4 + word]!;
    for (const validity of others) bits &= u32[validity / 4 + word]!;
    u32[to / 4 + word] = bits;
  }
  return to;
}
