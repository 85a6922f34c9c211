/**
 * How every stage of a chain is driven, whatever its role: prepared, pushed, finished.
 *
 *     streaming         nothing to finish
 *     blocking sink     ignores its output until it finishes
 *     join              runs the chain of its build side to its end in `prepare`; then it is what the probe side does
 */

import assert from 'node:assert/strict';
import type { Batch } from '../columnar/batch.ts';
import type {
  BuildRun,
  Counters,
  Demand,
  Output,
  ProbeRun,
  Stage,
  StreamingOperatorRun,
  TaskContext,
} from '../operators/operator.ts';
import type { OperatorStats } from '../stats/operator-stats.ts';
import type { Chain, ChainStage, JoinStage } from './chain.ts';

export interface OpenRun extends Disposable {
  counters?(): Counters;
  nestedStats?(): readonly OperatorStats[];
}

export interface Drive extends OpenRun {
  /** What must be done before the first push. `done`: nothing needs to be pushed. */
  prepare?(): Promise<Demand>;
  push: StreamingOperatorRun['push'];
  finish(output: Output): Promise<void>;
}

/** A chain within a chain. `run` disposes of it. */
export interface InnerChain {
  run(output: Output): Promise<void>;
  stats(): readonly OperatorStats[];
}

export type OpenChain = (chain: Chain, task: TaskContext) => InnerChain;

export function openStage(stage: ChainStage, task: TaskContext, openChain: OpenChain): Drive {
  return stage.role === 'join-stage' ? new JoinDrive(stage, task, openChain) : openOperator(stage, task);
}

function openOperator(stage: Stage, task: TaskContext): Drive {
  if (stage.role !== 'streaming') return stage.open(task);
  const run = stage.open(task);
  return {
    push: (batch, output): Promise<Demand> => run.push(batch, output),
    finish: async () => {},
    counters: () => run.counters?.() ?? {},
    [Symbol.dispose]: () => run[Symbol.dispose](),
  };
}

class JoinDrive implements Drive {
  readonly #stage: JoinStage;
  readonly #task: TaskContext;
  readonly #openChain: OpenChain;
  readonly #build: BuildRun;
  #buildChain: InnerChain | undefined;
  #probe: ProbeRun | undefined;
  #rowsBuilt = 0;

  constructor(stage: JoinStage, task: TaskContext, openChain: OpenChain) {
    this.#openChain = openChain;
    this.#stage = stage;
    this.#task = task;
    this.#build = stage.join.open(task);
  }

  /** The build side is opened no sooner, so that of many joins one after the other holds its input. */
  async prepare(): Promise<Demand> {
    this.#buildChain = this.#openChain(this.#stage.build, this.#task);
    await this.#buildChain.run({
      push: (batch) => {
        this.#rowsBuilt += batch.rowCount;
        return this.#build.push(batch);
      },
    });
    const probe = await this.#build.finish();
    this.#probe = probe.open(this.#task);
    return probe.demand;
  }

  push(batch: Batch, output: Output): Promise<Demand> {
    assert.ok(this.#probe !== undefined, 'a join was pushed before it was built');
    return this.#probe.push(batch, output);
  }

  async finish(output: Output): Promise<void> {
    await this.#probe?.finish(output);
  }

  counters(): Counters {
    return { 'rows built': this.#rowsBuilt, ...this.#build.counters?.(), ...this.#probe?.counters?.() };
  }

  nestedStats(): readonly OperatorStats[] {
    return this.#buildChain?.stats() ?? [];
  }

  [Symbol.dispose](): void {
    this.#probe?.[Symbol.dispose]();
    this.#build[Symbol.dispose]();
  }
}
