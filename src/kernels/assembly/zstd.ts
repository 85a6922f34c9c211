/**
 * Zstandard, decompressed: RFC 8878.
 *
 *     frame      │ magic │ header │ block │ block │ … │ checksum │            several behind one another are their contents
 *     block      │ last, kind, size │ raw bytes, one byte again and again, or: │
 *                │ literals: their bytes, most often by Huffman codes │ sequences │
 *     sequence   literals to copy, then how many bytes again from how far back: three numbers, each by the state of a machine
 *                (finite state entropy) and further bits
 *
 * Streams of bits are read from their last bit to their first, through a window of 64 bits:
 *
 *     start              at            at + 8
 *       │ … not read yet … │ left │ done │
 *
 * The input is hostile. Whatever is copied is checked to lie within the input, the literals or what has been written, and to
 * fit the output. Streams of bits are not checked at every bit: one that runs out goes on with bytes that lie before it in memory,
 * less than 64 KiB of them, below which there is no region, and is refused because it does not end at its first bit. These loads say that they are not aligned,
 * which is how checked kernels of tests know them. Moves are
 * made in whole vectors, so up to 64 bytes behind the output are overwritten and up to 64 behind the input are read: the
 * padding that every region has.
 *
 * What the format calls faulty is refused, also where the reference library does not look: it takes streams of Huffman codes that
 * do not end at their first bit, or whose last byte is zero, if they are long (RFC 8878, 4.2.2), and empty blocks that are
 * said to be compressed; and what follows the last frame some of its callers drop.
 *
 * Tables and literals lie in a place that the caller gives:
 *
 *     literal lengths 8 KiB │ match lengths 8 KiB │ offsets 4 KiB │ Huffman codes 4 KiB │ scratch 2 KiB │ literals
 *
 * An entry of a machine has 16 bytes, all that the loop over sequences would otherwise work out again for every one of them:
 *
 *     base of the value │ mask of the bits to add │ address of the next state │ mask of what to add │ bits of the value │ of the state
 *             4                      4                         4                        2                   1                1
 *
 * One of the Huffman codes has 2: its bits, its byte.
 */

import { hashBytes } from './xxhash';
import { moveVectors, repeatBefore } from './wide-moves';

const LENGTHS: usize = 0;
const MATCHES: usize = 8192;
const OFFSETS: usize = 16384;
const CODES: usize = 20480;
const SCRATCH: usize = 24576;
const LITERALS: usize = 26624;
/** At the end of the scratch: what is known from block to block of a frame. */
const STATE: usize = LITERALS - 64;

/** Logarithms of the numbers of states, NONE while there is no machine, and of the codes; the last three offsets. */
const LENGTHS_LOG: usize = STATE;
const MATCHES_LOG: usize = STATE + 4;
const OFFSETS_LOG: usize = STATE + 8;
const CODES_LOG: usize = STATE + 12;
const REPEATED: usize = STATE + 16;
/** Where the literals of the block are and how many, and where what is read next is. */
const LITERALS_AT: usize = STATE + 28;
const LITERALS_SIZE: usize = STATE + 32;
const NEXT: usize = STATE + 36;
const NONE: u32 = 255;

const BLOCK_BYTES: usize = 131072;
const MAGIC: u32 = 0xfd2fb528;

/** Base values and further bits by the code of a literal length, then of a match length. */
const LENGTH_BASES: usize = memory.data<u32>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048,
  4096, 8192, 16384, 32768, 65536,
]);
const LENGTH_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
const MATCH_BASES: usize = memory.data<u32>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
  35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
]);
const MATCH_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4,
  4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
