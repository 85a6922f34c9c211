import assert from 'node:assert/strict';
import { Batch } from '../columnar/batch.ts';
import type { Schema } from '../columnar/schema.ts';
import { sameSchema } from '../columnar/schema.ts';
import type { Demand, Output, Source, TaskContext } from '../operators/operator.ts';
import type { OperatorStats } from '../stats/operator-stats.ts';
import { type Chain, chainSchema } from './chain.ts';
import { type NestingRun, openChain } from './run-chain.ts';

/**
 * A source of all rows of the first chain, then all of the second, and so on.
 *
 *     chain 1 ─▶ │ a b │ c │                        ╮
 *     chain 2              ─▶ │ d e f │             ├─▶ │ a b │ c │ d e f │ g │
 *     chain 3                           ─▶ │ g │    ╯
 *
 * A chain is opened when the one before it has given back all of its memory: a hundred inputs need no more than the
 * largest one. Concat lives beside the driver, not among the operators, because it drives chains itself, and operators
 * do not know the driver.
 */
export function concat(schema: Schema, inputs: readonly Chain[]): Source {
  for (const input of inputs) assert.ok(sameSchema(schema, chainSchema(input)), 'the inputs of a concat differ');
  return {
    role: 'source',
    name: 'Concat',
    schema,
    open: (task) => new ConcatRun(schema, inputs, task),
  };
}

class ConcatRun implements NestingRun {
  readonly #schema: Schema;
  readonly #inputs: readonly Chain[];
  readonly #task: TaskContext;
  /** Of the inputs begun so far, in order. */
  readonly #stats: (() => readonly OperatorStats[])[] = [];
  #demand: Demand = 'more';

  constructor(schema: Schema, inputs: readonly Chain[], task: TaskContext) {
    this.#schema = schema;
    this.#inputs = inputs;
    this.#task = task;
  }

  async run(output: Output): Promise<void> {
    // The inputs may promise more than the whole does: a column without nulls in one of them.
    const renamed: Output = {
      push: async ({ rowCount, columns }) => {
        this.#demand = await output.push(new Batch(this.#schema, rowCount, columns));
        return this.#demand;
      },
    };
    for (const input of this.#inputs) {
      const run = openChain(input, this.#task);
      this.#stats.push(() => run.stats());
      await run.run(renamed);
      if (this.#demand === 'done') return;
    }
  }

  nestedStats(): readonly OperatorStats[] {
    return this.#stats.flatMap((stats) => stats());
  }

  [Symbol.dispose](): void {}
}
