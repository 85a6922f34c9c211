import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { WindowOrder, WindowSpec } from '../../src/expressions/window.ts';
import { AGGREGATE_FILTERS } from '../support/aggregate-cases.ts';
import { column, expectSameResults } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import type { Table } from '../support/tables.ts';
import { runStages } from '../support/task.ts';
import {
  type FrameCase,
  framesOf,
  ORDERS,
  orderBy,
  WINDOW_CASES,
  WINDOW_INPUT,
  WINDOW_TABLES,
  type WindowCase,
} from '../support/window-cases.ts';
import { overSql, windowStage } from '../support/windows.ts';

interface Shape {
  readonly table: Table;
  readonly partitionBy: readonly string[];
  readonly order: readonly WindowOrder[];
  readonly frame: FrameCase;
  readonly chosen: readonly WindowCase[];
  readonly filter: (typeof AGGREGATE_FILTERS)[number];
  readonly cuts: readonly number[];
  readonly dictionary: boolean;
}

const NO_FRAME: FrameCase = { frame: undefined, offsets: ['', ''] };

/** Windows in one order: of rows that are told apart by a second key, or of functions that do not ask. */
const ordered: fc.Arbitrary<Omit<Shape, 'table' | 'partitionBy' | 'filter' | 'cuts' | 'dictionary'>> = fc
  .record({
    order: fc.constantFrom(...ORDERS),
    descending: fc.boolean(),
    nullsFirst: fc.constantFrom(undefined, true, false),
    unit: fc.constantFrom('rows', 'range', 'none'),
    unique: fc.boolean(),
  })
  .chain(({ order, descending, nullsFirst, unit, unique }) => {
    const first = orderBy(order.key, descending, nullsFirst);
    // A range with an offset has one key, and rows have to be told apart to be counted.
    const single = unit === 'range' || (unit === 'none' && !unique);
    const frame = unit === 'none' ? fc.constant(NO_FRAME) : framesOf(unit === 'rows' ? 'rows' : 'range', order);
    const cases = WINDOW_CASES.filter(({ byRow }) => !single || !byRow);
    return fc.record({
      order: fc.constant(single ? [first] : [first, orderBy('q', !descending, undefined)]),
      frame,
      chosen: fc.subarray([...cases], { minLength: 11, maxLength: 14 }),
    });
  });

const over = (partitions: readonly (readonly string[])[]): fc.Arbitrary<Shape> =>
  fc
    .tuple(
      ordered,
      fc.record({
        table: WINDOW_TABLES,
        partitionBy: fc.constantFrom(...partitions),
        filter: fc.constantFrom(...AGGREGATE_FILTERS),
        cuts: fc.array(fc.nat(40), { maxLength: 4 }),
        dictionary: fc.boolean(),
      }),
    )
    .map(([one, other]) => ({ ...one, ...other }));

async function agrees(shape: Shape): Promise<void> {
  const { table, partitionBy, order, frame, chosen, filter, cuts, dictionary } = shape;
  const spec: WindowSpec = { partitionBy: partitionBy.map(column), orderBy: order, frame: frame.frame };
  const calls = chosen.map(({ call }, index) => call(`w${index}`, filter.filter));
  const ours = await runStages([windowStage(WINDOW_INPUT, calls, spec)], {
    ...table,
    cuts,
    form: () => ({ dictionary }),
  });
  const sql = sqlOf(shape, spec);
  const theirs = await duckRows(table, sql);
  const inputs = WINDOW_INPUT.fields.length;
  const results = ours.rows.map((row) => [row[inputs - 1] ?? null, ...row.slice(inputs)]);
  try {
    expectSameResults(results, theirs, (at) => chosen[at - 1]?.likeness ?? 'exact');
  } catch (error) {
    throw new Error(`Not as DuckDB: ${sql}`, { cause: error });
  }
}

function sqlOf({ partitionBy, order, frame, chosen, filter }: Shape, spec: WindowSpec): string {
  const window = overSql(spec, frame.offsets);
  const unframed = overSql({ ...spec, frame: undefined });
  const least = frame.frame?.minPeriods ?? 0;
  const results = chosen.map(({ sql, unframed: ofPlace }) => {
    const called = sql.replaceAll('#', ` ${ofPlace ? unframed : window}`).replaceAll('|', `${filter.sql} ${window}`);
    return least === 0 || ofPlace ? called : `case when count(*) ${window} >= ${least} then ${called} end`;
  });
  const first = partitionBy.length === 0 ? '' : `min(id) over (partition by ${partitionBy.join()}),`;
  const keys = overSql({ partitionBy: [], orderBy: order }).replace(/^over \(|\)$/g, '');
  return `select id, ${results.join()} from t order by ${first} ${keys.replace('order by ', '')}, id`;
}

/** A thousand functions in a hundred windows. */
describe('window functions are what DuckDB says, in any order and frame:', () => {
  test('of partitions', async () => {
    await fc.assert(fc.asyncProperty(over([['g'], ['r'], ['g', 'b'], ['x']]), agrees), { numRuns: 60 });
  });

  test('of all rows', async () => {
    await fc.assert(fc.asyncProperty(over([[]]), agrees), { numRuns: 35 });
  });
});
