import { uriOf } from '../dataframe/places.ts';
import { budgetFor } from '../memory/process-memory.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import { FirstRows, rowWriter } from './row-writers.ts';
import type { RunOptions } from './run-command.ts';
import { readTask } from './task-document.ts';
import { executeWithProgress } from './task-execution.ts';
import type { Terminal } from './terminal.ts';

/** Runs the task at `path`, and shows its rows, or the files that it has written. */
export async function runTask(path: string, options: RunOptions, terminal: Terminal): Promise<void> {
  const means = { memoryBytes: budgetFor(options.memory), threads: options.threads, udfs: options.udf };
  const read = await readTask(path, terminal.signal);
  const { out, overflow, timezone } = options;
  const task = {
    ...read,
    ...(out !== undefined && { output: { uri: uriOf(out) } }),
    ...(overflow && { overflow }),
    ...(timezone && { timezone }),
  };
  if (options.json) {
    const first = new FirstRows(options.limit ?? 40);
    const result = await executeWithProgress(task, means, terminal, async (batch) => first.add(batch));
    const { jsonRow } = await import('../dataframe/cell-text.ts');
    const { schema, rowCount, manifestUri, statistics } = result;
    const rows = first.rows.map((row) => jsonRow(schema, row));
    await terminal.write(`${JSON.stringify({ schema: schema.fields, rows, rowCount, manifestUri, statistics })}\n`);
    return;
  }
  const writer = rowWriter(options.format, terminal, options.limit);
  const { schema, statistics, manifestUri } = await executeWithProgress(task, means, terminal, (batch) =>
    writer.write(batch),
  );
  await writer.finish(schema);
  if (options.format === 'table') await noteFigures(terminal, statistics, manifestUri);
}

/** Beside the output, so that a table in a file is a table only. */
async function noteFigures(terminal: Terminal, statistics: TaskStats, manifestUri: string | undefined): Promise<void> {
  const { renderStats } = await import('../stats/render-stats.ts');
  const manifest = manifestUri === undefined ? '' : `manifest ${manifestUri}\n`;
  terminal.note(`\n${renderStats(statistics)}${manifest}`);
}
