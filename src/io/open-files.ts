/**
 * The open files of one write, by partition, within what memory has for their uploads.
 *
 * An upload needs its next buffer while bytes are being written, when it is too late to make room for it. So room for
 * one is kept free all the time, given up for as long as rows are written, and taken again afterwards: where that
 * fails, files are closed until it does not, largest first.
 */

import type { Batch } from '../columnar/batch.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';
import type { FileFormat, FileWriter } from './file-format.ts';
import type { OutputFile, OutputFiles, PendingFile } from './output-files.ts';

/** With more files open, the largest is closed. */
const MOST_OPEN_FILES = 64;
/** The upload of one file holds at most two parts. */
const MOST_UPLOAD_BYTES = 16 * 1024 * 1024;
/** The largest buffer of an upload, a part, and the first one of another. */
const PART_ROOM_BYTES = 8 * 1024 * 1024 + 64 * 1024;
/** And the one of half a part that it grows from, where rows that are written at once fill them all. */
const MOST_ROOM_BYTES = PART_ROOM_BYTES + 4 * 1024 * 1024;
const ROOM_SHARE = 1 / 10;
/** What is remembered of every file until the task ends: its record, as an object and as text of the manifest. */
const FILE_BYTES = 4096;

export type PartitionValues = Readonly<Record<string, string | null>>;

export interface OpenFilesOptions {
  readonly budget: MemoryBudget;
  /** To be disposed after this. */
  readonly format: FileFormat;
  /** A file is closed as soon as it is as large. */
  readonly targetFileBytes: number;
  readonly files: OutputFiles;
  /** What the uploads of all open files may hold, as far as it is known here; one file may always be open. */
  readonly uploadBytes: number;
}

interface OpenFile {
  readonly output: OutputFile;
  readonly writer: FileWriter;
}

/** The files of one write: at most one open per partition, and not too many in all. */
export class OpenFiles implements Disposable {
  /** Every file that was closed, in that order. */
  readonly closed: PendingFile[] = [];
  readonly #options: OpenFilesOptions;
  /** By the caller's number for the partition. */
  readonly #open = new Map<number, OpenFile>();
  /** Nothing uses these bytes: they are there to be given up. */
  readonly #room: Holding;
  readonly #roomBytes: number;
  readonly #records: Holding;

  constructor(options: OpenFilesOptions) {
    const { budget } = options;
    this.#options = options;
    this.#room = budget.reserve('Write, uploads');
    this.#roomBytes = Math.floor(Math.min(MOST_ROOM_BYTES, budget.limitBytes * ROOM_SHARE));
    this.#room.tryGrow(this.#roomBytes);
    this.#records = budget.reserve('Write, records of files');
  }

  /** Writes the rows, at once, to the partition's open file, or of a new one. */
  async write(partition: number, values: PartitionValues, batch: Batch): Promise<void> {
    const { output, writer } = this.#open.get(partition) ?? (await this.open(partition, values));
    // First, because it would take what is given up for the upload.
    writer.prepare(batch);
    this.#room.release();
    await writer.write(batch);
    if (output.size >= this.#options.targetFileBytes) await this.close(partition);
    while (this.#open.size > 1 && this.#holdTooMuch(output)) await this.#closeLargest();
    while (!this.takeRoom() && this.#open.size > 1) await this.#closeLargest();
  }

  /** False where memory has no room for the next upload: then fewer rows should be collected before it. */
  takeRoom(): boolean {
    return this.#room.heldBytes > 0 || this.#room.tryGrow(this.#roomBytes);
  }

  /** Begins the partition's file, which has none open. @throws MemoryBudgetExceeded where there are too many files. */
  async open(partition: number, values: PartitionValues): Promise<OpenFile> {
    if (!this.#records.tryGrow(FILE_BYTES)) {
      this.#room.shrink(Math.min(FILE_BYTES, this.#room.heldBytes));
      this.#records.grow(FILE_BYTES);
    }
    if (this.#open.size >= MOST_OPEN_FILES) await this.#closeLargest();
    const { format, files } = this.#options;
    const output = await files.create(values, format.extension);
    const file = { output, writer: format.open(output) };
    this.#open.set(partition, file);
    return file;
  }

  /** Closes the partition's file; nothing happens where none is open. */
  async close(partition: number): Promise<void> {
    const file = this.#open.get(partition);
    if (file === undefined) return;
    // Its upload may need what is kept for it here, too, for the footer.
    this.#room.release();
    this.closed.push(await file.writer.close());
    this.#open.delete(partition);
  }

  [Symbol.dispose](): void {
    for (const { writer } of this.#open.values()) writer[Symbol.dispose]();
    this.#open.clear();
    this.#room[Symbol.dispose]();
    this.#records[Symbol.dispose]();
  }

  /** Whether the open files are too large together, or the one just written needs more than the room next time. */
  #holdTooMuch({ size }: OutputFile): boolean {
    const bytes = this.#uploadBytes();
    const outgrowsRoom = size > this.#roomBytes / 2 && this.#roomBytes < PART_ROOM_BYTES;
    return bytes > this.#options.uploadBytes || (outgrowsRoom && bytes > this.#roomBytes);
  }

  #uploadBytes(): number {
    let bytes = 0;
    for (const { output } of this.#open.values()) bytes += Math.min(output.size, MOST_UPLOAD_BYTES);
    return bytes;
  }

  async #closeLargest(): Promise<void> {
    let largest: [number, OpenFile] | undefined;
    for (const entry of this.#open) {
      if (largest === undefined || entry[1].output.size > largest[1].output.size) largest = entry;
    }
    if (largest !== undefined) await this.close(largest[0]);
  }
}
