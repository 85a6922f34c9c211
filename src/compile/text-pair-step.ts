/**
 * Functions of texts that kernels compute for arguments of each row, columns or literals:
 *
 *     find position       a part of each row
 *     like ilike          a pattern of each row; letters beyond ASCII are JavaScript's
 *     split_part          a separator and a number of each row
 *
 * Where all arguments but the text are literals other steps are quicker: they prepare them once.
 */

import type { Column } from '../columnar/column.ts';
import { bool, int64 } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { matchLikeEach } from '../kernels/like-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { textSearchKernels } from '../kernels/text-search-kernels.ts';
import { textSliceKernels } from '../kernels/text-slice-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { KernelStep } from './kernel-step.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import { commonValidity, isOperand, OperandColumns, textAddresses, textOf, valueAddresses } from './text-operands.ts';
import { TextParts } from './text-slice-step.ts';

/** The rows of a call. */
interface Given {
  /** The text, and what is done with it. */
  readonly columns: readonly [Column, Column, ...Column[]];
  readonly rowCount: number;
  readonly validity: number;
}
type ComputeEach = (given: Given) => Column | undefined;

/** The step of a call; undefined where it is none of these functions, or no kernel is for its arguments. */
export function textPairStep(
  name: string,
  given: readonly TypedExpression[],
  holding: Holding,
): KernelStep | undefined {
  const compute = computeOf(name, given, holding);
  // An escape is no column: it is in what the kernel is told.
  const operands = name === 'split_part' ? given : given.slice(0, 2);
  if (compute === undefined || given[0]?.type.kind !== 'utf8' || !operands.every(isOperand)) return undefined;
  const columnsOf = new OperandColumns(operands, holding);
  const bitmap = new Scratch(holding);
  return {
    evaluate(columns, rowCount) {
      const each = columnsOf.of(columns, rowCount) as [Column, Column, ...Column[]];
      return compute({ columns: each, rowCount, validity: commonValidity(each, rowCount, bitmap, holding) });
    },
  };
}

function computeOf(name: string, given: readonly TypedExpression[], holding: Holding): ComputeEach | undefined {
  switch (name) {
    case 'find':
      return finding(0, holding);
    case 'position':
      return finding(1, holding);
    case 'like':
    case 'ilike': {
      const escaping = textOf(given[2]);
      const isAscii = escaping !== undefined && (escaping === '' || /^[\0-\x7f]$/.test(escaping));
      return isAscii ? matching(escaping, name === 'ilike', holding) : undefined;
    }
    case 'split_part':
      return splitting(holding);
    default:
      return undefined;
  }
}

function finding(first: 0 | 1, holding: Holding): ComputeEach {
  const places = new Scratch(holding);
  return ({ columns: [text, part], rowCount, validity }) => {
    const values = places.ensure(rowCount * 8);
    const { linear } = holding;
    textSearchKernels(linear).textFindEach(...textAddresses(text), ...textAddresses(part), rowCount, first, values);
    if (validity !== 0) takeKernels(linear).zeroNulls8(values, rowCount, validity, 0);
    return { type: int64, validity, values, bytes: 0, dictionary: undefined, width: 8, bits: 31 };
  };
}

function matching(escaping: string, isFolded: boolean, holding: Holding): ComputeEach {
  const bits = new Scratch(holding);
  return ({ columns: [text, pattern], rowCount, validity }) => {
    const values = bits.ensure(bitmapBytes(rowCount));
    const reading = { escaping, isFolded };
    const addresses = [textAddresses(text), textAddresses(pattern)] as const;
    const isDone = matchLikeEach(holding.linear, reading, ...addresses, rowCount, validity, values);
    if (!isDone) return undefined;
    return { type: bool, validity, values, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  };
}

function splitting(holding: Holding): ComputeEach {
  const parts = new TextParts(holding);
  const room = new Scratch(holding);
  return ({ columns: [text, separator, number = separator], rowCount, validity }) => {
    const addresses = textAddresses(text);
    const separators = textAddresses(separator);
    const numbers = valueAddresses(number, rowCount, room, holding);
    return parts.of(addresses[2], validity, rowCount, (starts, out) =>
      textSliceKernels(holding.linear).textSplitParts(
        ...addresses,
        ...separators,
        rowCount,
        validity,
        ...numbers,
        starts,
        out,
      ),
    );
  };
}