/** The distributions that blocks need not bring with them. */
const LENGTH_ODDS: usize = memory.data<i16>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
]);
const MATCH_ODDS: usize = memory.data<i16>([
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);
const OFFSET_ODDS: usize = memory.data<i16>([
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
]);

/**
 * Whether `from` holds exactly `toBytes` bytes, compressed; they are written to `to`. `work` has room for 26 KiB and for
 * `toBytes` or 128 KiB, whatever is less.
 */
export function zstdDecompress(from: usize, fromBytes: usize, to: usize, toBytes: usize, work: usize): bool {
  const inputEnd = from + fromBytes;
  const outputEnd = to + toBytes;
  let input = from;
  let output = to;
  while (input < inputEnd) {
    if (inputEnd - input < 8) return false;
    const magic = load<u32>(input);
    if ((magic & 0xfffffff0) == 0x184d2a50) {
      const size = <usize>load<u32>(input, 4);
      if (size > inputEnd - input - 8) return false;
      input += 8 + size;
      continue;
    }
    if (magic != MAGIC) return false;
    const descriptor = <u32>load<u8>(input, 4);
    input += 5;
    const isSingle = (descriptor & 0x20) != 0;
    const sizeKind = descriptor >> 6;
    const sizeBytes: usize = sizeKind == 0 ? (isSingle ? 1 : 0) : <usize>1 << sizeKind;
    const dictionaryBytes: usize = (<usize>1 << (descriptor & 3)) >> 1;
    const windowBytes: usize = isSingle ? 0 : 1;
    // A bit that no version knows.
    if ((descriptor & 8) != 0 || windowBytes + dictionaryBytes + sizeBytes > inputEnd - input) return false;
    const window = <u64>load<u8>(input);
    input += windowBytes;
    for (let i: usize = 0; i < dictionaryBytes; i++) if (load<u8>(input + i) != 0) return false;
    input += dictionaryBytes;
    let size: u64 = 0;
    if (sizeBytes == 1) size = <u64>load<u8>(input);
    else if (sizeBytes == 2) size = <u64>load<u16>(input) + 256;
    else if (sizeBytes == 4) size = <u64>load<u32>(input);
    else if (sizeBytes == 8) size = load<u64>(input);
    input += sizeBytes;
    const frame = output;
    if (size > <u64>(outputEnd - output)) return false;
    // A window may be larger than the memory: all of the output is there to look back at. But no block is larger than the window.
    const windowSize = isSingle ? size : ((8 + (window & 7)) << (window >> 3)) << 7;
    const most = <usize>min<u64>(BLOCK_BYTES, windowSize);
    store<u32>(work, NONE, LENGTHS_LOG);
    store<u32>(work, NONE, MATCHES_LOG);
    store<u32>(work, NONE, OFFSETS_LOG);
    store<u32>(work, NONE, CODES_LOG);
    store<u32>(work, 1, REPEATED);
    store<u32>(work, 4, REPEATED + 4);
    store<u32>(work, 8, REPEATED + 8);
    for (;;) {
      if (inputEnd - input < 3) return false;
      const header = load<u32>(input);
      input += 3;
      const kind = (header >> 1) & 3;
      const bytes = <usize>((header >> 3) & 0x1fffff);
      if (bytes > most) return false;
      if (kind == 0) {
        if (bytes > inputEnd - input || bytes > outputEnd - output) return false;
        memory.copy(output, input, bytes);
        input += bytes;
        output += bytes;
      } else if (kind == 1) {
        if (input >= inputEnd || bytes > outputEnd - output) return false;
        memory.fill(output, load<u8>(input), bytes);
        input += 1;
        output += bytes;
      } else if (kind == 2) {
        if (bytes > inputEnd - input) return false;
        output = decodeBlock(input, input + bytes, frame, output, min<usize>(outputEnd, output + most), work);
        if (output == 0) return false;
        input += bytes;
      } else return false;
      if (header & 1) break;
    }
    if (sizeBytes != 0 && size != <u64>(output - frame)) return false;
    if ((descriptor & 4) != 0) {
      if (inputEnd - input < 4 || load<u32>(input) != <u32>hashBytes(frame, output - frame)) return false;
      input += 4;
    }
  }
  return output == outputEnd;
}

/** Writes what the block in [input, inputEnd) holds, not beyond `outputEnd`. Returns where that ends, 0 where it is damaged. */
function decodeBlock(input: usize, inputEnd: usize, frame: usize, output: usize, outputEnd: usize, work: usize): usize {
  if (!readLiterals(input, inputEnd, outputEnd - output, work)) return 0;
  input = <usize>load<u32>(work, NEXT);
  if (input >= inputEnd) return 0;
  let count = <u32>load<u8>(input++);
  if (count >= 128) {
    if (count < 255) {
      if (input >= inputEnd) return 0;
      count = ((count - 128) << 8) + <u32>load<u8>(input++);
    } else {
      if (inputEnd - input < 2) return 0;
      count = <u32>load<u16>(input) + 0x7f00;
      input += 2;
    }
  }
  if (count == 0) {
    if (input != inputEnd) return 0;
    const size = <usize>load<u32>(work, LITERALS_SIZE);
    memory.copy(output, <usize>load<u32>(work, LITERALS_AT), size);
    return output + size;
  }
  if (input >= inputEnd) return 0;
  const modes = <u32>load<u8>(input++);
  if (modes & 3) return 0;
  input = readMachine(modes >> 6, input, inputEnd, work, LENGTHS, LENGTHS_LOG, 35, 9, 6, LENGTH_ODDS, LENGTH_BASES, LENGTH_BITS);
  if (input == 0) return 0;
  input = readMachine((modes >> 4) & 3, input, inputEnd, work, OFFSETS, OFFSETS_LOG, 31, 8, 5, OFFSET_ODDS, 0, 0);
  if (input == 0) return 0;
  input = readMachine((modes >> 2) & 3, input, inputEnd, work, MATCHES, MATCHES_LOG, 52, 9, 6, MATCH_ODDS, MATCH_BASES, MATCH_BITS);
  if (input == 0 || input >= inputEnd) return 0;
  return runSequences(count, input, inputEnd, frame, output, outputEnd, work);
}

// Sequences -----------------------------------------------------------------------------------------------------------

/** The `count` bits below `top` of `word`. */
@inline
function bitsBelow(word: u64, top: u64, count: u64): u32 {
  return <u32>(word >> (top - count)) & ((<u32>1 << <u32>count) - 1);
}

/**
 * Lanes of the last three offsets as they are behind a sequence, by which of them it takes: the first, second or third, the
 * first less one, and a new one, whose place is 0 until it is added.
 */
const MOVES: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15,
  8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15,
  0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15,
  128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15,
]);

