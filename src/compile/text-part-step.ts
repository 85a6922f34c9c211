/**
 * Texts that are made of texts by kernels over a whole column, where all arguments but the text are literals:
 *
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
import { TextParts } from './text-slice-step.ts';

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
    default:
      return undefined;
  }
}

/** The most places that a kernel counts. */
const MOST = 2 ** 31 - 1;

/** A place that kernels count to. */
function placeOf(value: Literal): number | undefined {
  const place = Number(value);
  return (typeof value === 'bigint' || typeof value === 'number') && Math.abs(place) <= MOST ? place : undefined;
}

/** `cut` writes where the parts begin, and the offsets of the result, of which it returns the last. */
function cutStep(
  holding: Holding,
  cut: (text: Column, rowCount: number, starts: number, out: number) => number,
): Compute {
  const parts = new TextParts(holding);
  return (text, rowCount) =>
    parts.of(text.bytes, text.validity, rowCount, (starts, out) => cut(text, rowCount, starts, out));
}

function trimStep(sides: 1 | 2 | 3, [characters]: readonly Literal[], holding: Holding): Compute | undefined {
  if (typeof characters !== 'string') return undefined;
  const isSpace = characters === WHITE_SPACE;
  const set = trimSet(isSpace ? characters.replace(/[^\0-\x7f]/g, '') : characters);
  if (set === undefined) return undefined;
  return cutStep(holding, ({ values, bytes }, rowCount, starts, out) =>
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
  return cutStep(holding, ({ values, bytes }, rowCount, starts, out) =>
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
