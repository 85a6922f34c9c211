import type { Column } from '../columnar/column.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import { kernelFor } from './kernel-cache.ts';
import { layoutOf } from './layout.ts';
import { bitmapBytes, Scratch } from './scratch.ts';

/** One compiled expression as a column of its own, for who cannot read it in a kernel. */
export class ComputedColumn {
  readonly #e: TypedExpression;
  readonly #holding: Holding;
  readonly #values: Scratch;
  readonly #validity: Scratch;
  readonly #arguments: Scratch;

  constructor(e: TypedExpression, holding: Holding) {
    this.#e = e;
    this.#holding = holding;
    this.#values = new Scratch(holding);
    this.#validity = new Scratch(holding);
    this.#arguments = new Scratch(holding);
  }

  /** Valid until the next call; undefined where a check fails. @throws MemoryBudgetExceeded */
  evaluate(columns: readonly Column[], rowCount: number): Column | undefined {
    const kernel = kernelFor({ columns: columns.map(layoutOf), project: [this.#e], longDecimals: true });
    const { type } = this.#e;
    const { nullable, bits, width } = kernel.outputs[0]!;
    const place = {
      values: this.#values.ensure(type.kind === 'bool' ? bitmapBytes(rowCount) : rowCount * width),
      validity: nullable ? this.#validity.ensure(bitmapBytes(rowCount)) : 0,
    };
    const at = this.#arguments.ensure(kernel.argumentBytes);
    const written = kernel.call(this.#holding.linear, at, { rowCount, columns, outputs: [place] });
    return written < 0 ? undefined : { ...place, type, bytes: 0, dictionary: undefined, width, bits };
  }
}
