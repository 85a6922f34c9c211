/**
 * Parts of texts by kernels over a whole column, by places that are literals or columns too:
 *
 *     left right substr substring slice
 *
 *     left(c0, c1)     c0 │ PROMO │ BRASS │     c1 │ 2 │ -1 │     starts │ 0 │ 5 │     offsets │ 0 │ 2 │ 6 │     PRBRAS
 */

import type { Column } from '../columnar/column.ts';
import { utf8 } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { SLICE_FORM, textSliceKernels } from '../kernels/text-slice-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { KernelStep } from './kernel-step.ts';
import { Scratch } from './scratch.ts';
import { commonValidity, isOperand, OperandColumns, textAddresses, valueAddresses } from './text-operands.ts';

type Sliced = keyof typeof SLICE_FORM;

export const isSliced = (name: string): name is Sliced => Object.hasOwn(SLICE_FORM, name);

/** The step of a call whose arguments are columns and literals; undefined where one is something else, or no text is cut. */
export function textSliceStep(
  name: Sliced,
  given: readonly TypedExpression[],
  holding: Holding,
): KernelStep | undefined {
  const [text] = given;
  if (text?.type.kind !== 'utf8' || !given.every(isOperand)) return undefined;
  const operands = new OperandColumns(given, holding);
  const [bitmap, ...rooms] = [new Scratch(holding), new Scratch(holding), new Scratch(holding)] as const;
  const parts = new TextParts(holding);
  return {
    evaluate(columns, rowCount) {
      const each = operands.of(columns, rowCount);
      const [cut, first, second = first] = each;
      const validity = commonValidity(each, rowCount, bitmap, holding);
      const addresses = textAddresses(cut!);
      const starts = valueAddresses(first!, rowCount, rooms[0], holding);
      const ends = valueAddresses(second!, rowCount, rooms[1], holding);
      return parts.of(addresses[2], validity, rowCount, (from, out) =>
        textSliceKernels(holding.linear).textSlice(
          SLICE_FORM[name],
          ...addresses,
          rowCount,
          validity,
          ...starts,
          ...ends,
          from,
          out,
        ),
      );
    },
  };
}

/** Columns of texts that are parts of those of another; the memory of one is used again by the next. */
export class TextParts {
  readonly #holding: Holding;
  readonly #starts: Scratch;
  readonly #offsets: Scratch;
  readonly #bytes: Scratch;

  constructor(holding: Holding) {
    this.#holding = holding;
    [this.#starts, this.#offsets, this.#bytes] = [new Scratch(holding), new Scratch(holding), new Scratch(holding)];
  }

  /**
   * `cut` writes where the parts begin in `bytes`, and the offsets of the result, of which it returns the last; undefined
   * where that is negative, for what no kernel can do. @throws MemoryBudgetExceeded
   */
  of(
    bytes: number,
    validity: number,
    rowCount: number,
    cut: (starts: number, out: number) => number,
  ): Column | undefined {
    const starts = this.#starts.ensure(rowCount * 4);
    const values = this.#offsets.ensure((rowCount + 1) * 4);
    const total = cut(starts, values);
    if (total < 0) return undefined;
    const to = this.#bytes.ensure(total);
    textSliceKernels(this.#holding.linear).copySlices(bytes, starts, rowCount, values, to);
    return { type: utf8, validity, values, bytes: to, dictionary: undefined, width: 0, bits: undefined };
  }
}
