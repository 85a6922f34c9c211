/** What a scan reads of the files behind the one that is decoded: when, within which memory, and how it ends. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { ObjectNotFound } from '../../src/errors.ts';
import { fileStore } from '../../src/io/file-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { endBytes } from '../../src/io/parquet/footer.ts';
import { parquetScan } from '../../src/operators/sources/parquet-scan.ts';
import { bound, scanRows, temporaryDirectory, writeByDuck } from '../io/parquet/scan-file.ts';
import { query } from '../support/duckdb.ts';
import { observedStore } from '../support/observed-store.ts';
import { col, int, op } from '../support/plans.ts';
import { expectAborted, nameOf, slowStore } from '../support/slow-store.ts';
import { Collector, expectAllReturned, type Row, testBudget, testTask } from '../support/task.ts';

const directory = temporaryDirectory();
const MiB = 1024 * 1024;
/** 128 bytes a row. */
const noise = Array.from({ length: 4 }, (_, part) => `md5((i * 4 + ${part})::varchar)`).join(' || ');
const readSchema = { fields: [field('i', int64), field('noise', utf8)] };

/** Rows of each, and of its row groups: some lie wholly in what is read with the footer, one has a row group of 2 MB. */
const FILES: readonly [rows: number, rowGroup: number][] = [
  [12_288, 4096],
  [10, 4096],
  [0, 4096],
  [16_384, 16_384],
  [4096, 4096],
  [300, 4096],
  [8192, 4096],
];
const uris: string[] = [];
const rowsOfFiles: Row[][] = [];
const all = (): Row[] => rowsOfFiles.flat();

beforeAll(async () => {
  let from = 0;
  for (const [at, [rows, rowGroup]] of FILES.entries()) {
    const path = join(directory, `${at}.parquet`);
    const select = `select i, ${noise} as noise from range(${from}, ${from + rows}) r(i)`;
    uris.push(await writeByDuck(path, select, `row_group_size ${rowGroup}`));
    rowsOfFiles.push(await query(`from '${path}'`));
    from += rows;
  }
});

/** Of which files anything was asked for. */
const namesOf = (asked: readonly { readonly uri: string }[]): string[] => [
  ...new Set(asked.map(({ uri }) => nameOf(uri))),
];

describe('files in order, in any memory', () => {
  test.each([20, 24, 48, 256])('of %i MiB', async (limitMiB) => {
    const budget = testBudget(limitMiB * MiB);
    const { rows } = await scanRows(uris, { budget, readSchema });
    expect(rows.map(([i]) => i)).toEqual(all().map(([i]) => i));
    expect(rows).toEqual(all());
    // One lease at a time, and the ends of files.
    expect(budget.peakBytes).toBeLessThanOrEqual(budget.floorBytes + 5 * endBytes(budget));
  });

  test('by a filter', async () => {
    const filter = bound(op(op(col('i'), '%', int(2500)), '=', int(7)), readSchema);
    const { rows } = await scanRows(uris, { readSchema, filter });
    const wanted = (found: readonly Row[]): Row[] => found.filter(([i]) => (i as bigint) % 2500n === 7n);
    expect(wanted(rows)).toEqual(wanted(all()));
  });

  test('that two scans share', async () => {
    const budget = testBudget(24 * MiB);
    using state = budget.reserve('test');
    // A lease of one of them is all that there is room for.
    state.grow(budget.limitBytes - budget.floorBytes - MiB);
    const found = [0, 1].map(async () => {
      const collector = new Collector(budget, readSchema);
      const files = uris.map((uri) => ({ uri }));
      using run = parquetScan({ store: fileStore(), files, readSchema }).open(testTask(budget));
      await run.run(collector);
      return collector.rows;
    });
    for (const rows of await Promise.all(found)) expect(rows).toEqual(all());
  });

  test('that another decoder reads', async () => {
    const sequence = [0, 2, 3].map((at) => String(uris[at]));
    const { rows } = await scanRows(sequence, { readSchema, reader: 'parquet-wasm', budget: testBudget(256 * MiB) });
    expect(rows).toEqual([0, 3].flatMap((at) => rowsOfFiles[at] ?? []));
  });
});

test('the next file is asked for while the last row group of the one before is on its way', async () => {
  const [first, second] = [String(uris[0]), String(uris[4])];
  const [offsets] = await query(`select min(coalesce(dictionary_page_offset, data_page_offset))
    from parquet_metadata('${first.slice('file://'.length)}') where row_group_id = 2`);
  const lastRowGroup = Number(offsets?.[0]);
  const isAskedFor = Promise.withResolvers<void>();
  let waited = 0;
  const stored = observedStore(fileStore()).store;
  const store: ObjectStore = {
    ...stored,
    readInto: async (...given) => {
      const [uri, start] = given;
      if (uri === second && start < 200_000) isAskedFor.resolve();
      if (uri === first && start === lastRowGroup) {
        waited += 1;
        await isAskedFor.promise;
      }
      return stored.readInto(...given);
    },
  };
  const { rows } = await scanRows([first, second], { store, readSchema, budget: testBudget(256 * MiB) });
  expect(rows).toEqual([...(rowsOfFiles[0] ?? []), ...(rowsOfFiles[4] ?? [])]);
  expect(waited).toBe(1);
});

