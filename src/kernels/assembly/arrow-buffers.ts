/**
 * Buffers of Arrow's that lie otherwise than ours: numbers of other widths and units, and views of texts.
 *
 *     view    │ length │ up to 12 bytes of text │           or    │ length │ first 4 bytes │ buffer │ place in it │
 *
 * What lies under a null is anything: whoever converts values has made it zero first. A conversion gives 0 where a value does
 * not fit.
 */

/** Codes of 1, 2 or 8 bytes as uint32: what is negative or too large becomes a code that no dictionary has. */
export function widenCodes(from: usize, width: u32, isSigned: bool, count: usize, to: usize): void {
  if (width == 1) {
    for (let i: usize = 0; i < count; i++) {
      store<u32>(to + (i << 2), isSigned ? <u32>(<i32>load<i8>(from + i)) : <u32>load<u8>(from + i));
    }
  } else if (width == 2) {
    for (let i: usize = 0; i < count; i++) {
      const at = from + (i << 1);
      store<u32>(to + (i << 2), isSigned ? <u32>(<i32>load<i16>(at)) : <u32>load<u16>(at));
    }
  } else {
    for (let i: usize = 0; i < count; i++) {
      const code = load<u64>(from + (i << 3));
      store<u32>(to + (i << 2), code > <u64>u32.MAX_VALUE ? u32.MAX_VALUE : <u32>code);
    }
  }
}

/** `count + 1` offsets of 8 bytes as int32. */
export function narrowOffsets(from: usize, count: usize, to: usize): bool {
  let all: u64 = 0;
  for (let i: usize = 0; i <= count; i++) {
    const offset = load<u64>(from + (i << 3));
    all |= offset;
    store<u32>(to + (i << 2), <u32>offset);
  }
  return all <= <u64>i32.MAX_VALUE;
}

/** Integers of 16 bytes in 8. */
export function narrow16To8(from: usize, count: usize, to: usize): bool {
  let wrong: i64 = 0;
  for (let i: usize = 0; i < count; i++) {
    const low = load<i64>(from + (i << 4));
    wrong |= load<i64>(from + (i << 4), 8) ^ (low >> 63);
    store<i64>(to + (i << 3), low);
  }
  return wrong == 0;
}

const DAY_MILLISECONDS: i64 = 86400000;

/** Milliseconds that are whole days, as int32. */
export function daysOfMilliseconds(from: usize, count: usize, to: usize): bool {
  let fits = true;
  for (let i: usize = 0; i < count; i++) {
    const milliseconds = load<i64>(from + (i << 3));
    const day = milliseconds / DAY_MILLISECONDS;
    fits = fits && day * DAY_MILLISECONDS == milliseconds && <i64>(<i32>day) == day;
    store<i32>(to + (i << 2), <i32>day);
  }
  return fits;
}

/** Months of 4 bytes, as months, days and nanoseconds. */
export function intervalsOfMonths(from: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    store<u64>(to + (i << 4), <u64>load<u32>(from + (i << 2)));
    store<u64>(to + (i << 4), 0, 8);
  }
}

/** Days and milliseconds of 4 bytes each, as months, days and nanoseconds. */
export function intervalsOfDays(from: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    store<u32>(to + (i << 4), 0);
    store<u32>(to + (i << 4), load<u32>(from + (i << 3)), 4);
    store<i64>(to + (i << 4), <i64>load<i32>(from + (i << 3), 4) * 1000000, 8);
  }
}

/** Offsets of the texts of views; their bytes, or -1 where one lies outside of its buffer. Of each buffer `buffers` has place and bytes. */
export function measureViews(views: usize, count: usize, buffers: usize, bufferCount: u32, offsets: usize): i64 {
  let total: i64 = 0;
  store<u32>(offsets, 0);
  for (let i: usize = 0; i < count; i++) {
    const view = views + (i << 4);
    const length = load<u32>(view);
    if (length > 12) {
      const buffer = load<u32>(view, 8);
      if (length > <u32>i32.MAX_VALUE || buffer >= bufferCount) return -1;
      const end = <u64>load<u32>(view, 12) + <u64>length;
      if (end > <u64>load<u32>(buffers + (<usize>buffer << 3), 4)) return -1;
    }
    total += <i64>length;
    if (total > <i64>i32.MAX_VALUE) return -1;
    store<u32>(offsets + ((i + 1) << 2), <u32>total);
  }
  return total;
}

/** The texts of measured views, one behind the other. May overrun the last by 16 bytes. */
export function moveViews(views: usize, count: usize, buffers: usize, offsets: usize, bytes: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const view = views + (i << 4);
    const length = <usize>load<u32>(view);
    const to = bytes + <usize>load<u32>(offsets + (i << 2));
    if (length <= 12) {
      v128.store(to, v128.load(view, 4));
    } else {
      const from = <usize>load<u32>(buffers + (<usize>load<u32>(view, 8) << 3)) + <usize>load<u32>(view, 12);
      memory.copy(to, from, length);
    }
  }
}
