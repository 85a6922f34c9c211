/** What a session or a task says of all its expressions: what overflow is, and on whose clock they are. */

import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { int64 } from '../src/columnar/data-type.ts';
import { ArithmeticOverflow, InvalidArgument, InvalidPlan } from '../src/errors.ts';
import { executeTask } from '../src/execute-task.ts';
import { col, element, fn, list, lit, range, Session, types, window } from '../src/index.ts';
import { memoryStore } from '../src/io/memory-store.ts';
import { wholeJobTask } from '../src/jobs/whole-job-task.ts';
import { parseTask } from '../src/plan/parse-task.ts';
import { query } from './support/duckdb.ts';

const GREATEST = 2n ** 63n - 1n;
const wrapped = (exact: bigint): bigint => BigInt.asIntN(64, exact);
const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

describe('overflow', () => {
  const wrap = new Session({ overflow: 'wrap' });
  const values = Array.from({ length: 60 }, (_, n) => GREATEST - BigInt(n * n));
  const rows = values.map((v, n) => ({ v, g: n % 7, n }));
  const over = (session: Session) => session.fromRows(rows);

  test('sums wrap around, of all rows, of groups, of frames and of lists', async () => {
    const exact = wrapped(sumOf(values));
    expect(await over(wrap).agg(col('v').sum().alias('s')).toRows()).toEqual([{ s: exact }]);
    const groups = await over(wrap).groupBy('g').agg(col('v').sum().alias('s')).sort('g').toRows();
    const sums = groups.map(({ g }) => wrapped(sumOf(values.filter((_, n) => n % 7 === Number(g)))));
    expect(groups.map(({ s }) => s)).toEqual(sums);
    const moving = col('v').sum().over(window().orderBy('n').rowsBetween(-2, 0)).alias('s');
    const slid = await over(wrap).select('n', moving).sort('n').toRows();
    expect(slid.map(({ s }) => s)).toEqual(
      values.map((_, n) => wrapped(sumOf(values.slice(Math.max(0, n - 2), n + 1)))),
    );
    const running = col('v').sum().over(window().orderBy('n')).alias('s');
    const summed = await over(wrap).select('n', running).sort('n').toRows();
    expect(summed.map(({ s }) => s)).toEqual(values.map((_, n) => wrapped(sumOf(values.slice(0, n + 1)))));
    const lists = await over(wrap)
      .limit(1)
      .select(fn.listSum(list(col('v'), col('v'), lit(5))).alias('s'))
      .toRows();
    expect(lists).toEqual([{ s: wrapped(2n * GREATEST + 5n) }]);
    const pivoted = await over(wrap)
      .limit(14)
      .select('v', col('g').alias('name'), lit(0).alias('k'))
      .groupBy('k')
      .pivot('name', 'v', ['1'], 'sum')
      .toRows();
    expect(pivoted).toEqual([{ k: 0, '1': wrapped(values[1]! + values[8]!) }]);
  });

  test('arithmetic wraps around wherever it stands, also in lambdas and in keys of joins', async () => {
    const frame = over(wrap).limit(3);
    const more = await frame
      .select(
        col('v').add(7).alias('a'),
        col('v').neg().sub(9).alias('b'),
        fn.listMap(list(col('v')), element().mul(3)).alias('c'),
      )
      .toRows();
    const first = values.slice(0, 3);
    expect(more).toEqual(first.map((v) => ({ a: wrapped(v + 7n), b: wrapped(-v - 9n), c: [wrapped(v * 3n)] })));
    const other = wrap.fromRows([{ k: wrapped(GREATEST + 1n) }]);
    expect(await frame.join(other, { leftOn: col('v').add(1), rightOn: 'k' }).count()).toBe(1);
    expect(await frame.filter(col('v').add(1).lt(0)).count()).toBe(1);
  });

  test('what is no integer does not wrap, nor do means, products and casts', async () => {
    const decimals = wrap.fromRows([{ d: '9'.repeat(38) }]).select(col('d').cast(types.decimal(38, 0)));
    await expect(decimals.select(col('d').add(col('d'))).collect()).rejects.toThrow(ArithmeticOverflow);
    await expect(over(wrap).select(col('v').cast(types.int8)).collect()).rejects.toThrow('int8');
    await expect(over(wrap).agg(col('v').product()).collect()).rejects.toThrow(ArithmeticOverflow);
    const [mean] = await over(wrap).agg(col('v').mean().alias('m')).toRows();
    expect(mean?.m).toBe(Number(sumOf(values) / 60n));
  });

  test('is an error where nothing is said; compiled code of one session is not that of another', async () => {
    await using strict = new Session();
    const made = (session: Session) => over(session).select(col('v').add(col('v')).alias('s'));
    for (let turn = 0; turn < 2; turn += 1) {
      expect((await made(wrap).toRows())[0]).toEqual({ s: wrapped(2n * GREATEST) });
      await expect(made(strict).collect()).rejects.toThrow(ArithmeticOverflow);
    }
    await expect(over(strict).agg(col('v').sum()).collect()).rejects.toThrow(ArithmeticOverflow);
    await expect(
      over(strict)
        .select(col('v').sum().over(window().orderBy('n')))
        .collect(),
    ).rejects.toThrow(ArithmeticOverflow);
  });

  test('is in the task that a frame is, and in those of jobs', async () => {
    const sum = wrap.range(0, 3).select(col('value').mul(GREATEST).alias('s'));
    const task = sum.toPlan();
    expect(task.overflow).toBe('wrap');
    const { inputs, plan, ...envelope } = task;
    const rows = Object.fromEntries(Object.keys(inputs).map((id) => [id, { kind: 'rows', rows: [{ value: '2' }] }]));
    const seen: unknown[] = [];
    const onBatch = (batch: Iterable<unknown>): void => void seen.push(...batch);
    const services = { store: memoryStore(), onBatch };
    await executeTask(JSON.stringify({ ...envelope, plan, inputs: rows }), services);
    expect(seen.map((row) => (row as { s: bigint }).s)).toEqual([-2n]);
    await expect(executeTask({ ...envelope, overflow: 'error', plan, inputs: rows }, services)).rejects.toThrow(
      ArithmeticOverflow,
    );
    assert.ok('kind' in plan);
    const commit = {
      kind: 'commit-write',
      mode: 'append',
      input: { kind: 'write', format: 'parquet', input: plan },
    } as const;
    const output = { uri: 's3://lake/out' };
    const job = {
      version: 1,
      plan: commit,
      inputs: rows as never,
      output,
      overflow: 'wrap',
      timezone: 'Asia/Tokyo',
    } as const;
    expect(await wholeJobTask({ job, store: memoryStore() })).toMatchObject({
      overflow: 'wrap',
      timezone: 'Asia/Tokyo',
    });
  });

  test('is strictly one or the other', () => {
    expect(() => new Session({ overflow: 'saturate' as 'wrap' })).toThrow(InvalidArgument);
    expect(() => parseTask({ ...range(0, 1).toPlan(), overflow: 'saturate' })).toThrow(/\$\.overflow/);
  });
});

