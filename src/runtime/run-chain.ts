/**
 * The driver: the only contact that operators have with the engine.
 *
 *     source ─▶ edge ─▶ stage ─▶ edge ─▶ stage ─▶ edge ─▶ output
 *
 * Every operator is opened before the first batch moves, and the build sides of joins are complete. When the source has come to its end, its run is disposed, the
 * first stage finishes and is disposed, then the second: whoever emits at the end does so with the memory of everything
 * before it free again. When anything fails, the first error aborts the signal that all runs share, so that reads ahead
 * stop; it travels up through the pushes that are waiting; and all runs are disposed, last opened first.
 */

import type { Counters, Output, SourceRun, TaskContext } from '../operators/operator.ts';
import type { SharedRows } from '../state/shared-rows.ts';
import type { OperatorStats } from '../stats/operator-stats.ts';
import { asCancelled } from './cancellation.ts';
import { type Chain, stageOperator } from './chain.ts';
import { type Drive, type OpenRun, openStage } from './drive.ts';
import { Edge, type Inlet, Turns } from './edge.ts';
import { Observer } from './observe.ts';

/** A source that runs chains of its own, whose statistics belong below its own. */
export interface NestingRun extends SourceRun {
  /** Of all their operators, at depth 0 the last one of each chain. */
  nestedStats(): readonly OperatorStats[];
}

/** Runs `chain` to its end: resolves after the last batch has reached `output` and everything is given back. */
export async function runChain(chain: Chain, output: Output, task: TaskContext): Promise<OperatorStats[]> {
  const run = openChain(chain, task);
  await run.run(output);
  return run.stats();
}

/** Opens every operator of `chain`. Where one cannot be opened, the others are disposed and its error is thrown. */
export function openChain(chain: Chain, task: TaskContext): ChainRun {
  return new ChainRun(chain, task);
}

/** One run of a chain. `run` disposes of it; so does `dispose`, for a run that never began. */
export class ChainRun implements Disposable {
  readonly #callerSignal: AbortSignal;
  readonly #failure: AbortController = new AbortController();
  readonly #signal: AbortSignal;
  readonly #turns: Turns = new Turns();
  readonly #links: Link[] = [];
  readonly #source: SourceRun;
  readonly #stages: { readonly link: Link; readonly run: Drive }[] = [];
  /** Of the whole task, where this is its outermost chain. */
  readonly #shared: Map<string, Disposable> = new Map();

