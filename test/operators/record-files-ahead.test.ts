/** What scans of text and of Arrow read of the files behind the one that is parsed: when, within which memory, and how it ends. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Int64, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { ObjectChanged, ObjectNotFound } from '../../src/errors.ts';
import { fileStore } from '../../src/io/file-store.ts';
import type { ObjectInfo, ObjectStore } from '../../src/io/object-store.ts';
import type { Source } from '../../src/operators/operator.ts';
import { arrowScan } from '../../src/operators/sources/arrow-scan.ts';
import { csvScan } from '../../src/operators/sources/csv-scan.ts';
import { jsonScan } from '../../src/operators/sources/json-scan.ts';
import { parquetScan } from '../../src/operators/sources/parquet-scan.ts';
import type { FileScanOptions } from '../../src/operators/sources/record-scan-run.ts';
import { query } from '../support/duckdb.ts';
import { observedStore } from '../support/observed-store.ts';
import { expectAborted, nameOf, type SlowStore, slowStore } from '../support/slow-store.ts';
import { Collector, expectAllReturned, type Row, runSource, testBudget, testTask } from '../support/task.ts';
import { CSV } from '../support/text-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-ahead-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const MiB = 1024 * 1024;
const readSchema = { fields: [field('i', int64), field('noise', utf8)] };

/** Rows of each, of some 140 bytes: small ones, an empty one, and some of more than a piece. */
const FILES: readonly number[] = [12_288, 10, 0, 40_000, 4096, 300, 8192];
const FORMATS = ['csv', 'csv.gz', 'json', 'arrow', 'parquet'] as const;
type Format = (typeof FORMATS)[number];
const RECORDS = FORMATS.filter((format) => format !== 'parquet');
const rowsOfFiles: Row[][] = [];
const all = (): Row[] => rowsOfFiles.flat();
const uriOf = (format: Format, at: number): string => `file://${join(directory, `${at}.${format}`)}`;
const urisOf = (format: Format): string[] => FILES.map((_, at) => uriOf(format, at));

beforeAll(async () => {
  const noise = Array.from({ length: 4 }, (_, part) => `md5((i * 4 + ${part})::varchar)`).join(' || ');
  let from = 0;
  for (const [at, rows] of FILES.entries()) {
    const path = (format: Format): string => join(directory, `${at}.${format}`);
    const select = `select i, ${noise} as noise from range(${from}, ${from + rows}) r(i)`;
    await query(`copy (${select}) to '${path('csv')}' (format csv, header)`);
    await query(`copy (${select}) to '${path('json')}' (format json)`);
    await query(`copy (${select}) to '${path('parquet')}' (format parquet)`);
    writeFileSync(path('csv.gz'), gzipSync(readFileSync(path('csv'))));
    const found = await query(`from '${path('parquet')}'`);
    rowsOfFiles.push(found);
    // Batches of 5,000 rows.
    const batches = Array.from({ length: Math.max(1, Math.ceil(rows / 5000)) }, (_, batch) => {
      const part = found.slice(batch * 5000, (batch + 1) * 5000);
      const numbers = part.map(([i]) => i as bigint);
      const texts = part.map(([, text]) => text as string);
      return new Table({ i: vectorFromArray(numbers, new Int64()), noise: vectorFromArray(texts, new Utf8()) });
    });
    const [first, ...others] = batches;
    writeFileSync(path('arrow'), tableToIPC(first!.concat(...others), 'file'));
    from += rows;
  }
});

interface ScanTest extends Partial<FileScanOptions> {
  readonly uris: readonly string[];
  /** As a listing tells. */
  readonly found?: readonly (ObjectInfo | undefined)[];
}

function scanOf(format: Format, options: ScanTest): Source {
  const { uris, found, ...rest } = options;
  const given = { store: fileStore(), readSchema, ...rest, files: uris.map((uri, at) => ({ uri, info: found?.[at] })) };
  if (format === 'arrow') return arrowScan(given);
  if (format === 'json') return jsonScan({ ...given, json: { invalidValues: 'error', maxRecordBytes: undefined } });
  if (format === 'parquet') return parquetScan(given);
  return csvScan({ ...given, csv: CSV });
}

