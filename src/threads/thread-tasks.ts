/** A thread that runs shares, one after the other: each as a task of its own, whose rows it sends away page by page. */

import { parentPort } from 'node:worker_threads';
import { executeTask } from '../execute-task.ts';
import { deskStore } from '../io/desk-store.ts';
import { collectGarbage, forgetLinearMemory } from '../memory/process-memory.ts';
import { PageSender } from './page-sender.ts';
import type { SentPage, ShareRun, ThreadReply, ThreadRequest } from './thread-messages.ts';
import { thrownError } from './thrown-error.ts';

const store = deskStore();
/** More than this part of its memory a share must not find grown: it is given back, which takes some 20 ms with what has to be had anew. */
const KEPT_PART = 2;
let running: RunningShare | undefined;

parentPort?.on('message', (request: ThreadRequest) => {
  switch (request.kind) {
    case 'run':
      void run(request);
      break;
    case 'taken':
      running?.taken(request.bytes);
      break;
    case 'abort':
      running?.abort();
  }
});

reply({ kind: 'ready' });

function reply(message: ThreadReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}

async function run(share: ShareRun): Promise<void> {
  const own = new RunningShare(share);
  running = own;
  if (share.isFirst && forgetLinearMemory(share.memoryBytes / KEPT_PART)) collectGarbage('major');
  try {
    const { statistics } = await executeTask(share.task, {
      store,
      memoryBytes: share.memoryBytes,
      signal: own.signal,
      openSink: (memory, schema) => new PageSender(memory, schema, share.pageBytes, (page) => own.send(page)),
      onProgress: (figures) => reply({ kind: 'progress', statistics: figures }),
    });
    reply({ kind: 'done', statistics });
  } catch (error) {
    reply({ kind: 'failed', error: thrownError(error) });
  }
}

class RunningShare {
  readonly #windowBytes: number;
  readonly #abort: AbortController = new AbortController();
  #underWayBytes = 0;
  #wake: () => void = () => {};

  constructor({ windowBytes }: ShareRun) {
    this.#windowBytes = windowBytes;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Sends a page as soon as there is room for it: a page that is larger than all of it, when nothing else is under way. */
  async send({ rowCount, body }: SentPage): Promise<void> {
    const { byteLength } = body;
    while (this.#underWayBytes > 0 && this.#underWayBytes + byteLength > this.#windowBytes) {
      this.signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.signal.throwIfAborted();
    this.#underWayBytes += byteLength;
    reply({ kind: 'page', rowCount, body }, [body]);
  }

  taken(bytes: number): void {
    this.#underWayBytes -= bytes;
    this.#wake();
  }

  abort(): void {
    this.#abort.abort();
    this.#wake();
  }
}