/** The value of an entry, whose further bits end `left` bits above the lowest of `word`. */
@inline
function valueOf(entry: usize, word: u64, left: u64): u32 {
  return load<u32>(entry) + (<u32>(word >> left) & load<u32>(entry, 4));
}

/** The entry of the next state, whose bits end there; at least 4 more bits are left. */
@inline
function nextOf(entry: usize, word: u64, left: u64): usize {
  return <usize>(load<u32>(entry, 8) + (<u32>(word >> (left - 4)) & <u32>load<u16>(entry, 12)));
}

// Loops of their own: within that over sequences they would take the registers that it needs.

function moveMany(to: usize, from: usize, count: usize): void {
  moveVectors(to, from, count);
}

function repeatMany(to: usize, offset: usize, count: usize): void {
  const source = to - offset;
  if (offset >= 16) moveVectors(to, source, count);
  else repeatBefore(to, source, offset, count);
}

/** Decodes `count` sequences from the stream in [start, end), and does what they say. Returns as `decodeBlock`. */
function runSequences(
  count: u32,
  start: usize,
  end: usize,
  frame: usize,
  output: usize,
  outputEnd: usize,
  work: usize,
): usize {
  const last = <u32>load<u8>(end - 1);
  if (last == 0) return 0;
  let literals = <usize>load<u32>(work, LITERALS_AT);
  const literalsEnd = literals + <usize>load<u32>(work, LITERALS_SIZE);
  let offsets = v128.load(work, REPEATED);
  let at = end - 8;
  let word = load<u64>(at, 0, 1);
  // Bits of the word that are left.
  let left: u64 = 87 - <u64>clz(last);
  const lengthsLog = <u64>load<u32>(work, LENGTHS_LOG);
  const offsetsLog = <u64>load<u32>(work, OFFSETS_LOG);
  const matchesLog = <u64>load<u32>(work, MATCHES_LOG);
  let lengthAt = work + LENGTHS + (<usize>bitsBelow(word, left, lengthsLog) << 4);
  left -= lengthsLog;
  let offsetAt = work + OFFSETS + (<usize>bitsBelow(word, left, offsetsLog) << 4);
  left -= offsetsLog;
  let matchAt = work + MATCHES + (<usize>bitsBelow(word, left, matchesLog) << 4);
  left -= matchesLog;
  for (;;) {
    // At least 56 bits are left after this.
    at -= <usize>((63 - left) >> 3);
    left |= 56;
    word = load<u64>(at, 0, 1);

    const lengthBits = <u64>load<u8>(lengthAt, 14);
    const matchBits = <u64>load<u8>(matchAt, 14);
    const offsetBits = <u64>load<u8>(offsetAt, 14);
    left -= offsetBits;
    const coded = valueOf(offsetAt, word, left);
    let match: usize, length: usize;
    // What is left must do for three states, of up to 26 bits, and 4 more.
    if (lengthBits + matchBits + offsetBits <= 26) {
      left -= matchBits;
      match = <usize>valueOf(matchAt, word, left);
      left -= lengthBits;
      length = <usize>valueOf(lengthAt, word, left);
    } else {
      at -= <usize>((63 - left) >> 3);
      left |= 56;
      word = load<u64>(at, 0, 1);
      left -= matchBits;
      match = <usize>valueOf(matchAt, word, left);
      left -= lengthBits;
      length = <usize>valueOf(lengthAt, word, left);
      at -= <usize>((63 - left) >> 3);
      left |= 56;
      word = load<u64>(at, 0, 1);
    }
    count--;
    if (count != 0) {
      left -= <u64>load<u8>(lengthAt, 15);
      lengthAt = nextOf(lengthAt, word, left);
      left -= <u64>load<u8>(matchAt, 15);
      matchAt = nextOf(matchAt, word, left);
      left -= <u64>load<u8>(offsetAt, 15);
      offsetAt = nextOf(offsetAt, word, left);
    }
    // 1 to 3 stand for one of the last offsets, the very last only if literals come first; all others for new ones.
    const before = coded - 1 + <u32>(length == 0);
    const isNew = coded > 3;
    const which = select<u32>(4, before, isNew);
    const added = select<u32>(coded - 3, 0 - <u32>(before == 3), isNew);
    offsets = i32x4.add(v128.swizzle(offsets, v128.load(MOVES + (<usize>which << 4))), i32x4.replace_lane(i32x4.splat(0), 0, added));
    const offset = <usize>i32x4.extract_lane(offsets, 0);

    if (length > literalsEnd - literals) return 0;
    if (length + match > outputEnd - output) return 0;
    v128.store(output, v128.load(literals));
    if (length > 16) moveMany(output, literals, length);
    literals += length;
    output += length;
    // An offset of 0 wraps to the greatest number.
    if (offset - 1 >= output - frame) return 0;
    if (offset >= match && match <= 16) v128.store(output, v128.load(output - offset));
    else repeatMany(output, offset, match);
    output += match;
    if (count == 0) break;
    if (at < start - 16) return 0;
  }
  // The stream ends at its first bit.
  if (<u64>(start - at) << 3 != left) return 0;
  store<u64>(work, i64x2.extract_lane(offsets, 0), REPEATED);
  store<u32>(work, i32x4.extract_lane(offsets, 2), REPEATED + 8);
  const rest = literalsEnd - literals;
  if (rest > outputEnd - output) return 0;
  memory.copy(output, literals, rest);
  return output + rest;
}

