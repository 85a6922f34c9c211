/** What is measured of the columns of a scan, by all who read them: values are compared before a ratio is printed. */

import { type DataType, int64 } from '../src/columnar/data-type.ts';
import type { Field } from '../src/columnar/schema.ts';
import type { AggregateCall, Expression } from '../src/expressions/expression.ts';
import { difference } from './answers.ts';
import { column } from './plan-words.ts';
import { median } from './result.ts';
import type { ColumnMeasure, Measure } from './scan-readers.ts';
import type { Answer } from './turns.ts';

/** What is summed of a column, of lists counted: DuckDB answers what counts and bounds tell without reading any value. */
interface Measured {
  readonly measure: Measure;
  readonly sql: (column: string) => string;
  readonly ours: Omit<AggregateCall, 'name'>;
}

export function measureOf({ name, type }: Field): Measured {
  const calls: Partial<Record<DataType['kind'], 'year' | 'length'>> = {
    date: 'year',
    timestamp: 'year',
    utf8: 'length',
  };
  const call = calls[type.kind];
  const input = column(name);
  if (type.kind === 'list') {
    const sql = (list: string): string => `count(case when len(${list}) >= 0 then 1 end)`;
    return { measure: 'list', sql, ours: { function: 'count', input } };
  }
  if (type.kind === 'bool') {
    const number: Expression = { kind: 'cast', input, type: int64 };
    return { measure: 'true', sql: (value) => `sum(${value}::bigint)`, ours: { function: 'sum', input: number } };
  }
  if (call === undefined) return { measure: 'sum', sql: (value) => `sum(${value})`, ours: { function: 'sum', input } };
  const called: Expression = { kind: 'function', name: call, arguments: [input] };
  return { measure: call, sql: (value) => `sum(${call}(${value}))`, ours: { function: 'sum', input: called } };
}

/** What readers are asked for. */
export const measuresOf = (fields: readonly Field[]): ColumnMeasure[] =>
  fields.map((field) => [field.name, measureOf(field).measure, scaleOf(field)]);

/** Digits behind the point. */
const scaleOf = ({ type }: Field): number => (type.kind === 'decimal' ? type.scale : 0);

/** Some readers take a minute for what others do in a second. */
const SLOW_MS = 5000;

/** The ratio of our time to that of another reader, in turns with it; nothing where it cannot read so. */
export async function beside(
  name: string,
  reader: string,
  { ours, read, runs }: { ours: () => Promise<Answer>; read: () => Promise<Answer | undefined>; runs: number },
): Promise<Record<string, number>> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  const first = await read();
  if (first === undefined) return {};
  for (let run = 0; run < (first.ms > SLOW_MS ? 1 : Math.min(runs, 3)); run += 1) {
    await ours();
    const answer = await ours();
    const theirs = first.ms > SLOW_MS ? first : (await read()) && (await read());
    const wrong = theirs === undefined ? 'none' : difference(answer.rows, theirs.rows);
    if (theirs === undefined || wrong !== undefined)
      throw new Error(`${name}: ${reader} answers differently: ${wrong}`);
    times.ours.push(answer.ms);
    times.theirs.push(theirs.ms);
  }
  return { [`to_${reader}`]: median(times.ours) / median(times.theirs) };
}
