/**
 * Lines of text, which end with LF, CR LF or CR.
 *
 *     bytes    a b ↵ ↵ c ↵          spans    │ a, ↵ │ ↵, ↵ │ c, ↵ │        where each begins and ends: 4 bytes each
 */

const CR: u8 = 0x0d;
const LF: u8 = 0x0a;

function isBlank(from: usize, end: usize): bool {
  for (let at = from; at < end; at++) {
    const byte = load<u8>(at);
    if (byte != 0x20 && (byte < 0x09 || byte > 0x0d)) return false;
  }
  return true;
}

/**
 * Finds the lines from `from` on that are complete before `end`, at most `most` of them; `isLast`: what stands at the end is.
 * With `skipBlank` those with nothing but white space are passed over. Returns how many there are; `next` gets where the rest begins.
 * Reads 16 bytes behind.
 */
export function indexLines(
  from: usize,
  end: usize,
  isLast: bool,
  skipBlank: bool,
  most: i32,
  spans: usize,
  next: usize,
): i32 {
  let count = 0;
  let start = from;
  let at = from;
  while (count < most && start < end) {
    while (at < end) {
      const bytes = v128.load(at);
      const ends = v128.or(i8x16.eq(bytes, i8x16.splat(LF)), i8x16.eq(bytes, i8x16.splat(CR)));
      const mask = i8x16.bitmask(ends);
      if (mask != 0) {
        at += <usize>ctz(mask);
        break;
      }
      at += 16;
    }
    let behind = at + 1;
    if (at >= end) {
      if (!isLast) break;
      at = end;
      behind = end;
    } else if (load<u8>(at) == CR) {
      // Whether an LF follows may not be there yet.
      if (behind == end && !isLast) break;
      if (behind < end && load<u8>(behind) == LF) behind += 1;
    }
    if (!skipBlank || !isBlank(start, at)) {
      store<u32>(spans + (<usize>count << 3), <u32>start);
      store<u32>(spans + (<usize>count << 3), <u32>at, 4);
      count += 1;
    }
    start = behind;
    at = behind;
  }
  store<u32>(next, <u32>start);
  return count;
}

/** What stands at `spans`, one behind the other, and its offsets. May overrun the last by 16 bytes. */
export function moveSpans(spans: usize, count: usize, offsets: usize, bytes: usize): void {
  let to = bytes;
  store<u32>(offsets, 0);
  for (let i: usize = 0; i < count; i++) {
    const from = <usize>load<u32>(spans + (i << 3));
    const length = <usize>load<u32>(spans + (i << 3), 4) - from;
    if (length <= 16) v128.store(to, v128.load(from));
    else memory.copy(to, from, length);
    to += length;
    store<u32>(offsets + ((i + 1) << 2), <u32>(to - bytes));
  }
}
