/**
 * The pages of one column chunk, one after the other: header, checksum, decompression.
 *
 *     data      │ length │ levels │ values │         all of it compressed
 *     data-v2   │ repetition │ levels │ values │     only the values, and only if it says so
 *
 * A page's sizes are claims. They are checked against the chunk before memory is taken, and against what the codec makes.
 */

import { crc32 } from 'node:zlib';
import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import type { GrowingRegion } from '../../state/growing-region.ts';
import type { ChunkBytes } from './chunk-bytes.ts';
import { decompress, type Workplace } from './decompress.ts';
import type { ColumnChunk } from './footer.ts';
import { MAX_HEADER_BYTES, type PageHeader, readPageHeader } from './page-header.ts';
import { ThriftError } from './thrift.ts';

/** What a page holds, in linear memory, until the next page is read. */
export interface Page {
  readonly header: PageHeader;
  /** Definition levels, as a hybrid stream; empty where the column has none. */
  readonly levels: number;
  readonly levelsEnd: number;
  readonly values: number;
  readonly end: number;
}

/** As much of a chunk as is asked for at first, to read a header. */
const HEADER_GUESS_BYTES = 4096;
/** Numbers of encodings. */
const RLE = 3;
const BIT_PACKED = 4;

export class PageReader {
  readonly #chunk: ColumnChunk;
  readonly #bytes: ChunkBytes;
  readonly #work: Workplace;
  /** Decompressed pages. */
  readonly #buffer: GrowingRegion;
  readonly #nullable: boolean;
  /** Builds the error: knows file and column. */
  readonly #damaged: (detail: string) => MalformedFile;
  #position: number;

  constructor(
    chunk: ColumnChunk,
    bytes: ChunkBytes,
    work: Workplace,
    buffer: GrowingRegion,
    column: { nullable: boolean; damaged: (detail: string) => MalformedFile },
  ) {
    this.#chunk = chunk;
    this.#bytes = bytes;
    this.#work = work;
    this.#buffer = buffer;
    this.#nullable = column.nullable;
    this.#damaged = column.damaged;
    this.#position = bytes.start;
  }

  /** The next header, after which comes `page` or `pass`. @throws MalformedFile where there is none. */
  async header(): Promise<PageHeader> {
    for (let guess = HEADER_GUESS_BYTES; ; guess *= 8) {
      if (this.#position >= this.#bytes.end) throw this.#damaged('its pages hold fewer rows than the footer claims');
      if (!this.#bytes.has(this.#position, guess)) await this.#bytes.load(this.#position, guess);
      const start = this.#bytes.address(this.#position);
      const loaded = this.#bytes.loadedEnd - this.#position;
      try {
        const header = readPageHeader(this.#work.holding.linear.u8, start, start + loaded);
        this.#check(header);
        this.#position += header.headerBytes;
        return header;
      } catch (cause) {
        if (cause instanceof ThriftError && cause.isShort) {
          if (loaded < Math.min(MAX_HEADER_BYTES, this.#bytes.end - this.#position)) continue;
        }
        if (cause instanceof MalformedFile) throw cause;
        throw this.#damaged(`a page header cannot be read (${(cause as Error).message})`);
      }
    }
  }

  #check({ kind, headerBytes, storedBytes, plainBytes, definitionBytes, repetitionBytes }: PageHeader): void {
    if (storedBytes > this.#bytes.end - this.#position - headerBytes)
      throw this.#damaged('a page is longer than its chunk');
    if (plainBytes > this.#chunk.plainBytes) throw this.#damaged('a page claims more bytes than its whole chunk');
    if (kind === 'data-v2' && definitionBytes + repetitionBytes > Math.min(storedBytes, plainBytes)) {
      throw this.#damaged('levels are longer than their page');
    }
    if (repetitionBytes > 0) throw this.#damaged('a flat column has repetition levels');
  }

  /** Passes over the page behind the header. */
  pass(header: PageHeader): void {
    this.#position += header.storedBytes;
  }

  /** The page behind the header. @throws MalformedFile, MemoryBudgetExceeded */
  async page(header: PageHeader): Promise<Page> {
    const { storedBytes } = header;
    if (!this.#bytes.has(this.#position, storedBytes)) await this.#bytes.load(this.#position, storedBytes);
    const stored = this.#bytes.address(this.#position);
    if (header.crc !== undefined) this.#checkSum(header.crc, stored, storedBytes);
    this.#position += storedBytes;
    return header.kind === 'data-v2' ? this.#secondVersion(header, stored) : this.#firstVersion(header, stored);
  }

  #checkSum(expected: number, stored: number, byteLength: number): void {
    const { u8 } = this.#work.holding.linear;
    if (crc32(u8.subarray(stored, stored + byteLength)) !== expected) {
      throw this.#damaged('a page does not have the checksum that its header has');
    }
  }

  #firstVersion(header: PageHeader, stored: number): Page {
    const start = this.#plain(stored, header.storedBytes, header.plainBytes, true);
    const end = start + header.plainBytes;
    if (start !== stored) this.#bytes.release();
    if (header.kind === 'dictionary' || !this.#nullable)
      return { header, levels: start, levelsEnd: start, values: start, end };
    if (header.levelEncoding === BIT_PACKED) {
      throw this.#damaged('definition levels have the encoding BIT_PACKED, which was abolished in 2013');
    }
    if (header.levelEncoding !== RLE) throw this.#damaged('definition levels have an impossible encoding');
    if (header.plainBytes < 4) throw this.#damaged('a page is too short for its levels');
    const levels = start + 4;
    const levelsEnd = levels + this.#work.holding.linear.data.getUint32(start, true);
    if (levelsEnd > end) throw this.#damaged('levels are longer than their page');
    return { header, levels, levelsEnd, values: levelsEnd, end };
  }

  #secondVersion(header: PageHeader, stored: number): Page {
    const { definitionBytes, storedBytes, plainBytes, isCompressed } = header;
    const valueBytes = plainBytes - definitionBytes;
    const from = stored + definitionBytes;
    const values = this.#plain(from, storedBytes - definitionBytes, valueBytes, isCompressed);
    return { header, levels: stored, levelsEnd: from, values, end: values + valueBytes };
  }

  /** Where the bytes are once they are decompressed: where they were if they are not compressed. */
  #plain(stored: number, storedBytes: number, plainBytes: number, isCompressed: boolean): number {
    const { codec } = this.#chunk;
    // A page of nulls has no values, and some writers then leave out what the codec would make of nothing.
    const isPlain = codec === 'UNCOMPRESSED' || !isCompressed || (storedBytes === 0 && plainBytes === 0);
    if (isPlain) {
      if (storedBytes !== plainBytes) throw this.#damaged('a page has another size than it claims');
      return stored;
    }
    this.#buffer.ensure(plainBytes, 0);
    const { address } = this.#buffer;
    if (!decompress(codec, this.#work, stored, storedBytes, address, plainBytes)) {
      throw this.#damaged(`a page cannot be decompressed (${codec}) to the size that it claims`);
    }
    return address;
  }
}

/** A page that only another decoder could read. */
export const unsupportedEncoding = (uri: string, column: string, encoding: number): UnsupportedFile =>
  new UnsupportedFile(uri, `column ${column} has a page with encoding ${encoding}, which its footer does not mention`);
