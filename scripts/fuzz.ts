/**
 * Tests that are random over many more cases than `npm test` takes: `npm run fuzz:expressions`, `npm run fuzz:formats`.
 * A failure prints the seed that repeats it.
 */

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

/** By suite: what vitest is told to run. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  expressions: ['test/compile', 'test/expressions'],
  formats: ['test/io/format-fuzz.test.ts'],
};

const USAGE = `Usage: npm run fuzz:expressions -- [--runs 20] [--seed N]
       npm run fuzz:formats -- [--runs 20] [--seed N] [--format parquet|csv|json|text|warc|arrow|shuffle]

expressions are the property tests of test/compile and test/expressions; formats are files that are damaged at random.
  --runs N       how many times as many cases as npm test (default 20)
  --seed N       repeat the run with this seed
  --format NAME  files of this format only`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string' },
    format: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [suite = ''] = positionals;
const times = Number(values.runs);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const files = SUITES[suite];
const isPossible = times >= 1 && Number.isInteger(seed) && (values.format === undefined || suite === 'formats');

if (values.help || files === undefined || !isPossible) {
  (values.help ? console.log : console.error)(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  console.log(`seed ${seed}, ${times} times as many cases as npm test`);
  const only = values.format === undefined ? [] : ['--testNamePattern', `damaged files: ${values.format}$`];
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', '--testTimeout', '0', ...only, ...files], {
    stdio: 'inherit',
    env: { ...process.env, FUZZ_TIMES: String(times), FUZZ_SEED: String(seed) },
  });
  process.exitCode = status ?? 1;
}
