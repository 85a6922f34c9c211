/**
 * gzip, decompressed piece by piece: RFC 1952 around RFC 1951.
 *
 *     member    │ header │ block │ block │ … │ checksum, size │        several behind one another are their contents
 *     block     │ last, kind │ bytes as they are, or: │ lengths of the codes │ symbols by Huffman codes, the end as one of them │
 *     symbol    a byte, or how many bytes again from how far back: a length and a distance with further bits
 *
 * Bits are read from the lowest on, through a word of up to 63 of them. Far from the end of a piece it is filled 8 bytes at a
 * time; near it byte by byte, and a symbol whose bits are not all there is left for the next piece. The state lies in memory:
 *
 *     bits │ count │ stage │ left │ isLast │ lengths │ distances │ coded │ read │ input │ output │ sum │ size │ …
 *       0      8      12      16      20       24         28        32      36      40      44      48    52
 *     lengths of codes 64 │ table of their codes 512 │ of symbols 1024 │ of distances 10496                  up to 12288
 *
 * A table says by the next bits, 11 of symbols and 8 of distances, which code they begin with; of longer codes, which table follows.
 * An entry has 4 bytes:
 *
 *     what bits are used up, extra ones too (0 to 7) │ those of the code (8 to 12) │ IS_TABLE, IS_END, IS_WRONG │ value (16 to 30) │ IS_BYTE
 *
 * The input is hostile: codes must be complete, as zlib wants them, every copy lies within what has been written, and near the
 * end of the output its room is looked at. Moves are made in whole vectors: up to 64 bytes behind the output are overwritten.
 */

import { moveVectors, repeatBefore } from './wide-moves';

const COUNT: usize = 8;
const STAGE: usize = 12;
const LEFT: usize = 16;
const IS_LAST: usize = 20;
const LENGTHS: usize = 24;
const DISTANCES: usize = 28;
const CODED: usize = 32;
const READ: usize = 36;
const INPUT: usize = 40;
const OUTPUT: usize = 44;
const SUM: usize = 48;
const SIZE: usize = 52;

const CODE_LENGTHS: usize = 64;
const CODE_TABLE: usize = 512;
const SYMBOL_TABLE: usize = 1024;
const DISTANCE_TABLE: usize = 10496;

const CODE_BITS: u32 = 7;
const SYMBOL_BITS: u32 = 11;
const DISTANCE_BITS: u32 = 8;

const IS_TABLE: u32 = 1 << 13;
const IS_END: u32 = 1 << 14;
const IS_WRONG: u32 = 1 << 15;
const IS_BYTE: u32 = 1 << 31;

// Stages. In the header `left` counts bytes, or is how many are passed over.
const HEADER: u32 = 0;
const EXTRA_SIZE: u32 = 1;
const EXTRA: u32 = 2;
const NAME: u32 = 3;
const COMMENT: u32 = 4;
const HEADER_SUM: u32 = 5;
const BLOCK: u32 = 6;
const STORED_SIZE: u32 = 7;
const STORED: u32 = 8;
const COUNTS: u32 = 9;
const CODES: u32 = 10;
const CODE: u32 = 11;
const SYMBOLS: u32 = 12;
const TRAILER: u32 = 13;
/** What follows the last member: zeros, which nobody looks at. */
const REST: u32 = 14;

// What a call ends with.
const GOES_ON: i32 = -1;
const DAMAGED: i32 = 0;
const NEEDS_INPUT: i32 = 1;
const IS_FULL: i32 = 2;
const MEMBER_ENDS: i32 = 3;

/** Bytes of input and of output that a round of the fast loop may take: 8 at a time, and 3 bytes and a copy of 258. */
const INPUT_MARGIN: usize = 32;
const OUTPUT_MARGIN: usize = 320;