/** Makes the machine that a block asks for at `table`. Returns where its description ends, 0 where it is damaged. */
function readMachine(
  mode: u32,
  input: usize,
  inputEnd: usize,
  work: usize,
  table: usize,
  logAt: usize,
  mostSymbol: u32,
  mostLog: u32,
  usualLog: u32,
  usualOdds: usize,
  bases: usize,
  bits: usize,
): usize {
  if (mode == 3) return load<u32>(work + logAt) == NONE ? 0 : input;
  const entries = work + table;
  if (mode == 1) {
    if (input >= inputEnd) return 0;
    const symbol = <u32>load<u8>(input);
    if (symbol > mostSymbol) return 0;
    store<u32>(work + logAt, 0);
    giveEntry(entries, symbol, 0, 0, entries, bases, bits);
    return input + 1;
  }
  let symbols: u32 = mostSymbol + 1;
  let log = usualLog;
  let odds = usualOdds;
  if (mode == 0) {
    if (bases == 0) symbols = 29;
  } else {
    odds = work + SCRATCH;
    const read = readOdds(input, inputEnd, mostSymbol, mostLog, odds);
    if (read == 0) return 0;
    log = <u32>(read >> 48);
    symbols = <u32>(read >> 32) & 0xffff;
    input = <usize>(read & 0xffffffff);
  }
  // Built in the upper half of the room, where each is read before it is overwritten.
  const size = <usize>1 << log;
  let plain = entries + (size << 3);
  if (!buildMachine(odds, symbols, log, plain, work + SCRATCH + 512)) return 0;
  store<u32>(work + logAt, log);
  for (let at = entries, end = entries + (size << 4); at < end; at += 16, plain += 8) {
    giveEntry(at, load<u32>(plain), <u32>load<u16>(plain, 4), <u32>load<u8>(plain, 6), entries, bases, bits);
  }
  return input;
}

