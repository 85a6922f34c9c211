import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { type Field, field, type Schema } from '../../src/columnar/schema.ts';
import { Session } from '../../src/dataframe/session.ts';
import { MalformedFile, MemoryBudgetExceeded, MillraceError, SchemaMismatch } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import type { JsonReadOptions } from '../../src/io/text/json-reader.ts';
import { query } from '../support/duckdb.ts';
import { fuzzed } from '../support/fuzz.ts';
import { AT_ONCE } from '../support/observed-store.ts';
import { testBudget } from '../support/task.ts';
import { jsonRows, textDirectory } from '../support/text-files.ts';

const write = textDirectory();
const schemaOf = (...fields: readonly Field[]): Schema => ({ fields });
const MiB = 1024 * 1024;

/** What DuckDB reads, by the SQL types of the columns. */
function duckRows(path: string, { fields }: Schema, sqlTypes: readonly string[]) {
  const columns = fields.map(({ name }, at) => `'${name}': '${sqlTypes[at]}'`).join();
  return query(`select * from read_json('${path}', columns = {${columns}}, format = 'auto')`);
}

const abc = schemaOf(field('a', types.int64), field('b', types.utf8), field('c', types.float64));
const ABC = ['BIGINT', 'VARCHAR', 'DOUBLE'];

describe('reads as DuckDB does', () => {
  test.each<[string, string]>([
    ['lines', '{"a":1,"b":"x","c":1.5}\n{"a":-2,"b":"","c":1e3}\n'],
    ['no line end at the end', '{"a":1}\n{"a":2}'],
    ['CR LF and empty lines', '{"a":1}\r\n\r\n{"a":2}\r\n'],
    ['an array', ' [ {"a":1} ,\n {"a":2,"b":"y"} ] \n'],
    ['an empty array', '[]'],
    ['white space everywhere', '{ "a" : 1 , "b" : "x y" , "c" : 2 }\n{\t"a"\t:\t3\t}\n'],
    ['fields in any order, missing and unknown ones', '{"c":1,"z":[1,{"a":9}],"b":"q"}\n{"y":{"b":"no"},"a":5}\n{}\n'],
    ['nulls', '{"a":null,"b":null,"c":null}\n'],
    ['escapes', '{"b":"\\u00e9\\n\\t\\"\\\\ \\/ \\ud83d\\ude00"}\n{"b":"\\\\"}\n{"\\u0062":"key"}\n'],
    ['unicode', '{"b":"Ä日本😀"}\n'],
    ['brackets in texts', '{"b":"}],{[\\"","a":1}\n{"b":"{\\"a\\":7}"}\n'],
    ['numbers in quotes', '{"a":"12","c":"1.5"}\n'],
    ['values as texts', '{"b":12.5}\n{"b":true}\n{"b":{"x":1}}\n{"b":[1]}\n'],
    ['a byte order mark', '\ufeff{"a":1}\n'],
    ['long texts', `{"b":"${'x'.repeat(63)}\\"${'y'.repeat(200)}","a":1}\n`],
  ])('%s', async (name, content) => {
    const path = write(`${name.replaceAll(' ', '-')}.json`, content);
    const { rows } = await jsonRows(path, { readSchema: abc });
    expect(rows).toEqual(await duckRows(path, abc, ABC));
  });

  test('nested values', async () => {
    const readSchema = schemaOf(
      field('s', types.struct(field('x', types.int32), field('l', types.list(types.utf8)))),
      field('l', types.list(types.struct(field('n', types.int64), field('d', types.date)))),
      field('ll', types.list(types.list(types.int64))),
      field('m', types.map(types.utf8, types.int64)),
    );
    const lines = [
      '{"s":{"x":1,"l":["a",null,"c"]},"l":[{"n":1,"d":"2001-02-03"},{"d":"1999-12-31"}],"ll":[[1,2],[],null,[3]],"m":{"k":1,"j":null}}',
      '{"s":null,"l":null,"ll":null,"m":null}',
      '{"s":{},"l":[],"ll":[],"m":{}}',
      '{}',
      '{"s":{"l":[],"y":{"x":3}},"l":[null,{"n":7}],"ll":[null],"m":{"\\u0061b":9}}',
    ];
    const path = write('nested.json', Array.from({ length: 40 }, () => lines.join('\n')).join('\n'));
    const sql = ['STRUCT(x INTEGER, l VARCHAR[])', 'STRUCT(n BIGINT, d DATE)[]', 'BIGINT[][]', 'MAP(VARCHAR, BIGINT)'];
    const { rows } = await jsonRows(path, { readSchema });
    expect(rows).toEqual(await duckRows(path, readSchema, sql));
    expect(rows).toHaveLength(200);
  });

  test('every type that has texts', async () => {
    const columns: [string, types.DataType, string][] = [
      ['(i % 200 - 100)::tinyint', types.int8, 'TINYINT'],
      ['i * 7919 - 3', types.int64, 'BIGINT'],
      ['18446744073709551615 - i', types.uint64, 'UBIGINT'],
      ['i / 7.0::double', types.float64, 'DOUBLE'],
      ['(i * 1.01)::decimal(12, 2)', types.decimal(12, 2), 'DECIMAL(12,2)'],
      ['i % 3 = 0', types.bool, 'BOOLEAN'],
      ["date '1969-12-25' + i::int", types.date, 'DATE'],
      ["timestamp '1969-12-31 23:59:00' + to_microseconds(i * 1234567)", types.timestamp('us'), 'TIMESTAMP'],
      ["time '00:00:00' + to_microseconds(i * 1234567)", types.time('us'), 'TIME'],
      ['uuid()', types.uuid, 'UUID'],
      ["case i % 3 when 0 then 'a \"b\"' when 1 then '' else 'x\\y' || i end", types.utf8, 'VARCHAR'],
    ];
    const path = write('types.json', '');
    const selected = columns.map(([sql], at) => `case when (i + ${at}) % 11 = 0 then null else ${sql} end as c${at}`);
    await query(`copy (select ${selected.join()} from range(300) r(i)) to '${path}' (format json)`);
    const readSchema = schemaOf(...columns.map(([, type], at) => field(`c${at}`, type)));
    const { rows } = await jsonRows(path, { readSchema });
    const sqlTypes = columns.map(([, , sqlType]) => sqlType);
    expect(rows).toEqual(await duckRows(path, readSchema, sqlTypes));
    expect(rows).toHaveLength(300);
  });
});

