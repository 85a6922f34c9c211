/** What the store sends, over which sockets, and what is loaded for it. */

import { execFileSync } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import process from 'node:process';
import { afterEach, expect, test, vi } from 'vitest';
import { ObjectChanged, StorageUnavailable } from '../../../src/errors.ts';
import { retryingStore } from '../../../src/io/retrying-store.ts';
import { sendRange } from '../../support/http-server.ts';
import { refuse, s3Server } from '../../support/s3-server.ts';
import { noise } from '../object-store-contract.ts';

const uri = 's3://bucket/a b+c%20/ü';

afterEach(() => vi.restoreAllMocks());

test('content goes in one piece with its checksum, and without asking first', async () => {
  const bytes = noise(3_000_000);
  const seen: [line: string, crc32: unknown][] = [];
  await using server = await s3Server(({ line, headers, body, answer }) => {
    seen.push([line, headers['x-amz-checksum-crc32']]);
    expect(headers.expect ?? headers['transfer-encoding'] ?? headers['content-encoding']).toBeUndefined();
    expect(body.equals(bytes)).toBe(true);
    answer.writeHead(200, { etag: '"e"' }).end();
  });
  expect(await server.store.put(uri, bytes)).toEqual({ etag: 'e' });
  expect(await server.store.uploadPart(uri, 'u', 7, bytes)).toEqual({ number: 7, size: 3_000_000, etag: 'e' });
  const path = '/bucket/a%20b%2Bc%2520/%C3%BC';
  const [put, part] = seen;
  expect(put?.[0].split('?')[0]).toBe(`PUT ${path}`);
  expect(part?.[0]).toMatch(/partNumber=7&uploadId=u|uploadId=u&.*partNumber=7/);
  expect(part?.[1]).toBe(put?.[1]);
  expect(put?.[1]).toMatch(/^[\w+/]{6}==$/);
  expect(server.store.requestCounts()).toMatchObject({ put: 1, uploadPart: 1, bytesWritten: 6_000_000 });
});

test('a process that was frozen does not use the sockets of before', async () => {
  await using server = await s3Server((call) => sendRange(call, noise(100)));
  const read = (): Promise<void> => server.store.readInto(uri, 0, new Uint8Array(10));
  await read();
  await read();
  expect(server.sockets()).toBe(1);
  const frozenMs = Date.now() + 60_000;
  vi.spyOn(Date, 'now').mockImplementation(() => frozenMs);
  await read();
  await read();
  expect(server.sockets()).toBe(2);
});

test('a clock that is wrong is set by the answer of the service', async () => {
  const signedMs: number[] = [];
  await using server = await s3Server((call, number) => {
    const [year, month, day, hour, minute, second] = `${call.headers['x-amz-date']}`
      .replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1 $2 $3 $4 $5 $6')
      .split(' ')
      .map(Number) as [number, number, number, number, number, number];
    signedMs.push(Date.UTC(year, month - 1, day, hour, minute, second));
    if (number > 0) return sendRange(call, noise(100));
    call.answer.writeHead(403, { date: new Date(Date.now() + 3_600_000).toUTCString() });
    call.answer.end('<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>');
  });
  await retryingStore(server.store).readInto(uri, 0, new Uint8Array(10));
  expect(signedMs).toHaveLength(2);
  expect(Math.round(((signedMs[1] as number) - (signedMs[0] as number)) / 60_000)).toBe(60);
});

test('the client is loaded with the first uri that needs it', () => {
  const script = `
    import Module from 'node:module';
    const loaded = () => Object.keys(Module._cache).filter((path) => path.includes('@aws-sdk')).length;
    await import('./src/index.ts');
    const { deskStore } = await import('./src/io/desk-store.ts');
    const store = deskStore();
    await store.head('file:///nothing/here');
    const before = loaded();
    await store.head('s3://bucket/a', { signal: AbortSignal.abort() }).catch(() => {});
    console.log(JSON.stringify([before, loaded() > 0]));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual([0, true]);
});

test('the end of an object is asked for in one request, of the version that is wanted', async () => {
  const content = noise(1000);
  const seen: [line: string, range: unknown, version: unknown][] = [];
  await using server = await s3Server((call) => {
    const { line, headers, answer } = call;
    seen.push([line.split(' ')[0] ?? '', headers.range, headers['if-match']]);
    if (headers['if-match'] === '"old"') return refuse(answer, 412, 'PreconditionFailed');
    sendRange(call, content);
  });
  const [end, more] = [new Uint8Array(300), new Uint8Array(2000)];
  expect(await server.store.readTail?.(uri, end)).toEqual({ uri, size: 1000, etag: 'e', modifiedMs: 0 });
  expect(Buffer.from(end).equals(content.subarray(700))).toBe(true);
  expect(await server.store.readTail?.(uri, more, { etag: 'e' })).toMatchObject({ size: 1000 });
  expect(Buffer.from(more.subarray(0, 1000)).equals(content)).toBe(true);
  await expect(server.store.readTail?.(uri, end, { etag: 'old' })).rejects.toBeInstanceOf(ObjectChanged);
  expect(seen).toEqual([
    ['GET', 'bytes=-300', undefined],
    ['GET', 'bytes=-2000', '"e"'],
    ['GET', 'bytes=-300', '"old"'],
  ]);
  expect(server.store.requestCounts()).toMatchObject({ get: 3, head: 0, bytesRead: 1300 });
});

test('the end of what has none, and ends that are none', async () => {
  const answers: ((answer: ServerResponse) => void)[] = [
    (answer) => refuse(answer, 404, 'NoSuchKey'),
    // Empty: the range cannot be had, and a second request tells the version.
    (answer) => refuse(answer, 416, 'InvalidRange'),
    (answer) => answer.writeHead(200, { 'content-length': 0, etag: '"e"' }).end(),
    // Without a range, all of it.
    (answer) => answer.writeHead(200, { 'content-length': 3, etag: '"e"' }).end('abc'),
    (answer) => answer.writeHead(200, { 'content-length': 30 }).end('x'.repeat(30)),
    (answer) => answer.writeHead(206, { 'content-length': 10, 'content-range': 'bytes 0-9/30' }).end('x'.repeat(10)),
    (answer) => answer.writeHead(206, { 'content-length': 10, 'content-range': 'bytes 20-29/*' }).end('x'.repeat(10)),
  ];
  await using server = await s3Server(({ answer }, number) => answers[number]?.(answer));
  const into = new Uint8Array(10);
  expect(await server.store.readTail?.(uri, into)).toBeUndefined();
  expect(await server.store.readTail?.(uri, into)).toMatchObject({ size: 0, etag: 'e' });
  expect(await server.store.readTail?.(uri, into)).toMatchObject({ size: 3, etag: 'e' });
  expect(Buffer.from(into.subarray(0, 3)).toString()).toBe('abc');
  for (let wrong = 0; wrong < 3; wrong += 1) {
    await expect(server.store.readTail?.(uri, into)).rejects.toBeInstanceOf(StorageUnavailable);
  }
});
