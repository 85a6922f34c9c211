import { type Command, Option } from 'commander';
import { budgetFor } from '../memory/process-memory.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import type { UdfModules } from '../udf/udf-modules.ts';
import { addMemoryOption } from './memory-option.ts';
import { parseCount } from './quantities.ts';
import type { Format } from './row-writers.ts';
import type { Terminal } from './terminal.ts';
import { addUdfOption } from './udf-option.ts';

interface RunOptions {
  readonly memory: number;
  readonly udf: UdfModules;
  readonly out?: string;
  readonly format: Format;
  readonly json?: true;
  readonly limit?: number;
}

const EXAMPLES = `
Examples:
  $ millrace run task.json
  $ millrace run task.json --memory 1GB --out results/
  $ millrace run task.json --format csv > rows.csv
  $ millrace run task.json --udf text=./udfs/text.ts
  $ cat task.json | millrace run - --json | jq .rowCount`;

/** `millrace run`: rows, or the files that were written. */
export function addRunCommand(program: Command, terminal: Terminal): Command {
  const command = program
    .command('run')
    .description('Run a task. Shows its rows; where it writes, the files of the result.')
    .argument('<task.json>', 'the task, or a job to be run as one; - for standard input')
    .option('--out <directory>', 'where to write, instead of the output in the task')
    .addOption(
      new Option('--format <format>', 'how rows are printed')
        .choices(['table', 'json', 'csv', 'arrow'])
        .default('table'),
    )
    .option(
      '--limit <rows>',
      'how many rows are printed (default: 40 in a table and with --json, else all)',
      parseCount,
    )
    .addOption(new Option('--json', 'print one JSON document: rows, their number, statistics').conflicts('format'))
    .addHelpText('after', EXAMPLES)
    .action((path: string, options: RunOptions) => run(path, options, terminal));
  return addUdfOption(addMemoryOption(command));
}

async function run(path: string, options: RunOptions, terminal: Terminal): Promise<void> {
  const means = { memoryBytes: budgetFor(options.memory), udfs: options.udf };
  const [{ readTask }, { uriOf }, { executeWithProgress }, { FirstRows, rowWriter }] = await Promise.all([
    import('./task-document.ts'),
    import('../dataframe/places.ts'),
    import('./task-execution.ts'),
    import('./row-writers.ts'),
  ]);
  const read = await readTask(path, terminal.signal);
  const task = options.out === undefined ? read : { ...read, output: { uri: uriOf(options.out) } };
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
