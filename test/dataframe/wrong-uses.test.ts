/** What programs without types may say: what is wrong is told, with what to do, and is never passed over. */

import { expect, test } from 'vitest';
import type { DataFrame } from '../../src/dataframe/frame.ts';
import { InvalidArgument, MillraceError } from '../../src/errors.ts';
import { col, fromColumns, fromRows, lit, range, readCsv, Session, window } from '../../src/index.ts';

const sales: DataFrame = fromRows([{ shop: 'a', price: 1.5, n: 3 }]);
const other: DataFrame = fromRows([{ shop: 'a', city: 'Bonn' }]);
/** A value as one of the type that is asked for. */
const wrong = (value: unknown): never => value as never;

test.each<readonly [string, () => unknown, string]>([
  [
    'an option of sort',
    () => sales.sort('n', wrong({ desc: true })),
    'sort has no option desc, but descending, nullsFirst',
  ],
  ['a misspelt option', () => sales.sort('n', wrong({ decending: true })), 'Did you mean "descending"?'],
  [
    'a text as options',
    () => sales.sort('n', wrong('desc')),
    'sort takes options, as in { descending: … }, and not "desc"',
  ],
  ['an option of windows', () => window().orderBy('n', wrong({ desc: true })), 'orderBy has no option desc'],
  ['an option of explain', () => sales.explain(wrong({ analyse: true })), 'Did you mean "analyze"?'],
  ['an option of unions', () => sales.union(sales, wrong({ by_name: true })), 'Did you mean "byName"?'],
  ['an option of except', () => sales.except(sales, wrong({ al: true })), 'Did you mean "all"?'],
  ['an option of repartition', () => sales.repartition(2, wrong({ bye: 'n' })), 'Did you mean "by"?'],
  ['an option of a join', () => sales.join(other, wrong({ on: 'shop', type: 'left' })), 'join has no option type'],
  [
    'a join of no keys',
    () => sales.join(other, wrong(undefined)),
    'join takes options, as in { on: … }, and not undefined',
  ],
  [
    'a join with no frame',
    () => sales.join(wrong('other'), { on: 'shop' }),
    'join takes another frame, and not a string',
  ],
  ['a concat of no frame', () => sales.concat(wrong(null)), 'concat takes another frame, and not null'],
  [
    'a key of the right side',
    () => sales.join(other, { leftOn: 'shop', rightOn: 'shpo' }),
    'join, of the right side: There is no column "shpo". Did you mean "shop"?',
  ],
  [
    'a key of the left side',
    () => sales.join(other, { on: 'shpo' }),
    'join, of the left side: There is no column "shpo"',
  ],
  ['an operator of JavaScript', () => sales.filter((c) => wrong(c['n'] === 3)), "write col('name').eq(value)"],
  ['a sum of JavaScript', () => sales.select(`${+wrong(col('n'))}`), "its methods compute with it, as col('n').add(1)"],
  [
    'a text as a list',
    () => sales.filter(col('shop').isIn(wrong('abc'))),
    'isIn takes an array of values, and not "abc"',
  ],
  ['one row', () => fromRows(wrong({ a: 1 })), 'fromRows takes an array with an object for each row'],
  ['rows that are none', () => fromRows(wrong([{ a: 1 }, 2])), 'Row 1 is 2: a row is an object'],
  ['rows that are lists', () => fromRows([[1, 2]]), 'Row 0 is [1,2]: a row is an object'],
  ['a column that is none', () => fromColumns(wrong({ a: 5 })), 'The column "a" is 5, and no array of values'],
  ['memory as a bigint', () => new Session({ memory: wrong(10n ** 9n) }), 'with 1000000000n bytes of memory'],
  ['a bigint in a row', () => fromRows(wrong([[1n]])), 'Row 0 is ["1n"]: a row is an object'],
  ['memory as a text', () => new Session({ memory: wrong('1GB') }), 'with "1GB" bytes of memory: a number is needed'],
  ['too little memory', () => new Session({ memory: 1000 }), 'at least 524288'],
])('%s', (_, make, message) => {
  expect(make).toThrow(MillraceError);
  expect(make).toThrow(message);
});

test.each<readonly [string, () => Promise<unknown>, string]>([
  ['no place', () => readCsv(wrong(undefined)), 'A place is a path, a uri or a glob, and not undefined'],
  ['an empty place', () => readCsv(''), 'and not ""'],
  ['places among which is none', () => readCsv([wrong(5)]), 'and not 5'],
  ['no place to write to', () => range(3).writeCsv(wrong(undefined)), 'and not undefined'],
  ['an option of outputs', () => range(3).count(wrong({ sginal: 1 })), 'Did you mean "signal"?'],
  ['an option of reads', () => readCsv('a.csv', wrong({ schemafrom: 'all' })), 'Did you mean "schemaFrom"?'],
  [
    'an option of another format',
    () => readCsv('a.csv', wrong({ wholeText: true })),
    'A read of csv has no option wholeText',
  ],
  [
    'no options of a write',
    () => range(3).writeCsv('a', wrong(null)),
    'A write of csv takes options, as in { mode: … }',
  ],
  [
    'an option of pyarrow',
    () => range(3).writeParquet('a', wrong({ rowGroupSize: 9 })),
    'but mode, partitionBy, compression',
  ],
  ['too few rows', () => range(3).show(-1), 'show takes a number of rows, and not -1'],
  ['rows as a text', () => range(3).show(wrong('3')), 'show takes a number of rows, and not "3"'],
  ['a module as a text', () => new Session().udfs('t', wrong('./t.ts')), "new URL('./t.ts', import.meta.url)"],
])('%s', async (_, make, message) => {
  await expect(make()).rejects.toThrow(InvalidArgument);
  await expect(make()).rejects.toThrow(message);
});

test('a session that was disposed of makes no frames', async () => {
  const session = new Session();
  await session[Symbol.asyncDispose]();
  expect(() => session.range(3)).toThrow('disposed of');
  await expect(session.readText(import.meta.filename)).rejects.toThrow(InvalidArgument);
});

test('an expression is a text where one is asked for', () => {
  expect(String(lit(1).alias('one'))).toBe('Expr(one)');
});
