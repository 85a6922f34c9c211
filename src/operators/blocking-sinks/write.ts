/**
 * Writes its input into files, by partition, and emits one row per file.
 *
 *     batch ──route──▶ partition a  │ rows collected │ ──full──▶ row group ──▶ the partition's open file
 *                      partition b  │ rows │
 *
 * Rows are collected per partition until they make a row group. All of them share one reservation: when it cannot grow,
 * or all partitions together hold more than their share, the largest is written out early. What encoding takes is
 * reserved before the first row is collected, so writing out is always possible. A file is closed when it has reached
 * the target size; the largest is when too many are open, since every open file has an upload buffer.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import { batchFromRows } from '../../columnar/column-from-values.ts';
import { int64, utf8 } from '../../columnar/data-type.ts';
import { type Field, field, type Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { MemoryBudgetExceeded } from '../../errors.ts';
import { valueToJson } from '../../expressions/literal.ts';
import type { ArrowContainer } from '../../io/arrow/arrow-files.ts';
import type { FileFormat } from '../../io/file-format.ts';
import { OpenFiles, type PartitionValues } from '../../io/open-files.ts';
import type { OutputFiles, PendingFile } from '../../io/output-files.ts';
import type { ParquetProperties } from '../../io/parquet/parquet-properties.ts';
import type { CsvOptions, JsonOptions, TextCompression } from '../../io/text/text-files.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { Region } from '../../memory/linear-memory.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import { RowRouter } from '../../state/row-router.ts';
import type { BlockingRun, BlockingSink, Counters, Demand, Output, TaskContext } from '../operator.ts';

/** What files are written, and how. */
export type FileKind =
  | (ParquetProperties & { readonly kind: 'parquet' })
  | { readonly kind: 'arrow'; readonly container: ArrowContainer }
  | ((CsvOptions | JsonOptions) & { readonly compression: TextCompression });

export interface WriteOptions {
  readonly input: Schema;
  /** Positions of columns that become directories and leave the files; not all of them. */
  readonly partitionBy: readonly number[];
  readonly format: FileKind;
  /** A file is closed as soon as it is as large. */
  readonly targetFileBytes: number;
  readonly rowGroupRows: number;
  /** Where no row comes in, whether a file with the schema alone is written. Never with partitions. */
  readonly emptyFile: boolean;
  /** The files of the task's attempt. Whoever made them aborts those that a failed run leaves open. */
  readonly files: (task: TaskContext) => OutputFiles;
}

/** Shares of the budget. */
const COLLECTED_SHARE = 1 / 4;
const UPLOAD_SHARE = 1 / 8;
/** What is remembered of every partition, beside its rows: its values, and the buffers of its columns as objects. */
const PARTITION_BYTES = 1024;
const PARTITION_COLUMN_BYTES = 512;

/** Emits path, rows and bytes of each file, in order of closing, and its partition values as text. */
export function write(options: WriteOptions): BlockingSink {
  const { input, partitionBy } = options;
  const partitionFields = partitionBy.map((index): Field => {
    const partitionField = input.fields[index];
    assert.ok(partitionField !== undefined);
    return partitionField;
  });
  const fileFields = input.fields.filter((_, index) => !partitionBy.includes(index));
  const results = [field('path', utf8, false), field('rows', int64, false), field('bytes', int64, false)];
  const schema = { fields: [...results, ...partitionFields.map(({ name }) => field(name, utf8))] };
  const layout = { schema, partitionFields, fileSchema: { fields: fileFields } };
  return { role: 'blocking-sink', name: 'Write', schema, open: (task) => new WriteRun(options, layout, task) };
}

/** What follows from the options. */
interface Layout {
  readonly schema: Schema;
  readonly partitionFields: readonly Field[];
  readonly fileSchema: Schema;
}

/** The rows of one partition that are not written yet. */
interface Partition {
  readonly id: number;
  readonly values: PartitionValues;
  rows: RowBuffer;
}

/** What is opened with the first row. */
interface Encoding {
  readonly format: FileFormat;
  readonly files: OpenFiles;
}

