/** Functions as a user writes them, loaded by the tests as modules of their own. */

import { Float64, type Vector, vectorFromArray } from 'apache-arrow';
import { type Udf, type UdfContext, udf } from '../../src/udf/udf.ts';

export const shout: Udf = udf((text: string | null) => (text === null ? null : `${text}!`), {
  returns: { kind: 'utf8' },
});

export const add: Udf = udf(async (a: bigint | null, b: bigint | null) => (a === null || b === null ? null : a + b), {
  returns: { kind: 'int64' },
});

/** Twice the number, as a vector. */
export const doubled: Udf = udf(
  (numbers: Vector) =>
    vectorFromArray(
      Array.from(numbers as Iterable<number | null>, (n) => n && n * 2),
      new Float64(),
    ),
  { returns: { kind: 'float64' }, batch: true, batchSize: 7 },
);

let made = 0;

/** Counts its calls; each instance tells by its number that it is another. */
class Counting {
  readonly instance: number;
  calls = 0;

  constructor() {
    made += 1;
    this.instance = made;
  }

  call(numbers: Vector, { count }: UdfContext): number[] {
    this.calls += 1;
    count('rows counted', numbers.length);
    return Array.from({ length: numbers.length }, () => this.calls);
  }
}
export const Counted: Udf = udf(Counting, { returns: { kind: 'int32' }, batch: true, batchSize: 10 });

export const Mirror: Udf = udf(
  class {
    call(value: unknown): unknown {
      return value;
    }
  },
  { returns: { kind: 'utf8' }, concurrency: 2, batchSize: 16 },
);

const mortal = class {
  calls = 0;
  async call(numbers: Vector): Promise<unknown> {
    this.calls += 1;
    if (this.calls === 2) process.exit(3);
    return numbers.toArray();
  }
};
export const Mortal: Udf = udf(mortal, { returns: { kind: 'float64' }, batch: true, batchSize: 4, retries: 1 });
export const MortalOnce: Udf = udf(mortal, { returns: { kind: 'float64' }, batch: true, batchSize: 4 });

export const Greedy: Udf = udf(
  class {
    readonly kept: unknown[] = [];
    call(): number {
      for (;;) this.kept.push(new Array(1000).fill(this.kept.length));
    }
  },
  { returns: { kind: 'int32' }, memoryBytes: 8 * 1024 * 1024 },
);

export const Endless: Udf = udf(
  class {
    call(): number {
      for (;;);
    }
  },
  { returns: { kind: 'int32' }, timeout: 300 },
);

export const notAUdf: number = 5;