test('numbers keep all of their digits, and a text those that are written', async () => {
  const readSchema = schemaOf(
    field('n', types.int64),
    field('d', types.decimal(38, 3)),
    field('e', types.decimal(18, 2)),
    field('t', types.utf8),
  );
  const path = write(
    'digits.json',
    '{"n":9007199254740993,"d":12345678901234567890123456789012345.678,"e":0.1,"t":1.50}',
  );
  const { rows } = await jsonRows(path, { readSchema });
  expect(rows).toEqual([[9_007_199_254_740_993n, 12_345_678_901_234_567_890_123_456_789_012_345_678n, 10n, '1.50']]);
});

test('numbers that are none, as DuckDB and Python write them', async () => {
  const path = write('none.json', '');
  const doubles = "select unnest(['1.5', 'nan', 'inf', '-inf', null])::double as x";
  await query(`copy (${doubles}) to '${path}' (format json)`);
  expect(readFileSync(path, 'utf8')).toContain('NaN');
  const { rows } = await jsonRows(path, { readSchema: schemaOf(field('x', types.float64)) });
  expect(rows).toEqual([[1.5], [NaN], [Infinity], [-Infinity], [null]]);
  const frame = await new Session().readJson(path);
  expect((await frame.toRows()).map(({ x }) => [x])).toEqual(rows);
  const python = write('python.json', '[{"z": [NaN, {"a": Infinity}], "x": -Infinity, "t": NaN}, {"x": NaN}]');
  const texts = schemaOf(field('x', types.float64), field('t', types.utf8));
  expect((await jsonRows(python, { readSchema: texts })).rows).toEqual([
    [-Infinity, 'NaN'],
    [NaN, null],
  ]);
  const whole = jsonRows(python, { readSchema: schemaOf(field('x', types.int64)) });
  await expect(whole).rejects.toThrow(/\$\.x, row 1 in line 1: "-Infinity" is no int64/);
});

