import type { Field } from '../src/columnar/schema.ts';
import { DuckDB } from './duckdb.ts';
import { networkScans } from './network-scans.ts';
import { runOurs } from './our-scan.ts';
import { parquetScans } from './parquet-scans.ts';
import { PythonPeer } from './python-peer.ts';
import type { Options, Result } from './result.ts';
import { COLUMNS, madeFile } from './scan-files.ts';
import { beside, measureOf, measuresOf } from './scan-measures.ts';
import { textReaders } from './scan-readers.ts';
import { type Answer, takeTurns } from './turns.ts';

interface ScanCase {
  readonly name: string;
  readonly format: 'csv' | 'json';
  /** Of the file. */
  readonly extension: 'csv' | 'csv.gz' | 'json';
  /** Columns that are read. */
  readonly columns: readonly (typeof COLUMNS)[number][];
  readonly read: (path: string, columns: string) => string;
}

const readCsv = (path: string, columns: string): string =>
  `read_csv('${path}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${columns}})`;
const readJson = (path: string, columns: string): string =>
  `read_json('${path}', format = 'newline_delimited', columns = {${columns}})`;
const CSV = { format: 'csv', extension: 'csv', read: readCsv } as const;
const JSON_LINES = { format: 'json', extension: 'json', read: readJson } as const;
const PACKED = { ...CSV, extension: 'csv.gz' } as const;

const CASES: readonly ScanCase[] = [
  { name: 'csv, all columns', ...CSV, columns: COLUMNS },
  { name: 'csv, one column', ...CSV, columns: COLUMNS.slice(0, 1) },
  { name: 'csv, gzip', ...PACKED, columns: COLUMNS },
  { name: 'json lines, all columns', ...JSON_LINES, columns: COLUMNS },
  { name: 'json lines, one column', ...JSON_LINES, columns: COLUMNS.slice(0, 1) },
];

/** Scans of files of text in the page cache, one thread each, all warm: every value is read and measured. */
async function* textScans({ rows: wanted, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  using peer = await PythonPeer.start('scan-peer.py');
  const rows = Math.ceil(wanted / 10);
  for (const one of CASES.filter(({ name }) => name.includes(only))) {
    const path = await madeFile(duckdb, one.extension, rows);
    const fields = one.columns.map(([column]) => column);
    const schema = { fields: COLUMNS.map(([column]) => column) };
    const scan = { format: one.format, paths: [path], schema, fields };
    const measured = fields.map((column) => measureOf(column).sql(`"${column.name}"`)).join();
    // CSV is read by position there, and all of its columns have to be named.
    const named = (one.format === 'csv' ? COLUMNS : one.columns).map(([{ name }, , type]) => `'${name}': '${type}'`);
    const sql = `select ${measured} from ${one.read(path, named.join())}`;
    const contestants = { ours: () => runOurs(scan), theirs: () => duckdb.run(sql, 1) };
    const { compared } = await takeTurns({ name: one.name, ...contestants, runs });
    const asked = {
      path,
      format: one.format,
      columns: measuresOf(fields),
      types: COLUMNS.map(([column]) => typeWord(column)),
    };
    const others: Record<string, number> = {};
    for (const reader of textReaders(peer)) {
      const read = (): Promise<Answer | undefined> => reader.run(asked);
      Object.assign(others, await beside(one.name, reader.name, { ours: contestants.ours, read, runs }));
    }
    yield { suite: 'scan', name: one.name, rows, ...compared, ...others, duckdb_version: duckdb.version };
  }
}

/** As the peer calls it. */
const typeWord = ({ name, type }: Field): [string, string] => [
  name,
  type.kind === 'decimal' ? `decimal ${type.precision} ${type.scale}` : type.kind,
];

/** Of text, and of Parquet; then over a network. */
export async function* scan(options: Options): AsyncGenerator<Result> {
  yield* textScans(options);
  yield* parquetScans(options);
  yield* networkScans(options);
}