const LENGTH_BASES: usize = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const LENGTH_EXTRA: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASES: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
  12289, 16385, 24577,
]);
/** In which order the lengths of the codes of lengths come. */
const CODE_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** Room for how many codes of each length there are, for where the next of each goes, and for symbols in the order of their codes. */
const COUNTED: usize = memory.data(64);
const PLACES: usize = memory.data(64);
const ORDERED: usize = memory.data(640);

/** Begins with the header of a member. The state has 12 KiB. */
export function beginGunzip(state: usize): void {
  memory.fill(state, 0, CODE_LENGTHS);
}

/**
 * Goes on with the input in [input, inputEnd), and writes to `output` until the place up to `outputEnd` may not do for the next
 * symbol, 320 bytes; what was written before lies from `history` on. Where it is, the state then says. Returns how it ended.
 */
export function gunzip(state: usize, input: usize, inputEnd: usize, history: usize, output: usize, outputEnd: usize): i32 {
  store<u32>(state, <u32>input, INPUT);
  store<u32>(state, <u32>output, OUTPUT);
  let ended = GOES_ON;
  while (ended < 0) {
    const stage = load<u32>(state, STAGE);
    if (stage == SYMBOLS) {
      ended = manySymbols(state, inputEnd, history, outputEnd);
      if (ended < 0 && load<u32>(state, STAGE) == SYMBOLS) ended = oneSymbol(state, inputEnd, history, outputEnd);
    } else if (stage == STORED) ended = stored(state, inputEnd, outputEnd);
    else if (stage == CODE) ended = codes(state, inputEnd);
    else if (stage == REST) {
      store<u32>(state, <u32>inputEnd, INPUT);
      ended = NEEDS_INPUT;
    } else ended = step(state, stage, inputEnd);
  }
  return ended;
}

/** Fills the word byte by byte; whether it has `wanted` bits then, at most 56. */
@inline
function has(state: usize, inputEnd: usize, wanted: u32): bool {
  let count = load<u32>(state, COUNT);
  if (count >= wanted) return true;
  let bits = load<u64>(state);
  let input = <usize>load<u32>(state, INPUT);
  while (count < wanted && input < inputEnd) {
    bits |= <u64>load<u8>(input++) << <u64>count;
    count += 8;
  }
  store<u64>(state, bits);
  store<u32>(state, count, COUNT);
  store<u32>(state, <u32>input, INPUT);
  return count >= wanted;
}

@inline
function take(state: usize, count: u32): u32 {
  const bits = load<u64>(state);
  store<u64>(state, bits >> <u64>count);
  store<u32>(state, load<u32>(state, COUNT) - count, COUNT);
  return <u32>(bits & (((<u64>1) << <u64>count) - 1));
}

@inline
function goTo(state: usize, stage: u32, left: u32 = 0): i32 {
  store<u32>(state, stage, STAGE);
  store<u32>(state, left, LEFT);
  return GOES_ON;
}

