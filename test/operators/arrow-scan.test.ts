import { gzipSync } from 'node:zlib';
import * as Arrow from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toArrow } from '../../src/columnar/arrow.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import {
  MalformedFile,
  MemoryBudgetExceeded,
  MillraceError,
  ObjectChanged,
  ObjectNotFound,
  SchemaMismatch,
} from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { arrowScan } from '../../src/operators/sources/arrow-scan.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { arrowRows } from '../support/arrow-files.ts';
import { fuzzed } from '../support/fuzz.ts';
import { AT_ONCE } from '../support/observed-store.ts';
import { expectAllReturned, type Row, testBudget, testTask } from '../support/task.ts';

const MiB = 1024 * 1024;
const URI = 'memory://b/f.arrow';

/** By Arrow's own writer: a record batch for each of `batches`. */
function written(
  of: Schema,
  batches: readonly (readonly Row[])[],
  kind: 'file' | 'stream',
  dictionaries = false,
): Uint8Array {
  using holding = new MemoryBudget(256 * MiB).reserve('test');
  const writer = kind === 'file' ? new Arrow.RecordBatchFileWriter() : new Arrow.RecordBatchStreamWriter();
  for (const rows of batches) {
    const forms = of.fields.map(({ type }) => ({ dictionary: dictionaries && type.kind !== 'null' }));
    const batch = batchFromRows(holding, of, rows, forms);
    writer.write(toArrow(batch, holding.linear, { dictionaries: dictionaries ? 'keep' : 'decode' }));
  }
  writer.finish();
  return writer.toUint8Array(true).slice();
}

async function stored(bytes: Uint8Array) {
  const store = memoryStore();
  await store.put(URI, bytes);
  return store;
}

const nt = schema(field('n', types.int64), field('t', types.utf8), field('x', types.float64));
const row = (n: number): Row => [BigInt(n), n % 9 === 0 ? null : `text ${n}`, n / 2];
const rows = (from: number, to: number): Row[] => Array.from({ length: to - from }, (_, n) => row(from + n));
/** Batches larger and smaller than ours. */
const CUTS = [0, 20_000, 20_000, 20_100, 35_000, 45_000];
const BATCHES = CUTS.slice(1).map((end, at) => rows(CUTS[at] ?? 0, end));
const FILE = written(nt, BATCHES, 'file');
const STREAM = written(nt, BATCHES, 'stream');

