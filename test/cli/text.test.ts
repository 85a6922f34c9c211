import { describe, expect, test } from 'vitest';
import { failureText } from '../../src/cli/failure.ts';
import { parseAge, parseCount, parseSize } from '../../src/cli/quantities.ts';
import { float64, int32, timestamp, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { textTable } from '../../src/dataframe/text-table.ts';
import { TaskCancelled } from '../../src/errors.ts';
import { progressText } from '../../src/stats/progress-bar.ts';
import { countText, sizeText } from '../../src/stats/quantity-text.ts';

describe('quantities', () => {
  test.each([
    ['512MB', 512_000_000],
    ['1GiB', 1_073_741_824],
    ['1.5 gb', 1_500_000_000],
    ['64kib', 65_536],
    ['1000', 1000],
  ])('the size %s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['', 'MB', '-1MB', '1e9', '5 parsecs', '0', '99999999999999GB'])('%j is no size', (text) => {
    expect(() => parseSize(text)).toThrow('A size looks like');
  });

  test.each([
    ['24h', 86_400_000],
    ['0s', 0],
    ['1.5m', 90_000],
    ['7D', 604_800_000],
  ])('the age %s is %d milliseconds', (text, milliseconds) => expect(parseAge(text)).toBe(milliseconds));

  test.each(['24', 'h', '-1h', '1w'])('%j is no age', (text) =>
    expect(() => parseAge(text)).toThrow('An age looks like'),
  );
  test.each(['1.5', '-1', '', '1e3', '0x10'])('%j is no count', (text) => expect(() => parseCount(text)).toThrow());

  test('are written with their units', () => {
    expect([0, 999, 1_000, 4_200_000, 12_345_678_901].map(sizeText)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '4.2 MB',
      '12.35 GB',
    ]);
    expect([countText(1, 'row'), countText(0, 'row'), countText(1_200, 'row')]).toEqual([
      '1 row',
      '0 rows',
      '1,200 rows',
    ]);
  });
});

describe('a table', () => {
  const of = schema(field('name', utf8), field('x', int32), field('at', timestamp('ms', 'UTC')));

  test('without rows has its header', () => {
    expect(textTable(of, [])).toBe(
      ['name      x  at', 'utf8  int32  timestamp(ms, UTC)', '────  ─────  ──────────────────', ''].join('\n'),
    );
  });

  test('cuts long values, by characters and not by halves of them', () => {
    const [, , , line = ''] = textTable(schema(field('s', utf8)), [['😀'.repeat(100)]]).split('\n');
    expect(line).toBe(`${'😀'.repeat(79)}…`);
  });

  test('leaves out columns that do not fit, and says how many', () => {
    const table = textTable(of, [['a', 1, 0n]], 14);
    expect(table).toBe(
      ['name      x', 'utf8  int32', '────  ─────', 'a         1', '… and 1 more column', ''].join('\n'),
    );
    expect(textTable(of, [['a', 1, 0n]], 1)).toContain('… and 2 more columns');
  });

  test('shows the numbers that are none', () => {
    const lines = textTable(schema(field('f', float64)), [[Number.NaN], [-0], [Number.NEGATIVE_INFINITY]]).split('\n');
    expect(lines.slice(3, 6).map((line) => line.trim())).toEqual(['NaN', '-0', '-Infinity']);
  });
});

describe('progress', () => {
  const operator = {
    name: 'Scan',
    rowsIn: 0,
    rowsOut: 0,
    batchesIn: 0,
    batchesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    selfMs: 0,
    depth: 0,
  };
  const stats = (counters: Record<string, number>) => ({
    operators: [
      { ...operator, counters },
      { ...operator, counters },
    ],
    wallMs: 1_234,
    peakBytes: 0,
    limitBytes: 1,
  });

  test('is how much of all files has been read', () => {
    const text = progressText(stats({ 'bytes read': 2_500_000, 'bytes total': 5_000_000, 'rows read': 600 }));
    expect(text).toBe(`▕${'█'.repeat(10)}${' '.repeat(10)}▏  50%  5.0 MB of 10.0 MB  1,200 rows`);
  });

  test('never goes beyond its end', () => {
    expect(progressText(stats({ 'bytes read': 6, 'bytes total': 5, 'rows read': 1 }))).toContain('100%');
  });

  test('is the time where no file is read', () => {
    expect(progressText(stats({}))).toBe('1.2 s');
  });

  test('is coloured only where asked', () => {
    const some = stats({ 'bytes read': 1, 'bytes total': 4 });
    expect(progressText(some)).not.toContain('\u001b');
    expect(progressText(some, '36')).toContain('\u001b[36m');
  });
});

describe('a failure', () => {
  test('names its operator', () => {
    const error = Object.assign(new TaskCancelled('The task was cancelled.'), { operator: 'Sort' });
    expect(failureText(error, false)).toBe(
      'millrace: TaskCancelled: The task was cancelled.\n  in the operator Sort\n',
    );
  });

  test('fits on a screen, whatever its message', () => {
    const text = failureText(new TaskCancelled(`${'line \u001b[2J\n'.repeat(500)}`), false);
    expect(text.split('\n').length).toBeLessThan(30);
    expect(text).not.toContain('\u001b');
    expect(failureText(new TaskCancelled('x'.repeat(100_000)), false).length).toBeLessThan(500);
  });

  test('that is a defect says so', () => {
    expect(failureText(new TypeError('x is not a function'), false)).toContain('defect');
  });
});
