import { fixedWidth } from '../columnar/data-type.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { answerColumn } from './answer-columns.ts';
import { GrowingRegion } from './growing-region.ts';
import type { WindowFunction, WindowValues } from './window-function.ts';
import type { WindowFunctionPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

/** The number of each row in its partition, or what is made of it. */
export class WindowRanks implements WindowFunction {
  readonly #plan: Extract<WindowFunctionPlan, { kind: 'rank' }>;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #values: GrowingRegion;

  constructor(plan: Extract<WindowFunctionPlan, { kind: 'rank' }>, stretch: WindowStretch, holding: Holding) {
    this.#plan = plan;
    this.#stretch = stretch;
    this.#holding = holding;
    this.#values = new GrowingRegion(holding);
  }

  begin(): void {
    const { partStarts, partEnds, peerStarts, peerEnds, rowCount } = this.#stretch;
    this.#values.ensure(rowCount * 8, 0);
    const { what, parts } = this.#plan;
    const kernels = windowKernels(this.#holding.linear);
    kernels.rankRows(what, parts, partStarts, partEnds, peerStarts, peerEnds, rowCount, this.#values.address);
  }

  values(from: number, to: number): WindowValues {
    const { type } = this.#plan.field;
    const at = this.#values.address + from * (fixedWidth(type) ?? 8);
    return { column: answerColumn(this.#holding, type, at, 0, to - from), rowCount: to - from };
  }

  [Symbol.dispose](): void {
    this.#values.free();
  }
}
