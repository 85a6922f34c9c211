/** A server that speaks as much of S3 as a test makes it speak, over real sockets, and fails as it is told. */

import type { ServerResponse } from 'node:http';
import type { MeteredStore } from '../../src/io/counted-store.ts';
import { type S3StoreOptions, s3Store } from '../../src/io/s3/s3-store.ts';
import { type HttpCall, type HttpServer, httpServer } from './http-server.ts';

export interface S3Server extends HttpServer {
  readonly store: MeteredStore;
}

/** As `httpServer`, and a store that talks to it. */
export async function s3Server(
  handle: (call: HttpCall, number: number) => void | Promise<void>,
  options: S3StoreOptions = {},
): Promise<S3Server> {
  const server = await httpServer(handle);
  const store = s3Store({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'very-secret' },
    ...options,
  });
  return { ...server, store };
}

/** An error as S3 words it. */
export function refuse(answer: ServerResponse, status: number, code: string, extra: string = ''): void {
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>As the test says</Message>${extra}</Error>`);
}
