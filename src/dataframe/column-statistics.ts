/**
 * Figures of every column of a frame, in one pass over its rows:
 *
 *     rows ──aggregates──▶ one row of all figures ──a list for each column of the answer──▶ explode
 *
 *     describe      statistic  a    b             summarize    column_name  min  max  …
 *                   count      …    …                          a            …    …
 *                   mean       …    …                          b            …    …
 */

import { type DataType, float64, isNumeric, typeName, utf8 } from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';
import { InvalidArgument } from '../errors.ts';
import { isComparable } from '../expressions/aggregate-functions.ts';
import { freeName } from '../planner/bind-parts.ts';
import { count, list, lit, when } from './builders.ts';
import { type Expr, exprOf } from './expr.ts';
import type { DataFrame } from './frame.ts';

/** Aggregates by the names that they have in the one row, and what is made of them for each row of the answer. */
interface Answer {
  readonly aggregates: Map<string, Expr>;
  readonly lists: Map<string, Expr[]>;
}

/** The rows of the answer; each of its columns is a list of their values. */
function answered(frame: DataFrame, { aggregates, lists }: Answer): DataFrame {
  return frame
    .agg(...[...aggregates].map(([name, expr]) => expr.alias(name)))
    .select(...[...lists].map(([name, items]) => list(...items).alias(name)))
    .explode([...lists.keys()]);
}

/** See `DataFrame.describe`. */
export function described(frame: DataFrame, percentiles: readonly number[]): DataFrame {
  const wrong = percentiles.find((fraction) => !(fraction >= 0 && fraction <= 1));
  if (wrong !== undefined) throw new InvalidArgument(`describe: ${wrong} is no fraction from 0 to 1.`);
  const names = ['count', 'null_count', 'mean', 'std', 'min', ...percentiles.map(percentText), 'max'];
  const aggregates = new Map<string, Expr>();
  const lists = new Map([[freeName('statistic', new Set(frame.columns)), names.map((name) => lit(name) as Expr)]]);
  for (const [at, { name, type }] of frame.schema.fields.entries()) {
    const [kept, answer] = [keeper(aggregates, at), isNumber(type) ? float64 : utf8];
    const given = exprOf(name);
    const numbers = isNumber(type) ? numbersOf(given, type) : undefined;
    const values = numbers ?? given;
    const found = numbers && percentiles.length > 0 ? kept('percentiles', numbers.percentile(percentiles)) : undefined;
    const figures = [
      kept('count', given.count()),
      kept('nulls', given.count('null')),
      numbers && kept('mean', numbers.mean()),
      numbers && kept('std', numbers.stddev()),
      hasText(type) ? kept('min', values.min()) : undefined,
      ...percentiles.map((_, place) => found?.list.get(place) as Expr | undefined),
      hasText(type) ? kept('max', values.max()) : undefined,
    ];
    lists.set(
      name,
      figures.map((figure) => figure?.cast(answer) ?? lit(null, answer)),
    );
  }
  return answered(frame, { aggregates, lists });
}

/** The columns of `DataFrame.summarize`, named as DuckDB does. */
export interface ColumnSummary {
  column_name: string;
  column_type: string;
  min: string | null;
  max: string | null;
  approx_unique: bigint;
  avg: number | null;
  std: number | null;
  q25: number | null;
  q50: number | null;
  q75: number | null;
  count: bigint;
  null_percentage: number | null;
}

const QUARTILES = [0.25, 0.5, 0.75] as const;

/** See `DataFrame.summarize`. */
export function summarized(frame: DataFrame): DataFrame<ColumnSummary> {
  const aggregates = new Map<string, Expr>([['rows', count()]]);
  const rows = exprOf('rows');
  const columns = frame.schema.fields.map((field, at) => summaryOf(field, rows, keeper(aggregates, at)));
  const lists = new Map(
    Object.keys(columns[0] ?? {}).map((key) => [key, columns.map((column) => column[key as keyof ColumnSummary])]),
  );
  return answered(frame, { aggregates, lists });
}

function summaryOf({ name, type }: Field, rows: Expr, kept: Keeper): Record<keyof ColumnSummary, Expr> {
  const given = exprOf(name);
  const numbers = isNumber(type) ? numbersOf(given, type) : undefined;
  const quartiles = numbers && kept('quartiles', numbers.approxPercentile(QUARTILES));
  // A sketch may answer with a value a little beyond all that there are.
  const quartile = (at: number): Expr | undefined =>
    quartiles?.list
      .get(at)
      .clip(kept('least', numbersOf(given.min(), type)), kept('greatest', numbersOf(given.max(), type)));
  const number = (figure: Expr | undefined): Expr => figure?.cast(float64) ?? lit(null, float64);
  const text = (figure: Expr | undefined): Expr => figure?.cast(utf8) ?? lit(null, utf8);
  return {
    column_name: lit(name),
    column_type: lit(typeName(type)),
    min: text(hasText(type) ? kept('min', given.min()) : undefined),
    max: text(hasText(type) ? kept('max', given.max()) : undefined),
    approx_unique: kept('unique', given.approxCountDistinct()),
    avg: number(numbers && kept('mean', numbers.mean())),
    std: number(numbers && kept('std', numbers.stddev())),
    q25: number(quartile(0)),
    q50: number(quartile(1)),
    q75: number(quartile(2)),
    count: rows,
    null_percentage: kept('nulls', given.count('null'))
      .mul(100)
      .div(when(rows.gt(0)).then(rows)),
  };
}

type Keeper = (figure: string, aggregate: Expr) => Expr;

/** Remembers an aggregate of the column with that number, and gives the column that it becomes. */
const keeper =
  (aggregates: Map<string, Expr>, at: number): Keeper =>
  (figure, aggregate) => {
    const name = `${figure} ${at}`;
    aggregates.set(name, aggregate);
    return exprOf(name);
  };

const isNumber = (type: DataType): boolean => isNumeric(type) || type.kind === 'bool';

/** Of bools how many of all are true: 0 and 1. */
const numbersOf = (given: Expr, { kind }: DataType): Expr => (kind === 'bool' ? given.cast(float64) : given);

/** Whether it has a least and a greatest value that can be written. */
const hasText = (type: DataType): boolean =>
  isComparable(type) && type.kind !== 'binary' && type.kind !== 'fixed-size-binary';

const percentText = (fraction: number): string => `${Number((fraction * 100).toFixed(6))}%`;
