/** All functions of a window over its sorted rows: stretch by stretch, and of each a batch at a time. */

import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { RANKS } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GatherScratch } from './gather-scratch.ts';
import { type AnswerPlan, WindowAnswer, type WindowAnswers } from './window-answers.ts';
import { WindowDistinct } from './window-distinct.ts';
import { SlidingDistinct } from './window-distinct-states.ts';
import type { WindowFunction } from './window-function.ts';
import { WindowLists } from './window-lists.ts';
import { WindowPercentiles } from './window-percentiles.ts';
import { WindowPicks } from './window-picks.ts';
import type { WindowFunctionPlan, WindowPlan } from './window-plan.ts';
import { WindowRanks } from './window-ranks.ts';
import type { SortedRows } from './window-rows.ts';
import { SlidingAggregates } from './window-sliding.ts';
import { WindowStretch } from './window-stretch.ts';

export class WindowResults implements Disposable {
  readonly #plan: WindowPlan;
  readonly #sorted: SortedRows;
  readonly #stretch: WindowStretch;
  readonly #answers: WindowAnswers[] = [];
  readonly #functions: readonly WindowFunction[];
  readonly #scratch: GatherScratch;
  /** Columns that are passed on, as they were kept. */
  readonly #passed: readonly Column[];

  /** Reserves under `holding`, whose owner disposes it also where this throws. @throws MemoryBudgetExceeded */
  constructor(plan: WindowPlan, sorted: SortedRows, holding: Holding) {
    this.#plan = plan;
    this.#sorted = sorted;
    this.#stretch = new WindowStretch(plan, needsOf(plan), sorted, holding);
    const passed = plan.passthrough.flatMap((index) => plan.input.fields[index] ?? []);
    this.#passed = plan.passthrough.map((index) => this.#stretch.keptColumn(index));
    this.#scratch = new GatherScratch({ fields: passed }, holding);
    this.#functions = this.#open(holding);
  }

  /** Input and results, in order; each batch is valid until the next. @throws MemoryBudgetExceeded, ArithmeticOverflow */
  *batches(): Generator<Batch> {
    for (let first = 0; first < this.#sorted.partitions; ) {
      first = this.#stretch.begin(first);
      for (const each of [...this.#answers, ...this.#functions]) each.begin();
      for (let from = 0; from < this.#stretch.rowCount; ) {
        const batch = this.#batch(from);
        yield batch;
        from += batch.rowCount;
      }
    }
  }

  [Symbol.dispose](): void {
    for (const each of [...this.#functions, ...this.#answers]) each[Symbol.dispose]();
    this.#scratch[Symbol.dispose]();
    this.#stretch[Symbol.dispose]();
  }

  #batch(from: number): Batch {
    let to = Math.min(from + BATCH_ROWS, this.#stretch.rowCount);
    for (const answers of this.#answers) to = answers.end(from, to);
    for (;;) {
      const columns = this.#columns(from, to);
      if (typeof columns !== 'number') return new Batch(this.#plan.schema, to - from, columns);
      // What has been made of more rows may lie where what is made of fewer will.
      to = from + columns;
    }
  }

  /** Of the rows [from, to); or how many of them have room in a batch, where not all have. */
  #columns(from: number, to: number): readonly Column[] | number {
    const rowCount = to - from;
    const input = this.#scratch.gather(this.#passed, this.#stretch.rows + from * 4, rowCount);
    if (input.rowCount < rowCount) return input.rowCount;
    const columns: Column[] = [...input.columns];
    for (const each of this.#functions) {
      const made = each.values(from, to);
      if (made.rowCount < rowCount) return made.rowCount;
      columns.push(made.column);
    }
    return columns;
  }

  #open(holding: Holding): readonly WindowFunction[] {
    const { functions, sliding } = this.#plan;
    const [stretch, { rowCount }] = [this.#stretch, this.#sorted];
    const slide = new SlidingAggregates(sliding, stretch, holding);
    this.#answers.push(slide);
    const open = (plan: WindowFunctionPlan): WindowFunction => {
      switch (plan.kind) {
        case 'rank':
          return new WindowRanks(plan, stretch, holding);
        case 'beside':
        case 'frame-row':
        case 'least':
        case 'mode':
          return new WindowPicks(plan, stretch, rowCount, holding);
        case 'sliding':
          return new WindowAnswer(plan, slide, stretch, holding);
        case 'distinct-states':
          return this.#answer(plan, new SlidingDistinct(plan, stretch, rowCount, holding), holding);
        case 'list':
          return this.#answer(plan, new WindowLists(plan, stretch, rowCount, holding), holding);
        case 'percentiles':
          return new WindowPercentiles(plan, stretch, holding);
        case 'distinct':
          return new WindowDistinct(plan, stretch, rowCount, holding);
      }
    };
    return functions.map(open);
  }

  #answer(plan: AnswerPlan, answers: WindowAnswers, holding: Holding): WindowFunction {
    this.#answers.push(answers);
    return new WindowAnswer(plan, answers, this.#stretch, holding);
  }
}

/** Ranks that do not ask for peers. */
const BY_ROW: ReadonlySet<number> = new Set([RANKS.row_number, RANKS.ntile]);

function needsOf({ functions, start, end }: WindowPlan) {
  const frames = functions.some(({ kind }) => kind !== 'rank' && kind !== 'beside');
  const byPeers = [start, end].some(({ kind }) => kind === 'peers' || kind === 'distance' || kind === 'limit');
  const ranked = functions.some((plan) => plan.kind === 'rank' && !BY_ROW.has(plan.what));
  return { frames, peers: ranked || (frames && byPeers) };
}
