/**
 * The client of the SDK, and the sockets under it.
 *
 * A function that was frozen wakes with sockets that the service has closed long ago, and may not have heard of it. So
 * sockets that nobody used for a while are not used again: a request that finds such a gap behind it starts on new ones.
 */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface S3ClientOptions {
  /** Where not absent, in place of what the environment says (`AWS_ENDPOINT_URL`, `AWS_REGION`, …), as the SDK reads it. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Milliseconds until a connection stands; default 5,000. */
  readonly connectMs?: number;
  /** Milliseconds without a byte, sent or received, after which a request has failed; default 20,000. */
  readonly idleMs?: number;
}

/** The service closes connections that are idle for about this long; the wall clock goes on while a process is frozen. */
const STALE_AFTER_MS = 10_000;

export class Connections {
  readonly client: S3Client;
  readonly #agents: readonly HttpAgent[];
  #usedMs = 0;

  /** `sockets` is how many may be open at once. */
  constructor({ connectMs = 5_000, idleMs = 20_000, ...settings }: S3ClientOptions, sockets: number) {
    const agent = { keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets };
    const httpAgent = new HttpAgent(agent);
    const httpsAgent = new HttpsAgent(agent);
    this.#agents = [httpAgent, httpsAgent];
    this.client = new S3Client({
      ...settings,
      requestHandler: new NodeHttpHandler({
        httpAgent,
        httpsAgent,
        connectionTimeout: connectMs,
        socketTimeout: idleMs,
      }),
      // Whoever calls the store knows which requests may be repeated; two layers that repeat would multiply.
      maxAttempts: 1,
      // Checksums are given and compared by the store, in native code and without chunked trailers.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // Asking first would cost each part of an upload a round trip.
      expectContinueHeader: false,
    });
  }

  /** To be called before each request. */
  renew(): void {
    const now = Date.now();
    if (Math.abs(now - this.#usedMs) > STALE_AFTER_MS) {
      for (const { freeSockets } of this.#agents) {
        for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
      }
    }
    this.#usedMs = now;
  }
}
