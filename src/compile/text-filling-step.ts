/**
 * Texts that are made longer by kernels over a whole column, to counts that are literals or columns too:
 *
 *     lpad rpad        filled up with a literal to so many characters, or cut
 *     repeat space     so many times over
 */

import { utf8 } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { MAX_GROWN_LENGTH } from '../expressions/functions/characters.ts';
import { textBuildingKernels } from '../kernels/text-building-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { KernelStep } from './kernel-step.ts';
import { Scratch } from './scratch.ts';
import {
  commonValidity,
  isOperand,
  keptNeedle,
  OperandColumns,
  textAddresses,
  textOf,
  valueAddresses,
} from './text-operands.ts';

/** Where the kernels find what they are given. */
interface Given {
  readonly text: [codes: number, offsets: number, bytes: number];
  readonly counts: [values: number, step: 0 | 8];
  readonly rowCount: number;
  readonly validity: number;
}

interface Filling {
  /** Writes the offsets, and returns the last of them; negative where a text becomes too long. */
  offsets(given: Given, out: number): number;
  texts(given: Given, offsets: number, to: number): void;
}

const SPACE: TypedExpression = { kind: 'literal', type: utf8, value: ' ', nullable: false };

/** The step of a call; undefined where it is none of these functions, or no kernel is for its arguments. */
export function textFillingStep(
  name: string,
  given: readonly TypedExpression[],
  holding: Holding,
): KernelStep | undefined {
  const filling = fillingOf(name, given, holding);
  const operands = name === 'space' ? [SPACE, ...given] : given.slice(0, 2);
  return filling && operands.every(isOperand)
    ? stepOf(filling, new OperandColumns(operands, holding), holding)
    : undefined;
}

function stepOf(filling: Filling, operands: OperandColumns, holding: Holding): KernelStep {
  const [bitmap, offsets, bytes] = [new Scratch(holding), new Scratch(holding), new Scratch(holding)];
  const room = new Scratch(holding);
  return {
    evaluate(columns, rowCount) {
      const each = operands.of(columns, rowCount);
      const [text, count] = each;
      const validity = commonValidity(each, rowCount, bitmap, holding);
      const counts = valueAddresses(count!, rowCount, room, holding);
      const given = { text: textAddresses(text!), counts, rowCount, validity };
      const values = offsets.ensure((rowCount + 1) * 4);
      const total = filling.offsets(given, values);
      // Too long for the kernel, or for anyone: the step says in which row.
      if (total < 0) return undefined;
      const to = bytes.ensure(total);
      filling.texts(given, values, to);
      return { type: utf8, validity, values, bytes: to, dictionary: undefined, width: 0, bits: undefined };
    },
  };
}

function fillingOf(name: string, [, , fill]: readonly TypedExpression[], holding: Holding): Filling | undefined {
  if (name === 'lpad' || name === 'rpad') {
    const filling = textOf(fill);
    return filling ? padding(filling, name === 'lpad' ? 1 : 0, holding) : undefined;
  }
  return name === 'repeat' || name === 'space' ? repetition(holding) : undefined;
}

function padding(filling: string, atStart: 0 | 1, holding: Holding): Filling {
  const { address, length } = keptNeedle(filling, holding);
  const kernels = textBuildingKernels(holding.linear);
  return {
    offsets: ({ text, counts, rowCount, validity }, out) =>
      kernels.padOffsets(...text, rowCount, ...counts, address, length, validity, MAX_GROWN_LENGTH, out),
    texts: ({ text, rowCount }, offsets, to) =>
      kernels.padTexts(...text, rowCount, atStart, address, length, offsets, to),
  };
}

function repetition(holding: Holding): Filling {
  const kernels = textBuildingKernels(holding.linear);
  return {
    offsets: ({ text: [codes, offsets], counts, rowCount, validity }, out) =>
      kernels.repeatOffsets(codes, offsets, rowCount, ...counts, validity, MAX_GROWN_LENGTH, out),
    texts: ({ text, rowCount }, offsets, to) => kernels.repeatTexts(...text, rowCount, offsets, to),
  };
}
