/**
 * One request over http: from waiting for its turn to the last byte of its answer.
 *
 *     gate ──▶ host allowed? ──▶ send ──▶ answer ──▶ use it, body and all ──▶ gate
 *                 ▲                        │ 301, 302, 303, 307, 308: at most 5 times, never from https to http
 *                 └────────────────────────┘
 *
 * Nothing is sent that says who asks: no credentials, no cookies, also where a redirect leads to the same host. Nothing
 * is repeated here. What was not read of an answer is read now where it is short, else destroyed, and its socket with it.
 */

import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { InvalidArgument, UnsupportedFile } from '../../errors.ts';
import type { Clock } from '../clock.ts';
import { Deadline } from '../deadline.ts';
import { RequestGate } from '../request-gate.ts';
import { drain } from '../response-body.ts';
import { askedToWait } from '../retry-after.ts';
import { SocketPool } from '../socket-pool.ts';
import { parseUri, redactUri } from '../uri.ts';
import { type AddressKind, type AddressRule, assertAddress, guardedLookup } from './address-policy.ts';
import { isThrottle, transportError } from './answer-errors.ts';

export interface HttpRequestsOptions {
  /** Whether this machine and private networks are reached: false where absent. */
  readonly privateHosts?: boolean | undefined;
  /**
   * Hosts, `name` or `name:port`, that are asked over `http:`, where anybody on the way may read and change what is sent.
   * With `privateHosts`, so is this machine.
   */
  readonly plainHosts?: readonly string[] | undefined;
  /** Certificates, as PEM, that are trusted beside those of Node. */
  readonly ca?: readonly string[] | undefined;
  /** How many requests to one host may be under way at once, and sockets be open; default 16. */
  readonly maxRequests?: number | undefined;
  /** Milliseconds without a byte, after which a request has failed; default 20,000. */
  readonly idleMs?: number | undefined;
  /** Milliseconds that a request may take without its content; default 60,000. */
  readonly totalMs?: number | undefined;
  /** By which requests wait for their turn where a server asks for fewer; virtual in tests only. */
  readonly turnClock?: Clock | undefined;
}

export interface HttpRequest {
  readonly uri: string;
  readonly method: 'HEAD' | 'GET';
  readonly headers?: Readonly<Record<string, string>>;
  /** Content that is expected. */
  readonly bytesRead?: number;
  readonly signal: AbortSignal | undefined;
}

const MAX_REDIRECTS = 5;
/** Hosts that are remembered, beside those that are being asked. */
const MOST_GATES = 256;
const REDIRECTS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

export class HttpRequests {
  readonly #privateHosts: boolean;
  readonly #plainHosts: ReadonlySet<string>;
  readonly #idleMs: number;
  readonly #totalMs: number;
  readonly #sockets: SocketPool;
  readonly #maxRequests: number;
  readonly #turnClock: Clock | undefined;
  /** By host: that one has too much to do, or never answers, is nothing to the others. */
  readonly #gates = new Map<string, RequestGate>();

  constructor(options: HttpRequestsOptions) {
    const { privateHosts = false, plainHosts = [], maxRequests = 16, idleMs = 20_000, totalMs = 60_000 } = options;
    this.#privateHosts = privateHosts;
    this.#plainHosts = new Set(plainHosts.map((host) => host.toLowerCase()));
    this.#idleMs = idleMs;
    this.#totalMs = totalMs;
    this.#sockets = new SocketPool(maxRequests, options.ca);
    this.#maxRequests = maxRequests;
    this.#turnClock = options.turnClock;
  }

