/**
 * Objects of web servers: https, and http where it is allowed. They are read, in ranges where the server has them; they
 * are neither listed nor written.
 *
 *     head       HEAD ──not to be had, or without a size──▶ GET of the first byte, whose answer tells the size, or is the whole
 *     readInto   GET of a range ──206──▶ the bytes
 *                               ──200──▶ the whole: of another version, an error; of a small object, the bytes in it
 *
 * Bytes are those that are stored: nothing is asked to be compressed on the way.
 */

import type { IncomingMessage } from 'node:http';
import { InvalidArgument, MalformedFile, UnsupportedFile } from '../../errors.ts';
import type { ObjectInfo, ObjectStore, RequestOptions, StoredObject } from '../object-store.ts';
import { fillFrom, fillPartFrom, smallBody } from '../response-body.ts';
import { redactUri } from '../uri.ts';
import { uriGate } from '../uri-rules.ts';
import { assertSmall, MAX_SMALL_BYTES } from '../whole-object.ts';
import { answerError } from './answer-errors.ts';
import { assertVersion, ifRange, versionOf } from './object-version.ts';
import { type HttpRequest, HttpRequests, type HttpRequestsOptions } from './requests.ts';

export interface HttpStoreOptions extends HttpRequestsOptions {
  /**
   * Only what is below these prefixes is asked for, `https://data.example.com/open/`, or `https://`; everything where
   * absent. Where their servers redirect to may be anywhere that is reached at all.
   */
  readonly allowed?: readonly string[] | undefined;
}

/** Of a server without ranges, what may be received for each read. */
const MAX_UNRANGED_BYTES = 8 * 1024 * 1024;

/** One store for a process: its sockets are shared by all that use it. */
export function httpStore(options: HttpStoreOptions = {}): ObjectStore {
  return new HttpStore(options);
}

class HttpStore implements ObjectStore {
  readonly #requests: HttpRequests;
  readonly #gate: (uri: string) => void;

  constructor({ allowed, ...options }: HttpStoreOptions) {
    this.#requests = new HttpRequests(options);
    this.#gate = allowed === undefined ? () => {} : uriGate({ prefixes: allowed }, 'read');
  }

  async head(uri: string, options?: RequestOptions): Promise<ObjectInfo | undefined> {
    const found = await this.#send({ uri, method: 'HEAD', signal: options?.signal }, async (answer) => {
      if (isGone(answer)) return 'gone';
      if (answer.statusCode !== 200)
        return answer.statusCode === 429 || isOfServer(answer) ? refuse(uri, answer) : 'no';
      const size = contentLength(answer);
      return size === undefined ? 'no' : infoOf(uri, answer, size);
    });
    if (found === 'gone') return undefined;
    return found === 'no' ? this.#firstByte(uri, options) : found;
  }

  async readInto(
    uri: string,
    start: number,
    into: Uint8Array,
    options?: RequestOptions & { etag?: string },
  ): Promise<void> {
    const end = start + into.byteLength;
    const etag = options?.etag;
    if (into.byteLength === 0) return this.#assertReaches(uri, end, options);
    const headers = { range: `bytes=${start}-${end - 1}`, ...ifRange(etag) };
    await this.#send(
      { uri, method: 'GET', headers, bytesRead: into.byteLength, signal: options?.signal },
      async (answer) => {
        if (answer.statusCode === 206) {
          assertVersion(uri, etag, answer, assertRange(uri, answer, start, end));
          await fillFrom(answer, into);
        } else if (answer.statusCode === 200) {
          const size = contentLength(answer);
          if (size === undefined) {
            const found = await fillPartFrom(answer, start, into, MAX_UNRANGED_BYTES);
            if (found === undefined) throw unranged(uri);
            assertVersion(uri, etag, answer, found);
          } else {
            assertVersion(uri, etag, answer, size);
            assertFits(uri, size, end, into.byteLength);
            await fillPartFrom(answer, start, into);
          }
        } else {
          refuse(uri, answer);
        }
      },
    );
  }

  async get(uri: string, options?: RequestOptions & { maxBytes?: number }): Promise<StoredObject | undefined> {
    const maxBytes = options?.maxBytes ?? MAX_SMALL_BYTES;
    return this.#send({ uri, method: 'GET', signal: options?.signal }, async (answer) => {
      if (isGone(answer)) return undefined;
      if (answer.statusCode !== 200) return refuse(uri, answer);
      assertSmall(uri, contentLength(answer) ?? 0, maxBytes);
      const bytes = await smallBody(answer, maxBytes);
      if (bytes === undefined) assertSmall(uri, maxBytes + 1, maxBytes);
      const found = bytes ?? new Uint8Array(0);
      return { bytes: found, etag: versionOf(answer.headers, found.byteLength) };
    });
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    throw new InvalidArgument(
      `${redactUri(prefix)} cannot be listed, as nothing can over http: a glob finds nothing there. Name the files.`,
    );
  }

  listUploads(prefix: string): AsyncIterable<never> {
    throw readOnly(prefix);
  }

  async put(uri: string): Promise<never> {
    throw readOnly(uri);
  }

  async delete(uri: string): Promise<never> {
    throw readOnly(uri);
  }

  async beginUpload(uri: string): Promise<never> {
    throw readOnly(uri);
  }

  async uploadPart(uri: string): Promise<never> {
    throw readOnly(uri);
  }

  async completeUpload(uri: string): Promise<never> {
    throw readOnly(uri);
  }

  async abortUpload(uri: string): Promise<never> {
    throw readOnly(uri);
  }

  async #send<Result>(request: HttpRequest, use: (answer: IncomingMessage) => Promise<Result>): Promise<Result> {
    this.#gate(request.uri);
    return this.#requests.send(request, use);
  }

  /** As `head`, of servers that do not answer that, and of signatures that are only good for reading. */
  #firstByte(uri: string, options: RequestOptions | undefined): Promise<ObjectInfo | undefined> {
    const request: HttpRequest = { uri, method: 'GET', headers: { range: 'bytes=0-0' }, signal: options?.signal };
    return this.#send(request, async (answer) => {
      if (isGone(answer)) return undefined;
      const { statusCode = 0 } = answer;
      const isEmpty = statusCode === 416 && totalOf(answer) === 0;
      if (statusCode !== 200 && statusCode !== 206 && !isEmpty) return refuse(uri, answer);
      const size = statusCode === 200 ? (contentLength(answer) ?? (await bodySize(uri, answer))) : totalOf(answer);
      if (size === undefined) throw new UnsupportedFile(redactUri(uri), 'its server does not say how large it is');
      return infoOf(uri, answer, size);
    });
  }

  async #assertReaches(
    uri: string,
    end: number,
    options: (RequestOptions & { etag?: string }) | undefined,
  ): Promise<void> {
    const info = await this.head(uri, options);
    if (info === undefined) throw answerError(uri, 404);
    if (end > info.size) throw tooShort(uri, info.size, end);
    assertVersion(uri, options?.etag, { headers: { etag: info.etag } }, info.size);
  }
}

