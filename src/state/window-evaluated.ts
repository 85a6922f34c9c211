import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GatherScratch } from './gather-scratch.ts';
import { GroupStates } from './group-states.ts';
import { GrowingRegion } from './growing-region.ts';
import type { WindowAnswers } from './window-answers.ts';
import type { StatesPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

/** Rows of frames that are evaluated at once, if there is more than one frame. */
const MOST_ROWS = 65_536;

/**
 * Lists, joined texts, and what else there is no other way for: each different frame is a group, to which its rows are
 * added. So they take as long as the frames have rows together: the whole of a partition once, a frame that grows with each
 * row the square of that. Lists and joined texts are no shorter themselves.
 */
export class EvaluatedAggregates implements WindowAnswers {
  readonly #plan: StatesPlan;
  readonly #schema: Schema;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #list: GrowingRegion;
  readonly #scratch: GatherScratch;
  /** The frames that `#groups` were made of. */
  #from = 0;
  #to = 0;
  #groups: GroupStates | undefined;
  #held: Holding | undefined;
  #columns: readonly Column[] = [];

  /** `kept` is the schema of the columns of the stretch. Reserves as needed under `holding`. */
  constructor(plan: StatesPlan, kept: Schema, stretch: WindowStretch, holding: Holding) {
    this.#plan = plan;
    this.#schema = { fields: plan.inputs.flatMap((position) => kept.fields[position] ?? []) };
    this.#stretch = stretch;
    this.#holding = holding;
    this.#list = new GrowingRegion(holding);
    this.#scratch = new GatherScratch(this.#schema, holding);
  }

  begin(): void {
    this.#forget();
  }

  end(from: number, to: number): number {
    if (this.#plan.accumulators.answers.length === 0) return to;
    const { frameLows, frameHighs, frameCount } = this.#stretch;
    const first = this.#stretch.frameAt(from);
    const frames = windowKernels(this.#holding.linear).framesWithin(
      frameLows,
      frameHighs,
      first,
      frameCount,
      MOST_ROWS,
    );
    return this.#stretch.rowBehindFrame(first + frames - 1, from, to);
  }

  columns(from: number, to: number): readonly Column[] {
    if (this.#groups === undefined || this.#from !== from || this.#to !== to) this.#evaluate(from, to);
    return this.#columns;
  }

  [Symbol.dispose](): void {
    this.#forget();
    this.#list.free();
    this.#scratch[Symbol.dispose]();
  }

  #forget(): void {
    this.#groups?.[Symbol.dispose]();
    this.#groups = undefined;
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }

  #evaluate(from: number, to: number): void {
    this.#forget();
    this.#held = this.#holding.budget.reserve(this.#holding.owner);
    const groups = new GroupStates(this.#plan.accumulators, this.#held);
    this.#groups = groups;
    [this.#from, this.#to] = [from, to];
    groups.states.ensure(to - from);
    const kernels = windowKernels(this.#holding.linear);
    const { frameLows, frameHighs, rows } = this.#stretch;
    const count = kernels.rowsOfFrames(frameLows, frameHighs, from, to);
    this.#list.ensure(count * 8, 0);
    const list = this.#list.address;
    const ids = list + count * 4;
    kernels.listFrames(frameLows, frameHighs, from, to, rows, list, ids);
    const columns = this.#plan.inputs.map((position) => this.#stretch.keptColumn(position));
    for (let at = 0; at < count; ) {
      const batch = this.#scratch.gather(columns, list + at * 4, count - at);
      groups.add(batch.columns, batch.rowCount, ids + at * 4, false);
      at += batch.rowCount;
    }
    groups.endOfBatch(0, to - from);
    this.#columns = groups.columns(0, to - from);
  }
}