class WriteRun implements BlockingRun {
  readonly #options: WriteOptions;
  readonly #layout: Layout;
  readonly #files: OutputFiles;
  readonly #task: TaskContext;
  readonly #holding: Holding;
  readonly #partitionRecords: Holding;
  readonly #router: RowRouter | undefined;
  /** By id of the router. */
  readonly #partitions: Partition[] = [];
  /** Of other runs that were combined with this one. */
  readonly #others: PendingFile[] = [];
  #encoding: Encoding | undefined;
  #rowNumbers: Region | undefined;
  #rowGroups = 0;

  constructor(options: WriteOptions, layout: Layout, task: TaskContext) {
    this.#options = options;
    this.#layout = layout;
    this.#task = task;
    this.#holding = task.memory.reserve('Write');
    this.#partitionRecords = task.memory.reserve('Write, records of partitions');
    try {
      this.#files = options.files(task);
      const keyTypes = layout.partitionFields.map(({ type }) => type);
      if (keyTypes.length > 0) this.#router = new RowRouter(keyTypes, this.#holding);
    } catch (error) {
      this.#partitionRecords[Symbol.dispose]();
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch): Promise<Demand> {
    if (batch.rowCount === 0) return 'more';
    const { partitionBy } = this.#options;
    const { fileSchema } = this.#layout;
    const columns = batch.columns.filter((_, index) => !partitionBy.includes(index));
    const rows = new Batch(fileSchema, batch.rowCount, columns);
    if (this.#router === undefined) {
      await this.#collect(this.#partition(0), rows, 0, batch.rowCount);
      return 'more';
    }
    const keys = partitionBy.map((index) => {
      const column = batch.columns[index];
      assert.ok(column !== undefined);
      return column;
    });
    for (const { id, rows: numbers, count } of this.#router.route(keys, batch.rowCount)) {
      await this.#collect(this.#partition(id), rows, numbers, count);
    }
    return 'more';
  }

  /** Closes the files of `other`: runs do not share files. */
  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof WriteRun);
    await other.#closeAll();
    this.#others.push(...other.#written());
    this.#rowGroups += other.#rowGroups;
  }

  async finish(output: Output): Promise<void> {
    await this.#closeAll();
    if (this.#written().length === 0 && this.#options.emptyFile && this.#router === undefined) {
      const { files } = await this.#encode();
      await files.open(0, {});
      await files.close(0);
    }
    const rows = this.#written().map((file) => this.#resultRow(file));
    for (let start = 0; start < rows.length; start += BATCH_ROWS) {
      using holding = this.#task.memory.reserve('Write');
      const batch = batchFromRows(holding, this.#layout.schema, rows.slice(start, start + BATCH_ROWS));
      if ((await output.push(batch)) === 'done') return;
    }
  }

  counters(): Counters {
    const written = this.#written();
    const bytes = written.reduce((sum, { size }) => sum + size, 0);
    return { 'files written': written.length, 'row groups written': this.#rowGroups, 'bytes written': bytes };
  }

  [Symbol.dispose](): void {
    this.#encoding?.files[Symbol.dispose]();
    this.#encoding?.format[Symbol.dispose]();
    this.#partitionRecords[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  #written(): readonly PendingFile[] {
    return [...(this.#encoding?.files.closed ?? []), ...this.#others];
  }

  #resultRow({ path, rows, size, partition }: PendingFile): Value[] {
    const values = this.#layout.partitionFields.map(({ name }) => partition[name] ?? null);
    return [path, BigInt(rows), BigInt(size), ...values];
  }

  #partition(id: number): Partition {
    let partition = this.#partitions[id];
    if (partition === undefined) {
      this.#partitionRecords.grow(PARTITION_BYTES + PARTITION_COLUMN_BYTES * this.#layout.fileSchema.fields.length);
      partition = { id, values: this.#partitionValues(id), rows: this.#emptyRows() };
      this.#partitions[id] = partition;
    }
    return partition;
  }

  #partitionValues(id: number): Record<string, string | null> {
    const values = this.#router?.keyValues(id) ?? [];
    const { partitionFields } = this.#layout;
    return Object.fromEntries(
      partitionFields.map(({ name, type }, index) => {
        const value = values[index] ?? null;
        return [name, value === null ? null : String(valueToJson(value, type))];
      }),
    );
  }

  #emptyRows(): RowBuffer {
    return new RowBuffer(this.#layout.fileSchema, this.#holding);
  }

  /** Copies `count` rows of `batch`, those numbered at `numbers` or its first where that is 0, into the partition. */
  async #collect(partition: Partition, batch: Batch, numbers: number, count: number): Promise<void> {
    const { rowGroupRows } = this.#options;
    const { format, files } = await this.#encode();
    for (let done = 0; done < count; ) {
      const taken = Math.min(count - done, rowGroupRows - partition.rows.rowCount);
      const isWhole = numbers === 0 && taken === batch.rowCount;
      const first = isWhole ? 0 : (numbers || this.#allRowNumbers()) + done * 4;
      while (!partition.rows.tryAppend(batch, first, taken)) await this.#writeOutLargest();
      done += taken;
      const { rowCount, byteLength } = partition.rows;
      if (rowCount >= rowGroupRows || !format.tryReserve(byteLength)) await this.#writeOut(partition);
    }
    const share = this.#task.memory.limitBytes * COLLECTED_SHARE;
    while ((this.#holding.heldBytes > share || !files.takeRoom()) && this.#largest() !== undefined) {
      await this.#writeOutLargest();
    }
  }

  async #encode(): Promise<Encoding> {
    if (this.#encoding !== undefined) return this.#encoding;
    const budget = this.#task.memory;
    const format = await openFormat(this.#options.format, this.#layout.fileSchema, budget);
    const { targetFileBytes } = this.#options;
    const uploadBytes = budget.limitBytes * UPLOAD_SHARE;
    const files = new OpenFiles({ budget, format, targetFileBytes, files: this.#files, uploadBytes });
    this.#encoding = { format, files };
    return this.#encoding;
  }

  /** Numbers of the rows of any batch. */
  #allRowNumbers(): number {
    if (this.#rowNumbers === undefined) {
      this.#rowNumbers = this.#holding.allocate(BATCH_ROWS * 4);
      const first = this.#rowNumbers.address / 4;
      for (let row = 0; row < BATCH_ROWS; row += 1) this.#holding.linear.u32[first + row] = row;
    }
    return this.#rowNumbers.address;
  }

  #largest(): Partition | undefined {
    let largest: Partition | undefined;
    for (const partition of this.#partitions) {
      if (partition.rows.rowCount === 0) continue;
      if (largest === undefined || partition.rows.byteLength > largest.rows.byteLength) largest = partition;
    }
    return largest;
  }

  /** @throws MemoryBudgetExceeded where there is nothing to write out. */
  async #writeOutLargest(): Promise<void> {
    const largest = this.#largest();
    const { heldBytes, budget } = this.#holding;
    if (largest === undefined) throw new MemoryBudgetExceeded('Write', 1, heldBytes, budget.limitBytes);
    await this.#writeOut(largest);
  }

  async #writeOut(partition: Partition): Promise<void> {
    const { id, values, rows } = partition;
    if (rows.rowCount === 0) return;
    const { files } = await this.#encode();
    await files.write(id, values, rows.slice(0, rows.rowCount));
    this.#rowGroups += 1;
    if (this.#router === undefined) {
      rows.clear();
      return;
    }
    rows[Symbol.dispose]();
    partition.rows = this.#emptyRows();
  }

  async #closeAll(): Promise<void> {
    for (const partition of this.#partitions) {
      await this.#writeOut(partition);
      await this.#encoding?.files.close(partition.id);
    }
  }
}

/** Loaded on demand: a task writes one kind of files, or only to the shuffle. */
async function openFormat(kind: FileKind, schema: Schema, budget: MemoryBudget): Promise<FileFormat> {
  switch (kind.kind) {
    case 'parquet': {
      const { ParquetFormat } = await import('../../io/parquet/parquet-format.ts');
      return new ParquetFormat(schema, kind, budget, 'Write');
    }
    case 'arrow': {
      const { ArrowFiles } = await import('../../io/arrow/arrow-files.ts');
      return new ArrowFiles(schema, kind.container, budget, 'Write');
    }
    case 'csv':
    case 'json': {
      const { TextFiles } = await import('../../io/text/text-files.ts');
      return new TextFiles(schema, kind, kind.compression, budget, 'Write');
    }
  }
}
