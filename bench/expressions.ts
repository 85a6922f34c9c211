import { InvalidPlan } from '../src/errors.ts';
import { MemoryBudget } from '../src/memory/budget.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { bindPlan } from '../src/planner/bind-plan.ts';
import { loadCalledFunctions } from '../src/planner/load-called-functions.ts';
import { DuckDB } from './duckdb.ts';
import { EXPRESSION_CASES, type ExpressionCase, type Home } from './expression-cases.ts';
import { createTableSql, onlyTable, TablesInMemory } from './made-table.ts';
import { type Comparison, geometricMean, type Options, type Result } from './result.ts';
import { takeTurns } from './turns.ts';

/** Of the columns of one case and what the operators take beside them. */
const MEMORY_BYTES = 3 * 1024 ** 3;
/** No source leases here. */
const FLOOR_BYTES = 1024 ** 2;

/** What the geometric mean of the ratios is to be at most. */
const AIMS: Readonly<Record<Home, number>> = { compiled: 0.35, elsewhere: 2 };

/**
 * Expressions over rows that both engines have in memory, one thread each, both warm: from the query to its answer. A
 * case whose expression Millrace does not have yet is said to be missing, and has no part in the means.
 */
export async function* expressions({ rows, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  const budget = new MemoryBudget(MEMORY_BYTES, FLOOR_BYTES);
  const measured: { readonly home: Home; readonly ratio: number }[] = [];
  for (const one of EXPRESSION_CASES.filter(({ name }) => name.includes(only))) {
    const { name, home } = one;
    const missing = await problemOf(one.plan);
    if (missing !== undefined) {
      yield { suite: 'expressions', name, home, missing };
      continue;
    }
    const compared = await measure(one, { rows, runs, duckdb, budget });
    measured.push({ home, ratio: compared.ratio });
    const perSecond = (ms: number): number => rows / ms / 1000;
    yield {
      suite: 'expressions',
      name,
      home,
      rows,
      ...compared,
      millrace_mrows_per_s: perSecond(compared.millrace_ms),
      duckdb_mrows_per_s: perSecond(compared.duckdb_ms),
      duckdb_version: duckdb.version,
    };
  }
  for (const home of ['compiled', 'elsewhere'] as const) {
    const ratios = measured.filter((one) => one.home === home).map(({ ratio }) => ratio);
    if (ratios.length === 0) continue;
    yield {
      suite: 'expressions',
      name: 'geometric mean',
      home,
      cases: ratios.length,
      ratio: geometricMean(ratios),
      aim: AIMS[home],
    };
  }
}

interface Measuring {
  readonly rows: number;
  readonly runs: number;
  readonly duckdb: DuckDB;
  readonly budget: MemoryBudget;
}

async function measure(
  { name, columns, plan, sql }: ExpressionCase,
  { rows, runs, duckdb, budget }: Measuring,
): Promise<Comparison> {
  const table = onlyTable(columns, rows);
  using tables = new TablesInMemory([table], budget);
  await duckdb.run(createTableSql(table), 1);
  const contestants = { ours: () => tables.run(plan), theirs: () => duckdb.run(sql, 1) };
  return (await takeTurns({ name, ...contestants, runs })).compared;
}

/** Why the plan does not bind; undefined where it does. */
async function problemOf(plan: PlanNode): Promise<string | undefined> {
  await loadCalledFunctions(plan);
  try {
    bindPlan(plan);
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidPlan)) throw error;
    return `not offered yet: ${error.problems[0]?.message}`;
  }
}
