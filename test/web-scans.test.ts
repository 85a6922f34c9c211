/** Plans that read from a web server, from JSON to rows. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsServices } from '../functions/services.ts';
import * as types from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { Session } from '../src/dataframe/session.ts';
import { executeTask } from '../src/execute-task.ts';
import type { Expression } from '../src/expressions/expression.ts';
import { httpStore } from '../src/io/http/http-store.ts';
import { storeRouter } from '../src/io/store-router.ts';
import type { PlanNode, ScanNode } from '../src/plan/plan-node.ts';
import { cli } from './cli/cli.ts';
import { query } from './support/duckdb.ts';
import { type HttpServer, httpServer, sendRange } from './support/http-server.ts';
import { col } from './support/plans.ts';
import { resultBatch } from './support/record-batch-rows.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-web-'));
let server: HttpServer;
const FORMATS = ['parquet', 'csv', 'json'] as const;

beforeAll(async () => {
  const files = new Map<string, Buffer>();
  for (const format of FORMATS) {
    const path = join(directory, `t.${format}`);
    await query(`copy (select i as n, 'text ' || i % 7 as t from range(20000) r(i)) to '${path}' (format ${format})`);
    files.set(`/t.${format}`, readFileSync(path));
  }
  server = await httpServer((request) => {
    const [, path = ''] = / ([^?]*)/.exec(request.line) ?? [];
    const content = files.get(path);
    if (content === undefined) request.answer.writeHead(404).end();
    else if (request.line.startsWith('HEAD')) {
      request.answer.writeHead(200, { 'content-length': content.byteLength, etag: '"e"' }).end();
    } else if (request.headers.range !== undefined) sendRange(request, content);
    else request.answer.writeHead(200, { 'content-length': content.byteLength, etag: '"e"' }).end(content);
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const scanOf = (format: ScanNode['format']): ScanNode => ({
  kind: 'scan',
  sourceId: 't',
  format,
  schema: [field('n', types.int64), field('t', types.utf8)],
});
const taskOf = (plan: PlanNode, name: string) => ({
  version: 1,
  jobId: 'web',
  stageId: 0,
  taskId: 0,
  plan,
  inputs: { t: { kind: 'files', files: [{ uri: `${server.endpoint}/${name}` }] } },
});

async function run(plan: PlanNode, name: string, downloads?: readonly string[]): Promise<(readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = [];
  await executeTask(taskOf(plan, name), {
    store: storeRouter({ http: httpStore({ privateHosts: true }) }),
    allowedUris: downloads && { downloads },
    onBatch: (batch: RecordBatch) => void rows.push(...resultBatch(batch).rows()),
  });
  return rows;
}

describe('a plan over http', () => {
  test.each(FORMATS)('scans %s, signed or not', async (format) => {
    const expected = Array.from({ length: 20_000 }, (_, i) => [BigInt(i), `text ${i % 7}`]);
    expect(await run(scanOf(format), `t.${format}?signature=secret`)).toEqual(expected);
  });

  test('names what is not there, or damaged, without what is secret', async () => {
    for (const [name, format, error] of [
      ['none.csv', 'csv', 'ObjectNotFound'],
      ['none.parquet', 'parquet', 'ObjectNotFound'],
      ['t.parquet', 'json', 'UnsupportedFile'],
      ['t.csv', 'parquet', 'MalformedFile'],
    ] as const) {
      const failure = await run(scanOf(format), `${name}?signature=secret`).catch((error: unknown) => error);
      expect(failure, name).toMatchObject({ name: error });
      expect(String(failure)).not.toContain('secret');
    }
  });

  test('downloads only what the task allows', async () => {
    const call = (name: string, ...given: Expression[]): Expression => ({ kind: 'function', name, arguments: given });
    const uri = call('concat', { kind: 'literal', type: types.utf8, value: `${server.endpoint}/t.csv?` }, col('t'));
    const plan: PlanNode = {
      kind: 'project',
      input: { kind: 'limit', input: scanOf('json'), limit: 2, offset: 0 },
      columns: [{ name: 'bytes', expression: call('length', call('url_download', uri)) }],
    };
    const size = BigInt(readFileSync(join(directory, 't.csv')).byteLength);
    expect((await run(plan, 't.json', [`${server.endpoint}/`])).map(([bytes]) => BigInt(bytes as number))).toEqual([
      size,
      size,
    ]);
    await expect(run(plan, 't.json')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('runs at a desk, which also tells the schema', async () => {
    const path = join(directory, 'task.json');
    writeFileSync(path, JSON.stringify(taskOf({ ...scanOf('csv'), limit: 2 }, 't.csv')));
    const [rows, schema] = await Promise.all([
      cli(['run', path, '--format', 'csv']),
      cli(['schema', `${server.endpoint}/t.csv?signature=secret`]),
    ]);
    expect(rows).toMatchObject({ code: 0, stdout: 'n,t\r\n0,text 0\r\n1,text 1\r\n' });
    expect(JSON.parse(schema.stdout)).toMatchObject([
      { name: 'n', type: { kind: 'int64' } },
      { name: 't', type: { kind: 'utf8' } },
    ]);
  });

  test('has no globs, of which nothing would be found silently', async () => {
    const advice = 'nothing is listed over http, so it is no glob. Name the files';
    await expect(new Session().readCsv(`${server.endpoint}/*.csv?s=secret`)).rejects.toThrow(`/*.csv: ${advice}`);
    expect((await cli(['schema', `${server.endpoint}/*.csv`])).stderr).toContain(advice);
  });
});

describe('functions', () => {
  test('reach no web server unless they are told which', async () => {
    expect(awsServices({})).toEqual({ store: expect.anything() });
    await expect(awsServices({}).store.head('https://example.com/a')).rejects.toMatchObject({
      name: 'InvalidArgument',
    });
    expect(() => awsServices({ MILLRACE_HTTPS: 'http://a/' })).toThrow(/MILLRACE_HTTPS has http:/);
  });

  test('reach what is below their prefixes, and S3, and never the network around them', async () => {
    const { store, downloads } = awsServices({ MILLRACE_HTTPS: ' https://127.0.0.1/open/  https://a.example/ ' });
    expect(downloads).toEqual(['s3://', 'https://127.0.0.1/open/', 'https://a.example/']);
    await expect(store.head('https://127.0.0.1/open/a')).rejects.toThrow(/its address is not a public one/);
    await expect(store.head('https://b.example/a')).rejects.toThrow(/this task may read/);
    await expect(store.head('http://127.0.0.1/open/a')).rejects.toMatchObject({ name: 'InvalidArgument' });
    expect(store).toHaveProperty('requestCounts');
  });
});
