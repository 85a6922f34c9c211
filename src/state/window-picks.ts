/**
 * Functions whose value is that of another row: which one, kernels find for all rows of a stretch; the values are gathered
 * from where the rows are kept, a batch at a time, whatever their type.
 *
 *     picks    │ 7 │ none │ 0 │ …          values    │ x7 │ null │ x0 │ …
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import { rowsOfOneBatch } from '../columnar/child-rows.ts';
import type { Column } from '../columnar/column.ts';
import { columnFromValues } from '../columnar/column-from-values.ts';
import { isBytes, isNested } from '../columnar/data-type.ts';
import { GatheredColumn } from '../compile/gathered-column.ts';
import { takeKernels, takeOf, zeroNullsOf } from '../kernels/take-kernels.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { GrowingRegion } from './growing-region.ts';
import type { WindowFunction, WindowValues } from './window-function.ts';
import { WindowNumbers } from './window-numbers.ts';
import type { WindowFunctionPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

type PlanOf<Kind extends WindowFunctionPlan['kind']> = Extract<WindowFunctionPlan, { kind: Kind }>;
type PickPlan = PlanOf<'beside' | 'frame-row' | 'least' | 'mode'>;

/** Text that one column of a batch may have if it has more than one row. */
const TEXT_BYTES = 8 * 1024 * 1024;

export class WindowPicks implements WindowFunction {
  readonly #plan: PickPlan;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #picks: GrowingRegion;
  readonly #before: GrowingRegion;
  readonly #list: GrowingRegion;
  readonly #picked: PickedValues;
  /** Of what rows are compared by. */
  readonly #numbers: WindowNumbers | undefined;
  readonly #tournament: Tournament | undefined;

  /** Of `kept` rows in all. @throws MemoryBudgetExceeded */
  constructor(plan: PickPlan, stretch: WindowStretch, kept: number, holding: Holding) {
    this.#plan = plan;
    this.#stretch = stretch;
    this.#holding = holding;
    this.#picks = new GrowingRegion(holding);
    this.#before = new GrowingRegion(holding);
    this.#list = new GrowingRegion(holding);
    const fallback =
      plan.kind === 'beside' && plan.default !== undefined ? stretch.keptColumn(plan.default) : undefined;
    this.#picked = new PickedValues(stretch.keptColumn(plan.column), fallback, holding);
    if (plan.kind === 'least' || plan.kind === 'mode') {
      const descending = plan.kind === 'least' && plan.greatest;
      this.#numbers = new WindowNumbers(stretch.keptColumn(plan.by), kept, descending, holding);
    }
    if (plan.kind === 'mode') this.#tournament = openTournament(this.#numbers?.count ?? 0, holding);
  }

