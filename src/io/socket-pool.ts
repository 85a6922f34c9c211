/**
 * Sockets that are kept between requests.
 *
 * A function that was frozen wakes with sockets that the service has closed long ago, and may not have heard of it. So
 * sockets that nobody used for a while are not used again: a request that finds such a gap behind it starts on new ones.
 */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';

/** Services close connections that are idle for about this long; the wall clock goes on while a process is frozen. */
const STALE_AFTER_MS = 10_000;

export class SocketPool {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  #usedMs = 0;

  /** `sockets` is how many may be open at once; `ca`, certificates that are trusted beside those that Node knows. */
  constructor(sockets: number, ca?: readonly string[]) {
    const agent = { keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets };
    this.http = new HttpAgent(agent);
    this.https = new HttpsAgent({
      ...agent,
      ...(ca !== undefined && { ca: [...getCACertificates('default'), ...ca] }),
    });
  }

  /** To be called before each request. */
  renew(): void {
    const now = Date.now();
    if (Math.abs(now - this.#usedMs) > STALE_AFTER_MS) {
      for (const { freeSockets } of [this.http, this.https]) {
        for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
      }
    }
    this.#usedMs = now;
  }
}
