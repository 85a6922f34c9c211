// A function's process as Lambda starts it, for one invocation: node function-process.mjs <bundle> <task.json>
// Prints one JSON line: milliseconds since the process began, and what it is resident with.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , bundle, taskPath] = process.argv;
const { handler } = await import(pathToFileURL(bundle).href);
const readyMs = process.uptime() * 1000;
const readyBytes = process.memoryUsage.rss();
let statistics;
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text) => {
  for (const line of String(text)
    .split('\n')
    .filter((one) => one.includes('task executed'))) {
    ({ statistics } = JSON.parse(line));
  }
  return true;
};
const endMs = Date.now() + 60_000;
await handler(JSON.parse(readFileSync(taskPath, 'utf8')), {
  awsRequestId: 'bench',
  functionName: 'execute-task',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:execute-task',
  memoryLimitInMB: '1024',
  logGroupName: '',
  logStreamName: '',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => endMs - Date.now(),
});
const doneMs = process.uptime() * 1000;
// The end of the task is the last thing known by this clock; what the handler does after it counts as before.
const firstBatchMs = doneMs - (statistics.wallMs - statistics.firstBatchMs);
write(`${JSON.stringify({ readyMs, readyBytes, firstBatchMs, doneMs })}\n`);
process.exit(0);
