/** A limit ends the reading: what is between it and the scan passes that on, and what lies behind is not asked for. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { fileStore } from '../../src/io/file-store.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { buildChain } from '../../src/planner/build-chain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { temporaryDirectory, writeByDuck } from '../io/parquet/scan-file.ts';
import { observedStore } from '../support/observed-store.ts';
import { col, int, op } from '../support/plans.ts';
import { Collector, expectAllReturned, type Row, testBudget, testTask } from '../support/task.ts';

const directory = temporaryDirectory();
/** Of a megabyte each: the end of a file, which is read with its metadata, and the 4 MiB that are read ahead are a small part. */
const ROW_GROUPS = 20;
const noise = Array.from({ length: 16 }, (_, part) => `md5((i * 16 + ${part})::varchar)`).join(' || ');
/** Two files of as many row groups each. */
const files = Promise.all(
  ['a', 'b'].map((name) =>
    writeByDuck(
      join(directory, `${name}.parquet`),
      `select i, ${noise} as noise from range(${ROW_GROUPS * 2048}) r(i)`,
      'row_group_size 2048',
    ),
  ),
);

const scan: PlanNode = {
  kind: 'scan',
  sourceId: 'numbers',
  format: 'parquet',
  schema: [field('i', int64), field('noise', utf8)],
};

interface Read {
  readonly rows: readonly Row[];
  readonly rowGroups: number;
  readonly bytes: number;
  /** Names of the files of which anything was asked for. */
  readonly names: readonly string[];
}

async function read(plan: PlanNode): Promise<Read> {
  const memory = testBudget();
  const bound = pushDown(bindPlan(plan));
  const { store, asked } = observedStore(fileStore());
  const inputs = { numbers: { kind: 'files', files: (await files).map((uri) => ({ uri })) } } as const;
  const collector = new Collector(memory, bound.schema);
  const stats = await runChain(await buildChain(bound, { inputs, store }), collector, testTask(memory));
  expectAllReturned(memory);
  const counters = stats.at(-1)?.counters ?? {};
  const names = [...new Set(asked.map(({ uri }) => uri.slice(-'a.parquet'.length)))];
  return {
    rows: collector.rows,
    rowGroups: counters['row groups read'] ?? -1,
    bytes: counters['bytes read'] ?? -1,
    names,
  };
}

const doubled = { name: 'twice', expression: op(col('i'), '*', int(2)) };
const project: PlanNode = {
  kind: 'project',
  input: scan,
  columns: [{ name: 'noise', expression: col('noise') }, doubled],
};

const even: PlanNode = { kind: 'filter', input: project, predicate: op(op(col('twice'), '%', int(4)), '=', int(0)) };
const pairs: PlanNode = {
  kind: 'project',
  input: even,
  columns: [
    { name: 'pair', expression: { kind: 'list', items: [col('twice'), col('twice')] } },
    { name: 'noise', expression: col('noise') },
  ],
};

describe('a limit above a scan of two files', () => {
  const chains: Readonly<Record<string, PlanNode>> = {
    nothing: scan,
    'a projection': project,
    'a filter': even,
    'explode, a projection and a filter': { kind: 'explode', input: pairs, columns: ['pair'] },
    unpivot: { kind: 'unpivot', input: scan, ids: ['i'], values: ['noise'] },
    dedup: { kind: 'dedup', input: scan, columns: ['i'] },
    'into-batches and ids': {
      kind: 'monotonically-increasing-id',
      input: { kind: 'into-batches', input: scan, rows: 1000, strict: true },
      name: 'id',
    },
    'a sample of a fraction': { kind: 'sample', input: scan, fraction: 0.9, seed: 1 },
  };

  test.each(Object.entries(chains))('with %s between them reads as much as it needs', async (_, input) => {
    const whole = await read(input);
    expect(whole).toMatchObject({ rowGroups: 2 * ROW_GROUPS, names: ['a.parquet', 'b.parquet'] });
    const limited = await read({ kind: 'limit', input, limit: 100, offset: 20 });
    expect(limited.rows).toEqual(whole.rows.slice(20, 120));
    expect(limited.rowGroups).toBe(1);
    expect(limited.names).toEqual(['a.parquet']);
    expect(limited.bytes).toBeLessThan(whole.bytes / 4);
  });
});