/** Writes an entry: base and further bits of what `symbol` stands for, and which state comes next. */
@inline
function giveEntry(entry: usize, symbol: u32, next: u32, nextBits: u32, entries: usize, bases: usize, bits: usize): void {
  const base = bases != 0 ? load<u32>(bases + (<usize>symbol << 2)) : <u32>1 << symbol;
  const valueBits = bases != 0 ? <u32>load<u8>(bits + <usize>symbol) : symbol;
  store<u32>(entry, base);
  store<u32>(entry, (<u32>1 << valueBits) - 1, 4);
  store<u32>(entry, <u32>entries + (next << 4), 8);
  store<u16>(entry, <u16>(((<u32>1 << nextBits) - 1) << 4), 12);
  store<u8>(entry, <u8>valueBits, 14);
  store<u8>(entry, <u8>nextBits, 15);
}

/**
 * Reads how often each symbol is met, of a machine's size: 2 bytes each, -1 for less than once. Returns where that ends, how
 * many symbols there are (bits 32 to 47), and the logarithm of the size (48 to 63); 0 where it is damaged.
 */
function readOdds(input: usize, inputEnd: usize, mostSymbol: u32, mostLog: u32, odds: usize): u64 {
  if (input >= inputEnd) return 0;
  const log = (<u32>load<u8>(input) & 15) + 5;
  if (log > mostLog) return 0;
  let bit: u32 = 4;
  let remaining: i32 = 1 << log;
  let symbol: u32 = 0;
  const endBit = <u32>(inputEnd - input) << 3;
  while (remaining > 0) {
    if (symbol > mostSymbol || bit > endBit) return 0;
    const bits = 32 - <u32>clz(<u32>remaining + 1);
    let value = (load<u32>(input + <usize>(bit >> 3)) >> (bit & 7)) & ((<u32>1 << bits) - 1);
    const half: u32 = (<u32>1 << (bits - 1)) - 1;
    const threshold: u32 = ((<u32>1 << bits) - 1) - (<u32>remaining + 1);
    if ((value & half) < threshold) {
      value &= half;
      bit += bits - 1;
    } else {
      if (value > half) value -= threshold;
      bit += bits;
    }
    const odd = <i32>value - 1;
    remaining -= odd < 0 ? 1 : odd;
    store<i16>(odds + (<usize>symbol << 1), <i16>odd);
    symbol++;
    if (odd != 0) continue;
    for (;;) {
      if (bit > endBit) return 0;
      const zeros = (load<u32>(input + <usize>(bit >> 3)) >> (bit & 7)) & 3;
      bit += 2;
      if (symbol + zeros > mostSymbol + 1) return 0;
      for (let i: u32 = 0; i < zeros; i++) store<i16>(odds + (<usize>(symbol + i) << 1), 0);
      symbol += zeros;
      if (zeros != 3) break;
    }
  }
  if (remaining != 0 || bit > endBit) return 0;
  return (<u64>log << 48) | (<u64>symbol << 32) | <u64>(input + <usize>((bit + 7) >> 3));
}

/**
 * The entries of a machine of 2 ** log states: each its symbol (4 bytes), its next state and the bits to add to it. `counts`
 * is room for 2 bytes a symbol. False where the odds do not fill the machine.
 */
function buildMachine(odds: usize, symbols: u32, log: u32, entries: usize, counts: usize): bool {
  const size: u32 = 1 << log;
  let high = size;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const odd = <i32>load<i16>(odds + (<usize>symbol << 1));
    if (odd == -1) {
      if (high == 0) return false;
      high--;
      store<u32>(entries + (<usize>high << 3), symbol);
      store<u16>(counts + (<usize>symbol << 1), 1);
    } else store<u16>(counts + (<usize>symbol << 1), <u16>odd);
  }
  const step = (size >> 1) + (size >> 3) + 3;
  const mask = size - 1;
  let place: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const odd = <i32>load<i16>(odds + (<usize>symbol << 1));
    for (let i: i32 = 0; i < odd; i++) {
      store<u32>(entries + (<usize>place << 3), symbol);
      do place = (place + step) & mask; while (place >= high && high != 0);
    }
  }
  if (place != 0) return false;
  for (let state: u32 = 0; state < size; state++) {
    const entry = entries + (<usize>state << 3);
    const count = counts + (<usize>load<u32>(entry) << 1);
    const next = <u32>load<u16>(count);
    store<u16>(count, <u16>(next + 1));
    const bits = log - (31 - <u32>clz(next));
    store<u16>(entry, <u16>((next << bits) - size), 4);
    store<u8>(entry, <u8>bits, 6);
  }
  return true;
}

