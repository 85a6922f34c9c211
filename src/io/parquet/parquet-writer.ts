/**
 * Writes one Parquet file, a row group at a time, a column chunk at a time, a page at a time:
 *
 *     batch ──▶ │ column chunk │ column chunk │ … ──pages──▶ OutputFile       nothing of them is kept
 *                                             └──places and bounds──▶ footer  written last
 *
 * So a hundred open writers need hardly more memory than one: what it takes to encode is in `EncodingMemory`, which they share.
 */

import { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import { SLICE_ROWS, sliceColumn } from '../../columnar/slice.ts';
import type { Holding } from '../../memory/budget.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import { type WrittenChunk, writeChunk } from './chunk-writer.ts';
import { type EncodingMemory, mostSlots } from './encoding-memory.ts';
import { fileEnd, type WrittenRowGroup } from './file-metadata.ts';
import { type ChunkProperties, chunkProperties, type ParquetProperties } from './parquet-properties.ts';
import { needsArrowSchema, type WrittenSchema, writtenSchema } from './written-schema.ts';

export interface ParquetWriterOptions {
  readonly schema: Schema;
  readonly properties: ParquetProperties;
  /** Where the bytes go. The writer closes it, and leaves it open when it fails. */
  readonly file: OutputFile;
  /** Not shared with a writer that is encoding at the same time. To be disposed after the writer. */
  readonly memory: EncodingMemory;
}

/** What the metadata of a chunk takes until the footer is written, and of a page. */
const CHUNK_BYTES = 768;
const PAGE_RECORD_BYTES = 512;
const MAGIC = new TextEncoder().encode('PAR1');

export class ParquetWriter implements Disposable {
  readonly #options: ParquetWriterOptions;
  readonly #schema: WrittenSchema;
  readonly #properties: readonly ChunkProperties[];
  readonly #records: Holding;
  readonly #rowGroups: WrittenRowGroup[] = [];
  #rowCount = 0;

  constructor(options: ParquetWriterOptions) {
    const { schema, properties, memory } = options;
    this.#options = options;
    this.#schema = writtenSchema(schema);
    this.#properties = schema.fields.map(({ name }) => chunkProperties(properties, name));
    this.#records = memory.budget.reserve('Write, footers');
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /**
   * Writes the rows, any number of them, as one row group, or as several where they have more slots than `slotCount`: what
   * memory has been or can be reserved for, where absent. Afterwards only closing and disposing are allowed if this has
   * failed. @throws MemoryBudgetExceeded, ArithmeticOverflow, InvalidValue
   */
  async writeRowGroup(batch: Batch, slotCount?: number): Promise<void> {
    if (batch.rowCount === 0) return;
    const { memory } = this.#options;
    const wanted = mostSlots(batch.columns, batch.rowCount, memory.linear);
    const most = slotCount ?? memory.reserveSlots(wanted);
    if (batch.rowCount > SLICE_ROWS && wanted > most) {
      const half = Math.ceil(batch.rowCount / 2 / SLICE_ROWS) * SLICE_ROWS;
      await this.writeRowGroup(slice(batch, 0, half), most);
      await this.writeRowGroup(slice(batch, half, batch.rowCount - half), most);
      return;
    }
    await this.#write(batch);
    this.#rowCount += batch.rowCount;
  }

  async #write({ columns, rowCount }: Batch): Promise<void> {
    const { memory, file } = this.#options;
    if (file.size === 0) await file.write(MAGIC);
    const chunks: WrittenChunk[] = [];
    for (const leaf of this.#schema.leaves) {
      const [column, properties] = [columns[leaf.column], this.#properties[leaf.column]];
      if (column === undefined || properties === undefined) continue;
      const chunk = await writeChunk(memory, file, leaf, properties, column, rowCount);
      this.#records.grow(CHUNK_BYTES + chunk.pages.length * PAGE_RECORD_BYTES);
      chunks.push(chunk);
    }
    this.#rowGroups.push({ rowCount, chunks });
  }

  /** Writes the footer and closes the file; a writer without rows leaves a file with a schema only. */
  async close(): Promise<PendingFile> {
    const { schema, file } = this.#options;
    if (file.size === 0) await file.write(MAGIC);
    const isForArrow = schema.fields.some(({ type }) => needsArrowSchema(type));
    const arrowSchema = isForArrow ? await (await import('./arrow-schema-text.ts')).arrowSchemaText(schema) : undefined;
    await file.write(fileEnd(this.#schema, this.#rowGroups, file.size, arrowSchema));
    const pending = await file.close(this.#rowCount);
    this[Symbol.dispose]();
    return pending;
  }

  [Symbol.dispose](): void {
    this.#rowGroups.length = 0;
    this.#records[Symbol.dispose]();
  }
}

const slice = (batch: Batch, start: number, rowCount: number): Batch =>
  new Batch(
    batch.schema,
    rowCount,
    batch.columns.map((column) => sliceColumn(column, start)),
  );
