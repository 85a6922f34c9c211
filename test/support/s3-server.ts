/** A server that speaks as much of S3 as a test makes it speak, over real sockets, and fails as it is told. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MeteredStore } from '../../src/io/counted-store.ts';
import { type S3StoreOptions, s3Store } from '../../src/io/s3/s3-store.ts';

export interface S3Call {
  /** `GET /b/key?list-type=2` */
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly answer: ServerResponse;
}

/** Disposing it throws what a handler has thrown. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly store: MeteredStore;
  readonly lines: readonly string[];
  /** Sockets opened so far. */
  readonly sockets: () => number;
}

/** `handle` is called with the number of the call, from 0, too. */
export async function s3Server(
  handle: (call: S3Call, number: number) => void | Promise<void>,
  options: S3StoreOptions = {},
): Promise<S3Server> {
  const lines: string[] = [];
  let sockets = 0;
  const failures: unknown[] = [];
  const serve = async (request: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const line = `${request.method} ${request.url}`;
    lines.push(line);
    try {
      await handle({ line, headers: request.headers, body: Buffer.concat(chunks), answer }, lines.length - 1);
    } catch (error) {
      failures.push(error);
      answer.destroy();
    }
  };
  const server = createServer((request, answer) => {
    // What the client sends no more is no failure of the test.
    serve(request, answer).catch(() => answer.destroy());
  });
  server.on('connection', () => {
    sockets++;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const store = s3Store({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'very-secret' },
    ...options,
  });
  return {
    endpoint,
    store,
    lines,
    sockets: () => sockets,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** An error as S3 words it. */
export function refuse(answer: ServerResponse, status: number, code: string, extra: string = ''): void {
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>As the test says</Message>${extra}</Error>`);
}

/** The range that was asked for, of `content`. */
export function sendRange(
  { headers, answer }: S3Call,
  content: Uint8Array,
  sent: number = Number.POSITIVE_INFINITY,
): void {
  const [, first = '0', last = `${content.byteLength - 1}`] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
  const end = Math.min(Number(last) + 1, content.byteLength);
  answer.writeHead(206, {
    'content-length': end - Number(first),
    'content-range': `bytes ${first}-${end - 1}/${content.byteLength}`,
    etag: '"e"',
  });
  const piece = content.subarray(Number(first), end);
  if (sent >= piece.byteLength) answer.end(piece);
  else answer.write(piece.subarray(0, sent));
}
