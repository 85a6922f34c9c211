import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { type Field, field, type Schema } from '../../src/columnar/schema.ts';
import {
  MalformedFile,
  MemoryBudgetExceeded,
  MillraceError,
  ObjectChanged,
  ObjectNotFound,
  SchemaMismatch,
  UnsupportedFile,
} from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import type { CsvReadOptions } from '../../src/io/text/csv-reader.ts';
import { csvScan } from '../../src/operators/sources/csv-scan.ts';
import { query } from '../support/duckdb.ts';
import { fuzzed } from '../support/fuzz.ts';
import { AT_ONCE } from '../support/observed-store.ts';
import { expectAllReturned, testBudget, testTask } from '../support/task.ts';
import { CSV, csvRows, textDirectory } from '../support/text-files.ts';

const write = textDirectory();
const schemaOf = (...fields: readonly Field[]): Schema => ({ fields });
const texts = (...names: string[]): Schema => schemaOf(...names.map((name) => field(name, types.utf8)));
const MiB = 1024 * 1024;

/** What DuckDB reads. */
function duckRows(path: string, { fields }: Schema, options: string, sqlTypes?: readonly string[]) {
  const columns = fields.map(({ name }, at) => `'${name}': '${sqlTypes?.[at] ?? 'VARCHAR'}'`).join();
  return query(`select * from read_csv('${path}', auto_detect = false, columns = {${columns}}, ${options})`);
}
const RFC = `delim = ',', quote = '"', escape = '"', header = true, allow_quoted_nulls = false`;

describe('reads as DuckDB does', () => {
  const cases: [string, string, Partial<CsvReadOptions>, string][] = [
    ['plain', 'a,b\n1,2\n3,4\n', {}, RFC],
    ['no line end at the end', 'a,b\n1,2\n3,4', {}, RFC],
    ['CR LF', 'a,b\r\n1,2\r\n3,\r\n', {}, RFC],
    ['CR', 'a,b\r1,2\r3,4\r', {}, `${RFC}, new_line = '\\r'`],
    ['empty lines', 'a,b\n\n1,2\n\n\n3,4\n\n', {}, RFC],
    ['one column', 'a\n1\n\n2\nx\n\n', {}, RFC],
    ['line ends and delimiters in quotes', 'a,b\n"x\ny","1,2"\n"\r\n",","\n', {}, RFC],
    ['quotes in quotes', 'a,b\n"say ""hi""",""""\n"""",""""""\n', {}, RFC],
    ['a quote inside of a text without quotes', 'a,b\nx"y,5" pipe\n1,"2"\n', {}, RFC],
    ['unicode', 'a,b\nÄ,日本\n"é,ü",😀\n', {}, RFC],
    ['a byte order mark', '\ufeffa,b\n1,2\n', {}, RFC],
    [
      'semicolons and apostrophes',
      "a;b\n'x;y';'it''s'\n",
      { delimiter: ';', quote: "'", escape: "'" },
      `delim = ';', quote = '''', escape = '''', header = true`,
    ],
    [
      'characters that control',
      'a\x01b\n\x02x\x01y\x02\x01z\n',
      { delimiter: '\x01', quote: '\x02', escape: '\x02' },
      `delim = '\x01', quote = '\x02', escape = '\x02', header = true`,
    ],
    [
      'tabs without quotes',
      'a\tb\n"x\t1\n',
      { delimiter: '\t', quote: undefined, escape: undefined },
      `delim = '\\t', quote = '', escape = '', header = true`,
    ],
    [
      'another escape',
      'a,b\n"x\\"y\\\\","1"\n"a\\nb",2\n',
      { escape: '\\' },
      `delim = ',', quote = '"', escape = '\\', header = true`,
    ],
    ['comments', '# first\na,b\n1,2\n#3,"4\n5,6\n', { comment: '#' }, `${RFC}, comment = '#'`],
    ['no header', '1,2\n3,4\n', { names: ['a', 'b'] }, `delim = ',', quote = '"', escape = '"', header = false`],
    ['short records', 'a,b\n1\n2,3\n', { allowVariableColumns: true }, `${RFC}, null_padding = true`],
    ['null texts', 'a,b\nNA,\nx,NA\n', { nullTexts: ['NA', ''] }, `${RFC}, nullstr = ['NA', '']`],
    ['long fields', `a,b\n${'x'.repeat(200)},"${'y""'.repeat(100)}"\n`, {}, RFC],
  ];
  test.each(cases)('%s', async (name, content, csv, options) => {
    const path = write(`${name.replaceAll(' ', '-')}.csv`, content);
    const schema = texts(...(name === 'one column' ? ['a'] : ['a', 'b']));
    const { rows } = await csvRows(path, { readSchema: schema, csv });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(await duckRows(path, schema, options));
  });

  test('every type that has texts', async () => {
    const columns: [string, types.DataType, string][] = [
      ['(i % 200 - 100)::tinyint', types.int8, 'TINYINT'],
      ['i * 7919 - 3', types.int64, 'BIGINT'],
      ['i::uinteger', types.uint32, 'UINTEGER'],
      ['18446744073709551615 - i', types.uint64, 'UBIGINT'],
      ['i / 7.0::double', types.float64, 'DOUBLE'],
      ['1e300 * i', types.float64, 'DOUBLE'],
      ['(i / 8.0)::float', types.float32, 'FLOAT'],
      ['(i * 1.01)::decimal(12, 2)', types.decimal(12, 2), 'DECIMAL(12,2)'],
      ['(i * 1000000000000000.01)::decimal(38, 2)', types.decimal(38, 2), 'DECIMAL(38,2)'],
      ['i % 3 = 0', types.bool, 'BOOLEAN'],
      ["date '1969-12-25' + i::int", types.date, 'DATE'],
      ["timestamp '1969-12-31 23:59:00' + to_microseconds(i * 1234567)", types.timestamp('us'), 'TIMESTAMP'],
      ["time '00:00:00' + to_microseconds(i * 1234567)", types.time('us'), 'TIME'],
      ['uuid()', types.uuid, 'UUID'],
      ["case i % 3 when 0 then 'a \"b\"' when 1 then '' else 'x, y' || i end", types.utf8, 'VARCHAR'],
    ];
    const path = write('types.csv', '');
    const selected = columns.map(([sql], at) => `case when (i + ${at}) % 11 = 0 then null else ${sql} end as c${at}`);
    await query(`copy (select ${selected.join()} from range(300) r(i)) to '${path}' (header)`);
    const readSchema = schemaOf(...columns.map(([, type], at) => field(`c${at}`, type)));
    const expected = await duckRows(
      path,
      readSchema,
      RFC,
      columns.map(([, , sqlType]) => sqlType),
    );
    const { rows } = await csvRows(path, { readSchema });
    expect(rows).toEqual(expected);
    expect(rows).toHaveLength(300);
  });
});

