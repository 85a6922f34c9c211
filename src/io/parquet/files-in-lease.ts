/**
 * The files that are read within one lease: the one that is decoded, and those behind it, of which row groups are read ahead.
 *
 *     │ decoding file 1 │ its row group 8 │ 9 │ footer 2 │ row group 1 of file 2 │ footer 3 │ …  │      the lease
 *
 * What is read ahead has to fit beside the file that is decoded now, and beside each one whose turn comes before its own: nothing that
 * was begun is ever given up for want of memory, and no file waits for memory while it holds some.
 */

import type { Lease } from '../../memory/budget.ts';
import type { RequestsInFlight } from '../requests-in-flight.ts';
import type { FileSizes } from './file-sizes.ts';
import { requestsOfScan } from './range-reads.ts';

export interface FileInLease {
  readonly sizes: FileSizes;
  /** Row groups that are in memory or on their way, with what that takes at most. */
  readonly entries: readonly { readonly position: number; readonly bytes: number }[];
}

export class FilesInLease {
  readonly inFlight: RequestsInFlight = requestsOfScan();
  readonly #lease: Lease;
  /** In order; the first one is decoded. */
  readonly #files: FileInLease[] = [];
  /** Stored bytes of files that were here. */
  #bytesBefore = 0;
  #ranks = 0;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  /** The lowest of `count` ranks, behind those of all files before. */
  takeRanks(count: number): number {
    this.#ranks += count;
    return this.#ranks - count;
  }

  add(file: FileInLease): void {
    this.#files.push(file);
  }

  remove(file: FileInLease): void {
    this.#files.splice(this.#files.indexOf(file), 1);
    this.#bytesBefore += file.sizes.storedBytes;
  }

  /** Whether a row group of so many bytes is worth to be read ahead: the next one always is. */
  isWorthAhead(bytes: number): boolean {
    const [first] = this.#files;
    const [current, ...ahead] = this.#files.flatMap(({ entries }) => entries.map((entry) => entry.bytes));
    if (first === undefined || current === undefined || ahead.length === 0) return true;
    const position = first.entries[0]?.position ?? 0;
    return ahead.reduce((sum, one) => sum + one, bytes) <= first.sizes.mostAhead(position, this.#bytesBefore);
  }

  /** Whether the lease has room for so much more of the last file, and `least` in all; it becomes larger where that is enough. */
  makeRoom(bytes: number, least: number = 0): boolean {
    let needed = least;
    let behind = bytes;
    for (const { sizes, entries } of this.#files.toReversed()) {
      behind = entries.reduce((sum, entry) => sum + entry.bytes, behind);
      needed = Math.max(needed, sizes.decodingBytes + behind);
      behind += sizes.footerBytes;
    }
    return this.#lease.tryEnlarge(needed);
  }
}
