/**
 * Takes calls that wait for storage out of a projection, and makes nodes of their own of them.
 *
 *     project  size = length(url_download(base + path)), path
 *
 *     project  size = length(url_download), path              the rest, over the results
 *       async-call  url_download(argument) as url_download
 *         project  argument = base + path, base, path         what is not there yet
 *
 * Calls inside of the arguments of others come first, level by level; equal calls are one call. All columns of the
 * input are handed on to the top, where push-down leaves out those that nobody needs.
 */

import { type Field, field } from '../columnar/schema.ts';
import { operandsOf, withOperands } from '../expressions/columns.ts';
import type { TypedColumn, TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import { functionNamed } from '../expressions/functions/registry.ts';
import { passedOn, schemaOfColumns } from '../expressions/typed-columns.ts';
import { isVolatile } from '../expressions/volatile.ts';
import { freeName } from './bind-parts.ts';
import type { AsyncCall, BoundNode } from './bound-plan.ts';

/** A projection of `input`, with a node below it for each call in `columns` that waits. */
export function withAsyncCalls(input: BoundNode, columns: readonly TypedColumn[]): BoundNode {
  let below = input;
  let rest = columns;
  for (;;) {
    const calls = new Map<string, AsyncCall['expression']>();
    for (const { expression } of rest) collectReady(expression, calls);
    if (calls.size === 0) return { kind: 'project', input: below, columns: rest, schema: schemaOfColumns(rest) };
    const level = new Level(below);
    const results = new Map<string, TypedExpression>();
    for (const [key, call] of level.overColumns(calls)) results.set(key, level.addCall(call));
    below = level.node;
    rest = rest.map(({ name, expression }) => ({ name, expression: replaced(expression, results) }));
  }
}

const isAsyncCall = (e: TypedExpression): e is AsyncCall['expression'] =>
  e.kind === 'function' && functionNamed(e.name).isAsync;

const holdsAsyncCall = (e: TypedExpression): boolean => isAsyncCall(e) || operandsOf(e).some(holdsAsyncCall);

const places = new WeakMap<TypedExpression, string>();
let lastPlace = 0;

/** Equal for what has the same value in every row; of what may differ by itself, each is alone. */
function callKey(e: TypedExpression): string {
  if (!(isAsyncCall(e) ? e.arguments.some(isVolatile) : isVolatile(e))) return expressionKey(e);
  const known = places.get(e);
  if (known !== undefined) return known;
  lastPlace += 1;
  const place = `place ${lastPlace}`;
  places.set(e, place);
  return place;
}

/** Adds the calls whose arguments wait for nothing, by their key. */
function collectReady(e: TypedExpression, found: Map<string, AsyncCall['expression']>): void {
  if (isAsyncCall(e) && !e.arguments.some(holdsAsyncCall)) found.set(callKey(e), e);
  else for (const operand of operandsOf(e)) collectReady(operand, found);
}

function replaced(e: TypedExpression, results: ReadonlyMap<string, TypedExpression>): TypedExpression {
  const result = isAsyncCall(e) ? results.get(callKey(e)) : undefined;
  return result ?? withOperands(e, (operand) => replaced(operand, results));
}

/** Calls that wait for nothing but the columns of `node`, each a node above the last. */
class Level {
  #node: BoundNode;
  readonly #names: Set<string>;

  constructor(node: BoundNode) {
    this.#node = node;
    this.#names = new Set(node.schema.fields.map(({ name }) => name));
  }

  get node(): BoundNode {
    return this.#node;
  }

  /** The calls with columns and literals as their arguments: others become columns of a projection. */
  overColumns(calls: ReadonlyMap<string, AsyncCall['expression']>): Map<string, AsyncCall['expression']> {
    const columns = [...passedOn(this.#node.schema)];
    const known = new Map<string, TypedExpression>();
    const asColumn = (e: TypedExpression): TypedExpression => {
      if (e.kind === 'column' || e.kind === 'literal') return e;
      const key = callKey(e);
      const made = known.get(key);
      if (made !== undefined) return made;
      const argument = this.#freeField('argument', e);
      const column = columnAt(columns.push({ name: argument.name, expression: e }) - 1, argument);
      known.set(key, column);
      return column;
    };
    const over = [...calls].map(([key, call]) => [key, { ...call, arguments: call.arguments.map(asColumn) }] as const);
    if (known.size > 0) {
      this.#node = { kind: 'project', input: this.#node, columns, schema: schemaOfColumns(columns) };
    }
    return new Map(over);
  }

  /** The column that holds the result. */
  addCall(expression: AsyncCall['expression']): TypedExpression {
    const { fields } = this.#node.schema;
    const result = this.#freeField(expression.name, expression);
    const call = { name: result.name, expression };
    this.#node = { kind: 'async-call', input: this.#node, call, schema: { fields: [...fields, result] } };
    return columnAt(fields.length, result);
  }

  /** A field under a name that no column has. */
  #freeField(wanted: string, { type, nullable }: TypedExpression): Field {
    const name = freeName(wanted, this.#names);
    this.#names.add(name);
    return field(name, type, nullable);
  }
}

const columnAt = (index: number, { name, type, nullable }: Field): TypedExpression => ({
  kind: 'column',
  index,
  name,
  type,
  nullable,
});