/** A slow store, and the files of which bytes were asked for. */
function slow(): SlowStore & { names: () => string[] } {
  const slowly = slowStore();
  const reads = () => slowly.asked.filter(({ operation }) => operation === 'readInto');
  return { ...slowly, names: () => [...new Set(reads().map(({ uri }) => nameOf(uri)))] };
}

describe.each(RECORDS)('%s', (format) => {
  test.each([6, 64, 300])('the rows of all files in order, in %i MiB', async (limitMiB) => {
    const budget = testBudget(limitMiB * MiB);
    const { rows, counters } = await runSource(
      scanOf(format, { uris: urisOf(format), store: slowStore().store }),
      budget,
    );
    expect(rows.map(([i]) => i)).toEqual(all().map(([i]) => i));
    expect(rows).toEqual(all());
    if (format !== 'arrow') expect(counters['bytes read']).toBe(counters['bytes total']);
    // One lease at a time, and pieces ahead.
    expect(budget.peakBytes).toBeLessThanOrEqual(budget.floorBytes * (1 + 1 / 4) + 64 * 1024);
  });

  test('the next files are asked for while the bytes of the one before are on their way', async () => {
    const uris = [0, 3, 4, 6].map((at) => uriOf(format, at));
    const isAskedFor = Promise.withResolvers<void>();
    const { store: stored } = observedStore(fileStore());
    let held = 0;
    const store: ObjectStore = {
      ...stored,
      readInto: async (...given) => {
        const [uri, start, into] = given;
        if (uri === uris[2]) isAskedFor.resolve();
        const { size } = (await fileStore().head(uri)) ?? { size: 0 };
        // Of Arrow the end is read first, for its footer.
        if (uri === uris[1] && start < size - 70_000 && start + into.byteLength >= size - 70_000) {
          held += 1;
          await isAskedFor.promise;
        }
        return stored.readInto(...given);
      },
    };
    const { rows } = await runSource(scanOf(format, { uris, store }), testBudget(300 * MiB));
    expect(rows).toEqual([0, 3, 4, 6].flatMap((at) => rowsOfFiles[at] ?? []));
    expect(held).toBe(1);
  });

  test('a limit that the first file meets asks for nothing of others', async () => {
    const { store, asked } = observedStore(fileStore());
    const uris = [3, 0, 4].map((at) => uriOf(format, at));
    const { rows } = await runSource(scanOf(format, { uris, store, limit: 40_000 }), testBudget(300 * MiB));
    expect(rows).toEqual(rowsOfFiles[3]);
    expect(new Set(asked.map(({ uri }) => uri))).toEqual(new Set([uris[0]]));
  });

  test('whoever wants one batch has read nothing of other files', async () => {
    const { store, names } = slow();
    const source = scanOf(format, { uris: urisOf(format), store });
    const { batches } = await runSource(source, testBudget(300 * MiB), 1);
    expect(batches).toBe(1);
    expect(names()).toEqual([`0.${format}`]);
  });

  test('where memory is scarce nothing is read ahead', async () => {
    const budget = testBudget(64 * MiB);
    const holding = budget.reserve('test');
    holding.grow(budget.limitBytes - budget.floorBytes - MiB);
    const seen: string[] = [];
    const { store: stored } = observedStore(fileStore());
    const readInto: ObjectStore['readInto'] = async (...given) => {
      seen.push(nameOf(given[0]));
      return stored.readInto(...given);
    };
    const collector = new Collector(budget, readSchema);
    const uris = [0, 4].map((at) => uriOf(format, at));
    using run = scanOf(format, { uris, store: { ...stored, readInto } }).open(testTask(budget));
    await run.run({
      push: async (batch) => {
        if (collector.rows.length + batch.rowCount <= 12_288) expect(seen).not.toContain(`4.${format}`);
        return collector.push(batch);
      },
    });
    expect(collector.rows).toEqual([0, 4].flatMap((at) => rowsOfFiles[at] ?? []));
    holding[Symbol.dispose]();
    expectAllReturned(budget);
  });

  describe('whoever stops waits for all that was asked for, and gives all memory back', () => {
    test.each([2, 3, 4, 6])('after %i batches', async (doneAfter) => {
      const { store, active, names } = slow();
      const { rows } = await runSource(
        scanOf(format, { uris: urisOf(format), store }),
        testBudget(300 * MiB),
        doneAfter,
      );
      expect(rows).toEqual(all().slice(0, rows.length));
      expect(active()).toBe(0);
      if (doneAfter > 3) expect(names().length).toBeGreaterThan(2);
    });

    test.each([1, 2, 4])('aborted in batch %i', async (last) => {
      const { store, active } = slowStore();
      await expectAborted(scanOf(format, { uris: urisOf(format), store }), last, 300 * MiB, active);
    });

    test.each(['gone', 'changed', 'failing'] as const)('where a file is %s, in its turn', async (what) => {
      const budget = testBudget(300 * MiB);
      const { store: stored, active } = slowStore();
      const victim = uriOf(format, 4);
      const store: ObjectStore = {
        ...stored,
        head: async (...given) => (what === 'gone' && given[0] === victim ? undefined : stored.head(...given)),
        readInto: async (...given) => {
          const [uri, start, into, options] = given;
          if (uri === victim && what === 'failing') throw new Error('the network is gone');
          // Its version is that of another file.
          const isOther = uri === victim && what === 'changed';
          return stored.readInto(isOther ? uriOf(format, 6) : uri, start, into, options);
        },
      };
      const collector = new Collector(budget, readSchema);
      const uris = [0, 1, 4, 3].map((at) => uriOf(format, at));
      using run = scanOf(format, { uris, store }).open(testTask(budget));
      const running = run.run(collector);
      if (what === 'failing') await expect(running).rejects.toThrow('the network is gone');
      else await expect(running).rejects.toThrow(what === 'gone' ? ObjectNotFound : ObjectChanged);
      expect(collector.rows).toEqual([0, 1].flatMap((at) => rowsOfFiles[at] ?? []));
      expect(active()).toBe(0);
      expectAllReturned(budget);
    });
  });
});

