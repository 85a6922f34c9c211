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
import { MAX_HEADER_BYTES, type PageHeader, readPageHeader } from './page-header.ts';
import type { ColumnChunk } from './row-group.ts';
import { ThriftError } from './thrift.ts';

/** What a page holds, in linear memory, until the next page is read. */
export interface Page {
  readonly header: PageHeader;
  /** Levels, as hybrid streams; empty where the column has none. */
  readonly repetitions: number;
  readonly repetitionsEnd: number;
  readonly definitions: number;
  readonly definitionsEnd: number;
  readonly values: number;
  readonly end: number;
}

/** The greatest levels of a column: 0 where its pages have none. */
export interface Levels {
  readonly definition: number;
  readonly repetition: number;
}

/** Where a page is decompressed to: so far into a region, whose content is lost. */
export interface PageTarget {
  readonly region: GrowingRegion;
  readonly offset: number;
}

/** As much of a chunk as is asked for at first, to read a header. */
const HEADER_GUESS_BYTES = 4096;
/** Numbers of encodings. */
const RLE = 3;
const BIT_PACKED = 4;
const NO_LEVELS: Levels = { definition: 0, repetition: 0 };

/** Bits of a level, the greatest of which is `most`. */
export const levelBits = (most: number): number => 32 - Math.clz32(most);

export class PageReader {
  readonly #chunk: ColumnChunk;
  readonly #bytes: ChunkBytes;
  readonly #work: Workplace;
  /** Decompressed pages. */
  readonly #buffer: GrowingRegion;
  readonly #levels: Levels;
  /** Builds the error: knows file and column. */
  readonly #damaged: (detail: string) => MalformedFile;
  #position: number;

  constructor(
    chunk: ColumnChunk,
    bytes: ChunkBytes,
    work: Workplace,
    buffer: GrowingRegion,
    column: { levels: Levels; damaged: (detail: string) => MalformedFile },
  ) {
    this.#chunk = chunk;
    this.#bytes = bytes;
    this.#work = work;
    this.#buffer = buffer;
    this.#levels = column.levels;
    this.#damaged = column.damaged;
    this.#position = bytes.start;
  }

