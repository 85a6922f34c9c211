/** How many steps an engine takes that tries all alternatives one by one, as V8's does: counted, not timed. */

import { pairsOf } from '../../../src/expressions/regexp/code-points.ts';
import type { RegExpNode } from '../../../src/expressions/regexp/regexp-node.ts';

type Next = (at: number) => boolean;

/** The steps of looking for the first match. */
export function stepsOf(node: RegExpNode, text: string): number {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  let steps = 0;

  function isIn(points: readonly number[], at: number): boolean {
    const code = codes[at];
    return code !== undefined && pairsOf(points).some(([first, last]) => first <= code && code <= last);
  }
  const isWord = (at: number): boolean => /^\w$/.test(String.fromCodePoint(codes[at] ?? 0));

  function holds(what: string, at: number): boolean {
    if (what === 'text-begin') return at === 0;
    if (what === 'text-end') return at === codes.length;
    const isBoundary = (at > 0 && isWord(at - 1)) !== (at < codes.length && isWord(at));
    return isBoundary === (what === 'word-boundary');
  }

  function match(of: RegExpNode, at: number, next: Next): boolean {
    steps++;
    switch (of.kind) {
      case 'set':
        return isIn(of.points ?? [], at) && next(at + 1);
      case 'assertion':
        return holds(of.what, at) && next(at);
      case 'sequence':
        return matchAll(of.items, at, next);
      case 'alternation':
        return of.branches.some((branch) => match(branch, at, next));
      case 'group':
        return match(of.body, at, next);
      case 'repeat':
        return of.body.kind === 'set' ? loop(of, of.body.points ?? [], at, next) : repeat(of, 0, at, next);
    }
  }

  function matchAll(items: readonly RegExpNode[], at: number, next: Next): boolean {
    const [first, ...rest] = items;
    return first === undefined ? next(at) : match(first, at, (then) => matchAll(rest, then, next));
  }

  /** Of single characters, without a call for each: texts are long. */
  function loop({ min, max, isLazy }: Repeat, points: readonly number[], at: number, next: Next): boolean {
    if (isLazy) {
      for (let count = 0; ; count++) {
        steps++;
        if (count >= min && next(at + count)) return true;
        if (count >= max || !isIn(points, at + count)) return false;
      }
    }
    let count = 0;
    while (count < max && isIn(points, at + count)) {
      steps++;
      count++;
    }
    for (; count >= min; count--) {
      steps++;
      if (next(at + count)) return true;
    }
    return false;
  }

  function repeat(of: Repeat, count: number, at: number, next: Next): boolean {
    const more = (): boolean => count < of.max && match(of.body, at, (then) => repeat(of, count + 1, then, next));
    if (count < of.min) return more();
    return of.isLazy ? next(at) || more() : more() || next(at);
  }

  for (let start = 0; start <= codes.length; start++) if (match(node, start, () => true)) break;
  return steps;
}

type Repeat = Extract<RegExpNode, { kind: 'repeat' }>;
