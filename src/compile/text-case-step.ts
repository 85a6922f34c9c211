/**
 * Texts of which ASCII has its kernel and all else goes through JavaScript, row by row:
 *
 *     upper lower reverse     as many bytes as before     │ A P R I L │ Ä Ü │ …     the rows that are not ASCII are
 *     ilike                   a bit                                    ^^^^^         written again
 *
 * A text that takes other bytes in number than before, as few do, leaves the batch to the step.
 */

import type { Column } from '../columnar/column.ts';
import { bool } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { lowerEach } from '../expressions/functions/text-case.ts';
import { interpreter } from '../expressions/interpret.ts';
import { compileLike, matchLike } from '../kernels/like-kernels.ts';
import { textCaseKernels } from '../kernels/text-case-kernels.ts';
import { textMeasureKernels } from '../kernels/text-measure-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import { type Compute, keptBytes } from './text-operands.ts';

/** `turn` writes so many bytes, from the first text's on, into `to`; false where it cannot. */
type Turn = (text: Column, rowCount: number, count: number, to: number) => boolean;

/** The step of `upper`, `lower` or `reverse` of a column, which is `e`. */
export function textCaseStep(name: 'upper' | 'lower' | 'reverse', e: TypedExpression, holding: Holding): Compute {
  const bytes = new Scratch(holding);
  const others = new OtherRows(e, holding);
  const turn = turnOf(name, holding);
  return (text, rowCount) => {
    const { i32 } = holding.linear;
    const first = i32[text.values >>> 2]!;
    const count = i32[(text.values >>> 2) + rowCount]! - first;
    const to = bytes.ensure(count);
    if (!turn(text, rowCount, count, to)) return undefined;
    const isWritten = others.every(text, rowCount, (row, value) => {
      const start = i32[(text.values >>> 2) + row]!;
      const turned = Buffer.from(String(value));
      if (turned.length !== i32[(text.values >>> 2) + row + 1]! - start) return false;
      holding.linear.u8.set(turned, to - first + start);
      return true;
    });
    return isWritten ? { ...text, bytes: to - first } : undefined;
  };
}

function turnOf(name: 'upper' | 'lower' | 'reverse', holding: Holding): Turn {
  const kernels = textCaseKernels(holding.linear);
  if (name === 'reverse') {
    return ({ values, bytes }, rowCount, _, to) => kernels.reverseBytes(values, bytes, rowCount, to) === 1;
  }
  const upper = name === 'upper' ? 1 : 0;
  return ({ values, bytes }, _, count, to) => {
    kernels.asciiCase(bytes + holding.linear.i32[values >>> 2]!, count, upper, to);
    return true;
  };
}

/** The step of `ilike` of a column, which is `e`, by a pattern; undefined where that ends with the escape. */
export function ilikeStep(
  pattern: string,
  escaping: string,
  e: TypedExpression,
  holding: Holding,
): Compute | undefined {
  const program = compileLike(lowerEach(pattern), escaping === '' ? {} : { escape: lowerEach(escaping) });
  if (program === undefined) return undefined;
  const address = keptBytes(program.bytes, holding);
  const [lower, bits] = [new Scratch(holding), new Scratch(holding)];
  const turn = turnOf('lower', holding);
  const others = new OtherRows(e, holding);
  return (text, rowCount) => {
    const { i32 } = holding.linear;
    const first = i32[text.values >>> 2]!;
    const count = i32[(text.values >>> 2) + rowCount]! - first;
    const to = lower.ensure(count);
    turn(text, rowCount, count, to);
    const values = bits.ensure(bitmapBytes(rowCount));
    matchLike(holding.linear, program, address, text.values, to - first, rowCount, values);
    const { u8 } = holding.linear;
    others.every(text, rowCount, (row, value) => {
      const bit = 1 << (row & 7);
      const byte = values + (row >>> 3);
      u8[byte] = value === true ? u8[byte]! | bit : u8[byte]! & ~bit;
      return true;
    });
    return { type: bool, validity: text.validity, values, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  };
}

/** The results of an expression, of one text column, for the rows of it that are not ASCII. */
class OtherRows {
  readonly #holding: Holding;
  readonly #rows: Scratch;
  readonly #evaluate: (text: string) => Value;

  constructor(e: TypedExpression, holding: Holding) {
    this.#holding = holding;
    this.#rows = new Scratch(holding);
    const evaluate = interpreter(e);
    this.#evaluate = (text) => evaluate({ value: () => text, where: () => '' });
  }

  /** Whether `use` was given each, and returned true. @throws MemoryBudgetExceeded */
  every({ values, bytes }: Column, rowCount: number, use: (row: number, value: Value) => boolean): boolean {
    const rows = this.#rows.ensure(rowCount * 4);
    const { linear } = this.#holding;
    const count = textMeasureKernels(linear).listNotAscii(values, bytes, rowCount, rows);
    const { i32, u8 } = linear;
    const memory = Buffer.from(u8.buffer, u8.byteOffset, u8.byteLength);
    for (let at = rows >>> 2; at < (rows >>> 2) + count; at++) {
      const row = i32[at]!;
      const [start, end] = [i32[(values >>> 2) + row]!, i32[(values >>> 2) + row + 1]!];
      if (!use(row, this.#evaluate(memory.toString('utf8', bytes + start, bytes + end)))) return false;
    }
    return true;
  }
}
