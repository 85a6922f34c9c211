/** What a session tells of its queries, and what terminals and notebooks show. */

import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { QueryProgress } from '../../src/dataframe/query-progress.ts';
import { InvalidArgument } from '../../src/errors.ts';
import { col, fromRows, Session, types } from '../../src/index.ts';

test('subscribers are told of the start, the figures and the end of each query', async () => {
  const told: string[] = [];
  await using session = new Session({
    subscribers: [
      {
        onStart: (id, { kind }) => told.push(`${id} starts ${kind}`),
        onEnd: (id, outcome) =>
          told.push(
            'error' in outcome ? `${id} fails: ${outcome.error}` : `${id} has ${outcome.statistics.operators.length}`,
          ),
      },
      { onEnd: () => told.push('second') },
    ],
  });
  const numbers = session.range(0, 10).filter(col('value').gt(3));
  await numbers.count();
  await expect(numbers.select(col('value').cast({ kind: 'int32' }).mul(2_000_000_000)).collect()).rejects.toThrow(
    'int32',
  );
  const id = (line: string | undefined): string | undefined => line?.split(' ')[0];
  expect(told.map((line) => line.replace(/^\S{36} /, ''))).toEqual([
    ...['starts aggregate', expect.stringMatching(/^has [1-9]/), 'second'],
    ...['starts project', expect.stringMatching(/^fails: ArithmeticOverflow/), 'second'],
  ]);
  expect(id(told[0])).toBe(id(told[1]));
  expect(id(told[0])).not.toBe(id(told[3]));
});

test('the progress of a query is shown once it has taken a while, of one at a time, and is gone at its end', () => {
  const notes: string[] = [];
  const screen = (isWatched: boolean) => ({ showsProgress: isWatched, note: (text: string) => void notes.push(text) });
  const after = (wallMs: number) => ({ operators: [], wallMs, peakBytes: 0, limitBytes: 1 });
  const [first, second, hidden] = [true, true, false].map((isWatched) => new QueryProgress(screen(isWatched)));
  first?.update(after(900));
  expect(notes).toEqual([]);
  first?.update(after(1100));
  second?.update(after(2000));
  expect(notes.join()).toContain('1.1 s');
  expect(notes.length).toBe(1);
  first?.[Symbol.dispose]();
  second?.update(after(3000));
  expect(notes.at(-1)).toContain('3.0 s');
  second?.[Symbol.dispose]();
  expect(notes.at(-1)).toBe('\r\u001b[K');
  const before = notes.length;
  hidden?.update(after(3000));
  hidden?.[Symbol.dispose]();
  expect(notes.length).toBe(before);
});

test('notebooks find frames and tables as HTML', async () => {
  const frame = fromRows(Array.from({ length: 25 }, (_, n) => ({ n, 'a<b': n === 0 ? null : '<script>' })));
  const display = Symbol.for('Jupyter.display');
  for (const value of [frame, await frame.collect()]) {
    const shown = await (
      value as unknown as Record<symbol, () => Record<string, string> | Promise<Record<string, string>>>
    )[display]?.();
    expect(Object.keys(shown ?? {})).toEqual(['text/html', 'text/plain']);
    const html = shown?.['text/html'] ?? '';
    expect(html).toContain('<th>a&#60;b<br><small>utf8</small></th>');
    expect(html).toContain('<tr><td>0</td><td><em>null</em></td></tr>');
    expect(html.split('<tr>').length).toBe(22);
    expect(html).not.toContain('<script>');
    expect(html).toContain('more rows');
    expect(shown?.['text/plain']).toContain('20 rows, and more, 2 columns');
  }
  expect((await frame.limit(1).collect()).toDisplay()['text/plain']).toContain('\n1 row, 2 columns\n');
});

test('what a session is given is looked at when it is made', () => {
  expect(() => new Session({ memry: 5 } as object)).toThrow(/no option memry.* Did you mean "memory"\?/);
  expect(() => new Session({ memory: -1 })).toThrow(InvalidArgument);
  expect(() => new Session({ memory: Number.NaN })).toThrow(InvalidArgument);
});

test('what is logged is names and types of a frame, and the rows of a table', async () => {
  const frame = fromRows([{ a: 1, b: null }]).select('a', col('b').cast(types.utf8));
  expect(inspect(frame)).toBe('DataFrame(a int32?, b utf8?)');
  expect(`${frame}`).toBe(inspect(frame));
  expect(inspect(await frame.collect())).toMatch(/^ *a +b *\n[\s\S]* 1 +null *\n1 row, 2 columns\n$/);
});
