import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MemoryBudget } from '../src/memory/budget.ts';
import type { Compression, PlanNode } from '../src/plan/plan-node.ts';
import { DuckDB } from './duckdb.ts';
import { cents, dates, keys, type MadeColumn, phrases, sentences, wholes } from './made-columns.ts';
import { createTableSql, madeScan, onlyTable, TablesInMemory } from './made-table.ts';
import type { Options, Result } from './result.ts';
import { type Answer, takeTurns } from './turns.ts';

/** The tables, and what a function of 3 GB has beside. */
const MEMORY_BYTES = 4 * 1024 ** 3 - 65_536;

/** Columns of the kinds that lineitem has: keys, money, dates, flags, texts that repeat and one that does not. */
const LINEITEM = (rows: number): readonly MadeColumn[] => [
  wholes('orderkey', { salt: 1, least: 0, count: rows }),
  wholes('partkey', { salt: 2, least: 1, count: 200_000 }),
  wholes('linenumber', { salt: 3, least: 1, count: 7 }),
  cents('quantity', { salt: 4, least: 100, count: 50 }),
  cents('extendedprice', { salt: 5, least: 90_000, count: 10_000_000 }),
  cents('discount', { salt: 6, least: 0, count: 11 }),
  dates('shipdate', { salt: 7, least: 8000, count: 2526 }),
  dates('receiptdate', { salt: 8, least: 8000, count: 2555 }),
  keys('returnflag', { salt: 9, least: 0, count: 3 }),
  phrases('shipmode', 10),
  sentences('comment', 11),
];

/** Rows in memory into Parquet, one thread each: ours into the buffers of uploads, DuckDB's into a file in the page cache. */
export async function* write({ rows: wanted, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  const rows = Math.ceil(wanted / 2);
  const columns = LINEITEM(rows);
  const table = onlyTable(columns, rows);
  using made = new TablesInMemory([table], new MemoryBudget(MEMORY_BYTES));
  await duckdb.run(createTableSql(table), 1);
  const directory = fileURLToPath(new URL('data/write', import.meta.url));
  mkdirSync(directory, { recursive: true });
  const compressions = ['zstd', 'snappy', 'none'] as const satisfies readonly Compression[];
  for (const compression of compressions.filter((name) => name.includes(only))) {
    const path = `${directory}/${compression}.parquet`;
    const codec = compression === 'none' ? 'uncompressed' : compression;
    const plan: PlanNode = { kind: 'write', input: madeScan(columns), format: 'parquet', compression };
    let bytes = 0;
    const ours = async (): Promise<Answer> => {
      const { ms, rows: files } = await made.run(plan);
      bytes = files.reduce((sum, [, , fileBytes]) => sum + Number(fileBytes), 0);
      const written = files.reduce((sum, [, fileRows]) => sum + Number(fileRows), 0);
      return { ms, rows: [[String(written)]] };
    };
    const theirs = (): Promise<Answer> =>
      duckdb.run(`copy t to '${path}' (format parquet, codec '${codec}', overwrite true)`, 1);
    const { compared } = await takeTurns({ name: compression, ours, theirs, runs });
    const sizes = { millrace_bytes: bytes, duckdb_bytes: statSync(path).size };
    yield { suite: 'write', name: compression, rows, ...compared, ...sizes, duckdb_version: duckdb.version };
  }
}
