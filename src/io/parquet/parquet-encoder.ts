/** The stream of parquet-wasm that turns record batches into the bytes of one file, each into one row group. */

import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { RecordBatch as WasmRecordBatch, WriterProperties } from 'parquet-wasm';
import type { OutputFile } from '../output-files.ts';
import type { ParquetWasm } from './parquet-wasm.ts';

export type ParquetCompression = 'none' | 'snappy' | 'gzip' | 'zstd';

/** How a file is written: all columns alike, but for those that are named. */
export interface ParquetProperties {
  readonly compression: ParquetCompression;
  readonly columns?: readonly ParquetColumnProperties[] | undefined;
}

export interface ParquetColumnProperties {
  readonly name: string;
  readonly compression?: ParquetCompression | undefined;
  /** Whether values that repeat are written once: true where absent. */
  readonly dictionary?: boolean | undefined;
  /** Whether least and greatest values are written: true where absent. */
  readonly statistics?: boolean | undefined;
}

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

export class ParquetEncoder {
  readonly #wasm: ParquetWasm;
  readonly #given: ParquetProperties;
  readonly #file: OutputFile;
  #input: ReadableStreamDefaultController<WasmRecordBatch> | undefined;
  /** Resolved when the encoder asks for the next row group: it is done with the one before. */
  #wanted: PromiseWithResolvers<undefined> = Promise.withResolvers();
  #bytes: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** A read that was begun, and whose bytes nobody has taken yet. */
  #reading: Promise<Read> | undefined;

  constructor(wasm: ParquetWasm, properties: ParquetProperties, file: OutputFile) {
    this.#wasm = wasm;
    this.#given = properties;
    this.#file = file;
  }

  get begun(): boolean {
    return this.#bytes !== undefined;
  }

  /**
   * Encodes an Arrow IPC stream of one record batch. When this resolves its bytes are in the file, but for a few
   * kilobytes that the encoder holds back until later.
   */
  async write(ipc: Uint8Array): Promise<void> {
    const batch = this.#recordBatch(ipc);
    if (this.#bytes === undefined) this.#bytes = await this.#begin(batch);
    else {
      this.#wanted = Promise.withResolvers();
      this.#input?.enqueue(batch);
    }
    await this.#takeUntil(this.#wanted.promise);
    // The last bytes may be on their way between two streams, which takes microtasks only.
    await this.#takeUntil(setImmediate(undefined));
  }

  /** Moves bytes into the file until `end` resolves. */
  async #takeUntil(end: Promise<undefined>): Promise<void> {
    for (;;) {
      const read = await Promise.race([this.#read(), end]);
      if (read === undefined) return;
      assert.ok(!read.done, 'parquet-wasm ended the file by itself');
      await this.#take(read.value);
    }
  }

  /** Ends the file, after at least one `write`, and gives the bytes that it ends with, whole footer included. */
  async finish(): Promise<Uint8Array> {
    const footer: Uint8Array[] = [];
    this.#close();
    for (;;) {
      const read = await this.#read();
      if (read.done) return Buffer.concat(footer);
      footer.push(read.value);
      await this.#take(read.value);
    }
  }

  /** Lets go of what is under way; nothing happens after `finish`. */
  abort(): void {
    // Closing makes the encoder finish and free its memory; nobody reads what it writes.
    this.#close();
    this.#bytes?.cancel().catch(() => undefined);
  }

  async #begin(first: WasmRecordBatch): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const batches = new ReadableStream<WasmRecordBatch>(
      {
        start: (controller) => {
          this.#input = controller;
          controller.enqueue(first);
        },
        pull: () => this.#wanted.resolve(undefined),
      },
      { highWaterMark: 0 },
    );
    const bytes: ReadableStream<Uint8Array> = await this.#wasm.transformParquetStream(batches, this.#properties());
    return bytes.getReader();
  }

  #properties(): WriterProperties {
    const { WriterPropertiesBuilder, Compression, EnabledStatistics } = this.#wasm;
    const codecs = {
      none: Compression.UNCOMPRESSED,
      snappy: Compression.SNAPPY,
      gzip: Compression.GZIP,
      zstd: Compression.ZSTD,
    };
    const { compression, columns = [] } = this.#given;
    let builder = new WriterPropertiesBuilder()
      .setCreatedBy('Millrace')
      .setCompression(codecs[compression])
      .setStatisticsEnabled(EnabledStatistics.Chunk)
      // Every record batch is larger, so it is a row group of its own.
      .setMaxRowGroupBytes(1);
    for (const { name, compression: codec, dictionary, statistics } of columns) {
      if (codec !== undefined) builder = builder.setColumnCompression(name, codecs[codec]);
      if (dictionary !== undefined) builder = builder.setColumnDictionaryEnabled(name, dictionary);
      if (statistics === false) builder = builder.setColumnStatisticsEnabled(name, EnabledStatistics.None);
    }
    return builder.build();
  }

  #recordBatch(ipc: Uint8Array): WasmRecordBatch {
    const table = this.#wasm.Table.fromIPCStream(ipc);
    try {
      const [batch, ...more] = table.recordBatches();
      assert.ok(batch !== undefined && more.length === 0);
      return batch;
    } finally {
      table.free();
    }
  }

  #close(): void {
    this.#input?.close();
    this.#input = undefined;
  }

  #read(): Promise<Read> {
    assert.ok(this.#bytes !== undefined);
    this.#reading ??= this.#bytes.read();
    return this.#reading;
  }

  async #take(bytes: Uint8Array): Promise<void> {
    this.#reading = undefined;
    await this.#file.write(bytes);
  }
}
