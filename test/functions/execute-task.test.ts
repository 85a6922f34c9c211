import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeHandler } from '../../functions/execute-task.ts';
import { processBudget } from '../../functions/executed-task.ts';
import { parseTaskManifest } from '../../src/commit/manifest.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { borrowLinearMemory } from '../../src/memory/process-memory.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { Task } from '../../src/plan/task.ts';
import { DESTINATION, Lake, ROW_WISE, uris } from '../jobs/lake.ts';
import { col, int, op } from '../support/plans.ts';
import { invoke } from './invoke.ts';

let lake: Lake;
beforeEach(async () => {
  lake = new Lake();
  await lake.add('mem://lake/1.parquet', 0, 30_000, 8192);
});
afterEach(() => lake[Symbol.dispose]());

const task = (more: Partial<Task> = {}): Task => ({
  version: 1,
  jobId: 'job-1',
  stageId: 0,
  taskId: 0,
  plan: { kind: 'write', format: 'parquet', input: ROW_WISE },
  inputs: { sales: { kind: 'files', files: [{ uri: 'mem://lake/1.parquet' }] } },
  output: { uri: DESTINATION },
  ...more,
});

async function put(uri: string, document: unknown): Promise<string> {
  await lake.store.put(uri, new TextEncoder().encode(JSON.stringify(document)));
  return uri;
}

const run = (event: unknown, store: ObjectStore = lake.store, timeoutMs?: number) =>
  invoke(makeHandler({ store }), event, timeoutMs === undefined ? {} : { timeoutMs });

describe('a task', () => {
  test('named by its uri is run to its manifest', async () => {
    const uri = await put('mem://work/task-0.json', task());
    const { answer, lines } = await run({ task: uri, size: 'small' });
    const manifest = `${DESTINATION}/_millrace/job-1/stage-0/task-0.json`;
    expect(answer).toEqual({ manifest, rows: 29_999, files: 1 });
    const stored = await lake.store.get(manifest);
    expect(parseTaskManifest(manifest, stored?.bytes ?? new Uint8Array()).files[0]?.rows).toBe(29_999);
    expect(lines.map(({ message }) => message)).toEqual(['task executed', 'done']);
    for (const line of lines) {
      expect(line).toMatchObject({
        level: 'INFO',
        service: 'millrace',
        function_name: 'millrace-test',
        function_memory_size: '1024',
        job: 'job-1',
        stage: 0,
        task: 0,
      });
      expect(line['function_request_id']).toMatch(/^request-/);
      expect(line).toHaveProperty('cold_start');
    }
  });

  test('may be the event itself', async () => {
    const { answer } = await run(task());
    expect(answer).toMatchObject({ rows: 29_999, files: 1 });
  });

  test('is measured once, by service and function', async () => {
    const { metrics } = await run(task());
    expect(metrics).toHaveLength(1);
    const [metric] = metrics;
    expect(metric).toMatchObject({
      service: 'millrace',
      function: 'millrace-test',
      Failures: 0,
      Rows: 29_999,
      Files: 1,
    });
    expect(metric?.['_aws']).toMatchObject({
      CloudWatchMetrics: [{ Namespace: 'Millrace', Dimensions: [['service', 'function']] }],
    });
    const names = ['Duration', 'PeakProcessBytes', 'PeakBudgetBytes', 'BytesRead', 'BytesWritten', 'EstimatedCostUsd'];
    for (const name of names) expect(metric?.[name], name).toBeGreaterThan(0);
    // The upload's begin and its part, and the manifest: the file is completed by the commit.
    expect(metric?.['WriteRequests']).toBe(3);
  });
});