describe('what does not fit', () => {
  const readSchema = schemaOf(
    field('n', types.int32),
    field('l', types.list(types.struct(field('m', types.map(types.utf8, types.int8))))),
    field('t', types.utf8),
  );
  test.each<[string, string, typeof MalformedFile | typeof SchemaMismatch, RegExp]>([
    ['a value of another type', '{"n":1}\n{"n":"x"}\n', SchemaMismatch, /\$\.n, row 2 in line 2: "x" is no int32/],
    ['a number out of range', '{"n":3000000000}', SchemaMismatch, /\$\.n, row 1 in line 1: "3000000000" is no int32/],
    [
      'a value deep inside',
      '{}\n{"l":[]}\n{"l":[null,{"m":{"a":1}},{"m":{"b":2,"c":500}}]}',
      SchemaMismatch,
      /\$\.l\[2\]\.m\[1\], row 3 in line 3: "500" is no int8/,
    ],
    ['another form', '{"n":1}\n{"l":{"m":1}}', SchemaMismatch, /\$\.l, row 2 in line 2: .* has another form/],
    ['a missing comma', '{"n":1 "l":[]}', MalformedFile, /line 1: .*l.* is no JSON/],
    ['a missing bracket', '{"n":1\n{"n":2}\n', MalformedFile, /line 2: .* is no JSON/],
    ['a word', '{"n":none}', MalformedFile, /\$\.n in line 1: "none}" is no JSON/],
    ['a word where nobody looks', '{"z":[1,Nan]}', MalformedFile, /is no JSON/],
    ['a bad escape', '{"t":"\\x"}', MalformedFile, /\$\.t, row 1 in line 1: .* has an escape that is none/],
    ['an end within', '{"n":1}\n{"n":', MalformedFile, /ends within what begins in line 2/],
    ['an open array', '[{"n":1},', MalformedFile, /ends within/],
    ['something behind an array', '[{"n":1}] {}', MalformedFile, /is no JSON/],
    ['records that are no objects', '1\n2\n', MalformedFile, /line 1 stands "1.*record is an object/],
    ['depth', `{"z":${'['.repeat(100_000)}`, MalformedFile, /too deep/],
  ])('%s', async (name, content, error, message) => {
    const scan = jsonRows(write(`${name.replaceAll(' ', '-')}.json`, content), { readSchema });
    await expect(scan).rejects.toThrow(error);
    await expect(scan).rejects.toThrow(message);
  });

  test('is null where that was asked for', async () => {
    const path = write('lenient.json', '{"n":"x","l":7,"t":[1]}\n{"n":[1],"l":[{"m":[]},{"m":{"a":"b"}}],"t":null}');
    const { rows } = await jsonRows(path, { readSchema, json: { invalidValues: 'null' } });
    expect(rows[0]).toEqual([null, null, '[1]']);
    expect(rows[1]).toEqual([null, [[null], [[['a', null]]]], null]);
  });

  test('is an error where no value may be null', async () => {
    const path = write('missing.json', '{"n":1}\n{"m":2}\n');
    const strict = schemaOf(field('n', types.int64, false));
    await expect(jsonRows(path, { readSchema: strict })).rejects.toThrow(/column n is null in row 2 in line 2/);
  });

  test('more in one record than there is room for', async () => {
    const items = `{"l":[${Array.from({ length: 40_000 }, () => '1').join()}]}`;
    const lists = schemaOf(field('l', types.list(types.int64)));
    const path = write('items.json', items);
    expect((await jsonRows(path, { readSchema: lists })).rows).toHaveLength(1);
    const tight = testBudget(4 * MiB);
    await expect(jsonRows(path, { readSchema: lists, budget: tight })).rejects.toThrow(MillraceError);
    const large = write('large.json', `{"t":"${'x'.repeat(2 * MiB)}"}`);
    await expect(jsonRows(large, { readSchema })).rejects.toThrow(/does not end within/);
    const { rows } = await jsonRows(large, {
      readSchema,
      json: { maxRecordBytes: 2 * MiB + 1024 },
      budget: testBudget(256 * MiB),
    });
    expect(rows).toEqual([[null, null, 'x'.repeat(2 * MiB)]]);
    await expect(jsonRows(large, { readSchema, json: { maxRecordBytes: 64 * MiB } })).rejects.toThrow(
      MemoryBudgetExceeded,
    );
  });
});

// Properties ------------------------------------------------------------------------------------------------------------

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', ',', '\n', 'x', 'é', '😀', '\u0001'), maxLength: 80 }),
  fc.stringMatching(/^[a-z]{0,5}$/),
);
const record = fc.record(
  {
    n: fc.option(fc.maxSafeInteger()),
    t: fc.option(text),
    l: fc.option(
      fc.array(fc.option(fc.record({ x: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })) })), {
        maxLength: 4,
      }),
    ),
    unknown: fc.json({ maxDepth: 3 }),
  },
  { requiredKeys: [] },
);
const recordSchema = schemaOf(
  field('t', types.utf8),
  field('l', types.list(types.struct(field('x', types.float64)))),
  field('n', types.int64),
);

test('what JSON.stringify has written is read, wherever pieces and windows end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 30 }),
      fc.constantFrom(1, 1, 1, 300),
      fc.boolean(),
      fc.constantFrom(undefined, 1),
      async (records, repeat, isArray, indent) => {
        const all = Array.from({ length: repeat }, () => records).flat();
        const lines = all.map((one) =>
          JSON.stringify({ ...one, unknown: JSON.parse(one.unknown ?? '0') }, undefined, indent),
        );
        const path = write('property.json', isArray ? `[${lines.join(',')}]` : lines.join('\n'));
        const budget = testBudget(repeat === 1 ? 64 * MiB : 6 * MiB);
        const { rows } = await jsonRows(path, { readSchema: recordSchema, budget });
        const expected = all.map(({ t = null, l = null, n = null }) => [
          t,
          l?.map((item) => item && [item.x === 0 ? 0 : (item.x ?? null)]) ?? null,
          n === null ? null : BigInt(n),
        ]);
        expect(
          rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))),
        ).toEqual(
          expected.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))),
        );
      },
    ),
    fuzzed(40),
  );
});

