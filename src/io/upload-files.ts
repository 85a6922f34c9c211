/**
 * The files of one attempt at one task, as uploads that nobody completes here.
 *
 *     write ──copy──▶ │ filling │ ──full──▶ │ in flight │ ──▶ part 1, 2, …      one part in flight per file
 *                     └── 64 KiB, doubling up to a part ──┘
 *
 * A file's buffer starts small, so that a write with a thousand partitions can have them all open; a file has a second
 * buffer only while a part is under way. Where memory is short, a part is sent as soon as it has the minimum size, and
 * filling waits for the one in flight. Buffers are kept and used again, by whichever file needs one.
 */

import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { Holding } from '../memory/budget.ts';
import { joinedCrc32 } from './crc32.ts';
import { MIN_PART_BYTES, type ObjectStore, type UploadedPart } from './object-store.ts';
import type { OutputFile, OutputFiles, PendingFile } from './output-files.ts';
import { assertPartOwner, formatPartName, type PartOwner } from './part-name.ts';
import { hiveSegment, joinUri } from './uri.ts';

export interface UploadFilesOptions {
  readonly store: ObjectStore;
  /** The uri of the output's directory. */
  readonly destination: string;
  /** The attempt id must be one that no other attempt uses. */
  readonly owner: PartOwner;
  /** Pays for the buffers. Stays the caller's, to be disposed after the last file is closed or aborted. */
  readonly memory: Holding;
  /** Bytes of a part; default 8 MiB. */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_PART_BYTES = 8 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;
/** Taken while a part is in flight, before the event loop gets its turn: what encodes in some milliseconds. */
const TURN_BYTES = 64 * 1024;

export class UploadFiles implements OutputFiles {
  readonly #options: UploadFilesOptions;
  readonly #buffers: BufferPool;
  readonly #closed: PendingFile[] = [];
  readonly #files: UploadingFile[] = [];

  /** @throws InvalidArgument where an id of the owner cannot stand in a file name. */
  constructor(options: UploadFilesOptions) {
    assertPartOwner(options.owner);
    this.#options = options;
    this.#buffers = new BufferPool(options.memory, options.partBytes ?? DEFAULT_PART_BYTES);
  }

  get closed(): readonly PendingFile[] {
    return this.#closed;
  }

