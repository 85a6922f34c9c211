/**
 * Nodes that static kernels compute over a whole column, instead of JavaScript row by row:
 *
 *     upper lower            ASCII, sixteen bytes at a time; offsets stay
 *     length length_bytes    characters and bytes
 *     like                   patterns that are literals
 *     left strip replace …   parts of texts and texts put in: text-part-step.ts
 *     concat concat_ws       of columns and literals: text-joining-step.ts
 *     cast                   of texts to numbers, bools and times, and back: text-cast-step.ts
 *     cast                   of float16 to float32, and of float64 to float16
 *     cast, date_trunc       on clocks of time zones: zone-step.ts
 *     in                     a list of constants: texts, or more integers than are compared one by one
 *
 * Only plain columns, and upper and lower only where all bytes of the batch are ASCII: else the step does without.
 */

import type { Column } from '../columnar/column.ts';
import { bool, type DataType, fixedWidth, int64, isBytes, isFloat } from '../columnar/data-type.ts';
import { wholeOf } from '../columnar/value.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { halfFloatKernels } from '../kernels/half-float-kernels.ts';
import { compileLike, type LikeProgram, matchLike } from '../kernels/like-kernels.ts';
import { textCaseKernels } from '../kernels/text-case-kernels.ts';
import { textMeasureKernels } from '../kernels/text-measure-kernels.ts';
import {
  type IntegerSet,
  integersInSet,
  makeIntegerSet,
  makeTextSet,
  textsInSet,
} from '../kernels/value-set-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { machineOf } from './machine.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import { textReadingStep, textWritingStep } from './text-cast-step.ts';
import { textJoiningStep } from './text-joining-step.ts';
import { type Compute, keptBytes } from './text-operands.ts';
import { textPartStep } from './text-part-step.ts';
import { zoneCastStep, zonedTruncationStep } from './zone-step.ts';

export interface KernelStep {
  /** Valid until the next call; undefined where these columns are not for it. @throws MemoryBudgetExceeded */
  evaluate(columns: readonly Column[], rowCount: number): Column | undefined;
}

/** The step of a node whose operands are columns and literals; undefined where no kernel computes it. */
export function kernelStepOf(e: TypedExpression, holding: Holding): KernelStep | undefined {
  if (e.kind === 'is-in') return memberStep(e, holding);
  if (e.kind === 'cast') return castStep(e, holding);
  if (e.kind !== 'function') return undefined;
  if (e.name === 'concat' || e.name === 'concat_ws') return textJoiningStep(e.name, e.arguments, holding);
  if (e.name === 'date_trunc') {
    const [, time] = e.arguments;
    const compute = time?.kind === 'column' ? zonedTruncationStep(e, holding) : undefined;
    return compute && time?.kind === 'column' ? onPlain(time.index, compute) : undefined;
  }
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
    default: {
      const part = literals.includes(undefined) ? undefined : textPartStep(e.name, literals, holding);
      return part && onPlain(text.index, part);
    }
  }
}

const onPlain = (index: number, compute: Compute): KernelStep => ({
  evaluate(columns, rowCount) {
    const text = columns[index]!;
    return text.dictionary === undefined ? compute(text, rowCount) : undefined;
  },
});

type Cast = Extract<TypedExpression, { kind: 'cast' }>;

function castStep({ input, type, try: isTried = false }: Cast, holding: Holding): KernelStep | undefined {
  if (input.kind !== 'column') return undefined;
  if (input.type.kind === 'timestamp' && type.kind === 'timestamp') {
    const compute = zoneCastStep(input.type, type, holding);
    return compute && onPlain(input.index, compute);
  }
  if (input.type.kind === 'float16' || type.kind === 'float16') {
    const compute = halfFloatStep(input.type, type, holding);
    return compute && onPlain(input.index, compute);
  }
  if (input.type.kind === 'utf8') {
    const read = textReadingStep(type, isTried, holding);
    return read && onPlain(input.index, read);
  }
  const write = type.kind === 'utf8' ? textWritingStep(input.type, holding) : undefined;
  return write && onPlain(input.index, write);
}

/** Of float16 to float32, or of float64 to float16: `simpler-times.ts` makes the others of these. */
function halfFloatStep(from: DataType, to: DataType, holding: Holding): Compute | undefined {
  const widens = from.kind === 'float16' && to.kind === 'float32';
  if (!widens && !(from.kind === 'float64' && to.kind === 'float16')) return undefined;
  const results = new Scratch(holding);
  const width = widens ? 4 : 2;
  return ({ values: given, validity }, rowCount) => {
    const values = results.ensure(rowCount * width);
    const { widenHalves, nearestHalves } = halfFloatKernels(holding.linear);
    (widens ? widenHalves : nearestHalves)(given, rowCount, values);
    return { type: to, validity, values, bytes: 0, dictionary: undefined, width, bits: undefined };
  };
}

type IsIn = Extract<TypedExpression, { kind: 'is-in' }>;

/** Whether the list is of constants that are looked up in a set: texts, or whole numbers of 8 bytes at most. */
export function isLookedUp({ input, list }: IsIn): boolean {
  const { type } = input;
  const isWhole = machineOf(type) !== undefined && !isFloat(type);
  return (isBytes(type) || isWhole) && list.every((item) => item.kind === 'literal' && item.value !== null);
}

function memberStep(e: IsIn, holding: Holding): KernelStep | undefined {
  const { input } = e;
  if (input.kind !== 'column' || !isLookedUp(e)) return undefined;
  const entries = e.list.map((item) => (item.kind === 'literal' ? item.value : null));
  const bits = new Scratch(holding);
  const result = (validity: number, rowCount: number): Column => {
    const values = bits.ensure(bitmapBytes(rowCount));
    return { type: bool, validity, values, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  };
  if (isBytes(input.type)) {
    const set = makeTextSet(holding, entries as (string | Uint8Array)[]);
    return onPlain(input.index, ({ values, bytes, validity }, rowCount) => {
      const found = result(validity, rowCount);
      textsInSet(holding.linear, set, values, bytes, rowCount, found.values);
      return found;
    });
  }
  const width = fixedWidth(input.type) as IntegerSet['width'] | 16;
  // Of decimals with more digits a column may be held in 8 bytes all the same.
  if (width === 16) return undefined;
  const set = makeIntegerSet(holding, width, entries.map(wholeOf));
  return onPlain(input.index, ({ values, validity, width: held }, rowCount) => {
    if (held !== width) return undefined;
    const found = result(validity, rowCount);
    integersInSet(holding.linear, set, values, rowCount, found.values);
    return found;
  });
}

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
  const address = keptBytes(program.bytes, holding);
  const bits = new Scratch(holding);
  return ({ values: offsets, bytes, validity }, rowCount) => {
    const values = bits.ensure(bitmapBytes(rowCount));
    matchLike(holding.linear, program, address, offsets, bytes, rowCount, values);
    return { type: bool, validity, values, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  };
}
