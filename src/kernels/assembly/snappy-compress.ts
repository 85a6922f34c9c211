/**
 * Snappy, compressed: the format is in snappy.ts, the way is that of its authors. A table remembers by hash where four bytes
 * were seen last; where they are seen again, within 64 KiB, a copy is written. The longer nothing is found, the wider the steps.
 */

const TABLE_BITS: u32 = 14;
/** Behind the last match, so that words may be loaded. */
const MARGIN: usize = 15;

@inline function slotOf(word: u32, table: usize): usize {
  return table + (<usize>((word * 0x1e35a7bd) >> (32 - TABLE_BITS)) << 2);
}

function writeLiteral(from: usize, count: usize, to: usize): usize {
  if (count == 0) return to;
  const n = <u32>count - 1;
  if (n < 60) store<u8>(to++, <u8>(n << 2));
  else {
    const extra: u32 = n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x1000000 ? 3 : 4;
    store<u8>(to++, <u8>((59 + extra) << 2));
    store<u32>(to, n);
    to += <usize>extra;
  }
  memory.copy(to, from, count);
  return to + count;
}

function writeCopy(offset: usize, length: usize, to: usize): usize {
  // No copy is longer than 64, and what is left must have 4.
  while (length >= 68) {
    store<u8>(to, 0xfe);
    store<u16>(to, <u16>offset, 1);
    to += 3;
    length -= 64;
  }
  if (length > 64) {
    store<u8>(to, (59 << 2) | 2);
    store<u16>(to, <u16>offset, 1);
    to += 3;
    length -= 60;
  }
  if (length < 12 && offset < 2048) {
    store<u8>(to, <u8>(((offset >> 8) << 5) | ((length - 4) << 2) | 1));
    store<u8>(to, <u8>offset, 1);
    return to + 2;
  }
  store<u8>(to, <u8>(((length - 1) << 2) | 2));
  store<u16>(to, <u16>offset, 1);
  return to + 3;
}

/**
 * Compresses `count` bytes into at most `32 + count + count / 6`; returns where they end. `table` has 64 KiB, of any content.
 */
export function snappyCompress(from: usize, count: usize, to: usize, table: usize): usize {
  for (let left = <u32>count; ; left >>= 7) {
    store<u8>(to++, <u8>(left > 127 ? left | 128 : left));
    if (left <= 127) break;
  }
  const end = from + count;
  let literal = from;
  if (count > MARGIN) {
    memory.fill(table, 0, 4 << TABLE_BITS);
    const last = end - MARGIN;
    let at = from + 1;
    let misses: u32 = 32;
    while (at < last) {
      const word = load<u32>(at);
      const slot = slotOf(word, table);
      const before = from + <usize>load<u32>(slot);
      store<u32>(slot, <u32>(at - from));
      if (load<u32>(before) != word || at - before > 0xffff) {
        at += <usize>(misses++ >> 5);
        continue;
      }
      misses = 32;
      to = writeLiteral(literal, at - literal, to);
      let length: usize = 4;
      while (at + length < last) {
        const difference = load<u64>(at + length) ^ load<u64>(before + length);
        if (difference != 0) {
          length += <usize>(ctz<u64>(difference) >> 3);
          break;
        }
        length += 8;
      }
      length = min<usize>(length, end - at);
      to = writeCopy(at - before, length, to);
      at += length;
      literal = at;
      if (at < last) store<u32>(slotOf(load<u32>(at - 1), table), <u32>(at - 1 - from));
    }
  }
  return writeLiteral(literal, end - literal, to);
}
