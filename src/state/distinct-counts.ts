import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { type DataType, uint32 } from '../columnar/data-type.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GroupTable } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';

/**
 * How many distinct values each group has: a second group table, whose keys are (group, value). Nulls are entered too,
 * at most one per group, and left out when counting. NaN counts once, and so do 0.0 and -0.0 together.
 */
export class DistinctCounts implements Disposable {
  readonly #holding: Holding;
  readonly #pairs: GroupTable;
  readonly #counts: GrowingRegion;
  #countedPairs = -1;
  #countedGroups = 0;

  /** Retains the pairs under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(type: DataType, nullable: boolean, holding: Holding) {
    this.#holding = holding;
    this.#pairs = new GroupTable([uint32, type], holding, [false, nullable]);
    this.#counts = new GrowingRegion(holding);
  }

  /** Adds rows; `ids` is the address of the group of each, uint32. @throws MemoryBudgetExceeded */
  add(column: Column, rowCount: number, ids: number): void {
    this.#pairs.groupIds([groupColumn(ids), column], rowCount);
  }

  /** Adds the pairs of `other`, whose group `g` is `mapping[g]` here, uint32 from that address on. */
  merge(other: DistinctCounts, mapping: number): void {
    const ids = this.#holding.allocate(BATCH_ROWS * 4);
    for (const { rows, groups, values } of other.#pairColumns()) {
      takeKernels(this.#holding.linear).take4(mapping, groups.values, rows, ids.address);
      this.#pairs.groupIds([groupColumn(ids.address), values], rows);
    }
    this.#holding.free(ids);
  }

  /** Works out the counts of `groupCount` groups. @throws MemoryBudgetExceeded */
  count(groupCount: number): void {
    if (this.#countedPairs === this.#pairs.groupCount && this.#countedGroups === groupCount) return;
    this.#counts.ensure(groupCount * 8, 0);
    takeKernels(this.#holding.linear).fillBytes(this.#counts.address, 0, groupCount * 8);
    const kernels = accumulateKernels(this.#holding.linear);
    for (const { rows, groups, values } of this.#pairColumns()) {
      kernels.countPresent(groups.values, values.validity, rows, this.#counts.address);
    }
    this.#countedPairs = this.#pairs.groupCount;
    this.#countedGroups = groupCount;
  }

  /** Writes the counts of `rows` groups, uint64, after `count`. */
  write(from: number, rows: number, to: number): void {
    takeKernels(this.#holding.linear).copyBytes(this.#counts.address + from * 8, to, rows * 8);
  }

  [Symbol.dispose](): void {
    this.#pairs[Symbol.dispose]();
    this.#counts.free();
  }

  *#pairColumns(): Generator<{ readonly rows: number; readonly groups: Column; readonly values: Column }> {
    for (let from = 0; from < this.#pairs.groupCount; from += BATCH_ROWS) {
      const to = Math.min(from + BATCH_ROWS, this.#pairs.groupCount);
      const [groups, values] = this.#pairs.keyColumns(from, to);
      if (groups !== undefined && values !== undefined) yield { rows: to - from, groups, values };
    }
  }
}

const groupColumn = (ids: number): Column => ({
  type: uint32,
  validity: 0,
  values: ids,
  bytes: 0,
  dictionary: undefined,
  width: 4,
  bits: 32,
});
