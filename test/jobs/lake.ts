/** A lake in memory: files that DuckDB wrote, jobs over them, and what a reader of the result sees. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import { executeTask } from '../../src/execute-task.ts';
import { type MemoryStore, memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { joinUri } from '../../src/io/uri.ts';
import type { Job, JobInput } from '../../src/jobs/job.ts';
import type { StageItem } from '../../src/jobs/stage-items.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { query } from '../support/duckdb.ts';
import { col, int, op } from '../support/plans.ts';
import type { Row } from '../support/task.ts';

export const DESTINATION = 'mem://out/sales';

export const SCAN: PlanNode = {
  kind: 'scan',
  sourceId: 'sales',
  format: 'parquet',
  schema: [field('id', int64), field('shop', utf8)],
};

/** Some rows, one column more. */
export const ROW_WISE: PlanNode = {
  kind: 'project',
  input: { kind: 'filter', input: SCAN, predicate: op(col('id'), '!=', int(7)) },
  columns: [
    { name: 'id', expression: col('id') },
    { name: 'shop', expression: col('shop') },
    { name: 'next', expression: op(col('id'), '+', int(1)) },
  ],
};

export const job = (input: PlanNode = ROW_WISE, more: Partial<Job> = {}): Job => ({
  version: 1,
  jobId: 'job-1',
  plan: { kind: 'commit-write', mode: 'append', input: { kind: 'write', format: 'parquet', input } },
  inputs: { sales: glob('mem://lake/**/*.parquet') },
  output: { uri: DESTINATION },
  ...more,
});

export const glob = (text: string): JobInput => ({ kind: 'glob', glob: text });

export class Lake implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'millrace-lake-'));
  readonly store: MemoryStore = memoryStore({ minPartBytes: 1 });
  /** Local copies, by uri. */
  readonly #paths = new Map<string, string>();

  /** Puts a file of rows [from, to), in row groups of `groupRows` (at least 2,048). */
  async add(uri: string, from: number, to: number, groupRows: number = 100_000): Promise<void> {
    const path = join(this.directory, `${this.#paths.size}.parquet`);
    await query(`copy (select n as id, 'shop ' || (n % 5) as shop, hash(n) as unused from range(${from}, ${to}) t(n))
      to '${path}' (format parquet, row_group_size ${groupRows})`);
    this.#paths.set(uri, path);
    await this.store.put(uri, readFileSync(path));
  }

  /** What DuckDB makes of all files, as table `sales`. */
  async duck(select: string): Promise<Row[]> {
    const files = [...this.#paths.values()].map((path) => `'${path}'`);
    return await query(`with sales as (from read_parquet([${files}])) ${select}`);
  }

  /** The rows of the committed files, by DuckDB. */
  async committedRows(order: string): Promise<Row[]> {
    const { files } = await listCommitted(this.store, DESTINATION);
    const paths: string[] = [];
    for (const [index, { path }] of files.entries()) {
      const stored = await this.store.get(joinUri(DESTINATION, path));
      const local = join(this.directory, `out-${index}.parquet`);
      writeFileSync(local, stored?.bytes ?? new Uint8Array());
      paths.push(`'${local}'`);
    }
    if (paths.length === 0) return [];
    return await query(`from read_parquet([${paths}]) order by ${order}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function readJson(store: ObjectStore, uri: string): Promise<unknown> {
  const stored = await store.get(uri);
  if (stored === undefined) throw new Error(`${uri} is not there`);
  return JSON.parse(new TextDecoder().decode(stored.bytes));
}

export const itemsAt = async (store: ObjectStore, uri: string): Promise<StageItem[]> =>
  (await readJson(store, uri)) as StageItem[];

/** What the execute-task function does with an item. */
export async function runItem(store: ObjectStore, { task }: StageItem): Promise<void> {
  await executeTask(await readJson(store, task), { store, memoryBytes: 64 * 1024 * 1024 });
}

/** Every uri in the store below `prefix`. */
export const uris = (store: ObjectStore, prefix: string): Promise<string[]> =>
  Array.fromAsync(store.list(prefix), ({ uri }) => uri);
