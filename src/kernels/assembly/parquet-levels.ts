/**
 * Parquet's hybrid of runs and bit-packed values, and what it is used for: definition levels, dictionary codes, booleans.
 *
 *     run      │ count ······· 0 │ value │                     the value, `count` times
 *     packed   │ groups ······ 1 │ 8 values of b bits │ …      least significant bit first
 *
 * A stream is decoded piece by piece. Its state lies in memory, 96 bytes:
 *
 *     position │ end │ left │ packed │ value │ index │ width │ · │ scratch for unpacking
 *        0        4     8       12      16      20      24          32
 *
 * `left` counts the values of the current run; in a packed run, `index` counts those that are done of the 8 that start
 * at `position`.
 *
 * The input is hostile: no byte behind `end` is ever taken for data, though up to 32 behind it may be loaded.
 */

const POSITION: usize = 0;
const END: usize = 4;
const LEFT: usize = 8;
const PACKED: usize = 12;
const VALUE: usize = 16;
const INDEX: usize = 20;
const WIDTH: usize = 24;
const SCRATCH: usize = 32;

/** Begins a stream of values of `width` bits, at most 32, in [position, end). */
export function beginHybrid(state: usize, position: usize, end: usize, width: u32): void {
  store<u32>(state, <u32>position, POSITION);
  store<u32>(state, <u32>end, END);
  store<u32>(state, 0, LEFT);
  store<u32>(state, width, WIDTH);
}

/** Reads headers up to the next run that is not empty. */
function nextRun(state: usize): bool {
  const end = <usize>load<u32>(state, END);
  const width = load<u32>(state, WIDTH);
  let position = <usize>load<u32>(state, POSITION);
  let left: u32 = 0;
  while (left == 0) {
    let header: u64 = 0;
    let shift: u64 = 0;
    for (;;) {
      if (position >= end || shift > 28) return false;
      const byte = <u64>load<u8>(position++);
      header |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) break;
    }
    left = <u32>min<u64>(header >> 1, 0x7fffffff);
    if (header & 1) {
      left = min<u32>(left, 0x0fffffff) << 3;
      store<u32>(state, 1, PACKED);
      store<u32>(state, 0, INDEX);
    } else {
      const bytes = <usize>((width + 7) >> 3);
      if (position + bytes > end) return false;
      let value: u32 = 0;
      for (let i: usize = 0; i < bytes; i++) value |= <u32>load<u8>(position + i) << (<u32>i << 3);
      // Bits beyond the width would be a value that no packed run could hold.
      if (width < 32 && value >> width != 0) return false;
      position += bytes;
      store<u32>(state, 0, PACKED);
      store<u32>(state, value, VALUE);
    }
  }
  store<u32>(state, left, LEFT);
  store<u32>(state, <u32>position, POSITION);
  return true;
}

/** Whether the packed run has `count` more values before the end of the stream. A writer may cut off the padding. */
@inline
function packedFits(state: usize, count: u32): bool {
  const bits = <u64>(load<u32>(state, INDEX) + count) * <u64>load<u32>(state, WIDTH);
  return (bits + 7) >> 3 <= <u64>(load<u32>(state, END) - load<u32>(state, POSITION));
}

@inline
function advancePacked(state: usize, count: u32): void {
  const index = load<u32>(state, INDEX) + count;
  store<u32>(state, load<u32>(state, POSITION) + (index >> 3) * load<u32>(state, WIDTH), POSITION);
  store<u32>(state, index & 7, INDEX);
}

/**
 * Decodes the next `count` values as uint32; writes up to 32 bytes more. Returns the greatest of them, 0 of none, or -1
 * where the stream is damaged or ends.
 */