test('columns by name, whatever their order; missing ones are null, others left out; values of a partition', async () => {
  const a = write('order-a.csv', 'n,t,extra\n1,x,9\n');
  const b = write('order-b.csv', 't,n\ny,2\n');
  const c = write('order-c.csv', 't\nz\n');
  const readSchema = schemaOf(field('t', types.utf8), field('p', types.int32), field('n', types.int64));
  const { rows } = await csvRows([a, b, c], { readSchema, partition: { p: 7 } });
  expect(rows).toEqual([
    ['x', 7, 1n],
    ['y', 7, 2n],
    ['z', 7, null],
  ]);
  const headerless = await csvRows(write('bare.csv', '1,x\n'), {
    readSchema,
    partition: { p: null },
    csv: { names: ['n', 't', 'p'] },
  });
  expect(headerless.rows).toEqual([['x', null, 1n]]);
});

test('files without rows', async () => {
  const readSchema = schemaOf(field('n', types.int64, false));
  for (const content of ['', '\n\n', '\ufeff', 'n\n', 'n']) {
    expect((await csvRows(write('empty.csv', content), { readSchema })).rows).toEqual([]);
  }
});

test.each<[string, Uint8Array]>([
  ['gzip', gzipSync('n,t\n1,ü\n')],
  ['gzip of two members', Buffer.concat([gzipSync('n,t\n1,"ü'), gzipSync('"\n')])],
  ['zstd', zstdCompressSync('n,t\n1,ü\n')],
  ['zstd of two frames', Buffer.concat([zstdCompressSync('n,'), zstdCompressSync('t\n1,ü\n')])],
])('%s', async (_, content) => {
  const readSchema = schemaOf(field('n', types.int64), field('t', types.utf8));
  expect((await csvRows(write('compressed', content), { readSchema })).rows).toEqual([[1n, 'ü']]);
  const damaged = csvRows(write('compressed', content.subarray(0, content.length - 9)), { readSchema });
  await expect(damaged).rejects.toThrow(MalformedFile);
  await expect(damaged).rejects.toThrow(/compressed .*cannot be decompressed/);
});

