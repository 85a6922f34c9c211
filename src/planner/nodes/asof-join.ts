import {
  type DataType,
  float64,
  isFloat,
  isInteger,
  isNumeric,
  SHORT_DECIMAL_DIGITS,
  typeName,
} from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import { wholeOf } from '../../columnar/value.ts';
import { bindExpression } from '../../expressions/bind.ts';
import { castLiteral, castTo } from '../../expressions/coerce.ts';
import { withColumnsAt } from '../../expressions/columns.ts';
import { asDecimal, commonType } from '../../expressions/common-type.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { described, expressionText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { simplified } from '../../expressions/simplify.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../../expressions/temporal-text.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { AsofTolerance, BoundNode } from '../bound-plan.ts';
import { joinColumns } from '../join-columns.ts';
import { bindKeyPairs, type KeyPair, sharedNames } from '../join-keys.ts';
import { expressionsText } from '../node-text.ts';
import { pruneSides } from '../pruned-sides.ts';
import { inOrder, type Prune, type Pruned, part, withColumnsOf } from '../pruning.ts';

export function bindAsofJoin(
  left: BoundNode,
  right: BoundNode,
  node: NodeOf<'asof-join'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const sides = { left: left.schema, right: right.schema };
  const { leftBy = [], rightBy = [] } = node;
  const by = bindKeyPairs(
    { name: 'leftBy', expressions: leftBy, schema: left.schema },
    { name: 'rightBy', expressions: rightBy, schema: right.schema },
    problems,
    path,
  );
  const on = bindOn(node, sides, problems, path);
  if (by === undefined || on === undefined) return undefined;
  const tolerance = bindTolerance(node, on.left.type, problems, path);
  const shared = sharedNames([...leftBy, node.leftOn], [...rightBy, node.rightOn]);
  const columns = joinColumns('left', sides, shared, problems, path)?.columns;
  if (columns === undefined || (node.tolerance !== undefined && tolerance === undefined)) return undefined;
  const rightColumns = [...right.schema.fields.entries()].flatMap(([index, { name }]) =>
    shared.has(name) ? [] : [index],
  );
  return {
    kind: 'asof-join',
    left,
    right,
    leftBy: by.map((pair) => pair.left),
    rightBy: by.map((pair) => pair.right),
    leftOn: on.left,
    rightOn: on.right,
    strategy: node.strategy,
    tolerance,
    allowExactMatches: node.allowExactMatches ?? true,
    rightColumns,
    schema: asofSchema(left.schema, part(right.schema, rightColumns)),
  };
}

interface Sides {
  readonly left: Schema;
  readonly right: Schema;
}

/** No row of right may be there. */
const asofSchema = (left: Schema, right: Schema): Schema => ({
  fields: [...left.fields, ...right.fields.map(({ name, type }) => field(name, type))],
});

const TIMES: ReadonlySet<string> = new Set(['date', 'time', 'timestamp', 'duration'] satisfies DataType['kind'][]);

/** Whether 8 bytes say how far values of the type are from each other. */
const hasDistances = (type: DataType): boolean =>
  TIMES.has(type.kind) || (isNumeric(type) && (type.kind !== 'decimal' || type.precision <= SHORT_DECIMAL_DIGITS));

/** In a type that holds the values of both: a date beside a timestamp is its midnight. */
function bindOn(
  { leftOn, rightOn }: NodeOf<'asof-join'>,
  { left, right }: Sides,
  problems: Problems,
  path: string,
): KeyPair | undefined {
  const at = pathOf(path, 'leftOn');
  const a = bindExpression(leftOn, left, problems, at);
  const b = bindExpression(rightOn, right, problems, pathOf(path, 'rightOn'));
  if (a === undefined || b === undefined) return undefined;
  const type = commonType(a.type, b.type);
  if (type === undefined) {
    problems.add(at, `${described(a)} and ${described(b)}, and no type holds both. Cast one of them.`);
    return undefined;
  }
  if (hasDistances(type)) {
    const to = isFloat(type) ? float64 : type;
    return { left: simplified(castTo(a, to)), right: simplified(castTo(b, to)) };
  }
  const wanted =
    type.kind === 'decimal'
      ? 'and may have 18 digits at most. Cast both sides to decimal(18, s), or to float64.'
      : 'but must be a number, a date, a time, a timestamp or a duration.';
  problems.add(at, `The on key is ${typeName(type)} ${wanted}`);
  return undefined;
}

