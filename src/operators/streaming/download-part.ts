/** Which objects of a batch are held together, and where. */

import type { MillraceError } from '../../errors.ts';
import type { HeldBytes } from './object-column.ts';

/** An object that rows name. */
export interface Target {
  readonly uri: string;
  /** The first row of the batch that names it. */
  readonly row: number;
  /** As it was looked at; undefined before, and where it has changed since. */
  size: number | undefined;
  etag: string;
  /** Where they came with the look: counted in memory until they are copied. */
  bytes: Uint8Array | undefined;
  failure: MillraceError | undefined;
  changes: number;
}

/** By row; null where the uri is. */
export type Targets = readonly (Target | null)[];

/** Rows from `start` on whose objects are held together. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly targets: readonly Target[];
  readonly bytes: number;
}

/** The rows from `start` on whose objects have at most `limitBytes` together, or those up to the second object. */
export function partFrom(targets: Targets, start: number, limitBytes: number): Part {
  const held = new Set<Target>();
  let bytes = 0;
  let end = start;
  for (; end < targets.length; end += 1) {
    const target = targets[end] ?? undefined;
    if (target === undefined || target.failure !== undefined || held.has(target)) continue;
    if (target.size === undefined || (held.size > 0 && bytes + target.size > limitBytes)) break;
    held.add(target);
    bytes += target.size;
  }
  return { start, end, targets: [...held], bytes };
}

/** The bytes of those that could be read, moved together where others had left room between them. */
export function closedUp(held: readonly Target[], address: number, u8: Uint8Array): ReadonlyMap<Target, HeldBytes> {
  const places = new Map<Target, HeldBytes>();
  let from = address;
  let offset = 0;
  for (const target of held) {
    const { size = 0, failure } = target;
    if (failure === undefined) {
      if (address + offset < from) u8.copyWithin(address + offset, from, from + size);
      places.set(target, { offset, size });
      offset += size;
    }
    from += size;
  }
  return places;
}
