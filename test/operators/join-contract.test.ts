/** The contract of joins finds what it promises to find: joins that each break one rule. */

import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/columnar/batch.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import type { Holding } from '../../src/memory/budget.ts';
import type { BuildRun, Join, Output, Probe, ProbeRun, TaskContext } from '../../src/operators/operator.ts';
import { tables } from '../support/tables.ts';
import type { Row } from '../support/task.ts';
import { joinContract, obeysJoinContract } from './join-contract.ts';

const one = schema(field('n', int64));
const twoColumns = schema(field('n', int64), field('s', utf8));
const inputs = { build: tables(one, { maxRows: 80 }), probe: tables(twoColumns, { maxRows: 150 }) };

/** The rows of the probe side whose number is on the build side; at the end the numbers that no row had. */
class NumbersBuild implements BuildRun {
  readonly task: TaskContext;
  readonly holding: Holding;
  readonly numbers: Set<unknown> = new Set();

  constructor(task: TaskContext) {
    this.task = task;
    this.holding = task.memory.reserve('Numbers');
  }

  async push(batch: Batch): Promise<'more' | 'done'> {
    this.holding.grow(batch.byteLength + 64);
    for (const [n] of readRows(this.holding.linear, batch)) this.numbers.add(n);
    return 'more';
  }

  async combine(other: BuildRun): Promise<void> {
    for (const n of (other as NumbersBuild).numbers) this.numbers.add(n);
  }

  async finish(): Promise<Probe> {
    return { demand: 'more', open: (task) => new NumbersProbe(this.numbers, task) };
  }

  [Symbol.dispose](): void {
    this.holding[Symbol.dispose]();
  }
}

class NumbersProbe implements ProbeRun {
  readonly holding: Holding;
  readonly numbers: ReadonlySet<unknown>;
  readonly met: Set<unknown> = new Set();

  constructor(numbers: ReadonlySet<unknown>, { memory }: TaskContext) {
    this.numbers = numbers;
    this.holding = memory.reserve('Numbers');
  }

  async push(batch: Batch, output: Output): Promise<'more' | 'done'> {
    const found = readRows(this.holding.linear, batch).filter(([n]) => this.numbers.has(n));
    for (const [n] of found) this.met.add(n);
    return await this.emit(found, output);
  }

  async combine(other: ProbeRun): Promise<void> {
    for (const n of (other as NumbersProbe).met) this.met.add(n);
  }

  async finish(output: Output): Promise<void> {
    const rest = [...this.numbers].filter((n) => !this.met.has(n));
    if (rest.length > 0) await this.emit(rest.map((n): Row => [n as bigint, null]).sort(), output);
  }

  async emit(rows: readonly Row[], output: Output): Promise<'more' | 'done'> {
    using scratch = this.holding.budget.reserve('scratch');
    return await output.push(batchFromRows(scratch, twoColumns, rows));
  }

  [Symbol.dispose](): void {
    this.holding[Symbol.dispose]();
  }
}

type ProbeClass = new (...parameters: ConstructorParameters<typeof NumbersProbe>) => NumbersProbe;

const joinOf = (open: Join['open']): Join => ({ role: 'join', name: 'Numbers', schema: twoColumns, open });

/** A join whose probe side is another one. */
function probing(Run: ProbeClass): Join {
  class Build extends NumbersBuild {
    override async finish(): Promise<Probe> {
      return { demand: 'more', open: (task) => new Run(this.numbers, task) };
    }
  }
  return joinOf((task) => new Build(task));
}

describe('an honest join', () => obeysJoinContract(() => joinOf((task) => new NumbersBuild(task)), inputs));

describe('the contract finds', () => {
  async function failures(join: Join): Promise<string[]> {
    const failed: string[] = [];
    for (const [name, check] of Object.entries(joinContract(() => join, inputs, { endOnFailure: true }))) {
      await check().catch(() => failed.push(name));
    }
    return failed;
  }

  const cut = 'gives the same rows however its input is cut and laid out';
  const split = 'gives the same rows when its input is split over several runs';

  test('a build side that stops too early', async () => {
    class Hasty extends NumbersBuild {
      override async push(batch: Batch): Promise<'more' | 'done'> {
        await super.push(batch);
        return batch.rowCount > 0 ? 'done' : 'more';
      }
    }
    expect(await failures(joinOf((task) => new Hasty(task)))).toContain(cut);
  });

  test('batches of the build side that are kept without being copied', async () => {
    class Hoarder extends NumbersBuild {
      readonly batches: Batch[] = [];
      override async push(batch: Batch): Promise<'more'> {
        this.batches.push(batch);
        return 'more';
      }
      override async finish(): Promise<Probe> {
        for (const batch of this.batches) await super.push(batch);
        return super.finish();
      }
    }
    expect(await failures(joinOf((task) => new Hoarder(task)))).toContain(cut);
  });

  test.each(['build', 'probe'])('memory that its %s side does not give back', async (side) => {
    class LeakingBuild extends NumbersBuild {
      override [Symbol.dispose](): void {}
    }
    class LeakingProbe extends NumbersProbe {
      override [Symbol.dispose](): void {
        this.holding.grow(1);
      }
    }
    const join = side === 'build' ? joinOf((task) => new LeakingBuild(task)) : probing(LeakingProbe);
    expect((await failures(join)).length).toBeGreaterThanOrEqual(5);
  });

  test('a changed probe side', async () => {
    class Scribbler extends NumbersProbe {
      override async push(batch: Batch, output: Output): Promise<'more' | 'done'> {
        const demand = await super.push(batch, output);
        const column = batch.columns[0];
        if (column !== undefined && batch.rowCount > 0) this.holding.linear.u8[column.values]! ^= 0xff;
        return demand;
      }
    }
    expect(await failures(probing(Scribbler))).toContain(cut);
  });

  test('what a probe run has found out about the build side, lost on the way', async () => {
    class Forgetful extends NumbersProbe {
      override async combine(): Promise<void> {}
    }
    expect(await failures(probing(Forgetful))).toEqual([split]);
  });

  test('rows of a build run that are lost', async () => {
    class Forgetful extends NumbersBuild {
      override async combine(): Promise<void> {}
    }
    expect(await failures(joinOf((task) => new Forgetful(task)))).toEqual([split]);
  });

  test('a probe side that goes on when nobody listens', async () => {
    class Deaf extends NumbersProbe {
      override async push(batch: Batch, output: Output): Promise<'more' | 'done'> {
        await super.push(batch, output);
        return super.push(batch, output);
      }
    }
    expect(await failures(probing(Deaf))).toContain('stops within one push after its consumer is done');
  });

  test('an error that hides that memory is short', async () => {
    class Blunt extends NumbersProbe {
      override async push(batch: Batch, output: Output): Promise<'more' | 'done'> {
        try {
          this.holding.free(this.holding.allocate(200_000));
        } catch (error) {
          throw error instanceof MemoryBudgetExceeded ? new TypeError('boom') : error;
        }
        return super.push(batch, output);
      }
    }
    expect(await failures(probing(Blunt))).toContain(
      'finishes or says so when memory is short, and gives all of it back',
    );
  });
});