test('Latin-1 becomes UTF-8', async () => {
  const path = write('latin.csv', Buffer.from(`t\n${'é'.repeat(30_000)}\nß\n`, 'latin1'));
  const { rows } = await csvRows(path, { readSchema: texts('t'), csv: { encoding: 'latin-1' } });
  expect(rows).toEqual([['é'.repeat(30_000)], ['ß']]);
});

describe('what does not fit', () => {
  const nt = schemaOf(field('n', types.int64), field('t', types.utf8));
  type Refusal = typeof MalformedFile | typeof SchemaMismatch | typeof UnsupportedFile;
  test.each<[string, string | Uint8Array, Refusal, RegExp]>([
    [
      'a value of another type',
      'n,t\n1,"a\nb"\nx 1,c\n',
      SchemaMismatch,
      /column n, row 2 in line 4: "x 1" is no int64. Give the column a type .* with invalidValues/,
    ],
    [
      'a text of another encoding',
      Buffer.from('n,t\n1,\xff\n', 'latin1'),
      SchemaMismatch,
      /column t, row 1 in line 2: .* is no UTF-8/,
    ],
    ['too many fields', 'n,t\n1,a\n1,2,3\n', MalformedFile, /line 3 has 3 fields, and 2 are expected/],
    ['too few fields', 'n,t\n\n1\n', MalformedFile, /line 3 has 1 fields, and 2 are expected/],
    ['a quote that is not closed', 'n,t\n1,"a\n2,b\n', MalformedFile, /line 2 a quote is not closed/],
    ['a quote before the end of its field', 'n,t\n1,"a"b\n', MalformedFile, /line 2 a quote/],
    [
      'names of another encoding',
      Buffer.from('n,t\xe4\n1,a\n', 'latin1'),
      MalformedFile,
      /column 2, "tä", is no UTF-8/,
    ],
    ['UTF-16', Buffer.from('\ufeffn,t\n1,a\n', 'utf16le'), UnsupportedFile, /the byte order mark of UTF-16/],
  ])('%s', async (name, content, error, message) => {
    const scan = csvRows(write(`${name.replaceAll(' ', '-')}.csv`, content), { readSchema: nt });
    await expect(scan).rejects.toThrow(error);
    await expect(scan).rejects.toThrow(message);
  });

  test('is null where that was asked for', async () => {
    const path = write('lenient.csv', Buffer.from('n,t,d\nx,\xff,1\n7,ok,2001-02-30\n300,,2001-02-03\n', 'latin1'));
    const readSchema = schemaOf(field('n', types.uint8), field('t', types.utf8), field('d', types.date));
    const { rows } = await csvRows(path, { readSchema, csv: { invalidValues: 'null' } });
    expect(rows).toEqual([
      [null, null, null],
      [7, 'ok', null],
      [null, null, 11_356],
    ]);
  });

  test('is an error where no value may be null', async () => {
    const path = write('nulls.csv', 'n\n1\n""\n');
    const readSchema = schemaOf(field('n', types.int64, false));
    await expect(csvRows(path, { readSchema })).rejects.toThrow(
      /column n \(int64\) has nulls, the first in row 2 in line 3,/,
    );
    const other = schemaOf(field('m', types.int64, false));
    await expect(csvRows(path, { readSchema: other })).rejects.toThrow(/no column m/);
  });

  test('a record that is too large', async () => {
    const path = write('large.csv', `t\n"${'x'.repeat(3 * MiB)}"\n`);
    const readSchema = texts('t');
    // A window of an eighth of the floor, where the plan does not say more.
    const scan = csvRows(path, { readSchema });
    await expect(scan).rejects.toThrow(MalformedFile);
    await expect(scan).rejects.toThrow(/begins in line 2 does not end within 2097152 bytes/);
    const { rows } = await csvRows(path, { readSchema, csv: { maxRecordBytes: 4 * MiB } });
    expect(rows).toEqual([['x'.repeat(3 * MiB)]]);
    const greedy = csvRows(path, { readSchema, csv: { maxRecordBytes: 64 * MiB } });
    await expect(greedy).rejects.toThrow(MemoryBudgetExceeded);
    await expect(greedy).rejects.toThrow(/^Scan, for maxRecordBytes of 67108864, where it may have \d+ bytes in hand/);
  });
});

// Properties ------------------------------------------------------------------------------------------------------------

const cell = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z0-9 ]{0,9}$/) },
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'x', 'é', '😀'), maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('"', ',', '\n', 'y'), minLength: 60, maxLength: 200 }),
);

/** As RFC 4180 writes it: in quotes where it must be, and where `always`. */
const quotedCell = (text: string, always: boolean): string =>
  always || text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

