/**
 * Some whole partitions at a time, in order: as many as make a batch, so that what is computed for their rows stays in the
 * cache; or one, where that has more rows.
 *
 *     rows         │ 4 │ 0 │ 7 │ 1 │ 3 │ …       numbers of the rows, in order
 *     partition    │ 0 … 3 │ 3 … 5 │             per row where its partition begins and ends; the same of its peers
 *     frame        │ low, high │ …               per row, as positions in the stretch
 *     frames       │ 0 │ 0 │ 1 │ 2 │ 2 │         which of the different frames each row has
 *     columns      values of kept columns, or who is null, in this order
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { isBytes, isFloat, isNested } from '../columnar/data-type.ts';
import { numberKind } from '../kernels/accumulate-kernels.ts';
import { takeKernels, takeOf } from '../kernels/take-kernels.ts';
import { changeKind, type WindowKernels, windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import type { BoundPlan, WindowPlan } from './window-plan.ts';
import type { SortedRows } from './window-rows.ts';

/** What functions ask of a stretch, apart from its partitions. */
export interface StretchNeeds {
  readonly peers: boolean;
  readonly frames: boolean;
}

const MASK_64 = 2n ** 64n - 1n;

export class WindowStretch implements Disposable {
  readonly #plan: WindowPlan;
  readonly #needs: StretchNeeds;
  readonly #sorted: SortedRows;
  readonly #holding: Holding;
  readonly #kernels: WindowKernels;
  readonly #regions: GrowingRegion[] = [];
  readonly #gathered = new Map<number, Column>();
  readonly #validities = new Map<number, number>();
  readonly #scratch = new Map<number, { readonly validity: GrowingRegion; readonly values: GrowingRegion }>();
  readonly #partStarts: GrowingRegion;
  readonly #partEnds: GrowingRegion;
  readonly #peerStarts: GrowingRegion;
  readonly #peerEnds: GrowingRegion;
  readonly #marks: GrowingRegion;
  readonly #lows: GrowingRegion;
  readonly #highs: GrowingRegion;
  readonly #frameOf: GrowingRegion;
  readonly #frameLows: GrowingRegion;
  readonly #frameHighs: GrowingRegion;
  #start = 0;
  #rowCount = 0;
  #frameCount = 0;

