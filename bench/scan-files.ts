/** Files that are scanned: made on first use, of the same rows in every format. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as types from '../src/columnar/data-type.ts';
import { type Field, field } from '../src/columnar/schema.ts';
import { python } from './data.ts';
import type { DuckDB } from './duckdb.ts';

const directory = fileURLToPath(new URL('data/scan', import.meta.url));

/** What the files hold, as SQL over `i`, the number of a row; in which type it is read, by us and by DuckDB. */
export const COLUMNS: readonly [field: Field, sql: string, sqlType: string][] = [
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

/** How DuckDB writes them, by the end of their names. */
const COPY = {
  csv: 'format csv, header',
  'csv.gz': 'format csv, header, compression gzip',
  json: 'format json',
} as const;

/** Each is in one record batch for as many rows as a batch of pyarrow's readers has. */
const TO_ARROW = `import sys, pyarrow, pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
with pyarrow.ipc.new_file(sys.argv[2], table.schema) as file:
    file.write_table(table, max_chunksize=65536)`;

/** The path of a file of `rows` rows. */
export async function madeFile(duckdb: DuckDB, extension: keyof typeof COPY | 'arrow', rows: number): Promise<string> {
  const columns = COLUMNS.map(([{ name }, sql, type]) => `(${sql})::${type} as "${name}"`).join();
  const select = `select ${columns} from range(${rows}) r(i)`;
  if (extension !== 'arrow') return copied(duckdb, `${rows}.${extension}`, select, COPY[extension]);
  const path = `${directory}/${rows}.arrow`;
  if (existsSync(path)) return path;
  const parquet = await copied(duckdb, `${rows}.parquet`, select, 'format parquet');
  execFileSync(python(), ['-c', TO_ARROW, parquet, path]);
  rmSync(parquet);
  return path;
}

/** The path of what `select` gives, as DuckDB copies it by `options`. */
export async function copied(duckdb: DuckDB, name: string, select: string, options: string): Promise<string> {
  const path = `${directory}/${name}`;
  mkdirSync(directory, { recursive: true });
  if (existsSync(path)) return path;
  await duckdb.run(`copy (${select}) to '${path}.unfinished' (${options})`, 1);
  renameSync(`${path}.unfinished`, path);
  return path;
}

/** The paths of `count` files of Parquet that have as many rows each of the one at `path`, in its order. */
export async function parts(duckdb: DuckDB, path: string, name: string, count: number): Promise<string[]> {
  const rows = `read_parquet('${path}', file_row_number = true)`;
  const part = `file_row_number * ${count} // (select count(*) from ${rows}) as part`;
  const select = `select * exclude (file_row_number), ${part} from ${rows}`;
  const folder = await copied(duckdb, name, select, 'format parquet, partition_by part');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return found.filter((file) => file.endsWith('.parquet')).map((file) => `${folder}/${file}`);
}
