/** The memory of a file of text that is being read. */

import { BATCH_ROWS } from '../../columnar/batch.ts';
import { MemoryBudgetExceeded } from '../../errors.ts';
import type { Holding } from '../../memory/budget.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import { PIECES_SHARE, type PieceSizes, piecesFootprint, piecesIn } from '../piece-sizes.ts';
import type { FirstBytes } from '../pieces-ahead.ts';
import type { ByteRange, FileRequest } from '../record-reader.ts';
import { RecordWindow } from './record-window.ts';
import { beginningOf, TextInput, type TextPart } from './text-input.ts';

/** What all files of text may say. */
export interface TextOptions {
  readonly encoding: 'utf-8' | 'latin-1';
  /** What becomes of a value that is none of its column's type. */
  readonly invalidValues: 'error' | 'null';
  /** A record with more bytes is an error; where absent, what memory allows, at most 4 MiB. */
  readonly maxRecordBytes: number | undefined;
}

const OWNER = 'Scan';
const MOST_RECORD_BYTES = 4 * 1024 * 1024;
const LEAST_RECORD_BYTES = 16 * 1024;
const MOST_INDEX_BYTES = 1024 * 1024;
const LEAST_ROWS = 64;

/** What a format needs beside the bytes of a file. */
export interface FileNeeds {
  /** What the columns take for so many rows. */
  readonly columnBytes: (rows: number) => number;
  /** Columns of texts. */
  readonly texts: number;
  /** How a part of the file is found: records may begin where lines do, or are told by whoever knows the format. */
  readonly parts: TextPart['of'];
  /** Bytes of the index for each byte of the window, where all of it must be there; else as many as there is memory for. */
  readonly indexPerByte?: number | undefined;
}

/** The lease of a file that is being read, and what every format has in it. */
export class FileMemory implements AsyncDisposable {
  readonly holding: Holding;
  readonly window: RecordWindow;
  /** Rows of a batch at most. */
  readonly rows: number;
  /** For the places of what is in the records of a batch. */
  readonly index: number;
  readonly indexBytes: number;
  /** For the texts of a batch, which are no longer than its records; behind those of each column is room. */
  readonly texts: number;
  readonly #input: TextInput;

  /**
   * Waits for the lease, and opens the file.
   * @throws MemoryBudgetExceeded, ObjectNotFound, ObjectChanged
   */
  static async open(request: FileRequest, options: TextOptions, needs: FileNeeds): Promise<FileMemory> {
    const sizes = new FileSizes(request, options, needs);
    const holding = await leased(request, sizes.leaseBytes, options.maxRecordBytes);
    try {
      const part = partOf(request.range, needs.parts);
      const file = { ...request, part, encoding: options.encoding };
      const input = await TextInput.open(file, holding, sizes.pieces);
      try {
        return new FileMemory(shownFile(request, part), sizes, holding, input, part?.start);
      } catch (error) {
        await input[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(uri: string, sizes: FileSizes, holding: Holding, input: TextInput, offset: number | undefined) {
    this.holding = holding;
    this.#input = input;
    this.rows = sizes.rows;
    this.indexBytes = sizes.indexBytes;
    this.window = new RecordWindow(uri, input, holding, sizes.recordBytes, offset);
    this.index = holding.allocate(sizes.indexBytes).address;
    this.texts = holding.allocate(sizes.textBytes).address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input[Symbol.asyncDispose]();
    this.holding[Symbol.dispose]();
  }
}

/** @throws MemoryBudgetExceeded naming the option, where one asks for more than there is */
async function leased({ budget, signal }: FileRequest, bytes: number, asked: number | undefined): Promise<Holding> {
  try {
    return await budget.lease(OWNER, bytes, signal);
  } catch (error) {
    if (!(error instanceof MemoryBudgetExceeded) || asked === undefined) throw error;
    throw error.at(`maxRecordBytes of ${asked}, where it may have ${budget.floorBytes} bytes in hand at a time`);
  }
}

/** Of records that are no lines, where it is not known that one begins at the start, it is the file from its beginning. */
function partOf(range: ByteRange | undefined, parts: TextPart['of']): TextPart | undefined {
  if (range === undefined) return undefined;
  const isKnown = parts === 'lines' || range.startsRecord === true;
  return { start: isKnown ? range.start : 0, end: range.end, of: parts };
}

/** What is read first of a file whose parts are found so: all that is read of it, from where reading begins. */
export const firstOfText =
  (parts: TextPart['of']) =>
  (size: number, range: ByteRange | undefined): FirstBytes => {
    const part = partOf(range, parts);
    return { ranges: [{ start: beginningOf(part), end: Math.min(size, part?.end ?? size) }], isAll: true };
  };

/** As errors name it: lines are counted from where reading has begun. */
export const shownFile = ({ uri }: FileRequest, part: { readonly start: number } | undefined): string =>
  part === undefined || part.start === 0 ? uri : `${uri}, from byte ${part.start} on,`;

/** Bytes that may be overrun behind the texts of a column. */
export const TEXT_PADDING_BYTES = 1024;

class FileSizes {
  readonly rows: number;
  readonly recordBytes: number;
  readonly textBytes: number;
  readonly indexBytes: number;
  readonly pieces: PieceSizes;
  readonly leaseBytes: number;

  constructor({ budget }: FileRequest, options: TextOptions, { columnBytes, texts, indexPerByte }: FileNeeds) {
    const { floorBytes } = budget;
    let rows = BATCH_ROWS;
    while (rows > LEAST_ROWS && columnBytes(rows) > floorBytes / 4) rows /= 2;
    this.rows = rows;
    const share = Math.floor(floorBytes / (indexPerByte === undefined ? 8 : 16));
    const adaptive = Math.max(LEAST_RECORD_BYTES, Math.min(MOST_RECORD_BYTES, share));
    this.recordBytes = options.maxRecordBytes ?? adaptive;
    this.textBytes = this.recordBytes + texts * TEXT_PADDING_BYTES;
    this.indexBytes =
      indexPerByte === undefined
        ? Math.max(LEAST_RECORD_BYTES, Math.min(MOST_INDEX_BYTES, Math.floor(floorBytes / 16)))
        : indexPerByte * (this.recordBytes + 128);
    this.pieces = piecesIn(floorBytes * PIECES_SHARE);
    const encodingBytes = options.encoding === 'latin-1' ? LinearMemory.footprint(this.pieces.bytes) : 0;
    this.leaseBytes =
      columnBytes(rows) +
      LinearMemory.footprint(this.recordBytes) +
      LinearMemory.footprint(this.textBytes) +
      LinearMemory.footprint(this.indexBytes) +
      piecesFootprint(this.pieces) +
      encodingBytes;
  }
}
