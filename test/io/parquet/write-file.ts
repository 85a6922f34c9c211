/** Files of our own writer, in memory. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { batchFromRows } from '../../../src/columnar/column-from-values.ts';
import type { Schema } from '../../../src/columnar/schema.ts';
import type { OutputFile, PendingFile } from '../../../src/io/output-files.ts';
import { EncodingMemory } from '../../../src/io/parquet/encoding-memory.ts';
import type {
  ParquetColumnProperties,
  ParquetCompression,
  ParquetProperties,
} from '../../../src/io/parquet/parquet-properties.ts';
import { ParquetWriter } from '../../../src/io/parquet/parquet-writer.ts';
import type { MemoryBudget } from '../../../src/memory/budget.ts';
import { expectAllReturned, type Row, testBudget } from '../../support/task.ts';

const MiB = 1024 * 1024;

/** A file whose bytes are kept, copied as the contract says. */
export class KeptFile implements OutputFile {
  readonly path = 'part.parquet';
  readonly chunks: Uint8Array[] = [];
  get size(): number {
    return this.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.concat(this.chunks));
  }
  async write(bytes: Uint8Array): Promise<void> {
    this.chunks.push(bytes.slice());
    await new Promise((resolve) => setImmediate(resolve));
  }
  async close(rows: number): Promise<PendingFile> {
    return { path: this.path, uploadId: 'u', parts: [], size: this.size, rows, crc32: '00000000', partition: {} };
  }
}

export interface WriteOptions {
  readonly compression?: ParquetCompression;
  readonly level?: number;
  readonly columns?: readonly ParquetColumnProperties[];
  readonly slotCount?: number;
  readonly dictionary?: boolean;
  readonly memory?: MemoryBudget;
}

let paths = 0;

/** A path in `directory` that no file has had: DuckDB remembers what it has read of one. */
export const freshPath = (directory: string): string => join(directory, `written-${paths++}.parquet`);

export const encodingMemory = (budget: MemoryBudget, of: Schema, properties: ParquetProperties): EncodingMemory =>
  new EncodingMemory({ budget, owner: 'Write', schema: of, properties, rowGroupBytes: 16 * MiB });

/** Writes each of `groups` as a row group. */
export async function writeGroups(
  of: Schema,
  groups: readonly (readonly Row[])[],
  options: WriteOptions = {},
): Promise<KeptFile> {
  const { compression = 'snappy', dictionary = false, memory = testBudget(256 * MiB) } = options;
  const file = new KeptFile();
  {
    const properties = { compression, level: options.level, columns: options.columns };
    using encoding = encodingMemory(memory, of, properties);
    using writer = new ParquetWriter({ schema: of, properties, file, memory: encoding });
    using holding = memory.reserve('test');
    for (const rows of groups) {
      const forms = of.fields.map(() => ({ dictionary }));
      await writer.writeRowGroup(batchFromRows(holding, of, rows, forms), options.slotCount);
    }
    const pending = await writer.close();
    expect(pending.rows).toBe(groups.flat().length);
  }
  expectAllReturned(memory);
  return file;
}
