/**
 * Writes one Parquet file, a row group at a time, through parquet-wasm.
 *
 *     batch ──Arrow IPC──▶ record batch in wasm ──▶ stream ──▶ encoder ──▶ stream ──▶ OutputFile
 *                                                     pulled when the row group before it is out
 *
 * The encoder is told to end a row group after every record batch, so between two calls it holds nothing but the
 * metadata of the file: a hundred open writers need hardly more of its memory than one.
 *
 * It does not report errors that happen after the first batch; it leaves the rows out. So the footer, which comes last,
 * is asked for its number of rows before the file counts as written.
 */

import assert from 'node:assert/strict';
import { Batch } from '../../columnar/batch.ts';
import { fixedWidth } from '../../columnar/data-type.ts';
import type { Schema } from '../../columnar/schema.ts';
import { SLICE_ROWS, sliceColumn } from '../../columnar/slice.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import type { EncodingMemory } from './encoding-memory.ts';
import { footerRowCount } from './footer-row-count.ts';
import { ParquetEncoder, type ParquetProperties } from './parquet-encoder.ts';
import { plainBytes } from './plain-bytes.ts';

export interface ParquetWriterOptions {
  readonly schema: Schema;
  readonly properties: ParquetProperties;
  /** Where the bytes go. The writer closes it, and leaves it open when it fails. */
  readonly file: OutputFile;
  /** Not shared with a writer that is encoding at the same time. To be disposed after the writer. */
  readonly memory: EncodingMemory;
}

export class ParquetWriter implements Disposable {
  readonly #options: ParquetWriterOptions;
  readonly #encoder: ParquetEncoder;
  #rowCount = 0;

  constructor(options: ParquetWriterOptions) {
    this.#options = options;
    this.#encoder = new ParquetEncoder(options.memory.wasm, options.properties, options.file);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /**
   * Writes the rows, any number of them, as one row group, or as several where they are more than `rowGroupBytes` of
   * plain values: what memory has been or can be reserved for, where absent. Afterwards only closing and disposing are
   * allowed if this has failed. @throws MemoryBudgetExceeded, ArithmeticOverflow
   */
  async writeRowGroup(batch: Batch, rowGroupBytes?: number): Promise<void> {
    if (batch.rowCount === 0) return;
    const { memory } = this.#options;
    const bytes = plainBytes(batch, memory.budget.linear);
    const mostBytes = rowGroupBytes ?? memory.reserveUpTo(bytes);
    if (batch.rowCount > SLICE_ROWS && bytes > mostBytes) {
      const half = Math.ceil(batch.rowCount / 2 / SLICE_ROWS) * SLICE_ROWS;
      await this.writeRowGroup(slice(batch, 0, half), mostBytes);
      await this.writeRowGroup(slice(batch, half, batch.rowCount - half), mostBytes);
      return;
    }
    await this.#encode(batch, bytes);
    this.#rowCount += batch.rowCount;
  }

  /** Writes the footer and closes the file; a writer without rows leaves a file with a schema only. */
  async close(): Promise<PendingFile> {
    const { schema, file, memory } = this.#options;
    if (!this.#encoder.begun) await this.#encode(emptyBatch(schema), 0);
    const footer = await this.#encoder.finish();
    memory.settle();
    assert.equal(footerRowCount(footer), BigInt(this.#rowCount), `parquet-wasm lost rows of ${file.path}`);
    return file.close(this.#rowCount);
  }

  [Symbol.dispose](): void {
    this.#encoder.abort();
  }

  async #encode(batch: Batch, bytes: number): Promise<void> {
    const { memory } = this.#options;
    using _reserved = memory.reserveFor(bytes);
    // Loaded on demand, as it brings apache-arrow.
    const { rowGroupIpc } = await import('./row-group-ipc.ts');
    await this.#encoder.write(await rowGroupIpc(batch, memory.budget.linear, (size) => memory.buffer(size)));
    memory.settle();
  }
}

const slice = (batch: Batch, start: number, rowCount: number): Batch =>
  new Batch(
    batch.schema,
    rowCount,
    batch.columns.map((column) => sliceColumn(column, start)),
  );

function emptyBatch(schema: Schema): Batch {
  const columns = schema.fields.map(({ type }) => {
    const width = type.kind === 'decimal' ? 16 : (fixedWidth(type) ?? 0);
    return { type, validity: 0, values: 0, bytes: 0, dictionary: undefined, width, bits: undefined };
  });
  return new Batch(schema, 0, columns);
}
