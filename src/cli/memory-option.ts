import { type Command, Option } from 'commander';
import { parseSize } from './quantities.ts';

/** `--memory`, of commands that run tasks: of the whole process, so too little for Node itself is a failed run. */
export const addMemoryOption = (command: Command): Command =>
  command.addOption(
    new Option('--memory <size>', 'what this process may use: 512MB, 2GiB').argParser(parseSize).default(1e9, '1GB'),
  );