/** How often each file is asked about, and how often for bytes of it. */
async function requestsOf(
  format: Format,
  count: number,
  isListed: boolean = false,
): Promise<readonly (readonly [looks: number, reads: number])[]> {
  const asked = { looks: new Map<string, number>(), reads: new Map<string, number>() };
  const note = (of: Map<string, number>, uri: string): void => void of.set(uri, (of.get(uri) ?? 0) + 1);
  const inner = fileStore();
  const store: ObjectStore = {
    ...observedStore(inner).store,
    head: async (...given) => {
      note(asked.looks, given[0]);
      return inner.head(...given);
    },
    readInto: async (...given) => {
      note(asked.reads, given[0]);
      return inner.readInto(...given);
    },
    readTail: async (...given) => {
      note(asked.reads, given[0]);
      return inner.readTail?.(...given);
    },
  };
  const paths = Array.from({ length: count }, (_, at) => {
    const path = join(directory, `small-${at}.${format}`);
    writeFileSync(path, readFileSync(join(directory, `5.${format}`)));
    return `file://${path}`;
  });
  const found = await Promise.all(paths.map((uri) => inner.head(uri)));
  const source = scanOf(format, { uris: paths, store, ...(isListed && { found }) });
  const { rows, counters } = await runSource(source, testBudget(300 * MiB));
  expect(rows).toHaveLength(300 * count);
  const requests = paths.map((uri) => [asked.looks.get(uri) ?? 0, asked.reads.get(uri) ?? 0] as const);
  expect(counters['requests']).toBe(requests.flat().reduce((sum, one) => sum + one, 0));
  return requests;
}

describe('a small file takes no more requests than it needs, whether it is the first one or read ahead', () => {
  test('of Parquet one: its end, which is all of it, tells its size and its version too', async () => {
    expect(await requestsOf('parquet', 20)).toEqual(Array.from({ length: 20 }, () => [0, 1]));
  });

  test.each(RECORDS)(
    'of %s two: what it is, since memory for it is taken by its size; and all of it',
    async (format) => {
      expect(await requestsOf(format, 20)).toEqual(Array.from({ length: 20 }, () => [1, 1]));
    },
  );

  test.each(RECORDS)('of %s one where a listing has told what it is', async (format) => {
    expect(await requestsOf(format, 20, true)).toEqual(Array.from({ length: 20 }, () => [0, 1]));
  });
});
