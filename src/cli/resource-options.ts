import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseCount, parseSize } from './quantities.ts';

export interface ResourceOptions {
  readonly memory: number;
  readonly threads: number;
}

/** `--memory` and `--threads`, of commands that run tasks: of the whole process, so too little for Node itself is a failed run. */
export const addResourceOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--memory <size>', 'what this process may use: 512MB, 2GiB').argParser(parseSize).default(1e9, '1GB'),
    )
    .addOption(
      new Option('--threads <count>', 'processor cores for a task that reads much').argParser(parseThreads).default(1),
    );

function parseThreads(text: string): number {
  const count = parseCount(text);
  if (count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('From 1 to 64 threads are possible.');
}
