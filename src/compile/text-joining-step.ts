/**
 * `concat` and `concat_ws` of columns and literals by kernels over a whole column:
 *
 *     concat(c0, '-', c1)     pieces │ c0: offsets, bytes │ '-': codes of zeros into one entry │ c1 │     then offsets, then bytes
 */

import type { Column } from '../columnar/column.ts';
import { isBytes } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { PIECE_BYTES, textBuildingKernels } from '../kernels/text-building-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { KernelStep } from './kernel-step.ts';
import { bitmapBytes, Scratch } from './scratch.ts';

/** A literal: its one entry, as the dictionary of a column that has it in every row. */
interface LiteralPiece {
  readonly offsets: number;
  readonly bytes: number;
}
type Piece = number | LiteralPiece;

/** All the bytes that offsets can say. */
const MOST_BYTES = 2 ** 31 - 1;
/** Bytes that the kernel may write behind the last text. */
const OVERRUN = 16;

/** The step of a call whose separator, if it has one, is a literal; undefined where another argument is neither column nor literal. */
export function textJoiningStep(
  name: 'concat' | 'concat_ws',
  given: readonly TypedExpression[],
  holding: Holding,
): KernelStep | undefined {
  const [first, ...others] = given;
  const skipsNulls = name === 'concat_ws';
  const separator = skipsNulls ? bytesOf(first) : new Uint8Array();
  const pieces = (skipsNulls ? others : given).map((e) => pieceOf(e, holding));
  if (separator === undefined || !pieces.every((piece) => piece !== undefined)) return undefined;
  const type = given.at(-1)!.type;
  const table = holding.allocate(pieces.length * PIECE_BYTES).address;
  const between = keep(separator, holding);
  const [zeroCodes, bitmap] = [new Scratch(holding), new Scratch(holding)];
  const [resultOffsets, texts] = [new Scratch(holding), new Scratch(holding)];
  return {
    evaluate(columns, rowCount) {
      const zeros = zeroCodes.ensure(rowCount * 4);
      const { linear } = holding;
      linear.u32.fill(0, zeros >>> 2, (zeros >>> 2) + rowCount);
      for (const [n, piece] of pieces.entries()) {
        const { offsets, bytes, codes, validity } =
          typeof piece === 'number' ? placed(columns[piece]!) : { ...piece, codes: zeros, validity: 0 };
        linear.u32.set([codes, offsets, bytes, skipsNulls ? validity : 0], (table + n * PIECE_BYTES) >>> 2);
      }
      const validity = skipsNulls ? 0 : intersection(columns, pieces, rowCount, bitmap, holding);
      const kernels = textBuildingKernels(linear);
      const values = resultOffsets.ensure((rowCount + 1) * 4);
      const shape = [table, pieces.length, rowCount] as const;
      const total = kernels.concatOffsets(...shape, separator.length, validity, MOST_BYTES, values);
      if (total < 0) return undefined;
      const bytes = texts.ensure(total + OVERRUN);
      kernels.concatTexts(...shape, between, separator.length, validity, bytes);
      return { type, validity, values, bytes, dictionary: undefined, width: 0, bits: undefined };
    },
  };
}

function bytesOf(e: TypedExpression | undefined): Uint8Array | undefined {
  if (e?.kind !== 'literal') return undefined;
  if (typeof e.value === 'string') return new TextEncoder().encode(e.value);
  return e.value instanceof Uint8Array ? e.value : undefined;
}

function pieceOf(e: TypedExpression, holding: Holding): Piece | undefined {
  if (e.kind === 'column' && isBytes(e.type)) return e.index;
  const text = bytesOf(e);
  if (text === undefined) return undefined;
  const offsets = holding.allocateZeroed(8).address;
  holding.linear.u32[(offsets >>> 2) + 1] = text.length;
  return { offsets, bytes: keep(text, holding) };
}

function keep(bytes: Uint8Array, holding: Holding): number {
  const { address } = holding.allocate(bytes.length);
  holding.linear.u8.set(bytes, address);
  return address;
}

/** Where the texts of a column are. */
function placed({ values, bytes, dictionary, validity }: Column): LiteralPiece & { codes: number; validity: number } {
  const plain = dictionary?.values;
  return plain === undefined
    ? { offsets: values, bytes, codes: 0, validity }
    : { offsets: plain.values, bytes: plain.bytes, codes: values, validity };
}

/** The rows that are null in no piece; 0 where none is null. */
function intersection(
  columns: readonly Column[],
  pieces: readonly Piece[],
  rowCount: number,
  bitmap: Scratch,
  { linear }: Holding,
): number {
  const nullable = pieces.flatMap((piece) => (typeof piece === 'number' ? [columns[piece]!.validity] : []));
  const [first = 0, ...others] = nullable.filter((validity) => validity !== 0);
  if (others.length === 0) return first;
  const to = bitmap.ensure(bitmapBytes(rowCount));
  const { u32 } = linear;
  for (let word = 0; word < Math.ceil(rowCount / 32); word++) {
    let bits = u32[(first >>> 2) + word]!;
    for (const validity of others) bits &= u32[(validity >>> 2) + word]!;
    u32[(to >>> 2) + word] = bits;
  }
  return to;
}
