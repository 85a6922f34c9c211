/**
 * The nodes that parts of expressions become.
 *
 *     select  a,  sum(x) over w,  lag(y) over w           project  a, "sum(x)", "lag(y)"
 *                                                ──▶        window w   sum(x), lag(y)
 *                                                             …
 *
 *  1. A part is ready when nothing in it is a part that is still to come; all that are ready become nodes, over the same
 *     rows. Windows over the same rows are one node.
 *  2. Lists are taken apart last, as that makes other rows.
 *  3. Aggregates divide the parts: what they are of stands below them, what is made of them above.
 */

import { InvalidArgument } from '../errors.ts';
import type { AggregateCall, Expression, NamedExpression } from '../expressions/expression.ts';
import { columnsIn, withColumnsRenamed } from '../expressions/expression-inputs.ts';
import type { FrameBound, WindowCall, WindowSpec } from '../expressions/window.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { freeName } from '../planner/bind-parts.ts';
import { type ExprLike, isPartKey, type Part, type Parts } from './expr.ts';

/** A plan and the names of its columns, in order. */
export interface Rows {
  readonly plan: PlanNode;
  readonly columns: readonly string[];
}

type WindowPart = Extract<Part, { kind: 'aggregate' | 'window' }> & { readonly over: WindowSpec };
type PartOf<Kind extends Part['kind']> = Extract<Part, { kind: Kind }>;

/** The expressions over columns of a plan that has the parts in them, besides the columns of `rows`. */
export function withParts(
  rows: Rows,
  exprs: readonly ExprLike[],
): Rows & { readonly named: readonly NamedExpression[] } {
  const all = partsOf(exprs);
  for (const part of all.values()) {
    if (isAggregate(part)) {
      throw new InvalidArgument(
        `${part.call.function} is an aggregate: put it over(window()…) to have it beside each row, or into agg(…).`,
      );
    }
  }
  const builder = new PartBuilder(rows, all);
  builder.build();
  return { ...builder.rows, named: exprs.map((expr) => builder.named(expr)) };
}

/** Whether rows become one, or one for each group. */
export const hasAggregates = (exprs: readonly ExprLike[]): boolean => [...partsOf(exprs).values()].some(isAggregate);

/**
 * The groups of `rows` by `keys`, with what `exprs` make of each; one row of all where there are no keys. An expression is
 * made of aggregates, and of the names of keys.
 */
export function aggregated(rows: Rows, keys: readonly ExprLike[], exprs: readonly ExprLike[]): Rows {
  const all = partsOf(exprs);
  const calls = [...all].filter((entry): entry is [string, PartOf<'aggregate'>] => isAggregate(entry[1]));
  const ofCalls = new Map(calls);
  const below = new PartBuilder(
    rows,
    new Map([
      ...partsOf(keys),
      ...partsIn(
        calls.map(([, part]) => part),
        all,
      ),
    ]),
  );
  below.build();
  const groupBy = keys.map((key) => below.named(key));
  const taken = new Set(groupBy.map(({ name }) => name));
  for (const { expression } of exprs) {
    const loose = [...columnsIn(expression)].find((name) => !isPartKey(name) && !taken.has(name));
    if (loose !== undefined) {
      throw new InvalidArgument(
        `agg: the column ${JSON.stringify(loose)} is in no aggregate, and no key: take one of it, as col(…).first(), or group by it.`,
      );
    }
  }
  const names = new Map<string, string>();
  const aggregates = calls.map(([key, { call }]): AggregateCall => {
    const wanted = exprs.find(({ expression }) => expression.kind === 'column' && expression.name === key)?.name;
    const name = freeName(wanted ?? call.function, taken);
    taken.add(name);
    names.set(key, name);
    return { name, ...mapAggregate(call, (input) => below.resolved(input)) };
  });
  const input = below.rows.plan;
  const plan: PlanNode =
    keys.length === 0
      ? { kind: 'aggregate', input, aggregates }
      : { kind: 'grouped-aggregate', input, groupBy, aggregates };
  const rest = new Map([...all].filter(([key]) => !ofCalls.has(key) && !below.has(key)));
  const above = new PartBuilder({ plan, columns: [...taken] }, rest, names);
  above.build();
  const columns: readonly NamedExpression[] = [
    ...groupBy.map(({ name }) => ({ name, expression: { kind: 'column' as const, name } })),
    ...exprs.map((expr) => above.named(expr)),
  ];
  return projected(above.rows, columns);
}

