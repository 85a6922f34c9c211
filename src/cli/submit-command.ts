import { type Command, Option } from 'commander';
import type { JobManifest } from '../commit/manifest.ts';
import type { StartedJob } from '../jobs/start-job.ts';
import { countText, sizeText } from '../stats/quantity-text.ts';
import type { Terminal } from './terminal.ts';

interface SubmitOptions {
  readonly stateMachine?: string;
  readonly jobId?: string;
  readonly wait?: true;
  readonly json?: true;
}

const EXAMPLES = `
The job is stored below its output, and run by the state machine. The same job id again starts nothing new: with --wait it
follows the execution that is there.

Examples:
  $ millrace submit job.json --wait
  $ millrace submit job.json --job-id sales-2026-01 --state-machine arn:aws:states:…:stateMachine:millrace-run-job
  $ millrace submit job.json --wait --json | jq -r .manifestUri`;

/** `millrace submit`: a job for the cloud, and how it goes. */
export function addSubmitCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('submit')
    .description('Run a job in the cloud.')
    .argument('<job.json>', 'the job, or - for standard input')
    .option('--wait', 'follow the job until it is committed, or has failed')
    .addOption(
      new Option('--state-machine <arn>', 'the state machine that runs jobs').env('MILLRACE_STATE_MACHINE_ARN'),
    )
    .option('--job-id <id>', 'its idempotency key, instead of the one in the document')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((path: string, options: SubmitOptions) => submit(path, options, terminal));
}

async function submit(path: string, options: SubmitOptions, terminal: Terminal): Promise<void> {
  const { stateMachine, jobId, wait, json } = options;
  const { InvalidArgument } = await import('../errors.ts');
  if (stateMachine === undefined) {
    throw new InvalidArgument('Which state machine? Give --state-machine, or set MILLRACE_STATE_MACHINE_ARN.');
  }
  const [{ readJob }, { parseJob }, { startJob }, { executionStarter }, { deskStore }] = await Promise.all([
    import('./job-document.ts'),
    import('../jobs/parse-job.ts'),
    import('../jobs/start-job.ts'),
    import('../jobs/step-functions.ts'),
    import('../io/desk-store.ts'),
  ]);
  const read = await readJob(path, terminal.signal);
  const job = jobId === undefined ? read : parseJob({ ...read, jobId });
  const [store, starter] = [deskStore(), executionStarter({ stateMachineArn: stateMachine })];
  const { signal } = terminal;
  const started = await startJob({ store, starter, job, signal });
  if (!wait) {
    await terminal.write(json ? `${JSON.stringify(startedJson(started))}\n` : startedText(started));
    return;
  }
  if (!json) terminal.note(startedText(started));
  const { jobUri, executionArn } = started;
  terminal.interruption = `job ${started.job.jobId} goes on by itself: submit it again with --wait to follow it`;
  const [{ followJob }, { ProgressBar }] = await Promise.all([
    import('./follow-job.ts'),
    import('../stats/progress-bar.ts'),
  ]);
  using bar = new ProgressBar(terminal);
  const { manifest, manifestUri } = await followJob({ store, starter, jobUri, executionArn, bar, signal });
  bar[Symbol.dispose]();
  const { totals } = manifest;
  const document = { ...startedJson(started), manifestUri, totals };
  await terminal.write(json ? `${JSON.stringify(document)}\n` : committedText(manifestUri, totals));
}

const startedJson = ({ job, jobUri, executionArn, startedBefore }: StartedJob) => ({
  jobId: job.jobId,
  jobUri,
  executionArn,
  startedBefore,
});

const startedText = ({ job, jobUri, executionArn, startedBefore }: StartedJob): string =>
  `job ${job.jobId}${startedBefore ? ', started before' : ''}\n  ${jobUri}\n  ${executionArn}\n`;

const committedText = (manifestUri: string, { files, rows, bytes }: JobManifest['totals']): string =>
  `${countText(rows, 'row')} in ${countText(files, 'file')}, ${sizeText(bytes)}\nmanifest ${manifestUri}\n`;
