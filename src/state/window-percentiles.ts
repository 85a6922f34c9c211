import type { Column } from '../columnar/column.ts';
import { numberKind } from '../kernels/accumulate-kernels.ts';
import { sortKernels } from '../kernels/sort-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { type AnswerRegions, freeRegions, openRegions } from './answer-columns.ts';
import { GrowingRegion } from './growing-region.ts';
import { scaleOf } from './numeric-answers.ts';
import { percentilesColumn, type WritePercentile } from './percentile-columns.ts';
import { sortRows } from './sort-rows.ts';
import type { WindowFunction, WindowValues } from './window-function.ts';
import type { WindowFunctionPlan } from './window-plan.ts';
import { markChanges, type WindowStretch } from './window-stretch.ts';

type PercentilesPlan = Extract<WindowFunctionPlan, { kind: 'percentiles' }>;

/** Bounds of the last frame, and how many values it has. */
const WINDOW_BYTES = 16;

/**
 * Percentiles of frames, exact or those that a sketch of the frame would give, which are the same value's bin: the values of
 * a stretch are sorted once, and a tree counts by rank which of them are in the frame, so that a row enters, leaves and is
 * found in O(log rows). Of different values equal ones have one rank, which counts once while any of them is there. 12 bytes
 * a row of the stretch, or 16.
 */
export class WindowPercentiles implements WindowFunction {
  readonly #plan: PercentilesPlan;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #ranks: GrowingRegion;
  /** Where values are to be different: how often each is in the frame. */
  readonly #counts: GrowingRegion;
  readonly #tree: GrowingRegion;
  readonly #asked: Region;
  readonly #window: Region;
  readonly #regions: AnswerRegions;
  #order: Region | undefined;

  /** Under `holding`, whose owner disposes it where this throws. @throws MemoryBudgetExceeded */
  constructor(plan: PercentilesPlan, stretch: WindowStretch, holding: Holding) {
    this.#plan = plan;
    this.#stretch = stretch;
    this.#holding = holding;
    this.#ranks = new GrowingRegion(holding);
    this.#counts = new GrowingRegion(holding);
    this.#tree = new GrowingRegion(holding);
    this.#regions = openRegions(holding);
    this.#window = holding.allocateZeroed(WINDOW_BYTES);
    this.#asked = holding.allocate(plan.percentiles.length * 8);
    holding.linear.f64.set(plan.percentiles, this.#asked.address / 8);
  }

  begin(): void {
    const { linear } = this.#holding;
    const { rowCount } = this.#stretch;
    const { column, mask } = this.#plan;
    const values = this.#stretch.column(column);
    this.#forgetOrder();
    this.#order = sortRows([{ column: values, descending: false, nullsFirst: false }], rowCount, this.#holding);
    if (this.#order === undefined) {
      this.#order = this.#holding.allocate(rowCount * 4);
      sortKernels(linear).sortRanks(0, rowCount, this.#order.address);
    }
    this.#ranks.ensure(rowCount * 4, 0);
    if (this.#plan.distinct) this.#rankValues(values, this.#order.address);
    else sortKernels(linear).sortRanks(this.#order.address, rowCount, this.#ranks.address);
    if (mask !== undefined) {
      windowKernels(linear).dropNumbers(this.#ranks.address, this.#stretch.validity(mask), rowCount);
    }
    this.#tree.ensure((rowCount + 1) * 4, 0);
    takeKernels(linear).fillBytes(this.#tree.address, 0, (rowCount + 1) * 4);
    takeKernels(linear).fillBytes(this.#window.address, 0, WINDOW_BYTES);
  }

  values(from: number, to: number): WindowValues {
    const { percentiles, near, column, field } = this.#plan;
    const { lows, highs, rowCount: size } = this.#stretch;
    const { type, width, values } = this.#stretch.column(column);
    const kernels = windowKernels(this.#holding.linear);
    const [kind, scale, each] = [numberKind(type, width), scaleOf(type, 1), percentiles.length];
    let present: number | undefined;
    const rows = to - from;
    const write: WritePercentile = (_, out, __, bitmap) => {
      // All of a row are written with the first.
      present ??= kernels.slidePercentiles(
        this.#window.address,
        lows,
        highs,
        from,
        to,
        this.#ranks.address,
        this.#counts.address,
        this.#tree.address,
        size,
        this.#order?.address ?? 0,
        kind,
        values,
        scale,
        near ? 1 : 0,
        this.#asked.address,
        each,
        out,
        bitmap,
      );
      return present;
    };
    return {
      column: percentilesColumn(field.type, percentiles, rows, this.#regions, this.#holding, write),
      rowCount: rows,
    };
  }

  [Symbol.dispose](): void {
    this.#forgetOrder();
    for (const region of [this.#ranks, this.#counts, this.#tree]) region.free();
    freeRegions(this.#regions);
    this.#holding.free(this.#asked);
    this.#holding.free(this.#window);
  }

  /** Equal values have one rank; `order` becomes a row of each. */
  #rankValues(values: Column, order: number): void {
    const { rowCount } = this.#stretch;
    const kernels = windowKernels(this.#holding.linear);
    this.#counts.ensure(rowCount * 4, 0);
    const [counts, ranks] = [this.#counts.address, this.#ranks.address];
    takeKernels(this.#holding.linear).fillBytes(counts, 0, rowCount * 4);
    // Before they count, their bytes are marks.
    markChanges(kernels, values, order, rowCount, counts);
    kernels.numberInOrder(counts, order, values.validity, rowCount, ranks);
    kernels.rowsOfNumbers(ranks, rowCount, order);
    takeKernels(this.#holding.linear).fillBytes(counts, 0, rowCount);
  }

  #forgetOrder(): void {
    if (this.#order !== undefined) this.#holding.free(this.#order);
    this.#order = undefined;
  }
}
