/** Data and peers of the benchmarks: made on first use, kept outside git in `bench/data` and `bench/.venv`. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { virtualEnvironment } from './virtual-environment.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
};

const venv = (): string => virtualEnvironment(path('.').replace(/\/$/, ''));

/** The python of the benchmarks' own virtual environment, which has DuckDB and the data generator. */
export const python = (): string => `${venv()}/bin/python`;

/** The uri of a TPC-H table as one Parquet file with the generator's defaults: snappy, row groups of 7 MiB. */
export function tpchTable(table: string, sf: number): string {
  const directory = path(`data/tpch-sf${sf}`);
  const file = `${directory}/${table}.parquet`;
  if (!existsSync(file)) {
    const generator = `${venv()}/bin/tpchgen-cli`;
    process.stderr.write(`Generating TPC-H ${table} at scale factor ${sf} …\n`);
    const unfinished = `${directory}.unfinished`;
    mkdirSync(directory, { recursive: true });
    run(generator, 'parquet', '-s', `${sf}`, `--tables=${table}`, '--overwrite', `--output-dir=${unfinished}`);
    renameSync(`${unfinished}/${table}.parquet`, file);
  }
  return pathToFileURL(file).href;
}
