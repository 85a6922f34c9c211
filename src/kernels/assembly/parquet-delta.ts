/**
 * Parquet's encodings by differences, piece by piece.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/
 *
 *     stream   │ block size │ miniblocks │ count │ first value │ block │ block │ …
 *     block    │ least difference │ width of each miniblock │ differences − the least one, packed │ …
 *
 *     lengths      a stream of lengths, then the bytes of all texts
 *     prefixes     a stream of lengths shared with the text before, then the rest of each text as above
 *
 * The state of a stream lies in memory, 64 bytes. `left` counts values of the stream, `mini left` those of the miniblock
 * that starts at `position` and of which `index` are done; `minis left` counts the miniblocks of the block behind it,
 * whose widths start at `widths`.
 *
 * The input is hostile: no byte behind `end` is ever taken for data, though up to 16 behind it may be loaded.
 */

const POSITION: usize = 0;
const END: usize = 4;
const LEFT: usize = 8;
const MINI_VALUES: usize = 12;
const MINIS: usize = 16;
const MINI_LEFT: usize = 20;
const MINIS_LEFT: usize = 24;
const WIDTHS: usize = 28;
const WIDTH: usize = 32;
const INDEX: usize = 36;
const VALUE: usize = 40;
const LEAST: usize = 48;
const HAS_FIRST: usize = 56;

/** More values in a miniblock are refused: writers have 32 to 64. */
const MOST_MINI_VALUES: u64 = 1 << 20;
const MOST_MINIS: u64 = 1 << 16;

/** An unsigned varint at the state's position, which moves behind it. `HAS_FIRST` of the state is 2 where it is damaged. */
function varint(state: usize): u64 {
  const end = <usize>load<u32>(state, END);
  let position = <usize>load<u32>(state, POSITION);
  let value: u64 = 0;
  for (let shift: u64 = 0; shift < 70; shift += 7) {
    if (position >= end) break;
    const byte = <u64>load<u8>(position++);
    value |= (byte & 127) << shift;
    if (byte < 128) {
      store<u32>(state, <u32>position, POSITION);
      return value;
    }
  }
  store<u32>(state, 2, HAS_FIRST);
  return 0;
}

@inline
function zigzag(value: u64): i64 {
  return <i64>(value >> 1) ^ -(<i64>value & 1);
}

/** Begins the stream in [position, end). False where its header is damaged. */
export function beginDelta(state: usize, position: usize, end: usize): bool {
  memory.fill(state, 0, 64);
  store<u32>(state, <u32>position, POSITION);
  store<u32>(state, <u32>end, END);
  const blockValues = varint(state);
  const minis = varint(state);
  const count = varint(state);
  const first = zigzag(varint(state));
  if (load<u32>(state, HAS_FIRST) == 2 || count > 0x7fffffff) return false;
  if (minis == 0 || minis > MOST_MINIS || blockValues % minis != 0) return false;
  const miniValues = blockValues / minis;
  if (miniValues == 0 || (miniValues & 7) != 0 || miniValues > MOST_MINI_VALUES) return false;
  store<u32>(state, <u32>count, LEFT);
  store<u32>(state, <u32>miniValues, MINI_VALUES);
  store<u32>(state, <u32>minis, MINIS);
  store<i64>(state, first, VALUE);
  store<u32>(state, count > 0 ? 1 : 0, HAS_FIRST);
  return true;
}

/** Goes to the next miniblock, reading the head of its block where it is the first. */
function nextMini(state: usize): bool {
  const end = load<u32>(state, END);
  if (load<u32>(state, MINIS_LEFT) == 0) {
    const least = zigzag(varint(state));
    if (load<u32>(state, HAS_FIRST) == 2) return false;
    const minis = load<u32>(state, MINIS);
    const position = load<u32>(state, POSITION);
    if (minis > end - position) return false;
    store<i64>(state, least, LEAST);
    store<u32>(state, position, WIDTHS);
    store<u32>(state, position + minis, POSITION);
    store<u32>(state, minis, MINIS_LEFT);
  }
  const widths = load<u32>(state, WIDTHS);
  const width = <u32>load<u8>(<usize>widths);
  if (width > 64) return false;
  store<u32>(state, widths + 1, WIDTHS);
  store<u32>(state, load<u32>(state, MINIS_LEFT) - 1, MINIS_LEFT);
  store<u32>(state, width, WIDTH);
  store<u32>(state, 0, INDEX);
  store<u32>(state, load<u32>(state, MINI_VALUES), MINI_LEFT);
  return true;
}

/** The next `count` values, in 4 or 8 bytes each. False where the stream is damaged or ends. */
export function decodeDelta(state: usize, count: u32, valueBytes: u32, to: usize): bool {
  if (count > load<u32>(state, LEFT)) return false;
  store<u32>(state, load<u32>(state, LEFT) - count, LEFT);
  const shift: usize = valueBytes == 8 ? 3 : 2;
  let value = load<i64>(state, VALUE);
  if (count > 0 && load<u32>(state, HAS_FIRST) == 1) {
    store<u32>(state, 0, HAS_FIRST);
    if (shift == 3) store<i64>(to, value);
    else store<i32>(to, <i32>value);
    to += <usize>1 << shift;
    count--;
  }
  while (count > 0) {
    if (load<u32>(state, MINI_LEFT) == 0 && !nextMini(state)) return false;
    const take = min<u32>(count, load<u32>(state, MINI_LEFT));
    const width = <u64>load<u32>(state, WIDTH);
    const index = load<u32>(state, INDEX);
    const position = load<u32>(state, POSITION);
    // A writer may cut off the padding of the last miniblock.
    if ((<u64>(index + take) * width + 7) >> 3 > <u64>(load<u32>(state, END) - position)) return false;
    const least = load<i64>(state, LEAST);
    const end = to + (<usize>take << shift);
    if (width == 0) {
      for (; to < end; to += <usize>1 << shift) {
        value += least;
        if (shift == 3) store<i64>(to, value);
        else store<i32>(to, <i32>value);
      }
    } else {
      const mask: u64 = width == 64 ? u64.MAX_VALUE : (<u64>1 << width) - 1;
      let bit = <u64>index * width;
      for (; to < end; to += <usize>1 << shift, bit += width) {
        const at = <usize>position + <usize>(bit >> 3);
        const odd = bit & 7;
        let word = load<u64>(at) >> odd;
        if (odd + width > 64) word |= <u64>load<u8>(at, 8) << (64 - odd);
        value += least + <i64>(word & mask);
        if (shift == 3) store<i64>(to, value);
        else store<i32>(to, <i32>value);
      }
    }
    advanceMini(state, take);
    count -= take;
  }
  store<i64>(state, value, VALUE);
  return true;
}

