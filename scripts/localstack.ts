/** `npm run localstack`: AWS on this machine with Millrace deployed in it, to try by hand; until Ctrl-C. */

import { spawnSync } from 'node:child_process';
import { type Deployment, deploy } from '../infra/deploy.ts';
import { type Emulator, emulatorProblem, startEmulator } from '../infra/localstack/emulator.ts';

const HELP = `npm run localstack [-- --help]

Starts an emulator of AWS (S3, Lambda, Step Functions, EventBridge) on a free port of this machine, builds Millrace,
deploys it there, and says what to try. Ctrl-C ends it, and all that was stored in it is gone.

Needs Python 3.11, 3.12 or 3.13. The first time, it installs itself into .localstack/ (a minute, 360 MB).
`;

/** Beside what the emulator has installed, where git does not look. */
const JOB_FILE = '.localstack/job.json';

const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

if (process.argv.length > 2) {
  const help = process.argv.slice(2).every((argument) => argument === '--help' || argument === '-h');
  (help ? process.stdout : process.stderr).write(HELP);
  process.exitCode = help ? 0 : 2;
} else {
  const problem = emulatorProblem();
  if (problem === undefined) {
    await serve();
  } else {
    note(problem);
    process.exitCode = 1;
  }
}

async function serve(): Promise<void> {
  note('starting the emulator');
  await using emulator = await startEmulator({ onNote: note });
  note('building');
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('npm run build has failed');
  const { environment } = emulator;
  const deployment = await deploy({
    environment,
    stage: 'local',
    // Of this machine; a function takes some 100 MB.
    parameters: { maxConcurrency: 4 },
    onNote: (line) => {
      if (/^(Deploying|Uploading|✔)|FAILED/.test(line)) note(line);
    },
  });
  process.stdout.write(instructions(emulator, deployment));
  // Until then, a signal ends this process at once, and with it the emulator.
  const ending = await Promise.race([interruption(), emulator.ended.then(() => 'ended' as const)]);
  if (ending === 'ended') {
    note('the emulator has ended by itself');
    process.exitCode = 1;
  } else {
    note('stopping');
  }
}

function interruption(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    // Neither a signal nor the emulator holds this process up.
    const alive = setInterval(() => undefined, 60_000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearInterval(alive);
        resolve('interrupted');
      });
    }
  });
}

function instructions({ environment, dataDirectory }: Emulator, deployment: Deployment): string {
  const variables = { ...environment, MILLRACE_STATE_MACHINE_ARN: deployment.stateMachineArn };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
  const { inputBucket, outputBucket, functions } = deployment;
  return `
Ready. In another terminal, in this directory:

${lines.join('\n')}

buckets     s3://${inputBucket}   s3://${outputBucket}
functions   ${Object.values(functions).join('  ')}
log         ${dataDirectory}/emulator.log

Try, line by line:
  npx node demo/cloud.ts s3://${inputBucket} s3://${outputBucket} > ${JOB_FILE}
  npx millrace submit ${JOB_FILE} --wait
  npx millrace inspect s3://${outputBucket}/flights
  npx millrace run ${JOB_FILE} --memory 512MB --out demo/output
The first puts three million flights into the input bucket and writes down a job over them, the last does that job here.
Triggers, documents below s3://${inputBucket}/_millrace/triggers/, start jobs when objects are put into the input bucket.
The aws command line works too, with the variables above.

Ctrl-C ends the emulator; all that is stored in it is gone then.
`;
}
