import { LinearMemory } from '../memory/linear-memory.ts';
import { childTypes, type DataType, fixedWidth, storageType } from './data-type.ts';
import type { Value } from './value.ts';

/** Bytes of linear memory that `columnFromValues` takes at most for a plain column of these values. */
export function valuesFootprint(type: DataType, values: readonly Value[]): number {
  const bits = LinearMemory.footprint(Math.ceil(values.length / 8));
  const offsets = LinearMemory.footprint((values.length + 1) * 4);
  const stored = storageType(type);
  switch (stored.kind) {
    case 'null':
      return bits;
    case 'bool':
      return 2 * bits;
    case 'utf8':
    case 'binary':
      return bits + offsets + LinearMemory.footprint(values.reduce<number>((sum, value) => sum + bytesIn(value), 0));
    case 'struct':
    case 'fixed-size-list':
      return bits + childFootprint(stored, values);
    case 'list':
    case 'map':
      return bits + offsets + childFootprint(stored, values);
    default:
      return bits + LinearMemory.footprint(values.length * (fixedWidth(type) ?? 0));
  }
}

function bytesIn(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.byteLength : 0;
}

const partsOf = (value: Value): readonly Value[] => (Array.isArray(value) ? value : []);

function childFootprint(stored: DataType, values: readonly Value[]): number {
  const children = childTypes(stored);
  if (stored.kind === 'struct') {
    return children.reduce(
      (sum, child, n) =>
        sum +
        valuesFootprint(
          child,
          values.map((value) => partsOf(value)[n] ?? null),
        ),
      0,
    );
  }
  const [item] = children;
  const size = stored.kind === 'fixed-size-list' ? stored.size : 0;
  const items = values.flatMap((value) => (value === null ? new Array<Value>(size).fill(null) : partsOf(value)));
  return item === undefined ? 0 : valuesFootprint(item, items);
}