  async create(partition: Readonly<Record<string, string | null>>, extension: string): Promise<OutputFile> {
    const { owner } = this.#options;
    const directories = Object.entries(partition).map(([name, value]) => hiveSegment(name, value));
    const path = [...directories, formatPartName(owner, this.#files.length, extension)].join('/');
    const file = new UploadingFile(this.#options, this.#buffers, path, partition, (pending) =>
      this.#closed.push(pending),
    );
    this.#files.push(file);
    return file;
  }

  /** Drops every file, open or closed, as far as the store allows: what stays is found by cleaning. */
  async abortAll(): Promise<void> {
    for (const file of this.#files) await file.abort();
  }
}

class UploadingFile implements OutputFile {
  readonly path: string;
  readonly #uri: string;
  readonly #options: UploadFilesOptions;
  readonly #buffers: BufferPool;
  readonly #partition: Readonly<Record<string, string | null>>;
  readonly #onClosed: (pending: PendingFile) => void;
  readonly #parts: UploadedPart[] = [];
  #filling: Uint8Array | undefined;
  #filledBytes = 0;
  #size = 0;
  /** Since the event loop last turned for a part in flight. */
  #unturnedBytes = 0;
  #crc32 = 0;
  #uploadId: string | undefined;
  #inFlight: Promise<{ failure: unknown } | undefined> | undefined;
  #open = true;

  constructor(
    options: UploadFilesOptions,
    buffers: BufferPool,
    path: string,
    partition: Readonly<Record<string, string | null>>,
    onClosed: (pending: PendingFile) => void,
  ) {
    this.path = path;
    this.#uri = joinUri(options.destination, path);
    this.#options = options;
    this.#buffers = buffers;
    this.#partition = { ...partition };
    this.#onClosed = onClosed;
  }

  get size(): number {
    return this.#size;
  }

  async write(bytes: Uint8Array, known?: number): Promise<void> {
    assert.ok(this.#open, `${this.path} is closed`);
    for (let done = 0; done < bytes.byteLength; ) {
      const buffer = await this.#room(bytes.byteLength - done);
      const piece = bytes.subarray(done, done + buffer.byteLength - this.#filledBytes);
      buffer.set(piece, this.#filledBytes);
      if (known === undefined) {
        this.#crc32 = crc32(buffer.subarray(this.#filledBytes, this.#filledBytes + piece.byteLength), this.#crc32);
      }
      this.#filledBytes += piece.byteLength;
      this.#size += piece.byteLength;
      done += piece.byteLength;
    }
    if (known !== undefined) this.#crc32 = joinedCrc32(this.#crc32, known, bytes.byteLength);
    this.#unturnedBytes += bytes.byteLength;
    if (this.#inFlight !== undefined && this.#unturnedBytes >= TURN_BYTES) await this.#turn();
  }

  async close(rows: number): Promise<PendingFile> {
    assert.ok(this.#open, `${this.path} is closed`);
    if (this.#filledBytes > 0 || this.#size === 0) await this.#send();
    await this.#landed();
    this.#open = false;
    assert.ok(this.#uploadId !== undefined);
    const pending: PendingFile = {
      path: this.path,
      uploadId: this.#uploadId,
      parts: this.#parts,
      size: this.#size,
      rows,
      crc32: this.#crc32.toString(16).padStart(8, '0'),
      partition: this.#partition,
    };
    this.#onClosed(pending);
    return pending;
  }

  async abort(): Promise<void> {
    this.#open = false;
    await this.#inFlight;
    this.#giveBack();
    if (this.#uploadId === undefined) return;
    // Best effort: the upload is invisible, and the failure that led here is what the caller must hear of.
    await this.#options.store.abortUpload(this.#uri, this.#uploadId).catch(() => undefined);
  }

  /** A buffer with room for at least one byte, if possible for `wantedBytes`. */
  async #room(wantedBytes: number): Promise<Uint8Array> {
    if (this.#filling === undefined) {
      if (this.#inFlight !== undefined && !this.#buffers.hasRoom()) await this.#landed();
      this.#filling = this.#buffers.take(wantedBytes);
    }
    if (this.#filledBytes < this.#filling.byteLength) return this.#filling;
    const grown = this.#buffers.tryEnlarge(this.#filling, this.#filledBytes + wantedBytes);
    if (grown !== undefined) {
      this.#filling = grown;
    } else if (this.#filledBytes < Math.min(MIN_PART_BYTES, this.#buffers.partBytes)) {
      await this.#landed();
      this.#filling = this.#buffers.enlarge(this.#filling, this.#filledBytes + wantedBytes);
    } else {
      await this.#send();
      return this.#room(wantedBytes);
    }
    return this.#filling;
  }

  /** Hands what is filled to the store, and does not wait for it. */
  async #send(): Promise<void> {
    await this.#landed();
    const { store, signal } = this.#options;
    this.#uploadId ??= await store.beginUpload(this.#uri, { signal });
    const uploadId = this.#uploadId;
    const buffer = this.#filling;
    const bytes = buffer?.subarray(0, this.#filledBytes) ?? new Uint8Array(0);
    const number = this.#parts.length + 1;
    this.#filling = undefined;
    this.#filledBytes = 0;
    // The failure is a value until somebody waits for it: until then it would count as unhandled.
    this.#inFlight = store
      .uploadPart(this.#uri, uploadId, number, bytes, { signal })
      .then(
        (part) => void this.#parts.push(part),
        (failure: unknown) => ({ failure }),
      )
      .finally(() => {
        if (buffer !== undefined) this.#buffers.giveBack(buffer);
      });
  }

  /** Lets the part in flight go on: whoever encodes without ever waiting would hold it up until the next one is full. */
  async #turn(): Promise<void> {
    this.#unturnedBytes = 0;
    await setImmediate();
  }

  /** Waits for the part in flight. A failure stays: the file can only be aborted after it. */
  async #landed(): Promise<void> {
    const failed = await this.#inFlight;
    if (failed) throw failed.failure;
    this.#inFlight = undefined;
  }

  #giveBack(): void {
    if (this.#filling !== undefined) this.#buffers.giveBack(this.#filling);
    this.#filling = undefined;
  }
}

/** Buffers of 64 KiB × 2ⁿ up to a part, or of the least that is a part, all of them accounted for, also while they wait to be used again. */
class BufferPool {
  readonly partBytes: number;
  readonly #memory: Holding;
  readonly #free: Uint8Array[] = [];

  constructor(memory: Holding, partBytes: number) {
    this.#memory = memory;
    this.partBytes = partBytes;
  }

  /** Whether a first buffer can be had without waiting. */
  hasRoom(): boolean {
    if (this.#free.length > 0) return true;
    const bytes = Math.min(FIRST_BUFFER_BYTES, this.partBytes);
    if (!this.#memory.tryGrow(bytes)) return false;
    this.#free.push(new Uint8Array(bytes));
    return true;
  }

  /** The smallest free buffer that fits, else a new one. @throws MemoryBudgetExceeded */
  take(wantedBytes: number): Uint8Array {
    const fits = this.#takeFree((bytes) => bytes >= Math.min(wantedBytes, this.partBytes));
    if (fits !== undefined) return fits;
    const bytes = this.#sizeFor(wantedBytes);
    if (this.#memory.tryGrow(bytes)) return new Uint8Array(bytes);
    const smaller = this.#takeFree(() => true);
    if (smaller !== undefined) return smaller;
    const leastBytes = Math.min(FIRST_BUFFER_BYTES, this.partBytes);
    this.#memory.grow(leastBytes);
    return new Uint8Array(leastBytes);
  }

  /** A larger buffer with the content of `buffer`, which is given back; undefined where it is as large as a part or memory is short. */
  tryEnlarge(buffer: Uint8Array, wantedBytes: number): Uint8Array | undefined {
    if (buffer.byteLength >= this.partBytes) return undefined;
    const bytes = this.#sizeFor(Math.max(wantedBytes, buffer.byteLength * 2));
    const larger =
      this.#takeFree((freeBytes) => freeBytes >= bytes) ??
      (this.#memory.tryGrow(bytes) ? new Uint8Array(bytes) : undefined);
    if (larger === undefined) return undefined;
    larger.set(buffer);
    this.giveBack(buffer);
    return larger;
  }

  /** As `tryEnlarge`, after dropping the free buffers, or just enough for a part. @throws MemoryBudgetExceeded */
  enlarge(buffer: Uint8Array, wantedBytes: number): Uint8Array {
    for (const { byteLength } of this.#free.splice(0)) this.#memory.shrink(byteLength);
    const larger = this.tryEnlarge(buffer, wantedBytes) ?? this.tryEnlarge(buffer, buffer.byteLength * 2);
    if (larger !== undefined) return larger;
    const bytes = Math.min(Math.max(MIN_PART_BYTES, wantedBytes), this.#sizeFor(buffer.byteLength * 2));
    this.#memory.grow(bytes);
    const last = new Uint8Array(bytes);
    last.set(buffer);
    this.giveBack(buffer);
    return last;
  }

  giveBack(buffer: Uint8Array): void {
    // Two that stand ready are enough to reuse; more would be memory that another owner needs.
    if (this.#free.length < 2) this.#free.push(buffer);
    else this.#memory.shrink(buffer.byteLength);
  }

  #takeFree(fits: (bytes: number) => boolean): Uint8Array | undefined {
    const index = this.#free.findIndex(({ byteLength }) => fits(byteLength));
    return index < 0 ? undefined : this.#free.splice(index, 1)[0];
  }

  #sizeFor(wantedBytes: number): number {
    let bytes = FIRST_BUFFER_BYTES;
    while (bytes < wantedBytes && bytes < this.partBytes) bytes *= 2;
    return Math.min(bytes, this.partBytes);
  }
}
