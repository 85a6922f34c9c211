/**
 * One request: from waiting for its turn to the last byte of its answer.
 *
 *     gate ──▶ sockets fresh? ──▶ send ──▶ use the answer, body and all ──▶ gate
 *                                   │ within `totalMs` and 10 s for each MB; without a byte for `idleMs`, the socket fails
 *                                   └──▶ error of ours; throttled: the gate asks everybody to slow down
 *
 * Nothing is repeated here.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import type { MillraceError } from '../../errors.ts';
import type { RequestKind, RequestMeter } from '../counted-store.ts';
import { Deadline } from '../deadline.ts';
import { RequestGate } from '../request-gate.ts';
import { askedToWait } from '../retry-after.ts';
import { Connections } from './connections.ts';
import { isThrottle, type RequestContext, retryAfterOf, translatedError } from './error-translation.ts';
import type { S3StoreOptions } from './s3-store-options.ts';

export interface S3Request<Result> extends RequestContext {
  readonly kind: RequestKind;
  readonly signal: AbortSignal | undefined;
  /** Content sent. */
  readonly bytesWritten?: number;
  /** Content that is expected. */
  readonly bytesRead?: number;
  /** In place of the options' `totalMs`. */
  readonly totalMs?: number;
  /** Called when its turn has come. */
  readonly onSent?: () => void;
  /** Sends, and reads the answer to its end. The signal is aborted when time is up, too. */
  readonly run: (client: S3Client, sending: { abortSignal: AbortSignal }) => Promise<Result>;
  /** An error of its own for what was thrown; undefined for the usual one. */
  readonly mapError?: (error: unknown) => MillraceError | undefined;
}

export class S3Requests {
  readonly #connections: Connections;
  readonly #gate: RequestGate;
  readonly #meter: RequestMeter;
  readonly #totalMs: number;

  constructor({ maxRequests = 32, totalMs = 60_000, turnClock, ...client }: S3StoreOptions, meter: RequestMeter) {
    this.#connections = new Connections(client, maxRequests);
    this.#gate = new RequestGate(maxRequests, turnClock);
    this.#meter = meter;
    this.#totalMs = totalMs;
  }

  /** Whether one more request would neither wait nor make others wait. */
  get hasRoom(): boolean {
    return this.#gate.isIdle;
  }

  /** @throws the signal's reason where the caller gave up; else an error of `errors.ts`. */
  async send<Result>(request: S3Request<Result>): Promise<Result> {
    const { kind, signal, bytesWritten = 0, bytesRead = 0, totalMs = this.#totalMs } = request;
    await this.#gate.enter(signal);
    const deadline = new Deadline(totalMs, bytesWritten + bytesRead, signal);
    try {
      this.#connections.renew();
      this.#meter.sent(kind, bytesWritten);
      request.onSent?.();
      const result = await request.run(this.#connections.client, { abortSignal: deadline.signal });
      this.#meter.received(bytesRead);
      this.#gate.answered();
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      if (isThrottle(error)) {
        this.#gate.throttled();
        this.#meter.throttled();
      }
      const cause = deadline.signal.aborted ? deadline.signal.reason : error;
      throw request.mapError?.(cause) ?? askedToWait(translatedError(cause, request), retryAfterOf(cause));
    } finally {
      deadline.end();
      this.#gate.leave();
    }
  }
}
