/** The contract finds what it promises to find: operators that each break one rule. */

import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/columnar/batch.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import type { Holding } from '../../src/memory/budget.ts';
import type {
  BlockingRun,
  BlockingSink,
  StreamingOperator,
  StreamingSink,
  TaskContext,
} from '../../src/operators/operator.ts';
import { tables } from '../support/tables.ts';
import type { Row } from '../support/task.ts';
import { contract, obeysContract } from './contract.ts';

const twoColumns = schema(field('n', int64), field('s', utf8));
const input = tables(twoColumns, { maxRows: 150 });

const same: StreamingOperator = {
  role: 'streaming',
  name: 'Same',
  schema: twoColumns,
  open: () => ({ push: (batch, output) => output.push(batch), [Symbol.dispose]: () => {} }),
};

/** Keeps rows the way an operator should: copied and accounted for. */
class BufferRun implements BlockingRun {
  readonly holding: Holding;
  rows: Row[] = [];

  constructor({ memory }: TaskContext) {
    this.holding = memory.reserve('Buffer');
  }

  async push(batch: Batch): Promise<'more'> {
    this.holding.grow(batch.byteLength);
    this.rows.push(...readRows(this.holding.linear, batch));
    return 'more';
  }

  async combine(other: BlockingRun): Promise<void> {
    this.rows.push(...(other as BufferRun).rows);
  }

  async finish(output: Parameters<BlockingRun['finish']>[0]): Promise<void> {
    if (this.rows.length > 0) await output.push(batchFromRows(this.holding, twoColumns, this.rows));
  }

  [Symbol.dispose](): void {
    this.holding[Symbol.dispose]();
  }
}

const sink = (open: BlockingSink['open']): BlockingSink => ({
  role: 'blocking-sink',
  name: 'Buffer',
  schema: twoColumns,
  open,
});

describe('an honest streaming operator', () => obeysContract(() => same, input));
describe('an honest blocking sink', () => obeysContract(() => sink((task) => new BufferRun(task)), input));

describe('the contract finds', () => {
  async function failures(stage: StreamingOperator | StreamingSink | BlockingSink): Promise<string[]> {
    const failed: string[] = [];
    for (const [name, check] of Object.entries(contract(() => stage, input, { endOnFailure: true }))) {
      await check().catch(() => failed.push(name));
    }
    return failed;
  }

  const cut = 'gives the same rows however its input is cut and laid out';

  test('rows that are kept without being copied', async () => {
    class Hoarder extends BufferRun {
      batches: Batch[] = [];
      override async push(batch: Batch): Promise<'more'> {
        this.batches.push(batch);
        return 'more';
      }
      override async finish(output: Parameters<BlockingRun['finish']>[0]): Promise<void> {
        for (const batch of this.batches) await output.push(batch);
      }
    }
    expect(await failures(sink((task) => new Hoarder(task)))).toContain(cut);
  });

  test('memory that is not given back', async () => {
    class Leak extends BufferRun {
      override [Symbol.dispose](): void {}
    }
    expect((await failures(sink((task) => new Leak(task)))).length).toBeGreaterThanOrEqual(5);
  });

  test('results that depend on the batches', async () => {
    const firstOfEach: StreamingOperator = {
      ...same,
      open: ({ memory }) => ({
        push: async (batch, output) => {
          using scratch = memory.reserve('scratch');
          return output.push(batchFromRows(scratch, twoColumns, readRows(memory.linear, batch).slice(0, 1)));
        },
        [Symbol.dispose]: () => {},
      }),
    };
    expect(await failures(firstOfEach)).toContain(cut);
  });

  test('state kept in the operator instead of its run', async () => {
    let seen = 0;
    const remembers: StreamingOperator = {
      ...same,
      open: ({ memory }) => ({
        push: async (_, output) => {
          seen += 1;
          using scratch = memory.reserve('scratch');
          return output.push(batchFromRows(scratch, twoColumns, Array(seen).fill([1n, ''])));
        },
        [Symbol.dispose]: () => {},
      }),
    };
    expect(await failures(remembers)).toContain(cut);
  });

  test('a changed input', async () => {
    const scribbles: StreamingOperator = {
      ...same,
      open: ({ memory }) => ({
        push: async (batch, output) => {
          const demand = await output.push(batch);
          const column = batch.columns[0];
          if (column !== undefined && batch.rowCount > 0) {
            memory.linear.u8[column.values] = 0xff - (memory.linear.u8[column.values] ?? 0);
          }
          return demand;
        },
        [Symbol.dispose]: () => {},
      }),
    };
    expect(await failures(scribbles)).toContain(cut);
  });

  test('a write behind the end of a push', async () => {
    const late: StreamingOperator = {
      ...same,
      open: ({ memory }) => {
        let address = 0;
        return {
          push: (batch, output) => {
            address = batch.columns[0]?.values ?? 0;
            return output.push(batch);
          },
          [Symbol.dispose]: () => {
            if (address !== 0) memory.linear.u8[address] = 1;
          },
        };
      },
    };
    expect(await failures(late)).toContain(cut);
  });

  test('an error that hides that memory is short', async () => {
    class Blunt extends BufferRun {
      override async push(batch: Batch): Promise<'more'> {
        try {
          this.holding.allocate(200_000);
        } catch (error) {
          throw error instanceof MemoryBudgetExceeded ? new TypeError('boom') : error;
        }
        return super.push(batch);
      }
    }
    expect(await failures(sink((task) => new Blunt(task)))).toContain(
      'finishes or says so when memory is short, and gives all of it back',
    );
  });

  test('a combine that loses rows', async () => {
    class Forgetful extends BufferRun {
      override async combine(): Promise<void> {}
    }
    expect(await failures(sink((task) => new Forgetful(task)))).toEqual([
      'gives the same rows when its input is split over several runs',
    ]);
  });
});
