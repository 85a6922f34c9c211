import { fileURLToPath } from 'node:url';
import { type DataFrame, Session } from '../../src/index.ts';
import { rowsOf } from '../answers.ts';
import { tpchTable } from '../data.ts';
import { DuckDB } from '../duckdb.ts';
import { geometricMean, type Options, type Result } from '../result.ts';
import { type Answer, takeTurns } from '../turns.ts';
import { TPCH_FRAMES, TPCH_TABLES, type TpchTables } from './frames.ts';
import { TPCH_SQL } from './sql.ts';

const MEMORY_BYTES = 2 * 1024 ** 3;

/** All queries of TPC-H from Parquet files in the page cache, one thread each, both engines warm. */
export async function* tpch({ scale, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  const session = new Session({ memory: MEMORY_BYTES });
  const frames: [string, DataFrame][] = [];
  for (const name of TPCH_TABLES) {
    const file = fileURLToPath(tpchTable(name, scale));
    await duckdb.run(`create view ${name} as from '${file}'`, 1);
    frames.push([name, await session.readParquet(file)]);
  }
  const tables = Object.fromEntries(frames) as TpchTables;
  const ratios: number[] = [];
  for (const [index, query] of TPCH_FRAMES.entries()) {
    const name = `tpch-q${String(index + 1).padStart(2, '0')}-sf${scale}`;
    if (!name.includes(only)) continue;
    const contestants = {
      ours: () => answerOf(query(tables)),
      theirs: () => duckdb.run(TPCH_SQL[index] as string, 1),
    };
    const { compared } = await takeTurns({ name, ...contestants, runs });
    ratios.push(compared.ratio);
    yield { suite: 'tpch', name, ...compared, duckdb_version: duckdb.version };
  }
  if (ratios.length === 0) return;
  yield { suite: 'tpch', name: 'geometric mean', cases: ratios.length, ratio: geometricMean(ratios) };
}

async function answerOf(frame: DataFrame): Promise<Answer> {
  const start = performance.now();
  const { batches } = await frame.collect();
  const rows = batches.flatMap(rowsOf);
  return { ms: performance.now() - start, rows };
}
