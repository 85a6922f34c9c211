import { BATCH_ROWS } from '../../columnar/batch.ts';
import { batchFromRows } from '../../columnar/column-from-values.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import type { BlockingRun, BlockingSink, Demand, Output, TaskContext } from '../operator.ts';

/** A file of the result, as a write passes it on. */
export interface ResultFile {
  readonly path: string;
  readonly rows: number;
  readonly size: number;
  readonly partition: Readonly<Record<string, string | null>>;
}

export interface CommitWriteOptions {
  /** Of the write: path, rows, bytes, then the partition columns. */
  readonly input: Schema;
  /** Makes what was written the result, once the write has closed its last file, and gives the files that stand then. */
  readonly commit: () => Promise<readonly ResultFile[]>;
}

/**
 * Commits what the write before it has written, and emits a row per file of the result. These are the rows of the write,
 * or those of another attempt at the same task, where that was first: then the files written here are gone.
 */
export function commitWrite({ input, commit }: CommitWriteOptions): BlockingSink {
  return {
    role: 'blocking-sink',
    name: 'CommitWrite',
    schema: input,
    open: (task) => new CommitWriteRun(input, commit, task),
  };
}

class CommitWriteRun implements BlockingRun {
  readonly #schema: Schema;
  readonly #commit: () => Promise<readonly ResultFile[]>;
  readonly #task: TaskContext;

  constructor(schema: Schema, commit: () => Promise<readonly ResultFile[]>, task: TaskContext) {
    this.#schema = schema;
    this.#commit = commit;
    this.#task = task;
  }

  /** The rows are not kept: after the commit, its files are the result. */
  async push(): Promise<Demand> {
    return 'more';
  }

  async combine(): Promise<void> {}

  async finish(output: Output): Promise<void> {
    this.#task.signal.throwIfAborted();
    const files = await this.#commit();
    const partitionNames = this.#schema.fields.slice(3).map(({ name }) => name);
    for (let start = 0; start < files.length; start += BATCH_ROWS) {
      using holding = this.#task.memory.reserve('CommitWrite');
      const rows = files.slice(start, start + BATCH_ROWS).map((file) => resultRow(file, partitionNames));
      if ((await output.push(batchFromRows(holding, this.#schema, rows))) === 'done') return;
    }
  }

  [Symbol.dispose](): void {}
}

const resultRow = ({ path, rows, size, partition }: ResultFile, partitionNames: readonly string[]): Value[] => [
  path,
  BigInt(rows),
  BigInt(size),
  ...partitionNames.map((name) => partition[name] ?? null),
];
