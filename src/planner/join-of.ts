import type { Join } from '../operators/operator.ts';
import type { BoundOf } from './bind-parts.ts';
import type { BoundNode } from './bound-plan.ts';

/** A join, what it is built of, and what then passes through it. */
interface JoinAndInputs {
  readonly join: Join;
  readonly build: BoundNode;
  readonly probe: BoundNode;
}

/** The operator of a join, loaded when a plan has one. One arm per kind. */
export async function joinOf(
  node: BoundOf<'hash-join' | 'cross-join' | 'sort-merge-join' | 'asof-join'>,
): Promise<JoinAndInputs> {
  switch (node.kind) {
    case 'hash-join': {
      const { left, right, kind: _, buildSide, ...options } = node;
      const { hashJoin } = await import('../operators/joins/hash-join.ts');
      const join = hashJoin({ ...options, buildSide, left: left.schema, right: right.schema });
      return buildSide === 'left' ? { join, build: left, probe: right } : { join, build: right, probe: left };
    }
    case 'cross-join': {
      const { left, right, collect, residual } = node;
      const { crossJoin } = await import('../operators/joins/cross-join.ts');
      const join = crossJoin({ left: left.schema, right: right.schema, collect, residual });
      return collect === 'left' ? { join, build: left, probe: right } : { join, build: right, probe: left };
    }
    case 'sort-merge-join': {
      const { left, right, leftOn, rightOn, joinType, schema } = node;
      const { sortMergeJoin } = await import('../operators/joins/sort-merge-join.ts');
      const join = sortMergeJoin({ left: left.schema, right: right.schema, leftOn, rightOn, joinType, schema });
      return { join, build: right, probe: left };
    }
    case 'asof-join': {
      const { left, right, leftBy, leftOn, rightBy, rightOn, rightColumns, schema } = node;
      const { strategy, allowExactMatches, tolerance } = node;
      const { asofJoin } = await import('../operators/joins/asof-join.ts');
      const join = asofJoin({
        left: left.schema,
        right: right.schema,
        leftKeys: { by: leftBy, on: leftOn },
        rightKeys: { by: rightBy, on: rightOn },
        rightColumns,
        schema,
        strategy,
        allowExactMatches,
        tolerance: tolerance?.units,
      });
      return { join, build: right, probe: left };
    }
  }
}
