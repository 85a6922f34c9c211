/**
 * The benchmarks. Contestants take turns within one run, warm, with the same number of threads; each query's time is the
 * median of its runs. Absolute times on a shared machine mean little: the ratio is the figure.
 *
 *     npm run bench                      TPC-H Q1 and Q6 at scale factor 1
 *     npm run bench:tpch                 all queries of TPC-H beside DuckDB, Polars and Daft, warm and as fresh processes, with
 *                                        their peak memory: -- --sf 1 --threads 1 --only Q5,Q9 --peers duckdb
 *     npm run bench:expressions          expressions over 10 million rows in memory
 *     npm run bench:operators            operators over 10 million rows in memory
 *     npm run bench:scan                 scans of Parquet, CSV and JSON, beside other readers too; over a limited network, of Arrow too
 *     npm run bench -- --suite write     TPC-H lineitem in memory into Parquet files, sizes too
 *     npm run bench -- --suite cold      a fresh process each time: wall time and peak memory
 *     npm run bench -- --suite functions what functions take to start, and a job in the emulator
 *     npm run bench -- --json            one JSON object per line
 */

import { parseArgs } from 'node:util';
import { ratioPlot } from './ratio-plot.ts';
import type { Options, Result } from './result.ts';
import { resultTable } from './result.ts';

/** Loaded one at a time: what one of them needs is not in the process of the others. */
const SUITES: Readonly<Record<string, () => Promise<(options: Options) => AsyncGenerator<Result>>>> = {
  warm: async () => (await import('./warm.ts')).warm,
  tpch: async () => (await import('./tpch/suite.ts')).tpch,
  cold: async () => (await import('./cold.ts')).cold,
  expressions: async () => (await import('./expressions.ts')).expressions,
  operators: async () => (await import('./operators.ts')).operators,
  scan: async () => (await import('./scan.ts')).scan,
  write: async () => (await import('./write.ts')).write,
  functions: async () => (await import('./functions.ts')).functions,
};
const USAGE = `Usage: npm run bench -- [--suite ${Object.keys(SUITES).join('|')}] [--sf 1] [--threads 1] [--rows 10000000] [--runs 9] [--only q1] [--peers duckdb,polars,daft] [--json]`;

const { values } = parseArgs({
  options: {
    suite: { type: 'string', default: 'warm' },
    sf: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    rows: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '9' },
    only: { type: 'string', default: '' },
    peers: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

type Numbers = [sf: number, threads: number, rows: number, runs: number];

const load = SUITES[values.suite];
if (values.help || load === undefined) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  const { only, json } = values;
  const [sf, threads, rows, runs] = [values.sf, values.threads, values.rows, values.runs].map(Number) as Numbers;
  const peers = values.peers.split(',').filter((name) => name !== '');
  const suite = await load();
  const results: Result[] = [];
  for await (const result of suite({ sf, threads, rows, runs, only, peers })) {
    results.push(result);
    if (json) console.log(JSON.stringify(result));
  }
  if (!json) console.log([resultTable(results), ...ratioPlot(results)].join('\n\n'));
}
