import type { Column } from '../columnar/column.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { RepeatedColumn } from './repeated-column.ts';
import type { WindowFunction, WindowValues } from './window-function.ts';
import type { WindowFunctionPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

/** Several aggregates of the frames of a stretch. */
export interface WindowAnswers extends Disposable {
  /** Looks at the next stretch. @throws MemoryBudgetExceeded, ArithmeticOverflow */
  begin(): void;
  /** Where a batch of rows that begins with `from` should end, `to` at most. */
  end(from: number, to: number): number;
  /** One column per aggregate for the frames [from, to), valid until the next call. Throws as `begin`. */
  columns(from: number, to: number): readonly Column[];
}

export type AnswerPlan = Extract<WindowFunctionPlan, { kind: 'sliding' | 'distinct-states' | 'list' }>;

/** One of them, for rows instead of frames. */
export class WindowAnswer implements WindowFunction {
  readonly #answers: WindowAnswers;
  readonly #answer: number;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #repeated: RepeatedColumn;
  readonly #numbers: GrowingRegion;
  readonly #bitmap: GrowingRegion;

  /** `answers` stays the caller's, who begins it. */
  constructor(plan: AnswerPlan, answers: WindowAnswers, stretch: WindowStretch, holding: Holding) {
    this.#answers = answers;
    this.#answer = plan.kind === 'sliding' ? plan.answer : 0;
    this.#stretch = stretch;
    this.#holding = holding;
    this.#repeated = new RepeatedColumn(plan.field.type, holding);
    this.#numbers = new GrowingRegion(holding);
    this.#bitmap = new GrowingRegion(holding);
  }

  begin(): void {}

  values(from: number, to: number): WindowValues {
    const rowCount = to - from;
    const first = this.#stretch.frameAt(from);
    const behind = this.#stretch.frameAt(to - 1) + 1;
    const column = this.#answers.columns(first, behind)[this.#answer] as Column;
    if (behind - first === rowCount) {
      return { column: this.#stretch.withoutSmallFrames(column, from, to, this.#bitmap), rowCount };
    }
    this.#numbers.ensure(rowCount * 4, 0);
    const numbers = this.#numbers.address;
    const { frameOf } = this.#stretch;
    windowKernels(this.#holding.linear).numbersFrom(frameOf + from * 4, first, rowCount, numbers);
    this.#repeated.begin(column, behind - first);
    const made = this.#repeated.repeat(numbers, rowCount);
    return { column: this.#stretch.withoutSmallFrames(made, from, to, this.#bitmap), rowCount };
  }

  [Symbol.dispose](): void {
    this.#numbers.free();
    this.#bitmap.free();
  }
}
