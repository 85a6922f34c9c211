/**
 * Patterns that V8's own engine, which tries alternatives one by one and goes back, works through in linear time, too: it
 * is several times faster. Everything here is a proof; what it cannot prove is left to the engine that is always linear.
 *
 * What is looked at is a sequence of items without groups around them: *bounded* ones, which have a fixed number of ways
 * to match, and *loops*, which repeat one set of characters without end. V8 tries a sequence at each place of the text.
 *
 * 1. `abc\d{2,3}`, no loops: each place costs at most what all ways through the items cost, a constant.
 * 2. `id:\d+x?`, nothing behind the first loop can fail: whoever gets into a loop has found a match, and the next one is
 *    looked for behind it. Before the loop each place costs a constant.
 * 3. `^\w+:[^,]*,`, bound to the beginning, so tried at one place; and what follows a loop begins with a character that
 *    the loop does not take. A loop that is left too early fails at the next character, so it costs its length.
 * 4. As 3, but the last loop may take what follows it, if what follows it is bounded: then it costs its length times a
 *    constant.
 *
 * 5. As 3 and 4, but not bound to the beginning, as `\w+@\w+`: each place costs the length of the text, which is a
 *    constant, too, in texts that are no longer than one.
 *
 * An alternation at the top is as good as the worst of its branches. Loops in loops, and in alternations further inside,
 * are never proven.
 */

import { areDisjoint, type CodePoints, pairsOf, union } from './code-points.ts';
import type { Assertion, RegExpNode } from './regexp-node.ts';

/** The most steps at one place of the text, and the most ways that lead to a loop. */
const MAX_STEPS = 256;
const MAX_WAYS = 16;
const MAX_LOOPS = 16;
/** The same, where every place may cost the length of the text. */
const MAX_STEPS_EVERYWHERE = 32;
const MAX_WAYS_EVERYWHERE = 2;

/** The longest texts in cases 1 to 4: V8 remembers where it may go back to, and has no room for that in longer ones. */
const LONGEST = 1 << 16;
const LONGEST_EVERYWHERE = 1 << 8;

/** What V8 is given. */
export interface NativeForm {
  /** Under the flag `u`. */
  readonly source: string;
  /** In UTF-16 units; of longer texts nothing is proven. */
  readonly longestText: number;
  /** Whether the time is linear whatever the length: if not, the other engine tells as quickly whether there is a match. */
  readonly isLinear: boolean;
}

/** Undefined where nothing is proven, or V8 does not mean the same. */
export function nativeForm(node: RegExpNode): NativeForm | undefined {
  if (!meansTheSame(node, false)) return undefined;
  const branches = branchesOf(node).map(flattened);
  if (branches.every(isLinear)) return { source: source(node), longestText: LONGEST, isLinear: true };
  if (branches.length > MAX_WAYS_EVERYWHERE || !branches.every(isShortEverywhere)) return undefined;
  return { source: source(node), longestText: LONGEST_EVERYWHERE, isLinear: false };
}

/** Of the alternation that the whole expression is, if it is one. */
function branchesOf(node: RegExpNode): readonly RegExpNode[] {
  if (node.kind === 'alternation') return node.branches;
  const [only] = flattened(node);
  return only?.kind === 'group' && flattened(node).length === 1 ? branchesOf(only.body) : [node];
}

/**
 * V8 differs in what groups hold that are repeated, and in repetitions of what may be empty. Sets that only the other
 * engine knows are left to it; lines, because they end in more ways for V8; and \B, because V8 sees it inside of
 * surrogate pairs.
 */
function meansTheSame(node: RegExpNode, isRepeated: boolean): boolean {
  switch (node.kind) {
    case 'set':
      return node.points !== undefined && node.points.length > 0;
    case 'assertion':
      return SOURCES[node.what] !== undefined;
    case 'sequence':
      return node.items.every((item) => meansTheSame(item, isRepeated));
    case 'alternation':
      return node.branches.every((branch) => meansTheSame(branch, isRepeated));
    case 'group':
      return !(node.captures && isRepeated) && meansTheSame(node.body, isRepeated);
    case 'repeat':
      return node.max > 0 && !mayBeEmpty(node.body) && meansTheSame(node.body, isRepeated || node.max > 1);
  }
}

function mayBeEmpty(node: RegExpNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'assertion':
      return true;
    case 'sequence':
      return node.items.every(mayBeEmpty);
    case 'alternation':
      return node.branches.some(mayBeEmpty);
    case 'group':
      return mayBeEmpty(node.body);
    case 'repeat':
      return node.min === 0 || mayBeEmpty(node.body);
  }
}

function flattened(node: RegExpNode): readonly RegExpNode[] {
  if (node.kind === 'group') return node.body.kind === 'alternation' ? [node] : flattened(node.body);
  return node.kind === 'sequence' ? node.items.flatMap(flattened) : [node];
}

interface Loop {
  readonly set: CodePoints;
  readonly min: number;
}

function loopOf(node: RegExpNode): Loop | undefined {
  if (node.kind !== 'repeat' || Number.isFinite(node.max) || node.body.kind !== 'set') return undefined;
  return { set: node.body.points ?? [], min: node.min };
}

