/** The commands, and how the program ends: 0 for success, 1 for a failure, 2 for wrong usage, 130 for Ctrl-C. */

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { keepHeapSmall } from '../memory/process-memory.ts';
import { addCleanCommand } from './clean-command.ts';
import { addExplainCommand } from './explain-command.ts';
import { failureJson, failureText } from './failure.ts';
import { addFunctionsCommand } from './functions-command.ts';
import { addInspectCommand } from './inspect-command.ts';
import { addRunCommand } from './run-command.ts';
import { addSchemaCommand } from './schema-command.ts';
import { addSubmitCommand } from './submit-command.ts';
import { ProcessTerminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ millrace run task.json --memory 512MB      run a task, show its rows or the files it has written
  $ millrace run task.json --format csv        rows as CSV
  $ millrace explain task.json --analyze       the operators, and what each of them did
  $ millrace submit job.json --wait            run a job in the cloud, and follow it to its manifest
  $ millrace inspect output/                   what committed jobs have written
  $ millrace schema > task.schema.json         JSON Schema of a task, for editors
  $ millrace functions                         what expressions may call
  $ millrace clean output/ --dry-run           what abandoned attempts have left behind

A task is a JSON document; - reads it from standard input. Paths in it are relative to the current directory.`;

/** Runs the program with `args`, and gives its exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  keepHeapSmall();
  const terminal = new ProcessTerminal();
  const program = new Command('millrace')
    .description('Runs tasks of the Millrace query engine: from files to rows, or to committed files.')
    .version(version(), '--version', 'print the version')
    .option('--debug', 'show the stack of an error')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('(run with --help for usage)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  const add = [
    addRunCommand,
    addExplainCommand,
    addSubmitCommand,
    addInspectCommand,
    addSchemaCommand,
    addFunctionsCommand,
    addCleanCommand,
  ];
  // Settings are handed down to commands only if they are copied.
  for (const addCommand of add) addCommand(program, terminal).copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (terminal.ending === 'reader gone') return 0;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (terminal.ending === 'interrupted') {
      terminal.note(`millrace: interrupted; ${terminal.interruption}.\n`);
      return 130;
    }
    terminal.note(args.includes('--json') ? failureJson(error) : failureText(error, args.includes('--debug')));
    return 1;
  }
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
