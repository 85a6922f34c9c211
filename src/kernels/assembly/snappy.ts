/**
 * Snappy, decompressed: https://github.com/google/snappy/blob/main/format_description.txt
 *
 *     length   varint: bytes of the result
 *     literal  │ n−1 ······00 │ n bytes        n ≥ 61: its bytes follow the tag
 *     copy     │ ····· 01, 10 or 11 │ offset    n bytes again that were written `offset` bytes ago
 *
 * The input is hostile: every literal is checked to lie within the input, every copy within what has been written, and
 * both to fit the output. Moves are made in whole vectors, so up to 64 bytes behind the output are overwritten and up to
 * 64 behind the input are read: the padding that every region has.
 */

/** shuffles[offset * 16 + i] = i % offset: a vector filled with the last `offset` bytes, again and again. */
const SHUFFLES: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
  0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
]);

/** steps[offset]: the greatest multiple of `offset` within a vector. */
const STEPS: usize = memory.data<u8>([0, 16, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15]);

/** Moves `count` bytes in vectors; the places may not overlap. */
@inline
function move(to: usize, from: usize, count: usize): void {
  let i: usize = 0;
  do {
    v128.store(to + i, v128.load(from + i));
    i += 16;
  } while (i < count);
}

/** Whether `from` holds exactly `toBytes` bytes, compressed; they are written to `to`. */
export function snappyDecompress(from: usize, fromBytes: usize, to: usize, toBytes: usize): bool {
  const inputEnd = from + fromBytes;
  const outputEnd = to + toBytes;
  let input = from;
  let output = to;
  let length: u64 = 0;
  let shift: u64 = 0;
  for (;;) {
    if (input >= inputEnd || shift > 28) return false;
    const byte = <u64>load<u8>(input++);
    length |= (byte & 127) << shift;
    shift += 7;
    if (byte < 128) break;
  }
  if (length != <u64>toBytes) return false;

  while (input < inputEnd) {
    const tag = <usize>load<u8>(input++);
    const kind = tag & 3;
    if (kind == 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const extra = count - 60;
        // A literal of 2 ** 32 bytes would wrap to 0 and fits nowhere.
        count = (<usize>load<u32>(input) & (<usize>0xffffffff >> (32 - 8 * extra))) + 1;
        input += extra;
        if (count == 0 || input > inputEnd) return false;
      }
      if (count > inputEnd - input || count > outputEnd - output) return false;
      if (count <= 256) move(output, input, count);
      else memory.copy(output, input, count);
      input += count;
      output += count;
      continue;
    }
    let count = (tag >> 2) + 1;
    let offset: usize;
    if (kind == 1) {
      count = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | <usize>load<u8>(input);
      input += 1;
    } else if (kind == 2) {
      offset = <usize>load<u16>(input);
      input += 2;
    } else {
      offset = <usize>load<u32>(input);
      input += 4;
    }
    if (input > inputEnd || offset == 0 || offset > output - to || count > outputEnd - output) return false;
    const source = output - offset;
    if (count <= 16 && count <= offset) {
      // Most copies: one vector, of which what is behind `count` is overwritten next.
      v128.store(output, v128.load(source));
    } else if (offset >= 16) {
      move(output, source, count);
    } else {
      // The pattern is `offset` bytes long, so a step of whole patterns keeps it in phase.
      const pattern = v128.swizzle(v128.load(source), v128.load(SHUFFLES + (offset << 4)));
      const step = <usize>load<u8>(STEPS + offset);
      for (let i: usize = 0; i < count; i += step) v128.store(output + i, pattern);
    }
    output += count;
  }
  return output == outputEnd;
}
