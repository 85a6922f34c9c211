import type { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { MemoryBudget } from '../../memory/budget.ts';
import type { FileFormat, FileWriter } from '../file-format.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import { EncodingMemory, mostSlots } from './encoding-memory.ts';
import type { ParquetProperties } from './parquet-properties.ts';
import { ParquetWriter } from './parquet-writer.ts';

/** Rows that are collected are a quarter of the budget at most, all partitions together. */
const ROW_GROUP_SHARE = 1 / 8;
const LARGEST_ROW_GROUP_BYTES = 128 * 1024 * 1024;

/** Parquet files: what is written at once is a row group, or several where it is more than can be encoded. */
export class ParquetFormat implements FileFormat {
  readonly extension = 'parquet';
  readonly #schema: Schema;
  readonly #properties: ParquetProperties;
  readonly #memory: EncodingMemory;

  /** @throws MemoryBudgetExceeded */
  constructor(schema: Schema, properties: ParquetProperties, budget: MemoryBudget, owner: string) {
    const rowGroupBytes = Math.min(LARGEST_ROW_GROUP_BYTES, budget.limitBytes * ROW_GROUP_SHARE);
    this.#schema = schema;
    this.#properties = properties;
    this.#memory = new EncodingMemory({ budget, owner, schema, properties, rowGroupBytes });
  }

  tryReserve(bytes: number): boolean {
    return this.#memory.tryReserve(bytes);
  }

  open(file: OutputFile): FileWriter {
    const [schema, properties, memory] = [this.#schema, this.#properties, this.#memory];
    return new ParquetFileWriter(memory, new ParquetWriter({ schema, properties, file, memory }));
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}

class ParquetFileWriter implements FileWriter {
  readonly #memory: EncodingMemory;
  readonly #writer: ParquetWriter;
  #slotCount = 0;

  constructor(memory: EncodingMemory, writer: ParquetWriter) {
    this.#memory = memory;
    this.#writer = writer;
  }

  prepare(batch: Batch): void {
    this.#slotCount = this.#memory.reserveSlots(mostSlots(batch.columns, batch.rowCount, this.#memory.linear));
  }

  write(batch: Batch): Promise<void> {
    return this.#writer.writeRowGroup(batch, this.#slotCount);
  }

  close(): Promise<PendingFile> {
    return this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }
}
