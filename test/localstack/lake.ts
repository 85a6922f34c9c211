/**
 * A lake in the lane's buckets: files that DuckDB wrote, jobs over them, and what readers of the result see.
 *
 *     by the manifest    the files that `listCommitted` names
 *     by a listing       every key below the destination but hidden ones, as Spark and DuckDB read a directory
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { date, decimal, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { s3Store } from '../../src/io/s3/s3-store.ts';
import { joinUri } from '../../src/io/uri.ts';
import type { JobPlan } from '../../src/jobs/job.ts';
import type { PlanNode, WriteNode } from '../../src/plan/plan-node.ts';
import { query } from '../support/duckdb.ts';
import { col, int, op } from '../support/plans.ts';
import type { Row } from '../support/task.ts';

export const SCAN: PlanNode = {
  kind: 'scan',
  sourceId: 'sales',
  format: 'parquet',
  schema: [field('id', int64), field('shop', utf8), field('day', date), field('price', decimal(12, 2))],
};

/** A plan, what DuckDB makes of the table `sales` instead, and how the result is read. */
export interface Question {
  readonly plan: JobPlan;
  readonly sql: string;
  /** Columns that are directories, and their types. */
  readonly hiveTypes?: string;
}

const commit = (write: Partial<WriteNode>, input: PlanNode): JobPlan => ({
  kind: 'commit-write',
  mode: 'append',
  input: { kind: 'write', format: 'parquet', input, ...write },
});

/** Row by row: many tasks, and a directory for each shop and year. */
export const ROW_WISE: Question = {
  plan: commit(
    { partitionBy: ['shop', 'year'], compression: 'zstd' },
    {
      kind: 'project',
      input: { kind: 'filter', input: SCAN, predicate: op(col('price'), '>=', int(100)) },
      columns: [
        { name: 'id', expression: col('id') },
        { name: 'shop', expression: col('shop') },
        { name: 'day', expression: col('day') },
        { name: 'year', expression: { kind: 'function', name: 'year', arguments: [col('day')] } },
        { name: 'total', expression: op(col('price'), '*', int(3)) },
      ],
    },
  ),
  sql: 'select id, day, price * 3 as total, shop, year(day)::int as year from sales where price >= 100',
  hiveTypes: "{ 'shop': varchar, 'year': int }",
};

/** Groups: one task, of the large size. */
export const TOTALS: Question = {
  plan: commit(
    {},
    {
      kind: 'grouped-aggregate',
      input: SCAN,
      groupBy: [{ name: 'shop', expression: col('shop') }],
      aggregates: [
        { name: 'sales', function: 'count' },
        { name: 'total', function: 'sum', input: col('price') },
        { name: 'first', function: 'min', input: col('day') },
        { name: 'days', function: 'count_distinct', input: col('day') },
      ],
    },
  ),
  sql: `select shop, count(*)::ubigint as sales, sum(price) as total, min(day) as first, count(distinct day)::ubigint as days
    from sales group by shop`,
};

/** The same, in place of all that the destination held. */
export const replacing = (question: Question): Question => ({
  ...question,
  plan: { ...question.plan, mode: 'overwrite' },
});

export class CloudLake implements Disposable {
  readonly store: ObjectStore = retryingStore(s3Store());
  readonly directory: string = mkdtempSync(join(tmpdir(), 'millrace-lake-'));
  /** Local copies, by uri. */
  readonly #paths = new Map<string, string>();
  #copies = 0;

  /** Writes a file of sales [from, to) in row groups of `groupRows` (at least 2,048), and does not put it yet. */
  async write(uri: string, from: number, to: number, groupRows: number = 2048): Promise<void> {
    const path = join(this.directory, `${this.#copies++}.parquet`);
    await query(`copy (
      select n as id, (date '2025-11-01' + (n % 120)::int) as day, (n * 7919 % 100000 / 100)::decimal(12, 2) as price,
        [null, 'a b', 'Köln+', '50%', 'x/y=z', 'plain'][1 + n % 6] as shop, hash(n) as unused
      from range(${from}, ${to}) t(n)
    ) to '${path}' (format parquet, row_group_size ${groupRows})`);
    this.#paths.set(uri, path);
  }

  /** Puts the file that was last written for `uri`. */
  async put(uri: string): Promise<void> {
    await this.store.put(uri, readFileSync(this.#path(uri)));
  }

  /** What DuckDB answers over the files that were written for `uris`. */
  async answer({ sql }: Question, uris: readonly string[]): Promise<Row[]> {
    return await query(
      `with sales as (from read_parquet(${list(uris.map((uri) => this.#path(uri)))})) ${sql} order by all`,
    );
  }

  /** The rows of a destination, for who goes by the manifests. */
  async rowsByManifest(destination: string, question: Question): Promise<Row[]> {
    const { files } = await listCommitted(this.store, destination);
    return await this.#rows(
      destination,
      files.map(({ path }) => path),
      question,
    );
  }

  /** The rows of a destination, for who lists it and knows nothing of manifests. */
  async rowsByListing(destination: string, question: Question): Promise<Row[]> {
    const prefix = `${destination}/`;
    const keys = await Array.fromAsync(this.store.list(prefix), ({ uri }) => uri.slice(prefix.length));
    const visible = keys.filter((key) => !key.split('/').some((name) => /^[._]/.test(name)));
    return await this.#rows(destination, visible, question);
  }

  /** By DuckDB, from local copies in the directories that they have in the bucket. */
  async #rows(destination: string, paths: readonly string[], { hiveTypes }: Question): Promise<Row[]> {
    const directory = join(this.directory, `copy-${this.#copies++}`);
    const copies = await Promise.all(
      paths.map(async (path) => {
        const copy = join(directory, path);
        const stored = await this.store.get(joinUri(destination, path));
        if (stored === undefined) throw new Error(`${path} is not there.`);
        mkdirSync(dirname(copy), { recursive: true });
        writeFileSync(copy, stored.bytes);
        return copy;
      }),
    );
    if (copies.length === 0) return [];
    const hive = hiveTypes === undefined ? '' : `, hive_partitioning = true, hive_types = ${hiveTypes}`;
    return await query(`from read_parquet(${list(copies)}${hive}) order by all`);
  }

  #path(uri: string): string {
    const path = this.#paths.get(uri);
    if (path === undefined) throw new Error(`Nothing was written for ${uri}.`);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const list = (paths: readonly string[]): string => `[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join()}]`;

/** The executions whose names begin with `prefix`, in whatever state. */
export async function executionsOf(stateMachineArn: string, prefix: string): Promise<readonly string[]> {
  const client = new SFNClient({});
  try {
    const arns: string[] = [];
    for (let nextToken: string | undefined; ; ) {
      const page = await client.send(new ListExecutionsCommand({ stateMachineArn, nextToken }));
      for (const { name, executionArn } of page.executions ?? [])
        if (name?.startsWith(prefix)) arns.push(executionArn ?? '');
      nextToken = page.nextToken;
      if (nextToken === undefined) return arns;
    }
  } finally {
    client.destroy();
  }
}
