/**
 * Attempts, committers, aborters, cleaners and readers at the same time on one destination, over a store that loses
 * answers, refuses, delays and applies writes late, in processes that die and are started again. Each seed is one
 * schedule; to run one again: MILLRACE_SEED=<seed>.
 */

import { describe, expect, test } from 'vitest';
import { abortJob } from '../../src/commit/abort-job.ts';
import { clean } from '../../src/commit/clean.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import {
  ConditionalConflict,
  InvalidArgument,
  JobAborted,
  OutputExists,
  StorageUnavailable,
} from '../../src/errors.ts';
import { type MemoryStore, memoryStore } from '../../src/io/memory-store.ts';
import { type MemoryStoreFaults, seededRandom } from '../../src/io/memory-store-faults.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { Killed, mortalStore } from './mortal-store.ts';
import { commit, contentsOfJob, job, readAll, runAttempt, runJob, type TestJob, VIRTUAL_RETRIES } from './world.ts';

const DESTINATION = 'memory://tests/out';
const SCHEDULES = Number(process.env['MILLRACE_SCHEDULES'] ?? 60);
const onlySeed = process.env['MILLRACE_SEED'];
const seeds = onlySeed === undefined ? Array.from({ length: SCHEDULES }, (_, i) => i + 1) : [Number(onlySeed)];

