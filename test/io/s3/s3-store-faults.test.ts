/** What a network does to the store, over real sockets. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import * as errors from '../../../src/errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../../../src/io/backoff.ts';
import type { Clock } from '../../../src/io/clock.ts';
import { retryingStore } from '../../../src/io/retrying-store.ts';
import { type HttpCall, sendRange } from '../../support/http-server.ts';
import { refuse, s3Server } from '../../support/s3-server.ts';
import { noise } from '../object-store-contract.ts';

const AT_ONCE: RetryPolicy = { ...DEFAULT_RETRY_POLICY, baseMs: 1, maxMs: 2 };
const content = noise(300_000);
const uri = 's3://bucket/a';

describe('a body', () => {
  test('that is reset in the middle is read again', async () => {
    await using server = await s3Server((call, number) => {
      if (number > 1) return sendRange(call, content);
      sendRange(call, content, { sent: 100_000 });
      setTimeout(() => call.answer.destroy(), 20);
    });
    await expect(server.store.readInto(uri, 0, new Uint8Array(200_000))).rejects.toBeInstanceOf(
      errors.StorageUnavailable,
    );
    const into = new Uint8Array(new SharedArrayBuffer(200_010), 10);
    await retryingStore(server.store, AT_ONCE).readInto(uri, 7, into);
    expect(Buffer.from(into).equals(content.subarray(7, 200_007))).toBe(true);
    expect(server.store.requestCounts()).toMatchObject({ get: 3, bytesRead: 200_000 });
  });

  test('that stalls is an error', async () => {
    await using server = await s3Server((call) => sendRange(call, content, { sent: 100_000 }), { idleMs: 100 });
    await expect(server.store.readInto(uri, 0, new Uint8Array(200_000))).rejects.toThrow(/inactivity|timed out/);
    await expect(server.store.get(uri)).rejects.toBeInstanceOf(errors.StorageUnavailable);
  });

  test('that comes drop by drop ends with the time that is given', async () => {
    await using server = await s3Server(
      async (call) => {
        sendRange(call, content, { sent: 1 });
        while (!call.answer.destroyed && call.answer.write('x')) await sleep(10);
      },
      { totalMs: 50 },
    );
    await expect(server.store.readInto(uri, 0, new Uint8Array(10_000))).rejects.toThrow(/took longer/);
  });

  test('that never begins is an error, too', async () => {
    await using server = await s3Server(() => {}, { idleMs: 100 });
    await expect(server.store.head(uri)).rejects.toBeInstanceOf(errors.StorageUnavailable);
    await expect(server.store.put(uri, content)).rejects.toBeInstanceOf(errors.StorageUnavailable);
  });

  test('of another range, or longer than it says, is not believed', async () => {
    await using server = await s3Server(({ answer }, number) => {
      if (number === 0) answer.writeHead(200, { 'content-length': 10 }).end(content.subarray(0, 10));
      else if (number === 1) answer.writeHead(206, { 'content-range': 'bytes 1-10/99' }).end(content.subarray(0, 10));
      else answer.writeHead(206, { 'content-range': 'bytes 0-9/99' }).end(content.subarray(0, 11));
    });
    for (let i = 0; i < 3; i++) {
      const into = new Uint8Array(12);
      await expect(server.store.readInto(uri, 0, into.subarray(0, 10))).rejects.toBeInstanceOf(
        errors.StorageUnavailable,
      );
      expect(into.subarray(10)).toEqual(new Uint8Array(2));
    }
  });

  test('with a length that nobody has memory for is refused before it is read', async () => {
    await using server = await s3Server(({ answer }, number) => {
      if (number === 0) answer.writeHead(200, { 'content-length': 2 ** 50 }).write('x');
      else answer.writeHead(200).end(content);
    });
    await expect(server.store.get(uri)).rejects.toBeInstanceOf(errors.InvalidArgument);
    await expect(server.store.get(uri, { maxBytes: 299_999 })).rejects.toBeInstanceOf(errors.InvalidArgument);
    expect((await server.store.get(uri, { maxBytes: 300_000 }))?.bytes).toEqual(content);
  });

  test('that does not have the checksum of its object is an error', async () => {
    await using server = await s3Server(({ answer }) => {
      answer.writeHead(200, { 'x-amz-checksum-crc32': 'y/Q5Jg==', 'x-amz-checksum-type': 'FULL_OBJECT' });
      answer.end('123456780');
    });
    await expect(server.store.get(uri)).rejects.toThrow(/checksum/);
  });
});

describe('sockets', () => {
  test('return to the pool after a thousand aborted, short, refused and too large reads', async () => {
    await using server = await s3Server(
      (call) => {
        const kind = /\/bucket\/(\w+)/.exec(call.line)?.[1];
        if (kind === 'stalled') sendRange(call, content, { sent: 1_000 });
        else if (kind === 'missing') refuse(call.answer, 404, 'NoSuchKey');
        else if (kind === 'huge') call.answer.writeHead(200, { 'content-length': 2 ** 40 }).write('x');
        else if (kind === 'other') call.answer.writeHead(206, { 'content-range': 'bytes 5-9/99' }).write('x');
        else sendRange(call, content);
      },
      { maxRequests: 4 },
    );
    const { store } = server;
    const into = (): Uint8Array => new Uint8Array(2_000);
    const failures = new Set<string>();
    const oneByOne = async (): Promise<void> => {
      for (let i = 0; i < 63; i++) {
        const outcomes = await Promise.allSettled([
          store.readInto('s3://bucket/stalled', 0, into(), { signal: AbortSignal.timeout(10) }),
          store.readInto('s3://bucket/missing', 0, into()),
          store.get('s3://bucket/huge'),
          store.readInto('s3://bucket/other', 0, into()),
        ]);
        for (const outcome of outcomes) failures.add(outcome.status === 'rejected' ? outcome.reason.name : 'none');
      }
    };
    await Promise.all([oneByOne(), oneByOne(), oneByOne(), oneByOne()]);
    expect([...failures].sort()).toEqual(['InvalidArgument', 'ObjectNotFound', 'StorageUnavailable', 'TimeoutError']);
    await Promise.all(Array.from({ length: 50 }, () => store.readInto(uri, 0, new Uint8Array(100_000))));
  });

  test('are used again, and never more than allowed', async () => {
    let open = 0;
    let most = 0;
    await using server = await s3Server(
      async (call) => {
        most = Math.max(most, ++open);
        await sleep(5);
        open--;
        sendRange(call, content);
      },
      { maxRequests: 4 },
    );
    const reads = Array.from({ length: 200 }, () => server.store.readInto(uri, 0, new Uint8Array(1_000)));
    await Promise.all(reads);
    expect(most).toBeLessThanOrEqual(4);
    expect(server.sockets()).toBe(4);
  });

  test('that the service closed while nobody looked lead to another try', async () => {
    await using server = await s3Server((call) => {
      sendRange(call, content);
      call.answer.on('finish', () => setImmediate(() => call.answer.socket?.resetAndDestroy()));
    });
    const store = retryingStore(server.store, AT_ONCE);
    for (let i = 0; i < 20; i++) await store.readInto(uri, i, new Uint8Array(10));
  });

  test('a caller who gives up hears its own reason, waiting or reading', async () => {
    await using server = await s3Server((call) => sendRange(call, content, { sent: 1_000 }), { maxRequests: 1 });
    const [reader, waiter] = [new AbortController(), new AbortController()];
    const reading = server.store.readInto(uri, 0, new Uint8Array(2_000), { signal: reader.signal });
    const waiting = server.store.readInto(uri, 0, new Uint8Array(2_000), { signal: waiter.signal });
    waiter.abort(new Error('waited enough'));
    await expect(waiting).rejects.toThrow('waited enough');
    setTimeout(() => reader.abort(new Error('read enough')), 50);
    await expect(reading).rejects.toThrow('read enough');
  });
});

describe('throttling', () => {
  test('says how long to wait, where the service does', async () => {
    await using server = await s3Server((call) => {
      call.answer.setHeader('retry-after', '7');
      refuse(call.answer, 503, 'SlowDown');
    });
    const reading = server.store.readInto(uri, 0, new Uint8Array(10));
    await expect(reading).rejects.toMatchObject({ name: 'StorageUnavailable', retryAfterMs: 7_000 });
  });

  test('is waited for, and slows down what follows', async () => {
    const waited: number[] = [];
    const turnClock: Clock = {
      nowMs: () => 0,
      sleep: async (ms) => {
        waited.push(ms);
      },
    };
    const answer = (call: HttpCall, number: number): void => {
      if (number < 3) refuse(call.answer, 503, 'SlowDown');
      else sendRange(call, content);
    };
    await using server = await s3Server(answer, { turnClock });
    await retryingStore(server.store, AT_ONCE).readInto(uri, 0, new Uint8Array(10));
    expect(server.store.requestCounts()).toMatchObject({ get: 4, throttled: 3 });
    // Four a second are always allowed: the first of them at once.
    expect(waited).toEqual([250, 500]);
  });
});
