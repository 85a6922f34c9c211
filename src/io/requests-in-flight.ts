/**
 * What a scan has asked of its store and waits for, and what is to be asked for then: those requests first that are needed first.
 *
 *     in flight   ╞══ up to so many requests and bytes ══╡      │ waiting, by rank, those of one rank in order
 *
 * Further ones wait until fewer bytes are on their way: what is needed next would have to share the network with them. One connection to
 * S3 brings some 85 MB a second, with 30 ms until the first byte.
 */

export interface PendingRequest {
  readonly byteLength: number;
  /** Those with a lower one are asked for first. */
  readonly rank: number;
  state: 'waiting' | 'in flight' | 'arrived';
  readonly settle: PromiseWithResolvers<void>;
  readonly read: () => Promise<void>;
}

export class RequestsInFlight {
  readonly #mostRequests: number;
  readonly #mostBytes: number;
  readonly #waiting: PendingRequest[] = [];
  #requests = 0;
  #bytes = 0;

  constructor(mostRequests: number, mostBytes: number) {
    this.#mostRequests = mostRequests;
    this.#mostBytes = mostBytes;
  }

  /** Whether nothing is on its way. */
  get isIdle(): boolean {
    return this.#requests === 0;
  }

  /** Takes requests, of which none is sent before `pump`. */
  add(requests: readonly PendingRequest[]): void {
    this.#waiting.push(...requests);
    this.#waiting.sort((a, b) => a.rank - b.rank);
  }

  /** Forgets one that was not sent yet. */
  drop(request: PendingRequest): void {
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Sends as many as may be on their way together. */
  pump(): void {
    const isFull = ({ byteLength }: PendingRequest): boolean =>
      this.#requests > 0 && (this.#requests >= this.#mostRequests || this.#bytes + byteLength > this.#mostBytes);
    for (let [next] = this.#waiting; next !== undefined && !isFull(next); [next] = this.#waiting) {
      this.#waiting.shift();
      void this.#bring(next);
    }
  }

  /** Sends one in its turn: never where `signal` is aborted before. @throws what `read` throws; the signal's reason */
  async send(rank: number, byteLength: number, signal: AbortSignal, read: () => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    const settle = Promise.withResolvers<void>();
    const request: PendingRequest = { byteLength, rank, state: 'waiting', settle, read };
    const giveUp = (): void => {
      if (request.state !== 'waiting') return;
      this.drop(request);
      settle.reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp);
    this.add([request]);
    this.pump();
    try {
      await settle.promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #bring(request: PendingRequest): Promise<void> {
    request.state = 'in flight';
    this.#requests += 1;
    this.#bytes += request.byteLength;
    try {
      await request.read();
      request.state = 'arrived';
      request.settle.resolve();
    } catch (error) {
      request.settle.reject(error);
    } finally {
      this.#requests -= 1;
      this.#bytes -= request.byteLength;
      this.pump();
    }
  }
}
