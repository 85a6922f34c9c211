import { uint64 } from '../columnar/data-type.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { answerColumn } from './answer-columns.ts';
import { GrowingRegion } from './growing-region.ts';
import type { WindowFunction, WindowValues } from './window-function.ts';
import { WindowNumbers } from './window-numbers.ts';
import type { WindowFunctionPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

type DistinctPlan = Extract<WindowFunctionPlan, { kind: 'distinct' }>;

/** How many different values the frame of each row has, in O(1) a row: how often each is in it is counted by its number. */
export class WindowDistinct implements WindowFunction {
  readonly #plan: DistinctPlan;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #numbers: WindowNumbers;
  readonly #counts: Region;
  readonly #distinct: GrowingRegion;
  readonly #bitmap: GrowingRegion;

  /** Of `kept` rows in all; under `holding`, whose owner disposes it where this throws. @throws MemoryBudgetExceeded */
  constructor(plan: DistinctPlan, stretch: WindowStretch, kept: number, holding: Holding) {
    this.#plan = plan;
    this.#stretch = stretch;
    this.#holding = holding;
    this.#numbers = new WindowNumbers(stretch.keptColumn(plan.column), kept, false, holding);
    this.#counts = holding.allocateZeroed(this.#numbers.count * 4);
    this.#distinct = new GrowingRegion(holding);
    this.#bitmap = new GrowingRegion(holding);
  }

  begin(): void {
    const { rowCount, lows, highs } = this.#stretch;
    const numbers = this.#numbers.of(this.#stretch, this.#plan.mask);
    this.#distinct.ensure(rowCount * 8, 0);
    const kernels = windowKernels(this.#holding.linear);
    kernels.slideDistinct(numbers, lows, highs, rowCount, this.#counts.address, this.#distinct.address);
  }

  values(from: number, to: number): WindowValues {
    const rowCount = to - from;
    const column = answerColumn(this.#holding, uint64, this.#distinct.address + from * 8, 0, rowCount);
    return { column: this.#stretch.withoutSmallFrames(column, from, to, this.#bitmap), rowCount };
  }

  [Symbol.dispose](): void {
    this.#numbers[Symbol.dispose]();
    this.#holding.free(this.#counts);
    this.#distinct.free();
    this.#bitmap.free();
  }
}
