import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ObjectChanged, StorageUnavailable } from '../../src/errors.ts';
import { HedgedReads } from '../../src/io/hedged-reads.ts';
import { seededRandom } from '../../src/io/memory-store-faults.ts';
import { sendRange } from '../support/http-server.ts';
import { s3Server } from '../support/s3-server.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { noise } from './object-store-contract.ts';

const MIB = 1024 * 1024;

/** What becomes of one request: it takes so long, and fails or not. */
interface Fate {
  readonly ms: number;
  readonly failure?: Error;
}

/** Reads of which a test says how long each request takes, in the order in which they are sent. */
class Trial {
  readonly time = new VirtualTime();
  readonly sent: number[] = [];
  brokenOff = 0;
  repeated = 0;
  won = 0;
  hasRoom = true;
  readonly reads = new HedgedReads({
    mayRepeat: () => this.hasRoom,
    onRepeated: () => this.repeated++,
    onWon: () => this.won++,
    clock: this.time,
  });

  /** Resolves with how long it took. */
  read(fates: readonly Fate[], bytes: number = MIB, signal?: AbortSignal): Promise<number> {
    const startMs = this.time.nowMs();
    let next = 0;
    const send = async (sending: AbortSignal, onSent: () => void): Promise<void> => {
      const { ms, failure } = fates[next++] as Fate;
      onSent();
      this.sent.push(this.time.nowMs() - startMs);
      try {
        await this.time.sleep(ms, sending);
      } catch (error) {
        this.brokenOff++;
        throw error;
      }
      if (failure !== undefined) throw failure;
    };
    return this.time.run(this.reads.read({ bytes, signal, send })).then(() => this.time.nowMs() - startMs);
  }

  /** As many reads of 50 ms as it takes to know what is slow. */
  async learn(bytes: number = MIB, count: number = 40): Promise<void> {
    for (let i = 0; i < count; i++) await this.read([{ ms: 50 }], bytes);
    this.sent.length = 0;
  }
}

const unavailable = new StorageUnavailable('as the test says');
const changed = new ObjectChanged('s3://b/a', 'v1', 'v2');

describe('a read that is slower than its peers', () => {
  test('is begun again, and the first answer ends both', async () => {
    const trial = new Trial();
    await trial.learn();
    expect(await trial.read([{ ms: 10_000 }, { ms: 30 }])).toBe(80);
    expect(trial).toMatchObject({ sent: [0, 50], brokenOff: 1, repeated: 1, won: 1 });
  });

  test('may still be the first to be there', async () => {
    const trial = new Trial();
    await trial.learn();
    expect(await trial.read([{ ms: 60 }, { ms: 30 }])).toBe(60);
    expect(trial).toMatchObject({ brokenOff: 1, repeated: 1, won: 0 });
  });

  test('is slow by the reads of its own size', async () => {
    const trial = new Trial();
    await trial.learn(MIB);
    for (let i = 0; i < 40; i++) await trial.read([{ ms: 500 }], 8 * MIB);
    expect(await trial.read([{ ms: 400 }], 8 * MIB)).toBe(400);
    expect(trial.repeated).toBe(0);
    expect(await trial.read([{ ms: 900 }, { ms: 100 }], 8 * MIB)).toBe(600);
    expect(await trial.read([{ ms: 900 }, { ms: 100 }], MIB)).toBe(150);
  });

  test('is left alone while little is known, where it is large, and where there is no room', async () => {
    const trial = new Trial();
    await trial.learn(MIB, 31);
    expect(await trial.read([{ ms: 10_000 }])).toBe(10_000);
    await trial.learn(17 * MIB);
    expect(await trial.read([{ ms: 10_000 }], 17 * MIB)).toBe(10_000);
    trial.hasRoom = false;
    await trial.learn(2 * MIB);
    expect(await trial.read([{ ms: 10_000 }], 2 * MIB)).toBe(10_000);
    expect(trial.repeated).toBe(0);
  });

  test.each([
    [2, 2],
    [3, 1],
  ])('is slower than 99 of 100: beside %i of 400 ms among 200, one of 300 is sent %i times', async (slow, sent) => {
    const trial = new Trial();
    trial.hasRoom = false;
    for (let i = 0; i < 200; i++) await trial.read([{ ms: i < slow ? 400 : 250 }]);
    trial.hasRoom = true;
    trial.sent.length = 0;
    expect(await trial.read([{ ms: 300 }, { ms: 300 }])).toBe(300);
    expect(trial.sent.length).toBe(sent);
  });

  test('is known when all have become slow, and then no longer begun again', async () => {
    const trial = new Trial();
    await trial.learn();
    for (let i = 0; i < 300; i++) await trial.read([{ ms: 1_000 }, { ms: 1_000 }]);
    const before = trial.repeated;
    for (let i = 0; i < 100; i++) await trial.read([{ ms: 1_000 }]);
    expect(trial.repeated).toBe(before);
  });
});

