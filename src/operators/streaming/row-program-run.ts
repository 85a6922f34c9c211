import type { Batch } from '../../columnar/batch.ts';
import { RowProgram, type RowProgramSpec } from '../../compile/row-program.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Demand, Output, StreamingOperatorRun, TaskContext } from '../operator.ts';

/** Passes each batch through a row program. Batches of which no row is left are not passed on. */
export class RowProgramRun implements StreamingOperatorRun {
  readonly #holding: Holding;
  readonly #program: RowProgram;

  constructor(spec: RowProgramSpec, { memory }: TaskContext) {
    this.#holding = memory.reserve(spec.operator);
    this.#program = new RowProgram(spec, this.#holding);
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const result = this.#program.apply(batch);
    return result.rowCount === 0 ? 'more' : output.push(result);
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
