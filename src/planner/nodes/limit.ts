import type { NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';

export const bindLimit = (input: BoundNode, { limit, offset = 0 }: NodeOf<'limit'>): BoundNode => ({
  kind: 'limit',
  input,
  limit,
  offset,
  schema: input.schema,
});
