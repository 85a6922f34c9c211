import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const PROGRAM = `
  const { Worker } = await import('node:worker_threads');
  const { workerFlags } = await import(${JSON.stringify(new URL('../../src/udf/worker-flags.ts', import.meta.url).href)});
  const worker = new Worker(new URL('data:text/javascript,process.exit(7)'), workerFlags());
  worker.on('exit', (code) => console.log(code));
`;

test.each([['--max-semi-space-size=16'], ['--input-type=module']])('a worker begins in a process with %s', (flag) => {
  const printed = execFileSync(process.execPath, [flag, '--eval', PROGRAM], { encoding: 'utf8' });
  expect(printed.trim()).toBe('7');
});
