/** A job on trial: its input, written by DuckDB; its execution; and what is left for readers to see. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Deployment } from '../../infra/deploy.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import type { ObjectStore, UploadInfo } from '../../src/io/object-store.ts';
import { s3Store } from '../../src/io/s3/s3-store.ts';
import { joinUri } from '../../src/io/uri.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { StageItem } from '../../src/jobs/stage-items.ts';
import { startJob } from '../../src/jobs/start-job.ts';
import { executionStarter } from '../../src/jobs/step-functions.ts';
import type { PlanNode, WriteMode } from '../../src/plan/plan-node.ts';
import { glob, itemsAt, job, ROW_WISE, readJson } from '../jobs/lake.ts';
import { query } from '../support/duckdb.ts';
import { endOfExecution, freshBucket } from './harness.ts';
import type { Matcher } from './storage-proxy.ts';

/** How an execution has ended. */
export interface Ending {
  readonly status: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly output: string | undefined;
}

/** All that a reader of the destination may ever see. */
export interface Visible {
  /** Objects that no leading underscore hides, with their etags. */
  readonly listing: readonly string[];
  /** Files of the committed jobs. */
  readonly committed: readonly string[];
  /** Text of the job's manifest. */
  readonly manifest: string | undefined;
}

export interface FileOptions {
  readonly rowGroupRows?: number;
  /** Changes what DuckDB has written. */
  readonly damaged?: (bytes: Buffer) => Buffer;
}

export interface StartOptions extends Partial<Job> {
  readonly mode?: WriteMode;
}

/** What `ROW_WISE` means, over the table `sales`. */
const ROW_WISE_SQL = 'select id, shop, id + 1 from sales where id != 7';

export class Trial implements Disposable {
  readonly store: ObjectStore = s3Store();
  readonly bucket: string;
  readonly destination: string;
  readonly jobId: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-trial-'));
  readonly #deployment: Deployment;
  /** Local copies of the input. */
  readonly #inputs: string[] = [];

  private constructor(bucket: string, jobId: string, deployment: Deployment) {
    this.bucket = bucket;
    this.jobId = jobId;
    this.destination = `s3://${bucket}/out`;
    this.#deployment = deployment;
  }

  /** One without input yet; `label` becomes part of its job's id, and of every name in storage. */
  static async of(label: string, deployment: Deployment): Promise<Trial> {
    return new Trial(await freshBucket(), `${label}-${randomUUID().slice(0, 8)}`, deployment);
  }

  /** One with files of 5,000 rows, each of them a task. */
  static async ofTasks(tasks: number, label: string, deployment: Deployment): Promise<Trial> {
    const trial = await Trial.of(label, deployment);
    for (let task = 0; task < tasks; task++) await trial.addSales(task * 5000, task * 5000 + 5000);
    return trial;
  }

  /** Puts a file of rows [from, to). */
  addSales(from: number, to: number): Promise<string> {
    return this.addFile(
      `select n as id, 'shop ' || (n % 5) as shop, hash(n) as unused from range(${from}, ${to}) t(n)`,
    );
  }

  /** Puts a file of what `select` gives. */
  async addFile(
    select: string,
    { rowGroupRows = 10_000_000, damaged = (bytes) => bytes }: FileOptions = {},
  ): Promise<string> {
    const path = join(this.#directory, `in-${this.#inputs.length}.parquet`);
    const uri = `s3://${this.bucket}/in/${this.#inputs.length}.parquet`;
    await query(`copy (${select}) to '${path}' (format parquet, row_group_size ${rowGroupRows})`);
    this.#inputs.push(path);
    await this.store.put(uri, damaged(readFileSync(path)));
    return uri;
  }

  /** Starts the job; its execution. */
  async start(input: PlanNode = ROW_WISE, { mode = 'append', ...more }: StartOptions = {}): Promise<string> {
    const { executionArn } = await startJob({
      store: this.store,
      starter: executionStarter(this.#deployment),
      job: job(input, {
        plan: { kind: 'commit-write', mode, input: { kind: 'write', format: 'parquet', input } },
        jobId: this.jobId,
        inputs: { sales: glob(`s3://${this.bucket}/in/*.parquet`) },
        output: { uri: this.destination },
        // Less than any file: each is a task.
        taskBytes: 10_000,
        ...more,
      }),
    });
    return executionArn;
  }

  /** `s3://…`: a document of the job's work. */
  work(path: string): string {
    return `${this.destination}/_millrace/${this.jobId}/${path}`;
  }

  /** Requests for a document of the job's work. */
  asks(method: string, path: string): Matcher {
    const start = `${method} /${this.work(path).slice('s3://'.length)}`;
    return ({ line }) => line.startsWith(start);
  }

  /** Requests for files of a task of the job. */
  asksForFile(method: string, taskId: number, query: string): Matcher {
    const file = `/part-${this.jobId}-0-${taskId}-`;
    return ({ line }) => line.startsWith(method) && line.includes(file) && line.includes(query);
  }

  async items(): Promise<StageItem[]> {
    return await itemsAt(this.store, this.work('plan-0/items.json'));
  }

  async document(path: string): Promise<Record<string, unknown>> {
    return (await readJson(this.store, this.work(path))) as Record<string, unknown>;
  }

  async openUploads(): Promise<UploadInfo[]> {
    return await Array.fromAsync(this.store.listUploads(`s3://${this.bucket}/`));
  }

  async visible(): Promise<Visible> {
    const { store, destination } = this;
    const manifest = await store.get(this.work('manifest.json'));
    const { files } = await listCommitted(store, destination);
    return {
      listing: (await this.#listed()).map(({ uri, etag }) => `${uri} ${etag}`),
      committed: files.map(({ path, etag }) => `${joinUri(destination, path)} ${etag}`).sort(),
      manifest: manifest && new TextDecoder().decode(manifest.bytes),
    };
  }

  /** That the job has one result: DuckDB's, by the manifest and by a plain listing. */
  async expectResult(select: string = ROW_WISE_SQL): Promise<void> {
    const { listing, committed } = await this.visible();
    expect(listing, this.jobId).toEqual(committed);
    const paths: string[] = [];
    for (const { uri } of await this.#listed()) {
      const path = join(this.#directory, `out-${paths.length}.parquet`);
      writeFileSync(path, (await this.store.get(uri))?.bytes ?? '');
      paths.push(`'${path}'`);
    }
    expect(paths.length, this.jobId).toBeGreaterThan(0);
    const inputs = this.#inputs.map((path) => `'${path}'`);
    const different = await query(`
      with sales as (from read_parquet([${inputs}])),
        expected as materialized (${select}),
        actual as materialized (from read_parquet([${paths}]))
      (select 'missing', * from expected except all select 'missing', * from actual)
      union all (select 'too many', * from actual except all select 'too many', * from expected)
      limit 5`);
    expect(different, this.jobId).toEqual([]);
  }

  /** That nothing of the job can be seen, and nothing is left open. */
  async expectNothing(): Promise<void> {
    expect(await this.visible(), this.jobId).toEqual({ listing: [], committed: [], manifest: undefined });
    expect(await this.openUploads(), this.jobId).toEqual([]);
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #listed(): Promise<{ uri: string; etag: string }[]> {
    const prefix = `${this.destination}/`;
    const all = await Array.fromAsync(this.store.list(prefix));
    return all.filter(({ uri }) => !/(?:^|\/)[_.]/.test(uri.slice(prefix.length)));
  }
}

export async function endingOf(executionArn: string): Promise<Ending> {
  const { status, error, cause, output } = await endOfExecution(executionArn);
  return { status, error, cause, output };
}