/** What comes before symbols and behind them. */
function step(state: usize, stage: u32, inputEnd: usize): i32 {
  const left = load<u32>(state, LEFT);
  if (stage <= HEADER_SUM) return header(state, stage, left, inputEnd);
  if (stage == BLOCK) {
    if (load<u32>(state, IS_LAST) != 0) {
      // The trailer begins with a byte.
      take(state, load<u32>(state, COUNT) & 7);
      return goTo(state, TRAILER);
    }
    if (!has(state, inputEnd, 3)) return NEEDS_INPUT;
    store<u32>(state, take(state, 1), IS_LAST);
    const kind = take(state, 2);
    if (kind == 3) return DAMAGED;
    if (kind == 2) return goTo(state, COUNTS);
    if (kind == 0) {
      take(state, load<u32>(state, COUNT) & 7);
      return goTo(state, STORED_SIZE);
    }
    const lengths = state + CODE_LENGTHS;
    memory.fill(lengths, 8, 144);
    memory.fill(lengths + 144, 9, 112);
    memory.fill(lengths + 256, 7, 24);
    memory.fill(lengths + 280, 8, 8);
    memory.fill(lengths + 288, 5, 32);
    store<u32>(state, 288, LENGTHS);
    store<u32>(state, 32, DISTANCES);
    return tables(state) ? goTo(state, SYMBOLS) : DAMAGED;
  }
  if (stage == STORED_SIZE) {
    if (!has(state, inputEnd, 32)) return NEEDS_INPUT;
    const size = take(state, 16);
    if (take(state, 16) != (size ^ 0xffff)) return DAMAGED;
    return goTo(state, STORED, size);
  }
  if (stage == COUNTS) {
    if (!has(state, inputEnd, 14)) return NEEDS_INPUT;
    store<u32>(state, take(state, 5) + 257, LENGTHS);
    store<u32>(state, take(state, 5) + 1, DISTANCES);
    store<u32>(state, take(state, 4) + 4, CODED);
    if (load<u32>(state, LENGTHS) > 286 || load<u32>(state, DISTANCES) > 30) return DAMAGED;
    memory.fill(state + CODE_LENGTHS, 0, 19);
    return goTo(state, CODES);
  }
  if (stage == CODES) {
    if (left < load<u32>(state, CODED)) {
      if (!has(state, inputEnd, 3)) return NEEDS_INPUT;
      store<u8>(state + CODE_LENGTHS + <usize>load<u8>(CODE_ORDER + <usize>left), <u8>take(state, 3));
      return goTo(state, CODES, left + 1);
    }
    if (!table(state + CODE_LENGTHS, 19, state + CODE_TABLE, CODE_BITS, 0)) return DAMAGED;
    store<u32>(state, 0, READ);
    return goTo(state, CODE);
  }
  // The trailer.
  if (left == 0) {
    if (!has(state, inputEnd, 32)) return NEEDS_INPUT;
    store<u32>(state, take(state, 32), SUM);
    return goTo(state, TRAILER, 1);
  }
  if (!has(state, inputEnd, 32)) return NEEDS_INPUT;
  store<u32>(state, take(state, 32), SIZE);
  store<u32>(state, 0, IS_LAST);
  goTo(state, HEADER, 1 << 16);
  return MEMBER_ENDS;
}

/** Of the header a byte: `left` counts those of the first ten, and keeps the flags above; bit 16 says that it is not the first member. */
function header(state: usize, stage: u32, left: u32, inputEnd: usize): i32 {
  if (!has(state, inputEnd, 8)) return NEEDS_INPUT;
  const byte = take(state, 8);
  const flags = (left >> 8) & 31;
  if (stage == HEADER) {
    const at = left & 255;
    if (at == 0 && byte == 0 && left != 0) return goTo(state, REST);
    if (at == 0 && byte != 0x1f) return DAMAGED;
    if (at == 1 && byte != 0x8b) return DAMAGED;
    if (at == 2 && byte != 8) return DAMAGED;
    if (at == 3) {
      if (byte > 31) return DAMAGED;
      return goTo(state, HEADER, (byte << 8) | 4);
    }
    if (at < 9) return goTo(state, HEADER, left + 1);
    return goTo(state, nextOfHeader(EXTRA_SIZE, flags), flags << 8);
  }
  if (stage == EXTRA_SIZE) {
    // Two bytes, the second of which is 256 times as much.
    if ((left & 0x2000) == 0) return goTo(state, EXTRA_SIZE, left | 0x2000 | (byte << 16));
    const size = (left >> 16) | (byte << 8);
    return goTo(state, size == 0 ? nextOfHeader(NAME, flags) : EXTRA, (flags << 8) | (size << 16));
  }
  if (stage == EXTRA) {
    const size = (left >> 16) - 1;
    return goTo(state, size == 0 ? nextOfHeader(NAME, flags) : EXTRA, (flags << 8) | (size << 16));
  }
  if (stage == NAME) return byte != 0 ? GOES_ON : goTo(state, nextOfHeader(COMMENT, flags), flags << 8);
  if (stage == COMMENT) return byte != 0 ? GOES_ON : goTo(state, nextOfHeader(HEADER_SUM, flags), flags << 8);
  return (left & 255) == 0 ? goTo(state, HEADER_SUM, left + 1) : goTo(state, BLOCK);
}

