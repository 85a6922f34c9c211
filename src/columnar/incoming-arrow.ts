/**
 * Arrow vectors on their way in: pieces of one column, which may be slices that start inside a byte of their bitmaps, may
 * hold anything under their nulls, and may come from a stranger. Nothing is believed that the buffers do not bear out.
 *
 * What lies inside of a null is hidden: as null where the field allows it, else as zero.
 *
 *     struct     │ { a: 1 } │ null │          a    │ 1 │ 7 │        the 7 is hidden
 */

import { DataType as ArrowType, type Data } from 'apache-arrow';
import { InvalidArgument } from '../errors.ts';
import type { Holding } from '../memory/budget.ts';
import type { DataType } from './data-type.ts';

type RowTest = (row: number) => boolean;

export interface Chunk {
  readonly data: Data;
  /** Whether the row has a value that is to be read; undefined where every row has. */
  readonly isThere: RowTest | undefined;
}

/** One column, or a part of a nested one. */
export interface Incoming {
  /** Its path, for messages. */
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly chunks: readonly Chunk[];
  readonly rowCount: number;
}

/** The error for a column that contradicts itself. */
export const refuse = (name: string, detail: string): InvalidArgument =>
  new InvalidArgument(`The Arrow column '${name}' ${detail}.`);

/** A column that comes in these pieces; what `hidden` says of rows of the first piece and so on is not looked at. */
export function incoming(
  { name, type, nullable }: Pick<Incoming, 'name' | 'type' | 'nullable'>,
  pieces: readonly { readonly data: Data; readonly isVisible?: RowTest | undefined }[],
): Incoming {
  const chunks = pieces.map(({ data, isVisible }): Chunk => {
    const isValid = validityTest(name, data);
    if (!nullable && isValid !== undefined && hasNull(data.length, isValid, isVisible)) {
      throw refuse(name, 'holds nulls, which its field rules out');
    }
    if (isValid === undefined || isVisible === undefined) return { data, isThere: isValid ?? isVisible };
    return { data, isThere: (row) => isValid(row) && isVisible(row) };
  });
  const rowCount = chunks.reduce((sum, { data }) => sum + data.length, 0);
  return { name, type, nullable, chunks, rowCount };
}

function hasNull(rowCount: number, isValid: RowTest, isVisible: RowTest | undefined): boolean {
  for (let row = 0; row < rowCount; row += 1) {
    if (!isValid(row) && (isVisible === undefined || isVisible(row))) return true;
  }
  return false;
}

/** Undefined where no row is null. */
function validityTest(name: string, { type, length, nullCount, nullBitmap, offset }: Data): RowTest | undefined {
  if (ArrowType.isNull(type)) return () => false;
  if (nullCount === 0 || nullBitmap === undefined) return undefined;
  if (nullBitmap.byteLength * 8 < offset + length) throw refuse(name, 'has a validity bitmap that is too short');
  return (row) => ((nullBitmap[(offset + row) >> 3]! >> ((offset + row) & 7)) & 1) === 1;
}

/** The bitmap of the rows that are there; 0 where all are, or where the field has no nulls. */
export function readValidity({ chunks, rowCount, nullable }: Incoming, holding: Holding): number {
  if (!nullable || chunks.every(({ isThere }) => isThere === undefined)) return 0;
  return writeBits(chunks, rowCount, holding, () => () => true);
}

/** A bitmap: of the rows that are there those of which `bitOf` says so. */
export function writeBits(
  chunks: readonly Chunk[],
  rowCount: number,
  holding: Holding,
  bitOf: (data: Data) => RowTest,
): number {
  const { address } = holding.allocateZeroed(Math.ceil(rowCount / 8));
  const memory = holding.linear.u8;
  let to = 0;
  for (const { data, isThere } of chunks) {
    const bit = bitOf(data);
    for (let row = 0; row < data.length; row += 1, to += 1) {
      if ((isThere === undefined || isThere(row)) && bit(row)) memory[address + (to >> 3)]! |= 1 << (to & 7);
    }
  }
  return address;
}
