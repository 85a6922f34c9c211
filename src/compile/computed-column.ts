import type { Column } from '../columnar/column.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import { DecimalKernel } from './decimal-kernel.ts';
import type { Kernel } from './kernel.ts';
import { kernelKey } from './kernel-spec.ts';
import { layoutOf } from './layout.ts';
import { bitmapBytes, Scratch } from './scratch.ts';

/** One compiled expression as a column of its own, for who cannot read it in a kernel. */
export class ComputedColumn {
  readonly #e: TypedExpression;
  readonly #holding: Holding;
  readonly #values: Scratch;
  readonly #validity: Scratch;
  readonly #arguments: Scratch;
  readonly #kernels = new Map<string, DecimalKernel>();

  constructor(e: TypedExpression, holding: Holding) {
    this.#e = e;
    this.#holding = holding;
    this.#values = new Scratch(holding);
    this.#validity = new Scratch(holding);
    this.#arguments = new Scratch(holding);
  }

  /** Valid until the next call; undefined where a check fails. @throws MemoryBudgetExceeded */
  evaluate(columns: readonly Column[], rowCount: number): Column | undefined {
    const spec = { columns: columns.map(layoutOf), project: [this.#e] };
    const key = kernelKey(spec);
    const kernel = this.#kernels.get(key) ?? new DecimalKernel(spec);
    this.#kernels.set(key, kernel);
    return kernel.run((each) => this.#call(each, columns, rowCount));
  }

  #call(kernel: Kernel, columns: readonly Column[], rowCount: number): Column | undefined {
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
