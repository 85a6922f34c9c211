/** Windows of plans over rows, and what they are in SQL. */

import type { Schema } from '../../src/columnar/schema.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { Problems } from '../../src/expressions/problems.ts';
import {
  bindWindow,
  type FrameBound,
  type TypedWindow,
  type WindowCall,
  type WindowSpec,
} from '../../src/expressions/window.ts';
import type { WindowFunction } from '../../src/expressions/window-functions.ts';
import { windowOrderByOnly } from '../../src/operators/blocking-sinks/window-order-by-only.ts';
import { windowPartitionAndDynamicFrame } from '../../src/operators/blocking-sinks/window-partition-and-dynamic-frame.ts';
import { windowPartitionAndOrderBy } from '../../src/operators/blocking-sinks/window-partition-and-order-by.ts';
import { windowPartitionOnly } from '../../src/operators/blocking-sinks/window-partition-only.ts';
import type { BlockingSink } from '../../src/operators/operator.ts';

/** Bound against a schema, as a plan's windows are. @throws InvalidPlan */
function typedWindow(schema: Schema, calls: readonly WindowCall[], spec: WindowSpec): TypedWindow {
  const problems = new Problems();
  const bound = bindWindow(calls, spec, schema, problems, '$.functions', '$.window');
  problems.throwIfAny();
  return bound as TypedWindow;
}

/** The operator of a plan's node with this spec. @throws InvalidPlan */
export function windowStage(input: Schema, calls: readonly WindowCall[], spec: WindowSpec): BlockingSink {
  const options = { input, window: typedWindow(input, calls, spec), passthrough: [...input.fields.keys()] };
  if (spec.partitionBy.length === 0) return windowOrderByOnly(options);
  if (spec.orderBy.length === 0) return windowPartitionOnly(options);
  if (spec.frame !== undefined) return windowPartitionAndDynamicFrame(options);
  return windowPartitionAndOrderBy(options);
}

/** A call under a name. */
export const windowFunction = (
  name: string,
  called: WindowFunction,
  rest: Partial<Omit<Extract<WindowCall, { kind: 'window' }>, 'kind' | 'name' | 'function'>> = {},
): WindowCall => ({ kind: 'window', name, function: called, ...rest });

/** What stands behind `over`. `offsets` are the words of the offsets of start and end. */
export function overSql(spec: WindowSpec, offsets: readonly [string, string] = ['', '']): string {
  const parts: string[] = [];
  if (spec.partitionBy.length > 0) parts.push(`partition by ${spec.partitionBy.map(nameOf).join()}`);
  if (spec.orderBy.length > 0) {
    const keys = spec.orderBy.map(({ expression, descending = false, nullsFirst = descending }) => {
      return `${nameOf(expression)} ${descending ? 'desc' : 'asc'} nulls ${nullsFirst ? 'first' : 'last'}`;
    });
    parts.push(`order by ${keys.join()}`);
  }
  const { frame } = spec;
  if (frame !== undefined) {
    const [start, end] = [boundSql(frame.start, offsets[0]), boundSql(frame.end, offsets[1])];
    parts.push(`${frame.unit} between ${start} and ${end}`);
  }
  return `over (${parts.join(' ')})`;
}

const boundSql = ({ kind }: FrameBound, offset: string): string =>
  kind === 'preceding' || kind === 'following' ? `${offset} ${kind}` : kind.replace('-', ' ');

function nameOf(e: Expression): string {
  if (e.kind !== 'column') throw new Error('only columns have a name');
  return `"${e.name}"`;
}
