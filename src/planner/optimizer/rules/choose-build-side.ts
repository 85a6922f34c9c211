import { otherSide, usualBuildSide } from '../../kept-side.ts';
import { estimateOf } from '../estimate.ts';
import type { Rule } from '../rule.ts';

/**
 * How much larger the side that is kept where nothing is said may be before the other one is kept. Of joins that keep rows without a match, or
 * only look for one, the other side has to note which of its rows were met.
 */
const INNER_FACTOR = 1.3;
const OTHER_FACTOR = 3;

/** A hash join keeps the smaller side in memory, where both are known and nobody has said which; in doubt it stays. */
export const chooseBuildSide: Rule = {
  name: 'choose-build-side',
  apply(node, facts) {
    if (node.kind !== 'hash-join' || node.buildSide !== undefined) return undefined;
    const estimates = { left: estimateOf(node.left, facts), right: estimateOf(node.right, facts) };
    const usual = usualBuildSide(node.joinType);
    const other = otherSide(usual);
    const [kept, streamed] = [estimates[usual], estimates[other]];
    if (kept === undefined || streamed === undefined) return undefined;
    const factor = node.joinType === 'inner' ? INNER_FACTOR : OTHER_FACTOR;
    return kept.rows / kept.doubt > streamed.rows * factor ? { ...node, buildSide: other } : undefined;
  },
};
