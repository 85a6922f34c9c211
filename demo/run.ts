/**
 * The demo: one task over three million flights, from a Parquet file to a committed result, in a process of 256 MB; then
 * a second task that reads the committed files, as anyone may: by their manifest.
 */

import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rowWriter } from '../src/cli/row-writers.ts';
import { readTask } from '../src/cli/task-document.ts';
import { executeWithProgress } from '../src/cli/task-execution.ts';
import { ProcessTerminal } from '../src/cli/terminal.ts';
import type { JobManifest, TaskManifest } from '../src/commit/manifest.ts';
import type { TaskResult } from '../src/execute-task.ts';
import type { Expression } from '../src/expressions/expression.ts';
import { joinUri } from '../src/io/uri.ts';
import { budgetFor, keepHeapSmall } from '../src/memory/process-memory.ts';
import type { Task } from '../src/plan/task.ts';
import { renderStats } from '../src/stats/render-stats.ts';

const PROCESS_BYTES = 256e6;

keepHeapSmall();
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const terminal = new ProcessTerminal();
const means = { memoryBytes: budgetFor(PROCESS_BYTES), threads: 1, udfs: {} };

await terminal.write('3 million US flights of 2001: delays by airport and month (demo/flights.json)\n\n');
const flights: Task = { ...(await readTask('demo/flights.json', terminal.signal)), jobId: `flights-${Date.now()}` };
const result = await executeWithProgress(flights, means, terminal);
await terminal.write(`${renderStats(result.statistics)}\n`);

await terminal.write('Where flights were late most often in June, of the airports with over 1,000 flights:\n');
const table = rowWriter('table', terminal, 10);
const late = await executeWithProgress(worstOfJune(flights, result), means, terminal, (batch) => table.write(batch));
await table.finish(late.schema);

const here = (uri: string): string => relative('.', fileURLToPath(uri));
await terminal.write(`
result    ${here(flights.output?.uri ?? '')}/month=…/*.parquet, ${result.rowCount} rows
manifest  ${here(result.manifestUri ?? '')}
memory    at most ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB of ${PROCESS_BYTES / 1e6} MB in the whole process

Look further:  npx millrace inspect demo/output
               npx millrace explain demo/flights.json --analyze
`);

/** Reads the result of June: the ten airports with the greatest share of late flights. */
function worstOfJune({ output }: Task, { manifest }: TaskResult): Task {
  const column = (name: string): Expression => ({ kind: 'column', name });
  const destination = output?.uri ?? '';
  return {
    version: 1,
    jobId: 'flights-june',
    stageId: 0,
    taskId: 0,
    plan: {
      kind: 'top-n',
      limit: 10,
      keys: [{ expression: column('late_share'), descending: true }],
      input: {
        kind: 'scan',
        sourceId: 'result',
        format: 'parquet',
        schema: [
          { name: 'origin', type: { kind: 'utf8' }, nullable: true },
          { name: 'flights', type: { kind: 'uint64' }, nullable: false },
          { name: 'mean_delay', type: { kind: 'float64' }, nullable: true },
          { name: 'late_share', type: { kind: 'float64' }, nullable: true },
        ],
        filter: {
          kind: 'binary',
          operator: '>',
          left: column('flights'),
          right: { kind: 'literal', type: { kind: 'int64' }, value: 1000 },
        },
      },
    },
    inputs: {
      result: { kind: 'files', files: filesOf(manifest).map((path) => ({ uri: joinUri(destination, path) })) },
    },
  };
}

/** The files of June: the manifest names the partition of each. */
function filesOf(manifest: TaskManifest | JobManifest | undefined): string[] {
  return (manifest?.files ?? []).filter(({ partition }) => partition['month'] === '6').map(({ path }) => path);
}
