import fc from 'fast-check';
import { describe, test } from 'vitest';
import {
  AGGREGATE_CASES,
  AGGREGATE_FILTERS,
  CASE_INPUT,
  CASE_TABLES,
  callsOf,
  sqlOf,
} from '../support/aggregate-cases.ts';
import { aggregateStage, expectSameResults } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const same =
  (keys: readonly string[]) =>
  (actual: readonly Row[], expected: readonly Row[]): void =>
    expectSameResults(actual, expected, (at) => AGGREGATE_CASES[at - keys.length]?.likeness ?? 'exact');

describe('aggregate functions', () => {
  for (const keys of [[], ['g'], ['g', 'r']]) {
    test(`by ${keys.join(', ') || 'nothing'} are what DuckDB says, in any layout, filtered or not`, async () => {
      const shapes = fc.record({
        table: CASE_TABLES,
        filter: fc.constantFrom(...AGGREGATE_FILTERS),
        chosen: fc.subarray([...AGGREGATE_CASES], { minLength: 1, maxLength: 12 }),
        cuts: fc.array(fc.nat(40), { maxLength: 4 }),
        dictionaries: fc.array(fc.boolean(), { minLength: 3, maxLength: 5 }),
        sharedDictionaries: fc.boolean(),
      });
      const run = async ({ table: { rows }, filter, chosen, cuts, dictionaries, sharedDictionaries }: Shape) => {
        const stage = aggregateStage(CASE_INPUT, keys, callsOf(chosen, filter.filter));
        const form = (batch: number, at: number) => ({
          dictionary: dictionaries[(batch + at) % dictionaries.length] === true,
        });
        const ours = await runStages([stage], { schema: CASE_INPUT, rows, cuts, form, sharedDictionaries });
        const by = keys.join();
        const means = ['i', 'x'].map(
          (name) => `avg(${name})${filter.sql} over (${by === '' ? '' : `partition by ${by}`}) as m_${name}`,
        );
        const theirs = await duckRows(
          { schema: CASE_INPUT, rows },
          `select ${[...keys, ...chosen.map((each) => sqlOf(each, filter.sql, keys.length > 0))].join()}
           from (select *, rowid as nr, ${means.join()} from t order by rowid)
           ${by === '' ? '' : `group by ${by} order by min(nr)`}`,
        );
        expectSameResults(ours.rows, theirs, (at) => chosen[at - keys.length]?.likeness ?? 'exact');
      };
      type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;
      await fc.assert(fc.asyncProperty(shapes, run), { numRuns: 25 });
    });
  }

  describe('of a whole input,', () => {
    obeysContract(() => aggregateStage(CASE_INPUT, [], callsOf(AGGREGATE_CASES, undefined)), CASE_TABLES, {
      numRuns: 3,
      same: same([]),
    });
  });
  describe('of groups, filtered,', () => {
    obeysContract(
      () => aggregateStage(CASE_INPUT, ['g'], callsOf(AGGREGATE_CASES, AGGREGATE_FILTERS[1]?.filter)),
      CASE_TABLES,
      {
        numRuns: 3,
        same: same(['g']),
      },
    );
  });
});