/** The columns of `rows`, made anew; the rows as they are where that changes nothing. */
export function projected(rows: Rows, columns: readonly NamedExpression[]): Rows {
  const isSame =
    columns.length === rows.columns.length &&
    columns.every(({ name, expression }, index) => {
      return name === rows.columns[index] && expression.kind === 'column' && expression.name === name;
    });
  if (isSame) return rows;
  return { plan: { kind: 'project', input: rows.plan, columns }, columns: columns.map(({ name }) => name) };
}

const isAggregate = (part: Part): part is PartOf<'aggregate'> => part.kind === 'aggregate' && part.over === undefined;

const partsOf = (exprs: readonly ExprLike[]): Parts => new Map(exprs.flatMap(({ parts }) => [...parts]));

/** The parts inside of `parts`. An aggregate in an aggregate is none that there could be. */
function partsIn(parts: readonly Part[], all: Parts, found: Map<string, Part> = new Map()): Parts {
  for (const key of parts.flatMap(keysIn)) {
    const part = all.get(key);
    if (part === undefined || found.has(key)) continue;
    if (isAggregate(part)) {
      throw new InvalidArgument(
        `An aggregate of the aggregate ${part.call.function}: group once, then group the result.`,
      );
    }
    partsIn([part], all, found);
    found.set(key, part);
  }
  return found;
}

/** Keys of the parts that a part is made of. */
function keysIn(part: Part): readonly string[] {
  const names = new Set<string>();
  mapPart(part, (e) => {
    columnsIn(e, names);
    return e;
  });
  return [...names].filter(isPartKey);
}

class PartBuilder {
  readonly #pending: Map<string, Part>;
  /** Names of columns that parts have become, by their keys. */
  readonly #names: Map<string, string>;
  rows: Rows;

  constructor(rows: Rows, parts: Parts, names: ReadonlyMap<string, string> = new Map()) {
    this.rows = rows;
    this.#pending = new Map(parts);
    this.#names = new Map(names);
  }

  has(key: string): boolean {
    return this.#names.has(key);
  }

  resolved(e: Expression): Expression {
    return withColumnsRenamed(e, this.#names);
  }

  named({ name, expression }: ExprLike): NamedExpression {
    return { name, expression: this.resolved(expression) };
  }

  build(): void {
    while (this.#pending.size > 0) {
      const ready = [...this.#pending].filter(([, part]) => keysIn(part).every((key) => !this.#pending.has(key)));
      const others = ready.filter(([, { kind }]) => kind !== 'explode');
      const taken = others.length > 0 ? others : ready;
      for (const [key] of taken) this.#pending.delete(key);
      this.#addUdfs(partsOfKind(taken, 'udf'));
      this.#addWindows(taken.filter((entry): entry is [string, WindowPart] => isWindow(entry[1])));
      this.#explode(partsOfKind(taken, 'explode'));
    }
  }

  #addUdfs(parts: readonly (readonly [string, PartOf<'udf'>])[]): void {
    for (const [key, { udf, returns, arguments: given }] of parts) {
      const name = this.#name(key, udf.export);
      const called = given.map((e) => this.resolved(e));
      this.#over({ kind: 'udf-project', input: this.rows.plan, udf, arguments: called, name, returns }, [name]);
    }
  }

  #addWindows(parts: readonly (readonly [string, WindowPart])[]): void {
    const specs = new Map<string, [string, WindowPart][]>();
    for (const [key, part] of parts) {
      const spec = JSON.stringify(part.over);
      specs.set(spec, [...(specs.get(spec) ?? []), [key, part]]);
    }
    for (const group of specs.values()) {
      const [[, { over }]] = group as [[string, WindowPart]];
      const names: string[] = [];
      const calls = group.map(([key, part]): WindowCall => {
        const name = this.#name(key, part.call.function, names);
        names.push(name);
        const moved = mapPart(part, (e) => this.resolved(e)) as WindowPart;
        return moved.kind === 'aggregate'
          ? { kind: 'aggregate', aggregate: { name, ...moved.call } }
          : { name, ...moved.call };
      });
      this.#over(windowNode(this.rows.plan, over, calls), names);
    }
  }

