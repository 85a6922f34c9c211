/** Columns as Arrow vectors: views of linear memory, or copies of them. */

import { BufferType, Data, type DataType, Dictionary, Uint32, Vector } from 'apache-arrow';
import type { MemoryViews } from '../memory/linear-memory.ts';
import { decodedData, nullData } from './arrow-decoding.ts';
import { extensionMetadata } from './arrow-extensions.ts';
import { toArrowType, toNestedArrowType } from './arrow-schema.ts';
import type { Column } from './column.ts';
import { isBytes, storageType } from './data-type.ts';

export interface ArrowConversion {
  readonly linear: MemoryViews;
  /** Buffers of their own instead of views. */
  readonly copies: boolean;
  /** Dictionary columns become plain vectors. */
  readonly decodes: boolean;
  /** The next id of a dictionary inside a column; those of columns are their positions. */
  readonly nextId: () => number;
}

/** The column as Arrow data; `id` is that of its dictionary. */
export function columnToArrow(column: Column, id: number, rowCount: number, conversion: ArrowConversion): Data {
  if (column.dictionary === undefined) return plainData(column, rowCount, conversion);
  // Others do not expect the codes of a dictionary where a field says what the values mean.
  return conversion.decodes || extensionMetadata(column.type) !== undefined
    ? decodedData(column, rowCount, conversion.linear)
    : dictionaryData(column, id, rowCount, conversion);
}

type View = Uint8Array | Uint32Array | Int32Array;
type ViewConstructor<T extends View> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T;
};

function view<T extends View>(
  Type: ViewConstructor<T>,
  address: number,
  length: number,
  conversion: ArrowConversion,
): T {
  const { buffer } = conversion.linear.u8;
  const isAligned = address % Type.BYTES_PER_ELEMENT === 0;
  if (isAligned && !conversion.copies) return new Type(buffer, address, length);
  const own = new Uint8Array(length * Type.BYTES_PER_ELEMENT);
  own.set(new Uint8Array(buffer, address, own.byteLength));
  return new Type(own.buffer);
}

const bitmapBytes = (rowCount: number): number => Math.ceil(rowCount / 8);

/** The parts that go into a `Data`, by Arrow's names for them. */
interface Parts {
  readonly values?: View;
  readonly offsets?: Int32Array;
  readonly children?: Data[];
}

function makeData(type: DataType, column: Column, rowCount: number, parts: Parts, conversion: ArrowConversion): Data {
  const buffers: Record<number, View> = {};
  if (parts.values !== undefined) buffers[BufferType.DATA] = typedFor(type, parts.values);
  if (parts.offsets !== undefined) buffers[BufferType.OFFSET] = parts.offsets;
  if (column.validity !== 0 && rowCount > 0) {
    buffers[BufferType.VALIDITY] = view(Uint8Array, column.validity, bitmapBytes(rowCount), conversion);
  }
  // -1: counted from the bitmap when somebody asks.
  return new Data(type, 0, rowCount, column.validity === 0 ? 0 : -1, buffers as never, parts.children ?? []);
}

/** The same bytes seen as the elements that Arrow expects of the type. */
function typedFor(type: DataType, { buffer, byteOffset, byteLength }: View): View {
  const Type = type.ArrayType as ViewConstructor<View>;
  if (byteOffset % Type.BYTES_PER_ELEMENT === 0) {
    return new Type(buffer, byteOffset, byteLength / Type.BYTES_PER_ELEMENT);
  }
  const own = Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength));
  return new Type(own.buffer);
}

function plainData(column: Column, rowCount: number, conversion: ArrowConversion): Data {
  if (column.type.kind === 'null') return nullData(rowCount);
  if (column.children !== undefined) return nestedData(column, column.children, rowCount, conversion);
  return makeData(toArrowType(column.type), column, rowCount, plainParts(column, rowCount, conversion), conversion);
}

function plainParts(column: Column, rowCount: number, conversion: ArrowConversion): Parts {
  const { kind } = column.type;
  if (isBytes(column.type)) {
    const offsets = offsetsOf(column, rowCount, conversion);
    // The bytes before the first offset, if any, stay in the view: offsets are relative to `bytes`.
    return { offsets, values: view(Uint8Array, column.bytes, offsets[rowCount]!, conversion) };
  }
  if (kind === 'bool') return { values: view(Uint8Array, column.values, bitmapBytes(rowCount), conversion) };
  if (kind === 'decimal' && column.width === 8) {
    return { values: widened(view(Uint32Array, column.values, rowCount * 2, conversion)) };
  }
  return { values: view(Uint8Array, column.values, rowCount * column.width, conversion) };
}

const offsetsOf = (column: Column, rowCount: number, conversion: ArrowConversion): Int32Array =>
  rowCount === 0 ? new Int32Array(1) : view(Int32Array, column.values, rowCount + 1, conversion);

/** Items before the first offset, if any, stay in the view of the child. */
function nestedData(column: Column, children: readonly Column[], rowCount: number, conversion: ArrowConversion): Data {
  const stored = storageType(column.type);
  const hasOffsets = stored.kind === 'list' || stored.kind === 'map';
  const offsets = hasOffsets ? offsetsOf(column, rowCount, conversion) : undefined;
  const childRows =
    offsets !== undefined ? offsets[rowCount]! : stored.kind === 'fixed-size-list' ? rowCount * stored.size : rowCount;
  const inside = children.map((child) => columnToArrow(child, conversion.nextId(), childRows, conversion));
  const type = toNestedArrowType(
    column.type,
    inside.map((child) => child.type),
  );
  return makeData(
    type,
    column,
    rowCount,
    { ...(offsets === undefined ? {} : { offsets }), children: inside },
    conversion,
  );
}

/** 8-byte integers as 16-byte ones, by their 32-bit words. */
function widened(words: Uint32Array): Uint32Array {
  const wide = new Uint32Array(words.length * 2);
  for (let from = 0, to = 0; from < words.length; from += 2, to += 4) {
    const high = words[from + 1]!;
    const sign = high >> 31;
    wide[to] = words[from]!;
    wide[to + 1] = high;
    wide[to + 2] = sign;
    wide[to + 3] = sign;
  }
  return wide;
}

function dictionaryData(column: Column, id: number, rowCount: number, conversion: ArrowConversion): Data {
  const { size, values } = column.dictionary!;
  const entries = plainData(values, size, conversion);
  const type = new Dictionary(entries.type, new Uint32(), id);
  const codes = view(Uint32Array, column.values, rowCount, conversion);
  const { nullBitmap } = makeData(new Uint32(), column, rowCount, { values: codes }, conversion);
  const buffers: Record<number, View> = { [BufferType.DATA]: codes };
  if (nullBitmap?.byteLength) buffers[BufferType.VALIDITY] = nullBitmap;
  const nullCount = column.validity === 0 ? 0 : -1;
  return new Data<DataType>(type, 0, rowCount, nullCount, buffers as never, [], new Vector([entries]));
}