describe('the time zone', () => {
  const ZONES = ['Europe/Berlin', 'America/St_Johns', 'Pacific/Kiritimati', '+05:30'];

  test.each(ZONES)('%s is that of now and of what is made by it', async (timezone) => {
    await using session = new Session({ timezone });
    const frame = session
      .range(0, 1)
      .select(
        fn.currentTimezone().alias('zone'),
        fn.currentTimestamp().alias('now'),
        fn.currentTimestamp().dt.toUnixEpoch('ms').alias('epoch'),
        fn.currentDate().alias('day'),
        fn.makeTimestampLtz(2024, 3, 31, 1, 30, 0).alias('made'),
        fn.makeTimestampLtz(2024, 3, 31, 1, 30, 0, 'UTC').alias('utc'),
      );
    const zoned = types.timestamp('us', timezone);
    expect(frame.schema.fields.map(({ type }) => type)).toEqual([types.utf8, zoned, int64, types.date, zoned, zoned]);
    const [row] = await frame.toRows();
    expect(row?.zone).toBe(timezone);
    const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone }).format(Number(row?.epoch));
    expect(String(row?.day)).toBe(shown);
    const epochs = await frame.select(col('made').dt.toUnixEpoch(), col('utc').dt.toUnixEpoch()).toRows();
    expect(Number(epochs[0]?.utc)).toBe(Date.UTC(2024, 2, 31, 1, 30) / 1000);
    if (timezone.startsWith('+')) return;
    await query(`set TimeZone = '${timezone}'`);
    try {
      const [[made, day]] = (await query(
        'select epoch(make_timestamptz(2024, 3, 31, 1, 30, 0))::bigint, current_date::text',
      )) as [[bigint, string]];
      expect(epochs[0]?.made).toBe(made);
      // Midnight may have come between the two.
      expect(Math.abs(Date.parse(day) - Date.parse(shown))).toBeLessThanOrEqual(86_400_000);
    } finally {
      await query("set TimeZone = 'UTC'");
    }
  });

  test('is written into the plan, so that it means the same elsewhere', async () => {
    await using session = new Session({ timezone: 'Asia/Tokyo' });
    const task = session.range(0, 1).select(fn.currentTimezone().alias('zone')).filter(col('zone').ne('')).toPlan();
    const rows: unknown[] = [];
    const inputs = Object.fromEntries(
      Object.keys(task.inputs).map((id) => [id, { kind: 'rows', rows: [{ value: 1 }] }]),
    );
    await executeTask({ ...task, inputs }, { store: memoryStore(), onBatch: (batch) => void rows.push(...batch) });
    expect(rows.map((row) => ({ ...(row as object) }))).toEqual([{ zone: 'Asia/Tokyo' }]);
  });

  test('of a task is that of its plan', async () => {
    const plan = {
      kind: 'project',
      input: { kind: 'in-memory-scan', sourceId: 't', schema: [{ name: 'x', type: int64, nullable: false }] },
      columns: [
        { name: 'zone', expression: { kind: 'function', name: 'current_timezone', arguments: [] } },
        // A literal is data, whatever it looks like.
        { name: 'text', expression: { kind: 'literal', type: types.utf8, value: 'now' } },
      ],
    };
    const task = {
      version: 1,
      jobId: 'j',
      stageId: 0,
      taskId: 0,
      plan,
      inputs: { t: { kind: 'rows', rows: [{ x: 1 }] } },
    };
    const zoneOf = async (timezone?: string): Promise<unknown> => {
      const rows: unknown[] = [];
      const onBatch = (batch: Iterable<unknown>): void => void rows.push(...batch);
      await executeTask(timezone === undefined ? task : { ...task, timezone }, { store: memoryStore(), onBatch });
      return (rows[0] as { zone: string }).zone;
    };
    expect([await zoneOf(), await zoneOf('America/Lima'), await zoneOf()]).toEqual(['UTC', 'America/Lima', 'UTC']);
    await expect(zoneOf('Europe/Berlln')).rejects.toThrow(InvalidPlan);
    await expect(zoneOf('Europe/Berlln')).rejects.toThrow(/\$\.timezone.*Europe\/Berlin/);
  });

  test('that there is none is said at once', () => {
    expect(() => new Session({ timezone: 'Mars/Olympus' })).toThrow(InvalidArgument);
  });
});