function advanceMini(state: usize, take: u32): void {
  const left = load<u32>(state, MINI_LEFT) - take;
  store<u32>(state, load<u32>(state, INDEX) + take, INDEX);
  store<u32>(state, left, MINI_LEFT);
  if (left > 0) return;
  const bytes = (<u64>load<u32>(state, MINI_VALUES) * <u64>load<u32>(state, WIDTH)) >> 3;
  const room = load<u32>(state, END) - load<u32>(state, POSITION);
  store<u32>(state, load<u32>(state, POSITION) + <u32>min<u64>(bytes, <u64>room), POSITION);
}

/** Where the stream in [position, end) ends; 0 where it is damaged. Leaves `state` at its end. */
export function endOfDelta(state: usize, position: usize, end: usize): usize {
  if (!beginDelta(state, position, end)) return 0;
  let left = load<u32>(state, LEFT);
  if (left > 0) left--;
  while (left > 0) {
    if (!nextMini(state)) return 0;
    const miniValues = load<u32>(state, MINI_VALUES);
    const bytes = (<u64>miniValues * <u64>load<u32>(state, WIDTH)) >> 3;
    if (bytes > <u64>(load<u32>(state, END) - load<u32>(state, POSITION))) return 0;
    advanceMini(state, miniValues);
    left -= min<u32>(left, miniValues);
  }
  return <usize>load<u32>(state, POSITION);
}

// Texts ---------------------------------------------------------------------------------------------------------------

/** The sum of `count` int32 lengths; -1 where one is negative, or the sum is more than `most`. */
export function sumLengths(lengths: usize, count: u32, most: u32): i32 {
  let sum: u64 = 0;
  let bad: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const length = load<i32>(lengths + (<usize>i << 2));
    bad |= length;
    sum += <u64>(<u32>length);
  }
  return bad < 0 || sum > <u64>most ? -1 : <i32>sum;
}

/**
 * Offsets of texts of these lengths, one for each 1 among the bits (every row where `bits` is 0), an empty one for the
 * others: `count` ends behind `offsets[0]`, which is where they begin.
 */
export function offsetsOfLengths(lengths: usize, bits: usize, firstBit: u32, count: u32, offsets: usize): void {
  let end = load<u32>(offsets);
  for (let row: u32 = 0; row < count; row++) {
    const bit = firstBit + row;
    if (bits == 0 || (load<u8>(bits + <usize>(bit >> 3)) >> <u8>(bit & 7)) & 1) {
      end += load<u32>(lengths);
      lengths += 4;
    }
    store<u32>(offsets + (<usize>(row + 1) << 2), end);
  }
}

/** Whether every length is `length`. */
export function lengthsAre(lengths: usize, count: u32, length: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (load<u32>(lengths + (<usize>i << 2)) != length) return false;
  return true;
}

/**
 * Bytes of `count` texts that share `prefixes[i]` bytes with the one before, the first with one of `before` bytes, and
 * have `suffixes[i]` of their own; -1 where a prefix is longer than what it is one of.
 */
export function measurePrefixed(prefixes: usize, suffixes: usize, count: u32, before: u32): f64 {
  let sum: u64 = 0;
  let length = <u64>before;
  for (let i: u32 = 0; i < count; i++) {
    const prefix = <u64>load<u32>(prefixes + (<usize>i << 2));
    if (prefix > length) return -1;
    length = prefix + <u64>load<u32>(suffixes + (<usize>i << 2));
    sum += length;
  }
  return <f64>sum;
}

/**
 * Writes measured texts behind each other to `to`: `bytes` has what is their own, `before` the text before the first.
 * `suffixes` become their whole lengths. May overrun the last by 16 bytes.
 */
export function joinPrefixed(
  prefixes: usize,
  suffixes: usize,
  count: u32,
  bytes: usize,
  before: usize,
  to: usize,
): void {
  for (let i: u32 = 0; i < count; i++) {
    const prefix = <usize>load<u32>(prefixes + (<usize>i << 2));
    const suffix = <usize>load<u32>(suffixes + (<usize>i << 2));
    // What is written beyond the prefix is overwritten at once, and `before` lies behind or elsewhere.
    if (prefix <= 64 && to - before >= 16) {
      for (let done: usize = 0; done < prefix; done += 16) v128.store(to + done, v128.load(before + done));
    } else memory.copy(to, before, prefix);
    if (suffix <= 64) {
      for (let done: usize = 0; done < suffix; done += 16) v128.store(to + prefix + done, v128.load(bytes + done));
    } else memory.copy(to + prefix, bytes, suffix);
    store<u32>(suffixes + (<usize>i << 2), <u32>(prefix + suffix));
    bytes += suffix;
    before = to;
    to += prefix + suffix;
  }
}
