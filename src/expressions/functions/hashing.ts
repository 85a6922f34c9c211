/**
 * Hashes of bytes that are the same everywhere: what other systems of the field give for the same bytes.
 *
 *     xxhash64         Yann Collet's XXH64
 *     xxhash32         his XXH32, of halves of that width
 *     murmurhash3      Austin Appleby's MurmurHash3_x86_32, as Iceberg's buckets use it
 */

const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const rotated = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & MASK;
const round = (accumulator: bigint, lane: bigint): bigint =>
  (rotated((accumulator + lane * P2) & MASK, 31n) * P1) & MASK;
const merged = (hash: bigint, accumulator: bigint): bigint => ((hash ^ round(0n, accumulator)) * P1 + P4) & MASK;

/** XXH64 of bytes. Source: the xxHash specification, "XXH64 algorithm description". */
export function xxhash64(bytes: Uint8Array, seed: bigint = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = (seed + P5) & MASK;
  if (bytes.length >= 32) {
    const lanes = [seed + P1 + P2, seed + P2, seed, seed - P1].map((x) => x & MASK);
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane += 1)
        lanes[lane] = round(lanes[lane] ?? 0n, view.getBigUint64(at + lane * 8, true));
    }
    hash = lanes.reduce((sum, lane, n) => (sum + rotated(lane, [1n, 7n, 12n, 18n][n] ?? 0n)) & MASK, 0n);
    hash = lanes.reduce(merged, hash);
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotated(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4) & MASK;
  }
  if (at + 4 <= bytes.length) {
    hash = (rotated(hash ^ ((BigInt(view.getUint32(at, true)) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at += 1) hash = (rotated(hash ^ ((BigInt(bytes[at] ?? 0) * P5) & MASK), 11n) * P1) & MASK;
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK;
  return hash ^ (hash >> 32n);
}

const rotated32 = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const Q1 = 0x9e3779b1;
const Q2 = 0x85ebca77;
const Q3 = 0xc2b2ae3d;
const Q4 = 0x27d4eb2f;
const Q5 = 0x165667b1;

/** XXH32 of bytes, without a sign. Source: the xxHash specification, "XXH32 algorithm description". */
export function xxhash32(bytes: Uint8Array, seed: number = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = (seed + Q5) | 0;
  if (bytes.length >= 16) {
    const lanes = [seed + Q1 + Q2, seed + Q2, seed, seed - Q1];
    for (; at + 16 <= bytes.length; at += 16) {
      for (let lane = 0; lane < 4; lane += 1) {
        const sum = (lanes[lane] ?? 0) + Math.imul(view.getUint32(at + lane * 4, true), Q2);
        lanes[lane] = Math.imul(rotated32(sum | 0, 13), Q1);
      }
    }
    hash = lanes.reduce((sum, lane, n) => (sum + rotated32(lane, [1, 7, 12, 18][n] ?? 0)) | 0, 0);
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotated32((hash + Math.imul(view.getUint32(at, true), Q3)) | 0, 17), Q4);
  }
  for (; at < bytes.length; at += 1) {
    hash = Math.imul(rotated32((hash + Math.imul(bytes[at] ?? 0, Q5)) | 0, 11), Q1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), Q2);
  hash = Math.imul(hash ^ (hash >>> 13), Q3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const mixed32 = (k: number): number => Math.imul(rotated32(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);

/** MurmurHash3_x86_32 of bytes, as a signed 32-bit integer. Source: MurmurHash3.cpp, in the public domain. */
export function murmurhash3(bytes: Uint8Array, seed: number = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.length & ~3;
  let hash = seed;
  for (let at = 0; at < blocks; at += 4) {
    hash = (Math.imul(rotated32(hash ^ mixed32(view.getInt32(at, true)), 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= blocks; at -= 1) tail = (tail << 8) | (bytes[at] ?? 0);
  if (bytes.length > blocks) hash ^= mixed32(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
