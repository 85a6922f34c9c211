/** Regular expressions as trees. */

import type { CodePoints } from './code-points.ts';

export type Assertion = 'text-begin' | 'text-end' | 'line-begin' | 'line-end' | 'word-boundary' | 'no-word-boundary';

export type RegExpNode =
  /** One character of a set; `points` is undefined where nobody but the engine needs to know it. */
  | { readonly kind: 'set'; readonly points: CodePoints | undefined }
  | { readonly kind: 'assertion'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly RegExpNode[] }
  | { readonly kind: 'alternation'; readonly branches: readonly RegExpNode[] }
  | { readonly kind: 'group'; readonly body: RegExpNode; readonly captures: boolean }
  /** `max` may be infinite. */
  | {
      readonly kind: 'repeat';
      readonly body: RegExpNode;
      readonly min: number;
      readonly max: number;
      readonly isLazy: boolean;
    };

/** About how many instructions the engine compiles it to, counted repetitions written out; never much less. */
export function programSize(node: RegExpNode): number {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return 1;
    case 'sequence':
      return Math.max(sum(node.items.map(programSize)), 1);
    case 'alternation':
      return sum(node.branches.map(programSize)) + node.branches.length;
    case 'group':
      return programSize(node.body) + (node.captures ? 2 : 0);
    case 'repeat': {
      const { min, max } = node;
      const times = Math.max(Number.isFinite(max) ? max : min, 1);
      return programSize(node.body) * times + (Number.isFinite(max) ? max - min : 0) + 2;
    }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The number of groups that capture. */
export function groupCount(node: RegExpNode): number {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return 0;
    case 'sequence':
      return sum(node.items.map(groupCount));
    case 'alternation':
      return sum(node.branches.map(groupCount));
    case 'group':
      return groupCount(node.body) + (node.captures ? 1 : 0);
    case 'repeat':
      return groupCount(node.body);
  }
}
