import { type Command, InvalidArgumentError, Option } from 'commander';
import { InvalidArgument } from '../errors.ts';
import { budgetFor } from '../memory/process-memory.ts';
import { parseSize } from './quantities.ts';

/** `--memory`, of commands that run tasks. */
export const addMemoryOption = (command: Command): Command =>
  command.addOption(
    new Option('--memory <size>', 'what this process may use: 512MB, 2GiB').argParser(parseMemory).default(1e9, '1GB'),
  );

/** Checked with the other options, so that too little is wrong usage. */
function parseMemory(text: string): number {
  const processBytes = parseSize(text);
  try {
    budgetFor(processBytes);
  } catch (error) {
    if (error instanceof InvalidArgument) throw new InvalidArgumentError(error.message);
    throw error;
  }
  return processBytes;
}