test('what was written is read, of every type, nested ones too', async () => {
  const columns = fc.nat({ max: 70 }).chain((count) =>
    fc.array(
      anyType(2).chain((type) =>
        fc.boolean().chain((nulls) =>
          fc.record({
            type: fc.constant(type),
            values: fc.array(anyValue(type, nulls), { minLength: count, maxLength: count }),
          }),
        ),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  );
  await fc.assert(
    fc.asyncProperty(columns, fc.constantFrom('file', 'stream'), fc.boolean(), async (given, kind, dictionaries) => {
      const of = schema(...given.map(({ type }, n) => field(`c${n}`, type)));
      const all = (given[0]?.values ?? []).map((_, at) => given.map(({ values }): Value => values[at] ?? null));
      const half = all.length >>> 1;
      // A file has one dictionary for all of its batches.
      const batches = dictionaries && kind === 'file' ? [all] : [all.slice(0, half), all.slice(half)];
      const store = await stored(written(of, batches, kind, dictionaries));
      expect((await arrowRows(URI, { store, readSchema: of })).rows).toEqual(all);
    }),
    fuzzed(60),
  );
});

test('a dictionary without entries comes before one with them, and alone', async () => {
  const of = schema(field('n', types.int32), field('d', types.decimal(20, 2)), field('t', types.utf8));
  const batches: Row[][] = [
    [
      [null, null, null],
      [null, null, null],
    ],
    [[7, 5n, 'x']],
  ];
  const store = await stored(written(of, batches, 'stream', true));
  // Each batch is checked, how wide its values are too: whoever keeps rows begins with the width of the first.
  expect((await arrowRows(URI, { store, readSchema: of })).rows).toEqual(batches.flat());
});

describe.each([
  ['file', FILE],
  ['stream', STREAM],
] as const)('a %s', (kind, bytes) => {
  test('gives all rows, or the columns that are asked for, in the order of the plan', async () => {
    const store = await stored(bytes);
    const whole = await arrowRows(URI, { store, readSchema: nt });
    expect(whole.rows).toEqual(rows(0, 45_000));
    expect(whole.counters['rows read']).toBe(45_000);
    const readSchema = schema(
      field('x', types.float64),
      field('none', types.int8),
      field('p', types.int32),
      field('f', types.utf8, false),
      field('n', types.int64),
    );
    const some = await arrowRows([URI, URI], {
      store,
      readSchema,
      partition: { p: 7 },
      filePathColumn: 'f',
      limit: 45_001,
    });
    expect(some.rows[45_000]).toEqual([0, null, 7, URI, 0n]);
    if (kind === 'stream') return;
    const few = await arrowRows(URI, { store, readSchema: schema(field('n', types.int64)) });
    expect(Number(few.counters['bytes read'])).toBeLessThan(Number(whole.counters['bytes read']) / 2);
  });

  test('stops at a limit, and for a consumer that is done', async () => {
    const store = await stored(bytes);
    const { rows: some, counters } = await arrowRows([URI, URI], { store, readSchema: nt, limit: 17_000 });
    expect(some).toEqual(rows(0, 17_000));
    expect(counters['rows read']).toBe(17_000);
    expect((await arrowRows(URI, { store, readSchema: nt, doneAfter: 1 })).batches).toBe(1);
  });

  test('leaves out batches that a filter empties, and of them reads what it asks for', async () => {
    const store = await stored(bytes);
    const column = { kind: 'column', index: 0, name: 'n', type: types.int64, nullable: true } as const;
    const literal = { kind: 'literal', value: 44_999n, type: types.int64, nullable: false } as const;
    const filter = {
      kind: 'compare',
      operator: '=',
      left: column,
      right: literal,
      type: types.bool,
      nullable: true,
    } as const;
    const found = await arrowRows(URI, { store, readSchema: nt, filter });
    expect(found.rows).toContainEqual(row(44_999));
    expect(found.rows.length).toBeLessThan(20_000);
    expect(Number(found.counters['rows skipped']) + found.rows.length).toBe(45_000);
    if (kind === 'file') expect(Number(found.counters['bytes read'])).toBeLessThan(bytes.byteLength * 0.75);
  });

  test('reads in bounded memory; too little is an error', async () => {
    const store = await stored(bytes);
    const budget = testBudget(16 * MiB);
    expect((await arrowRows(URI, { store, readSchema: nt, budget })).rows).toHaveLength(45_000);
    expect(budget.peakBytes).toBeLessThanOrEqual(8 * MiB);
    await expect(arrowRows(URI, { store, readSchema: nt, budget: testBudget(1 * MiB) })).rejects.toThrow(
      MemoryBudgetExceeded,
    );
  });

  test('that fails, seeded: all rows, or an error that may be tried again', async () => {
    const store = await stored(bytes);
    const faults = { unavailable: 0.2, lostAnswer: 0.1, truncatedRead: 0.1, maxDelayTurns: 3 };
    let complete = 0;
    for (let seed = 1; seed <= 4; seed += 1) {
      const faulty = store.withFaults({ seed, ...faults, replacedObject: seed % 3 === 0 ? 0.2 : 0 });
      const options = { readSchema: nt, budget: testBudget(16 * MiB), store: retryingStore(faulty, AT_ONCE) };
      const outcome = await arrowRows(URI, options).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(MillraceError);
        expect((outcome as MillraceError).retryable, `seed ${seed}: ${outcome.message}`).toBe(true);
      } else complete += 1;
    }
    expect(complete).toBeGreaterThan(1);
  });

  test('is pinned, and stops when it is aborted', async () => {
    const store = await stored(bytes);
    await expect(arrowRows('memory://b/none', { store, readSchema: nt })).rejects.toThrow(ObjectNotFound);
    await expect(arrowRows(URI, { store, readSchema: nt, etag: 'other' })).rejects.toThrow(ObjectChanged);
    const budget = testBudget();
    const abort = new AbortController();
    using run = arrowScan({ store, files: [{ uri: URI }], readSchema: nt }).open(testTask(budget, abort.signal));
    let batches = 0;
    const push = async () => {
      batches += 1;
      abort.abort();
      return 'more' as const;
    };
    await expect(run.run({ push })).rejects.toThrow();
    expect(batches).toBe(1);
    expectAllReturned(budget);
  });

  test('that is damaged or hostile ends in rows or in an error of ours', async () => {
    const of = schema(
      field('n', types.int32),
      field('t', types.utf8),
      field('l', types.list(types.utf8)),
      field('s', types.struct(field('a', types.int16), field('b', types.map(types.utf8, types.bool)))),
      field('d', types.decimal(9, 2)),
      field('w', types.utf8),
    );
    const some = Array.from(
      { length: 20 },
      (_, n): Row => [
        n,
        `t${n}`,
        n % 3 ? ['x', null] : null,
        n % 4 ? [n, [['k', true]]] : null,
        BigInt(n),
        `w${n % 3}`,
      ],
    );
    const content = [written(of, [some], kind), written(of, [some], kind, true)];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...content),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        async (file, changes, cut) => {
          const damaged = Uint8Array.from(file);
          for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
          const store = await stored(damaged.subarray(0, cut % 5 === 0 ? cut % damaged.length : undefined));
          const outcome = await arrowRows(URI, { store, readSchema: of, budget: testBudget(4 * MiB) }).catch(
            (error: unknown) => error,
          );
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MillraceError);
        },
      ),
      fuzzed(150),
    );
  });
});

