/**
 * Instances of a class, each in a worker thread of its own.
 *
 *     call ─▶ an idle actor ─▶ its thread          answers, and is idle again
 *                              dies, or takes too long: the call fails, and the next one gets a new instance
 *
 * The heap of each is limited, and its memory is the budget's for as long as the pool lives. Arguments and results are
 * copied between the threads.
 */

import { Worker } from 'node:worker_threads';
import type { RecordBatch } from 'apache-arrow';
import type { Value } from '../columnar/value.ts';
import type { Holding } from '../memory/budget.ts';
import type { ActorData, ActorReply, ActorRequest, ThrownError } from './actor-messages.ts';
import { concurrencyOf } from './udf.ts';
import type { LoadedUdf } from './udf-modules.ts';
import type { Calling, Outcome, UdfTarget } from './udf-target.ts';
import { workerFlags } from './worker-flags.ts';

/** Of the heap of an actor, where its definition does not say. */
const DEFAULT_ACTOR_BYTES = 64 * 1024 * 1024;
/** Of a thread and its V8, beside the heap that is limited. */
const THREAD_BYTES = 16 * 1024 * 1024;
const MIB = 1024 * 1024;
/** Beside this module, with the same extension: in the sources, compiled, and bundled. */
const WORKER_URL = new URL(`./actor-worker.${import.meta.url.split('.').at(-1)}`, import.meta.url);

/** Takes the memory of all actors from `holding`; threads begin when they are first called. @throws MemoryBudgetExceeded */
export function actorPool(loaded: LoadedUdf, calling: Calling, holding: Holding): UdfTarget {
  return new ActorPool(loaded, calling, holding);
}

class ActorPool implements UdfTarget {
  readonly #data: ActorData;
  readonly #calling: Calling;
  readonly #actorBytes: number;
  readonly #idle: (Thread | undefined)[];
  readonly #busy = new Set<Thread>();
  readonly #waiting: (() => void)[] = [];

  constructor({ udf, name, url }: LoadedUdf, calling: Calling, holding: Holding) {
    const size = concurrencyOf(udf);
    this.#calling = calling;
    this.#data = { url: url.href, name, concurrency: 1 };
    this.#actorBytes = udf.options.memoryBytes ?? DEFAULT_ACTOR_BYTES;
    holding.grow(size * (this.#actorBytes + THREAD_BYTES));
    this.#idle = new Array(size).fill(undefined);
  }

  async callRows(rows: readonly (readonly Value[])[]): Promise<readonly Outcome[]> {
    const reply = await this.#call({ kind: 'rows', rows }, []);
    if (reply.kind !== 'rows') throw new TypeError('an actor answered another question');
    return reply.outcomes.map((outcome) => ('error' in outcome ? { error: asError(outcome.error) } : outcome));
  }

  async callBatch(rows: RecordBatch): Promise<unknown> {
    const { RecordBatchStreamWriter, tableFromIPC } = await import('apache-arrow');
    const writer = new RecordBatchStreamWriter();
    writer.write(rows);
    const ipc = writer.finish().toUint8Array(true);
    const reply = await this.#call({ kind: 'batch', ipc }, [ipc.buffer as ArrayBuffer]);
    if (reply.kind === 'vector') return tableFromIPC(reply.ipc).getChildAt(0);
    if (reply.kind !== 'values') throw new TypeError('an actor answered another question');
    return reply.values;
  }

  [Symbol.dispose](): void {
    for (const thread of [...this.#idle, ...this.#busy]) thread?.end();
    this.#idle.length = 0;
  }

  async #call(request: ActorRequest, transfer: readonly ArrayBuffer[]): Promise<ActorReply> {
    const thread = await this.#acquire();
    try {
      const reply = await thread.call(request, transfer, this.#calling.timeout);
      for (const [figure, amount] of Object.entries(reply.counts)) this.#calling.count(figure, amount);
      if (reply.kind === 'error') throw asError(reply.error);
      return reply;
    } catch (error) {
      if (thread.isDead) this.#calling.count('actors restarted');
      throw error;
    } finally {
      this.#busy.delete(thread);
      this.#idle.push(thread.isDead ? undefined : thread);
      this.#waiting.shift()?.();
    }
  }

  async #acquire(): Promise<Thread> {
    while (this.#idle.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    const thread = this.#idle.pop() ?? new Thread(this.#data, this.#actorBytes);
    this.#busy.add(thread);
    return thread;
  }
}

/** One instance. */
class Thread {
  readonly #worker: Worker;
  #reject: (error: Error) => void = () => {};
  #resolve: (reply: ActorReply) => void = () => {};
  isDead = false;

  constructor(data: ActorData, heapBytes: number) {
    this.#worker = new Worker(WORKER_URL, {
      workerData: data,
      ...workerFlags(),
      resourceLimits: { maxOldGenerationSizeMb: Math.max(8, Math.ceil(heapBytes / MIB)) },
    });
    this.#worker.on('message', (reply: ActorReply) => this.#resolve(reply));
    this.#worker.on('messageerror', (error) => this.#died(error));
    this.#worker.on('error', (error) => this.#died(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => this.#died(new Error(`it ended with code ${code}`)));
  }

  async call(request: ActorRequest, transfer: readonly ArrayBuffer[], timeout?: number): Promise<ActorReply> {
    const { promise, resolve, reject } = Promise.withResolvers<ActorReply>();
    this.#resolve = resolve;
    this.#reject = reject;
    const timer = timeout === undefined ? undefined : setTimeout(() => this.#late(timeout), timeout);
    // Only while it works does it keep the process alive.
    this.#worker.ref();
    this.#worker.postMessage(request, [...transfer]);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#worker.unref();
    }
  }

  end(): void {
    this.isDead = true;
    this.#reject(new Error('The actor was ended.'));
    void this.#worker.terminate();
  }

  #late(timeout: number): void {
    this.#reject(new Error(`The call took longer than ${timeout} ms.`));
    this.end();
  }

  #died(cause: Error): void {
    this.isDead = true;
    this.#reject(new Error(`The actor died: ${cause.message}.`, { cause }));
  }
}

const asError = ({ message, retryAfterMs }: ThrownError): Error =>
  Object.assign(new Error(message), retryAfterMs === undefined ? {} : { retryAfterMs });
