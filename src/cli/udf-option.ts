import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { UdfModules } from '../udf/udf-modules.ts';

/** `--udf`, of commands that run tasks: where the modules are that plans name. */
export const addUdfOption = (command: Command): Command =>
  command.addOption(
    new Option('--udf <name=module>', 'register a module of user-defined functions; may be given again')
      .argParser(registered)
      .default({}, 'none'),
  );

function registered(given: string, before: UdfModules): UdfModules {
  const [, name, path] = /^([^=]+)=(.+)$/s.exec(given) ?? [];
  if (name === undefined || path === undefined) {
    throw new InvalidArgumentError('It is the name that plans use, =, and the path of the module.');
  }
  return { ...before, [name]: pathToFileURL(resolve(path)) };
}