test('columns of narrower types are widened, and what does not fit is an error by name', async () => {
  const narrow = schema(
    field('i', types.int32),
    field('f', types.float32),
    field('d', types.date),
    field('e', types.decimal(9, 2)),
  );
  const store = await stored(
    written(
      narrow,
      [
        [
          [-5, 0.5, -1, 250n],
          [null, null, null, null],
        ],
      ],
      'file',
    ),
  );
  const wide = schema(
    field('i', types.int64),
    field('f', types.float64),
    field('d', types.timestamp('us')),
    field('e', types.decimal(20, 4)),
  );
  expect((await arrowRows(URI, { store, readSchema: wide })).rows).toEqual([
    [-5n, 0.5, -86_400_000_000n, 25_000n],
    [null, null, null, null],
  ]);
  const read = (type: types.DataType) => arrowRows(URI, { store, readSchema: schema(field('i', type)) });
  expect((await read(types.float64)).rows).toEqual([[-5], [null]]);
  expect((await read(types.decimal(12, 1))).rows).toEqual([[-50n], [null]]);
  await expect(read(types.uint32)).rejects.toThrow(SchemaMismatch);
  await expect(read(types.uint32)).rejects.toThrow(/f\.arrow .*column i is int32 there and uint32 in the plan/);
  await expect(arrowRows(URI, { store, readSchema: schema(field('i', types.int32, false)) })).rejects.toThrow(
    /column i \(int32\) has nulls/,
  );
});

test('items, fields, keys and values of narrower types are widened; fields of structs are found by name', async () => {
  const narrow = schema(
    field('l', types.list(types.int32)),
    field('s', types.struct(field('a', types.float32), field('b', types.list(types.date)), field('c', types.utf8))),
    field('m', types.map(types.utf8, types.decimal(9, 2))),
  );
  const rows = [
    [[-5, null], [0.5, [-1], 'x'], [['k', 250n]]],
    [null, null, null],
    [[], [null, null, null], []],
  ];
  const store = await stored(written(narrow, [rows], 'file'));
  const wide = schema(
    field('l', types.list(types.int64)),
    field('s', types.struct(field('b', types.list(types.timestamp('us'))), field('a', types.float64))),
    field('m', types.map(types.utf8, types.decimal(20, 4))),
  );
  expect((await arrowRows(URI, { store, readSchema: wide })).rows).toEqual([
    [[-5n, null], [[-86_400_000_000n], 0.5], [['k', 25_000n]]],
    [null, null, null],
    [[], [null, null], []],
  ]);
  const read = (type: types.DataType) => arrowRows(URI, { store, readSchema: schema(field('l', type)) });
  await expect(read(types.list(types.uint32))).rejects.toThrow(SchemaMismatch);
  await expect(read(types.list(types.uint32))).rejects.toThrow('column l is list(int32) there and list(uint32)');
});

test('a stream may be compressed as a whole; a file that was cut off is no stream', async () => {
  const gzip = await stored(gzipSync(STREAM));
  expect((await arrowRows(URI, { store: gzip, readSchema: nt })).rows).toHaveLength(45_000);
  const cut = await stored(FILE.subarray(0, 100_000));
  await expect(arrowRows(URI, { store: cut, readSchema: nt })).rejects.toThrow(MalformedFile);
  await expect(arrowRows(URI, { store: cut, readSchema: nt })).rejects.toThrow(/has no footer: it was cut off/);
});
