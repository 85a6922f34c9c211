/** Jobs over large files of text: many tasks, and the rows of the whole. */

import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { MalformedFile } from '../../src/errors.ts';
import { commitStagedJob } from '../../src/jobs/finish-job.ts';
import { planStage } from '../../src/jobs/plan-stage.ts';
import { storeJob } from '../../src/jobs/store-job.ts';
import type { PlanNode, ScanNode } from '../../src/plan/plan-node.ts';
import { glob, itemsAt, job, Lake, runItem } from './lake.ts';

let lake: Lake;
beforeEach(() => {
  lake = new Lake();
});
afterEach(() => lake[Symbol.dispose]());

const TEXTS = Array.from({ length: 2_000 }, (_, n) => (n % 3 === 0 ? `line\n${n}, "quoted"` : `text ${n}`));
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const CSV = `id,shop\r\n${TEXTS.map((text, n) => `${n},${quoted(text)}\r\n`).join('')}`;
const LINES = TEXTS.map((shop, id) => `${JSON.stringify({ id, shop })}\n`).join('');
const spread = TEXTS.map((shop, id) => JSON.stringify({ id, shop }, undefined, 1)).join('\n');
const bare = `id|shop\n${TEXTS.map((_, n) => `${n}|"${n}`).join('\n')}`;

/** How many tasks a job has, and what it commits. */
async function run(content: string | Uint8Array, format: ScanNode['format']) {
  const { store } = lake;
  await store.put('mem://lake/large', Buffer.from(content));
  const scan: PlanNode = { kind: 'scan', sourceId: 'sales', format, schema: [field('id', int64), field('shop', utf8)] };
  const document = job(scan, { inputs: { sales: glob('mem://lake/*') }, taskBytes: 5_000 });
  const { jobUri } = await storeJob({ store, job: document });
  const plan = await planStage({ store, jobUri, stageId: 0 });
  if (plan.next !== 'map') throw new Error('there is nothing to map');
  const items = await itemsAt(store, plan.items.uri);
  for (const item of items) await runItem(store, item);
  await commitStagedJob({ store, jobUri });
  return { tasks: items.length, rows: await lake.committedRows('id') };
}

test.each<[string, string | Uint8Array, ScanNode['format'], boolean]>([
  ['CSV with line ends in quotes', CSV, 'csv', true],
  ['CSV without quotes', bare, { kind: 'csv', delimiter: '|', quote: null }, true],
  ['JSON lines', LINES, 'json', true],
  ['CSV that is compressed', gzipSync(CSV), 'csv', false],
  ['CSV in Latin-1', CSV, { kind: 'csv', encoding: 'latin-1' }, false],
  ['JSON on several lines', spread, 'json', false],
  ['JSON in an array', `[${LINES.trim().replaceAll('\n', ',\n')}]`, 'json', false],
])('%s', async (name, content, format, isCut) => {
  const { tasks, rows } = await run(content, format);
  if (isCut) expect(tasks).toBeGreaterThan(3);
  else expect(tasks).toBe(1);
  expect(rows).toEqual(TEXTS.map((text, n) => [BigInt(n), name === 'CSV without quotes' ? `"${n}` : text]));
});

test('CSV whose quotes are wrong is no job', async () => {
  await expect(run(`${CSV}1,"x"y\n`, 'csv')).rejects.toThrow(MalformedFile);
  await expect(run(`${CSV}1,"x`, 'csv')).rejects.toThrow(/a quote is not closed/);
});
