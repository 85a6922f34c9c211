import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';

/** Of a node that has neither fraction nor size, or both, `check-plan.ts` has told. */
export const bindSample = (
  input: BoundNode,
  { fraction, size = 0, withReplacement = false, seed }: NodeOf<'sample'>,
): BoundNode => ({
  kind: 'sample',
  input,
  amount: fraction === undefined ? { size } : { fraction },
  withReplacement,
  seed,
  schema: input.schema,
});

export function sampleText({ amount, withReplacement, seed }: BoundOf<'sample'>): string {
  const rows = 'fraction' in amount ? `fraction ${amount.fraction}` : `${amount.size} rows`;
  return `Sample ${rows}${withReplacement ? ' with replacement' : ''} seed ${seed ?? 'drawn when it runs'}`;
}