test('what was written is read, wherever pieces and windows end, by blocks and byte by byte', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }).chain((columns) =>
        fc.record({
          rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 40 }),
          repeat: fc.constantFrom(1, 1, 1, 400),
          end: fc.constantFrom('\n', '\r\n', '\r'),
          always: fc.boolean(),
          endsInLine: fc.boolean(),
        }),
      ),
      async ({ rows, repeat, end, always, endsInLine }) => {
        const names = (rows[0] ?? ['']).map((_, at) => `c${at}`);
        const all = Array.from({ length: repeat }, () => rows).flat();
        const lines = [names, ...all].map((row) => row.map((text) => quotedCell(text, always)).join(','));
        const path = write('property.csv', lines.join(end) + (endsInLine ? end : ''));
        for (const comment of [undefined, '~']) {
          // A small budget has small windows: records are cut everywhere.
          const budget = testBudget(repeat === 1 ? 64 * MiB : 2 * MiB);
          const result = await csvRows(path, { readSchema: texts(...names), csv: { comment }, budget });
          expect(result.rows).toEqual(all);
        }
      },
    ),
    fuzzed(40),
  );
});

/** What comes out, or the error that is part of the contract; anything else fails. */
async function outcomeOf(content: Uint8Array | string, csv: Partial<CsvReadOptions>, readSchema: Schema) {
  try {
    const budget = testBudget(4 * MiB);
    return { rows: (await csvRows(write('any.csv', content), { readSchema, csv, budget })).rows };
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return { error: (error as Error).message };
  }
}

test('whatever the bytes are, both ways to read them agree, and end', async () => {
  const bytes = fc.array(fc.constantFrom(...Buffer.from('"",,\n\r\rab1')), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(bytes, fc.boolean(), async (content, allowVariableColumns) => {
      const file = Buffer.concat([Buffer.from('a,b\n'), Uint8Array.from(content)]);
      const options = { allowVariableColumns };
      const byBlocks = await outcomeOf(file, options, texts('a', 'b'));
      expect(await outcomeOf(file, { ...options, comment: '~' }, texts('a', 'b'))).toEqual(byBlocks);
    }),
    fuzzed(100),
  );
});

test('damaged files of every kind end in rows or in an error of ours', async () => {
  const readSchema = schemaOf(field('n', types.int32), field('t', types.utf8), field('d', types.date));
  const content = `n,t,d\n${'1,"a ""b"" é",2001-02-03\n,x,\n'.repeat(200)}`;
  const files = [Buffer.from(content), gzipSync(content), zstdCompressSync(content)];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.constantFrom<CsvReadOptions['invalidValues']>('error', 'null'),
      async (file, changes, cut, invalidValues) => {
        const damaged = Buffer.from(file);
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        await outcomeOf(
          damaged.subarray(0, cut % 3 === 0 ? cut % damaged.length : undefined),
          { invalidValues },
          readSchema,
        );
      },
    ),
    fuzzed(100),
  );
});

// Reading ---------------------------------------------------------------------------------------------------------------

const manyRows = (count: number): string =>
  `n,t\n${Array.from({ length: count }, (_, n) => `${n},text ${n}`).join('\n')}\n`;
const nt = schemaOf(field('n', types.int64), field('t', types.utf8));

test('a limit stops reading, as does a consumer that is done', async () => {
  const path = write('many.csv', manyRows(150_000));
  const whole = await csvRows(path, { readSchema: nt });
  expect(whole.rows).toHaveLength(150_000);
  expect(whole.rows.at(-1)).toEqual([149_999n, 'text 149999']);
  const { rows, counters } = await csvRows([path, path], {
    readSchema: nt,
    limit: 17_000,
    budget: testBudget(4 * MiB),
  });
  expect(rows).toEqual(whole.rows.slice(0, 17_000));
  expect(counters['rows read']).toBe(17_000);
  expect(Number(counters['bytes read'])).toBeLessThan(Number(whole.counters['bytes read']));
  const done = await csvRows([path, path], { readSchema: nt, doneAfter: 1 });
  expect(done.batches).toBe(1);
});