test('the end of the next file is asked for while the first rows are on their way, and none of its rows before they came', async () => {
  const [first, second] = [String(uris[4]), String(uris[3])];
  const stored = observedStore(fileStore()).store;
  const isLookedAt = Promise.withResolvers<void>();
  const starts: number[] = [];
  const readInto: ObjectStore['readInto'] = async (...given) => {
    const [uri, start] = given;
    if (uri === second) {
      starts.push(start);
      isLookedAt.resolve();
    } else if (start < 200_000) await isLookedAt.promise;
    return stored.readInto(...given);
  };
  const store = { ...stored, readInto };
  const { rows } = await scanRows([first, second], { store, readSchema, doneAfter: 1, budget: testBudget(256 * MiB) });
  expect(rows).toEqual(rowsOfFiles[4]);
  expect(starts).toHaveLength(1);
  expect(starts[0]).toBeGreaterThan(1_000_000);
});

test('a limit that the first file meets asks for nothing of others; of the last one only what it needs', async () => {
  for (const [limit, names, rowGroups] of [
    [16_384, ['3.parquet'], 1],
    // Of files ahead ends are read.
    [16_385, ['3.parquet', '0.parquet', '4.parquet'], 2],
  ] as const) {
    const { store, asked } = observedStore(fileStore());
    const sequence = [uris[3], uris[0], uris[4]].map(String);
    const { rows, counters } = await scanRows(sequence, { store, readSchema, limit });
    expect(rows).toEqual([...(rowsOfFiles[3] ?? []), ...(rowsOfFiles[0] ?? [])].slice(0, limit));
    expect(namesOf(asked)).toEqual(names);
    expect(counters['row groups read']).toBe(rowGroups);
  }
});

describe('whoever stops waits for all that was asked for, and gives all memory back', () => {
  test.each([1, 2, 3, 4, 5, 9])('after %i batches', async (doneAfter) => {
    const { store, active, asked } = slowStore();
    const { rows } = await scanRows(uris, { store, readSchema, doneAfter, budget: testBudget(256 * MiB) });
    expect(rows).toEqual(all().slice(0, rows.length));
    expect(active()).toBe(0);
    if (doneAfter > 3) expect(namesOf(asked).length).toBeGreaterThan(2);
  });

  test.each([1, 3, 4, 6])('aborted in batch %i', async (last) => {
    const { store, active } = slowStore();
    const files = uris.map((uri) => ({ uri }));
    await expectAborted(parquetScan({ store, files, readSchema }), last, 256 * MiB, active);
  });

  test('a file that cannot be read fails in its turn', async () => {
    const gone = await writeByDuck(join(directory, 'gone.parquet'), 'select 1::bigint as i');
    rmSync(join(directory, 'gone.parquet'));
    const budget = testBudget(256 * MiB);
    const { store, active } = slowStore();
    const collector = new Collector(budget, readSchema);
    const files = [uris[0], uris[1], gone, uris[3]].map((uri) => ({ uri: String(uri) }));
    using run = parquetScan({ store, files, readSchema }).open(testTask(budget));
    await expect(run.run(collector)).rejects.toThrow(ObjectNotFound);
    expect(collector.rows).toEqual([...(rowsOfFiles[0] ?? []), ...(rowsOfFiles[1] ?? [])]);
    expect(active()).toBe(0);
    expectAllReturned(budget);
  });

  test('one whose bytes fail on their way, too', async () => {
    const budget = testBudget(256 * MiB);
    const { store, active } = slowStore();
    let reads = 0;
    const failing: ObjectStore = {
      ...store,
      readInto: async (...given) => {
        reads += given[0] === uris[3] ? 1 : 0;
        // Its end comes first.
        if (given[0] === uris[3] && reads > 1) throw new Error('the network is gone');
        await store.readInto(...given);
      },
    };
    const collector = new Collector(budget, readSchema);
    const files = [0, 1, 3, 4].map((at) => ({ uri: String(uris[at]) }));
    using run = parquetScan({ store: failing, files, readSchema }).open(testTask(budget));
    await expect(run.run(collector)).rejects.toThrow('the network is gone');
    expect(collector.rows).toEqual([...(rowsOfFiles[0] ?? []), ...(rowsOfFiles[1] ?? [])]);
    expect(active()).toBe(0);
    expectAllReturned(budget);
  });
});
