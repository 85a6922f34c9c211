/** The end of a file: what was written where, for readers. */

import type { WrittenChunk, WrittenPage } from './chunk-writer.ts';
import { ENCODING, PAGE_TYPE } from './chunk-writer.ts';
import { CODECS } from './codecs.ts';
import { ThriftType } from './thrift.ts';
import * as thrift from './thrift-writer.ts';
import type { Bound } from './written-bounds.ts';
import type { WrittenSchema } from './written-schema.ts';

export interface WrittenRowGroup {
  readonly rowCount: number;
  readonly chunks: readonly WrittenChunk[];
}

const { struct, int16, int32, int64, bytes, text, boolean, listOf } = thrift;
/** Where an index of a chunk lies. */
interface IndexPlace {
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * Indexes of pages, metadata, its length and the magic, as they lie behind the row groups, which end at `offset`. `arrowSchema`
 * is Arrow's own, where the file's types do not say all.
 */
export function fileEnd(
  schema: WrittenSchema,
  rowGroups: readonly WrittenRowGroup[],
  offset: number,
  arrowSchema: string | undefined,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let end = offset;
  const place = (index: Uint8Array | undefined): IndexPlace | undefined => {
    if (index === undefined) return undefined;
    const at = { offset: end, byteLength: index.byteLength };
    pieces.push(index);
    end += index.byteLength;
    return at;
  };
  const columnIndexes = rowGroups.map(({ chunks }) => chunks.map((chunk) => place(columnIndex(chunk))));
  const offsetIndexes = rowGroups.map(({ chunks }) => chunks.map((chunk) => place(offsetIndex(chunk))));
  const groups = rowGroups.map((group, index) =>
    rowGroup(group, index, columnIndexes[index] ?? [], offsetIndexes[index] ?? []),
  );
  const pairs = arrowSchema === undefined ? [] : [struct({ 1: text('ARROW:schema'), 2: text(arrowSchema) })];
  const typeOrder = struct({ 1: struct({}) });
  const metadata = thrift.thriftBytes({
    1: int32(2),
    2: listOf(ThriftType.struct, schema.elements),
    3: int64(rowGroups.reduce((rows, { rowCount }) => rows + rowCount, 0)),
    4: listOf(ThriftType.struct, groups),
    5: pairs.length === 0 ? undefined : listOf(ThriftType.struct, pairs),
    6: text('Millrace'),
    7: listOf(
      ThriftType.struct,
      schema.leaves.map(() => typeOrder),
    ),
  });
  const trailer = Buffer.alloc(8, 'PAR1');
  trailer.writeUInt32LE(metadata.byteLength);
  trailer.write('PAR1', 4);
  return Buffer.concat([...pieces, metadata, trailer]);
}

function rowGroup(
  { rowCount, chunks }: WrittenRowGroup,
  ordinal: number,
  columnIndexes: readonly (IndexPlace | undefined)[],
  offsetIndexes: readonly (IndexPlace | undefined)[],
): thrift.ThriftValue {
  const columns = chunks.map((chunk, index) => {
    const [ofColumn, ofOffsets] = [columnIndexes[index], offsetIndexes[index]];
    return struct({
      2: int64(0),
      3: chunkMetadata(chunk),
      4: ofOffsets && int64(ofOffsets.offset),
      5: ofOffsets && int32(ofOffsets.byteLength),
      6: ofColumn && int64(ofColumn.offset),
      7: ofColumn && int32(ofColumn.byteLength),
    });
  });
  const [first] = chunks;
  return struct({
    1: listOf(ThriftType.struct, columns),
    2: int64(chunks.reduce((sum, { plainBytes }) => sum + plainBytes, 0)),
    3: int64(rowCount),
    5: first && int64(startOf(first)),
    6: int64(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)),
    // It has 16 bits, and nobody needs it.
    7: ordinal < 2 ** 15 ? int16(ordinal) : undefined,
  });
}

const dataStart = ({ pages }: WrittenChunk): number => pages[0]?.offset ?? 0;
const startOf = (chunk: WrittenChunk): number => chunk.dictionaryOffset ?? dataStart(chunk);

function chunkMetadata(chunk: WrittenChunk): thrift.ThriftValue {
  const { leaf, properties, dictionaryOffset, bloomFilter } = chunk;
  const { least, greatest, nullCount } = chunk;
  const encodings = [ENCODING.plain, ENCODING.rle, ...(dictionaryOffset === undefined ? [] : [ENCODING.dictionary])];
  const statistics = struct({
    3: int64(nullCount),
    5: greatest && bytes(greatest.bytes),
    6: least && bytes(least.bytes),
    7: greatest && boolean(greatest.isExact),
    8: least && boolean(least.isExact),
  });
  return struct({
    1: int32(leaf.stored.physical),
    2: listOf(ThriftType.int32, encodings.map(int32)),
    3: listOf(ThriftType.binary, leaf.path.map(text)),
    4: int32(CODECS[properties.compression]),
    5: int64(chunk.slotCount),
    6: int64(chunk.plainBytes),
    7: int64(chunk.byteLength),
    9: int64(dataStart(chunk)),
    11: dictionaryOffset === undefined ? undefined : int64(dictionaryOffset),
    12: properties.statistics ? statistics : undefined,
    13: listOf(ThriftType.struct, pageEncodings(chunk)),
    14: bloomFilter && int64(bloomFilter.offset),
    15: bloomFilter && int32(bloomFilter.byteLength),
  });
}

/** Which pages there are: a reader that sees nothing but codes knows all values by the dictionary. */
function pageEncodings({ dictionaryOffset, pages }: WrittenChunk): thrift.ThriftValue[] {
  const of = (type: number, encoding: number, count: number) =>
    struct({ 1: int32(type), 2: int32(encoding), 3: int32(count) });
  if (dictionaryOffset === undefined) return [of(PAGE_TYPE.data, ENCODING.plain, pages.length)];
  return [of(PAGE_TYPE.dictionary, ENCODING.plain, 1), of(PAGE_TYPE.data, ENCODING.dictionary, pages.length)];
}

const EMPTY: Bound = { bytes: new Uint8Array(0), isExact: true };

/** Undefined where a page with values has no bounds: an index has them for all pages, or there is none. */
function columnIndex({ pages, properties }: WrittenChunk): Uint8Array | undefined {
  const isKnown = ({ valueCount, least, greatest }: WrittenPage): boolean =>
    valueCount === 0 || (least !== undefined && greatest !== undefined);
  if (!properties.statistics || !pages.every(isKnown)) return undefined;
  const bounds = (side: 'least' | 'greatest') =>
    listOf(
      ThriftType.binary,
      pages.map((page) => bytes((page[side] ?? EMPTY).bytes)),
    );
  return thrift.thriftBytes({
    1: listOf(
      ThriftType.true,
      pages.map(({ valueCount }) => boolean(valueCount === 0)),
    ),
    2: bounds('least'),
    3: bounds('greatest'),
    // Of no order.
    4: int32(0),
    5: listOf(
      ThriftType.int64,
      pages.map(({ nullCount }) => int64(nullCount)),
    ),
  });
}

const offsetIndex = ({ pages }: WrittenChunk): Uint8Array =>
  thrift.thriftBytes({
    1: listOf(
      ThriftType.struct,
      pages.map(({ offset, byteLength, firstRow }) =>
        struct({ 1: int64(offset), 2: int32(byteLength), 3: int64(firstRow) }),
      ),
    ),
  });
