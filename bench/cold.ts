import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python, tpchTable } from './data.ts';
import { type MeasuredProcess, measureProcess } from './measure-process.ts';
import { comparison, median, type Options, type Result } from './result.ts';
import { tpchCases } from './tpch.ts';

const MEMORY = '512MB';

/** A query as a process of its own: from start to answer, and the most memory it ever had. */
export async function* cold({ sf, runs, only }: Options): AsyncGenerator<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    for (const { name, task, sql } of tpchCases(sf).filter((one) => one.name.includes(only || 'q6'))) {
      const plan = join(directory, `${name}.json`);
      writeFileSync(plan, JSON.stringify(task));
      const cli = fileURLToPath(new URL('../dist/js/main.js', import.meta.url));
      const ours = [process.execPath, cli, 'run', plan, '--memory', MEMORY, '--format', 'json'];
      const script = `import duckdb; print(duckdb.connect(config={'threads': 1}).execute(${JSON.stringify(sql)}).fetchall())`;
      const figures = { millrace: [] as MeasuredProcess[], duckdb: [] as MeasuredProcess[] };
      for (let run = -1; run < runs; run++) {
        const mine = measureProcess(ours);
        const duck = measureProcess([python(), '-c', script]);
        if (run < 0) continue;
        figures.millrace.push(mine);
        figures.duckdb.push(duck);
      }
      const of = (who: keyof typeof figures, what: keyof MeasuredProcess): number[] =>
        figures[who].map((one) => one[what]);
      yield {
        suite: 'cold',
        name,
        bytes: statSync(fileURLToPath(tpchTable('lineitem', sf))).size,
        ...comparison(of('millrace', 'ms'), of('duckdb', 'ms')),
        millrace_peak_mb: median(of('millrace', 'peak_bytes')) / 1e6,
        duckdb_peak_mb: median(of('duckdb', 'peak_bytes')) / 1e6,
      };
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
