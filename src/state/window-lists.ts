/**
 * Lists and joined texts of frames, of all values or of different ones, at the cost of what they hold: kernels list the rows
 * of some frames, and their values are gathered or joined as those of groups are.
 *
 *     frames   │ 0 3 │ 1 4 │ …           rows     │ 4 │ 7 │ 3 │ 7 │ 3 │ …      of each frame those that are in its list
 *                                        starts   │ 0     │ 2         │ …
 *
 * Nothing that grows with frames is kept: as many are listed at once as a batch has room for, one at least. Of different
 * values, each has a number, and a tree over the rows of a stretch says which are the first of theirs in any frame
 * (`kernels/assembly/window-lists.ts`).
 */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { isBytes } from '../columnar/data-type.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { type AnswerRegions, freeRegions, openRegions } from './answer-columns.ts';
import { GrowingRegion } from './growing-region.ts';
import { type GroupedValues, listColumn, textsColumn } from './log-answers.ts';
import type { WindowAnswers } from './window-answers.ts';
import { WindowNumbers } from './window-numbers.ts';
import type { WindowFunctionPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

type ListPlan = Extract<WindowFunctionPlan, { kind: 'list' }>;

/** Values that are listed at once, and bytes of their texts, if there is more than one frame. */
const MOST_VALUES = 65_536;
const MOST_BYTES = 8 * 1024 * 1024;

/** What kernels say about a listing. */
const DONE_BYTES = 8;

export class WindowLists implements WindowAnswers {
  readonly #plan: ListPlan;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #values: Column;
  readonly #numbers: WindowNumbers | undefined;
  /** By number. */
  readonly #last: Region | undefined;
  readonly #tree: GrowingRegion;
  /** Of the rows that are listed, and of all that take part, how many there are before each; and the former. */
  readonly #before: GrowingRegion;
  readonly #takingBefore: GrowingRegion;
  readonly #rows: GrowingRegion;
  readonly #filled: GrowingRegion;
  readonly #listed: GrowingRegion;
  readonly #starts: GrowingRegion;
  readonly #takingStarts: GrowingRegion;
  readonly #done: Region;
  readonly #regions: AnswerRegions;
  /** Whether rows that take part, but have nothing to add, are left out. */
  readonly #leavesOut: boolean;
  /** Leaves of the tree. */
  #size = 0;
  /** Frames that are listed. */
  #from = 0;
  #to = 0;

  /** Of `kept` rows in all; under `holding`, whose owner disposes it where this throws. @throws MemoryBudgetExceeded */
  constructor(plan: ListPlan, stretch: WindowStretch, kept: number, holding: Holding) {
    const { answer, by, nullable } = plan;
    this.#plan = plan;
    this.#stretch = stretch;
    this.#holding = holding;
    const values = stretch.keptColumn(plan.column);
    this.#values = nullable ? values : { ...values, validity: 0 };
    if (by !== undefined) {
      this.#numbers = new WindowNumbers(stretch.keptColumn(by), kept, false, holding);
      this.#last = holding.allocateZeroed((this.#numbers.count + 1) * 4);
    }
    this.#leavesOut = by === undefined && (answer.kind === 'texts' ? answer.delimiter === '' : answer.flat);
    this.#tree = new GrowingRegion(holding);
    this.#before = new GrowingRegion(holding);
    this.#takingBefore = new GrowingRegion(holding);
    this.#rows = new GrowingRegion(holding);
    this.#filled = new GrowingRegion(holding);
    this.#listed = new GrowingRegion(holding);
    this.#starts = new GrowingRegion(holding);
    this.#takingStarts = new GrowingRegion(holding);
    this.#done = holding.allocateZeroed(DONE_BYTES);
    this.#regions = openRegions(holding, answer.kind === 'list' ? values.type : undefined);
  }

  begin(): void {
    const { mask } = this.#plan;
    const taking = mask === undefined ? 0 : this.#stretch.validity(mask);
    if (this.#numbers !== undefined) this.#link(this.#numbers, taking);
    else if (this.#leavesOut) this.#countFilled(taking);
    else this.#countBefore(taking, this.#before);
  }

  end(from: number, to: number): number {
    const first = this.#stretch.frameAt(from);
    const behind = this.#stretch.frameAt(to - 1) + 1;
    this.#starts.ensure((behind - first + 1) * 4, 0);
    let frames = this.#list(first, behind, MOST_VALUES);
    if (frames === 0) frames = this.#list(first, first + 1, this.#mostValues(first));
    assert.ok(frames > 0, 'a frame has no more values than there is room for');
    [this.#from, this.#to] = [first, first + this.#framesWithin(frames)];
    return this.#stretch.rowBehindFrame(this.#to - 1, from, to);
  }

  columns(from: number, to: number): readonly Column[] {
    assert.ok(from === this.#from && to <= this.#to, 'of frames that are listed');
    const { answer } = this.#plan;
    const [rows, starts] = [this.#listed.address, this.#starts.address];
    const taking = this.#leavesOut ? this.#countTaking(from, to) : 0;
    const grouped: GroupedValues = { values: this.#values, rows, starts, groups: to - from, taking };
    if (answer.kind === 'texts') return [textsColumn(answer, grouped, this.#regions, this.#holding)];
    return [listColumn(answer, grouped, this.#regions, this.#holding)];
  }

  [Symbol.dispose](): void {
    this.#numbers?.[Symbol.dispose]();
    for (const region of [this.#tree, this.#before, this.#takingBefore, this.#rows, this.#filled]) region.free();
    for (const region of [this.#listed, this.#starts, this.#takingStarts]) region.free();
    freeRegions(this.#regions);
    if (this.#last !== undefined) this.#holding.free(this.#last);
    this.#holding.free(this.#done);
  }

  #link(numbers: WindowNumbers, taking: number): void {
    const { rowCount } = this.#stretch;
    const ofRows = numbers.of(this.#stretch, undefined);
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(rowCount, 1)));
    this.#tree.ensure(this.#size * 8, 0);
    const nulls = this.#plan.nullable ? numbers.count : -1;
    const [last, tree] = [this.#last?.address ?? 0, this.#tree.address];
    windowKernels(this.#holding.linear).linkValues(ofRows, taking, nulls, rowCount, last, tree, this.#size);
  }

  #countFilled(taking: number): void {
    const { rowCount, rows } = this.#stretch;
    const kernels = windowKernels(this.#holding.linear);
    this.#countBefore(taking, this.#takingBefore);
    this.#filled.ensure(Math.ceil(rowCount / 64) * 8, 0);
    const { offsets, codes } = sizesOf(this.#values);
    kernels.markFilled(offsets, codes, rows, rowCount, this.#filled.address);
    if (taking !== 0) kernels.andBits(this.#filled.address, taking, rowCount);
    this.#countBefore(this.#filled.address, this.#before);
  }

  /** `before` has no address where all count. */
  #countBefore(validity: number, before: GrowingRegion): void {
    const { rowCount } = this.#stretch;
    if (validity === 0) {
      before.free();
      return;
    }
    before.ensure((rowCount + 1) * 4, 0);
    this.#rows.ensure(rowCount * 4, 0);
    windowKernels(this.#holding.linear).countBefore(validity, rowCount, before.address, this.#rows.address);
  }

  /** Lists the frames [from, to) as far as there is room for so many values; returns how many. */
  #list(from: number, to: number, room: number): number {
    this.#listed.ensure(room * 4, 0);
    const { rows, frameLows, frameHighs } = this.#stretch;
    const kernels = windowKernels(this.#holding.linear);
    const frames = [rows, frameLows, frameHighs, from, to, room] as const;
    const out = [this.#listed.address, this.#starts.address, this.#done.address] as const;
    const before = this.#before.address;
    if (this.#numbers !== undefined) kernels.listFirsts(this.#tree.address, this.#size, ...frames, ...out);
    else kernels.listTaking(before, before === 0 ? 0 : this.#rows.address, ...frames, ...out);
    return this.#holding.linear.u32[this.#done.address / 4] ?? 0;
  }

  /** No frame has more values than rows, or than there are. */
  #mostValues(frame: number): number {
    const { u32 } = this.#holding.linear;
    const { frameLows, frameHighs } = this.#stretch;
    const rows = (u32[frameHighs / 4 + frame] ?? 0) - (u32[frameLows / 4 + frame] ?? 0);
    return Math.min(rows, this.#numbers === undefined ? rows : this.#numbers.count + 1);
  }

  /** How many of the first frames have no more than some megabytes of text. */
  #framesWithin(frames: number): number {
    const { answer } = this.#plan;
    if (!isBytes(this.#values.type)) return frames;
    const { offsets, codes } = sizesOf(this.#values);
    const between = answer.kind === 'texts' ? Buffer.byteLength(answer.delimiter) : 0;
    const kernels = windowKernels(this.#holding.linear);
    const [listed, starts] = [this.#listed.address, this.#starts.address];
    return kernels.textsWithin(offsets, codes, listed, starts, frames, between, MOST_BYTES);
  }

  /** Address of how many rows of the frames take part, added up. */
  #countTaking(from: number, to: number): number {
    const { frameLows, frameHighs } = this.#stretch;
    this.#takingStarts.ensure((to - from + 1) * 4, 0);
    const [before, starts] = [this.#takingBefore.address, this.#takingStarts.address];
    windowKernels(this.#holding.linear).countTaking(before, frameLows, frameHighs, from, to, starts);
    return starts;
  }
}

/** Offsets of texts or lists, and which of them each row has; 0: its own. */
function sizesOf({ values, dictionary }: Column): { readonly offsets: number; readonly codes: number } {
  return dictionary === undefined
    ? { offsets: values, codes: 0 }
    : { offsets: dictionary.values.values, codes: values };
}
