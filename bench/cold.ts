import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python, tpchTable } from './data.ts';
import { comparison, median, type Options, type Result } from './result.ts';
import { tpchCases } from './tpch.ts';

const MEMORY = '512MB';

/** A query as a process of its own: from start to answer, and the most memory it ever had. */
export async function* cold({ scale, runs, only }: Options): AsyncGenerator<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    for (const { name, task, sql } of tpchCases(scale).filter((one) => one.name.includes(only || 'q6'))) {
      const plan = join(directory, `${name}.json`);
      writeFileSync(plan, JSON.stringify(task));
      const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
      const ours = [process.execPath, cli, 'run', plan, '--memory', MEMORY, '--format', 'json'];
      const script = `import duckdb; print(duckdb.connect(config={'threads': 1}).execute(${JSON.stringify(sql)}).fetchall())`;
      const figures = { millrace: [] as Process[], duckdb: [] as Process[] };
      for (let run = -1; run < runs; run++) {
        const mine = measure(ours);
        const duck = measure([python(), '-c', script]);
        if (run < 0) continue;
        figures.millrace.push(mine);
        figures.duckdb.push(duck);
      }
      const of = (who: keyof typeof figures, what: keyof Process): number[] => figures[who].map((one) => one[what]);
      yield {
        suite: 'cold',
        name,
        bytes: statSync(fileURLToPath(tpchTable('lineitem', scale))).size,
        ...comparison(of('millrace', 'ms'), of('duckdb', 'ms')),
        millrace_peak_mb: median(of('millrace', 'peak_bytes')) / 1e6,
        duckdb_peak_mb: median(of('duckdb', 'peak_bytes')) / 1e6,
      };
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Process {
  readonly status: number;
  readonly ms: number;
  readonly peak_bytes: number;
}

function measure(command: readonly string[]): Process {
  const script = fileURLToPath(new URL('measure-process.py', import.meta.url));
  const figures: Process = JSON.parse(execFileSync(python(), [script, ...command], { encoding: 'utf8' }));
  if (figures.status !== 0) throw new Error(`exit code ${figures.status}: ${command.join(' ')}`);
  return figures;
}
