/** Scans of Parquet: all values of some columns, from the page cache and over a limited network. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Field, Schema } from '../src/columnar/schema.ts';
import { executeTask } from '../src/execute-task.ts';
import type { AggregateCall, Expression } from '../src/expressions/expression.ts';
import { fileStore } from '../src/io/file-store.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import { readParquetSchema } from '../src/io/parquet/parquet-schema.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { rowsOf } from './answers.ts';
import { tpchTable } from './data.ts';
import { type Cell, DuckDB } from './duckdb.ts';
import { limitedStore, NETWORK } from './limited-store.ts';
import { and, binary, column, whole } from './plan-words.ts';
import { PythonPeer } from './python-peer.ts';
import { median, type Options, type Result } from './result.ts';
import { beside, measureOf, measuresOf } from './scan-measures.ts';
import { scanReaders } from './scan-readers.ts';
import { type Answer, takeTurns } from './turns.ts';

const MEMORY_BYTES = 1024 ** 3;
const directory = fileURLToPath(new URL('data/scan', import.meta.url));

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
  async (duckdb: DuckDB): Promise<string> => {
    const path = `${directory}/${name}.parquet`;
    mkdirSync(directory, { recursive: true });
    if (!existsSync(path)) await duckdb.run(`copy (${select}) to '${path}' (format parquet${options})`, 2);
    return path;
  };

const snappy = async (_: DuckDB, sf: number): Promise<string> => fileURLToPath(tpchTable('lineitem', sf));
const withCodec =
  (codec: string) =>
  async (duckdb: DuckDB, sf: number): Promise<string> =>
    made(`lineitem-sf${sf}-${codec}`, `from '${await snappy(duckdb, sf)}'`, `, codec ${codec}`)(duckdb);

const THREE = ['l_extendedprice', 'l_discount', 'l_shipdate'];
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
export async function* parquetScans(options: Options): AsyncGenerator<Result> {
  const { sf, runs, only } = options;
  using duckdb = await DuckDB.start();
  using peer = await PythonPeer.start('scan-peer.py');
  for (const one of CASES.filter(({ name }) => name.includes(only))) {
    const path = await one.file(duckdb, sf);
    const scan = await scanOf(one, [path]);
    const where =
      one.range === undefined ? '' : ` where ${one.range[0]} >= ${one.range[1]} and ${one.range[0]} < ${one.range[2]}`;
    const read = scan.fields.map((field) => measureOf(field).sql(`"${field.name}"`));
    const sql = `select ${read.join()} from '${path}'${where}`;
    const contestants = { ours: () => runOurs(scan, fileStore()), theirs: () => duckdb.run(sql, 1) };
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
  yield* overNetwork(duckdb, options);
}

interface NetworkCase {
  readonly name: string;
  readonly columns?: readonly string[];
  /** How many the table is cut into; as it is where absent. */
  readonly files?: number;
  readonly memoryBytes?: number;
}

const NETWORK_CASES: readonly NetworkCase[] = [
  { name: 'network, all columns' },
  { name: 'network, 3 columns', columns: THREE },
  ...[8, 32, 200].flatMap((files) => [
    { name: `network, ${files} files`, files },
    { name: `network, ${files} files, 256 MB`, files, memoryBytes: 256 * 1024 ** 2 },
  ]),
];

/** How much longer than the bytes take that are read. */
async function* overNetwork(duckdb: DuckDB, { sf, runs, only }: Options): AsyncGenerator<Result> {
  const whole = fileURLToPath(tpchTable('lineitem', sf));
  for (const { name, columns, files, memoryBytes } of NETWORK_CASES.filter((one) => one.name.includes(only))) {
    const paths = files === undefined ? [whole] : await parts(duckdb, whole, `lineitem-sf${sf}-in-${files}`, files);
    const scan = await scanOf(columns === undefined ? {} : { columns }, paths);
    const times: number[] = [];
    let bytes = 0;
    for (let run = -1; run < runs; run += 1) {
      const answer = await runOurs(scan, limitedStore(fileStore()), memoryBytes);
      bytes = answer.bytes;
      if (run >= 0) times.push(answer.ms);
    }
    const millrace_ms = median(times);
    const network_ms = bytes / NETWORK.bytesPerMs;
    yield { suite: 'scan', name, bytes, millrace_ms, network_ms, ratio: millrace_ms / network_ms };
  }
}

/** Has DuckDB cut a file into `count` of as many rows, in order; their paths. */
async function parts(duckdb: DuckDB, path: string, name: string, count: number): Promise<string[]> {
  const folder = `${directory}/${name}`;
  if (!existsSync(folder)) {
    mkdirSync(directory, { recursive: true });
    const rows = `read_parquet('${path}', file_row_number = true)`;
    const part = `file_row_number * ${count} // (select count(*) from ${rows}) as part`;
    const select = `select * exclude (file_row_number), ${part} from ${rows}`;
    await duckdb.run(`copy (${select}) to '${folder}' (format parquet, partition_by part)`, 1);
  }
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return found.filter((file) => file.endsWith('.parquet')).map((file) => `${folder}/${file}`);
}

interface Scan {
  readonly paths: readonly string[];
  readonly schema: Schema;
  /** What is read. */
  readonly fields: readonly Field[];
  readonly predicate: Expression | undefined;
}

async function scanOf({ columns, range }: Omit<ParquetCase, 'name' | 'file'>, paths: readonly string[]): Promise<Scan> {
  const schema = await readParquetSchema(fileStore(), pathToFileURL(paths[0] ?? '').href);
  const fields = schema.fields.filter(({ name }) => columns?.includes(name) !== false);
  const predicate =
    range && and(binary(column(range[0]), '>=', whole(range[1])), binary(column(range[0]), '<', whole(range[2])));
  return { paths, schema, fields, predicate };
}

async function runOurs(
  scan: Scan,
  store: ObjectStore,
  memoryBytes: number = MEMORY_BYTES,
): Promise<Answer & { bytes: number; rowsRead: number }> {
  const aggregates = scan.fields.map((field): AggregateCall => ({ name: field.name, ...measureOf(field).ours }));
  const source: PlanNode = { kind: 'scan', sourceId: 't', format: 'parquet', schema: scan.schema.fields };
  const { predicate } = scan;
  const input: PlanNode = predicate === undefined ? source : { kind: 'filter', predicate, input: source };
  const plan: PlanNode = { kind: 'aggregate', input, aggregates };
  const files = scan.paths.map((path) => ({ uri: pathToFileURL(path).href }));
  const inputs = { t: { kind: 'files', files } };
  const rows: Cell[][] = [];
  const start = performance.now();
  const { statistics } = await executeTask(
    { version: 1, jobId: 'scan', stageId: 0, taskId: 0, plan, inputs },
    {
      store,
      memoryBytes,
      onKept: (batch) => {
        rows.push(...rowsOf(batch));
      },
    },
  );
  const ms = performance.now() - start;
  const read = statistics.operators.find(({ counters }) => counters['bytes read'] !== undefined)?.counters;
  return { ms, rows, bytes: read?.['bytes read'] ?? 0, rowsRead: read?.['rows read'] ?? 0 };
}
