/**
 * What `repartition`, `into-partitions` and `gather` have in common: the shuffle object of a run, the memory that writing
 * it takes, and the rows that tell of it.
 */

import { BATCH_ROWS } from '../../columnar/batch.ts';
import { batchFromRows } from '../../columnar/column-from-values.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import type { OutputFiles } from '../../io/output-files.ts';
import type { PageCodec, PageRange } from '../../io/shuffle/shuffle-format.ts';
import { pieceRow, SHUFFLE_RESULT } from '../../io/shuffle/shuffle-result.ts';
import { ShuffleWriter } from '../../io/shuffle/shuffle-writer.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Counters, Output, TaskContext } from '../operator.ts';

export interface ShuffleOptions {
  readonly input: Schema;
  readonly codec: PageCodec;
  /** The objects of the task's attempt. Whoever made them aborts those that a failed run leaves open. */
  readonly files: (task: TaskContext) => OutputFiles;
}

/** An object that is closed, and not completed yet. */
interface ClosedObject {
  readonly path: string;
  readonly partitions: readonly (readonly PageRange[])[];
}

const LEAST_PAGE_BYTES = 16 * 1024;
const MOST_PAGE_BYTES = 1024 * 1024;
const PAGE_SHARE = 1 / 64;
/** Of the upload: a part, the buffer that it grows from, and the first one of the next part. */
const MOST_UPLOAD_BYTES = 12 * 1024 * 1024 + 64 * 1024;
const UPLOAD_SHARE = 1 / 10;

/** The object of one run: begun with its first rows. */
export class ShuffleOutput implements Disposable {
  readonly #options: ShuffleOptions;
  readonly #files: OutputFiles;
  readonly #holding: Holding;
  /** Nothing uses these bytes: they are there to be given up while pages are written. */
  readonly #room: Holding;
  readonly #pageBytes: number;
  readonly #uploadBytes: number;
  #writer: ShuffleWriter | undefined;

  constructor(options: ShuffleOptions, owner: string, task: TaskContext) {
    const { limitBytes } = task.memory;
    this.#options = options;
    this.#pageBytes = Math.min(MOST_PAGE_BYTES, Math.max(LEAST_PAGE_BYTES, Math.floor(limitBytes * PAGE_SHARE)));
    this.#uploadBytes = Math.floor(Math.min(MOST_UPLOAD_BYTES, limitBytes * UPLOAD_SHARE));
    this.#holding = task.memory.reserve(owner);
    this.#room = task.memory.reserve(`${owner}, uploads`);
    try {
      this.#files = options.files(task);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get rowCount(): number {
    return this.#writer?.rowCount ?? 0;
  }

  get pageCount(): number {
    return this.#writer?.pageCount ?? 0;
  }

  /** Pages of partition `partition` so far. */
  pagesOf(partition: number): readonly PageRange[] {
    return this.#writer?.pagesOf(partition) ?? [];
  }

  async writer(): Promise<ShuffleWriter> {
    if (this.#writer !== undefined) return this.#writer;
    const { input, codec } = this.#options;
    const file = await this.#files.create({}, 'shuffle');
    const options = { schema: input, codec, pageBytes: this.#pageBytes, file, holding: this.#holding };
    this.#writer = new ShuffleWriter(options);
    return this.#writer;
  }

  async flush(): Promise<void> {
    await this.#writer?.flush();
  }

  /** Keeps what writing pages takes free, as far as there is memory. */
  keepRoom(): void {
    if (this.#room.heldBytes > 0) return;
    this.#room.tryAllocate(4 * this.#pageBytes);
    this.#room.tryGrow(this.#uploadBytes + 2 * this.#pageBytes);
  }

  giveRoom(): void {
    this.#room.release();
  }

  async close(partitions: readonly (readonly PageRange[])[]): Promise<ClosedObject> {
    this.giveRoom();
    const { path } = await (await this.writer()).close(partitions);
    return { path, partitions };
  }

  [Symbol.dispose](): void {
    this.#writer?.[Symbol.dispose]();
    this.#room[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}

export function shuffleCounters(outputs: readonly ShuffleOutput[]): Counters {
  return { 'pages written': outputs.reduce((pages, { pageCount }) => pages + pageCount, 0) };
}

/** Pushes the rows that tell where each partition is. */
export async function pushPieces(
  objects: readonly ClosedObject[],
  partitions: number,
  output: Output,
  { memory }: TaskContext,
  owner: string,
): Promise<void> {
  let rows: Value[][] = [];
  const push = async (): Promise<boolean> => {
    using holding = memory.reserve(owner);
    const demand = await output.push(batchFromRows(holding, SHUFFLE_RESULT, rows));
    rows = [];
    return demand === 'done';
  };
  for (let partition = 0; partition < partitions; partition += 1) {
    const withRows = objects.filter((object) => (object.partitions[partition] ?? []).length > 0);
    for (const { path, partitions: ranges } of withRows.length > 0 ? withRows : objects.slice(0, 1)) {
      rows.push(pieceRow(partition, path, ranges[partition] ?? []));
    }
    if (rows.length >= BATCH_ROWS / 4 && (await push())) return;
  }
  if (rows.length > 0) await push();
}
