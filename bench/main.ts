/**
 * The benchmarks. Contestants take turns within one run, warm, with the same number of threads; each query's time is the
 * median of its runs. Absolute times on a shared machine mean little: the ratio is the figure.
 *
 *     npm run bench                      TPC-H Q1 and Q6 at scale factor 1
 *     npm run bench -- --suite cold      a fresh process each time: wall time and peak memory
 *     npm run bench -- --suite functions what functions take to start, and a job in the emulator
 *     npm run bench -- --json            one JSON object per line
 */

import { parseArgs } from 'node:util';
import { cold } from './cold.ts';
import { functions } from './functions.ts';
import type { Result } from './result.ts';
import { resultTable } from './result.ts';
import { warm } from './warm.ts';

const { values } = parseArgs({
  options: {
    suite: { type: 'string', default: 'warm' },
    scale: { type: 'string', default: '1' },
    runs: { type: 'string', default: '9' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`Usage: npm run bench -- [--suite warm|cold|functions] [--scale 1] [--runs 9] [--only q1] [--json]`);
} else if (values.suite === 'functions') {
  for await (const figures of functions({ runs: Number(values.runs) })) console.log(JSON.stringify(figures));
} else {
  const options = { scale: Number(values.scale), runs: Number(values.runs), only: values.only };
  const results: Result[] = [];
  for await (const result of values.suite === 'cold' ? cold(options) : warm(options)) {
    results.push(result);
    if (values.json) console.log(JSON.stringify(result));
  }
  if (!values.json) console.log(resultTable(results));
}
