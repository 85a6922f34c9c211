import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { uint32, uint64 } from '../columnar/data-type.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { DistinctPlan } from './accumulators.ts';
import { ChosenRows } from './chosen-rows.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { GroupTable } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';
import { groupColumn } from './value-log.ts';

/** Different rows: the group, and the columns of the inner plan, of some of them. */
export interface DistinctBatch {
  readonly rowCount: number;
  /** Address of the group of each, uint32. */
  readonly ids: number;
  /** The value, and how many rows had it. */
  readonly columns: readonly Column[];
}

/**
 * The different values of each group: a second group table, whose keys are (group, value), in the order of first
 * appearance, and how many rows had each. NaN counts once, and so do 0.0 and -0.0 together.
 */
export class DistinctRows implements Disposable {
  readonly #plan: DistinctPlan;
  readonly #holding: Holding;
  readonly #pairs: GroupTable;
  readonly #counts: GrowingRegion;
  readonly #chosen: ChosenRows;
  readonly #gathered: ColumnBuffer;
  #counted = 0;

  /** Retains the pairs under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(plan: DistinctPlan, holding: Holding) {
    this.#plan = plan;
    this.#holding = holding;
    this.#pairs = new GroupTable([uint32, plan.type], holding, [false, plan.nullable]);
    this.#counts = new GrowingRegion(holding);
    this.#chosen = new ChosenRows(holding);
    this.#gathered = new ColumnBuffer(plan.type, holding);
  }

  /** Adds the rows that take part; `ids` is the address of the group of each row. @throws MemoryBudgetExceeded */
  add(columns: readonly Column[], rowCount: number, ids: number): void {
    const { input, mask } = this.#plan;
    const column = columns[input];
    assert.ok(column !== undefined);
    const chosen = this.#chosen.of(columns[mask], rowCount, ids);
    if (chosen.count === 0) return;
    // Of values that say themselves which take part, none is null.
    let values = this.#plan.nullable ? column : { ...column, validity: 0 };
    if (chosen.rows !== 0) {
      this.#gathered.append(values, chosen.rows, chosen.count, 0);
      values = this.#gathered.column(chosen.count);
    }
    this.addPairs(values, undefined, chosen.count, chosen.ids);
  }

  /**
   * Adds values, at most `BATCH_ROWS`, and how many rows had each: 1 where `counts`, plain uint64, is undefined.
   * @throws MemoryBudgetExceeded
   */
  addPairs(values: Column, counts: Column | undefined, rowCount: number, ids: number): void {
    const pairs = this.#pairs.groupIds([groupColumn(ids), values], rowCount);
    this.#makeCounts();
    const kernels = accumulateKernels(this.#holding.linear);
    if (counts === undefined) kernels.countRows(pairs, rowCount, this.#counts.address, 8);
    else kernels.addCounts(counts.values, pairs, rowCount, this.#counts.address, 8);
  }

  /** Adds the pairs of `other`, whose group `g` is `mapping[g]` here, uint32 from that address on. */
  merge(other: DistinctRows, mapping: number): void {
    const groups = this.#holding.allocate(BATCH_ROWS * 4);
    for (const { rowCount, ids, columns } of other.batches()) {
      const [values, rows] = columns;
      assert.ok(values !== undefined && rows !== undefined);
      takeKernels(this.#holding.linear).take4(mapping, ids, rowCount, groups.address);
      this.addPairs(values, rows, rowCount, groups.address);
    }
    this.#holding.free(groups);
  }

  /** All pairs; each batch is valid until the next one, or a change. */
  *batches(): Generator<DistinctBatch> {
    for (let from = 0, to = 0; from < this.#pairs.groupCount; from = to) {
      to = this.#pairs.endOfBatch(from, Math.min(from + BATCH_ROWS, this.#pairs.groupCount));
      const [groups, values] = this.#pairs.keyColumns(from, to);
      assert.ok(groups !== undefined && values !== undefined);
      const rows = { ...groups, type: uint64, values: this.#counts.address + from * 8, width: 8, bits: undefined };
      yield { rowCount: to - from, ids: groups.values, columns: [values, rows] };
    }
  }

  [Symbol.dispose](): void {
    this.#pairs[Symbol.dispose]();
    this.#counts.free();
    this.#chosen.free();
    this.#gathered.free();
  }

  /** For pairs that are new. */
  #makeCounts(): void {
    const pairs = this.#pairs.groupCount;
    if (pairs === this.#counted) return;
    this.#counts.ensure(pairs * 8, this.#counted * 8);
    const from = this.#counts.address + this.#counted * 8;
    takeKernels(this.#holding.linear).fillBytes(from, 0, (pairs - this.#counted) * 8);
    this.#counted = pairs;
  }
}
