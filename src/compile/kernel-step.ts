/**
 * Nodes that static kernels compute over a whole column, instead of JavaScript row by row:
 *
 *     upper lower reverse ilike     ASCII, sixteen bytes at a time, and JavaScript for other rows: text-case-step.ts
 *     length length_bytes find      characters, bytes and places: text-measure-step.ts
 *     like                          patterns that are literals
 *     left substr slice …           parts of texts, by places that may be columns: text-slice-step.ts
 *     strip split_part replace      parts of texts and texts put in: text-part-step.ts
 *     find like ilike split_part    by parts, patterns and separators of each row: text-pair-step.ts
 *     lpad rpad repeat space        to lengths that may be columns: text-filling-step.ts
 *     concat concat_ws              of columns and literals: text-joining-step.ts
 *     hash murmurhash3 …            of columns of any form: hash-step.ts
 *     cast                          of texts to numbers, bools and times, and back: text-cast-step.ts
 *     cast                          of float16 to float32, and of float64 to float16
 *     cast, date_trunc, …           on clocks of time zones: zone-step.ts
 *     in                            a list of constants: texts, or more integers than are compared one by one
 *
 * Where it is not said otherwise only plain columns: dictionaries are worked out per entry, or the step does without.
 */

import type { Column } from '../columnar/column.ts';
import { bool, type DataType, fixedWidth, isBytes, isFloat } from '../columnar/data-type.ts';
import { wholeOf } from '../columnar/value.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { halfFloatKernels } from '../kernels/half-float-kernels.ts';
import { compileLike, matchLike } from '../kernels/like-kernels.ts';
import {
  type IntegerSet,
  integersInSet,
  makeIntegerSet,
  makeTextSet,
  textsInSet,
} from '../kernels/value-set-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { hashStep } from './hash-step.ts';
import { machineOf } from './machine.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import { ilikeStep, textCaseStep } from './text-case-step.ts';
import { textReadingStep, textWritingStep } from './text-cast-step.ts';
import { textFillingStep } from './text-filling-step.ts';
import { textJoiningStep } from './text-joining-step.ts';
import { findStep, lengthStep } from './text-measure-step.ts';
import { type Compute, keptBytes } from './text-operands.ts';
import { textPairStep } from './text-pair-step.ts';
import { textPartStep } from './text-part-step.ts';
import { isSliced, textSliceStep } from './text-slice-step.ts';
import { onZoneClockStep, zoneCastStep } from './zone-step.ts';

export interface KernelStep {
  /** Valid until the next call; undefined where these columns are not for it. @throws MemoryBudgetExceeded */
  evaluate(columns: readonly Column[], rowCount: number): Column | undefined;
}

/** The step of a node whose operands are columns and literals; undefined where no kernel computes it. */
export function kernelStepOf(e: TypedExpression, holding: Holding): KernelStep | undefined {
  if (e.kind === 'is-in') return memberStep(e, holding);
  if (e.kind === 'cast') return castStep(e, holding);
  if (e.kind !== 'function') return undefined;
  const { name, arguments: given } = e;
  if (name === 'concat' || name === 'concat_ws') return textJoiningStep(name, given, holding);
  if (ON_ZONE_CLOCK.has(name)) return onZoneClockStep(e, holding);
  if (isSliced(name)) return textSliceStep(name, given, holding);
  return (
    textFillingStep(name, given, holding) ??
    hashStep(e, holding) ??
    ofOneText(e, holding) ??
    textPairStep(name, given, holding)
  );
}

/** The step of a function of one plain column of texts, and literals. */
function ofOneText(e: Call, holding: Holding): KernelStep | undefined {
  const [text, ...others] = e.arguments;
  if (text?.kind !== 'column' || text.type.kind !== 'utf8') return undefined;
  const literals = others.map((other) => (other.kind === 'literal' ? other.value : undefined));
  const compute = literals.includes(undefined) ? undefined : computeOf(e, literals, holding);
  return compute && onPlain(text.index, compute);
}

type Call = Extract<TypedExpression, { kind: 'function' }>;

function computeOf(e: Call, literals: readonly unknown[], holding: Holding): Compute | undefined {
  const [first, second] = literals;
  switch (e.name) {
    case 'upper':
    case 'lower':
    case 'reverse':
      return textCaseStep(e.name, e, holding);
    case 'length':
      return lengthStep('characters', holding);
    case 'length_bytes':
      return lengthStep('bytes', holding);
    case 'find':
    case 'position':
      return typeof first === 'string' && first !== ''
        ? findStep(first, e.name === 'find' ? 0 : 1, holding)
        : undefined;
    case 'like':
      return typeof first === 'string' && typeof second === 'string' ? likeStep(first, second, holding) : undefined;
    case 'ilike':
      return typeof first === 'string' && typeof second === 'string' ? ilikeStep(first, second, e, holding) : undefined;
    default:
      return textPartStep(e.name, literals, holding);
  }
}

const ON_ZONE_CLOCK: ReadonlySet<string> = new Set(['date_trunc', 'date_add', 'date_sub']);

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

function likeStep(pattern: string, escaping: string, holding: Holding): Compute | undefined {
  const program = compileLike(pattern, escaping === '' ? {} : { escape: escaping });
  if (program === undefined) return undefined;
  const address = keptBytes(program.bytes, holding);
  const bits = new Scratch(holding);
  return ({ values: offsets, bytes, validity }, rowCount) => {
    const values = bits.ensure(bitmapBytes(rowCount));
    matchLike(holding.linear, program, address, offsets, bytes, rowCount, values);
    return { type: bool, validity, values, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  };
}
