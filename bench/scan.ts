import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as types from '../src/columnar/data-type.ts';
import { type Field, field } from '../src/columnar/schema.ts';
import { executeTask } from '../src/execute-task.ts';
import type { AggregateCall } from '../src/expressions/expression.ts';
import { fileStore } from '../src/io/file-store.ts';
import { rowsOf } from './answers.ts';
import { type Cell, DuckDB } from './duckdb.ts';
import { parquetScans } from './parquet-scans.ts';
import { PythonPeer } from './python-peer.ts';
import type { Options, Result } from './result.ts';
import { beside, measureOf, measuresOf } from './scan-measures.ts';
import { textReaders } from './scan-readers.ts';
import { type Answer, takeTurns } from './turns.ts';

const MEMORY_BYTES = 1024 ** 3;

/** What the files hold, as SQL over `i`, the number of a row; in which type it is read, by us and by DuckDB. */
const COLUMNS: readonly [field: Field, sql: string, sqlType: string][] = [
  [field('id', types.int64), 'i', 'BIGINT'],
  [field('k', types.int32), '(i * 7919) % 100000', 'INTEGER'],
  [field('x', types.float64), '(i % 1000) / 8.0', 'DOUBLE'],
  [field('price', types.decimal(15, 2)), '(((i * 31) % 10000000) / 100.0)::decimal(15, 2)', 'DECIMAL(15,2)'],
  [field('day', types.date), "date '1992-01-01' + (i % 2500)::int", 'DATE'],
  [field('at', types.timestamp('us')), "timestamp '2001-01-01' + to_seconds(i)", 'TIMESTAMP'],
  [field('mode', types.utf8), "['AIR', 'RAIL', 'TRUCK', 'MAIL'][1 + i % 4]", 'VARCHAR'],
  [field('tag', types.utf8), 'md5(i::varchar)', 'VARCHAR'],
  [
    field('note', types.utf8),
    `case when i % 7 = 0 then 'a, "quoted" one ' || i else 'plain comment text here ' || i end`,
    'VARCHAR',
  ],
  [field('flag', types.bool), 'i % 3 = 0', 'BOOLEAN'],
];

interface ScanCase {
  readonly name: string;
  readonly format: 'csv' | 'json';
  /** Of the file, and how DuckDB writes it. */
  readonly extension: string;
  readonly copy: string;
  /** Columns that are read. */
  readonly columns: readonly (typeof COLUMNS)[number][];
  readonly read: (path: string, columns: string) => string;
}

const readCsv = (path: string, columns: string): string =>
  `read_csv('${path}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${columns}})`;
const readJson = (path: string, columns: string): string =>
  `read_json('${path}', format = 'newline_delimited', columns = {${columns}})`;
const CSV = { format: 'csv', extension: 'csv', copy: 'format csv, header', read: readCsv } as const;
const JSON_LINES = { format: 'json', extension: 'json', copy: 'format json', read: readJson } as const;
const PACKED = { ...CSV, extension: 'csv.gz', copy: 'format csv, header, compression gzip' } as const;

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
  const directory = fileURLToPath(new URL('data/scan', import.meta.url));
  mkdirSync(directory, { recursive: true });
  for (const one of CASES.filter(({ name }) => name.includes(only))) {
    const path = `${directory}/${rows}.${one.extension}`;
    if (!existsSync(path)) {
      const columns = COLUMNS.map(([{ name }, sql]) => `${sql} as "${name}"`).join();
      await duckdb.run(`copy (select ${columns} from range(${rows}) r(i)) to '${path}' (${one.copy})`, 1);
    }
    const fields = one.columns.map(([column]) => column);
    const measured = fields.map((column) => measureOf(column).sql(`"${column.name}"`)).join();
    // CSV is read by position there, and all of its columns have to be named.
    const named = (one.format === 'csv' ? COLUMNS : one.columns).map(([{ name }, , type]) => `'${name}': '${type}'`);
    const sql = `select ${measured} from ${one.read(path, named.join())}`;
    const contestants = { ours: () => runOurs(one, path), theirs: () => duckdb.run(sql, 1) };
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

/** Of text, and of Parquet. */
export async function* scan(options: Options): AsyncGenerator<Result> {
  yield* textScans(options);
  yield* parquetScans(options);
}

async function runOurs({ format, columns }: ScanCase, path: string): Promise<Answer> {
  const aggregates = columns.map(([one]): AggregateCall => ({ name: one.name, ...measureOf(one).ours }));
  const input = { kind: 'scan', sourceId: 't', format, schema: COLUMNS.map(([column]) => column) } as const;
  const plan = { kind: 'aggregate', input, aggregates };
  const files = [{ uri: pathToFileURL(path).href }];
  const task = { version: 1, jobId: 'scan', stageId: 0, taskId: 0, plan, inputs: { t: { kind: 'files', files } } };
  const rows: Cell[][] = [];
  const start = performance.now();
  await executeTask(task, {
    store: fileStore(),
    memoryBytes: MEMORY_BYTES,
    onKept: (batch) => {
      rows.push(...rowsOf(batch));
    },
  });
  return { ms: performance.now() - start, rows };
}