test('batches that the filter empties are left out, files that a partition decides are not read', async () => {
  const path = write('filtered.csv', manyRows(60_000));
  const readSchema = schemaOf(field('n', types.int64), field('t', types.utf8), field('p', types.int64));
  const column = (index: number) => ({ kind: 'column', index, name: 'c', type: types.int64, nullable: true }) as const;
  const literal = (value: bigint) => ({ kind: 'literal', value, type: types.int64, nullable: false }) as const;
  const equals = (index: number, value: bigint) =>
    ({
      kind: 'compare',
      operator: '=',
      left: column(index),
      right: literal(value),
      type: types.bool,
      nullable: true,
    }) as const;
  const kept = await csvRows(path, { readSchema, partition: { p: 1 }, filter: equals(0, 59_000n) });
  expect(kept.rows).toContainEqual([59_000n, 'text 59000', 1n]);
  expect(Number(kept.counters['rows skipped']) + kept.rows.length).toBe(60_000);
  expect(kept.rows.length).toBeLessThan(20_000);
  const pruned = await csvRows(path, { readSchema, partition: { p: 1 }, filter: equals(2, 2n) });
  expect(pruned.counters).toMatchObject({ requests: 0, 'files pruned': 1 });
});

test('memory is bounded whatever the size of the file; too little of it is an error', async () => {
  const path = write('bounded.csv', manyRows(120_000));
  for (const limit of [64 * MiB, 4 * MiB, 2 * MiB]) {
    const budget = testBudget(limit);
    expect((await csvRows(path, { readSchema: nt, budget })).rows).toHaveLength(120_000);
    expect(budget.peakBytes).toBeLessThanOrEqual(limit / 2);
  }
  await expect(csvRows(path, { readSchema: nt, budget: testBudget(512 * 1024) })).rejects.toThrow(MemoryBudgetExceeded);
});

test('a missing or replaced object, and an aborted scan', async () => {
  const path = write('aborted.csv', manyRows(100_000));
  await expect(csvRows(`${path}x`, { readSchema: nt })).rejects.toThrow(ObjectNotFound);
  const store = memoryStore();
  await store.put('memory://b/f.csv', Buffer.from(manyRows(10)));
  const files = [{ uri: 'memory://b/f.csv', etag: 'other' }];
  const budget = testBudget();
  const abort = new AbortController();
  const task = testTask(budget, abort.signal);
  const open = (given: typeof files) => csvScan({ store, files: given, readSchema: nt, csv: CSV }).open(task);
  using pinned = open(files);
  await expect(pinned.run({ push: async () => 'more' })).rejects.toThrow(ObjectChanged);
  await store.put('memory://b/g.csv', Buffer.from(manyRows(200_000)));
  using run = open([{ uri: 'memory://b/g.csv' }] as typeof files);
  let batches = 0;
  const running = run.run({
    push: async () => {
      batches += 1;
      abort.abort();
      return 'more';
    },
  });
  await expect(running).rejects.toThrow();
  expect(batches).toBe(1);
  expectAllReturned(budget);
});

test('a store that fails, seeded: all rows, or an error that may be tried again', async () => {
  const store = memoryStore();
  const content = manyRows(30_000);
  await store.put('memory://b/plain.csv', Buffer.from(content));
  await store.put('memory://b/packed.csv', gzipSync(content));
  const faults = { unavailable: 0.2, lostAnswer: 0.1, truncatedRead: 0.1, maxDelayTurns: 3 };
  let complete = 0;
  for (let seed = 1; seed <= 10; seed += 1) {
    for (const name of ['plain', 'packed']) {
      const faulty = store.withFaults({ seed, ...faults, replacedObject: seed % 3 === 0 ? 0.2 : 0 });
      const options = { readSchema: nt, budget: testBudget(4 * MiB), store: retryingStore(faulty, AT_ONCE) };
      const outcome = await csvRows(`memory://b/${name}.csv`, options).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(MillraceError);
        expect((outcome as MillraceError).retryable, `seed ${seed}: ${outcome.message}`).toBe(true);
      } else {
        complete += 1;
        expect((outcome as { rows: unknown[] }).rows).toHaveLength(30_000);
      }
    }
  }
  expect(complete).toBeGreaterThan(8);
});

test('two thousand columns are read in 24 MiB', async () => {
  const names = Array.from({ length: 2000 }, (_, at) => `c${at}`);
  const readSchema = schemaOf(...names.map((name, at) => field(name, at % 2 === 0 ? types.int64 : types.utf8)));
  const path = write(
    'wide.csv',
    [names, names.map((_, at) => at), names.map(() => '')].map((row) => row.join()).join('\n'),
  );
  const budget = testBudget(96 * MiB, 24 * MiB);
  const { rows } = await csvRows(path, { readSchema, budget });
  const sqlTypes = names.map((_, at) => (at % 2 === 0 ? 'BIGINT' : 'VARCHAR'));
  expect(rows).toEqual(await duckRows(path, readSchema, RFC, sqlTypes));
});
