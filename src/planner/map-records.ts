/**
 * Plans, bound or not, are data throughout: one walk meets every expression, wherever a node has it.
 */

type Item = Readonly<Record<string, unknown>>;

/**
 * `data` with every record as `change` makes it, which sees it with what is in it changed already. Parts in which nothing
 * changes stay the same objects, and one that comes twice stays one. The values of literals are not looked into.
 *
 * @param known what was made of parts before, by the same `change`
 */
export function mapRecords<T extends object>(
  data: T,
  change: (record: Item) => Item,
  known: WeakMap<object, object>,
): T {
  const changed = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const seen = known.get(part);
    if (seen !== undefined) return seen;
    const made = Array.isArray(part) ? list(part) : isRecord(part) ? change(record(part)) : part;
    known.set(part, made);
    // What was made is not made again where it comes as a part of something else.
    if (typeof made === 'object' && made !== null) known.set(made, made);
    return made;
  };
  const list = (items: readonly unknown[]): readonly unknown[] => {
    const made = items.map(changed);
    return made.some((item, at) => item !== items[at]) ? made : items;
  };
  const record = (part: Item): Item => {
    if (part['kind'] === 'literal') return part;
    const entries = Object.entries(part).map(([key, value]) => [key, changed(value)] as const);
    return entries.some(([key, value]) => value !== part[key]) ? Object.fromEntries(entries) : part;
  };
  return changed(data) as T;
}

const isRecord = (part: object): part is Item => Object.getPrototypeOf(part) === Object.prototype;
