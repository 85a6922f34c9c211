import type { Batch } from '../columnar/batch.ts';
import type { Counters, Demand, Output, Source, TaskContext } from '../operators/operator.ts';
import { SharedRows } from '../state/shared-rows.ts';
import type { OperatorStats } from '../stats/operator-stats.ts';
import { type Chain, chainSchema } from './chain.ts';
import { type NestingRun, openChain } from './run-chain.ts';

/** A chain whose rows several sources give. */
export interface SharedChain {
  readonly name: string;
  readonly chain: Chain;
  /** How many sources there are, once the whole plan is built. */
  readers: number;
}

const NAME = 'Shared';

/**
 * A source of the rows of a chain that is run for all of its readers by the first of them.
 *
 *     first     chain ─▶ kept ─▶ rows                  where there is no room      chain ─▶ rows
 *     others             kept ─▶ rows                                              chain ─▶ rows
 *     last               kept ─▶ rows, freed as it is read
 *
 * The first one runs the chain to its end before it gives a row, so that it may stop when it likes. Where the rows do not fit it gives what
 * it has kept and the rest as it comes, and the others run the chain again. It lives beside the driver, as `concat.ts` does.
 */
export function shared(of: SharedChain): Source {
  of.readers += 1;
  const schema = chainSchema(of.chain);
  return { role: 'source', name: NAME, schema, open: (task) => new SharedRun(of, task) };
}

class SharedRun implements NestingRun {
  readonly #of: SharedChain;
  readonly #task: TaskContext;
  readonly #rows: SharedRows;
  #stats: () => readonly OperatorStats[] = () => [];
  #rowsKept = 0;
  #isKeeping = true;
  #demand: Demand = 'more';

  constructor(of: SharedChain, task: TaskContext) {
    this.#of = of;
    this.#task = task;
    const { name, chain, readers } = of;
    const known = task.shared?.get(name);
    this.#rows = known ?? new SharedRows(chainSchema(chain), NAME, task.memory, readers);
    if (known === undefined) task.shared?.set(name, this.#rows);
  }

  async run(output: Output): Promise<void> {
    if (!this.#rows.isComplete) {
      this.#isKeeping = this.#rows.isWorthKeeping;
      await this.#make(output);
      if (!this.#isKeeping) return;
      this.#rows.complete();
    }
    await this.#give(output);
  }

  async #make(output: Output): Promise<void> {
    const chain = openChain(this.#of.chain, this.#task);
    this.#stats = () => chain.stats();
    await chain.run({ push: (batch) => this.#take(batch, output) });
  }

  async #take(batch: Batch, output: Output): Promise<Demand> {
    if (this.#isKeeping) {
      if (this.#rows.tryAppend(batch)) {
        this.#rowsKept += batch.rowCount;
        return 'more';
      }
      this.#isKeeping = false;
      await this.#give(output);
      this.#rows.giveUp();
    }
    if (this.#demand === 'more') this.#demand = await output.push(batch);
    return this.#demand;
  }

  async #give(output: Output): Promise<void> {
    for (const batch of this.#rows.read()) {
      this.#demand = await output.push(batch);
      if (this.#demand === 'done') return;
    }
  }

  counters(): Counters {
    return { 'rows kept': this.#rowsKept };
  }

  nestedStats(): readonly OperatorStats[] {
    return this.#stats();
  }

  [Symbol.dispose](): void {
    this.#rows.leave();
  }
}
