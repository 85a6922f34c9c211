import { executeTask } from '../src/execute-task.ts';
import { fileStore } from '../src/io/file-store.ts';
import { difference, rowsOf } from './answers.ts';
import type { Case } from './case.ts';
import { type Cell, DuckDB } from './duckdb.ts';
import { median, type Options, type Result } from './result.ts';
import { tpchCases } from './tpch.ts';

const WARM_UPS = 3;
const MEMORY_BYTES = 1024 ** 3;

/** TPC-H queries from Parquet files in the page cache, one thread each, both engines warm. */
export async function* warm({ scale, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  for (const one of tpchCases(scale).filter(({ name }) => name.includes(only))) {
    const ours: number[] = [];
    const theirs: number[] = [];
    let rows = 0;
    let bytes = 0;
    for (let run = -WARM_UPS; run < runs; run++) {
      // The first run of a turn warms the caches that the other engine has just filled; the second is counted.
      await runOurs(one);
      const mine = await runOurs(one);
      await duckdb.run(one.sql, 1);
      const duck = await duckdb.run(one.sql, 1);
      const wrong = difference(mine.rows, duck.rows);
      if (wrong !== undefined) throw new Error(`${one.name}: the answers differ: ${wrong}`);
      ({ rowsRead: rows, bytesRead: bytes } = mine);
      if (run < 0) continue;
      ours.push(mine.ms);
      theirs.push(duck.ms);
    }
    const [millrace_ms, duckdb_ms] = [median(ours), median(theirs)];
    yield {
      suite: 'warm',
      name: one.name,
      rows,
      bytes,
      millrace_ms,
      duckdb_ms,
      ratio: millrace_ms / duckdb_ms,
      duckdb_version: duckdb.version,
    };
  }
}

async function runOurs({ task }: Case): Promise<{ ms: number; rows: Cell[][]; rowsRead: number; bytesRead: number }> {
  const rows: Cell[][] = [];
  const start = performance.now();
  const { statistics } = await executeTask(task, {
    store: fileStore(),
    memoryBytes: MEMORY_BYTES,
    onBatch: (batch) => {
      rows.push(...rowsOf(batch));
    },
  });
  const ms = performance.now() - start;
  const scan = statistics.operators.find(({ counters }) => counters['bytes read'] !== undefined);
  return { ms, rows, rowsRead: scan?.counters['rows read'] ?? 0, bytesRead: scan?.counters['bytes read'] ?? 0 };
}
