/** Files of text in parts: however they are cut, the parts have the rows of the whole, each once. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { field, type Schema } from '../../../src/columnar/schema.ts';
import { MalformedFile, MillraceError, UnsupportedFile } from '../../../src/errors.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import type { ByteRange } from '../../../src/io/record-reader.ts';
import { csvCuts } from '../../../src/io/text/csv-cuts.ts';
import type { CsvReadOptions } from '../../../src/io/text/csv-reader.ts';
import { fuzzed } from '../../support/fuzz.ts';
import { testBudget } from '../../support/task.ts';
import { CSV, csvRows, jsonRows, textDirectory } from '../../support/text-files.ts';

const write = textDirectory();
/** Windows are small: records are cut everywhere. */
const small = () => testBudget(2 * 1024 * 1024);
const texts = (...names: string[]): Schema => ({ fields: names.map((name) => field(name, types.utf8)) });

/** Neighbours, at these places of `size` bytes. */
function cutAt(size: number, places: readonly number[]): ByteRange[] {
  const cuts = [0, ...new Set(places.map((place) => place % Math.max(1, size)).filter((place) => place > 0)), size];
  const sorted = cuts.toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, at) => ({ start: sorted[at] ?? 0, end }));
}
const places = fc.array(fc.nat({ max: 100_000 }), { maxLength: 6 });

const cell = fc.oneof(
  fc.stringMatching(/^[a-z0-9 ]{0,9}$/),
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '#', 'x', 'é'), maxLength: 12 }),
  // Where quotes are far apart.
  fc.constantFrom('plain '.repeat(12), 'in quotes,\n'.repeat(5), `${'in quotes, '.repeat(5)}"`),
);

/** Any CSV of two columns: quoted line ends, comments, empty lines, another escape, and every line end. */
const csv = fc.record({
  rows: fc.array(fc.tuple(cell, cell), { maxLength: 30 }),
  repeat: fc.constantFrom(1, 1, 60),
  end: fc.constantFrom('\n', '\r\n', '\r'),
  escape: fc.constantFrom('"', '\\'),
  between: fc.array(fc.constantFrom('', '', '# "comment', '#'), { maxLength: 5 }),
});

function csvText({ rows, repeat, end, escape: escaping, between }: CsvSample): string {
  const quoted = (text: string): string => {
    const inside = text
      .replaceAll(escaping, escaping + escaping)
      .replaceAll('"', (quote) => (escaping === '"' ? quote : `${escaping}${quote}`));
    return /^[a-z0-9 ]+$/.test(text) ? text : `"${escaping === '"' ? text.replaceAll('"', '""') : inside}"`;
  };
  const lines = Array.from({ length: repeat }, () => rows)
    .flat()
    .flatMap((row, at) => [between[at % 7] ?? [], row.map(quoted).join(',')].flat());
  return ['a,b', ...lines, ''].join(end);
}
interface CsvSample {
  readonly rows: readonly (readonly [string, string])[];
  readonly repeat: number;
  readonly end: string;
  readonly escape: string;
  readonly between: readonly string[];
}

test('any parts of CSV have the rows of the whole', async () => {
  await fc.assert(
    fc.asyncProperty(csv, places, async (sample, cuts) => {
      const content = csvText(sample);
      const path = write('cut.csv', content);
      const options = { readSchema: texts('b', 'a'), csv: { escape: sample.escape, comment: '#' } };
      const whole = await csvRows(path, { ...options, budget: small() });
      expect(whole.rows).toHaveLength(sample.rows.length * sample.repeat);
      const ranges = cutAt(Buffer.byteLength(content), cuts);
      const budget = small();
      expect((await csvRows(path, { ...options, ranges, budget })).rows).toEqual(whole.rows);
    }),
    fuzzed(40),
  );
});

test('places to cut CSV at are where its records begin', async () => {
  const store = fileStore();
  const signal = new AbortController().signal;
  await fc.assert(
    fc.asyncProperty(csv, fc.integer({ min: 1, max: 200 }), fc.boolean(), async (sample, bytes, hasMark) => {
      const content = `${hasMark ? '\ufeff' : ''}${csvText(sample)}`;
      const path = write('places.csv', content);
      const size = Buffer.byteLength(content);
      const dialect = { ...CSV, escape: sample.escape, comment: '#' };
      const options = { readSchema: texts('b', 'a'), csv: dialect };
      const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
      const cuts = await csvCuts({ store, uri: `file://${path}`, size, signal, costs }, dialect, bytes);
      const ranges = [0, ...cuts].map((start, at) => ({ start, end: cuts[at] ?? size, startsRecord: true }));
      expect(ranges.every(({ start, end }, at) => at === ranges.length - 1 || end - start >= bytes)).toBe(true);
      expect((await csvRows(path, { ...options, ranges: ranges.slice(0, 20), budget: small() })).rows).toEqual(
        (await csvRows(path, { ...options, ranges: [{ start: 0, end: ranges.at(19)?.end ?? size }], budget: small() }))
          .rows,
      );
    }),
    fuzzed(40),
  );
});

