/** Scans of Parquet: all values of some columns, from the page cache. */

import { fileURLToPath, pathToFileURL } from 'node:url';
import { fileStore } from '../src/io/file-store.ts';
import { readParquetSchema } from '../src/io/parquet/parquet-schema.ts';
import { tpchTable } from './data.ts';
import { DuckDB } from './duckdb.ts';
import { runOurs, type Scan } from './our-scan.ts';
import { and, binary, column, whole } from './plan-words.ts';
import { PythonPeer } from './python-peer.ts';
import type { Options, Result } from './result.ts';
import { copied } from './scan-files.ts';
import { beside, measureOf, measuresOf } from './scan-measures.ts';
import { scanReaders } from './scan-readers.ts';
import { type Answer, takeTurns } from './turns.ts';

interface ParquetCase {
  readonly name: string;
  /** The path of its file, which is made where it is not there. */
  readonly file: (duckdb: DuckDB, sf: number) => Promise<string>;
  /** All where absent. */
  readonly columns?: readonly string[];
  /** Rows with a value of the column from … to below …. */
  readonly range?: readonly [column: string, from: number, to: number];
}

/** Has DuckDB write what `select` gives. */
const made =
  (name: string, select: string, options: string = '') =>
  (duckdb: DuckDB): Promise<string> =>
    copied(duckdb, `${name}.parquet`, select, `format parquet${options}`);

const snappy = async (_: DuckDB, sf: number): Promise<string> => fileURLToPath(tpchTable('lineitem', sf));
const withCodec =
  (codec: string) =>
  async (duckdb: DuckDB, sf: number): Promise<string> =>
    made(`lineitem-sf${sf}-${codec}`, `from '${await snappy(duckdb, sf)}'`, `, codec ${codec}`)(duckdb);

export const THREE: readonly string[] = ['l_extendedprice', 'l_discount', 'l_shipdate'];
const WIDE = Array.from({ length: 1000 }, (_, at) => `(i * ${at + 1} % ${1000 + at})::bigint as c${at}`);
const URLS = `'https://www.example.com/' || ['search', 'catalog', 'item', 'user'][1 + (hash(i) % 4)::int] || '/'
  || (hash(i) % 100000) || case when i % 3 = 0 then '?q=' || md5((i % 5000)::varchar) else '' end`;
const LISTS = `select i, [j * i for j in range(i % 8)] as l, [{a: i, b: i % 5}, {a: i + 1, b: null}] as s`;

const CASES: readonly ParquetCase[] = [
  { name: 'parquet, snappy, all columns', file: snappy },
  { name: 'parquet, snappy, 3 columns', file: snappy, columns: THREE },
  { name: 'parquet, zstd, all columns', file: withCodec('zstd') },
  { name: 'parquet, zstd, 3 columns', file: withCodec('zstd'), columns: THREE },
  { name: 'parquet, uncompressed, all columns', file: withCodec('uncompressed') },
  { name: 'parquet, uncompressed, 3 columns', file: withCodec('uncompressed'), columns: THREE },
  {
    name: 'parquet, selective, page index',
    file: snappy,
    range: ['l_orderkey', 300_000, 301_000],
  },
  {
    name: 'parquet, 5 of 1,000 columns',
    file: made('wide', `select ${WIDE.join()} from range(100000) r(i)`),
    columns: ['c3', 'c303', 'c503', 'c703', 'c999'],
  },
  {
    name: 'parquet, urls',
    file: made(
      'urls',
      `select ${URLS} as url, case when i % 4 = 0 then ${URLS} else '' end as referer from range(2000000) r(i)`,
    ),
  },
  {
    name: 'parquet, nested lists',
    file: made('nested', `${LISTS} from range(1000000) r(i)`),
    columns: ['l', 's'],
  },
];

/** One thread each, all warm. */
export async function* parquetScans({ sf, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  using peer = await PythonPeer.start('scan-peer.py');
  for (const one of CASES.filter(({ name }) => name.includes(only))) {
    const path = await one.file(duckdb, sf);
    const scan = await parquetScan(one, [path]);
    const where =
      one.range === undefined ? '' : ` where ${one.range[0]} >= ${one.range[1]} and ${one.range[0]} < ${one.range[2]}`;
    const read = scan.fields.map((field) => measureOf(field).sql(`"${field.name}"`));
    const sql = `select ${read.join()} from '${path}'${where}`;
    const contestants = { ours: () => runOurs(scan), theirs: () => duckdb.run(sql, 1) };
    const { answer, compared } = await takeTurns({ name: one.name, ...contestants, runs });
    const asked = measuresOf(scan.fields);
    const others: Record<string, number> = {};
    for (const reader of scanReaders(peer)) {
      const read = (): Promise<Answer | undefined> => reader.run({ path, columns: asked, range: one.range });
      Object.assign(others, await beside(one.name, reader.name, { ours: contestants.ours, read, runs }));
    }
    const { bytes, rowsRead: rows } = answer;
    const speed = { mb_per_s: bytes / 1000 / compared.millrace_ms, mrows_per_s: rows / 1000 / compared.millrace_ms };
    yield {
      suite: 'scan',
      name: one.name,
      rows,
      bytes,
      ...speed,
      ...compared,
      ...others,
      duckdb_version: duckdb.version,
    };
  }
}

/** Of files that have the same schema. */
export async function parquetScan(
  { columns, range }: Pick<ParquetCase, 'columns' | 'range'>,
  paths: readonly string[],
): Promise<Scan> {
  const schema = await readParquetSchema(fileStore(), pathToFileURL(paths[0] ?? '').href);
  const fields = schema.fields.filter(({ name }) => columns?.includes(name) !== false);
  const predicate =
    range && and(binary(column(range[0]), '>=', whole(range[1])), binary(column(range[0]), '<', whole(range[2])));
  return { format: 'parquet', paths, schema, fields, predicate };
}
