/** Shuffle objects in memory: written by operators of tests, read back by a scan. */

import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import type { OutputFiles } from '../../src/io/output-files.ts';
import { newAttemptId } from '../../src/io/part-name.ts';
import type { PageRange } from '../../src/io/shuffle/shuffle-format.ts';
import { UploadFiles } from '../../src/io/upload-files.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import type { TaskContext } from '../../src/operators/operator.ts';
import { shuffleRead } from '../../src/operators/sources/shuffle-read.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { Collector, expectAllReturned, type Row, testBudget, testTask } from './task.ts';

const destination = 'memory://tests/shuffle';

/** Columns of most kinds of types. */
export const MIXED: Schema = schema(
  field('n', types.int64, false),
  field('city', types.utf8),
  field('price', types.decimal(20, 2)),
  field('tags', types.list(types.utf8)),
  field('at', types.struct(field('x', types.float64), field('ok', types.bool))),
  field('code', types.fixedSizeList(types.int16, 2)),
  field('names', types.map(types.utf8, types.int32)),
);

function mixedRow(n: number): Row {
  const at: Value = n % 4 === 0 ? null : [n / 2, n % 3 === 0 ? null : true];
  const tags: Value = n % 5 === 0 ? null : ['a', n % 2 === 0 ? null : 'ß'];
  return [
    BigInt(n),
    n % 7 === 0 ? null : `city ${n % 3}`,
    BigInt(n * 100),
    tags,
    at,
    n % 6 === 0 ? null : [n % 1000, null],
    [['k', n]],
  ];
}

export const mixedRows = (count: number): Row[] => Array.from({ length: count }, (_, n) => mixedRow(n));

/** Of one piece, as a result row says it. */
export interface Piece {
  readonly partition: number;
  readonly uri: string;
  readonly rows: number;
  readonly ranges: readonly PageRange[];
}

export class ShuffleObjects {
  readonly store: ObjectStore;
  readonly #uploads: UploadFiles[] = [];
  #budget: MemoryBudget | undefined;

  constructor(store: ObjectStore = memoryStore({ minPartBytes: 1 })) {
    this.store = store;
  }

  /** Buffers of uploads have a budget of their own: they are not what is tested. */
  readonly files = (_task: TaskContext): OutputFiles => {
    this.#budget ??= testBudget(256 * 1024 * 1024);
    const owner = { jobId: 'job', stageId: 0, taskId: 0, attemptId: newAttemptId() };
    const memory = this.#budget.reserve('uploads');
    const uploads = new UploadFiles({ store: this.store, destination, owner, memory, partBytes: 1024 * 1024 });
    this.#uploads.push(uploads);
    return uploads;
  };

  async complete(): Promise<void> {
    for (const { path, uploadId, parts } of this.#uploads.splice(0).flatMap(({ closed }) => closed)) {
      await this.store.completeUpload(`${destination}/${path}`, uploadId, parts);
    }
  }

  /** The rows of each partition, read back. */
  async partitions(schema: Schema, rows: readonly Row[], memory: MemoryBudget = testBudget()): Promise<Row[][]> {
    await this.complete();
    const read: Row[][] = [];
    for (const { partition, uri, ranges } of rows.map(pieceOf)) {
      const found = await readPieces(this.store, schema, [{ uri, ranges }], memory);
      read[partition] = [...(read[partition] ?? []), ...found];
    }
    return read;
  }
}

export function pieceOf([partition, path, rows, , ranges]: Row): Piece {
  const numbers = (ranges as readonly (readonly Value[])[]).map((range) => range.map(Number));
  return {
    partition: Number(partition),
    uri: `${destination}/${path}`,
    rows: Number(rows),
    ranges: numbers.map(([offset = 0, bytes = 0, count = 0, skip = 0]) => ({ offset, bytes, rows: count, skip })),
  };
}

export async function readPieces(
  store: ObjectStore,
  schema: Schema,
  pieces: Parameters<typeof shuffleRead>[0]['pieces'],
  memory: MemoryBudget = testBudget(),
): Promise<Row[]> {
  const collector = new Collector(memory, schema);
  try {
    await runChain({ source: shuffleRead({ store, schema, pieces }), stages: [] }, collector, testTask(memory));
  } finally {
    expectAllReturned(memory);
  }
  return collector.rows;
}