/** Where the actors of one schedule live. */
class Simulation {
  readonly #random: () => number;
  readonly #seed: number;
  readonly store: MemoryStore;
  readonly #clients: MemoryStore[] = [];
  kills = 0;
  #pauses = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.store = memoryStore({ minPartBytes: 1 });
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** A process of its own: its calls fail in its own way, and it may die at one of them. */
  process(): ObjectStore {
    const rate = this.#random() * 0.15;
    const faults: MemoryStoreFaults = {
      seed: this.#seed * 1000 + this.#clients.length,
      unavailable: rate,
      lostAnswer: rate,
      lateEffect: rate / 2,
      conflict: rate,
      ownRetry: rate,
      truncatedRead: rate,
      maxDelayTurns: 12,
    };
    const client = this.store.withFaults(faults);
    this.#clients.push(client);
    const fatalCall = this.kills < 6 && this.chance(0.4) ? Math.floor(this.#random() * 25) : Number.POSITIVE_INFINITY;
    const fate = this.chance(0.5) ? 'before' : 'after';
    return mortalStore(client, (call) => {
      if (call < fatalCall) return undefined;
      this.kills++;
      return fate;
    });
  }

  /** Runs `action` in one process after the other until one gets through. */
  async insist<Result>(action: (store: ObjectStore, incarnation: number) => Promise<Result>): Promise<Result> {
    for (let incarnation = 0; ; incarnation++) {
      try {
        return await action(this.process(), incarnation);
      } catch (error) {
        if (incarnation > 300 || !mayRepeat(error)) throw error;
        await this.pause(20);
      }
    }
  }

  async pause(turns: number): Promise<void> {
    // Nothing else would end a run that is stuck: promises alone never let a timer run.
    if (++this.#pauses > 100_000) throw new Error('nothing comes to an end');
    for (let turn = this.#random() * turns; turn > 0; turn--) await Promise.resolve();
  }

  async settled(): Promise<void> {
    for (const client of this.#clients) await client.settled();
  }
}

function mayRepeat(error: unknown): boolean {
  return error instanceof Killed || error instanceof StorageUnavailable || error instanceof ConditionalConflict;
}

/** Two attempts of each task and two committers, until all know what became of the job. */
async function runContested(simulation: Simulation, job: TestJob): Promise<'committed' | 'aborted' | 'exists'> {
  const actors: Promise<'committed' | 'aborted' | 'exists' | undefined>[] = [];
  for (const task of job.tasks) {
    for (const attempt of ['a', 'b']) {
      // A new process is a new attempt, as an orchestrator would have it.
      const run = simulation
        .insist((store, incarnation) => runAttempt(store, DESTINATION, job, task, `${attempt}${incarnation}`))
        .then(() => undefined);
      actors.push(run.catch(outcomeOf));
    }
  }
  for (let committer = 0; committer < 2; committer++) {
    actors.push(
      (async () => {
        for (let look = 0; ; look++) {
          try {
            await simulation.insist((store) => commit(store, DESTINATION, job));
            return 'committed' as const;
          } catch (error) {
            // Its tasks are not done yet.
            if (!(error instanceof InvalidArgument) || look > 1_000) return outcomeOf(error);
            await simulation.pause(200);
          }
        }
      })(),
    );
  }
  const outcomes = new Set((await Promise.all(actors)).filter((outcome) => outcome !== undefined));
  if (outcomes.has('exists')) outcomes.delete('aborted');
  expect([...outcomes], `all actors of ${job.jobId} agree`).toHaveLength(1);
  return [...outcomes][0]!;
}

function outcomeOf(error: unknown): 'aborted' | 'exists' {
  if (error instanceof OutputExists) return 'exists';
  if (error instanceof JobAborted) return 'aborted';
  throw error;
}

/**
 * Runs `action` while a reader reads again and again: every view must be one of `allowed`, and none comes back once it
 * has gone. Gives the last view.
 */
async function watched(
  simulation: Simulation,
  allowed: readonly (readonly string[])[],
  action: () => Promise<unknown>,
): Promise<string[]> {
  let stopped = false;
  const reader = (async () => {
    const seen: string[] = [];
    while (true) {
      const isLast = stopped;
      const contents = await readAll(simulation.store, DESTINATION);
      expect(allowed, 'a view is all or nothing of each job').toContainEqual(contents);
      const view = contents.join('; ');
      if (seen.at(-1) !== view) {
        expect(seen, 'a view that has gone does not come back').not.toContain(view);
        seen.push(view);
      }
      if (isLast) return contents;
      await simulation.pause(10);
    }
  })();
  const acting = action().finally(() => {
    stopped = true;
  });
  await Promise.allSettled([acting, reader]);
  await acting;
  return reader;
}

async function expectTidy(simulation: Simulation, live: readonly string[]): Promise<void> {
  await simulation.settled();
  const { store } = simulation;
  expect(await readAll(store, DESTINATION)).toEqual(live);
  const tidying = { store, destination: DESTINATION, olderThanMs: 0, nowMs: Date.now() + 1000 };
  await clean({ ...tidying, retryPolicy: VIRTUAL_RETRIES });
  expect(await readAll(store, DESTINATION)).toEqual(live);
  expect(await Array.fromAsync(store.listUploads(DESTINATION))).toEqual([]);
  const { files } = await listCommitted(store, DESTINATION);
  const listed = (await Array.fromAsync(store.list(`${DESTINATION}/n=`))).map(({ uri }) => uri);
  expect(listed).toEqual(files.map(({ path }) => `${DESTINATION}/${path}`).sort());
}

/** What is left when these jobs run one after the other. */
function serially(jobs: readonly TestJob[]): string[] {
  let live: TestJob[] = [];
  for (const job of jobs) {
    if (job.mode === 'overwrite') live = [job];
    else if (job.mode === 'append' || live.length === 0) live = [...live, job];
  }
  return live.flatMap(contentsOfJob).sort();
}

function subsetsInEveryOrder(jobs: readonly TestJob[]): TestJob[][] {
  return [
    [],
    ...jobs.flatMap((first) => subsetsInEveryOrder(jobs.filter((j) => j !== first)).map((rest) => [first, ...rest])),
  ];
}

async function forEachSeed(run: (simulation: Simulation, seed: number) => Promise<void>): Promise<void> {
  for (const seed of seeds) {
    try {
      await run(new Simulation(seed), seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
    }
  }
}

describe(`any of ${seeds.length} schedules`, () => {
  const old = job('old', 'append', 1);

  test.each(['append', 'overwrite'] as const)('commits a job exactly once (%s)', async (mode) => {
    await forEachSeed(async (simulation) => {
      await runJob(simulation.store, DESTINATION, old);
      const next = job('next', mode);
      const views = [serially([old]), serially([old, next])];
      const last = await watched(simulation, views, async () => {
        expect(await runContested(simulation, next)).toBe('committed');
      });
      expect(last).toEqual(views[1]);
      await expectTidy(simulation, views[1]!);
    });
  });

  test('decides a race between commit and abort once for all', async () => {
    const outcomes = { committed: 0, aborted: 0, exists: 0 };
    await forEachSeed(async (simulation) => {
      await runJob(simulation.store, DESTINATION, old);
      const next = job('next', 'overwrite');
      const views = [serially([old]), serially([old, next])];
      const aborts = async (): Promise<string> => {
        await simulation.pause(1_500);
        const { decision } = await simulation.insist((plain) => {
          const store = retryingStore(plain, VIRTUAL_RETRIES);
          const asked = { store, destination: DESTINATION, jobId: 'next', reason: 'race' };
          return abortJob({ ...asked, retryPolicy: VIRTUAL_RETRIES });
        });
        return decision === 'commit' ? 'committed' : 'aborted';
      };
      const last = await watched(simulation, views, async () => {
        const [outcome, told] = await Promise.all([runContested(simulation, next), aborts()]);
        expect(told).toBe(outcome);
        outcomes[outcome]++;
        await expectTidy(simulation, views[outcome === 'committed' ? 1 : 0]!);
      });
      await expectTidy(simulation, last);
    });
    if (seeds.length > 20) expect(Math.min(outcomes.committed, outcomes.aborted)).toBeGreaterThan(seeds.length / 20);
  });

  test('survives cleaning that is far too eager', async () => {
    await forEachSeed(async (simulation) => {
      await runJob(simulation.store, DESTINATION, old);
      const next = job('next', 'overwrite');
      const views = [serially([old]), serially([old, next])];
      const cleans = async (): Promise<void> => {
        await simulation.pause(1_500);
        await simulation.insist((plain) => {
          const store = retryingStore(plain, VIRTUAL_RETRIES);
          const eager = { store, destination: DESTINATION, olderThanMs: 0, nowMs: Date.now() + 1000 };
          return clean({ ...eager, retryPolicy: VIRTUAL_RETRIES });
        });
      };
      const last = await watched(simulation, views, async () => {
        const [outcome] = await Promise.all([runContested(simulation, next), cleans()]);
        await expectTidy(simulation, views[outcome === 'committed' ? 1 : 0]!);
      });
      await expectTidy(simulation, last);
    });
  });

  test.each([
    ['append', 'append'],
    ['append', 'overwrite'],
    ['overwrite', 'overwrite'],
    ['error-if-exists', 'error-if-exists'],
    ['error-if-exists', 'append'],
    ['error-if-exists', 'overwrite'],
  ] as const)('orders two jobs that race (%s and %s)', async (firstMode, secondMode) => {
    await forEachSeed(async (simulation) => {
      const jobs = [job('first', firstMode, 1), job('second', secondMode, 1)];
      let committed: TestJob[] = [];
      const last = await watched(simulation, subsetsInEveryOrder(jobs).map(serially), async () => {
        const outcomes = await Promise.all(jobs.map((each) => runContested(simulation, each)));
        committed = jobs.filter((_, i) => outcomes[i] === 'committed');
      });
      const orders = subsetsInEveryOrder(committed).filter((order) => order.length === committed.length);
      expect(orders.map(serially)).toContainEqual(last);
      if (firstMode !== 'error-if-exists') expect(committed).toEqual(jobs);
      if (secondMode === 'error-if-exists') expect(committed.length).toBeLessThan(2);
      await expectTidy(simulation, last);
    });
  });
});
