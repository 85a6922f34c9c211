/**
 * LIKE over a text column. A pattern is compiled once, its program put into linear memory by whoever runs it, and each
 * batch gives a bitmap. Patterns without `_` whose only `%` are at their ends run as the predicates they are.
 *
 *     'PROMO%'   startsWith        '%BRASS'  endsWith       '%green%'  contains       '%'  everything
 *     '%special%req_ests%'         general: rows with the longest literal first, then of those the ones that match
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { rarestByte } from './needle.ts';
import { staticKernels } from './static-kernels.ts';
import { stringKernels } from './string-kernels.ts';
import { takeKernels } from './take-kernels.ts';

interface LikeKernels {
  textLike(offsets: number, bytes: number, rows: number, program: number, among: 0 | 1, out: number): void;
  textLikeEach(
    codes: number,
    offsets: number,
    bytes: number,
    patternCodes: number,
    patternOffsets: number,
    patternBytes: number,
    rows: number,
    validity: number,
    escaping: number,
    isFolded: 0 | 1,
    out: number,
  ): number;
}

/** A pattern in the form that `matchLike` runs. */
export interface LikeProgram {
  readonly kind: 'everything' | 'equals' | 'startsWith' | 'endsWith' | 'contains' | 'general';
  /** To be copied to an address that is a multiple of 4; up to 16 bytes behind it are read. */
  readonly bytes: Uint8Array;
  /** The needle within `bytes`; of a general pattern what each match contains, empty where that helps nothing. */
  readonly needle: { readonly at: number; readonly length: number; readonly rare: number };
}

/** `undefined` stands for `_`. */
type Element = string | undefined;
type Segment = readonly Element[];

const SKIP = 0;
const LITERAL = 1;
const SEEK = 2;
const HEADER_WORDS = 5;
const STEP_WORDS = 4;

interface Step {
  readonly kind: number;
  /** Characters of a skip. */
  readonly count: number;
  readonly literal: Uint8Array;
}

export interface LikeOptions {
  /** One character; what follows it in a pattern stands for itself. Default: none. */
  readonly escape?: string | undefined;
}

/**
 * The program of a pattern: `%` stands for any characters, `_` for one. Undefined where the pattern ends with the
 * escape.
 */
export function compileLike(pattern: string, options: LikeOptions = {}): LikeProgram | undefined {
  const segments = segmentsOf(pattern, options.escape);
  if (segments === undefined) return undefined;
  const [head = [], ...others] = segments;
  const tail = others.pop();
  return simpleProgram(head, others, tail) ?? generalProgram(head, others, tail);
}

/** What stands between the `%`s, from before the first to behind the last. */
function segmentsOf(pattern: string, escaping: string | undefined): Segment[] | undefined {
  const segments: Element[][] = [[]];
  let escaped = false;
  for (const character of pattern) {
    const segment = segments.at(-1)!;
    if (escaped) segment.push(character);
    else if (character !== escaping && character === '%') segments.push([]);
    else if (character !== escaping) segment.push(character === '_' ? undefined : character);
    escaped = !escaped && character === escaping;
  }
  return escaped ? undefined : segments;
}

const encode = (characters: Segment): Uint8Array => new TextEncoder().encode(characters.join(''));

/** `tail` is undefined where the pattern has no `%`. */
function simpleProgram(head: Segment, middle: readonly Segment[], tail?: Segment): LikeProgram | undefined {
  const parts = [head, ...middle, tail ?? []];
  if (parts.some((part) => part.includes(undefined))) return undefined;
  const needles = parts.filter((part) => part.length > 0);
  const bytes = encode(needles[0] ?? []);
  const simple = (kind: LikeProgram['kind']): LikeProgram => ({
    kind,
    bytes,
    needle: { at: 0, length: bytes.length, rare: rarestByte(bytes) },
  });
  if (tail === undefined) return simple('equals');
  if (needles.length === 0) return simple('everything');
  if (needles.length > 1) return undefined;
  if (head.length > 0) return simple('startsWith');
  return simple(tail.length > 0 ? 'endsWith' : 'contains');
}

function generalProgram(head: Segment, middle: readonly Segment[], tail?: Segment): LikeProgram {
  const headSteps = stepsOf(head);
  const tailSteps = stepsOf(tail ?? []).reverse();
  const middleSteps = middle.flatMap((segment) => seeking(stepsOf(segment)));
  const steps = [...headSteps, ...tailSteps, ...middleSteps];
  const fewestBytes = steps.reduce((sum, { count, literal }) => sum + count + literal.length, 0);
  const header = [headSteps.length, tailSteps.length, steps.length, fewestBytes, tail === undefined ? 1 : 0];
  const { bytes, places } = assemble(header, steps);
  const literals = steps.map(({ literal }) => literal);
  // Literals that have to begin or end the text are compared quicker than any is sought.
  const isAnchored = headSteps[0]?.kind === LITERAL || tailSteps[0]?.kind === LITERAL;
  const longest = longestOf(literals);
  const literal = literals[longest] ?? new Uint8Array();
  const isSought = !isAnchored && literal.length >= FEWEST_SOUGHT_BYTES;
  const needle = { at: places[longest]!, length: literal.length, rare: rarestByte(literal) };
  return {
    kind: 'general',
    bytes,
    needle: isSought ? needle : { at: 0, length: 0, rare: 0 },
  };
}

