/**
 * The rows of all shares of a part of a plan, which threads run: a source like any other for who is above.
 *
 *     shares     0   1   2   3   4   5 …     handed out in order, whoever is free takes the next
 *     thread A   └─0──────┘└─3─── …
 *     thread B   └─1─┘└─2────┘└─4── …
 *     pages      │ 0 │ 0 │ 1 │ 2 │ 2 │ …     taken in the order of shares, or where that does not matter as they come
 *
 * A thread may be ahead by a window of pages, which are held here and were leased before; then it waits until some have been taken. The
 * share whose turn it is always has a thread, so that nobody waits for ever.
 */

import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import type { Schema } from '../columnar/schema.ts';
import { MemoryBudgetExceeded, MillraceError, TaskCancelled, ThreadDied } from '../errors.ts';
import { pageColumns } from '../io/shuffle/shuffle-page.ts';
import type { Holding } from '../memory/budget.ts';
import { LentRegions } from '../memory/lent-regions.ts';
import type { Counters, Demand, Output, Source, TaskContext } from '../operators/operator.ts';
import type { Task } from '../plan/task.ts';
import type { NestingRun } from '../runtime/run-chain.ts';
import { sliceBatch } from '../state/row-slice.ts';
import type { OperatorStats } from '../stats/operator-stats.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import { summedStats } from './summed-stats.ts';
import type { SentPage } from './thread-messages.ts';
import type { Thread, ThreadPool } from './thread-pool.ts';

const NAME = 'Exchange';
const MOST_LEASED_BYTES = 64 * 1024 * 1024;
const MOST_PAGE_BYTES = 1024 * 1024;
/** A page is at most this part of a window. */
const PAGES_OF_WINDOW = 4;

export interface ExchangeOptions {
  /** Of the rows of shares. */
  readonly schema: Schema;
  readonly shares: readonly Task[];
  /** Whether rows come in the order of shares. */
  readonly isOrdered: boolean;
  readonly pool: ThreadPool;
  /** What each thread may hold. */
  readonly threadBytes: number;
  /** Is told what threads hold, when it is known. */
  readonly onHeld: (peakBytes: number) => void;
}

export function exchange(options: ExchangeOptions): Source {
  const { schema } = options;
  return { role: 'source', name: NAME, schema, open: (task) => new ExchangeRun(options, task) };
}

class ExchangeRun implements NestingRun {
  readonly #options: ExchangeOptions;
  readonly #task: TaskContext;
  readonly #stats: (TaskStats | undefined)[];
  #bytesReceived = 0;
  #next = 0;

  constructor(options: ExchangeOptions, task: TaskContext) {
    this.#options = options;
    this.#task = task;
    this.#stats = options.shares.map(() => undefined);
  }

  async run(output: Output): Promise<void> {
    const { shares, isOrdered, pool } = this.#options;
    const { memory, signal } = this.#task;
    const threads = pool.take(Math.min(pool.size, shares.length));
    const stop = new AbortController();
    const stopped = AbortSignal.any([signal, stop.signal]);
    const inbox = new Inbox(shares.length, isOrdered, (error, share) =>
      withRow(error, (operator) => this.#rowsBefore(share, operator)),
    );
    let working: readonly Promise<void>[] = [];
    try {
      const leaseBytes = Math.min(memory.floorBytes, MOST_LEASED_BYTES);
      using lease = await memory.lease(NAME, leaseBytes, signal);
      const windowBytes = Math.floor(leaseBytes / 2 / threads.length);
      lease.grow(windowBytes * threads.length);
      working = threads.map((thread) => this.#work(thread, inbox, windowBytes, stopped));
      await this.#takeAll(inbox, lease, output);
    } finally {
      stop.abort();
      await Promise.all(working);
      pool.give(threads);
    }
  }

  nestedStats(): readonly OperatorStats[] {
    return summedStats(this.#stats.flatMap((share) => (share === undefined ? [] : [share.operators])));
  }

  counters(): Counters {
    const { shares, pool } = this.#options;
    return {
      threads: Math.min(pool.size, shares.length),
      shares: shares.length,
      'bytes received': this.#bytesReceived,
    };
  }

  [Symbol.dispose](): void {}

  /** One share after the other, until there are no more. What goes wrong is told to `inbox`. */
  async #work(thread: Thread, inbox: Inbox, windowBytes: number, signal: AbortSignal): Promise<void> {
    const { shares, threadBytes, onHeld } = this.#options;
    const pageBytes = Math.min(MOST_PAGE_BYTES, Math.floor(windowBytes / PAGES_OF_WINDOW));
    const window = { memoryBytes: threadBytes, pageBytes, windowBytes };
    for (let isFirst = true; this.#next < shares.length; isFirst = false) {
      const share = this.#next;
      this.#next += 1;
      try {
        const listener = {
          onPage: (page: SentPage) => inbox.add(share, { ...page, thread }),
          onProgress: (statistics: TaskStats) => {
            this.#stats[share] = statistics;
          },
        };
        const run = { task: shares[share] as Task, ...window, isFirst };
        const statistics = await thread.run(run, listener, signal);
        this.#stats[share] = statistics;
        onHeld(statistics.peakBytes);
        inbox.end(share);
      } catch (error) {
        // Those before it go on: theirs may be an error that one thread would have met before.
        this.#next = shares.length;
        inbox.fail(share, error);
      }
    }
  }

  /** Rows that came into an operator in the shares before `share`, which are ended; undefined where several have its name. */
  #rowsBefore(share: number, operator: string): number | undefined {
    let rows = 0;
    for (const statistics of this.#stats.slice(0, share)) {
      const named = statistics?.operators.filter(({ name }) => name === operator) ?? [];
      if (named.length !== 1) return undefined;
      rows += named[0]?.rowsIn ?? 0;
    }
    return rows;
  }

  async #takeAll(inbox: Inbox, lease: Holding, output: Output): Promise<void> {
    for (let page = await inbox.next(); page !== undefined; page = await inbox.next()) {
      this.#bytesReceived += page.body.byteLength;
      const demand = await this.#take(page, lease, output);
      page.thread.taken(page.body.byteLength);
      if (demand === 'done') return;
    }
  }

