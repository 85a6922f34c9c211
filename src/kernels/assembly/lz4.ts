/**
 * Blocks of LZ4. https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 *
 *     sequence   │ 4 bits │ 4 bits │ more │ literals │ offset │ more │
 *                  literals  match   length            16 bits   length of the match, at least 4
 *
 * The last sequence has literals only. The input is hostile: every length is checked against both ends, and lengths are
 * summed in 64 bits.
 */

/** Whether `from` holds exactly `toBytes` bytes, compressed; they are written to `to`, which may be overrun by 16. */
export function lz4Decompress(from: usize, fromBytes: usize, to: usize, toBytes: usize): bool {
  return lz4Block(from, fromBytes, to, toBytes, to) == <i32>toBytes;
}

/** How many bytes `from` holds, at most `mostBytes`, which may repeat what lies from `history` on; -1 where it is damaged. */
export function lz4Block(from: usize, fromBytes: usize, to: usize, mostBytes: usize, history: usize): i32 {
  const inputEnd = from + fromBytes;
  const outputEnd = to + mostBytes;
  let input = from;
  let output = to;
  while (input < inputEnd) {
    const token = <u32>load<u8>(input++);
    let count = <u64>(token >> 4);
    if (count == 15) {
      let byte: u64 = 255;
      while (byte == 255) {
        if (input >= inputEnd) return -1;
        byte = <u64>load<u8>(input++);
        count += byte;
      }
    }
    if (count > <u64>(inputEnd - input) || count > <u64>(outputEnd - output)) return -1;
    const literals = <usize>count;
    if (literals <= 16) v128.store(output, v128.load(input));
    else memory.copy(output, input, literals);
    input += literals;
    output += literals;
    if (input == inputEnd) return <i32>(output - to);

    if (inputEnd - input < 2) return -1;
    const offset = <usize>load<u16>(input);
    input += 2;
    if (offset == 0 || offset > output - history) return -1;
    count = <u64>(token & 15);
    if (count == 15) {
      let byte: u64 = 255;
      while (byte == 255) {
        if (input >= inputEnd) return -1;
        byte = <u64>load<u8>(input++);
        count += byte;
      }
    }
    count += 4;
    if (count > <u64>(outputEnd - output)) return -1;
    const end = output + <usize>count;
    let source = output - offset;
    if (offset >= 16) {
      for (; output < end; output += 16, source += 16) v128.store(output, v128.load(source));
    } else if (offset >= 8) {
      for (; output < end; output += 8, source += 8) store<u64>(output, load<u64>(source));
    } else {
      for (; output < end; output++, source++) store<u8>(output, load<u8>(source));
    }
    output = end;
  }
  // An empty block of nothing; any other ends with literals.
  return fromBytes == 0 ? 0 : -1;
}
