import type { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { MemoryBudget } from '../../memory/budget.ts';
import type { FileFormat, FileWriter } from '../file-format.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import { EncodingMemory } from './encoding-memory.ts';
import type { ParquetProperties } from './parquet-encoder.ts';
import { ParquetWriter } from './parquet-writer.ts';
import { plainBytes } from './plain-bytes.ts';

/** Encoding takes up to twelve times the bytes of a row group, which are reserved as it grows. */
const ROW_GROUP_SHARE = 1 / 40;
const LARGEST_ROW_GROUP_BYTES = 64 * 1024 * 1024;

/** Parquet files: what is written at once is a row group, or several where it is more than can be encoded. */
export class ParquetFormat implements FileFormat {
  readonly extension = 'parquet';
  readonly #schema: Schema;
  readonly #properties: ParquetProperties;
  readonly #memory: EncodingMemory;

  private constructor(schema: Schema, properties: ParquetProperties, memory: EncodingMemory) {
    this.#schema = schema;
    this.#properties = properties;
    this.#memory = memory;
  }

  /** Loads the encoder where it is the first. @throws MemoryBudgetExceeded */
  static async open(
    schema: Schema,
    properties: ParquetProperties,
    budget: MemoryBudget,
    owner: string,
  ): Promise<ParquetFormat> {
    const rowGroupBytes = Math.min(LARGEST_ROW_GROUP_BYTES, budget.limitBytes * ROW_GROUP_SHARE);
    return new ParquetFormat(schema, properties, await EncodingMemory.open(budget, owner, rowGroupBytes));
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
  #rowGroupBytes = 0;

  constructor(memory: EncodingMemory, writer: ParquetWriter) {
    this.#memory = memory;
    this.#writer = writer;
  }

  prepare(batch: Batch): void {
    this.#rowGroupBytes = this.#memory.reserveUpTo(plainBytes(batch, this.#memory.budget.linear));
  }

  write(batch: Batch): Promise<void> {
    return this.#writer.writeRowGroup(batch, this.#rowGroupBytes);
  }

  close(): Promise<PendingFile> {
    return this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }
}