/** The next part of a header from `stage` on that the flags say is there. */
function nextOfHeader(stage: u32, flags: u32): u32 {
  if (stage <= EXTRA_SIZE && (flags & 4) != 0) return EXTRA_SIZE;
  if (stage <= NAME && (flags & 8) != 0) return NAME;
  if (stage <= COMMENT && (flags & 16) != 0) return COMMENT;
  return (flags & 2) != 0 ? HEADER_SUM : BLOCK;
}

function stored(state: usize, inputEnd: usize, outputEnd: usize): i32 {
  let left = <usize>load<u32>(state, LEFT);
  let output = <usize>load<u32>(state, OUTPUT);
  if (left == 0) return goTo(state, BLOCK);
  if (output >= outputEnd) return IS_FULL;
  // First what is in the word.
  if (load<u32>(state, COUNT) > 0) {
    store<u8>(output, <u8>take(state, 8));
    store<u32>(state, <u32>(output + 1), OUTPUT);
    return goTo(state, STORED, <u32>left - 1);
  }
  const input = <usize>load<u32>(state, INPUT);
  const count = min<usize>(left, min<usize>(inputEnd - input, outputEnd - output));
  if (count == 0) return NEEDS_INPUT;
  memory.copy(output, input, count);
  store<u32>(state, <u32>(input + count), INPUT);
  store<u32>(state, <u32>(output + count), OUTPUT);
  return goTo(state, STORED, <u32>(left - count));
}

/** Lengths of the codes of symbols and of distances, by codes of their own. */
function codes(state: usize, inputEnd: usize): i32 {
  const all = load<u32>(state, LENGTHS) + load<u32>(state, DISTANCES);
  const lengths = state + CODE_LENGTHS;
  let read = load<u32>(state, READ);
  while (read < all) {
    const isWhole = has(state, inputEnd, 14);
    const bits = load<u64>(state);
    const entry = load<u32>(state + CODE_TABLE + (<usize>(bits & 127) << 2));
    const symbol = (entry >> 16) & 31;
    const codeBits = entry & 31;
    const extra: u32 = symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
    if (!isWhole && codeBits + extra > load<u32>(state, COUNT)) return waits(state, read);
    if (entry & IS_WRONG) return DAMAGED;
    take(state, codeBits);
    if (symbol < 16) {
      store<u8>(lengths + <usize>read, <u8>symbol);
      read++;
      continue;
    }
    if (symbol == 16 && read == 0) return DAMAGED;
    const length: u8 = symbol == 16 ? load<u8>(lengths + <usize>(read - 1)) : 0;
    const times = take(state, extra) + (symbol == 18 ? 11 : 3);
    if (times > all - read) return DAMAGED;
    memory.fill(lengths + <usize>read, length, <usize>times);
    read += times;
  }
  // Without an end there is none.
  if (load<u8>(lengths + 256) == 0) return DAMAGED;
  return tables(state) ? goTo(state, SYMBOLS) : DAMAGED;
}

@inline
function waits(state: usize, read: u32): i32 {
  store<u32>(state, read, READ);
  return NEEDS_INPUT;
}

/** The tables of symbols and of distances. False where their codes are not complete. */
function tables(state: usize): bool {
  const lengths = state + CODE_LENGTHS;
  const count = load<u32>(state, LENGTHS);
  return (
    table(lengths, count, state + SYMBOL_TABLE, SYMBOL_BITS, 1) &&
    table(lengths + <usize>count, load<u32>(state, DISTANCES), state + DISTANCE_TABLE, DISTANCE_BITS, 2)
  );
}

