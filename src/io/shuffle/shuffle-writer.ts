/**
 * Writes one shuffle object: rows become pages, pages bytes of an upload.
 *
 *     rows ──copy──▶ │ page at hand, up to a mebibyte │ ──buffers one after the other──▶ file
 *                                                       └──side by side, zstd──────▶
 *                                                             noted: partition, offset, bytes, rows
 *
 * The page at hand belongs to one partition: whoever writes begins the next one by saying so.
 */

import { constants, crc32, zstdCompressSync } from 'node:zlib';
import { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import { SLICE_ROWS, sliceColumn } from '../../columnar/slice.ts';
import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import { joinedCrc32 } from '../crc32.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import {
  encodeIndex,
  encodePageHeader,
  MOST_PAGE_ROWS,
  PAGE_HEADER_BYTES,
  type PageCodec,
  type PageRange,
  schemaSignature,
} from './shuffle-format.ts';
import { PageBody } from './shuffle-page.ts';

export interface ShuffleWriterOptions {
  readonly schema: Schema;
  readonly codec: PageCodec;
  /** A page is written when its buffers have about as many bytes. */
  readonly pageBytes: number;
  /** Closed by the writer; left open where it fails. */
  readonly file: OutputFile;
  /** Pays for the page at hand; to be disposed after the writer. */
  readonly holding: Holding;
}

/** zstd's fastest: it is the network that this is for. */
const ZSTD_LEVEL = 1;
/** What a page takes beside its bytes once it is written: its range. */
const RANGE_BYTES = 96;

export class ShuffleWriter implements Disposable {
  readonly #options: ShuffleWriterOptions;
  readonly #holding: Holding;
  readonly #page: RowBuffer;
  readonly #body: GrowingRegion;
  readonly #pages: PageRange[][] = [];
  #partition = 0;
  #offset = 0;
  #rowCount = 0;
  #pageCount = 0;
  /** Of a row, as far as is known: from pages so far. */
  #rowBytes = 32;

  constructor(options: ShuffleWriterOptions) {
    this.#options = options;
    this.#holding = options.holding;
    this.#page = new RowBuffer(options.schema, options.holding);
    this.#body = new GrowingRegion(options.holding);
  }

