/** Files that are damaged as disks, networks and adversaries damage them: repeatably, from a seed. */

/** Repeatable: numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The same, where neighbours among seeds have nothing in common. */
export function scattered(seed: number): () => number {
  const mixed = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b);
  const next = random(Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b) >>> 0);
  next();
  return next;
}

const BYTES = [0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x0a, 0x22, 0x2c, 0x5b, 0x7b];
export const INTEGERS: readonly bigint[] = [
  ...[0n, 1n, -1n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x10_0000n, 0x3fff_ffffn, 0x7fff_ffffn, 0x8000_0000n],
  ...[0xffff_ffffn, 1n << 40n, 1n << 53n, 1n << 62n, (1n << 63n) - 1n, -1n << 63n],
];
const MOST_CHANGES = 4;

/** A copy of `bytes`, changed in up to four places, one in two as long as before; `other` is what parts are taken from. */
export function mutated(bytes: Uint8Array, other: Uint8Array, next: () => number): Uint8Array<ArrayBuffer> {
  let result = new Uint8Array(bytes);
  const change = next() < 0.5 ? overwritten : replaced;
  const changes = 1 + Math.floor(next() ** 2 * MOST_CHANGES);
  for (let done = 0; done < changes; done += 1) result = change(result, next, other);
  return result;
}

/** Cut off, longer, shorter, or with a part of itself, maybe many times, or of the other file. */
function replaced(bytes: Uint8Array<ArrayBuffer>, next: () => number, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const pick = (below: number): number => Math.floor(next() * below);
  const at = place(bytes.byteLength, next);
  const before = bytes.subarray(0, at);
  const few = 1 + Math.floor(next() ** 4 * 64);
  switch (pick(9)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(before, bytes.subarray(at + few));
    case 2:
      return joined(
        before,
        Uint8Array.from({ length: few }, () => pick(256)),
        bytes.subarray(at),
      );
    case 3: {
      const from = pick(bytes.byteLength);
      return joined(before, bytes.subarray(from, from + few), bytes.subarray(at));
    }
    case 4:
      return joined(before, other.subarray(pick(other.byteLength)));
    case 5: {
      const from = place(other.byteLength, next);
      return joined(before, other.subarray(from, from + few), bytes.subarray(at + few));
    }
    case 6: {
      const part = bytes.subarray(at, at + few);
      const times = 2 + Math.floor(next() ** 4 * 1000);
      return joined(before, ...Array.from({ length: times }, () => part), bytes.subarray(at + few));
    }
    default:
      // As Thrift and the encodings of Parquet write numbers, zigzag or not.
      return joined(before, varint(INTEGERS[pick(INTEGERS.length)] ?? 0n), bytes.subarray(at + 1));
  }
}

/** A bit, a byte or an integer. */
function overwritten(bytes: Uint8Array<ArrayBuffer>, next: () => number): Uint8Array<ArrayBuffer> {
  const pick = (below: number): number => Math.floor(next() * below);
  const at = place(bytes.byteLength - 1, next);
  const width = [1, 1, 1, 1, 2, 4, 4, 8][pick(8)] ?? 1;
  const start = next() < 0.5 ? at : at - (at % width);
  if (start < 0 || start + width > bytes.byteLength) return bytes;
  const view = new DataView(bytes.buffer);
  const value = INTEGERS[pick(INTEGERS.length)] ?? 0n;
  if (width === 8) view.setBigInt64(start, value, true);
  else if (width === 4) view.setInt32(start, Number(BigInt.asIntN(32, value)), true);
  else if (width === 2) view.setInt16(start, Number(BigInt.asIntN(16, value)), true);
  else bytes[start] = byteInstead(bytes[start] ?? 0, next);
  return bytes;
}

/** A byte in place of `before`. */
export function byteInstead(before: number, next: () => number): number {
  const kind = next();
  if (kind < 1 / 3) return before ^ (1 << Math.floor(next() * 8));
  return kind < 2 / 3 ? Math.floor(next() * 256) : (BYTES[Math.floor(next() * BYTES.length)] ?? 0);
}

/** Often near one of the ends, where formats say what the rest is. */
function place(byteLength: number, next: () => number): number {
  const where = next();
  if (where < 0.5) return Math.floor(next() * (byteLength + 1));
  const near = Math.floor(next() * Math.min(byteLength + 1, 768));
  return where < 0.75 ? near : byteLength - near;
}

/** As Thrift and the encodings of Parquet write an unsigned number. */
export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, value);
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(left)]);
}

export const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(parts));
