import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { InvalidPlan, MalformedFile, MemoryBudgetExceeded, SchemaMismatch, UnsupportedFile } from '../../src/errors.ts';
import type { LineReadOptions } from '../../src/io/text/line-reader.ts';
import { textScan } from '../../src/operators/sources/text-scan.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { fuzzed } from '../support/fuzz.ts';
import { testBudget } from '../support/task.ts';
import { type TextScanTest, textDirectory, textRows } from '../support/text-files.ts';

const write = textDirectory();
const MiB = 1024 * 1024;
const TEXT = schema(field('text', types.utf8));
const LINES: LineReadOptions = {
  encoding: 'utf-8',
  skipBlankLines: false,
  wholeText: false,
  invalidValues: 'error',
  maxRecordBytes: undefined,
};

const lines = (
  content: string | Uint8Array,
  { text, ...options }: Partial<TextScanTest> & { readonly text?: Partial<LineReadOptions> } = {},
) => {
  const given = { budget: testBudget(4 * MiB), readSchema: TEXT, ...options };
  return textRows(write('lines.txt', content), given, (scan) => textScan({ ...scan, text: { ...LINES, ...text } }));
};
const texts = async (...given: Parameters<typeof lines>) => (await lines(...given)).rows.map(([text]) => text);

test('lines, whatever ends them, in windows of any size and in any parts', async () => {
  const piece = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', 'é', '😀', '\t'), maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('x', '\n'), minLength: 30, maxLength: 90 }),
  );
  const contents = fc.tuple(fc.array(piece, { maxLength: 20 }), fc.constantFrom(1, 1, 400));
  await fc.assert(
    fc.asyncProperty(
      contents,
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 4 }),
      async ([pieces, repeat], skip, cuts) => {
        const content = pieces.join('').repeat(repeat);
        const all = content.split(/\r\n|\r|\n/);
        if (all.at(-1) === '') all.pop();
        const wanted = skip ? all.filter((line) => line.trim() !== '') : all;
        const text = { skipBlankLines: skip };
        expect(await texts(content, { text })).toEqual(wanted);
        const size = Buffer.byteLength(content);
        const places = [0, ...new Set(cuts.map((cut) => cut % (size + 1))), size].toSorted((a, b) => a - b);
        const ranges = places
          .slice(1)
          .flatMap((end, at) => (end > (places[at] ?? 0) ? [{ start: places[at] ?? 0, end }] : []));
        if (ranges.length > 0) expect(await texts(content, { text, ranges })).toEqual(wanted);
      },
    ),
    fuzzed(40),
  );
});

test('compressed or not, with a byte order mark, or in Latin-1', async () => {
  for (const content of [gzipSync('a\nü'), zstdCompressSync('a\nü'), '\ufeffa\r\nü\r\n']) {
    expect(await texts(content, { budget: testBudget(32 * MiB) })).toEqual(['a', 'ü']);
  }
  expect(await texts(Buffer.from('a\nü', 'latin1'), { text: { encoding: 'latin-1' } })).toEqual(['a', 'ü']);
});

test('all of a file as one row', async () => {
  const whole = { wholeText: true };
  expect(await texts('a\n\nb\n', { text: whole })).toEqual(['a\n\nb\n']);
  expect(await texts(gzipSync('x'.repeat(300_000)), { text: whole, budget: testBudget(32 * MiB) })).toEqual([
    'x'.repeat(300_000),
  ]);
  expect(await texts('', { text: whole })).toEqual(['']);
  expect(await texts(' \n\t', { text: { ...whole, skipBlankLines: true } })).toEqual([]);
  await expect(texts('abc', { text: whole, ranges: [{ start: 0, end: 2 }] })).rejects.toThrow(UnsupportedFile);
});

test('other columns, a limit, a filter, and rows without any column', async () => {
  const readSchema = schema(field('p', types.int32), field('text', types.binary), field('x', types.float64));
  const { rows } = await lines('a\nb\nc\n', { readSchema, partition: { p: 7 }, limit: 2 });
  expect(rows).toEqual(
    [
      [7, Buffer.from('a'), null],
      [7, Buffer.from('b'), null],
    ].map((row) => row.map((value) => (Buffer.isBuffer(value) ? new Uint8Array(value) : value))),
  );
  expect((await lines('a\nb\n', { readSchema: schema() })).rows).toEqual([[], []]);
  await expect(lines('a', { readSchema: schema(field('x', types.utf8, false)) })).rejects.toThrow(/no column x/);
});

test('what is no text, or too long, is an error by its row', async () => {
  const broken = Buffer.from('a\n\xff\n', 'latin1');
  await expect(texts(broken)).rejects.toThrow(SchemaMismatch);
  await expect(texts(broken)).rejects.toThrow(/row 2: .* is no UTF-8/);
  expect(await texts(broken, { text: { invalidValues: 'null' } })).toEqual(['a', null]);
  await expect(texts('x'.repeat(3 * MiB))).rejects.toThrow(MalformedFile);
  await expect(texts('a', { budget: testBudget(256 * 1024) })).rejects.toThrow(MemoryBudgetExceeded);
});

test('a plan says utf8 or binary', () => {
  const scan = (type: types.DataType) =>
    bindPlan({ kind: 'scan', sourceId: 't', format: 'text', schema: [field('text', type)] });
  expect(scan(types.binary)).toMatchObject({ format: { kind: 'text', skipBlankLines: true, wholeText: false } });
  expect(() => scan(types.int64)).toThrow(InvalidPlan);
});