/** Characters in any order: quotes in the middle of fields and of lines, escapes of anything, line ends of all kinds. */
const anything = fc.record({
  text: fc.string({
    unit: fc.constantFrom('"', '"', "'", '\\', ',', ',', ';', '\n', '\n', '\r', '\r\n', '#', 'x', 'é', ' '),
    maxLength: 80,
  }),
  /** Whole records follow one another, so that many files are read to their end. */
  repeat: fc.constantFrom(1, 3, 200),
  delimiter: fc.constantFrom(',', ';'),
  quote: fc.constantFrom('"', "'"),
  escape: fc.constantFrom(undefined, '\\'),
  comment: fc.constantFrom(undefined, '#'),
});

test('what is cut out of anything at all is what is read in order, or both are refused', async () => {
  const store = fileStore();
  const signal = new AbortController().signal;
  await fc.assert(
    fc.asyncProperty(anything, fc.integer({ min: 1, max: 40 }), async ({ text, repeat, ...given }, pieces) => {
      const content = `${text}\n`.repeat(repeat);
      const path = write('anything.csv', content);
      const size = Buffer.byteLength(content);
      const dialect = { ...CSV, ...given, escape: given.escape ?? given.quote };
      const options = {
        readSchema: texts('a', 'b'),
        csv: { ...dialect, names: ['a', 'b'], allowVariableColumns: true },
      };
      const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
      const rowsOf = async (ranges: readonly ByteRange[]): Promise<unknown> => {
        try {
          return (await csvRows(path, { ...options, ranges, budget: small() })).rows;
        } catch (error) {
          if (error instanceof MalformedFile) return 'refused';
          throw error;
        }
      };
      const whole = await rowsOf([]);
      let cuts: readonly number[] = [];
      try {
        const least = Math.ceil(size / pieces);
        cuts = await csvCuts({ store, uri: `file://${path}`, size, signal, costs }, dialect, least);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedFile);
        expect(whole).toBe('refused');
      }
      const ranges = [0, ...cuts].map((start, at) => ({ start, end: cuts[at] ?? size, startsRecord: true }));
      expect(await rowsOf(ranges)).toEqual(whole);
    }),
    fuzzed(80),
  );
});

test('places are the same wherever the file is cut into pieces to be looked at', async () => {
  // A quoted field, and a pair of CR and LF, over the end of the first piece of 4 MiB.
  const store = fileStore();
  const signal = new AbortController().signal;
  const piece = 4 * 1024 * 1024;
  for (const [around, behind] of [
    ['"x\n', '\ny",1'],
    ['x,1\r', '\ny,2'],
  ] as const) {
    const filler = 'filler,0\n'.repeat(Math.floor((piece - 100) / 9));
    const rest = 'z'.repeat(piece - filler.length - around.length - 3);
    const before = `${filler}${rest},0\n${around}`;
    expect(before.length).toBe(piece);
    const content = `${before}${behind}\nlast,3\n`;
    const path = write('long.csv', content);
    const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
    const object = { store, uri: `file://${path}`, size: content.length, signal, costs };
    const cuts = await csvCuts(object, CSV, piece - around.length + 1);
    // The first record that begins behind the place, as a look at the text tells.
    expect(cuts.map((cut) => content.slice(cut))).toEqual([around.startsWith('"') ? 'last,3\n' : 'y,2\nlast,3\n']);
  }
});

test('any parts of CSV without quotes are found by its lines, without reading what is before', async () => {
  const content = `a,b\n${Array.from({ length: 40_000 }, (_, n) => `${n},"x ${n}`).join('\r\n')}`;
  const path = write('lines.csv', content);
  const options = { readSchema: texts('a', 'b'), csv: { quote: undefined, escape: undefined } };
  const whole = await csvRows(path, { ...options, budget: small() });
  expect(whole.rows).toHaveLength(40_000);
  const size = Buffer.byteLength(content);
  const ranges = cutAt(size, [1, 3, 4, 5, 100_000, 100_001, size - 1]);
  expect((await csvRows(path, { ...options, ranges, budget: small() })).rows).toEqual(whole.rows);
  const last = await csvRows(path, { ...options, ranges: [{ start: size - 1000, end: size }] });
  expect(last.rows.at(-1)).toEqual(whole.rows.at(-1));
});

