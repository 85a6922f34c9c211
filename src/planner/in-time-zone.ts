import type { Expression } from '../expressions/expression.ts';
import { isUtc } from '../expressions/time-zone.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { mapRecords } from './map-records.ts';

type Call = Extract<Expression, { kind: 'function' }>;

const call = (name: string, ...given: readonly Expression[]): Call => ({ kind: 'function', name, arguments: given });
const PARTS_WITHOUT_ZONE = 6;

/** What the functions that go by the session's time zone are in that of a name: calls that say it. */
const MEANINGS: Readonly<Record<string, (given: readonly Expression[], zone: Expression) => Expression>> = {
  current_timezone: (_, zone) => zone,
  current_timestamp: (_, zone) => call('convert_time_zone', call('current_timestamp'), zone),
  current_date: (_, zone) => call('date', call('convert_time_zone', call('current_timestamp'), zone)),
  make_timestamp_ltz: (given, zone) => {
    const parts = given.length === PARTS_WITHOUT_ZONE ? [...given, zone] : given;
    return call('convert_time_zone', call('make_timestamp_ltz', ...parts), zone);
  },
};
const ALIASES: Readonly<Record<string, string>> = { now: 'current_timestamp', today: 'current_date' };

/** What was made of plans, by time zone: they are values, and most have parts in common with one that was here before. */
const known = new Map<string, WeakMap<object, object>>();

/** The plan with the time zone of its session in it: what goes by that says so itself. Without one they go by UTC. */
export function inTimeZone(plan: PlanNode, timezone: string): PlanNode {
  if (isUtc(timezone)) return plan;
  const zone: Expression = { kind: 'literal', type: { kind: 'utf8' }, value: timezone };
  const before = known.get(timezone) ?? new WeakMap<object, object>();
  known.set(timezone, before);
  return mapRecords(
    plan,
    (part) => {
      if (part['kind'] !== 'function') return part;
      const { name, arguments: given } = part as Call & typeof part;
      return (MEANINGS[ALIASES[name] ?? name]?.(given, zone) as typeof part | undefined) ?? part;
    },
    before,
  );
}
