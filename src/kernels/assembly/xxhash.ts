// XXH64 with seed 0: fixed for all time, because hashes are kept in sketches that outlive the process.

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

@inline function round(state: u64, lane: u64): u64 { return rotl<u64>(state + lane * P2, 31) * P1; }
@inline function mergeLane(hash: u64, state: u64): u64 { return (hash ^ round(0, state)) * P1 + P4; }
@inline function addLane(hash: u64, lane: u64): u64 { return rotl<u64>(hash ^ round(0, lane), 27) * P1 + P4; }

@inline function avalanche(h: u64): u64 {
  let hash = h;
  hash = (hash ^ (hash >> 33)) * P2;
  hash = (hash ^ (hash >> 29)) * P3;
  return hash ^ (hash >> 32);
}

/** Of the 8 bytes of a word. */
@inline export function hashWord(word: u64): u64 { return avalanche(addLane(P5 + 8, word)); }

/** Of the 16 bytes of two words. */
@inline export function hashWords(low: u64, high: u64): u64 { return avalanche(addLane(addLane(P5 + 16, low), high)); }

/** Of bytes. */
export function hashBytes(start: usize, length: usize): u64 {
  let at = start;
  const end = start + length;
  let hash: u64 = P5;
  if (length >= 32) {
    let a: u64 = P1 + P2, b: u64 = P2, c: u64 = 0, d: u64 = 0 - P1;
    for (; at + 32 <= end; at += 32) {
      a = round(a, load<u64>(at));
      b = round(b, load<u64>(at, 8));
      c = round(c, load<u64>(at, 16));
      d = round(d, load<u64>(at, 24));
    }
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = mergeLane(mergeLane(mergeLane(mergeLane(hash, a), b), c), d);
  }
  hash += <u64>length;
  for (; at + 8 <= end; at += 8) hash = addLane(hash, load<u64>(at));
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * P1), 23) * P2 + P3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * P5), 11) * P1;
  return avalanche(hash);
}