// Literals ------------------------------------------------------------------------------------------------------------

/** Finds or decodes the literals of a block, at most `mostBytes`, and notes where they are. False where they are damaged. */
function readLiterals(input: usize, inputEnd: usize, mostBytes: usize, work: usize): bool {
  if (input >= inputEnd) return false;
  const left = inputEnd - input;
  const first = <u32>load<u8>(input);
  const kind = first & 3;
  const form = (first >> 2) & 3;
  const literals = work + LITERALS;
  if (kind < 2) {
    const headerBytes: usize = form == 1 ? 2 : form == 3 ? 3 : 1;
    const word = load<u32>(input);
    const size = <usize>(form == 1 ? (word & 0xffff) >> 4 : form == 3 ? (word & 0xffffff) >> 4 : first >> 3);
    if (headerBytes > left || size > mostBytes) return false;
    input += headerBytes;
    store<u32>(work, <u32>size, LITERALS_SIZE);
    if (kind == 0) {
      if (size > inputEnd - input) return false;
      store<u32>(work, <u32>input, LITERALS_AT);
      store<u32>(work, <u32>(input + size), NEXT);
      return true;
    }
    if (input >= inputEnd) return false;
    memory.fill(literals, load<u8>(input), size);
    store<u32>(work, <u32>literals, LITERALS_AT);
    store<u32>(work, <u32>(input + 1), NEXT);
    return true;
  }
  const headerBytes: usize = form < 2 ? 3 : form == 2 ? 4 : 5;
  if (headerBytes > left) return false;
  const word = load<u64>(input);
  const sizeBits: u64 = form < 2 ? 10 : form == 2 ? 14 : 18;
  const mask: u64 = (<u64>1 << sizeBits) - 1;
  const size = <usize>((word >> 4) & mask);
  const storedBytes = <usize>((word >> (4 + sizeBits)) & mask);
  input += headerBytes;
  if (storedBytes > inputEnd - input || size > mostBytes || size == 0) return false;
  const end = input + storedBytes;
  store<u32>(work, <u32>literals, LITERALS_AT);
  store<u32>(work, <u32>size, LITERALS_SIZE);
  store<u32>(work, <u32>end, NEXT);
  if (kind == 2) {
    input = readCodes(input, end, work);
    if (input == 0) return false;
  } else if (load<u32>(work, CODES_LOG) == NONE) return false;
  const log = load<u32>(work, CODES_LOG);
  const codes = work + CODES;
  if (form == 0) {
    if (input >= end || load<u8>(end - 1) == 0) return false;
    return restOfStream(end - 8, openStream(end), input, literals, literals + size, codes, <u64>(64 - log));
  }
  return fourStreams(input, end, literals, size, codes, log);
}

