/** The client of the SDK, over sockets of ours. */

import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SocketPool } from '../socket-pool.ts';

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

export class Connections {
  readonly client: S3Client;
  readonly #sockets: SocketPool;

  /** `sockets` is how many may be open at once. */
  constructor({ connectMs = 5_000, idleMs = 20_000, ...settings }: S3ClientOptions, sockets: number) {
    this.#sockets = new SocketPool(sockets);
    this.client = new S3Client({
      ...settings,
      requestHandler: new NodeHttpHandler({
        httpAgent: this.#sockets.http,
        httpsAgent: this.#sockets.https,
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
    this.#sockets.renew();
  }
}
