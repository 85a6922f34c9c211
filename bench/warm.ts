import { executeTask } from '../src/execute-task.ts';
import { fileStore } from '../src/io/file-store.ts';
import { rowsOf } from './answers.ts';
import type { Case } from './case.ts';
import { type Cell, DuckDB } from './duckdb.ts';
import type { Options, Result } from './result.ts';
import { tpchCases } from './tpch.ts';
import { type Answer, takeTurns } from './turns.ts';

const MEMORY_BYTES = 1024 ** 3;

/** TPC-H queries from Parquet files in the page cache, one thread each, both engines warm. */
export async function* warm({ sf, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  for (const one of tpchCases(sf).filter(({ name }) => name.includes(only))) {
    const { name, sql } = one;
    const contestants = { ours: () => runOurs(one), theirs: () => duckdb.run(sql, 1) };
    const { answer, compared } = await takeTurns({ name, ...contestants, runs });
    const { rowsRead: rows, bytesRead: bytes } = answer;
    yield { suite: 'warm', name, rows, bytes, ...compared, duckdb_version: duckdb.version };
  }
}

async function runOurs({ task }: Case): Promise<Answer & { rowsRead: number; bytesRead: number }> {
  const rows: Cell[][] = [];
  const start = performance.now();
  const { statistics } = await executeTask(task, {
    store: fileStore(),
    memoryBytes: MEMORY_BYTES,
    onKept: (batch) => {
      rows.push(...rowsOf(batch));
    },
  });
  const ms = performance.now() - start;
  const scan = statistics.operators.find(({ counters }) => counters['bytes read'] !== undefined);
  return { ms, rows, rowsRead: scan?.counters['rows read'] ?? 0, bytesRead: scan?.counters['bytes read'] ?? 0 };
}
