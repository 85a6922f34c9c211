/** A web server that answers as a test says, over real sockets. */

import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface HttpCall {
  /** `GET /b/key?list-type=2` */
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly answer: ServerResponse;
}

/** Disposing it throws what a handler has thrown. */
export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:34567`, or https and the same. */
  readonly endpoint: string;
  readonly lines: readonly string[];
  /** Sockets opened so far. */
  readonly sockets: () => number;
}

/** `handle` is called with the number of the call, from 0, too. With `tls`, a key and a certificate, it speaks https. */
export async function httpServer(
  handle: (call: HttpCall, number: number) => void | Promise<void>,
  tls?: { readonly key: string; readonly cert: string },
): Promise<HttpServer> {
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
  const listener: RequestListener = (request, answer) => {
    // What the client sends no more is no failure of the test.
    serve(request, answer).catch(() => answer.destroy());
  };
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.on('connection', () => {
    sockets++;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
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

export interface RangeOptions {
  /** `"e"` where absent; none where undefined. */
  readonly etag?: string | undefined;
  /** Bytes that are sent before it stalls; all where absent. */
  readonly sent?: number;
}

/** From where to where a header asks for `content`, or its last bytes. */
export function rangeIn(header: string | undefined, content: Uint8Array): [start: number, end: number] {
  const [, last] = /^bytes=-(\d+)$/.exec(header ?? '') ?? [];
  if (last !== undefined) return [Math.max(0, content.byteLength - Number(last)), content.byteLength];
  const [, from = 0, to = content.byteLength - 1] = (/bytes=(\d+)-(\d+)/.exec(header ?? '') ?? []).map(Number);
  return [from, Math.min(to + 1, content.byteLength)];
}

/** The range that was asked for, of `content`. */
export function sendRange({ headers, answer }: HttpCall, content: Uint8Array, options: RangeOptions = {}): void {
  const { etag, sent = Number.POSITIVE_INFINITY } = { etag: '"e"', ...options };
  const [first, end] = rangeIn(headers.range, content);
  answer.writeHead(206, {
    'content-length': end - first,
    'content-range': `bytes ${first}-${end - 1}/${content.byteLength}`,
    ...(etag !== undefined && { etag }),
  });
  const piece = content.subarray(first, end);
  if (sent >= piece.byteLength) answer.end(piece);
  else answer.write(piece.subarray(0, sent));
}