export function decodeHybrid(state: usize, count: u32, to: usize): f64 {
  let greatest: u32 = 0;
  while (count > 0) {
    if (load<u32>(state, LEFT) == 0 && !nextRun(state)) return -1;
    const take = min<u32>(load<u32>(state, LEFT), count);
    const end = to + (<usize>take << 2);
    if (load<u32>(state, PACKED) == 0) {
      const value = load<i32>(state, VALUE);
      const values = i32x4.splat(value);
      for (let at = to; at < end; at += 16) v128.store(at, values);
      greatest = max<u32>(greatest, <u32>value);
    } else {
      if (!packedFits(state, take)) return -1;
      greatest = max<u32>(greatest, unpack(state, take, to));
      advancePacked(state, take);
    }
    store<u32>(state, load<u32>(state, LEFT) - take, LEFT);
    count -= take;
    to = end;
  }
  return <f64>greatest;
}

/**
 * The next `count` values of the packed run, whose state stays as it is. Writes up to 32 bytes more. Returns the greatest
 * of the values, without those behind them: what pads the last eight is anything.
 */
function unpack(state: usize, count: u32, to: usize): u32 {
  const index = load<u32>(state, INDEX);
  const width = load<u32>(state, WIDTH);
  let from = <usize>load<u32>(state, POSITION);
  const end = to + (<usize>count << 2);
  let greatest: u32 = 0;
  if (index != 0) {
    const first = to + (<usize>min<u32>(8 - index, count) << 2);
    for (let bit = index * width; to < first; to += 4, bit += width) {
      greatest = max<u32>(greatest, unpackOne(from, bit, width, to));
    }
    from += <usize>width;
  }
  const eights = to + ((end - to) & ~31);
  if (width <= 24) greatest = max<u32>(greatest, unpackVectors(from, width, to, eights, state + SCRATCH));
  else {
    for (let at = to, eight = from; at < eights; at += 32, eight += <usize>width) {
      for (let i: u32 = 0; i < 8; i++) {
        greatest = max<u32>(greatest, unpackOne(eight, i * width, width, at + (<usize>i << 2)));
      }
    }
  }
  from += ((eights - to) >> 5) * <usize>width;
  for (let at = eights, bit: u32 = 0; at < end; at += 4, bit += width) {
    greatest = max<u32>(greatest, unpackOne(from, bit, width, at));
  }
  return greatest;
}

@inline
function unpackOne(from: usize, bit: u32, width: u32, to: usize): u32 {
  const mask: u64 = (<u64>1 << <u64>width) - 1;
  const value = <u32>((load<u64>(from + <usize>(bit >> 3)) >> <u64>(bit & 7)) & mask);
  store<u32>(to, value);
  return value;
}

/**
 * Four values at a time, up to `end`, a multiple of eight of them: the bytes of value i are brought into lane i,
 * multiplied so that each lane's value starts at bit 7, shifted down and masked. A value of up to 24 bits and its up to 7
 * foreign ones fit a lane. Returns the greatest.
 */
function unpackVectors(from: usize, width: u32, to: usize, end: usize, scratch: usize): u32 {
  const half = width << 2;
  for (let lane: u32 = 0; lane < 4; lane++) {
    const first = lane * width;
    const last = (half & 7) + lane * width;
    for (let byte: u32 = 0; byte < 4; byte++) {
      store<u8>(scratch + <usize>(lane * 4 + byte), <u8>((first >> 3) + byte));
      store<u8>(scratch + <usize>(16 + lane * 4 + byte), <u8>((last >> 3) + byte));
    }
    store<u32>(scratch + <usize>(32 + lane * 4), 1 << (7 - (first & 7)));
    store<u32>(scratch + <usize>(48 + lane * 4), 1 << (7 - (last & 7)));
  }
  const firstBytes = v128.load(scratch);
  const lastBytes = v128.load(scratch + 16);
  const firstFactors = v128.load(scratch + 32);
  const lastFactors = v128.load(scratch + 48);
  const mask = i32x4.splat((1 << width) - 1);
  const lastFrom = <usize>(half >> 3);
  let greatest: v128 = i32x4.splat(0);
  for (; to < end; to += 32, from += <usize>width) {
    const firstProducts = i32x4.mul(v128.swizzle(v128.load(from), firstBytes), firstFactors);
    const lastProducts = i32x4.mul(v128.swizzle(v128.load(from + lastFrom), lastBytes), lastFactors);
    const first = v128.and(i32x4.shr_u(firstProducts, 7), mask);
    const last = v128.and(i32x4.shr_u(lastProducts, 7), mask);
    v128.store(to, first);
    v128.store(to, last, 16);
    greatest = i32x4.max_u(greatest, i32x4.max_u(first, last));
  }
  return greatestLane(greatest);
}