const isGone = ({ statusCode }: IncomingMessage): boolean => statusCode === 404 || statusCode === 410;
const isOfServer = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode >= 500 && statusCode !== 501;

function infoOf(uri: string, { headers }: IncomingMessage, size: number): ObjectInfo {
  const modifiedMs = Date.parse(headers['last-modified'] ?? '');
  return { uri, size, etag: versionOf(headers, size), modifiedMs: Number.isNaN(modifiedMs) ? 0 : modifiedMs };
}

function contentLength({ headers }: IncomingMessage): number | undefined {
  const size = Number(headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

/** The size of the object, as a range says it. */
function totalOf({ headers }: IncomingMessage): number | undefined {
  const [, total] = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  return total === undefined ? undefined : Number(total);
}

/** The size of the object; NaN where the server does not say. */
function assertRange(uri: string, answer: IncomingMessage, start: number, end: number): number {
  const [, first, last] = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/.exec(answer.headers['content-range'] ?? '') ?? [];
  if (Number(first) !== start) throw new Error(`another range was sent than bytes ${start} to ${end - 1}`);
  const total = totalOf(answer);
  if (Number(last) !== end - 1) throw tooShort(uri, total ?? Number(last) + 1, end);
  return total ?? Number.NaN;
}

/** Whether a part that ends at `end` may be taken out of the whole. */
function assertFits(uri: string, size: number, end: number, bytes: number): void {
  if (end > size) throw tooShort(uri, size, end);
  if (size > MAX_UNRANGED_BYTES && size !== bytes) throw unranged(uri);
}

/** Of an answer that does not say it: it is received whole. @throws UnsupportedFile */
async function bodySize(uri: string, answer: IncomingMessage): Promise<number> {
  const size = await fillPartFrom(answer, 0, new Uint8Array(0), MAX_UNRANGED_BYTES);
  if (size === undefined) throw unranged(uri);
  return size;
}

const unranged = (uri: string): UnsupportedFile =>
  new UnsupportedFile(
    redactUri(uri),
    `its server sends no ranges, and without them at most ${MAX_UNRANGED_BYTES} bytes are read. Copy it to where ranges are`,
  );

const tooShort = (uri: string, size: number, end: number): MalformedFile =>
  new MalformedFile(redactUri(uri), `it has ${size} bytes, and ${end} were expected`);

function refuse(uri: string, { statusCode = 0 }: IncomingMessage): never {
  throw answerError(uri, statusCode);
}

const readOnly = (uri: string): InvalidArgument =>
  new InvalidArgument(`${redactUri(uri)} cannot be written: over http objects are only read.`);
