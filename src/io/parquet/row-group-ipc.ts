/** A row group as an Arrow IPC stream, in the types that Parquet has. */

import {
  DataType as ArrowType,
  Data,
  Field,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
} from 'apache-arrow';
import { toArrow } from '../../columnar/arrow.ts';
import type { Batch } from '../../columnar/batch.ts';
import { ArithmeticOverflow } from '../../errors.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';

const LARGEST_SECOND = (2n ** 63n - 1n) / 1000n;

/**
 * Every column plain, since a file must not change its types between row groups; seconds as milliseconds, since Parquet
 * has no seconds. Written into what `buffer` gives for a number of bytes, and valid as long as that is: arrays of
 * megabytes that are used once pile up before V8 collects them. @throws ArithmeticOverflow where milliseconds do not fit
 */
export async function rowGroupIpc(
  batch: Batch,
  linear: LinearMemory,
  buffer: (bytes: number) => Uint8Array,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of RecordBatchStreamWriter.writeAll([rowGroup(batch, linear)])) pieces.push(piece);
  const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const ipc = buffer(bytes).subarray(0, bytes);
  let end = 0;
  for (const piece of pieces) {
    ipc.set(piece, end);
    end += piece.byteLength;
  }
  return ipc;
}

/** Its buffers are views, as far as the layouts agree. */
function rowGroup(batch: Batch, linear: LinearMemory): RecordBatch {
  const { schema, data, numRows } = toArrow(batch, linear, { dictionaries: 'decode' });
  const fields = schema.fields.map((field) =>
    isSeconds(field.type) ? new Field(field.name, inMilliseconds(field.type), field.nullable) : field,
  );
  const children = data.children.map((child, index) =>
    isSeconds(child.type) ? milliseconds(child, batch.schema.fields[index]?.name) : child,
  );
  const rows = new Data(new Struct(fields), 0, numRows, 0, {}, children);
  return new RecordBatch(new Schema(fields), rows);
}

const isSeconds = (type: ArrowType): boolean => ArrowType.isTimestamp(type) && type.unit === 0;

const inMilliseconds = (type: ArrowType): TimestampMillisecond =>
  new TimestampMillisecond(ArrowType.isTimestamp(type) ? type.timezone : undefined);

function milliseconds(data: Data, name: string | undefined): Data {
  const seconds = data.values as BigInt64Array;
  const values = new BigInt64Array(data.length);
  for (let row = 0; row < data.length; row += 1) {
    const value = seconds[row] ?? 0n;
    if (value > LARGEST_SECOND || value < -LARGEST_SECOND) {
      throw new ArithmeticOverflow(
        `'${name}' has a timestamp of ${value} s, too large for the milliseconds of Parquet.`,
      );
    }
    values[row] = value * 1000n;
  }
  return data.clone(inMilliseconds(data.type), data.offset, data.length, data.nullCount, [
    undefined,
    values,
    data.nullBitmap,
    undefined,
  ] as never);
}