  /** Over rows that stay where they are. Reserves as needed under `holding`, which stays the caller's. */
  constructor(plan: WindowPlan, needs: StretchNeeds, sorted: SortedRows, holding: Holding) {
    this.#plan = plan;
    this.#needs = needs;
    this.#sorted = sorted;
    this.#holding = holding;
    this.#kernels = windowKernels(holding.linear);
    const region = (): GrowingRegion => {
      const made = new GrowingRegion(holding);
      this.#regions.push(made);
      return made;
    };
    this.#partStarts = region();
    this.#partEnds = region();
    this.#peerStarts = region();
    this.#peerEnds = region();
    this.#marks = region();
    this.#lows = region();
    this.#highs = region();
    this.#frameOf = region();
    this.#frameLows = region();
    this.#frameHighs = region();
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Address of the numbers of the rows. */
  get rows(): number {
    return this.#sorted.rows + this.#start * 4;
  }

  /** All rows that are kept. */
  get columns(): readonly Column[] {
    return this.#sorted.columns;
  }

  get partStarts(): number {
    return this.#partStarts.address;
  }

  get partEnds(): number {
    return this.#partEnds.address;
  }

  get peerStarts(): number {
    return this.#peerStarts.address;
  }

  get peerEnds(): number {
    return this.#peerEnds.address;
  }

  /** Of the frames of rows. */
  get lows(): number {
    return this.#lows.address;
  }

  get highs(): number {
    return this.#highs.address;
  }

  /** Different frames, but for those that come again: with bounds that rise each is there once. */
  get frameCount(): number {
    return this.#frameCount;
  }

  get frameOf(): number {
    return this.#frameOf.address;
  }

  get frameLows(): number {
    return this.#frameLows.address;
  }

  get frameHighs(): number {
    return this.#frameHighs.address;
  }

  /** Begins the stretch whose first partition is `first`; returns the partition behind its last. @throws MemoryBudgetExceeded */
  begin(first: number): number {
    const { starts, partitions } = this.#sorted;
    const { u32 } = this.#holding.linear;
    const behind = this.#kernels.stretchEnd(starts, first, partitions, BATCH_ROWS);
    this.#start = u32[starts / 4 + first] ?? 0;
    this.#rowCount = (u32[starts / 4 + behind] ?? 0) - this.#start;
    this.#gathered.clear();
    this.#validities.clear();
    for (const region of [this.#partStarts, this.#partEnds]) region.ensure(this.#rowCount * 4, 0);
    this.#kernels.spreadPartitions(starts, first, behind, this.partStarts, this.partEnds);
    if (this.#needs.peers) this.#findPeers();
    if (this.#needs.frames) this.#findFrames();
    return behind;
  }

  /**
   * The column at `position` of those that are kept, in the order of the rows: numbers, times and bools, which are plain
   * where they are kept. Valid until the next stretch. @throws MemoryBudgetExceeded
   */
  column(position: number): Column {
    const known = this.#gathered.get(position);
    if (known !== undefined) return known;
    const made = this.#gather(this.keptColumn(position), position);
    this.#gathered.set(position, made);
    return made;
  }

  /** Address of who is not null among the rows, in their order; 0 where all are. @throws MemoryBudgetExceeded */
  validity(position: number): number {
    const known = this.#validities.get(position);
    if (known !== undefined) return known;
    const { validity } = this.keptColumn(position);
    if (validity === 0) return 0;
    const scratch = this.#scratchOf(position).validity;
    scratch.ensure(Math.ceil(this.#rowCount / 64) * 8, 0);
    takeKernels(this.#holding.linear).takeBits(validity, this.rows, this.#rowCount, scratch.address);
    this.#validities.set(position, scratch.address);
    return scratch.address;
  }

  /** The column as it was kept. */
  keptColumn(position: number): Column {
    const column = this.#sorted.columns[position];
    assert.ok(column !== undefined);
    return column;
  }

  /** The frame of a row. */
  frameAt(row: number): number {
    return this.#holding.linear.u32[this.frameOf / 4 + row] ?? 0;
  }

  /** The first row behind `from` with a frame behind `frame`; `to` where there is none before. */
  rowBehindFrame(frame: number, from: number, to: number): number {
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.frameAt(middle) <= frame) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Makes null what stands for the rows [from, to) with too small a frame, whose value is zero or empty already: `column`,
   * or its codes, may be changed, `bitmap` is memory for its validity. @throws MemoryBudgetExceeded
   */
  withoutSmallFrames(column: Column, from: number, to: number, bitmap: GrowingRegion): Column {
    if (this.#plan.minPeriods === 0) return column;
    const count = to - from;
    bitmap.ensure(Math.ceil(count / 64) * 8, 0);
    if (this.#kernels.packMarks(this.#marks.address + from, count, bitmap.address) === count) return column;
    if (column.validity !== 0) this.#kernels.andBits(bitmap.address, column.validity, count);
    if (column.dictionary !== undefined) {
      takeKernels(this.#holding.linear).zeroNulls4(column.values, count, bitmap.address, 0);
    }
    return { ...column, validity: bitmap.address };
  }

  [Symbol.dispose](): void {
    for (const region of this.#regions) region.free();
    for (const { validity, values } of this.#scratch.values()) {
      validity.free();
      values.free();
    }
  }

  #gather(column: Column, position: number): Column {
    const { type, width, dictionary } = column;
    assert.ok(dictionary === undefined && !isBytes(type) && !isNested(type));
    const validity = this.validity(position);
    const scratch = this.#scratchOf(position).values;
    const kernels = takeKernels(this.#holding.linear);
    const [rows, count] = [this.rows, this.#rowCount];
    scratch.ensure(Math.max(count * width, Math.ceil(count / 64) * 8), 0);
    if (type.kind === 'bool') kernels.takeBits(column.values, rows, count, scratch.address);
    else if (width > 0) takeOf(kernels, width)(column.values, rows, count, scratch.address);
    return { ...column, validity, values: scratch.address };
  }

  #scratchOf(position: number) {
    const known = this.#scratch.get(position);
    if (known !== undefined) return known;
    const made = { validity: new GrowingRegion(this.#holding), values: new GrowingRegion(this.#holding) };
    this.#scratch.set(position, made);
    return made;
  }

  #findPeers(): void {
    const count = this.#rowCount;
    for (const region of [this.#peerStarts, this.#peerEnds]) region.ensure(count * 4, 0);
    this.#marks.ensure(count, 0);
    const marks = this.#marks.address;
    takeKernels(this.#holding.linear).fillBytes(marks, 0, count);
    for (const { column } of this.#plan.order) {
      markChanges(this.#kernels, this.keptColumn(column), this.rows, count, marks);
    }
    this.#kernels.spreadPeers(marks, this.partStarts, this.partEnds, count, this.peerStarts, this.peerEnds);
  }

  #findFrames(): void {
    const count = this.#rowCount;
    const { start, end, minPeriods } = this.#plan;
    for (const region of [this.#lows, this.#highs, this.#frameOf, this.#frameLows, this.#frameHighs]) {
      region.ensure(count * 4, 0);
    }
    this.#writeBounds(start, 0, this.lows);
    this.#writeBounds(end, 1, this.highs);
    // What marks had to say is said by the peers.
    this.#marks.ensure(count, 0);
    this.#kernels.emptySmallFrames(minPeriods, this.lows, this.highs, count, this.#marks.address);
    const { frameOf, frameLows, frameHighs } = this;
    this.#frameCount = this.#kernels.distinctFrames(this.lows, this.highs, count, frameOf, frameLows, frameHighs);
  }

  #writeBounds(bound: BoundPlan, end: 0 | 1, to: number): void {
    const [kernels, count] = [this.#kernels, this.#rowCount];
    const { partStarts, partEnds } = this;
    const peers = end === 1 ? this.peerEnds : this.peerStarts;
    switch (bound.kind) {
      case 'partition':
        takeKernels(this.#holding.linear).copyBytes(end === 1 ? partEnds : partStarts, to, count * 4);
        break;
      case 'peers':
        takeKernels(this.#holding.linear).copyBytes(peers, to, count * 4);
        break;
      case 'rows':
        kernels.rowBounds(bound.delta + end, partStarts, partEnds, count, to);
        break;
      case 'distance': {
        const { type, width, values, validity } = this.column(bound.key);
        const [low, high] = [bound.delta & MASK_64, bound.delta >> 64n];
        const descending = this.#isDescending();
        const kind = numberKind(type, width);
        kernels.distanceBounds(
          kind,
          values,
          validity,
          end,
          descending,
          low,
          high,
          partStarts,
          partEnds,
          peers,
          count,
          to,
        );
        break;
      }
      case 'limit': {
        const [key, limit] = [this.column(bound.key), this.column(bound.limit)];
        const float = isFloat(key.type) ? 1 : 0;
        const descending = this.#isDescending();
        kernels.limitBounds(
          float,
          key.values,
          limit.values,
          key.validity,
          end,
          descending,
          partStarts,
          partEnds,
          peers,
          count,
          to,
        );
        break;
      }
    }
  }

  #isDescending(): 0 | 1 {
    return this.#plan.order[0]?.descending === true ? 1 : 0;
  }
}

/** Marks the rows of a list, by their position there, whose value is not that of the row before. */
export function markChanges(kernels: WindowKernels, column: Column, rows: number, count: number, marks: number): void {
  const { type, dictionary, values, bytes, validity, width } = column;
  if (dictionary !== undefined) kernels.markChanges(4, values, validity, rows, count, marks);
  else if (isBytes(type)) kernels.markTextChanges(values, bytes, validity, rows, count, marks);
  else kernels.markChanges(changeKind(type, width), values, validity, rows, count, marks);
}