  /** The pages that partition `partition` has so far, each as a range. */
  pagesOf(partition: number): readonly PageRange[] {
    return this.#pages[partition] ?? [];
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get pageCount(): number {
    return this.#pageCount;
  }

  /** Pages from here on are those of `partition`. */
  async begin(partition: number): Promise<void> {
    await this.flush();
    this.#partition = partition;
  }

  /**
   * Copies `count` rows of `batch`: those whose uint32 numbers are at address `rows`, or its first ones where that is 0.
   * @throws MemoryBudgetExceeded
   */
  async append(batch: Batch, rows: number, count: number): Promise<void> {
    const { pageBytes } = this.#options;
    for (let done = 0; done < count; ) {
      const room = (pageBytes - this.#page.byteLength) / this.#rowBytes;
      // Whole words of bitmaps, so that rows which are not listed can be cut out without moving bits.
      const wanted = Math.max(SLICE_ROWS, Math.floor(Math.min(room, this.#rowsLeft) / SLICE_ROWS) * SLICE_ROWS);
      done += await this.#appendSome(batch, rows, done, Math.min(count - done, wanted));
      if (this.#page.byteLength >= pageBytes || this.#rowsLeft < SLICE_ROWS) await this.flush();
    }
  }

  /** Writes the page at hand. */
  async flush(): Promise<void> {
    const { rowCount } = this.#page;
    if (rowCount === 0) return;
    const batch = new Batch(this.#options.schema, rowCount, this.#page.columns());
    const body = new PageBody(batch, this.#holding.linear);
    if (this.#options.codec === 'none') await this.#writePage('none', body.pieces(), rowCount, body.byteLength);
    else await this.#compress(body, rowCount);
    this.#page.clear();
    this.#rowBytes = Math.max(1, body.byteLength / rowCount);
  }

  /** Writes the index of `partitions` behind the pages and closes the file. */
  async close(partitions: readonly (readonly PageRange[])[]): Promise<PendingFile> {
    await this.flush();
    const { file, schema } = this.#options;
    await file.write(encodeIndex({ schema: schemaSignature(schema), partitions }));
    return file.close(this.#rowCount);
  }

  [Symbol.dispose](): void {
    this.#page[Symbol.dispose]();
    this.#body.free();
  }

  get #rowsLeft(): number {
    return MOST_PAGE_ROWS - this.#page.rowCount;
  }

  /** Appends rows from row `start` of the list on, as many as there is memory for; answers how many. */
  async #appendSome(batch: Batch, rows: number, start: number, count: number): Promise<number> {
    const from = rows === 0 ? sliced(batch, start) : batch;
    const list = rows === 0 ? 0 : rows + start * 4;
    for (let wanted = count; ; ) {
      if (this.#page.tryAppend(from, list, wanted)) return wanted;
      if (this.#page.rowCount > 0) await this.flush();
      else if (wanted > SLICE_ROWS) wanted = Math.ceil(wanted / 2 / SLICE_ROWS) * SLICE_ROWS;
      else if (list !== 0 && wanted > 1) wanted = Math.ceil(wanted / 2);
      else {
        // Again, for its error: nobody has given back memory since.
        if (list === 0) this.#page.append(new Batch(from.schema, wanted, from.columns));
        else this.#page.appendRows(from, list, wanted);
        return wanted;
      }
    }
  }

  async #compress(body: PageBody, rows: number): Promise<void> {
    const { linear } = this.#holding;
    const bodyBytes = body.byteLength;
    this.#body.ensure(bodyBytes, 0);
    body.write(this.#body.address);
    const bytes = linear.u8.subarray(this.#body.address, this.#body.address + bodyBytes);
    // What zstd makes of bytes that do not compress is a little larger than they are.
    const mostBytes = bodyBytes + (bodyBytes >>> 7) + 1024;
    this.#holding.grow(mostBytes);
    try {
      const compressed = compress(bytes, mostBytes);
      const isSmaller = compressed.byteLength < bodyBytes;
      await this.#writePage(isSmaller ? 'zstd' : 'none', [isSmaller ? compressed : bytes], rows, bodyBytes);
    } finally {
      this.#holding.shrink(mostBytes);
    }
  }

  async #writePage(codec: PageCodec, pieces: readonly Uint8Array[], rows: number, bodyBytes: number): Promise<void> {
    const { file } = this.#options;
    const stored = pieces.map((bytes) => ({ bytes, checksum: crc32(bytes) }));
    const checksum = stored.reduce((sum, piece) => joinedCrc32(sum, piece.checksum, piece.bytes.byteLength), 0);
    const storedBytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
    await file.write(encodePageHeader({ codec, rows, storedBytes, bodyBytes }, checksum));
    for (const piece of stored) await file.write(piece.bytes, piece.checksum);
    this.#note(PAGE_HEADER_BYTES + storedBytes, rows);
  }

  #note(bytes: number, rows: number): void {
    this.#holding.grow(RANGE_BYTES);
    const pages = this.#pages[this.#partition] ?? [];
    pages.push({ offset: this.#offset, bytes, rows, skip: 0 });
    this.#pages[this.#partition] = pages;
    this.#offset += bytes;
    this.#rowCount += rows;
    this.#pageCount += 1;
  }
}

const sliced = (batch: Batch, start: number): Batch =>
  new Batch(
    batch.schema,
    batch.rowCount - start,
    batch.columns.map((column) => sliceColumn(column, start)),
  );

function compress(body: Uint8Array, mostBytes: number): Uint8Array {
  const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
  return zstdCompressSync(body, { params, chunkSize: Math.max(64, mostBytes) });
}
