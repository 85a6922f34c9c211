import { asofJoin } from '../operators/joins/asof-join.ts';
import { crossJoin } from '../operators/joins/cross-join.ts';
import { hashJoin } from '../operators/joins/hash-join.ts';
import { sortMergeJoin } from '../operators/joins/sort-merge-join.ts';
import type { Join } from '../operators/operator.ts';
import type { BoundOf } from './bind-parts.ts';
import type { BoundNode } from './bound-plan.ts';

/** A join, what it is built of, and what then passes through it. */
interface JoinAndInputs {
  readonly join: Join;
  readonly build: BoundNode;
  readonly probe: BoundNode;
}

/** The operator of a join. One arm per kind. */
export function joinOf(node: BoundOf<'hash-join' | 'cross-join' | 'sort-merge-join' | 'asof-join'>): JoinAndInputs {
  switch (node.kind) {
    case 'hash-join': {
      const { left, right, kind: _, buildSide, ...options } = node;
      const join = hashJoin({ ...options, buildSide, left: left.schema, right: right.schema });
      return buildSide === 'left' ? { join, build: left, probe: right } : { join, build: right, probe: left };
    }
    case 'cross-join': {
      const { left, right, collect, residual } = node;
      const join = crossJoin({ left: left.schema, right: right.schema, collect, residual });
      return collect === 'left' ? { join, build: left, probe: right } : { join, build: right, probe: left };
    }
    case 'sort-merge-join': {
      const { left, right, leftOn, rightOn, joinType, schema } = node;
      const join = sortMergeJoin({ left: left.schema, right: right.schema, leftOn, rightOn, joinType, schema });
      return { join, build: right, probe: left };
    }
    case 'asof-join': {
      const { left, right, leftBy, leftOn, rightBy, rightOn, rightColumns, schema } = node;
      const { strategy, allowExactMatches, tolerance } = node;
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
