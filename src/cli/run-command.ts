import { type Command, Option } from 'commander';
import type { UdfModules } from '../udf/udf-modules.ts';
import { parseCount } from './quantities.ts';
import { addResourceOptions, type ResourceOptions } from './resource-options.ts';
import type { Format } from './row-writers.ts';
import type { Terminal } from './terminal.ts';
import { addUdfOption } from './udf-option.ts';

export interface RunOptions extends ResourceOptions {
  readonly udf: UdfModules;
  readonly out?: string;
  readonly overflow?: 'error' | 'wrap';
  readonly timezone?: string;
  readonly format: Format;
  readonly json?: true;
  readonly limit?: number;
}

const EXAMPLES = `
Examples:
  $ millrace run task.json
  $ millrace run task.json --memory 1GB --threads 4 --out results/
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
      new Option('--overflow <rule>', 'what integers beyond their types are, instead of what the task says').choices([
        'error',
        'wrap',
      ]),
    )
    .option('--timezone <name>', 'on whose clock current_date and its like are, instead of that in the task')
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
    .action(async (path: string, options: RunOptions) => {
      const { runTask } = await import('./run-task.ts');
      await runTask(path, options, terminal);
    });
  return addUdfOption(addResourceOptions(command));
}
