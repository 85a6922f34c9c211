/**
 * Reads every Parquet file below some folders, as pyarrow reads it: `npm run test:corpus -- <folder>`.
 * The folders are somebody's, and nothing of them comes into this repository. `--generated` reads what four writers write.
 */

import { existsSync, globSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkFile, type Verdict } from './check-file.ts';
import { generatedFiles } from './generated-files.ts';
import { Pyarrow } from './pyarrow.ts';

const USAGE = `Usage: npm run test:corpus -- <folder or file …> [--filters] [--only TEXT] [--json]
       npm run test:corpus -- --generated [--filters] [--only TEXT] [--json]

Reads every Parquet file below the folders, and compares every value with what pyarrow reads. Of each file it says:
  read       all columns are as pyarrow reads them
  refused    by which error; of some files only some columns, those whose types Millrace does not have
  unchecked  it is read, and pyarrow refuses it
  wrong      and what differs, or an error that is no refusal
Ends with 1 if a file is wrong. pyarrow is installed into test/corpus/.venv at first.

  --generated  files that pyarrow, DuckDB, Polars and fastparquet write, of every type, encoding, codec, nesting and version
               of pages, are compared with the values that these were given; any that is refused ends with 1 too
  --filters    what was read is read again by filters: each column is asked for its least and greatest value and one between,
               and the rows that come are counted beside those of the whole
  --only TEXT  files whose path holds this
  --json       one JSON object per file and line
  --help       this`;

type Report = Verdict & { readonly path: string };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    generated: { type: 'boolean', default: false },
    filters: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Paths below a folder, in order; names may go on behind `.parquet`, of what is encrypted. */
function parquetFiles(place: string): string[] {
  if (statSync(place).isFile()) return [place];
  return globSync('**/*.{parquet,parq,pq}*', { cwd: place })
    .filter((name) => /\.(parquet|parq|pq)(\.encrypted)?$/.test(name))
    .map((name) => resolve(place, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

const oneLine = ({ path, verdict, rows, columns, filters, error, detail, pyarrow }: Report): string => {
  const tried = filters === undefined ? '' : `, ${filters} filters`;
  const size = verdict === 'read' ? `${rows} rows, ${columns} columns${tried}` : undefined;
  const said = error === undefined ? detail : [error, detail].join(': ');
  const there = pyarrow === undefined ? undefined : `[pyarrow: ${pyarrow.split('\n')[0]}]`;
  return [verdict.padEnd(9), path, size, said, there].filter((part) => part !== undefined).join('  ');
};

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** How many files there were of each kind. */
function summary(reports: readonly Report[]): string {
  const count = (verdict: Verdict['verdict']): string =>
    `${reports.filter((report) => report.verdict === verdict).length} ${verdict}`;
  const refused = reports.filter(({ verdict, pyarrow }) => verdict === 'refused' && pyarrow === undefined).length;
  const here = `${count('refused')} (${refused} of them read by pyarrow)`;
  return `${reports.length} files: ${count('read')}, ${here}, ${count('unchecked')}, ${count('wrong')}`;
}

const here = process.env['INIT_CWD'] ?? '.';
const places = positionals.map((place) => resolve(here, place));
const missing = places.find((place) => !existsSync(place));

if (missing !== undefined) {
  console.error(`There is no ${missing}.`);
  process.exitCode = 2;
} else if (values.help || (places.length === 0 && !values.generated)) {
  (values.help ? console.log : console.error)(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  const foreign = places.flatMap(parquetFiles).map((path) => ({ path, given: path }));
  const files = [...foreign, ...(values.generated ? generatedFiles() : [])].filter(({ path }) =>
    path.includes(values.only),
  );
  const reports: Report[] = [];
  using pyarrow = await Pyarrow.start();
  for (const file of files) {
    const { path } = file;
    const below = relative(here, path);
    const name = below.startsWith('..') ? path : below;
    progress(`${reports.length + 1} of ${files.length}  ${name}`);
    const report = { path: name, ...(await checkFile(file, pyarrow, values.filters)) };
    reports.push(report);
    progress('');
    console.log(values.json ? JSON.stringify(report) : oneLine(report));
  }
  console.error(`${summary(reports)}; pyarrow ${pyarrow.version}`);
  if (files.length === 0) console.error('There is no Parquet file.');
  const isBad = ({ verdict }: Report, at: number): boolean =>
    verdict === 'wrong' || (at >= foreign.length && verdict !== 'read');
  process.exitCode = files.length === 0 || reports.some(isBad) ? 1 : 0;
}
