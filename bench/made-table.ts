import type { Schema } from '../src/columnar/schema.ts';
import type { Holding, MemoryBudget } from '../src/memory/budget.ts';
import type { Source } from '../src/operators/operator.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { MadeColumn } from './made-columns.ts';
import { rowsInMemory, runOver } from './rows-in-memory.ts';
import type { Answer } from './turns.ts';

/** Of the table that plans of one table run over. */
const NAME = 't';

/** A table that both contestants make for themselves. */
export interface MadeTable {
  /** In plans the source id. */
  readonly name: string;
  readonly columns: readonly MadeColumn[];
  readonly rowCount: number;
}

/** The only table of a plan. */
export const onlyTable = (columns: readonly MadeColumn[], rowCount: number): MadeTable => ({
  name: NAME,
  columns,
  rowCount,
});

/** Reads a table that a plan runs over. */
export function madeScan(columns: readonly MadeColumn[], name: string = NAME): PlanNode {
  return { kind: 'in-memory-scan', sourceId: name, schema: schemaOf(columns).fields };
}

/** Makes the table of the same rows in DuckDB. */
export function createTableSql({ name, columns, rowCount }: MadeTable): string {
  const made = columns.map((column) => `${column.sql} as ${column.name}`);
  return `create or replace table ${name} as select ${made.join(', ')} from range(${rowCount}) as numbers(i)`;
}

const schemaOf = (columns: readonly MadeColumn[]): Schema => ({
  fields: columns.map(({ name, type }) => ({ name, type, nullable: false })),
});

/** All rows of some tables in linear memory, which plans are run over by the operators of the engine. */
export class TablesInMemory implements Disposable {
  readonly #budget: MemoryBudget;
  readonly #holding: Holding;
  readonly #sources: ReadonlyMap<string, Source>;

  /** @throws MemoryBudgetExceeded */
  constructor(tables: readonly MadeTable[], budget: MemoryBudget) {
    this.#budget = budget;
    this.#holding = budget.reserve('TablesInMemory');
    try {
      this.#sources = new Map(
        tables.map(({ name, columns, rowCount }) => {
          const made = columns.map(({ make }) => make(this.#holding, rowCount));
          return [name, rowsInMemory(schemaOf(columns), made, rowCount)];
        }),
      );
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  /** Runs a plan over `madeScan` of the same tables, from the plan to its rows. */
  run(plan: PlanNode): Promise<Answer> {
    return runOver(this.#sources, plan, this.#budget);
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}