/** The entry of a symbol without the bits of its code: of lengths (`kind` 0), of symbols (1), of distances (2). */
function entryOf(symbol: u32, kind: u32): u32 {
  if (kind == 0) return symbol << 16;
  if (kind == 1) {
    if (symbol < 256) return (symbol << 16) | IS_BYTE;
    if (symbol == 256) return IS_END;
    const at = <usize>(symbol - 257);
    if (at > 28) return IS_WRONG;
    return (<u32>load<u16>(LENGTH_BASES + (at << 1)) << 16) | <u32>load<u8>(LENGTH_EXTRA + at);
  }
  if (symbol > 29) return IS_WRONG;
  return (<u32>load<u16>(DISTANCE_BASES + (<usize>symbol << 1)) << 16) | (symbol < 2 ? 0 : (symbol >> 1) - 1);
}

@inline
function withBits(entry: u32, bits: u32): u32 {
  return entry + bits + (bits << 8);
}

@inline
function reversed(code: u32, bits: u32): u32 {
  let word = ((code & 0x5555) << 1) | ((code >> 1) & 0x5555);
  word = ((word & 0x3333) << 2) | ((word >> 2) & 0x3333);
  word = ((word & 0x0f0f) << 4) | ((word >> 4) & 0x0f0f);
  word = ((word & 0x00ff) << 8) | ((word >> 8) & 0x00ff);
  return word >> (16 - bits);
}

/**
 * Lists at `to`, by the next `rootBits` bits, the code that they begin with. Longer codes that begin alike, which follow one
 * another, share a table behind that, for as many bits as the longest of them has more. False where the codes are too many, or do
 * not say what all bits mean, but for the only code of one bit, and for no code at all.
 */
function table(lengths: usize, symbols: u32, to: usize, rootBits: u32, kind: u32): bool {
  memory.fill(COUNTED, 0, 64);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const at = COUNTED + (<usize>load<u8>(lengths + <usize>symbol) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let room: i32 = 1;
  let longest: u32 = 0;
  let place: u32 = 0;
  for (let bits: u32 = 1; bits < 16; bits++) {
    const count = load<u32>(COUNTED + (<usize>bits << 2));
    store<u32>(PLACES + (<usize>bits << 2), place);
    place += count;
    room = (room << 1) - <i32>count;
    if (room < 0) return false;
    if (count != 0) longest = bits;
  }
  if (room > 0 && (longest > 1 || kind == 0)) return false;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const bits = <usize>load<u8>(lengths + <usize>symbol);
    if (bits == 0) continue;
    const at = load<u32>(PLACES + (bits << 2));
    store<u32>(PLACES + (bits << 2), at + 1);
    store<u16>(ORDERED + (<usize>at << 1), <u16>symbol);
  }

  const size: u32 = 1 << rootBits;
  // What no code begins.
  if (room > 0) for (let at: u32 = 0; at < size; at++) store<u32>(to + (<usize>at << 2), withBits(IS_WRONG, 1));
  let end = size;
  let code: u32 = 0;
  let bits: u32 = 1;
  let prefix: u32 = size;
  let tableAt: u32 = 0;
  let tableBits: u32 = 0;
  for (let i: u32 = 0; i < place; i++) {
    while (load<u32>(COUNTED + (<usize>bits << 2)) == 0) {
      bits++;
      code <<= 1;
    }
    const entry = entryOf(<u32>load<u16>(ORDERED + (<usize>i << 1)), kind);
    const backwards = reversed(code, bits);
    if (bits <= rootBits) {
      const whole = withBits(entry, bits);
      for (let at = backwards; at < size; at += 1 << bits) store<u32>(to + (<usize>at << 2), whole);
    } else {
      if ((backwards & (size - 1)) != prefix) {
        prefix = backwards & (size - 1);
        tableBits = bits - rootBits;
        let left: i32 = 1 << tableBits;
        while (tableBits + rootBits < longest) {
          left -= <i32>load<u32>(COUNTED + (<usize>(tableBits + rootBits) << 2));
          if (left <= 0) break;
          tableBits++;
          left <<= 1;
        }
        tableAt = end;
        end += 1 << tableBits;
        store<u32>(to + (<usize>prefix << 2), (tableAt << 16) | IS_TABLE | (tableBits << 8) | rootBits);
      }
      const whole = withBits(entry, bits - rootBits);
      for (let at = backwards >> rootBits; at < (<u32>1 << tableBits); at += 1 << (bits - rootBits)) {
        store<u32>(to + (<usize>(tableAt + at) << 2), whole);
      }
    }
    const counted = COUNTED + (<usize>bits << 2);
    store<u32>(counted, load<u32>(counted) - 1);
    code++;
  }
  return true;
}

