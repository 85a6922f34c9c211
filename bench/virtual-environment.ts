/** Pythons of their own for what is run beside us: made on first use, kept outside git. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * The path of a `.venv` in `folder` with what its requirements.txt names, made or brought up to date where it is not so.
 * Says on stderr that it does, as that takes a minute.
 */
export function virtualEnvironment(folder: string): string {
  const [venv, requirements] = [`${folder}/.venv`, `${folder}/requirements.txt`];
  const installed = `${venv}/installed.txt`;
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return venv;
  process.stderr.write(`Making the virtual environment ${venv} …\n`);
  const run = (command: string, ...args: string[]): void => {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  run('python3', '-m', 'venv', venv);
  run(`${venv}/bin/pip`, 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements);
  writeFileSync(installed, wanted);
  return venv;
}