  /** Together: their lists have one length in each row. */
  #explode(parts: readonly (readonly [string, PartOf<'explode'>])[]): void {
    if (parts.length === 0) return;
    const names: string[] = [];
    const lists = parts.map(([key, { input }]): NamedExpression => {
      const name = this.#name(key, 'item', names);
      names.push(name);
      return { name, expression: this.resolved(input) };
    });
    const columns = [
      ...this.rows.columns.map((name) => ({ name, expression: { kind: 'column' as const, name } })),
      ...lists,
    ];
    const input: PlanNode = { kind: 'project', input: this.rows.plan, columns };
    this.#over({ kind: 'explode', input, columns: names }, names);
  }

  #over(plan: PlanNode, added: readonly string[]): void {
    this.rows = { plan, columns: [...this.rows.columns, ...added] };
  }

  #name(key: string, wanted: string, others: readonly string[] = []): string {
    const name = freeName(wanted, new Set([...this.rows.columns, ...others]));
    this.#names.set(key, name);
    return name;
  }
}

const isWindow = (part: Part): part is WindowPart =>
  (part.kind === 'aggregate' || part.kind === 'window') && part.over !== undefined;

const partsOfKind = <Kind extends Part['kind']>(
  parts: readonly (readonly [string, Part])[],
  kind: Kind,
): readonly (readonly [string, PartOf<Kind>])[] =>
  parts.filter((entry): entry is [string, PartOf<Kind>] => {
    const [, part] = entry;
    if (part.kind === 'window' && part.over === undefined) {
      throw new InvalidArgument(
        `${part.call.function} is of the rows beside each row: put it over(window().orderBy(…)).`,
      );
    }
    return part.kind === kind;
  });

/** The key of all rows: nodes of plans have at least one. */
const SAME: Expression = { kind: 'literal', type: { kind: 'bool' }, value: true };

function windowNode(input: PlanNode, spec: WindowSpec, functions: readonly WindowCall[]): PlanNode {
  const { frame } = spec;
  const isUnordered = spec.orderBy.length === 0 && frame === undefined;
  const aggregates = functions.flatMap((each) => (each.kind === 'aggregate' ? [each.aggregate] : []));
  if (isUnordered && aggregates.length === functions.length) {
    const partitionBy = spec.partitionBy.length === 0 ? [SAME] : spec.partitionBy;
    return { kind: 'window-partition-only', input, partitionBy, aggregates };
  }
  const { partitionBy } = spec;
  const orderBy = spec.orderBy.length === 0 ? [{ expression: SAME }] : spec.orderBy;
  if (partitionBy.length === 0) {
    return { kind: 'window-order-by-only', input, orderBy, ...(frame && { frame }), functions };
  }
  if (frame === undefined) return { kind: 'window-partition-and-order-by', input, partitionBy, orderBy, functions };
  return { kind: 'window-partition-and-dynamic-frame', input, partitionBy, orderBy, frame, functions };
}

type Change = (e: Expression) => Expression;

/** The part with other expressions in it. */
function mapPart(part: Part, change: Change): Part {
  switch (part.kind) {
    case 'aggregate':
      return { ...part, call: mapAggregate(part.call, change), ...(part.over && { over: mapSpec(part.over, change) }) };
    case 'window': {
      const { input, default: otherwise } = part.call;
      const call = {
        ...part.call,
        ...(input !== undefined && { input: change(input) }),
        ...(otherwise !== undefined && { default: change(otherwise) }),
      };
      return { ...part, call, ...(part.over && { over: mapSpec(part.over, change) }) };
    }
    case 'explode':
      return { ...part, input: change(part.input) };
    case 'udf':
      return { ...part, arguments: part.arguments.map(change) };
  }
}

function mapAggregate<Call extends Omit<AggregateCall, 'name'>>(call: Call, change: Change): Call {
  const { input, by, filter } = call;
  return {
    ...call,
    ...(input !== undefined && { input: change(input) }),
    ...(by !== undefined && { by: change(by) }),
    ...(filter !== undefined && { filter: change(filter) }),
  };
}

function mapSpec({ partitionBy, orderBy, frame }: WindowSpec, change: Change): WindowSpec {
  const mapBound = (bound: FrameBound): FrameBound =>
    'offset' in bound ? { ...bound, offset: change(bound.offset) } : bound;
  return {
    partitionBy: partitionBy.map(change),
    orderBy: orderBy.map((key) => ({ ...key, expression: change(key.expression) })),
    ...(frame && { frame: { ...frame, start: mapBound(frame.start), end: mapBound(frame.end) } }),
  };
}