describe('a warm process', () => {
  test('keeps compiled code and linear memory', async () => {
    await run(task());
    const compile = vi.spyOn(WebAssembly, 'Module');
    const { answer, lines } = await run(task({ taskId: 1 }));
    expect(answer).toMatchObject({ rows: 29_999 });
    // The encoder's own loader asks for its code every time, and V8 has it.
    const compiled = () => compile.mock.calls.filter(([{ byteLength }]) => byteLength < 1_000_000);
    expect(compiled()).toEqual([]);
    // The spy would have seen it: another expression is other code.
    const other = { ...ROW_WISE, columns: [{ name: 'far', expression: op(col('id'), '+', int(2 ** 40)) }] } as PlanNode;
    await run(task({ taskId: 2, plan: { kind: 'write', format: 'parquet', input: other } }));
    expect(compiled()).not.toEqual([]);
    compile.mockRestore();
    expect(lines[0]).toMatchObject({ statistics: { limitBytes: processBudget(1024) } });
    using loan = borrowLinearMemory(processBudget(1024));
    expect(loan.linear.committedBytes).toBeGreaterThan(65_536);
    expect(loan.linear.usedBytes).toBe(0);
  });

  test('keeps nothing of what the last invocation was about, nor a timer', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await run(task());
    // The test runner has timers too, and may be done with one meanwhile.
    expect(timers()).toBeLessThanOrEqual(before);
    const { error, lines, metrics } = await run({ task: 'mem://work/none.json' });
    expect(error).toMatchObject({ name: 'ObjectNotFound' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toHaveProperty('job');
    expect(metrics).toHaveLength(1);
    expect(metrics[0]).toMatchObject({ Failures: 1, ReadRequests: 1 });
    expect(metrics[0]).not.toHaveProperty('Rows');
  });
});

describe('what cannot be run', () => {
  test.each([
    [{ task: 7 }, 'InvalidArgument', /\$\.task: expected a string, found the number 7/],
    [{ task: 'mem://x/y', sizes: 'small' }, 'InvalidArgument', /unknown key "sizes"\. Did you mean "size"/],
    [null, 'InvalidPlan', /\$/],
    [{ ...task(), plan: { kind: 'wriet' } }, 'InvalidPlan', /\$\.plan/],
    [{ ...task({ plan: ROW_WISE }), output: undefined }, 'InvalidPlan', /\$\.output: a function runs tasks that write/],
    [task({ plan: ROW_WISE }), 'InvalidPlan', /\$\.plan: a function runs plans whose root is a write/],
    [{ task: 'ftp//nowhere' }, 'InvalidArgument', /not a valid uri/],
  ])('is refused by name, and counted as a failure: %j', async (event, name, message) => {
    const { error, lines, metrics } = await run(event);
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(lines.at(-1)).toMatchObject({ level: 'ERROR', message: 'failed', error_name: name });
    expect(metrics).toHaveLength(1);
    expect(metrics[0]).toMatchObject({ Failures: 1 });
  });

  test('out of memory, the operator and the bytes are named, and no upload stays', async () => {
    const x: Expression = { kind: 'literal', type: { kind: 'utf8' }, value: 'x' };
    const long: Expression = { kind: 'function', name: 'repeat', arguments: [x, int(2_000)] };
    const columns = [
      { name: 'id', expression: col('id') },
      { name: 'long', expression: long },
    ];
    const input = { kind: 'project', input: ROW_WISE, columns } as const;
    // 60 MB of rows, whatever the process holds already.
    const sorted = { kind: 'sort', input, keys: [{ expression: col('id') }] } as const;
    const small = makeHandler({ store: lake.store });
    const { error } = await invoke(small, task({ plan: { kind: 'write', format: 'parquet', input: sorted } }), {
      memoryMb: Math.ceil(process.memoryUsage.rss() / 2 ** 20) + 40 + 40 + 9,
    });
    expect(error).toMatchObject({ name: 'MemoryBudgetExceeded', message: expect.stringMatching(/needs \d+ bytes/) });
    expect(await Array.fromAsync(lake.store.listUploads(DESTINATION))).toEqual([]);
  });
});

describe('the deadline', () => {
  /** Its uploads never get through, and end when the signal says so. */
  const stuck = (): ObjectStore => {
    const { store } = lake;
    return {
      ...boundMethods(store),
      uploadPart: (_uri, _uploadId, _number, _bytes, options) =>
        new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
        }),
    };
  };

  test('ends a task that is stuck: by name, with nothing left of it', async () => {
    const { error, metrics } = await run(task(), stuck(), 1_000);
    expect(error).toMatchObject({ name: 'DeadlineExceeded' });
    expect(metrics[0]).toMatchObject({ Failures: 1 });
    expect(await Array.fromAsync(lake.store.listUploads(DESTINATION))).toEqual([]);
    expect(await uris(lake.store, DESTINATION)).toEqual([]);
  });
});

function boundMethods(store: ObjectStore): ObjectStore {
  return {
    head: (...args) => store.head(...args),
    readInto: (...args) => store.readInto(...args),
    get: (...args) => store.get(...args),
    list: (...args) => store.list(...args),
    put: (...args) => store.put(...args),
    delete: (...args) => store.delete(...args),
    beginUpload: (...args) => store.beginUpload(...args),
    uploadPart: (...args) => store.uploadPart(...args),
    completeUpload: (...args) => store.completeUpload(...args),
    abortUpload: (...args) => store.abortUpload(...args),
    listUploads: (...args) => store.listUploads(...args),
  };
}
