/** The client of the SDK, over sockets of ours. */

import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SocketPool } from '../socket-pool.ts';
import type { S3StoreOptions } from './s3-store-options.ts';

type SettingOfClient = 'endpoint' | 'region' | 'credentials' | 'connectMs' | 'idleMs';

export class Connections {
  readonly client: S3Client;
  readonly #sockets: SocketPool;

  /** `sockets` is how many may be open at once. */
  constructor(
    { connectMs = 5_000, idleMs = 20_000, ...settings }: Pick<S3StoreOptions, SettingOfClient>,
    sockets: number,
  ) {
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
