import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DataType, int32, int64 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { InvalidPlan, MalformedFile, MillraceError } from '../../src/errors.ts';
import { WARC_COLUMNS } from '../../src/io/text/warc-columns.ts';
import { warcScan } from '../../src/operators/sources/warc-scan.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { fuzzed } from '../support/fuzz.ts';
import { testBudget } from '../support/task.ts';
import { type TextScanTest, textDirectory, textRows } from '../support/text-files.ts';

const write = textDirectory();
const MiB = 1024 * 1024;
const ALL: Schema = { fields: [...WARC_COLUMNS].map(([name, type]) => field(name, type)) };

const scan = (content: Uint8Array, options: Partial<TextScanTest> = {}) =>
  textRows(write('crawl.warc', content), { budget: testBudget(32 * MiB), readSchema: ALL, ...options }, (given) =>
    warcScan({ ...given, warc: { maxRecordBytes: undefined } }),
  );

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const content = (n: number): Buffer =>
  Buffer.from(n % 7 === 0 ? '' : `${`body ${n}\r\n\r\n`.repeat(n % 5)}\xff`, 'latin1');
function record(n: number): Buffer {
  const body = content(n);
  const head = [
    'WARC/1.0',
    'WARC-Type: response',
    `WARC-Record-ID: <urn:uuid:${id(n)}>`,
    'WARC-Date: 2024-01-02T03:04:05Z',
    `warc-target-uri: http://x/${n}`,
    `Content-Length: ${body.byteLength}`,
    'Content-Type: a/b;',
    ' c=d',
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n\r\n')]);
}
const row = (n: number) => [
  id(n),
  `http://x/${n}`,
  'response',
  BigInt(Date.UTC(2024, 0, 2, 3, 4, 5)) * 1_000_000n,
  BigInt(content(n).byteLength),
  null,
  new Uint8Array(content(n)),
  '{"Content-Type":"a/b; c=d"}',
];
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('records, plain and a gzip member for each', async () => {
  const plain = Buffer.concat(numbers(3_000).map(record));
  expect((await scan(plain)).rows).toEqual(numbers(3_000).map(row));
  const members = Buffer.concat(numbers(50).map((n) => gzipSync(record(n))));
  expect((await scan(members)).rows).toEqual(numbers(50).map(row));
  expect((await scan(Buffer.alloc(0))).rows).toEqual([]);
});

test('some of the columns, a partition, a limit', async () => {
  const readSchema = schema(field('p', int32), field('Content-Length', int64), field('none', int32));
  const { rows } = await scan(Buffer.concat(numbers(9).map(record)), { readSchema, partition: { p: 3 }, limit: 2 });
  expect(rows).toEqual([
    [3, 0n, null],
    [3, BigInt(content(1).byteLength), null],
  ]);
});

test('an id that is no uuid stays with the other headers', async () => {
  const other = Buffer.from(
    record(1)
      .toString('latin1')
      .replace(/<urn:uuid:.*>/, '<http://id>'),
    'latin1',
  );
  const [[found, ...rest] = []] = (await scan(other)).rows;
  expect(found).toBe(null);
  expect(JSON.parse(String(rest.at(-1)))).toMatchObject({ 'WARC-Record-ID': '<http://id>' });
});

test.each<[string, (text: string) => string, RegExp]>([
  ['another format', () => 'hello, this is something else', /record 1 does not begin with WARC/],
  [
    'a length that is none',
    (text) => text.replace(/Content-Length: \d+/, 'Content-Length: x'),
    /record 1 has no Content-Length/,
  ],
  ['a wrong length', (text) => text.replace(/Content-Length: \d+/, 'Content-Length: 3'), /does not end where/],
  ['an end too early', (text) => text.slice(0, -5), /record 2 ends before it is complete/],
  ['a date that is none', (text) => text.replace('2024-01-02', '2024-13-02'), /record 1 has a WARC-Date/],
  ['a header without a name', (text) => text.replace('WARC-Type: response', ': x'), /without a name/],
])('%s is an error by its record', async (_, change, message) => {
  const text = Buffer.concat([record(1), record(2)]).toString('latin1');
  const damaged = scan(Buffer.from(change(text), 'latin1'));
  await expect(damaged).rejects.toThrow(MalformedFile);
  await expect(damaged).rejects.toThrow(message);
});

test('whatever the bytes are, rows or an error of ours', async () => {
  const whole = Buffer.concat(numbers(6).map(record));
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(changes, async (given) => {
      const damaged = Buffer.from(whole);
      for (const [at, byte] of given) damaged[at % damaged.length] = byte;
      const outcome = await scan(damaged, { budget: testBudget(4 * MiB) }).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MillraceError);
    }),
    fuzzed(60),
  );
});

test('a plan has the types of the format', () => {
  const plan = (type: DataType) =>
    bindPlan({ kind: 'scan', sourceId: 't', format: 'warc', schema: [field('Content-Length', type)] });
  expect(plan(int64)).toMatchObject({ format: { kind: 'warc' } });
  expect(() => plan(int32)).toThrow(InvalidPlan);
});