  constructor({ source, stages }: Chain, given: TaskContext) {
    const { memory, signal, maintainOrder, runtimeFilters = new Map(), shared = new Map<string, SharedRows>() } = given;
    if (given.shared === undefined) this.#shared = shared;
    this.#callerSignal = signal;
    this.#signal = AbortSignal.any([signal, this.#failure.signal]);
    const task: TaskContext = { memory, signal: this.#signal, maintainOrder, runtimeFilters, shared };
    try {
      this.#source = this.#open(source.name, () => source.open(task)).run;
      for (const stage of stages) {
        const { link, run } = this.#open(stageOperator(stage).name, () => openStage(stage, task, openChain));
        this.#stages.push({ link, run });
      }
    } catch (error) {
      this.#disposeAfter(error);
      throw error;
    }
  }

  /** Drives batches from the source to `output`. Called once. @throws TaskCancelled when the caller's signal aborts. */
  async run(output: Output): Promise<void> {
    try {
      await this.#drive(output);
    } catch (error) {
      // Errors that arise while stopping are consequences of the first, which is the reason of the signal.
      this.#fail(error);
      const first = this.#failure.signal.reason;
      this.#disposeAfter(first);
      throw first;
    }
    this.#disposeShared();
  }

  /** Of every operator as it is now, the last one first and those it reads from below it. */
  stats(): OperatorStats[] {
    return this.#links.reduce<OperatorStats[]>((below, link) => [...link.stats(), ...below.map(oneDeeper)], []);
  }

  /** When the first batch left the source, by `performance.now()`; undefined before. */
  get firstBatchAtMs(): number | undefined {
    return this.#links[0]?.observer.firstBatchAtMs;
  }

  [Symbol.dispose](): void {
    for (const link of this.#links.toReversed()) link[Symbol.dispose]();
    this.#disposeShared();
  }

  async #drive(output: Output): Promise<void> {
    let edge = this.#edge({ push: (batch) => output.push(batch), finish: async () => {} });
    const edges: Edge[] = [];
    for (const { link, run } of this.#stages.toReversed()) {
      edge = this.#edge(this.#inlet(link, run, edge));
      edges.unshift(edge);
    }
    await this.#prepare(edges);
    const first = edge;
    const link = this.#links[0] as Link;
    if (first.demand === 'more') await this.#watch(link, () => this.#source.run(link.observer.downstream(first)));
    // A source that was stopped in the middle may return instead of throwing; its rows are not all there.
    this.#signal.throwIfAborted();
    link[Symbol.dispose]();
    await first.finish();
  }

  /**
   * From the last stage to the first: whatever stands before one that wants nothing need not be prepared, and is never
   * pushed anything. `edges` lead into the stages.
   */
  async #prepare(edges: readonly Edge[]): Promise<void> {
    for (const [index, { link, run }] of [...this.#stages.entries()].toReversed()) {
      const demand = await this.#watch(link, async () => run.prepare?.() ?? 'more');
      if (demand === 'more') continue;
      for (const edge of edges.slice(0, index + 1)) edge.close();
      return;
    }
  }

  /** The only place where stages are driven. Operators never see their neighbours or their statistics. */
  #inlet(link: Link, run: Drive, next: Edge): Inlet {
    const output = link.observer.downstream(next);
    return {
      push: async (batch) => {
        link.observer.received(batch);
        const demand = await this.#watch(link, () => run.push(batch, output));
        return next.demand === 'done' ? 'done' : demand;
      },
      finish: async () => {
        // Once the consumer is done, nobody is left to read what the run still holds.
        if (next.demand === 'more') await this.#watch(link, () => run.finish(output));
        link[Symbol.dispose]();
        await next.finish();
      },
    };
  }

  #edge(inlet: Inlet): Edge {
    return new Edge(inlet, this.#turns, this.#signal);
  }

  async #watch<T>(link: Link, work: () => Promise<T>): Promise<T> {
    try {
      return await link.observer.call(work);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** The first call counts. */
  #fail(error: unknown): void {
    this.#failure.abort(asCancelled(error, this.#callerSignal));
  }

  #open<R extends OpenRun>(name: string, open: () => R): { link: Link; run: R } {
    const observer = new Observer(name);
    const run = observer.open(open);
    const link = new Link(observer, run);
    this.#links.push(link);
    return { link, run };
  }

  /** The error that ended the task is the one to report, even where disposing finds another. */
  #disposeAfter(error: unknown): void {
    for (const link of this.#links.toReversed()) {
      try {
        link[Symbol.dispose]();
      } catch (later) {
        if (error instanceof Error && error.cause === undefined) error.cause = later;
      }
    }
    this.#disposeShared();
  }

  #disposeShared(): void {
    for (const rows of this.#shared.values()) rows[Symbol.dispose]();
  }
}

const oneDeeper = (stats: OperatorStats): OperatorStats => ({ ...stats, depth: stats.depth + 1 });

/** An open operator: disposed once, its counters kept beyond that. */
class Link implements Disposable {
  readonly observer: Observer;
  readonly #run: OpenRun;
  #disposed = false;
  #counters: Counters = {};
  #nested: readonly OperatorStats[] = [];

  constructor(observer: Observer, run: OpenRun) {
    this.observer = observer;
    this.#run = run;
  }

  /** The operator at depth 0, what it runs itself below it. */
  stats(): OperatorStats[] {
    this.#look();
    const nestedMs = this.#nested.reduce((sum, { selfMs }) => sum + selfMs, 0);
    return [this.observer.stats(this.#counters, nestedMs), ...this.#nested.map(oneDeeper)];
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#look();
    this.#disposed = true;
    this.#run[Symbol.dispose]();
  }

  #look(): void {
    if (this.#disposed) return;
    this.#counters = this.#run.counters?.() ?? {};
    this.#nested = this.#run.nestedStats?.() ?? [];
  }
}
