/**
 * Texts that are made of texts by kernels over a whole column, where all arguments but the text are literals:
 *
 *     left right substr substring slice     characters by place: from, count
 *     strip lstrip rstrip                   without white space, or ASCII characters, at the ends
 *     split_part                            what stands between separators
 *     replace                               each needle by another text
 *
 * Arguments no kernel is for, such as places beyond 31 bits, have no step.
 */

import type { Column } from '../columnar/column.ts';
import { MAX_GROWN_LENGTH } from '../expressions/functions/characters.ts';
import { WHITE_SPACE } from '../expressions/functions/text-padding.ts';
import { textSearchKernels } from '../kernels/text-search-kernels.ts';
import { textSliceKernels, trimSet } from '../kernels/text-slice-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { Scratch } from './scratch.ts';
import { type Compute, keptNeedle } from './text-operands.ts';

type Literal = unknown;

/** The computation of a function of a text and literals; undefined where no kernel is for them. */
export function textPartStep(name: string, literals: readonly Literal[], holding: Holding): Compute | undefined {
  switch (name) {
    case 'split_part':
      return splitPartStep(literals, holding);
    case 'replace':
      return replaceStep(literals, holding);
    case 'strip':
      return trimStep(3, literals, holding);
    case 'lstrip':
      return trimStep(1, literals, holding);
    case 'rstrip':
      return trimStep(2, literals, holding);
    default: {
      const range = rangeOf(name, literals);
      return range && rangeStep(range, holding);
    }
  }
}

/** The most characters or places that a kernel counts; as a count, all there are. */
const MOST = 2 ** 31 - 1;
const TO_THE_END = 2n ** 63n - 1n;

/** A place that kernels count to. */
function placeOf(value: Literal): number | undefined {
  const place = Number(value);
  return (typeof value === 'bigint' || typeof value === 'number') && Math.abs(place) <= MOST ? place : undefined;
}
/** The same, or all there is. */
const countOf = (value: Literal): number | undefined => (value === TO_THE_END ? MOST : placeOf(value));

/** As `textSlice` takes it. */
interface Range {
  readonly from: number;
  readonly count: number;
  readonly isWindow: 0 | 1;
}

const range = (from: number, count: number, isWindow: 0 | 1 = 0): Range => ({ from, count, isWindow });

function rangeOf(name: string, [first, second]: readonly Literal[]): Range | undefined {
  const from = placeOf(first);
  if (from === undefined) return undefined;
  if (name === 'left') return range(0, from);
  if (name === 'right') return from === 0 ? range(0, 0) : range(-from, MOST);
  const to = countOf(second);
  if (to === undefined) return undefined;
  if (name === 'substr') return range(from, Math.max(to, 0));
  if (name === 'slice') return sliceRange(from, to);
  return name === 'substring' && to >= 0 ? substringRange(from, to) : undefined;
}

/** An end that is given from the start is a count only behind a start that is, too. */
function sliceRange(from: number, to: number): Range | undefined {
  if (to === MOST || to < 0) return range(from, to);
  return from < 0 ? undefined : range(from, Math.max(to - from, 0));
}

/** Place 0 lies before the text, and counts. */
function substringRange(from: number, count: number): Range {
  if (from < 0) return range(from, count, 1);
  return from > 0 ? range(from - 1, count) : range(0, count === MOST ? MOST : Math.max(count - 1, 0));
}

/** `cut` writes where the parts begin, and the offsets of the result, of which it returns the last. */
function sliceStep(
  holding: Holding,
  cut: (text: Column, rowCount: number, starts: number, out: number) => number,
): Compute {
  const [starts, offsets, bytes] = [new Scratch(holding), new Scratch(holding), new Scratch(holding)];
  return (text, rowCount) => {
    const from = starts.ensure(rowCount * 4);
    const values = offsets.ensure((rowCount + 1) * 4);
    const to = bytes.ensure(cut(text, rowCount, from, values));
    textSliceKernels(holding.linear).copySlices(text.bytes, from, rowCount, values, to);
    return { ...text, values, bytes: to };
  };
}

const rangeStep = ({ from, count, isWindow }: Range, holding: Holding): Compute =>
  sliceStep(holding, ({ values, bytes }, rowCount, starts, out) =>
    textSliceKernels(holding.linear).textSlice(values, bytes, rowCount, from, count, isWindow, starts, out),
  );

function trimStep(sides: 1 | 2 | 3, [characters]: readonly Literal[], holding: Holding): Compute | undefined {
  if (typeof characters !== 'string') return undefined;
  const isSpace = characters === WHITE_SPACE;
  const set = trimSet(isSpace ? characters.replace(/[^\0-\x7f]/g, '') : characters);
  if (set === undefined) return undefined;
  return sliceStep(holding, ({ values, bytes }, rowCount, starts, out) =>
    textSliceKernels(holding.linear).textTrim(
      values,
      bytes,
      rowCount,
      sides,
      set.low,
      set.high,
      isSpace ? 1 : 0,
      starts,
      out,
    ),
  );
}

function splitPartStep([separator, part]: readonly Literal[], holding: Holding): Compute | undefined {
  const number = placeOf(part);
  if (typeof separator !== 'string' || separator === '' || !number) return undefined;
  const { address, length, rare } = keptNeedle(separator, holding);
  return sliceStep(holding, ({ values, bytes }, rowCount, starts, out) =>
    textSliceKernels(holding.linear).textSplitPart(values, bytes, rowCount, address, length, rare, number, starts, out),
  );
}

function replaceStep([search, replacement]: readonly Literal[], holding: Holding): Compute | undefined {
  if (typeof search !== 'string' || search === '' || typeof replacement !== 'string') return undefined;
  const { address, length, rare } = keptNeedle(search, holding);
  const by = keptNeedle(replacement, holding);
  const [offsets, texts] = [new Scratch(holding), new Scratch(holding)];
  return (text, rowCount) => {
    const kernels = textSearchKernels(holding.linear);
    const needle = [text.values, text.bytes, rowCount, address, length, rare] as const;
    const values = offsets.ensure((rowCount + 1) * 4);
    const total = kernels.replacedOffsets(...needle, by.length, MAX_GROWN_LENGTH, values);
    // Too long for the kernel, or for anyone: the step says in which row.
    if (total < 0) return undefined;
    const bytes = texts.ensure(total);
    kernels.replaceTexts(...needle, by.address, by.length, bytes);
    return { ...text, values, bytes };
  };
}
