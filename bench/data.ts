/** Data and peers of the benchmarks: made on first use, kept outside git in `bench/data` and `bench/.venv`. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
};

/** The python of the benchmarks' own virtual environment, which has DuckDB and the data generator. */
export function python(): string {
  const venv = path('.venv');
  const ready = `${venv}/ready`;
  if (!existsSync(ready)) {
    process.stderr.write('Making the virtual environment of the benchmarks …\n');
    run('python3', '-m', 'venv', venv);
    run(`${venv}/bin/pip`, 'install', '--quiet', '--requirement', path('requirements.txt'));
    mkdirSync(ready);
  }
  return `${venv}/bin/python`;
}

/** The uri of a TPC-H table as one Parquet file with the generator's defaults: snappy, row groups of 7 MiB. */
export function tpchTable(table: string, scale: number): string {
  const directory = path(`data/tpch-sf${scale}`);
  const file = `${directory}/${table}.parquet`;
  if (!existsSync(file)) {
    python();
    process.stderr.write(`Generating TPC-H ${table} at scale factor ${scale} …\n`);
    const unfinished = `${directory}.unfinished`;
    mkdirSync(directory, { recursive: true });
    run(
      path('.venv/bin/tpchgen-cli'),
      'parquet',
      '-s',
      `${scale}`,
      `--tables=${table}`,
      '--overwrite',
      `--output-dir=${unfinished}`,
    );
    renameSync(`${unfinished}/${table}.parquet`, file);
  }
  return pathToFileURL(file).href;
}