test('a part of which it is known that it begins with a record is read alone', async () => {
  const content = `a,b\n${Array.from({ length: 100_000 }, (_, n) => `${n},"x\n${n}"`).join('\n')}\n`;
  const path = write('known.csv', content);
  const readSchema = texts('a', 'b');
  const start = content.indexOf('90000,"x');
  const ranges = [{ start, end: content.indexOf('90003,"x'), startsRecord: true }];
  const { rows, counters } = await csvRows(path, { readSchema, ranges, budget: small() });
  expect(rows).toEqual([90_000, 90_001, 90_002].map((n) => [`${n}`, `x\n${n}`]));
  expect(Number(counters['bytes read'])).toBeLessThan(content.length / 4);
});

test('errors name the part, or the line of the file', async () => {
  const content = `n,t\n${'1,a\n'.repeat(50)}x,b\n`;
  const path = write('wrong.csv', content);
  const readSchema: Schema = { fields: [field('n', types.int64)] };
  const read = (ranges: readonly ByteRange[], csv: Partial<CsvReadOptions> = {}) =>
    csvRows(path, { readSchema, csv, ranges });
  await expect(read([{ start: 100, end: 300 }])).rejects.toThrow(/column n, row 51 in line 52: "x"/);
  await expect(read([{ start: 204, end: 300, startsRecord: true }])).rejects.toThrow(
    /from byte 204 on, .*row 1 in line 1/,
  );
  await expect(read([{ start: 0, end: 9 }], { encoding: 'latin-1' })).rejects.toThrow(UnsupportedFile);
  const packed = write('packed.csv', gzipSync(content));
  for (const start of [0, 20]) {
    await expect(csvRows(packed, { readSchema, ranges: [{ start, end: 30 }] })).rejects.toThrow(
      /is compressed, and no part/,
    );
  }
});

describe('JSON', () => {
  test('any parts of lines have the rows of the whole', async () => {
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', '\n', '{', '}', '[', 'é', 'x'), maxLength: 8 }),
      fc.integer(),
    );
    const lines = fc.array(
      fc.oneof(
        fc.record({ a: value, b: fc.option(value) }).map((row) => JSON.stringify(row)),
        fc.constant(''),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom('\n', '\r\n'), places, async (written, end, cuts) => {
        const content = written.join(end);
        const path = write('cut.json', content);
        const readSchema = texts('b', 'a');
        const whole = await jsonRows(path, { budget: small(), readSchema });
        expect(
          (await jsonRows(path, { budget: small(), readSchema, ranges: cutAt(Buffer.byteLength(content), cuts) })).rows,
        ).toEqual(whole.rows);
      }),
      fuzzed(40),
    );
  });

  test('what stands on several lines is the rows of the whole, or an error, however it is cut', async () => {
    const contents = [
      '{"a":\n{"a":1}}\n',
      '{"a":\n{"a":\n1}\n}\n{"a":2}',
      '[{"a":1},\n{"a":2}\n]',
      '{"a":{\n"a":"x"\n},"b":2}\n{"a":3}\n',
    ];
    let errors = 0;
    for (const content of contents) {
      const path = write('spread.json', content);
      const whole = await jsonRows(path, { budget: small(), readSchema: texts('a') });
      for (let first = 1; first < content.length; first += 1) {
        for (const second of [first, first + 1, first + 4, first + 9]) {
          const ranges = cutAt(content.length, [first, second]);
          const outcome = await jsonRows(path, { budget: small(), readSchema: texts('a'), ranges }).catch(
            (error: unknown) => error,
          );
          if (outcome instanceof Error) {
            expect(outcome).toBeInstanceOf(MillraceError);
            errors += 1;
          } else expect((outcome as typeof whole).rows).toEqual(whole.rows);
        }
      }
    }
    expect(errors).toBeGreaterThan(50);
    const path = write('spread.json', contents[0] ?? '');
    const ranges = [{ start: 0, end: 3 }];
    await expect(jsonRows(path, { budget: small(), readSchema: texts('a'), ranges })).rejects.toThrow(MalformedFile);
    await expect(jsonRows(path, { budget: small(), readSchema: texts('a'), ranges })).rejects.toThrow(
      /each record is on a line of its own/,
    );
  });
});