@inline
function greatestLane(vector: v128): u32 {
  return max<u32>(
    max<u32>(<u32>i32x4.extract_lane(vector, 0), <u32>i32x4.extract_lane(vector, 1)),
    max<u32>(<u32>i32x4.extract_lane(vector, 2), <u32>i32x4.extract_lane(vector, 3)),
  );
}

/** Passes over the next `count` values. False where the stream is damaged or ends. */
export function skipHybrid(state: usize, count: u32): bool {
  while (count > 0) {
    if (load<u32>(state, LEFT) == 0 && !nextRun(state)) return false;
    const take = min<u32>(load<u32>(state, LEFT), count);
    if (load<u32>(state, PACKED) != 0) {
      if (!packedFits(state, take)) return false;
      advancePacked(state, take);
    }
    store<u32>(state, load<u32>(state, LEFT) - take, LEFT);
    count -= take;
  }
  return true;
}

/**
 * Decodes the next `count` values, of width 1, into bits from bit `toBit` of `bits` on, which are 0 before; bits behind
 * the last stay as they are. Returns how many are 1, or -1 where the stream is damaged or ends.
 */
export function decodeHybridBits(state: usize, count: u32, bits: usize, toBit: u32): i32 {
  let ones: i32 = 0;
  while (count > 0) {
    if (load<u32>(state, LEFT) == 0 && !nextRun(state)) return -1;
    const take = min<u32>(load<u32>(state, LEFT), count);
    if (load<u32>(state, PACKED) == 0) {
      if (load<u32>(state, VALUE) == 1) {
        setRange(bits, toBit, take);
        ones += <i32>take;
      }
    } else {
      if (!packedFits(state, take)) return -1;
      ones += orBits(<usize>load<u32>(state, POSITION), load<u32>(state, INDEX), take, bits, toBit);
      advancePacked(state, take);
    }
    store<u32>(state, load<u32>(state, LEFT) - take, LEFT);
    count -= take;
    toBit += take;
  }
  return ones;
}

function setRange(bits: usize, bit: u32, count: u32): void {
  while (count > 0) {
    const take = min<u32>(count, 56);
    const at = bits + <usize>(bit >> 3);
    store<u64>(at, load<u64>(at) | (((<u64>1 << <u64>take) - 1) << <u64>(bit & 7)));
    bit += take;
    count -= take;
  }
}

/** ORs `count` bits from bit `fromBit` of `from` on into those from `toBit` on; returns how many were 1. */
export function orBits(from: usize, fromBit: u32, count: u32, to: usize, toBit: u32): i32 {
  let ones: i32 = 0;
  while (count > 0) {
    const take = min<u32>(count, 56);
    const word = (load<u64>(from + <usize>(fromBit >> 3)) >> <u64>(fromBit & 7)) & ((<u64>1 << <u64>take) - 1);
    const at = to + <usize>(toBit >> 3);
    store<u64>(at, load<u64>(at) | (word << <u64>(toBit & 7)));
    ones += <i32>popcnt(word);
    fromBit += take;
    toBit += take;
    count -= take;
  }
  return ones;
}

/** The largest of `count` uint32 values; 0 of none. */
export function maxCode(codes: usize, count: u32): u32 {
  let largest: v128 = i32x4.splat(0);
  const whole = count & ~3;
  for (let i: u32 = 0; i < whole; i += 4) largest = i32x4.max_u(largest, v128.load(codes + (<usize>i << 2)));
  let most = greatestLane(largest);
  for (let i = whole; i < count; i++) most = max<u32>(most, load<u32>(codes + (<usize>i << 2)));
  return most;
}