  /** The next header, after which comes `page` or `pass`. @throws MalformedFile where there is none. */
  async header(): Promise<PageHeader> {
    for (let guess = HEADER_GUESS_BYTES; ; guess *= 8) {
      if (this.#position >= this.#bytes.end) throw this.#damaged('its pages hold fewer rows than the footer claims');
      if (!this.#bytes.has(this.#position, guess)) await this.#bytes.load(this.#position, guess);
      const start = this.#bytes.address(this.#position);
      const loaded = this.#bytes.loadedEnd(this.#position) - this.#position;
      try {
        const header = readPageHeader(this.#work.holding.linear.u8, start, start + loaded);
        this.#check(header);
        this.#position += header.headerBytes;
        return header;
      } catch (cause) {
        if (cause instanceof ThriftError && cause.isShort) {
          const isMore = loaded < Math.min(MAX_HEADER_BYTES, this.#bytes.end - this.#position);
          if (isMore && guess < MAX_HEADER_BYTES) continue;
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
  }

  /** Where in the file the next header is. */
  get position(): number {
    return this.#position;
  }

  /** Goes on with the header at `position`. */
  seek(position: number): void {
    this.#position = position;
  }

  /** Passes over the page behind the header. */
  pass(header: PageHeader): void {
    this.#position += header.storedBytes;
  }

  /** Gives back what the last page takes, stored and decompressed: that of a dictionary, which all other pages go beside. */
  release(): void {
    this.#bytes.release();
    this.#buffer.free();
  }

  /** The page behind the header, in `target` where it is not the stored bytes. @throws MalformedFile, MemoryBudgetExceeded */
  async page(header: PageHeader, target: PageTarget = { region: this.#buffer, offset: 0 }): Promise<Page> {
    const { storedBytes } = header;
    if (!this.#bytes.has(this.#position, storedBytes)) await this.#bytes.load(this.#position, storedBytes);
    if (!this.#bytes.has(this.#position, storedBytes)) throw this.#damaged('a page is longer than its index says');
    const stored = this.#bytes.address(this.#position);
    if (header.crc !== undefined) this.#checkSum(header.crc, stored, storedBytes);
    this.#position += storedBytes;
    if (header.kind === 'data-v2') return this.#secondVersion(header, stored, target);
    const page = this.#firstVersion(header, stored, target);
    if (header.definitionEncoding !== BIT_PACKED && header.repetitionEncoding !== BIT_PACKED) return page;
    const { withHybridLevels } = await import('./bit-packed-levels.ts');
    const bits = { definition: levelBits(this.#levels.definition), repetition: levelBits(this.#levels.repetition) };
    return withHybridLevels(page, bits, this.#buffer, this.#work.holding.linear);
  }

  #checkSum(expected: number, stored: number, byteLength: number): void {
    const { u8 } = this.#work.holding.linear;
    if (crc32(u8.subarray(stored, stored + byteLength)) !== expected) {
      throw this.#damaged('a page does not have the checksum that its header has');
    }
  }

  #firstVersion(header: PageHeader, stored: number, target: PageTarget): Page {
    const start = this.#plain(stored, header.storedBytes, header.plainBytes, true, target);
    const end = start + header.plainBytes;
    if (start !== stored) this.#bytes.release();
    const { repetition, definition } = header.kind === 'dictionary' ? NO_LEVELS : this.#levels;
    const repetitions = this.#stream(header, repetition, header.repetitionEncoding, start, end);
    const definitions = this.#stream(header, definition, header.definitionEncoding, repetitions.end, end);
    return {
      header,
      repetitions: repetitions.start,
      repetitionsEnd: repetitions.end,
      definitions: definitions.start,
      definitionsEnd: definitions.end,
      values: definitions.end,
      end,
    };
  }

  /** Levels, up to `most`: those of BIT_PACKED as long as they are many, others behind their length. */
  #stream(
    { values }: PageHeader,
    most: number,
    encoding: number,
    start: number,
    end: number,
  ): { start: number; end: number } {
    if (most === 0) return { start, end: start };
    if (encoding === BIT_PACKED) {
      const packedEnd = start + Math.ceil((values * levelBits(most)) / 8);
      if (packedEnd > end) throw this.#damaged('levels are longer than their page');
      return { start, end: packedEnd };
    }
    if (encoding !== RLE) throw this.#damaged('its levels have an impossible encoding');
    if (end - start < 4) throw this.#damaged('a page is too short for its levels');
    const levelsEnd = start + 4 + this.#work.holding.linear.data.getUint32(start, true);
    if (levelsEnd > end) throw this.#damaged('levels are longer than their page');
    return { start: start + 4, end: levelsEnd };
  }

  #secondVersion(header: PageHeader, stored: number, target: PageTarget): Page {
    const { repetitionBytes, definitionBytes, storedBytes, plainBytes, isCompressed } = header;
    const levelBytes = repetitionBytes + definitionBytes;
    const valueBytes = plainBytes - levelBytes;
    const from = stored + levelBytes;
    const values = this.#plain(from, storedBytes - levelBytes, valueBytes, isCompressed, target);
    const definitions = stored + repetitionBytes;
    return {
      header,
      repetitions: stored,
      repetitionsEnd: definitions,
      definitions,
      definitionsEnd: from,
      values,
      end: values + valueBytes,
    };
  }

  /** Where the bytes are once they are decompressed: where they were if they are not compressed. */
  #plain(
    stored: number,
    storedBytes: number,
    plainBytes: number,
    isCompressed: boolean,
    { region, offset }: PageTarget,
  ): number {
    const { codec } = this.#chunk;
    // A page of nulls has no values, and some writers then leave out what the codec would make of nothing.
    const isPlain = codec === 'UNCOMPRESSED' || !isCompressed || (storedBytes === 0 && plainBytes === 0);
    if (isPlain) {
      if (storedBytes !== plainBytes) throw this.#damaged('a page has another size than it claims');
      return stored;
    }
    region.ensure(offset + plainBytes, 0);
    const address = region.address + offset;
    if (!decompress(codec, this.#work, stored, storedBytes, address, plainBytes)) {
      throw this.#damaged(`a page cannot be decompressed (${codec}) to the size that it claims`);
    }
    return address;
  }
}

/** A page that only another decoder could read. */
export const unsupportedEncoding = (uri: string, column: string, encoding: number): UnsupportedFile =>
  new UnsupportedFile(uri, `column ${column} has a page with encoding ${encoding}, which its footer does not mention`);
