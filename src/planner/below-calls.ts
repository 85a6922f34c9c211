/**
 * Calls that wait for storage are made for every row that reaches them. So what leaves rows out goes below them, where it
 * does not need their results:
 *
 *     limit 10                                    project size = length(url_download)
 *       filter  day > 5                 ──▶         async-call  url_download(path)
 *         project size = …, day                       limit 10
 *           async-call  url_download(path)              filter  day > 5
 *             scan                                        scan
 *
 * Between the two are only nodes that keep every row, so that the same rows are left out, and none with random values,
 * which are told by the numbers of rows.
 */

import { collectColumns, withColumnsAt } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { isVolatile } from '../expressions/volatile.ts';
import type { BoundNode } from './bound-plan.ts';

type RowByRow = Extract<BoundNode, { kind: 'project' | 'async-call' }>;

const keepsRows = (node: BoundNode): node is RowByRow =>
  node.kind === 'async-call' ||
  (node.kind === 'project' && !node.columns.some(({ expression }) => isVolatile(expression)));

/** `node` with what `place` makes of the node below its lowest calls; undefined where it makes none. */
export function limitedBelowCalls(node: BoundNode, place: (input: BoundNode) => BoundNode): BoundNode | undefined {
  if (!keepsRows(node)) return undefined;
  const input = limitedBelowCalls(node.input, place) ?? (node.kind === 'async-call' ? place(node.input) : undefined);
  return input && { ...node, input };
}

/**
 * As above, where `predicate`, over the columns of `node`, goes down too: undefined also where it needs a result of the
 * calls, or something that is computed.
 */
export function filteredBelowCalls(
  node: BoundNode,
  predicate: TypedExpression,
  place: (input: BoundNode, predicate: TypedExpression) => BoundNode,
): BoundNode | undefined {
  if (!keepsRows(node)) return undefined;
  const read = new Set<number>();
  collectColumns(predicate, read);
  if (node.kind === 'project') {
    const sources = new Map<number, number>();
    for (const index of read) {
      const source = node.columns[index]?.expression;
      if (source?.kind !== 'column') return undefined;
      sources.set(index, source.index);
    }
    const moved = withColumnsAt(predicate, (index) => sources.get(index) ?? -1);
    const input = filteredBelowCalls(node.input, moved, place);
    return input && { ...node, input };
  }
  if (read.has(node.schema.fields.length - 1)) return undefined;
  return { ...node, input: filteredBelowCalls(node.input, predicate, place) ?? place(node.input, predicate) };
}
