/**
 * Reads ranges of a file into linear memory: several requests at a time, those first that are needed first.
 *
 *     by rank     │ row group 3, filter │ 3, others │ 4, filter │ 4, others …
 *
 * Bytes can be used as they arrive, a piece of a range at a time. What is in the tail of the file is not asked for again.
 */

import { setImmediate } from 'node:timers/promises';
import type { Holding } from '../../memory/budget.ts';
import type { Region } from '../../memory/linear-memory.ts';
import type { ObjectStore } from '../object-store.ts';
import type { ReadCosts } from '../record-reader.ts';
import { type PendingRequest, RequestsInFlight } from '../requests-in-flight.ts';
import type { ParquetFooter } from './footer.ts';
import { type ByteRange, splitRange } from './scan-plan.ts';

/** Of one scan at a time. */
const MAX_REQUESTS = 8;
/** With 30 ms until the first byte of a request four of 4 MiB are always enough. */
const MAX_BYTES_IN_FLIGHT: number = 24 << 20;

/**
 * Requests of one size that are begun together share the network, end together, and then it is idle for as long as the next
 * ones wait for their first byte, again and again. So the first ones of a file are cut in two where they have as much:
 *
 *     of four ranges   4/9 │ 5/9     3/9 │ 6/9     2/9 │ 7/9     1/9 │ 8/9         one after the other is done
 */
const LEAST_CUT_BYTES: number = 512 << 10;

/** Requests are held up for no longer: a turn of the event loop for each batch takes longer than some columns of it. */
const HELD_UP_MS = 0.5;

interface Piece extends ByteRange, PendingRequest {
  readonly address: number;
}

/** One range in memory, or on its way there: its pieces follow each other in the file and at `address`. */
export interface Span extends ByteRange {
  readonly address: number;
  readonly pieces: readonly Piece[];
}

/** Stored bytes on their way into memory of their own. */
export interface Load {
  readonly spans: readonly Span[];
  readonly regions: readonly Region[];
}

/** Those of all files of a scan. */
export const requestsOfScan = (): RequestsInFlight => new RequestsInFlight(MAX_REQUESTS, MAX_BYTES_IN_FLIGHT);

export interface RangeReadsRequest {
  readonly store: ObjectStore;
  readonly footer: ParquetFooter;
  readonly signal: AbortSignal;
  readonly costs: ReadCosts;
  readonly holding: Holding;
  readonly inFlight: RequestsInFlight;
}

/** Those of one file. */
export class RangeReads {
  readonly #request: RangeReadsRequest;
  /** Pieces that may still be cut in two. */
  #toCut: number;
  /** When the requests in flight went on last. */
  #wentOnMs = performance.now();

  constructor(request: RangeReadsRequest) {
    this.#request = request;
    this.#toCut = request.inFlight.isIdle ? MAX_REQUESTS / 2 : 0;
  }

  /** Whether nothing is on its way, of files behind neither. */
  get isIdle(): boolean {
    return this.#request.inFlight.isIdle;
  }

  /** Begins to read `ranges`; undefined, and nothing is begun, where the holding has too little left. */
  tryBegin(ranges: readonly ByteRange[], rank: number): Load | undefined {
    const { holding } = this.#request;
    const regions: Region[] = [];
    for (const range of ranges) {
      const region = holding.tryAllocate(range.byteLength);
      if (region === undefined) {
        for (const one of regions) holding.free(one);
        return undefined;
      }
      regions.push(region);
    }
    const spans = ranges.map((range, at) => this.#span(range, regions[at]?.address ?? 0, rank));
    this.#request.inFlight.pump();
    return { spans, regions };
  }

  /** Begins to read a range to `address`, in memory of the caller, who leaves it alone until the span is settled. */
  begin(range: ByteRange, address: number, rank: number): Span {
    const span = this.#span(range, address, rank);
    this.#request.inFlight.pump();
    return span;
  }

  /** Resolves once nothing is written to a span any more; what of it was not asked for yet never is. */
  async settle({ pieces }: Span): Promise<void> {
    for (const piece of pieces) {
      if (piece.state === 'waiting') this.#request.inFlight.drop(piece);
    }
    await Promise.allSettled(pieces.flatMap(({ state, settle }) => (state === 'in flight' ? [settle.promise] : [])));
  }

  /** Gives back the memory of a load, once nothing writes to it any more. */
  async free({ spans, regions }: Load): Promise<void> {
    for (const span of spans) await this.settle(span);
    for (const region of regions) this.#request.holding.free(region);
  }

  /** Lets requests in flight go on, which a caller that never waits would otherwise hold up. Undefined where none need that now. */
  letGoOn(): Promise<void> | undefined {
    if (this.isIdle || performance.now() - this.#wentOnMs < HELD_UP_MS) return undefined;
    return this.#goOn();
  }

  async #goOn(): Promise<void> {
    await setImmediate();
    this.#wentOnMs = performance.now();
  }

  #span(range: ByteRange, address: number, rank: number): Span {
    const pieces = this.#pieces(range, address, rank);
    this.#request.inFlight.add(pieces.filter(({ state }) => state === 'waiting'));
    return { ...range, address, pieces };
  }

  #pieces(range: ByteRange, address: number, rank: number): Piece[] {
    const { tail } = this.#request.footer;
    const missing = Math.max(0, Math.min(range.byteLength, tail.start - range.start));
    const asked = this.#atDifferentSizes(splitRange({ start: range.start, byteLength: missing }));
    const pieces = asked.map((piece): Piece => {
      const settle = Promise.withResolvers<void>();
      // Whoever needs the bytes meets the error; a piece that nobody needs any more must not bring the process down.
      settle.promise.catch(() => {});
      const to = address + piece.start - range.start;
      return { ...piece, address: to, rank, state: 'waiting', settle, read: () => this.#read(piece, to) };
    });
    if (missing === range.byteLength) return pieces;
    const [start, byteLength] = [range.start + missing, range.byteLength - missing];
    const bytes = tail.bytes.subarray(start - tail.start, start - tail.start + byteLength);
    const from = address + missing;
    this.#request.holding.linear.u8.set(bytes, from);
    const [settle, read] = [Promise.withResolvers<void>(), () => Promise.resolve()];
    return [...pieces, { start, byteLength, address: from, rank, state: 'arrived', settle, read }];
  }

  /** Cuts the first ranges in two, each at another place. */
  #atDifferentSizes(ranges: readonly ByteRange[]): ByteRange[] {
    return ranges.flatMap((range): ByteRange[] => {
      if (this.#toCut === 0 || range.byteLength < LEAST_CUT_BYTES) return [range];
      const byteLength = Math.ceil((range.byteLength * this.#toCut) / (MAX_REQUESTS + 1));
      this.#toCut -= 1;
      const rest = { start: range.start + byteLength, byteLength: range.byteLength - byteLength };
      return [{ start: range.start, byteLength }, rest];
    });
  }

  async #read({ start, byteLength }: ByteRange, address: number): Promise<void> {
    const { store, footer, costs, signal, holding } = this.#request;
    costs.requests += 1;
    const into = holding.linear.u8.subarray(address, address + byteLength);
    await store.readInto(footer.uri, start, into, { etag: footer.etag, signal });
    costs.bytesRead += byteLength;
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