  async #take({ rowCount, body }: SentPage, lease: Holding, output: Output): Promise<Demand> {
    const { schema } = this.#options;
    using work = new LentRegions(lease);
    const { address } = work.allocate(body.byteLength);
    work.linear.u8.set(new Uint8Array(body), address);
    const page = { uri: NAME, page: 'of a thread', address, bodyBytes: body.byteLength, rows: rowCount, work };
    const batch = new Batch(schema, rowCount, pageColumns(schema, page));
    for (let start = 0; start < rowCount; start += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rowCount - start);
      if ((await output.push(sliceBatch(batch, start, count, work))) === 'done') return 'done';
    }
    return 'more';
  }
}

interface ReceivedPage extends SentPage {
  readonly thread: Thread;
}

/** What cannot wait until all rows before it are there. */
const isUrgent = (error: unknown): boolean =>
  error instanceof MemoryBudgetExceeded || error instanceof ThreadDied || error instanceof TaskCancelled;

/**
 * The error with its row as one thread would count it, `rowsBefore` being those that came into the operator in shares before. Errors that name
 * no row, or one of something else, stay as they are.
 */
function withRow(error: unknown, rowsBefore: (operator: string) => number | undefined): unknown {
  if (!(error instanceof MillraceError) || error.operator === undefined) return error;
  const begin = `${error.operator}, row `;
  const before = rowsBefore(error.operator);
  const [digits] = /^\d+/.exec(error.message.slice(begin.length)) ?? [];
  if (!error.message.startsWith(begin) || digits === undefined || before === undefined) return error;
  error.message = `${begin}${Number(digits) + before}${error.message.slice(begin.length + digits.length)}`;
  return error;
}

/** Pages that have arrived and were not taken. */
class Inbox {
  /** By share; where order does not matter all are the first one's. */
  readonly #pages: ReceivedPage[][];
  readonly #isEnded: boolean[];
  readonly #isOrdered: boolean;
  readonly #explained: (error: unknown, share: number) => unknown;
  #turn = 0;
  readonly #failures = new Map<number, { readonly error: unknown }>();
  #urgent: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  /** `explained` gives what is thrown for the error of a share, when those before it are ended. */
  constructor(shares: number, isOrdered: boolean, explained: (error: unknown, share: number) => unknown) {
    this.#isOrdered = isOrdered;
    this.#explained = explained;
    this.#pages = Array.from({ length: shares }, () => []);
    this.#isEnded = new Array<boolean>(shares).fill(false);
  }

  add(share: number, page: ReceivedPage): void {
    this.#pages[this.#isOrdered ? share : 0]?.push(page);
    this.#wake();
  }

  end(share: number): void {
    this.#isEnded[share] = true;
    this.#wake();
  }

  /** Of errors that can wait that of the first share counts, so that it is the same each time; of others the first. */
  fail(share: number, error: unknown): void {
    if (isUrgent(error)) this.#urgent ??= { error };
    else this.#failures.set(share, { error });
    this.#wake();
  }

  /** The next page; undefined when all have been taken and all shares are ended. @throws what a share has failed with */
  async next(): Promise<ReceivedPage | undefined> {
    for (;;) {
      if (this.#urgent !== undefined) throw this.#urgent.error;
      const page = this.#pages[this.#isOrdered ? this.#turn : 0]?.shift();
      if (page !== undefined) return page;
      const failure = this.#failures.get(this.#turn);
      if (failure !== undefined) throw this.#explained(failure.error, this.#turn);
      if (this.#isEnded[this.#turn] === true) this.#turn += 1;
      else if (this.#turn === this.#isEnded.length) return undefined;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
