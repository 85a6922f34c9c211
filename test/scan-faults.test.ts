/**
 * Scans over a network that fails in every way that it can: the rows of one version of the file come out, or an error of
 * ours. What goes wrong is drawn from a seed, which is in the message; requests run side by side, so the same seed may
 * hit another one the next time.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Int64, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { int64, utf8 } from '../src/columnar/data-type.ts';
import { field, schema } from '../src/columnar/schema.ts';
import { MillraceError, ObjectChanged, StorageUnavailable } from '../src/errors.ts';
import type { Clock } from '../src/io/clock.ts';
import { httpStore } from '../src/io/http/http-store.ts';
import { seededRandom } from '../src/io/memory-store-faults.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import { retryingStore } from '../src/io/retrying-store.ts';
import { scanRows } from './io/parquet/scan-file.ts';
import { arrowRows } from './support/arrow-files.ts';
import { query } from './support/duckdb.ts';
import { fuzzSeed } from './support/fuzz.ts';
import { type HttpCall, httpServer, rangeIn, sendRange } from './support/http-server.ts';
import { AT_ONCE } from './support/observed-store.ts';
import { refuse, s3Server } from './support/s3-server.ts';
import type { Row } from './support/task.ts';
import { csvRows, jsonRows } from './support/text-files.ts';

const FORMATS = ['parquet', 'csv', 'json', 'arrow'] as const;
type Format = (typeof FORMATS)[number];
const SCHEMES = ['s3', 'http'] as const;

const directory = mkdtempSync(join(tmpdir(), 'millrace-faults-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Two versions of a file: the rows of each and its bytes by format. */
const versions: { readonly rows: readonly Row[]; readonly bytes: Readonly<Record<Format, Buffer>> }[] = [];
const COUNT = 30_000;

beforeAll(async () => {
  for (const version of [0, 1]) {
    const bytes: Partial<Record<Format, Buffer>> = {};
    for (const format of ['parquet', 'csv', 'json'] as const) {
      const path = join(directory, `${version}.${format}`);
      const options = format === 'parquet' ? 'format parquet, row_group_size 4096' : `format ${format}`;
      await query(`copy (select i + ${version} as n, hash(i)::varchar || '${version}' as t from range(${COUNT}) r(i))
        to '${path}' (${options})`);
      bytes[format] = readFileSync(path);
    }
    const rows = await query(`select n, t from '${join(directory, `${version}.parquet`)}'`);
    const numbers = vectorFromArray(
      rows.map(([n]) => n as bigint),
      new Int64(),
    );
    const texts = vectorFromArray(
      rows.map(([, t]) => t as string),
      new Utf8(),
    );
    bytes.arrow = Buffer.from(tableToIPC(new Table({ n: numbers, t: texts }), 'file'));
    versions.push({ rows, bytes: bytes as Record<Format, Buffer> });
  }
});

interface Faults {
  readonly seed: number;
  /** How many requests in a hundred go wrong. */
  readonly percent: number;
  /** The first request that meets the second version; none where absent. */
  readonly changesAt?: number;
}

/** Time that nobody waits for. */
const atOnce = (): Clock => {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
};

/** A server of the file, which behaves as the faults say. */
function faulty(format: Format, { seed, percent, changesAt = Number.POSITIVE_INFINITY }: Faults) {
  const random = seededRandom(seed);
  return async (call: HttpCall, number: number): Promise<void> => {
    const version = number >= changesAt ? 1 : 0;
    const content = versions[version]!.bytes[format];
    const etag = `"v${version}"`;
    const { answer, headers, line } = call;
    const flaw = random() * 100 < percent ? FLAWS[Math.floor(random() * FLAWS.length)] : undefined;
    if (flaw === 'throttled') return refuse(answer, 503, 'SlowDown');
    if (flaw === 'reset') return void answer.socket?.resetAndDestroy();
    if (random() < 0.1) await sleep(5);
    if (line.startsWith('HEAD')) {
      return void answer.writeHead(200, { 'content-length': content.byteLength, etag }).end();
    }
    const wanted = headers['if-match'] ?? headers['if-range'];
    if (wanted !== undefined && wanted !== etag) {
      if (headers['if-match'] !== undefined) return refuse(answer, 412, 'PreconditionFailed');
      return void answer.writeHead(200, { 'content-length': content.byteLength, etag }).end(content);
    }
    if (flaw === undefined) return sendRange(call, content, { etag });
    sendFlawed(call, content, etag, flaw);
  };
}

const FLAWS = ['throttled', 'reset', 'cut', 'stalled', 'short', 'long', 'elsewhere'] as const;

