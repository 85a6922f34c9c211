import { copyToArrow } from '../src/columnar/arrow.ts';
import { BATCH_ROWS, Batch } from '../src/columnar/batch.ts';
import type { Column } from '../src/columnar/column.ts';
import type { Schema } from '../src/columnar/schema.ts';
import { sliceColumn } from '../src/columnar/slice.ts';
import { fileStore } from '../src/io/file-store.ts';
import type { PartitionPiece } from '../src/io/shuffle/shuffle-format.ts';
import { UploadFiles } from '../src/io/upload-files.ts';
import type { Holding, MemoryBudget } from '../src/memory/budget.ts';
import type { Source } from '../src/operators/operator.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { bindPlan } from '../src/planner/bind-plan.ts';
import { buildChain } from '../src/planner/build-chain.ts';
import { loadCalledFunctions } from '../src/planner/load-called-functions.ts';
import { pushDown } from '../src/planner/push-down.ts';
import { runChain } from '../src/runtime/run-chain.ts';
import { rowsOf } from './answers.ts';
import type { Cell } from './duckdb.ts';
import { forgetfulStore } from './forgetful-store.ts';
import type { MadeColumn } from './made-columns.ts';
import type { Answer } from './turns.ts';

/** Of files that plans write, and nobody keeps. */
const OWNER = { jobId: 'bench', stageId: 0, taskId: 0, attemptId: 'a' } as const;

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
          return [name, slices(schemaOf(columns), made, rowCount)];
        }),
      );
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  /** Runs a plan over `madeScan` of the same tables, from the plan to its rows. */
  async run(plan: PlanNode): Promise<Answer> {
    const rows: Cell[][] = [];
    const task = { memory: this.#budget, signal: new AbortController().signal };
    const start = performance.now();
    await loadCalledFunctions(plan);
    using uploads = this.#budget.reserve('uploads');
    const destination = 'memory://lake/';
    const files = new UploadFiles({ store: forgetfulStore(), destination, owner: OWNER, memory: uploads });
    const shuffle = { files: () => files, commit: async (pieces: readonly PartitionPiece[]) => pieces };
    const output = { files: () => files, commit: async () => files.closed };
    const resources = { inputs: {}, sources: this.#sources, store: fileStore(), shuffle, output };
    await runChain(
      await buildChain(pushDown(bindPlan(plan)), resources),
      {
        push: async (batch) => {
          rows.push(...rowsOf(copyToArrow(batch, this.#budget.linear, { dictionaries: 'decode' })));
          return 'more';
        },
      },
      task,
    );
    return { ms: performance.now() - start, rows };
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}

/** Pushes the rows as views of the columns, a batch of them at a time. */
function slices(schema: Schema, columns: readonly Column[], rowCount: number): Source {
  return {
    role: 'source',
    name: 'MadeTable',
    schema,
    open: () => ({
      run: async (output) => {
        for (let start = 0; start < rowCount; start += BATCH_ROWS) {
          const size = Math.min(BATCH_ROWS, rowCount - start);
          const batch = new Batch(
            schema,
            size,
            columns.map((column) => sliceColumn(column, start)),
          );
          if ((await output.push(batch)) === 'done') return;
        }
      },
      [Symbol.dispose]: () => {},
    }),
  };
}
