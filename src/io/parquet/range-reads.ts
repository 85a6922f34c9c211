/**
 * Reads ranges of a file into linear memory: several requests at a time, those first that are needed first.
 *
 *     asked for   │ row group 3, filter │ 3, others │ 4, filter │ 4, others …
 *     in flight   ╞══ up to so many requests and bytes ══╡      │ waiting, by rank
 *
 * Bytes can be used as they arrive, a piece of a range at a time. What is in the tail of the file is not asked for again.
 */

import { setImmediate } from 'node:timers/promises';
import type { Holding } from '../../memory/budget.ts';
import type { Region } from '../../memory/linear-memory.ts';
import type { ObjectStore } from '../object-store.ts';
import type { ParquetFooter } from './footer.ts';
import { type ByteRange, splitRange } from './scan-plan.ts';

/** What reading has cost so far. */
export interface ReadCosts {
  bytesRead: number;
  requests: number;
}

/** Of one file at a time. */
const MAX_REQUESTS = 8;
/**
 * Further requests wait until fewer bytes are on their way: what is needed next would have to share the network with
 * them. One connection to S3 brings some 85 MB a second, with 30 ms until the first byte: four of 4 MiB are always enough.
 */
const MAX_BYTES_IN_FLIGHT: number = 24 << 20;

interface Piece extends ByteRange {
  readonly address: number;
  /** Those with a lower one are asked for first. */
  readonly rank: number;
  state: 'waiting' | 'in flight' | 'arrived';
  readonly settle: PromiseWithResolvers<void>;
}

/** One range in memory: its pieces follow each other in the file and there. */
interface Span extends ByteRange {
  readonly region: Region;
  readonly pieces: readonly Piece[];
}

/** Stored bytes on their way into memory. */
export interface Load {
  readonly spans: readonly Span[];
}

export interface RangeReadsRequest {
  readonly store: ObjectStore;
  readonly footer: ParquetFooter;
  readonly signal: AbortSignal;
  readonly costs: ReadCosts;
  readonly holding: Holding;
}

export class RangeReads {
  readonly #request: RangeReadsRequest;
  readonly #waiting: Piece[] = [];
  #requests = 0;
  #bytes = 0;

  constructor(request: RangeReadsRequest) {
    this.#request = request;
  }

  /** Whether nothing is on its way. */
  get isIdle(): boolean {
    return this.#requests === 0;
  }

  /** Begins to read `ranges`; undefined, and nothing is begun, where the holding has too little left. */
  tryBegin(ranges: readonly ByteRange[], rank: number): Load | undefined {
    const { holding } = this.#request;
    const spans: Span[] = [];
    for (const range of ranges) {
      const region = holding.tryAllocate(range.byteLength);
      if (region === undefined) {
        for (const span of spans) holding.free(span.region);
        return undefined;
      }
      spans.push({ ...range, region, pieces: this.#pieces(range, region, rank) });
    }
    this.#waiting.push(...spans.flatMap(({ pieces }) => pieces.filter(({ state }) => state === 'waiting')));
    this.#waiting.sort((a, b) => a.rank - b.rank);
    this.#pump();
    return { spans };
  }

  /** Reads bytes into memory of the caller, who waits for them. */
  async read(start: number, byteLength: number, address: number): Promise<void> {
    const { store, footer, costs, signal, holding } = this.#request;
    costs.requests += 1;
    const into = holding.linear.u8.subarray(address, address + byteLength);
    await store.readInto(footer.uri, start, into, { etag: footer.etag, signal });
    costs.bytesRead += byteLength;
  }

  /** Gives back the memory of a load, once nothing writes to it any more; what of it was not asked for yet never is. */
  async free({ spans }: Load): Promise<void> {
    const pieces = spans.flatMap((span) => span.pieces);
    for (const piece of pieces) {
      if (piece.state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(piece), 1);
    }
    await Promise.allSettled(pieces.flatMap(({ state, settle }) => (state === 'in flight' ? [settle.promise] : [])));
    for (const { region } of spans) this.#request.holding.free(region);
  }

  /** Lets requests in flight go on, which a caller that never waits would otherwise hold up. */
  async letGoOn(): Promise<void> {
    if (!this.isIdle) await setImmediate();
  }

  #pieces(range: ByteRange, region: Region, rank: number): Piece[] {
    const { tail } = this.#request.footer;
    const missing = Math.max(0, Math.min(range.byteLength, tail.start - range.start));
    const pieces = splitRange({ start: range.start, byteLength: missing }).map((piece): Piece => {
      const settle = Promise.withResolvers<void>();
      // Whoever needs the bytes meets the error; a piece that nobody needs any more must not bring the process down.
      settle.promise.catch(() => {});
      return { ...piece, address: region.address + piece.start - range.start, rank, state: 'waiting', settle };
    });
    if (missing === range.byteLength) return pieces;
    const [start, byteLength] = [range.start + missing, range.byteLength - missing];
    const bytes = tail.bytes.subarray(start - tail.start, start - tail.start + byteLength);
    const address = region.address + missing;
    this.#request.holding.linear.u8.set(bytes, address);
    return [...pieces, { start, byteLength, address, rank, state: 'arrived', settle: Promise.withResolvers() }];
  }

  #pump(): void {
    const isFull = ({ byteLength }: Piece): boolean =>
      this.#requests > 0 && (this.#requests >= MAX_REQUESTS || this.#bytes + byteLength > MAX_BYTES_IN_FLIGHT);
    for (let [piece] = this.#waiting; piece !== undefined && !isFull(piece); [piece] = this.#waiting) {
      this.#waiting.shift();
      void this.#bring(piece);
    }
  }

  async #bring(piece: Piece): Promise<void> {
    piece.state = 'in flight';
    this.#requests += 1;
    this.#bytes += piece.byteLength;
    try {
      await this.read(piece.start, piece.byteLength, piece.address);
      piece.state = 'arrived';
      piece.settle.resolve();
    } catch (error) {
      piece.settle.reject(error);
    } finally {
      this.#requests -= 1;
      this.#bytes -= piece.byteLength;
      this.#pump();
    }
  }
}

/** Whether all of it has arrived. */
export const isComplete = ({ spans }: Load): boolean =>
  spans.every(({ pieces }) => pieces.every(({ state }) => state === 'arrived'));

/** Where the bytes of `span` that have arrived from `position` on end, as a position in the file. */
export function arrivedEnd({ pieces }: Span, position: number): number {
  let end = position;
  for (const { start, byteLength, state } of pieces) {
    if (start + byteLength <= position) continue;
    if (state !== 'arrived') break;
    end = start + byteLength;
  }
  return end;
}

/** Settles when the bytes of `span` from `position` up to `end` have arrived. @throws what a read has thrown */
export async function arrivalOf({ pieces }: Span, position: number, end: number): Promise<void> {
  for (const { start, byteLength, state, settle } of pieces) {
    if (start + byteLength > position && start < end && state !== 'arrived') await settle.promise;
  }
}

export type { Span };
