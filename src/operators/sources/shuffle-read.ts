import type { Schema } from '../../columnar/schema.ts';
import { MalformedFile } from '../../errors.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../../io/in-parallel.ts';
import type { ObjectStore } from '../../io/object-store.ts';
import type { PageRange } from '../../io/shuffle/shuffle-format.ts';
import {
  readShuffleIndex,
  type ShuffleCosts,
  type ShufflePiece,
  shuffleBatches,
} from '../../io/shuffle/shuffle-reader.ts';
import { redactUri } from '../../io/uri.ts';
import type { Counters, Output, Source, SourceRun, TaskContext } from '../operator.ts';

/** Rows of one partition in one shuffle object. */
interface PieceToRead {
  readonly uri: string;
  /** Pins the version; where absent, the one found first. */
  readonly etag?: string | undefined;
  /** Where its pages are, as the index has it, or which partition to look up there. */
  readonly ranges?: readonly (Omit<PageRange, 'skip'> & { readonly skip?: number | undefined })[] | undefined;
  readonly partition?: number | undefined;
}

export interface ShuffleReadOptions {
  readonly store: ObjectStore;
  /** Of all pieces. */
  readonly schema: Schema;
  readonly pieces: readonly PieceToRead[];
}

/** Reads pieces of what other tasks have partitioned, in order: rows of a piece come as they were written. */
export function shuffleRead(options: ShuffleReadOptions): Source {
  return {
    role: 'source',
    name: 'ShuffleRead',
    schema: options.schema,
    open: (task) => new ShuffleReadRun(options, task),
  };
}

class ShuffleReadRun implements SourceRun {
  readonly #options: ShuffleReadOptions;
  readonly #task: TaskContext;
  readonly #costs: ShuffleCosts = { bytesRead: 0, requests: 0, pages: 0 };

  constructor(options: ShuffleReadOptions, task: TaskContext) {
    this.#options = options;
    this.#task = task;
  }

  async run(output: Output): Promise<void> {
    const { memory: budget, signal } = this.#task;
    const { store, schema } = this.#options;
    const pieces = await inParallel(this.#options.pieces, REQUESTS_AT_ONCE, (piece) => this.#located(piece));
    const request = { store, budget, signal, schema, pieces, costs: this.#costs };
    for await (const batch of shuffleBatches(request)) {
      signal.throwIfAborted();
      if ((await output.push(batch)) === 'done') return;
    }
  }

  counters(): Counters {
    const { bytesRead, requests, pages } = this.#costs;
    return { 'bytes read': bytesRead, requests, 'pages read': pages };
  }

  [Symbol.dispose](): void {}

  async #located({ uri, etag, ranges, partition = 0 }: PieceToRead): Promise<ShufflePiece> {
    if (ranges !== undefined) {
      return { uri, etag, ranges: ranges.map((range) => ({ ...range, skip: range.skip ?? 0 })) };
    }
    const { memory: budget, signal } = this.#task;
    const { store, schema } = this.#options;
    const index = await readShuffleIndex({ store, budget, signal, schema, costs: this.#costs }, uri, etag);
    const found = index.partitions[partition];
    if (found !== undefined) return { uri, etag: index.etag, ranges: found };
    const detail = `it has ${index.partitions.length} partitions, and none with the number ${partition}`;
    throw new MalformedFile(redactUri(uri), detail);
  }
}
