import { BATCH_ROWS, type Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { field } from '../columnar/schema.ts';
import type { Holding } from '../memory/budget.ts';
import { AggregateInput, type AggregationSpec } from './aggregate-input.ts';
import { GatherScratch } from './gather-scratch.ts';
import { GroupStates } from './group-states.ts';
import { GrowingRegion } from './growing-region.ts';

/** Keys, then the results of each row as if it were a group of its own; valid until the next. */
interface RowResults {
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

/** Partial states of rows that are not grouped: for an aggregation in which grouping would hardly make them fewer. */
export class RowStates implements Disposable {
  readonly #spec: AggregationSpec;
  readonly #holding: Holding;
  readonly #input: AggregateInput;
  /** 0, 1, 2, … */
  readonly #ids: GrowingRegion;
  /** Of keys of a part of a batch. */
  readonly #gathered: GatherScratch;

  /** Reserves under `holding`, which stays the caller's. @throws MemoryBudgetExceeded */
  constructor(spec: AggregationSpec, holding: Holding) {
    this.#spec = spec;
    this.#holding = holding;
    this.#input = new AggregateInput(spec, holding);
    const keys = spec.groupBy.map(({ name, expression }) => field(name, expression.type, expression.nullable));
    this.#gathered = new GatherScratch({ fields: keys }, holding);
    this.#ids = new GrowingRegion(holding);
    this.#ids.ensure(BATCH_ROWS * 4);
    const { u32 } = holding.linear;
    for (let row = 0; row < BATCH_ROWS; row++) u32[(this.#ids.address >>> 2) + row] = row;
  }

  /** The rows of a batch that pass the filter, in parts that are not too large. @throws MemoryBudgetExceeded, ArithmeticOverflow */
  *of(batch: Batch): Generator<RowResults> {
    const { keys, inputs, rowCount } = this.#input.rows(batch);
    if (rowCount === 0) return;
    using states = new GroupStates(this.#spec.plan, this.#holding);
    states.states.ensure(rowCount);
    states.add(inputs, rowCount, this.#ids.address, false);
    for (let from = 0, to = 0; from < rowCount; from = to) {
      to = states.endOfBatch(from, rowCount);
      const isWhole = to - from === rowCount;
      const part = isWhole
        ? { columns: keys, rowCount }
        : this.#gathered.gather(keys, this.#ids.address + from * 4, to - from);
      to = from + part.rowCount;
      yield { columns: [...part.columns, ...states.columns(from, to)], rowCount: part.rowCount };
    }
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
    this.#gathered[Symbol.dispose]();
    this.#ids.free();
  }
}