// Symbols -------------------------------------------------------------------------------------------------------------

/** The lowest `count` bits. */
@inline
function lowest(bits: u64, count: u32): u32 {
  return <u32>bits & ((<u32>1 << count) - 1);
}

/** What an entry stands for: its value and the extra bits behind its code, which `bits` begin with. */
@inline
function valueOf(entry: u32, bits: u64): u32 {
  return ((entry >> 16) & 0x7fff) + (lowest(bits, entry & 31) >> ((entry >> 8) & 31));
}

/** The next symbol, if all of its bits are there. */
function oneSymbol(state: usize, inputEnd: usize, history: usize, outputEnd: usize): i32 {
  const table = state + SYMBOL_TABLE;
  const distances = state + DISTANCE_TABLE;
  const output = <usize>load<u32>(state, OUTPUT);
  if (output + OUTPUT_MARGIN > outputEnd) return IS_FULL;
  // 48 bits are enough for any.
  const isWhole = has(state, inputEnd, 48);
  const count = load<u32>(state, COUNT);
  let bits = load<u64>(state);
  let used: u32 = 0;
  let entry = load<u32>(table + (<usize>lowest(bits, SYMBOL_BITS) << 2));
  if (entry & IS_TABLE) {
    bits >>= <u64>SYMBOL_BITS;
    used = SYMBOL_BITS;
    entry = load<u32>(table + (<usize>(((entry >> 16) & 0x7fff) + lowest(bits, (entry >> 8) & 31)) << 2));
  }
  used += entry & 31;
  if (!isWhole && used > count) return NEEDS_INPUT;
  if (entry & IS_WRONG) return DAMAGED;
  if (entry & (IS_BYTE | IS_END)) {
    take(state, used);
    if (entry & IS_END) return goTo(state, BLOCK);
    store<u8>(output, <u8>(entry >> 16));
    store<u32>(state, <u32>(output + 1), OUTPUT);
    return GOES_ON;
  }
  const length = <usize>valueOf(entry, bits);
  bits >>= <u64>(entry & 31);
  entry = load<u32>(distances + (<usize>lowest(bits, DISTANCE_BITS) << 2));
  if (entry & IS_TABLE) {
    bits >>= <u64>DISTANCE_BITS;
    used += DISTANCE_BITS;
    entry = load<u32>(distances + (<usize>(((entry >> 16) & 0x7fff) + lowest(bits, (entry >> 8) & 31)) << 2));
  }
  used += entry & 31;
  if (!isWhole && used > count) return NEEDS_INPUT;
  if (entry & IS_WRONG) return DAMAGED;
  const distance = <usize>valueOf(entry, bits);
  if (distance > output - history) return DAMAGED;
  take(state, used);
  repeat(output, distance, length);
  store<u32>(state, <u32>(output + length), OUTPUT);
  return GOES_ON;
}

/** Apart, so that its loops do not take the registers of that over symbols. */
function repeat(output: usize, distance: usize, length: usize): void {
  const source = output - distance;
  if (distance >= 16) moveVectors(output, source, length);
  else repeatBefore(output, source, distance, length);
}