function isLinear(items: readonly RegExpNode[]): boolean {
  const first = items.findIndex((item) => loopOf(item) !== undefined);
  const [before, loop, rest] =
    first < 0 ? [items, undefined, []] : [items.slice(0, first), items[first], items.slice(first + 1)];
  const start = costOf(before);
  if (start === undefined) return false;
  const least = (loop && loopOf(loop)?.min) ?? 0;
  if (start.steps + start.ways * least <= MAX_STEPS && rest.every(neverFails)) return true;
  const [anchor] = items;
  return anchor?.kind === 'assertion' && anchor.what === 'text-begin' && isLinearOnce(items, MAX_STEPS, MAX_WAYS);
}

/** Case 5. */
const isShortEverywhere = (items: readonly RegExpNode[]): boolean =>
  isLinearOnce(items, MAX_STEPS_EVERYWHERE, MAX_WAYS_EVERYWHERE);

/** Whether an item matches nothing where it matches nothing else, wherever it is tried. */
function neverFails(item: RegExpNode): boolean {
  const isEmpty = item.kind === 'repeat' && item.min === 0;
  return isEmpty && (loopOf(item) !== undefined || costOf([item]) !== undefined);
}

/** Cases 3 and 4, of a sequence that is tried at one place, and 5, at each. */
function isLinearOnce(items: readonly RegExpNode[], mostSteps: number, mostWays: number): boolean {
  const bounded = items.filter((item) => loopOf(item) === undefined);
  const cost = costOf(bounded);
  const loops = items.flatMap((item, index) => {
    const loop = loopOf(item);
    return loop === undefined ? [] : [{ ...loop, rest: items.slice(index + 1) }];
  });
  if (cost === undefined || cost.steps > mostSteps || cost.ways > mostWays || loops.length > MAX_LOOPS) return false;
  const isLeast = loops.every(({ min }) => min <= mostSteps);
  return isLeast && loops.every(({ set, rest }, index) => index === loops.length - 1 || cannotEnter(set, rest));
}

/** Whether the rest, tried where a character of the set comes next, fails without taking one, or needs to take none. */
function cannotEnter(set: CodePoints, rest: readonly RegExpNode[]): boolean {
  for (const item of rest) {
    if (!areDisjoint(set, firstOf(item))) return false;
    if (!mayBeEmpty(item)) return true;
  }
  return true;
}

/** The characters that a match can begin with. */
function firstOf(node: RegExpNode): CodePoints {
  switch (node.kind) {
    case 'set':
      return node.points ?? [];
    case 'assertion':
      return [];
    case 'sequence': {
      const end = node.items.findIndex((item) => !mayBeEmpty(item));
      return union(...node.items.slice(0, end < 0 ? undefined : end + 1).map(firstOf));
    }
    case 'alternation':
      return union(...node.branches.map(firstOf));
    case 'group':
    case 'repeat':
      return firstOf(node.body);
  }
}

/** Bounds of what it takes to try all ways through something at one place. */
interface Cost {
  /** The number of ways to match. */
  readonly ways: number;
  readonly steps: number;
}

/** Undefined where there is no bound. */
function costOf(items: readonly RegExpNode[]): Cost | undefined {
  let [ways, steps] = [1, 0];
  for (const item of items) {
    const cost = costOfItem(item);
    if (cost === undefined) return undefined;
    steps += ways * cost.steps;
    ways *= cost.ways;
  }
  return { ways, steps };
}

function costOfItem(node: RegExpNode): Cost | undefined {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return { ways: 1, steps: 1 };
    case 'sequence':
      return costOf(node.items);
    case 'group':
      return costOfItem(node.body);
    case 'alternation': {
      const costs = node.branches.map(costOfItem);
      return costs.reduce((a, b) => a && b && { ways: a.ways + b.ways, steps: a.steps + b.steps });
    }
    case 'repeat': {
      if (!Number.isFinite(node.max)) return undefined;
      const body = costOfItem(node.body);
      return body && repeatedCost(body, node.min, node.max);
    }
  }
}

function repeatedCost(body: Cost, min: number, max: number): Cost {
  let [ways, steps, reached] = [min === 0 ? 1 : 0, 0, 1];
  for (let times = 1; times <= max && steps <= MAX_STEPS; times++) {
    steps += reached * body.steps;
    reached *= body.ways;
    if (times >= min) ways += reached;
  }
  return { ways, steps };
}

const SOURCES: Readonly<Partial<Record<Assertion, string>>> = {
  'text-begin': '^',
  'text-end': '$',
  'word-boundary': '\\b',
};

function source(node: RegExpNode): string {
  switch (node.kind) {
    case 'set':
      return classSource(node.points ?? []);
    case 'assertion':
      return SOURCES[node.what] ?? '';
    case 'sequence':
      return node.items.map(source).join('');
    case 'alternation':
      return node.branches.map(source).join('|');
    case 'group':
      return `(${node.captures ? '' : '?:'}${source(node.body)})`;
    case 'repeat': {
      const most = Number.isFinite(node.max) ? node.max : '';
      const body = node.body.kind === 'repeat' ? `(?:${source(node.body)})` : source(node.body);
      return `${body}{${node.min},${most}}${node.isLazy ? '?' : ''}`;
    }
  }
}

const character = (code: number): string => `\\u{${code.toString(16)}}`;

function classSource(points: CodePoints): string {
  const pairs = pairsOf(points);
  const [only] = pairs;
  if (only !== undefined && pairs.length === 1 && only[0] === only[1]) return character(only[0]);
  return `[${pairs.map(([first, last]) => `${character(first)}-${character(last)}`).join('')}]`;
}
