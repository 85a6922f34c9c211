/**
 * Functions of texts that static kernels compute over a whole column, instead of JavaScript row by row:
 *
 *     upper lower            ASCII, sixteen bytes at a time; offsets stay
 *     length length_bytes    characters and bytes
 *     like                   patterns that are literals
 *
 * Only plain columns, and upper and lower only where all bytes of the batch are ASCII: else the step does without.
 */

import type { Column } from '../columnar/column.ts';
import { bool, int64 } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { compileLike, type LikeProgram, matchLike } from '../kernels/like-kernels.ts';
import { textCaseKernels } from '../kernels/text-case-kernels.ts';
import { textMeasureKernels } from '../kernels/text-measure-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';

export interface TextStep {
  /** Valid until the next call; undefined where these columns are not for it. @throws MemoryBudgetExceeded */
  evaluate(columns: readonly Column[], rowCount: number): Column | undefined;
}

/** The step of a node whose operands are columns and literals; undefined where no kernel computes it. */
export function textStepOf(e: TypedExpression, holding: Holding): TextStep | undefined {
  if (e.kind !== 'function') return undefined;
  const [text, ...others] = e.arguments;
  if (text?.kind !== 'column' || text.type.kind !== 'utf8') return undefined;
  const literals = others.map((other) => (other.kind === 'literal' ? other.value : undefined));
  switch (e.name) {
    case 'upper':
    case 'lower':
      return onPlain(text.index, caseStep(e.name === 'upper' ? 1 : 0, holding));
    case 'length':
    case 'length_bytes':
      return onPlain(text.index, lengthStep(e.name === 'length', holding));
    case 'like': {
      const [pattern, escaping] = literals;
      if (typeof pattern !== 'string' || typeof escaping !== 'string') return undefined;
      const program = compileLike(pattern, escaping === '' ? {} : { escape: escaping });
      return program && onPlain(text.index, likeStep(program, holding));
    }
    default:
      return undefined;
  }
}

type Compute = (text: Column, rowCount: number) => Column | undefined;

const onPlain = (index: number, compute: Compute): TextStep => ({
  evaluate(columns, rowCount) {
    const text = columns[index]!;
    return text.dictionary === undefined ? compute(text, rowCount) : undefined;
  },
});

function caseStep(upper: 0 | 1, holding: Holding): Compute {
  const bytes = new Scratch(holding);
  return (text, rowCount) => {
    const { i32 } = holding.linear;
    const first = i32[text.values >>> 2]!;
    const count = i32[(text.values >>> 2) + rowCount]! - first;
    const to = bytes.ensure(count);
    const isAscii = textCaseKernels(holding.linear).asciiCase(text.bytes + first, count, upper, to);
    return isAscii === 1 ? { ...text, bytes: to - first } : undefined;
  };
}

/** A text has less than 2 ** 31 bytes. */
const LENGTH_BITS = 31;

function lengthStep(inCharacters: boolean, holding: Holding): Compute {
  const lengths = new Scratch(holding);
  return ({ values: offsets, bytes, validity }, rowCount) => {
    const values = lengths.ensure(rowCount * 8);
    const kernels = textMeasureKernels(holding.linear);
    if (inCharacters) kernels.textCharacters(offsets, bytes, rowCount, values);
    else kernels.textByteLengths(offsets, rowCount, values);
    return { type: int64, validity, values, bytes: 0, dictionary: undefined, width: 8, bits: LENGTH_BITS };
  };
}

function likeStep(program: LikeProgram, holding: Holding): Compute {
  const { address } = holding.allocateZeroed(program.bytes.byteLength);
  holding.linear.u8.set(program.bytes, address);
  const bits = new Scratch(holding);
  return ({ values: offsets, bytes, validity }, rowCount) => {
    const values = bits.ensure(bitmapBytes(rowCount));
    matchLike(holding.linear, program, address, offsets, bytes, rowCount, values);
    return { type: bool, validity, values, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  };
}