  /**
   * What `use` makes of the answer, which it reads to its end or leaves.
   * @throws the signal's reason where the caller gave up; else an error of `errors.ts`.
   */
  async send<Result>(request: HttpRequest, use: (answer: IncomingMessage) => Promise<Result>): Promise<Result> {
    const { uri, signal, bytesRead = 0 } = request;
    const url = urlOf(uri);
    const gate = this.#gateOf(url);
    await gate.enter(signal);
    const deadline = new Deadline(this.#totalMs, bytesRead, signal);
    let answer: IncomingMessage | undefined;
    try {
      this.#sockets.renew();
      answer = await this.#followed(url, request, deadline.signal);
      if (isThrottle(answer.statusCode ?? 0)) gate.throttled();
      else gate.answered();
      return await use(answer);
    } catch (error) {
      signal?.throwIfAborted();
      const failure = transportError(uri, deadline.signal.aborted ? deadline.signal.reason : error);
      throw askedToWait(failure, answer?.headers['retry-after']);
    } finally {
      if (answer?.readableEnded === false) await drain(answer);
      deadline.end();
      gate.leave();
    }
  }

  #gateOf({ host }: URL): RequestGate {
    const known = this.#gates.get(host);
    if (known !== undefined) return known;
    if (this.#gates.size >= MOST_GATES) {
      for (const [other, { isEmpty }] of this.#gates) if (isEmpty) this.#gates.delete(other);
    }
    const gate = new RequestGate(this.#maxRequests, this.#turnClock);
    this.#gates.set(host, gate);
    return gate;
  }

  async #followed(url: URL, request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    let at = url;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#exchange(at, request, signal);
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.statusCode) || location === undefined) return answer;
      await drain(answer);
      if (redirects === MAX_REDIRECTS)
        throw refused(request.uri, `its server redirects more than ${MAX_REDIRECTS} times`);
      at = redirected(request.uri, at, location);
    }
  }

  async #exchange(url: URL, { uri, method, headers }: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const isPlain = url.protocol === 'http:';
    const rule = isPlain ? this.#plainRule(url) : this.#rule;
    assertAddress(url.hostname, redactUri(uri), rule);
    const options: RequestOptions = {
      method,
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'millrace' },
      agent: isPlain ? this.#sockets.http : this.#sockets.https,
      lookup: guardedLookup(redactUri(uri), rule),
      timeout: this.#idleMs,
      signal,
    };
    return await new Promise((resolve, reject) => {
      const request = (isPlain ? plainRequest : secureRequest)(url, options);
      let answered: IncomingMessage | undefined;
      request.on('response', (answer) => {
        answered = answer;
        // Whoever reads it listens too; until then a socket that fails must not end the process.
        answer.on('error', () => {});
        resolve(answer);
      });
      request.on('timeout', () => {
        const stalled = new Error(`no byte came for ${this.#idleMs} ms`);
        answered?.destroy(stalled);
        request.destroy(stalled);
      });
      request.on('error', reject);
      request.end();
    });
  }

  get #rule(): AddressRule {
    return {
      allows: (kind) => kind === 'public' || (this.#privateHosts && (kind === 'private' || kind === 'loopback')),
      detail: 'its address is not a public one',
    };
  }

  #plainRule({ host, hostname }: URL): AddressRule {
    if (this.#plainHosts.has(host) || this.#plainHosts.has(hostname)) return { ...this.#rule, allows: isNotForbidden };
    return {
      allows: (kind) => this.#privateHosts && kind === 'loopback',
      detail: 'http: is not encrypted, and only for hosts that are listed; use https:',
    };
  }
}

const isNotForbidden = (kind: AddressKind): boolean => kind !== 'forbidden';

/** The url that a uri is. @throws InvalidArgument */
function urlOf(uri: string): URL {
  const { scheme } = parseUri(uri);
  if (scheme !== 'https' && scheme !== 'http') throw new InvalidArgument(`${redactUri(uri)} is not a uri of http.`);
  // A backslash would become a slash, behind whoever has looked at the path; what follows a # would not be sent.
  if (uri.includes('\\')) throw new InvalidArgument(`${redactUri(uri)} has a backslash: write %5C.`);
  if (uri.includes('#')) throw new InvalidArgument(`${redactUri(uri)} has a #: write %23.`);
  const url = URL.parse(uri);
  if (url === null) throw new InvalidArgument(`${redactUri(uri)} is no url.`);
  return url;
}

function redirected(uri: string, from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  if (to === null || (to.protocol !== 'https:' && to.protocol !== 'http:')) {
    throw refused(uri, 'its server redirects to what is no uri of http');
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw refused(uri, 'its server redirects from https to http, where anybody may read it');
  }
  to.username = '';
  to.password = '';
  return to;
}

const refused = (uri: string, detail: string): UnsupportedFile => new UnsupportedFile(redactUri(uri), detail);