/** Shorter ones are met in too many rows for a search of its own to pay. */
const FEWEST_SOUGHT_BYTES = 3;

function stepsOf(segment: Segment): Step[] {
  const steps: Step[] = [];
  for (let from = 0; from < segment.length; ) {
    const isSkip = segment[from] === undefined;
    let to = from + 1;
    while (to < segment.length && (segment[to] === undefined) === isSkip) to++;
    steps.push({
      kind: isSkip ? SKIP : LITERAL,
      count: isSkip ? to - from : 0,
      literal: encode(isSkip ? [] : segment.slice(from, to)),
    });
    from = to;
  }
  return steps;
}

/** The first literal is sought. Skips before it say the same as before the `%`. */
function seeking(steps: Step[]): Step[] {
  const first = steps.findIndex(({ kind }) => kind === LITERAL);
  return steps.map((step, at) => (at === first ? { ...step, kind: SEEK } : step));
}

function longestOf(literals: readonly Uint8Array[]): number {
  let longest = 0;
  for (const [at, { length }] of literals.entries()) if (length > literals[longest]!.length) longest = at;
  return longest;
}

/** Header, steps and literals, and where each step's literal begins. */
function assemble(header: readonly number[], steps: readonly Step[]): { bytes: Uint8Array; places: number[] } {
  let end = (HEADER_WORDS + steps.length * STEP_WORDS) * 4;
  const words = [...header];
  const places: number[] = [];
  for (const { kind, count, literal } of steps) {
    places.push(end);
    words.push(kind, kind === SKIP ? count : literal.length, rarestByte(literal), end);
    end += literal.length;
  }
  const bytes = new Uint8Array(end);
  bytes.set(new Uint8Array(Uint32Array.from(words).buffer));
  for (const [at, { literal }] of steps.entries()) bytes.set(literal, places[at]);
  return { bytes, places };
}

/**
 * Bit r of `out`, whole words: text r matches the pattern. `program` is where its bytes were copied to. Characters are
 * those of valid UTF-8.
 */
export function matchLike(
  linear: LinearMemory,
  { kind, needle: { at, length, rare } }: LikeProgram,
  program: number,
  offsets: number,
  bytes: number,
  rows: number,
  out: number,
): void {
  const text = stringKernels(linear);
  const needle = program + at;
  if (kind === 'everything') {
    takeKernels(linear).setBits(out, 0, rows);
  } else if (kind === 'equals') text.textEquals(offsets, bytes, rows, needle, length, out);
  else if (kind === 'contains') text.textContains(offsets, bytes, rows, needle, length, rare, out);
  else if (kind !== 'general') {
    text.textBeginsOrEnds(offsets, bytes, rows, needle, length, kind === 'endsWith' ? 1 : 0, out);
  } else {
    if (length > 0) text.textContains(offsets, bytes, rows, needle, length, rare, out);
    const like = staticKernels(linear) as unknown as LikeKernels;
    like.textLike(offsets, bytes, rows, program, length > 0 ? 1 : 0, out);
  }
}

/** The codes of texts, or 0 where they are plain, their offsets and their bytes. */
type Texts = readonly [codes: number, offsets: number, bytes: number];

/** How patterns of rows are read: with an escape, of ASCII, or none; with or without regard to the case of letters. */
export interface LikeReading {
  readonly escaping: string;
  readonly isFolded: boolean;
}

/**
 * As `matchLike`, of a pattern for each row; the bits of rows that are null are not set. False, and `out` without meaning,
 * where a pattern ends with its escape, or characters that are not ASCII would have to be folded.
 */
export function matchLikeEach(
  linear: LinearMemory,
  { escaping, isFolded }: LikeReading,
  texts: Texts,
  patterns: Texts,
  rows: number,
  validity: number,
  out: number,
): boolean {
  const like = staticKernels(linear) as unknown as LikeKernels;
  const byte = escaping === '' ? -1 : (isFolded ? escaping.toLowerCase() : escaping).charCodeAt(0);
  return like.textLikeEach(...texts, ...patterns, rows, validity, byte, isFolded ? 1 : 0, out) === 1;
}