/** Reads the weights of the codes and lists, for every number of `log` bits, the code that it begins with. 0 where damaged. */
function readCodes(input: usize, inputEnd: usize, work: usize): usize {
  if (input >= inputEnd) return 0;
  const weights = work + SCRATCH + 1024;
  const head = <u32>load<u8>(input++);
  let count: u32 = 0;
  if (head >= 128) {
    count = head - 127;
    const bytes = <usize>((count + 1) >> 1);
    if (bytes > inputEnd - input) return 0;
    for (let i: u32 = 0; i < count; i++) {
      const pair = <u32>load<u8>(input + <usize>(i >> 1));
      store<u8>(weights + <usize>i, <u8>(i & 1 ? pair & 15 : pair >> 4));
    }
    input += bytes;
  } else {
    if (<usize>head > inputEnd - input) return 0;
    const end = input + <usize>head;
    count = readWeights(input, end, weights, work);
    if (count == 0) return 0;
    input = end;
  }

  // The last weight is what is missing to a power of two.
  const ranks = work + SCRATCH;
  memory.fill(ranks, 0, 64);
  let total: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const weight = <u32>load<u8>(weights + <usize>i);
    if (weight > 11) return 0;
    total += (<u32>1 << weight) >> 1;
    const rank = ranks + (<usize>weight << 2);
    store<u32>(rank, load<u32>(rank) + 1);
  }
  if (total == 0) return 0;
  const log: u32 = 32 - <u32>clz(total);
  if (log > 11) return 0;
  const rest = (<u32>1 << log) - total;
  if ((rest & (rest - 1)) != 0) return 0;
  const lastWeight = 32 - <u32>clz(rest);
  store<u8>(weights + <usize>count, <u8>lastWeight);
  const lastRank = ranks + (<usize>lastWeight << 2);
  store<u32>(lastRank, load<u32>(lastRank) + 1);
  count++;
  // Codes of weight 1 are the longest, and come in pairs.
  if (load<u32>(ranks, 4) < 2 || (load<u32>(ranks, 4) & 1) != 0) return 0;

  let start: u32 = 0;
  for (let weight: u32 = 1; weight <= log; weight++) {
    const rank = ranks + (<usize>weight << 2);
    const codes = load<u32>(rank);
    store<u32>(rank, start);
    start += codes << (weight - 1);
  }
  const codes = work + CODES;
  for (let symbol: u32 = 0; symbol < count; symbol++) {
    const weight = <u32>load<u8>(weights + <usize>symbol);
    if (weight == 0) continue;
    const rank = ranks + (<usize>weight << 2);
    const from = load<u32>(rank);
    const entries: u32 = <u32>1 << (weight - 1);
    store<u32>(rank, from + entries);
    const entry = (symbol << 8) | (log + 1 - weight);
    let at = codes + (<usize>from << 1);
    const end = at + (<usize>entries << 1);
    if (entries < 8) for (; at < end; at += 2) store<u16>(at, <u16>entry);
    else {
      const vector = i16x8.splat(<i16>entry);
      for (; at < end; at += 16) v128.store(at, vector);
    }
  }
  store<u32>(work, log, CODES_LOG);
  return input;
}

/** Weights by two states of one machine, by turns, until the bits are used up. Returns how many, 0 where they are damaged. */
function readWeights(input: usize, end: usize, weights: usize, work: usize): u32 {
  const odds = work + SCRATCH;
  const read = readOdds(input, end, 12, 6, odds);
  if (read == 0) return 0;
  const log = <u32>(read >> 48);
  const start = <usize>(read & 0xffffffff);
  // The entries of up to 64 states go where the codes will be.
  const entries = work + CODES;
  if (!buildMachine(odds, <u32>(read >> 32) & 0xffff, log, entries, work + SCRATCH + 512)) return 0;
  if (start >= end) return 0;
  const last = <u32>load<u8>(end - 1);
  if (last == 0) return 0;
  let left = <i32>((end - start) << 3) - <i32>(<u32>clz(last) - 24) - 1;
  if (left < <i32>(log << 1)) return 0;
  left -= <i32>log;
  let even = bitsAt(start, left, log);
  left -= <i32>log;
  let odd = bitsAt(start, left, log);
  let count: u32 = 0;
  while (count < 254) {
    const entry = entries + (<usize>even << 3);
    store<u8>(weights + <usize>count, load<u8>(entry));
    count++;
    const bits = <u32>load<u8>(entry, 6);
    left -= <i32>bits;
    if (left < 0) {
      store<u8>(weights + <usize>count, load<u8>(entries + (<usize>odd << 3)));
      return count + 1;
    }
    even = odd;
    odd = <u32>load<u16>(entry, 4) + bitsAt(start, left, bits);
  }
  return 0;
}

/** `count` bits from bit `bit` on. */
@inline
function bitsAt(start: usize, bit: i32, count: u32): u32 {
  return (load<u32>(start + <usize>(bit >> 3)) >> <u32>(bit & 7)) & ((<u32>1 << count) - 1);
}

/** The stream whose bits end below the highest 1 of the byte before `end`: its upper 64 bits, that 1 and all above shifted out. */
@inline
function openStream(end: usize): u64 {
  const last = <u32>load<u8>(end - 1);
  return (load<u64>(end - 8, 0, 1) | 1) << <u64>(clz(last) - 23);
}

