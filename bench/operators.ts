import { MemoryBudget } from '../src/memory/budget.ts';
import { DuckDB } from './duckdb.ts';
import { createTableSql, TablesInMemory } from './made-table.ts';
import { type OperatorCase, operatorCases } from './operator-cases.ts';
import { type Comparison, geometricMean, type Options, type Result } from './result.ts';
import { type Answer, takeTurns } from './turns.ts';

/** All that linear memory can be: of the largest joins the tables alone are a part of it. */
const MEMORY_BYTES = 4 * 1024 ** 3 - 65_536;
/** No source leases here. */
const FLOOR_BYTES = 1024 ** 2;

/** What the geometric mean of the ratios is to be at most; of none more than 1. */
const AIM = 0.6;

/** Operators over rows that both engines have in memory, one thread each, both warm: from the query to its answer. */
export async function* operators({ rows, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  const budget = new MemoryBudget(MEMORY_BYTES, FLOOR_BYTES);
  const ratios: number[] = [];
  for (const one of operatorCases(rows).filter(({ name }) => name.includes(only))) {
    const compared = await measure(one, runs, duckdb, budget);
    ratios.push(compared.ratio);
    yield { suite: 'operators', name: one.name, rows, ...compared, duckdb_version: duckdb.version };
  }
  if (ratios.length === 0) return;
  yield { suite: 'operators', name: 'geometric mean', cases: ratios.length, ratio: geometricMean(ratios), aim: AIM };
}

async function measure(
  { name, tables, plan, sql, answer = (rows) => rows }: OperatorCase,
  runs: number,
  duckdb: DuckDB,
  budget: MemoryBudget,
): Promise<Comparison> {
  using made = new TablesInMemory(tables, budget);
  for (const table of tables) await duckdb.run(createTableSql(table), 1);
  const ours = async (): Promise<Answer> => {
    const { ms, rows } = await made.run(plan);
    return { ms, rows: answer(rows) };
  };
  const contestants = { ours, theirs: () => duckdb.run(sql, 1) };
  return (await takeTurns({ name, ...contestants, runs })).compared;
}
