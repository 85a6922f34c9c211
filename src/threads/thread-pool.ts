/**
 * Worker threads that are kept for the next query, each with an engine of its own.
 *
 *     query ──take(2)──▶ │ idle │ idle │          those that are idle, others are begun
 *           ◀─give──────                          as many as the pool is for are kept, others ended
 *
 * Nobody waits for a thread: a query whose rows are taken slowly, or never, holds up no other one. Idle threads do not keep the process
 * alive. One that died is dropped; who was waiting for it is told.
 */

import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import { ThreadDied } from '../errors.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import { workerFlags } from '../udf/worker-flags.ts';
import type { SentPage, ShareRun, ThreadData, ThreadReply, ThreadRequest } from './thread-messages.ts';
import { errorOf } from './thrown-error.ts';

/** Of a thread with the engine loaded, beside the memory of its task. */
export const THREAD_BYTES: number = 48 * 1024 * 1024;
const MIB = 1024 * 1024;
/** Beside this module, with the same extension: in the sources, and compiled. */
const WORKER_URL = new URL(`./thread-worker.${import.meta.url.split('.').at(-1)}`, import.meta.url);

export class ThreadPool implements AsyncDisposable {
  /** How many threads a query is divided among. */
  readonly size: number;
  readonly #heapBytes: number;
  readonly #idle: Thread[] = [];

  /** `taskBytes`: what the task of one may hold at most. Of V8's heap it may have as much. */
  constructor(size: number, taskBytes: number) {
    this.size = size;
    this.#heapBytes = taskBytes + THREAD_BYTES;
  }

  /** Whether as many threads are idle as a query needs. */
  get isWarm(): boolean {
    return this.#idle.filter(({ isDead, isReady }) => isReady && !isDead).length >= this.size;
  }

  /** Begins threads that are not there, for a query to come. */
  warm(): void {
    this.give(this.take(this.size));
  }

  take(count: number): readonly Thread[] {
    const kept = this.#idle.splice(0, count).filter(({ isDead }) => !isDead);
    const begun = Array.from({ length: count - kept.length }, () => new Thread(this.#heapBytes));
    return [...kept, ...begun];
  }

  /** Gives back threads, none of which is at work. */
  give(threads: readonly Thread[]): void {
    for (const thread of threads) {
      if (!thread.isDead && this.#idle.length < this.size) this.#idle.push(thread);
      else void thread.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.end()));
  }
}

/** What is told of a share while it is run. */
export interface ShareListener {
  readonly onPage: (page: SentPage) => void;
  readonly onProgress: (statistics: TaskStats) => void;
}

/** One thread. */
export class Thread {
  readonly #worker: Worker;
  #listener: ShareListener | undefined;
  #resolve: (statistics: TaskStats) => void = () => {};
  #reject: (error: Error) => void = () => {};
  /** Whether the engine is loaded. */
  isReady = false;
  isDead = false;

  constructor(heapBytes: number) {
    this.#worker = new Worker(WORKER_URL, {
      workerData: { compileCache: getCompileCacheDir() } satisfies ThreadData,
      ...workerFlags(),
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / MIB) },
    });
    this.#worker.unref();
    this.#worker.on('message', (reply: ThreadReply) => this.#onReply(reply));
    this.#worker.on('messageerror', (error) => this.#died(error));
    this.#worker.on('error', (error) => this.#died(error));
    this.#worker.on('exit', (code) => this.#died(new Error(`it ended with code ${code}`)));
  }

  /** Runs a share to its end. @throws what its task throws, and ThreadDied; a signal that is aborted ends it with TaskCancelled. */
  async run(share: ShareRun, listener: ShareListener, signal: AbortSignal): Promise<TaskStats> {
    const { promise, resolve, reject } = Promise.withResolvers<TaskStats>();
    if (this.isDead) throw new ThreadDied('A thread has ended before its share of the query began.');
    signal.throwIfAborted();
    this.#resolve = resolve;
    this.#reject = reject;
    this.#listener = listener;
    const abort = (): void => this.#post({ kind: 'abort' });
    signal.addEventListener('abort', abort, { once: true });
    // Only while it works does it keep the process alive.
    this.#worker.ref();
    this.#post({ kind: 'run', ...share });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#listener = undefined;
      this.#worker.unref();
    }
  }

  /** Lets it send as many bytes more. */
  taken(bytes: number): void {
    this.#post({ kind: 'taken', bytes });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(request: ThreadRequest): void {
    this.#worker.postMessage(request);
  }

  #onReply(reply: ThreadReply): void {
    switch (reply.kind) {
      case 'ready':
        this.isReady = true;
        break;
      case 'page':
        this.#listener?.onPage(reply);
        break;
      case 'progress':
        this.#listener?.onProgress(reply.statistics);
        break;
      case 'done':
        this.#resolve(reply.statistics);
        break;
      case 'failed':
        this.#reject(errorOf(reply.error));
    }
  }

  #died(cause: unknown): void {
    this.isDead = true;
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#reject(new ThreadDied(`A thread died in the middle of its share of the query: ${why}.`, { cause }));
  }
}