/** The range that was asked for, and what is wrong with its body. */
function sendFlawed({ answer, headers }: HttpCall, content: Buffer, etag: string, flaw: (typeof FLAWS)[number]): void {
  const [first, end] = rangeIn(headers.range, content);
  const piece = content.subarray(first, end);
  const half = piece.subarray(0, piece.byteLength >>> 1);
  const shift = flaw === 'elsewhere' ? 1 : 0;
  answer.setHeader('content-range', `bytes ${first + shift}-${end - 1 + shift}/${content.byteLength}`);
  answer.setHeader('etag', etag);
  if (flaw === 'short') answer.writeHead(206).end(half);
  else if (flaw === 'long') answer.writeHead(206).end(Buffer.concat([piece, piece]));
  else if (flaw === 'elsewhere') answer.writeHead(206).end(piece);
  else {
    answer.writeHead(206, { 'content-length': piece.byteLength });
    answer.write(half, () => flaw === 'cut' && answer.socket?.resetAndDestroy());
  }
}

const columns = schema(field('n', int64), field('t', utf8));

function scan(
  format: Format,
  uris: readonly string[],
  store: ObjectStore,
  attempts: number,
): Promise<{ readonly rows: readonly Row[] }> {
  const options = { store: retryingStore(store, { ...AT_ONCE, attempts }), readSchema: columns };
  if (format === 'parquet') return scanRows(uris, options);
  if (format === 'arrow') return arrowRows(uris, options);
  return format === 'csv' ? csvRows(uris, options) : jsonRows(uris, options);
}

/** Tries of each request: so many do not fail by bad luck, however many tests are run. */
const ATTEMPTS = 40;

/** The rows that a scan of so many files, all alike, gives, or its error, by way of one store. */
async function outcome(
  scheme: 's3' | 'http',
  format: Format,
  faults: Faults,
  files: number = 1,
): Promise<readonly Row[] | unknown> {
  const uris = (base: string): string[] => Array.from({ length: files }, (_, at) => `${base}/lake/t${at}`);
  const handle = faulty(format, faults);
  const attempts = faults.percent === 100 ? 3 : ATTEMPTS;
  const options = { idleMs: 100, turnClock: atOnce() };
  if (scheme === 's3') {
    await using server = await s3Server(handle, options);
    return await scan(format, uris('s3://bucket'), server.store, attempts).then(
      ({ rows }) => rows,
      (error: unknown) => error,
    );
  }
  await using server = await httpServer(handle);
  const store = httpStore({ ...options, privateHosts: true });
  return await scan(format, uris(server.endpoint), store, attempts).then(
    ({ rows }) => rows,
    (error: unknown) => error,
  );
}

/** Which version's rows these are; −1 for neither. */
const versionOf = (rows: readonly Row[]): number =>
  versions.findIndex(
    (version) =>
      rows.length === version.rows.length &&
      rows.every(([n, t], row) => n === version.rows[row]?.[0] && t === version.rows[row]?.[1]),
  );

describe.each(SCHEMES)('over %s', (scheme) => {
  test.each(FORMATS)('%s gives its rows, whatever goes wrong with a third of the requests', async (format) => {
    for (let seed = fuzzSeed; seed < fuzzSeed + 2; seed++) {
      const found = await outcome(scheme, format, { seed, percent: 33 });
      expect(found, `seed ${seed}`).not.toBeInstanceOf(Error);
      expect(versionOf(found as readonly Row[]), `seed ${seed}`).toBe(0);
    }
  });

  test.each(FORMATS)('%s gives the rows of several files, of which some are read ahead', async (format) => {
    for (let seed = fuzzSeed; seed < fuzzSeed + 2; seed++) {
      const found = await outcome(scheme, format, { seed, percent: 33 }, 5);
      expect(found, `seed ${seed}`).not.toBeInstanceOf(Error);
      const rows = found as readonly Row[];
      for (let file = 0; file < 5; file += 1) {
        expect(versionOf(rows.slice(file * COUNT, (file + 1) * COUNT)), `seed ${seed}, file ${file}`).toBe(0);
      }
      expect(rows).toHaveLength(5 * COUNT);
    }
  });

  test.each(FORMATS)('%s gives the rows of one version, or says that it has changed', async (format) => {
    expect(await outcome(scheme, format, { seed: 0, percent: 0, changesAt: 1 })).toBeInstanceOf(ObjectChanged);
    for (let seed = fuzzSeed; seed < fuzzSeed + 2; seed++) {
      const found = await outcome(scheme, format, { seed, percent: 20, changesAt: 1 + (seed % 4) });
      if (found instanceof Error) expect(found, `seed ${seed}: ${found}`).toBeInstanceOf(ObjectChanged);
      else expect(versionOf(found as readonly Row[]), `seed ${seed}`).not.toBe(-1);
    }
  });

  test.each(FORMATS)('%s gives an error that may pass where nothing comes through', async (format) => {
    const found = await outcome(scheme, format, { seed: 1, percent: 100 });
    expect(found).toBeInstanceOf(MillraceError);
    expect(found).toBeInstanceOf(StorageUnavailable);
  });
});