/** Bytes of a stream that are used up. Bits are marked by a 1 behind them, which says how many were shifted out. */
@inline
function usedBytes(bits: u64): usize {
  return <usize>(ctz(bits) >> 3);
}

@inline
function reload(at: usize, bits: u64): u64 {
  return (load<u64>(at, 0, 1) | 1) << (ctz(bits) & 7);
}

/** Whether the stream ends at `start`. */
@inline
function isAtStart(at: usize, bits: u64, start: usize): bool {
  return <i64>(start - at) * 8 + <i64>ctz(bits) == 64;
}

/**
 *     │ size │ size │ size │ stream │ stream │ stream │ stream │        a quarter of the literals each
 *
 * All four are decoded at once, for none has to wait for another.
 */
function fourStreams(input: usize, inputEnd: usize, to: usize, size: usize, codes: usize, log: u32): bool {
  if (inputEnd - input < 10 || size < 6) return false;
  const start0 = input + 6;
  const start1 = start0 + <usize>load<u16>(input);
  const start2 = start1 + <usize>load<u16>(input, 2);
  const start3 = start2 + <usize>load<u16>(input, 4);
  if (start3 >= inputEnd || start1 == start0 || start2 == start1 || start3 == start2) return false;
  const quarter = (size + 3) >> 2;
  if (quarter * 3 > size) return false;
  if (load<u8>(start1 - 1) == 0 || load<u8>(start2 - 1) == 0) return false;
  if (load<u8>(start3 - 1) == 0 || load<u8>(inputEnd - 1) == 0) return false;
  const shift = <u64>(64 - log);
  let at0 = start1 - 8;
  let at1 = start2 - 8;
  let at2 = start3 - 8;
  let at3 = inputEnd - 8;
  let bits0 = openStream(start1);
  let bits1 = openStream(start2);
  let bits2 = openStream(start3);
  let bits3 = openStream(inputEnd);
  const to1 = to + quarter;
  const to2 = to1 + quarter;
  const to3 = to2 + quarter;
  const toEnd = to + size;
  // The last quarter may be up to 3 shorter.
  const rounds = (toEnd - to3) / 5;
  const most = rounds * 5;
  let i: usize = 0;
  for (; i < most; i += 5) {
    at0 -= usedBytes(bits0);
    bits0 = reload(at0, bits0);
    at1 -= usedBytes(bits1);
    bits1 = reload(at1, bits1);
    at2 -= usedBytes(bits2);
    bits2 = reload(at2, bits2);
    at3 -= usedBytes(bits3);
    bits3 = reload(at3, bits3);
    bits0 = fiveCodes(bits0, shift, codes, to + i);
    bits1 = fiveCodes(bits1, shift, codes, to1 + i);
    bits2 = fiveCodes(bits2, shift, codes, to2 + i);
    bits3 = fiveCodes(bits3, shift, codes, to3 + i);
  }
  return (
    restOfStream(at0, bits0, start0, to + i, to1, codes, shift) &&
    restOfStream(at1, bits1, start1, to1 + i, to2, codes, shift) &&
    restOfStream(at2, bits2, start2, to2 + i, to3, codes, shift) &&
    restOfStream(at3, bits3, start3, to3 + i, toEnd, codes, shift)
  );
}

@inline
function code(bits: u64, shift: u64, codes: usize, to: usize): u64 {
  const at = codes + (<usize>(bits >> shift) << 1);
  store<u8>(to, load<u8>(at, 1));
  return bits << <u64>load<u8>(at);
}

/** As many as 56 bits have for certain. */
@inline
function fiveCodes(bits: u64, shift: u64, codes: usize, to: usize): u64 {
  bits = code(bits, shift, codes, to);
  bits = code(bits, shift, codes, to + 1);
  bits = code(bits, shift, codes, to + 2);
  bits = code(bits, shift, codes, to + 3);
  return code(bits, shift, codes, to + 4);
}

function restOfStream(at: usize, bits: u64, start: usize, to: usize, toEnd: usize, codes: usize, shift: u64): bool {
  while (to < toEnd) {
    at -= usedBytes(bits);
    bits = reload(at, bits);
    const most = min<usize>(toEnd, to + 5);
    for (; to < most; to++) bits = code(bits, shift, codes, to);
  }
  return isAtStart(at, bits, start);
}