  begin(): void {
    const { rowCount, rows, partStarts, partEnds, lows, highs } = this.#stretch;
    const kernels = windowKernels(this.#holding.linear);
    this.#picks.ensure(rowCount * 4, 0);
    const picks = this.#picks.address;
    const plan = this.#plan;
    switch (plan.kind) {
      case 'beside': {
        if (!plan.ignoreNulls) kernels.pickBeside(plan.delta, partStarts, partEnds, rows, rowCount, picks);
        else {
          const { before, list } = this.#valid(plan.column);
          kernels.pickValidBeside(plan.delta, partStarts, partEnds, before, list, rows, rowCount, picks);
        }
        break;
      }
      case 'frame-row': {
        const { before, list } = plan.mask === undefined ? { before: 0, list: 0 } : this.#valid(plan.mask);
        kernels.pickInFrame(plan.nth, lows, highs, before, list, rows, rowCount, picks);
        break;
      }
      case 'least': {
        assert.ok(this.#numbers !== undefined);
        const numbers = this.#numbers.of(this.#stretch, plan.mask);
        const goesBack = kernels.goesBack(lows, highs, rowCount) === 1;
        this.#list.ensure(rowCount * (goesBack ? 8 : 4), 0);
        const pick = goesBack ? kernels.pickLeastOfFrames : kernels.pickLeast;
        pick(numbers, lows, highs, rows, rowCount, this.#list.address, picks);
        break;
      }
      case 'mode': {
        assert.ok(this.#numbers !== undefined && this.#tournament !== undefined);
        const numbers = this.#numbers.of(this.#stretch, plan.mask);
        this.#list.ensure(rowCount * 4, 0);
        const { size, counts, firsts, nodes } = this.#tournament;
        const next = this.#list.address;
        kernels.pickModes(numbers, lows, highs, rows, rowCount, next, counts, firsts, nodes, size, picks);
        break;
      }
    }
  }

  values(from: number, to: number): WindowValues {
    return this.#picked.gather(this.#picks.address + from * 4, this.#stretch.rows + from * 4, to - from);
  }

  [Symbol.dispose](): void {
    for (const region of [this.#picks, this.#before, this.#list]) region.free();
    this.#picked[Symbol.dispose]();
    this.#numbers?.[Symbol.dispose]();
  }

  /** The rows of the stretch that are not null, and how many there are before each. */
  #valid(position: number): { before: number; list: number } {
    const { rowCount } = this.#stretch;
    this.#before.ensure((rowCount + 1) * 4, 0);
    this.#list.ensure(rowCount * 4, 0);
    const [before, list] = [this.#before.address, this.#list.address];
    windowKernels(this.#holding.linear).countBefore(this.#stretch.validity(position), rowCount, before, list);
    return { before, list };
  }
}

/** What `kernels/assembly/window-modes.ts` finds most frequent values in; addresses of 4 bytes for each of `size` numbers. */
interface Tournament {
  readonly size: number;
  readonly counts: number;
  readonly firsts: number;
  readonly nodes: number;
}

/** Of `count` numbers. @throws MemoryBudgetExceeded */
function openTournament(count: number, holding: Holding): Tournament {
  const size = 2 ** Math.ceil(Math.log2(Math.max(count, 1)));
  const counts = holding.allocateZeroed(size * 4).address;
  const [firsts, nodes] = [holding.allocate(size * 4).address, holding.allocate(size * 4).address];
  takeKernels(holding.linear).fillBytes(nodes, 0xff, size * 4);
  return { size, counts, firsts, nodes };
}

/** Values of rows that were picked; of the others null, or that of a second column in the row itself. */
class PickedValues implements Disposable {
  readonly #column: Column;
  readonly #fallback: Column | undefined;
  readonly #holding: Holding;
  readonly #rows: GrowingRegion;
  readonly #present: GrowingRegion;
  readonly #valid: GrowingRegion;
  readonly #values: GrowingRegion;
  readonly #text: GrowingRegion;
  /** For what has no zero that could be gathered, and for second columns: all values of a batch, one behind the other. */
  readonly #joined: ColumnBuffer;
  readonly #gathered: GatheredColumn;

  constructor(column: Column, fallback: Column | undefined, holding: Holding) {
    this.#column = column;
    this.#fallback = fallback;
    this.#holding = holding;
    this.#rows = new GrowingRegion(holding);
    this.#present = new GrowingRegion(holding);
    this.#valid = new GrowingRegion(holding);
    this.#values = new GrowingRegion(holding);
    this.#text = new GrowingRegion(holding);
    this.#joined = new ColumnBuffer(column.type, holding);
    this.#gathered = new GatheredColumn(column.type, holding);
  }

  /** `picks` and `own` are addresses of row numbers, all ones where none was picked. @throws MemoryBudgetExceeded */
  gather(picks: number, own: number, most: number): WindowValues {
    const { type, validity } = this.#column;
    const { linear } = this.#holding;
    const take = takeKernels(linear);
    this.#rows.ensure(BATCH_ROWS * 4, 0);
    this.#present.ensure(BATCH_ROWS / 8, 0);
    const [rows, present] = [this.#rows.address, this.#present.address];
    const picked = windowKernels(linear).pickedRows(picks, most, rows, present);
    if (this.#fallback !== undefined || isNested(type))
      return this.#joinedValues(this.#fallback, picks, rows, own, most);
    const bitmap = picked === most && validity === 0 ? 0 : present;
    if (validity !== 0) {
      this.#valid.ensure(BATCH_ROWS / 8, 0);
      take.takeBits(validity, rows, most, this.#valid.address);
      windowKernels(linear).andBits(present, this.#valid.address, most);
    }
    return this.#flat(rows, most, bitmap);
  }

  [Symbol.dispose](): void {
    for (const region of [this.#rows, this.#present, this.#valid, this.#values, this.#text]) region.free();
    this.#joined.free();
  }

  #flat(rows: number, count: number, validity: number): WindowValues {
    const { type, width, dictionary, values: from } = this.#column;
    const take = takeKernels(this.#holding.linear);
    if (dictionary === undefined && isBytes(type)) {
      this.#values.ensure((BATCH_ROWS + 1) * 4, 0);
      const offsets = this.#values.address;
      let kept = count;
      let end = take.appendTakenOffsets(from, rows, kept, 0, validity, 0, offsets);
      while (end > TEXT_BYTES && kept > 1) {
        kept = Math.ceil(kept / 2);
        end = this.#holding.linear.u32[offsets / 4 + kept] ?? 0;
      }
      this.#text.ensure(end, 0);
      take.takeText(from, this.#column.bytes, rows, kept, offsets, this.#text.address);
      return { column: { ...this.#column, validity, values: offsets, bytes: this.#text.address }, rowCount: kept };
    }
    const bytes = dictionary === undefined ? width : 4;
    this.#values.ensure(BATCH_ROWS * Math.max(bytes, 1), 0);
    const values = this.#values.address;
    if (type.kind === 'bool' && dictionary === undefined) {
      take.takeBits(from, rows, count, values);
      if (validity !== 0) take.zeroNullBits(values, count, validity, 0);
    } else if (bytes > 0) {
      takeOf(take, bytes)(from, rows, count, values);
      if (validity !== 0) zeroNullsOf(take, bytes)(values, count, validity, 0);
    }
    return { column: { ...this.#column, validity, values }, rowCount: count };
  }

  #joinedValues(fallback: Column | undefined, picks: number, rows: number, own: number, most: number): WindowValues {
    const { type } = this.#column;
    const count = rowsOfOneBatch(this.#holding.linear, this.#column, rows, most);
    this.#joined.append(this.#column, rows, count, 0);
    if (fallback !== undefined) this.#joined.append(fallback, own, count, count);
    else {
      using scratch = this.#holding.budget.reserve(this.#holding.owner);
      this.#joined.append(columnFromValues(scratch, type, [null]), 0, 1, count);
    }
    const total = count + (fallback === undefined ? 1 : count);
    const kernels = windowKernels(this.#holding.linear);
    kernels.mergePicks(picks, count, 0, count, fallback === undefined ? 0 : 1, rows);
    return { column: this.#gathered.gather(this.#joined.column(total), rows, count), rowCount: count };
  }
}