function bindTolerance(
  { tolerance }: NodeOf<'asof-join'>,
  on: DataType,
  problems: Problems,
  path: string,
): AsofTolerance | undefined {
  if (tolerance === undefined) return undefined;
  const at = pathOf(path, 'tolerance');
  const bound = bindExpression(tolerance, { fields: [] }, problems, at);
  if (bound === undefined) return undefined;
  const literal = simplified(bound);
  const units = unitsOf(literal, on);
  if (units !== undefined) return { literal, units };
  const wanted = isFloat(on) ? 'a number' : isNumeric(on) ? 'an integer or a decimal' : 'a duration';
  problems.add(
    at,
    `Beside keys of ${typeName(on)} the tolerance is a literal, ${wanted}, not negative; ${described(literal)}.`,
  );
  return undefined;
}

/** A tolerance in units of the keys; where a unit is too coarse for it, as many as are within it. */
function unitsOf(literal: TypedExpression, on: DataType): bigint | number | undefined {
  if (literal.kind !== 'literal' || literal.value === null) return undefined;
  const { type, value } = literal;
  if (isFloat(on)) {
    const number = isNumeric(type) ? castLiteral(value, type, float64) : undefined;
    return typeof number === 'number' && number >= 0 ? number : undefined;
  }
  const units = isNumeric(on)
    ? wholeUnits(literal, on)
    : type.kind === 'duration'
      ? ticksOf(wholeOf(value), type.unit, on)
      : undefined;
  if (units === undefined || units < 0n) return undefined;
  return units < GREATEST_DISTANCE ? units : GREATEST_DISTANCE;
}

/** Of keys of 8 bytes. */
const GREATEST_DISTANCE = 2n ** 64n - 1n;

function wholeUnits({ type, value }: Extract<TypedExpression, { kind: 'literal' }>, on: DataType): bigint | undefined {
  if (!isInteger(type) && type.kind !== 'decimal') return undefined;
  const more = asDecimal(on).scale - asDecimal(type).scale;
  const whole = wholeOf(value);
  return more >= 0 ? whole * 10n ** BigInt(more) : floorDivided(whole, 10n ** BigInt(-more));
}

type Unit = keyof typeof TICKS_PER_SECOND;

function ticksOf(ticks: bigint, unit: Unit, on: DataType): bigint | undefined {
  if (on.kind === 'date') return floorDivided(ticks, ticksPerDay(unit));
  if (on.kind !== 'time' && on.kind !== 'timestamp' && on.kind !== 'duration') return undefined;
  return floorDivided(ticks * TICKS_PER_SECOND[on.unit], TICKS_PER_SECOND[unit]);
}

const floorDivided = (a: bigint, b: bigint): bigint => (a < 0n && a % b !== 0n ? a / b - 1n : a / b);

export function pruneAsofJoin(node: BoundOf<'asof-join'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const { leftBy, rightBy, leftOn, rightOn } = node;
  const leftCount = node.left.schema.fields.length;
  const comingOut = inOrder(needed).filter((index) => index >= leftCount);
  const onRight = (index: number): number => node.rightColumns[index - leftCount] ?? -1;
  // As the columns of left, then all of right.
  const ofSides = new Set([...needed].map((index) => (index < leftCount ? index : leftCount + onRight(index))));
  const keys = { left: withColumnsOf([...leftBy, leftOn]), right: withColumnsOf([...rightBy, rightOn]) };
  const { left, right, leftAt, rightAt } = pruneSides(node, ofSides, keys, prune);
  const rightColumns = comingOut.map((index) => rightAt(onRight(index)));
  const pruned = {
    ...node,
    left,
    right,
    leftBy: leftBy.map((key) => withColumnsAt(key, leftAt)),
    rightBy: rightBy.map((key) => withColumnsAt(key, rightAt)),
    leftOn: withColumnsAt(leftOn, leftAt),
    rightOn: withColumnsAt(rightOn, rightAt),
    rightColumns,
    schema: asofSchema(left.schema, part(right.schema, rightColumns)),
  };
  const { length } = left.schema.fields;
  return {
    node: pruned,
    positionOf: (index) => (index < leftCount ? leftAt(index) : length + comingOut.indexOf(index)),
  };
}

export function asofJoinText(node: BoundOf<'asof-join'>): string {
  const { leftBy, rightBy, leftOn, rightOn, strategy, tolerance, allowExactMatches } = node;
  const by = leftBy.length === 0 ? '' : ` by ${expressionsText(leftBy)} = ${expressionsText(rightBy)}`;
  const within = tolerance === undefined ? '' : ` within ${expressionText(tolerance.literal)}`;
  const exact = allowExactMatches ? '' : ' without equal keys';
  return `AsofJoin ${strategy} on ${expressionText(leftOn)} to ${expressionText(rightOn)}${by}${within}${exact}`;
}
