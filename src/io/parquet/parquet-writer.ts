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
import { MemoryBudgetExceeded } from '../../errors.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import { footerRowCount } from './footer-row-count.ts';
import { type ParquetCompression, ParquetEncoder } from './parquet-encoder.ts';
import { type ParquetWasmUse, useParquetWasm } from './parquet-wasm.ts';
import { plainBytes } from './plain-bytes.ts';

export interface ParquetWriterOptions {
  readonly schema: Schema;
  readonly compression: ParquetCompression;
  /** Where the bytes go. The writer closes it, and leaves it open when it fails. */
  readonly file: OutputFile;
  readonly memory: MemoryBudget;
  /** Who needs the memory, for errors. */
  readonly owner: string;
  /** Larger row groups are cut; by the bytes of their plain values. */
  readonly rowGroupBytes: number;
}

/** Peak of the encoder per byte of a row group, measured between 3 and 20 MB; it falls as row groups grow. */
const WASM_BYTES_PER_BYTE = 6;
/** The row group decoded, and as Arrow IPC. */
const OWN_BYTES_PER_BYTE = 2;
/** Dictionaries, pages and schema, however few the rows. */
const FIXED_BYTES = 256 * 1024;

export class ParquetWriter implements Disposable {
  readonly #options: ParquetWriterOptions;
  readonly #wasm: ParquetWasmUse;
  readonly #holding: Holding;
  readonly #encoder: ParquetEncoder;
  #rowCount = 0;

  private constructor(options: ParquetWriterOptions, wasm: ParquetWasmUse) {
    this.#options = options;
    this.#wasm = wasm;
    this.#holding = options.memory.reserve(options.owner);
    this.#encoder = new ParquetEncoder(wasm.wasm, options.compression, options.file);
  }

  /** Loads the encoder where it is the first. @throws MemoryBudgetExceeded */
  static async open(options: ParquetWriterOptions): Promise<ParquetWriter> {
    return new ParquetWriter(options, await useParquetWasm(options.memory));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /**
   * Writes the rows, any number of them, as one row group, or as several where they are too large for one. Afterwards
   * only closing and disposing are allowed if this has failed. @throws MemoryBudgetExceeded, ArithmeticOverflow
   */
  async writeRowGroup(batch: Batch): Promise<void> {
    if (batch.rowCount === 0) return;
    const bytes = plainBytes(batch, this.#holding.linear);
    if (bytes > this.#options.rowGroupBytes && batch.rowCount > SLICE_ROWS) {
      const half = Math.ceil(batch.rowCount / 2 / SLICE_ROWS) * SLICE_ROWS;
      await this.writeRowGroup(slice(batch, 0, half));
      await this.writeRowGroup(slice(batch, half, batch.rowCount - half));
      return;
    }
    await this.#encode(batch, bytes);
    this.#rowCount += batch.rowCount;
  }

  /** Writes the footer and closes the file; a writer without rows leaves a file with a schema only. */
  async close(): Promise<PendingFile> {
    const { schema, file } = this.#options;
    if (!this.#encoder.begun) await this.#encode(emptyBatch(schema), 0);
    const footer = await this.#encoder.finish();
    this.#wasm.settle();
    assert.equal(footerRowCount(footer), BigInt(this.#rowCount), `parquet-wasm lost rows of ${file.path}`);
    return file.close(this.#rowCount);
  }

  [Symbol.dispose](): void {
    this.#encoder.abort();
    this.#holding[Symbol.dispose]();
    this.#wasm[Symbol.dispose]();
  }

  async #encode(batch: Batch, bytes: number): Promise<void> {
    const { owner, memory } = this.#options;
    const wasmBytes = bytes * WASM_BYTES_PER_BYTE + FIXED_BYTES;
    if (!this.#wasm.tryPrepare(wasmBytes)) {
      throw new MemoryBudgetExceeded(`${owner}, encoding ${batch.rowCount} rows,`, wasmBytes, 0, memory.limitBytes);
    }
    const ownBytes = bytes * OWN_BYTES_PER_BYTE + FIXED_BYTES;
    this.#holding.grow(ownBytes);
    try {
      // Loaded on demand, as it brings apache-arrow.
      const { rowGroupIpc } = await import('./row-group-ipc.ts');
      await this.#encoder.write(rowGroupIpc(batch, this.#holding.linear));
    } finally {
      this.#holding.shrink(ownBytes);
    }
    this.#wasm.settle();
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