test('damaged files of every kind end in rows or in an error of ours', async () => {
  const content = '{"t":"a \\"b\\" é","l":[{"x":1.5},null],"n":12}\n{"u":{"v":[1,"]"]},"n":null}\n'.repeat(60);
  const files = [Buffer.from(content), gzipSync(content), zstdCompressSync(content)];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(
        fc.tuple(fc.nat(), fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[],:n')))),
        { minLength: 1, maxLength: 6 },
      ),
      fc.nat(),
      fc.constantFrom<JsonReadOptions['invalidValues']>('error', 'null'),
      async (file, changes, cut, invalidValues) => {
        const damaged = Buffer.from(file);
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        const path = write('any.json', damaged.subarray(0, cut % 3 === 0 ? cut % damaged.length : undefined));
        try {
          await jsonRows(path, { readSchema: recordSchema, json: { invalidValues }, budget: testBudget(6 * MiB) });
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      },
    ),
    fuzzed(120),
  );
});

// Reading ---------------------------------------------------------------------------------------------------------------

const manyRows = (count: number): string =>
  Array.from({ length: count }, (_, n) => `{"n":${n},"t":"text ${n}","l":[{"x":${n}}]}\n`).join('');

test('a limit stops reading; memory is bounded; files are compressed or not; values of a partition', async () => {
  const content = manyRows(60_000);
  const path = write('many.json', content);
  const readSchema = schemaOf(field('p', types.utf8), ...recordSchema.fields);
  const whole = await jsonRows(path, { readSchema, partition: { p: 'here' } });
  expect(whole.rows).toHaveLength(60_000);
  expect(whole.rows.at(-1)).toEqual(['here', 'text 59999', [[59_999]], 59_999n]);
  const { rows, counters } = await jsonRows(path, { readSchema, limit: 100, budget: testBudget(8 * MiB) });
  expect(rows).toHaveLength(100);
  expect(Number(counters['bytes read'])).toBeLessThan(Number(whole.counters['bytes read']));
  for (const packed of [gzipSync(content), zstdCompressSync(content)]) {
    const budget = testBudget(48 * MiB);
    const unpacked = await jsonRows(write('packed.json', packed), { readSchema, partition: { p: 'here' }, budget });
    expect(unpacked.rows).toEqual(whole.rows);
    expect(budget.peakBytes).toBeLessThanOrEqual(24 * MiB);
  }
  await expect(jsonRows(path, { readSchema, budget: testBudget(MiB) })).rejects.toThrow(MemoryBudgetExceeded);
});

test('a store that fails, seeded: all rows, or an error that may be tried again', async () => {
  const store = memoryStore();
  await store.put('memory://b/f.json', Buffer.from(manyRows(5000)));
  let complete = 0;
  for (let seed = 1; seed <= 10; seed += 1) {
    const faulty = store.withFaults({ seed, unavailable: 0.2, lostAnswer: 0.1, truncatedRead: 0.1, maxDelayTurns: 3 });
    const options = { readSchema: recordSchema, budget: testBudget(6 * MiB), store: retryingStore(faulty, AT_ONCE) };
    const outcome = await jsonRows('memory://b/f.json', options).catch((error: unknown) => error);
    if (outcome instanceof Error)
      expect((outcome as MillraceError).retryable, `seed ${seed}: ${outcome.message}`).toBe(true);
    else {
      complete += 1;
      expect((outcome as { rows: unknown[] }).rows).toHaveLength(5000);
    }
  }
  expect(complete).toBeGreaterThan(4);
});

test('seven hundred fields are read in 24 MiB', async () => {
  const names = Array.from({ length: 700 }, (_, at) => (at % 3 === 0 ? `é ${at}` : `c${at}`));
  const readSchema = { fields: names.map((name, at) => field(name, at % 2 === 0 ? types.int64 : types.utf8)) };
  const record = (missing: number) => Object.fromEntries(names.map((name, at) => [name, at]).slice(missing));
  const path = write('wide.json', `${JSON.stringify(record(0))}\n${JSON.stringify(record(690))}\n`);
  const { rows } = await jsonRows(path, { readSchema, budget: testBudget(96 * MiB, 24 * MiB) });
  const values = names.map((_, at) => (at % 2 === 0 ? BigInt(at) : String(at)));
  expect(rows).toEqual([values, values.map((value, at) => (at < 690 ? null : value))]);
});