describe('second requests', () => {
  test('are at most one in twenty, however many are slow', async () => {
    for (const seed of [1, 2, 3]) {
      const trial = new Trial();
      const random = seededRandom(seed);
      await trial.learn(MIB, 200);
      const reads = 1_000;
      for (let i = 0; i < reads; i++)
        await trial.read([{ ms: random() < 0.3 ? 50 + random() * 5_000 : 40 }, { ms: 40 }]);
      expect(trial.repeated, `seed ${seed}`).toBeGreaterThan(10);
      expect(trial.repeated, `seed ${seed}`).toBeLessThanOrEqual((reads + 200) / 20);
    }
  });
});

describe('failures', () => {
  test.each([
    ['of the first, which may pass, leave it to the second', [{ ms: 60, failure: unavailable }, { ms: 90 }], undefined],
    ['of the second, which may pass, leave it to the first', [{ ms: 90 }, { ms: 5, failure: unavailable }], undefined],
    [
      'of both are that of the first',
      [
        { ms: 90, failure: unavailable },
        { ms: 5, failure: new StorageUnavailable('') },
      ],
      unavailable,
    ],
    ['that last end both', [{ ms: 60, failure: changed }, { ms: 900 }], changed],
    ['that last end both, of the second too', [{ ms: 900 }, { ms: 5, failure: changed }], changed],
    ['before it is late are its own', [{ ms: 10, failure: unavailable }], unavailable],
  ] as const)('%s', async (_, fates, failure) => {
    const trial = new Trial();
    await trial.learn();
    const outcome = await trial.read(fates).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(outcome).toBe(failure);
  });

  test('of a caller who gives up are its own reason, and break off both', async () => {
    for (const afterMs of [20, 70]) {
      const trial = new Trial();
      await trial.learn();
      const controller = new AbortController();
      const giveUp = trial.time.sleep(afterMs, undefined).then(() => controller.abort(new Error('enough')));
      await expect(trial.read([{ ms: 900 }, { ms: 900 }], MIB, controller.signal)).rejects.toThrow('enough');
      await giveUp;
      expect(trial.brokenOff).toBe(afterMs === 20 ? 1 : 2);
      const already = trial.reads.read({ bytes: 1, signal: controller.signal, send: () => Promise.reject(changed) });
      await expect(already).rejects.toThrow('enough');
    }
  });
});

test('what is read is right, and memory is left alone afterwards, whoever wins', async () => {
  const content = noise(64);
  const attempt = fc.record({ waits: fc.array(fc.nat(200), { minLength: 8, maxLength: 8 }), breaksOff: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.tuple(attempt, attempt), async (fates) => {
      const trial = new Trial();
      await trial.learn();
      const into = new Uint8Array(64);
      let next = 0;
      const send = async (signal: AbortSignal, onSent: () => void): Promise<void> => {
        const { waits, breaksOff } = fates[next++] as (typeof fates)[number];
        onSent();
        for (const [at, ms] of waits.entries()) {
          await trial.time.sleep(ms, signal);
          if (breaksOff && at === 5) throw unavailable;
          into.set(content.subarray(at * 8, at * 8 + 8), at * 8);
        }
      };
      const failure = await trial.time.run(
        trial.reads.read({ bytes: MIB, signal: undefined, send }).catch((error: unknown) => error),
      );
      expect(failure === undefined || (failure === unavailable && fates[0].breaksOff)).toBe(true);
      if (failure === undefined) expect(into).toEqual(content);
      into.fill(7);
      await trial.time.run(trial.time.sleep(10_000, undefined));
      expect(into).toEqual(new Uint8Array(64).fill(7));
    }),
    { numRuns: 60 },
  );
});

describe('the S3 store', () => {
  test('reads again what does not come, and counts it', async () => {
    const content = noise(100_000);
    let stalls = false;
    let release: (() => void) | undefined;
    await using server = await s3Server(async (call, number) => {
      // Nothing else is as slow on this machine.
      if (number === 5) await sleep(300);
      if (!stalls) return sendRange(call, content);
      stalls = false;
      // Half of it, and the rest when nobody wants it any more.
      sendRange(call, content, { sent: 50_000 });
      release = () => void call.answer.end(content.subarray(50_000));
    });
    const into = new Uint8Array(100_000);
    const read = () => server.store.readInto('s3://bucket/a', 0, into, { etag: 'e' });
    for (let i = 0; i < 40; i++) await read();
    into.fill(0);
    stalls = true;
    await read();
    expect(Buffer.compare(into, content)).toBe(0);
    into.fill(7);
    release?.();
    await server.store.head('s3://bucket/a');
    expect(into.every((byte) => byte === 7)).toBe(true);
    const { get, hedged, hedgesWon } = server.store.requestCounts();
    expect(hedgesWon).toBeGreaterThanOrEqual(1);
    expect(get).toBe(41 + hedged);
  });
});
