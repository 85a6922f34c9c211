/**
 * The property tests of expressions over many more cases than `npm test` takes: `npm run fuzz:expressions`. A failure prints the seed that
 * repeats it. Damaged files have a program of their own: `test/fuzz/main.ts`.
 */

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const FILES = ['test/compile', 'test/expressions'];

const USAGE = `Usage: npm run fuzz:expressions -- [--runs 20] [--seed N]

Runs the property tests of test/compile and test/expressions.
  --runs N  how many times as many cases as npm test (default 20)
  --seed N  repeat the run with this seed
  --help    this`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const times = Number(values.runs);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));

if (values.help || !(times >= 1) || !Number.isInteger(seed)) {
  (values.help ? console.log : console.error)(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  console.log(`seed ${seed}, ${times} times as many cases as npm test`);
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', '--testTimeout', '0', ...FILES], {
    stdio: 'inherit',
    env: { ...process.env, FUZZ_TIMES: String(times), FUZZ_SEED: String(seed) },
  });
  process.exitCode = status ?? 1;
}
