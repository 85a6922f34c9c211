/**
 * Reads many damaged files of every format: `npm run fuzz:formats`. What each is to end in, `read-damaged.ts` says.
 * Every file comes from a seed and its number, so a run can be repeated from any file on.
 */

import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FORMATS, type FormatName } from './formats.ts';
import { MOST_MILLISECONDS } from './read-damaged.ts';
import { type Seed, seedsOf } from './seeds.ts';
import type { Report, Shift } from './worker.ts';

const NAMES = Object.keys(FORMATS) as FormatName[];
/** Of V8's heap of the thread; what it reads is small. */
const HEAP_MEBIBYTES = 512;
/** Different failures that are told of; the others are counted. */
const MOST_TOLD = 20;

const USAGE = `Usage: npm run fuzz:formats -- [--files 2000] [--seconds N] [--format NAME …] [--seed N] [--from K] [--checked 1] [--json]

Damages small files at random, of as many of each format, and reads them. Each has to give rows or an error by name, within 16 MiB
of memory and ${MOST_MILLISECONDS / 1000} s, and to give all memory back. What does not is kept in a file. Ends with 1 if there is any.

  --files N      files of each format (default 2000)
  --seconds N    at most so long for each format
  --format NAME  ${NAMES.join(', ')}; may be given several times (default all)
  --seed N       repeats the files of this seed
  --from K       begins with file K of the seed
  --checked N    one file in N is read by kernels that check every access (default 1; 0 for none)
  --json         one JSON object a line: of each failure, and of each format
  --help         this`;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '2000' },
    seconds: { type: 'string' },
    format: { type: 'string', multiple: true, default: NAMES },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    checked: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const numbers = {
  files: Number(values.files),
  seconds: values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds),
  seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
  from: Number(values.from),
  checked: Number(values.checked),
};
const whole = [numbers.files, numbers.seed, numbers.from, numbers.checked];
const isPossible =
  whole.every((number) => Number.isInteger(number) && number >= 0) &&
  numbers.seconds > 0 &&
  values.format.every((name) => name in FORMATS);

/** Of one format. */
interface Totals {
  readonly format: FormatName;
  readonly seed: number;
  readonly from: number;
  /** The file to go on with. */
  next: number;
  milliseconds: number;
  readonly outcomes: Record<string, number>;
  /** By text without the numbers in it. */
  readonly failures: Map<string, number>;
}

const filesOf = ({ outcomes }: Totals): number => Object.values(outcomes).reduce((sum, count) => sum + count, 0);
const perSecond = (totals: Totals): number => Math.round(filesOf(totals) / (Math.max(1, totals.milliseconds) / 1000));

function progress(totals: Totals | undefined): void {
  if (!process.stderr.isTTY) return;
  if (totals === undefined) {
    process.stderr.write('\r\u001b[K');
    return;
  }
  const share = Math.min(1, filesOf(totals) / numbers.files);
  const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
  const failed = totals.failures.size === 0 ? '' : `, ${totals.failures.size} kinds of failures`;
  process.stderr.write(
    `\r\u001b[K${totals.format.padEnd(12)} ${bar} ${filesOf(totals)} of ${numbers.files}, ${perSecond(totals)} a second${failed}`,
  );
}

function tellFailure(totals: Totals, index: number, text: string): void {
  const [, ...lines] = text.split('\n');
  const kind = lines.slice(0, 4).join('\n').replaceAll(/\d+/g, '#');
  const before = totals.failures.get(kind) ?? 0;
  totals.failures.set(kind, before + 1);
  if (before > 0 || totals.failures.size > MOST_TOLD) return;
  progress(undefined);
  const { format, seed } = totals;
  if (values.json) console.log(JSON.stringify({ kind: 'failure', format, seed, index, text }));
  else console.log(`${format}, --seed ${seed} --from ${index}: ${text}`);
}

/** Reads files from `totals.next` on in a thread. Whether all are read, or time is up; else the thread has ended otherwise. */
function runShift(totals: Totals, seeds: readonly Seed[], to: number): Promise<boolean> {
  const now = new BigInt64Array(new SharedArrayBuffer(16));
  const milliseconds = numbers.seconds * 1000 - totals.milliseconds;
  const { format, next: from } = totals;
  const checkedOf = numbers.checked === 0 ? Number.POSITIVE_INFINITY : numbers.checked;
  const shift: Shift = { format, seeds, randomSeed: totals.seed, from, to, checkedOf, milliseconds, now };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: shift,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES },
  });
  const before = totals.milliseconds;
  let begun = Date.now();
  let isDone = false;
  let ended = 'the thread ended';
  const took = (): void => {
    totals.milliseconds = before + Date.now() - begun;
  };
  const watch = setInterval(() => {
    const since = Number(Atomics.load(now, 1));
    if (since > 0 && Date.now() - since > MOST_MILLISECONDS) {
      ended = `not read after ${MOST_MILLISECONDS / 1000} s`;
      void worker.terminate();
    }
  }, 1000);
  worker.on('message', (report: Report) => {
    if (report.kind === 'failure') {
      tellFailure(totals, report.index, report.text);
      return;
    }
    if (report.kind === 'begun') {
      begun = Date.now();
      return;
    }
    for (const [name, count] of Object.entries(report.outcomes)) {
      totals.outcomes[name] = (totals.outcomes[name] ?? 0) + count;
    }
    totals.next = report.next;
    took();
    isDone = report.kind === 'done';
    progress(totals);
  });
  worker.on('error', (error: Error) => {
    ended = String(error.stack);
  });
  return new Promise((resolve) => {
    worker.on('exit', () => {
      clearInterval(watch);
      took();
      if (!isDone) {
        const index = Number(Atomics.load(now, 0));
        tellFailure(totals, index, `a file\n${ended}`);
        totals.outcomes['failed'] = (totals.outcomes['failed'] ?? 0) + 1;
        // What was read since the last report is not in the outcomes.
        totals.next = Math.max(index, from) + 1;
      }
      // What fails before the first file would fail again.
      resolve(isDone || Atomics.load(now, 1) === 0n);
    });
  });
}

/** Files of one format, by as many threads one after the other as it takes. */
async function fuzz(format: FormatName): Promise<Totals> {
  const { seed, from } = numbers;
  const totals: Totals = { format, seed, from, next: from, milliseconds: 0, outcomes: {}, failures: new Map() };
  const seeds = await seedsOf(format);
  const to = from + numbers.files;
  while (!(await runShift(totals, seeds, to)) && totals.next < to);
  progress(undefined);
  return totals;
}

function tell(totals: Totals): void {
  const { format, seed, from, next, outcomes, milliseconds, failures } = totals;
  const files = filesOf(totals);
  if (values.json) {
    const told = { kind: 'format', format, seed, from, next, files, milliseconds, outcomes, failures: failures.size };
    console.log(JSON.stringify(told));
    return;
  }
  const sorted = Object.entries(outcomes).toSorted(([, a], [, b]) => b - a);
  const named = sorted.map(([name, count]) => `${count} ${name}`).join(', ');
  const goOn = next < from + numbers.files ? `; to go on: --from ${next}` : '';
  console.log(`${format.padEnd(12)} ${files} files, ${perSecond(totals)} a second: ${named}${goOn}`);
}

if (values.help || !isPossible) {
  (values.help ? console.log : console.error)(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  if (!values.json) console.log(`seed ${numbers.seed}`);
  for (const format of values.format as FormatName[]) {
    const totals = await fuzz(format);
    tell(totals);
    if (totals.failures.size > 0) process.exitCode = 1;
  }
}
