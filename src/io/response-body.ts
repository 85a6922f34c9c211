/**
 * Bodies of answers. A body that is neither read to its end nor destroyed keeps its socket for good, so every way out of
 * here does one or the other. What the headers promise is compared with what comes, never allocated.
 */

import type { Readable } from 'node:stream';
import { clearTimeout, setTimeout } from 'node:timers';
import { noteGarbage } from '../memory/process-memory.ts';

/** Fails a request whose body ends early: the same again may succeed. */
export class BodyCutShort extends Error {
  override readonly name = 'BodyCutShort';
}

/**
 * Fills `into` with the body, which must be exactly as long.
 * @throws BodyCutShort where it is not; whatever the socket has failed with.
 */
export async function fillFrom(body: Readable, into: Uint8Array): Promise<void> {
  let at = 0;
  await consume(body, (chunk) => {
    if (at + chunk.byteLength > into.byteLength) throw new BodyCutShort(`more than ${into.byteLength} bytes came`);
    into.set(chunk, at);
    at += chunk.byteLength;
  });
  if (at < into.byteLength) throw new BodyCutShort(`${at} of ${into.byteLength} bytes came`);
}

/**
 * Fills `into` with what the body has from `start` on, and reads the rest of it without keeping it. Gives how many bytes it has;
 * undefined where these are more than `maxBytes`.
 * @throws BodyCutShort where it ends before; whatever the socket has failed with.
 */
export async function fillPartFrom(
  body: Readable,
  start: number,
  into: Uint8Array,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Promise<number | undefined> {
  let at = 0;
  const isWhole = await consumeUpTo(maxBytes, body, (chunk) => {
    const skipped = Math.max(start - at, 0);
    const place = Math.max(at - start, 0);
    if (skipped < chunk.byteLength && place < into.byteLength) {
      into.set(chunk.subarray(skipped, skipped + into.byteLength - place), place);
    }
    at += chunk.byteLength;
  });
  if (!isWhole) return undefined;
  if (at < start + into.byteLength) throw new BodyCutShort(`${at} of ${start + into.byteLength} bytes came`);
  return at;
}

/** The whole body; undefined, and the rest of it not read, where it is longer than `maxBytes`. */
export async function smallBody(body: Readable, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const isWhole = await consumeUpTo(maxBytes, body, (chunk) => {
    bytes += chunk.byteLength;
    chunks.push(chunk);
  });
  if (!isWhole) return undefined;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** A body that is longer, or takes longer, costs more than another socket. */
const MAX_DRAINED_BYTES = 64 * 1024;
const MAX_DRAIN_MS = 200;

/** Reads what nobody wants, or destroys it. */
export async function drain(body: Readable): Promise<void> {
  const timer = setTimeout(() => body.destroy(), MAX_DRAIN_MS);
  try {
    await smallBody(body, MAX_DRAINED_BYTES);
  } catch {
    // It has been destroyed, which is as good.
  } finally {
    clearTimeout(timer);
  }
}

/** As `consume`; false, and the rest of it not read, where the body is longer than `maxBytes`. */
async function consumeUpTo(maxBytes: number, body: Readable, take: (chunk: Uint8Array) => void): Promise<boolean> {
  const tooLong = new Error('too long');
  let bytes = 0;
  try {
    await consume(body, (chunk) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLong;
      take(chunk);
    });
  } catch (error) {
    if (error === tooLong) return false;
    throw error;
  }
  return true;
}

/** Gives each chunk to `take` as it comes; the body is at its end or destroyed when this settles. */
async function consume(body: Readable, take: (chunk: Uint8Array) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      body.destroy();
      reject(error);
    };
    // Listeners stay until the stream is gone: an error that nobody listens to would end the process.
    body.on('error', fail);
    body.on('end', resolve);
    body.on('close', () => reject(new BodyCutShort('the connection was closed')));
    body.on('data', (chunk: Uint8Array) => {
      if (body.destroyed) return;
      try {
        take(chunk);
        // A chunk has been copied.
        noteGarbage(chunk.byteLength);
      } catch (error) {
        fail(error);
      }
    });
    // It may have ended before anybody listened.
    if (body.destroyed) fail(body.errored ?? new BodyCutShort('the connection was closed'));
  });
}