/** Symbols as long as neither end is near. */
function manySymbols(state: usize, inputEnd: usize, history: usize, outputEnd: usize): i32 {
  let input = <usize>load<u32>(state, INPUT);
  let output = <usize>load<u32>(state, OUTPUT);
  if (input + INPUT_MARGIN > inputEnd || output + OUTPUT_MARGIN > outputEnd) return GOES_ON;
  const inputLast = inputEnd - INPUT_MARGIN;
  const outputLast = outputEnd - OUTPUT_MARGIN;
  const table = state + SYMBOL_TABLE;
  const distances = state + DISTANCE_TABLE;
  let bits = load<u64>(state);
  let count = <u64>load<u32>(state, COUNT);
  let ended = GOES_ON;
  while (input <= inputLast && output <= outputLast) {
    // At least 56 bits are there after this: three codes of bytes, or one of a length and one of a distance.
    bits |= load<u64>(input) << count;
    input += <usize>((63 - count) >> 3);
    count |= 56;
    let entry = load<u32>(table + (<usize>lowest(bits, SYMBOL_BITS) << 2));
    if (<i32>entry < 0) {
      bits >>= <u64>(entry & 31);
      count -= <u64>(entry & 31);
      store<u8>(output++, <u8>(entry >> 16));
      entry = load<u32>(table + (<usize>lowest(bits, SYMBOL_BITS) << 2));
      if (<i32>entry < 0) {
        bits >>= <u64>(entry & 31);
        count -= <u64>(entry & 31);
        store<u8>(output++, <u8>(entry >> 16));
        entry = load<u32>(table + (<usize>lowest(bits, SYMBOL_BITS) << 2));
        if (<i32>entry < 0) {
          bits >>= <u64>(entry & 31);
          count -= <u64>(entry & 31);
          store<u8>(output++, <u8>(entry >> 16));
          continue;
        }
      }
      // A length and a distance may need 48.
      bits |= load<u64>(input) << count;
      input += <usize>((63 - count) >> 3);
      count |= 56;
    }
    if (entry & IS_TABLE) {
      bits >>= <u64>SYMBOL_BITS;
      count -= <u64>SYMBOL_BITS;
      entry = load<u32>(table + (<usize>(((entry >> 16) & 0x7fff) + lowest(bits, (entry >> 8) & 31)) << 2));
    }
    const length = <usize>valueOf(entry, bits);
    bits >>= <u64>(entry & 31);
    count -= <u64>(entry & 31);
    if (entry & (IS_BYTE | IS_END | IS_WRONG)) {
      if (entry & IS_BYTE) {
        store<u8>(output++, <u8>(entry >> 16));
        continue;
      }
      ended = entry & IS_END ? goTo(state, BLOCK) : DAMAGED;
      break;
    }
    entry = load<u32>(distances + (<usize>lowest(bits, DISTANCE_BITS) << 2));
    if (entry & IS_TABLE) {
      bits >>= <u64>DISTANCE_BITS;
      count -= <u64>DISTANCE_BITS;
      entry = load<u32>(distances + (<usize>(((entry >> 16) & 0x7fff) + lowest(bits, (entry >> 8) & 31)) << 2));
    }
    const distance = <usize>valueOf(entry, bits);
    bits >>= <u64>(entry & 31);
    count -= <u64>(entry & 31);
    if (distance > output - history || (entry & IS_WRONG) != 0) {
      ended = DAMAGED;
      break;
    }
    if (distance >= length && length <= 16) v128.store(output, v128.load(output - distance));
    else repeat(output, distance, length);
    output += length;
  }
  // Bits above those that count are of bytes that are read again.
  store<u64>(state, bits & (((<u64>1) << count) - 1));
  store<u32>(state, <u32>count, COUNT);
  store<u32>(state, <u32>input, INPUT);
  store<u32>(state, <u32>output, OUTPUT);
  return ended;
}
