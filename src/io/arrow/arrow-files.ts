/**
 * Arrow IPC files and streams, one record batch at a time: buffers go from linear memory into the upload, and an open file
 * keeps no more than where its batches lie.
 */

import { AsyncByteQueue, RecordBatchFileWriter, RecordBatchStreamWriter, type RecordBatchWriter } from 'apache-arrow';
import { toArrow } from '../../columnar/arrow.ts';
import { Batch } from '../../columnar/batch.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { FileFormat, FileWriter } from '../file-format.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import { plainBytes } from '../parquet/plain-bytes.ts';

/** A file has an index of its batches at the end, a stream can be read as it comes. */
export type ArrowContainer = 'file' | 'stream';

/** Of the budget: a record batch is not larger. */
const BATCH_SHARE = 1 / 16;
/** Headers of a record batch and what the writer remembers of it. */
const MESSAGE_BYTES = 64 * 1024;

export class ArrowFiles implements FileFormat {
  readonly extension: string;
  readonly #schema: Schema;
  readonly #container: ArrowContainer;
  readonly #holding: Holding;
  readonly #mostBytes: number;

  constructor(schema: Schema, container: ArrowContainer, budget: MemoryBudget, owner: string) {
    this.extension = container === 'file' ? 'arrow' : 'arrows';
    this.#schema = schema;
    this.#container = container;
    this.#holding = budget.reserve(owner);
    this.#mostBytes = budget.limitBytes * BATCH_SHARE;
  }

  tryReserve(bytes: number): boolean {
    return bytes <= this.#mostBytes;
  }

  open(file: OutputFile): FileWriter {
    return new ArrowFileWriter(this.#schema, this.#container, this.#holding, file);
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}

/** Takes what Arrow's writer writes, instead of keeping it. */
class Sink extends AsyncByteQueue {
  readonly #pieces: Uint8Array[] = [];

  override write(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  take(): Uint8Array[] {
    return this.#pieces.splice(0);
  }
}

class ArrowFileWriter implements FileWriter {
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #file: OutputFile;
  readonly #sink: Sink = new Sink();
  readonly #writer: RecordBatchWriter;
  #rowCount = 0;

  constructor(schema: Schema, container: ArrowContainer, holding: Holding, file: OutputFile) {
    this.#schema = schema;
    this.#holding = holding;
    this.#file = file;
    this.#writer = container === 'file' ? new RecordBatchFileWriter() : new RecordBatchStreamWriter();
    this.#writer.reset(this.#sink);
  }

  prepare(): void {}

  async write(batch: Batch): Promise<void> {
    const { linear } = this.#holding;
    // Dictionaries become plain: a file has one schema for all of its batches.
    const bytes = plainBytes(batch, linear) + MESSAGE_BYTES;
    this.#holding.grow(bytes);
    try {
      this.#writer.write(toArrow(batch, linear, { dictionaries: 'decode' }));
      await this.#pass();
    } finally {
      this.#holding.shrink(bytes);
    }
    this.#rowCount += batch.rowCount;
  }

  async close(): Promise<PendingFile> {
    if (this.#rowCount === 0) await this.#writeEmpty();
    this.#writer.finish();
    await this.#pass();
    return this.#file.close(this.#rowCount);
  }

  [Symbol.dispose](): void {}

  async #writeEmpty(): Promise<void> {
    using scratch = this.#holding.budget.reserve(this.#holding.owner);
    const columns = this.#schema.fields.map(({ type }) => columnFromValues(scratch, type, []));
    await this.write(new Batch(this.#schema, 0, columns));
  }

  async #pass(): Promise<void> {
    for (const piece of this.#sink.take()) await this.#file.write(piece);
  }
}
