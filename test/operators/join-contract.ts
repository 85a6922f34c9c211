/**
 * What every join owes: the contract of other operators, for each of its two inputs, with several runs of either side. Each
 * join's test calls `obeysJoinContract` once, with generators of both.
 */

import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import type { BuildRun, Join, ProbeRun, Source } from '../../src/operators/operator.ts';
import type { Table } from '../support/tables.ts';
import { Collector, type Feed, type Row, testTask } from '../support/task.ts';
import { type ContractOptions, contractOf, feedSplit, type Subject } from './contract.ts';

/** Tables of either side, of one schema each. */
export interface JoinInputs {
  readonly build: fc.Arbitrary<Table>;
  readonly probe: fc.Arbitrary<Table>;
}

/** Call inside of a `describe`. `make` gives a join of the schemas of `inputs`. */
export function obeysJoinContract(make: () => Join, inputs: JoinInputs, options: ContractOptions = {}): void {
  describe('obeys the contract:', () => {
    for (const [name, check] of Object.entries(joinContract(make, inputs, options))) test(name, check);
  });
}

/** The checks by name. */
export function joinContract(
  make: () => Join,
  { build, probe }: JoinInputs,
  options: ContractOptions = {},
): Record<string, () => Promise<void>> {
  return contractOf(() => joinSubject(make()), fc.tuple(build, probe), options);
}

/** Its inputs are the build side and the probe side. */
function joinSubject(join: Join): Subject {
  return {
    chain: ([build, probe]) => ({
      source: probe as Source,
      stages: [{ role: 'join-stage', join, build: { source: build as Source, stages: [] } }],
    }),
    runSplit: ([build, probe], [buildRuns, probeRuns], memory) =>
      runJoinSplit(join, { build: build as Feed, probe: probe as Feed }, [buildRuns ?? 1, probeRuns ?? 1], memory),
  };
}

/** Splits the batches of both sides, in order, over so many runs, combines them and gives the rows of the result. */
export async function runJoinSplit(
  join: Join,
  feeds: { readonly build: Feed; readonly probe: Feed },
  [buildRuns, probeRuns]: readonly [number, number],
  memory: MemoryBudget,
): Promise<readonly Row[]> {
  const task = testTask(memory);
  const collector = new Collector(memory, join.schema);
  const builds = Array.from({ length: buildRuns }, () => join.open(task));
  await feedSplit(feeds.build, builds, memory, (run, batch) => run.push(batch));
  const build = await combined(builds);
  const probe = await build.finish();
  const probes = Array.from({ length: probeRuns }, () => probe.open(task));
  if (probe.demand === 'more') {
    await feedSplit(feeds.probe, probes, memory, (run, batch) => run.push(batch, collector));
  }
  const last = await combined(probes);
  await last.finish(collector);
  last[Symbol.dispose]();
  build[Symbol.dispose]();
  return collector.rows;
}

/** The first of `runs`, with what the others have found out; those are disposed. */
async function combined<Run extends BuildRun | ProbeRun>(runs: readonly Run[]): Promise<Run> {
  const [first, ...others] = runs as readonly [Run, ...Run[]];
  for (const other of others) {
    await first.combine(other as BuildRun & ProbeRun);
    other[Symbol.dispose]();
  }
  return first;
}
