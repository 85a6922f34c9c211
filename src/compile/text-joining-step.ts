/**
 * `concat` and `concat_ws` of columns and literals by kernels over a whole column:
 *
 *     concat(c0, '-', c1)     pieces │ c0: offsets, bytes │ '-': codes, one entry │ c1 │     then offsets, then bytes
 */

import type { Column } from '../columnar/column.ts';
import { isBytes } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { PIECE_BYTES, textBuildingKernels } from '../kernels/text-building-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { KernelStep } from './kernel-step.ts';
import { Scratch } from './scratch.ts';
import {
  commonValidity,
  isOperand,
  keptNeedle,
  type Operand,
  OperandColumns,
  textAddresses,
  textOf,
} from './text-operands.ts';

/** All the bytes that offsets can say. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The step of a call of columns and literals whose separator, if it has one, is a literal; undefined where an argument is
 * something else.
 */
export function textJoiningStep(
  name: 'concat' | 'concat_ws',
  given: readonly TypedExpression[],
  holding: Holding,
): KernelStep | undefined {
  const skipsNulls = name === 'concat_ws';
  const separator = skipsNulls ? textOf(given[0]) : '';
  const pieces = skipsNulls ? given.slice(1) : given;
  if (separator === undefined || !pieces.every(isPiece)) return undefined;
  const { type } = given.at(-1)!;
  const table = holding.allocate(pieces.length * PIECE_BYTES).address;
  const between = keptNeedle(separator, holding);
  const operands = new OperandColumns(pieces, holding);
  const [bitmap, offsets, texts] = [new Scratch(holding), new Scratch(holding), new Scratch(holding)];
  return {
    evaluate(columns, rowCount) {
      const joined = operands.of(columns, rowCount);
      writePieces(joined, skipsNulls, table, holding);
      const validity = skipsNulls ? 0 : commonValidity(joined, rowCount, bitmap, holding);
      const kernels = textBuildingKernels(holding.linear);
      const values = offsets.ensure((rowCount + 1) * 4);
      const shape = [table, pieces.length, rowCount] as const;
      const total = kernels.concatOffsets(...shape, between.length, validity, MOST_BYTES, values);
      if (total < 0) return undefined;
      const bytes = texts.ensure(total);
      kernels.concatTexts(...shape, between.address, between.length, validity, bytes);
      return { type, validity, values, bytes, dictionary: undefined, width: 0, bits: undefined };
    },
  };
}

const isPiece = (e: TypedExpression): e is Operand => isBytes(e.type) && isOperand(e);

/** As the kernel takes them; where a piece `isLeftOut` when it is null, it says in which rows. */
function writePieces(pieces: readonly Column[], isLeftOut: boolean, table: number, { linear }: Holding): void {
  for (const [n, piece] of pieces.entries()) {
    linear.u32.set([...textAddresses(piece), isLeftOut ? piece.validity : 0], (table + n * PIECE_BYTES) / 4);
  }
}
