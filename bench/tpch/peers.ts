/** Who runs the queries of TPC-H beside us, each in a process of its own, with as many threads for computing as is asked. */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python, tpchTable } from '../data.ts';
import { PythonPeer } from '../python-peer.ts';
import type { Answer } from '../turns.ts';
import { DAFT_SQL } from './daft-sql.ts';
import { TPCH_TABLES } from './frames.ts';
import { TPCH_SQL } from './sql.ts';

export interface TpchPeer {
  readonly name: string;
  readonly sql: readonly string[];
  readonly folder: (sf: number) => string;
}

/** The folder of the tables, each a file of its name. */
export const tpchFolder = (sf: number): string =>
  dirname(TPCH_TABLES.map((name) => fileURLToPath(tpchTable(name, sf)))[0] as string);

export const DUCKDB: TpchPeer = { name: 'duckdb', sql: TPCH_SQL, folder: tpchFolder };

export const TPCH_PEERS: readonly TpchPeer[] = [
  DUCKDB,
  { name: 'polars', sql: TPCH_SQL, folder: tpchFolder },
  { name: 'daft', sql: DAFT_SQL, folder: withoutArrowSchemas },
];

/** The key in the footer that holds the schema the writer had, and one as long that nobody knows. */
const [ARROW_SCHEMA, NO_SCHEMA] = ['ARROW:schema', '-RROW:schema'];

/** Copies of the files but for a byte: a schema of Arrow says that texts are views, and Daft refuses such files. */
function withoutArrowSchemas(sf: number): string {
  const folder = tpchFolder(sf);
  const copies = `${folder}-without-arrow-schema`;
  mkdirSync(copies, { recursive: true });
  for (const name of TPCH_TABLES) {
    const path = `${copies}/${name}.parquet`;
    if (existsSync(path)) continue;
    const bytes = readFileSync(`${folder}/${basename(path)}`);
    const at = bytes.lastIndexOf(ARROW_SCHEMA as string);
    if (at >= 0) bytes.write(NO_SCHEMA as string, at, 'latin1');
    writeFileSync(`${path}.unfinished`, bytes);
    renameSync(`${path}.unfinished`, path);
  }
  return copies;
}

/** The command that runs one query and ends. */
export const coldCommand = ({ name, sql, folder }: TpchPeer, query: number, sf: number, threads: number): string[] => [
  python(),
  fileURLToPath(new URL('../tpch-peer.py', import.meta.url)),
  name,
  folder(sf),
  `${threads}`,
  sql[query - 1] as string,
];

/** A peer's process that stays warm. */
export class WarmPeer implements Disposable {
  readonly name: string;
  readonly version: string;
  readonly #sql: readonly string[];
  readonly #process: PythonPeer;

  private constructor({ name, sql }: TpchPeer, process: PythonPeer) {
    this.name = name;
    this.version = process.version;
    this.#sql = sql;
    this.#process = process;
  }

  static async start(peer: TpchPeer, sf: number, threads: number): Promise<WarmPeer> {
    return new WarmPeer(peer, await PythonPeer.start('tpch-peer.py', peer.name, peer.folder(sf), `${threads}`));
  }

  /** By the query's number. */
  async run(query: number): Promise<Answer | { readonly cannot: string }> {
    return (await this.#process.ask({ sql: this.#sql[query - 1] })) as Answer | { cannot: string };
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }
}
