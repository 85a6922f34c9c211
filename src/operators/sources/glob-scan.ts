/**
 * The objects that globs match, as rows: in the order of their uris, each once.
 *
 *     s3://lake/a/*      │ a/1 │ a/3 │ …
 *     s3://lake/?/1      │ a/1 │ b/1 │ …     ──least first──▶  a/1  a/3  b/1        listings are in order already
 */

import { BATCH_ROWS } from '../../columnar/batch.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { listGlobs } from '../../io/glob.ts';
import type { ObjectInfo, ObjectStore } from '../../io/object-store.ts';
import type { Counters, Output, Source, SourceRun, TaskContext } from '../operator.ts';
import { pushLeased } from './leased-values.ts';

const NAME = 'GlobScan';

export interface GlobScanOptions {
  /** The uri of an object, `path`, its `size` in bytes, `num_rows`, which a listing does not know. */
  readonly schema: Schema;
  readonly store: ObjectStore;
  readonly globs: readonly string[];
  /** At most so many rows. */
  readonly limit?: number | undefined;
}

/** Lists objects. Where none matches there are no rows. Names that begin with `_` or `.` are hidden, as `io/glob.ts` says. */
export function globScan(options: GlobScanOptions): Source {
  return { role: 'source', name: NAME, schema: options.schema, open: (task) => new GlobScanRun(options, task) };
}

/** Characters of the uris of one batch, about. */
const BATCH_CHARACTERS = 256 * 1024;
/** Of V8's heap: what is known of an object beside its uri, and each character of that. */
const OBJECT_BYTES = 240;
const CHARACTER_BYTES = 2;
/** The share of the budget that may be known before it is pushed; the columns made of it take about as much. */
const HELD_SHARE = 8;

class GlobScanRun implements SourceRun {
  readonly #options: GlobScanOptions;
  readonly #task: TaskContext;
  #listed = 0;

  constructor(options: GlobScanOptions, task: TaskContext) {
    this.#options = options;
    this.#task = task;
  }

  /** @throws InvalidArgument for what is no glob; MemoryBudgetExceeded */
  async run(output: Output): Promise<void> {
    const { store, globs, limit = Number.POSITIVE_INFINITY } = this.#options;
    if (limit === 0) return;
    using held = this.#task.memory.reserve(NAME);
    const mostBytes = this.#task.memory.limitBytes / HELD_SHARE;
    let found: ObjectInfo[] = [];
    let characters = 0;
    for await (const info of listGlobs(store, globs, { signal: this.#task.signal })) {
      const bytes = OBJECT_BYTES + info.uri.length * CHARACTER_BYTES;
      const isFull =
        found.length === BATCH_ROWS || characters >= BATCH_CHARACTERS || held.heldBytes + bytes > mostBytes;
      if (isFull || !held.tryGrow(bytes)) {
        if ((await this.#push(found, output)) === 'done') return;
        [found, characters] = [[], 0];
        held.release();
        held.grow(bytes);
      }
      found.push(info);
      characters += info.uri.length;
      this.#listed += 1;
      if (this.#listed === limit) break;
    }
    await this.#push(found, output);
  }

  counters(): Counters {
    return { 'objects listed': this.#listed };
  }

  [Symbol.dispose](): void {}

  #push(found: readonly ObjectInfo[], output: Output): ReturnType<typeof pushLeased> {
    const value = (row: number, { name }: Field): Value => {
      const info = found[row] as ObjectInfo;
      if (name === 'num_rows') return null;
      return name === 'path' ? info.uri : BigInt(info.size);
    };
    return pushLeased({ name: NAME, schema: this.#options.schema, rowCount: found.length, value }, output, this.#task);
  }
}
