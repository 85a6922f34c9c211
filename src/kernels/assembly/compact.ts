// Compaction: the rows whose bits are set in a selection, written densely. Words of 64 set bits are copied whole.
// Selections have zeros behind their last row.

// @ts-ignore: decorator
@inline
function compact<T>(values: usize, selection: usize, rows: i32, out: usize): void {
  let to = out;
  for (let base = 0; base < rows; base += 64) {
    let word = load<u64>(selection + (<usize>base >> 3));
    const block = values + <usize>base * sizeof<T>();
    if (word == u64.MAX_VALUE) {
      memory.copy(to, block, 64 * sizeof<T>());
      to += 64 * sizeof<T>();
      continue;
    }
    for (; word; word &= word - 1) {
      store<T>(to, load<T>(block + <usize>ctz(word) * sizeof<T>()));
      to += sizeof<T>();
    }
  }
}

/** Values of `width` bytes. */
export function compactValues(width: i32, values: usize, selection: usize, rows: i32, out: usize): void {
  if (width == 1) compact<u8>(values, selection, rows, out);
  else if (width == 2) compact<u16>(values, selection, rows, out);
  else if (width == 4) compact<u32>(values, selection, rows, out);
  else if (width == 8) compact<u64>(values, selection, rows, out);
  else if (width != 16) compactWide(width, values, selection, rows, out);
  else {
    let to = out;
    for (let base = 0; base < rows; base += 64) {
      const block = values + (<usize>base << 4);
      for (let word = load<u64>(selection + (<usize>base >> 3)); word; word &= word - 1) {
        v128.store(to, v128.load(block + (<usize>ctz(word) << 4)));
        to += 16;
      }
    }
  }
}

function compactWide(width: usize, values: usize, selection: usize, rows: i32, out: usize): void {
  let to = out;
  for (let base = 0; base < rows; base += 64) {
    const block = values + <usize>base * width;
    for (let word = load<u64>(selection + (<usize>base >> 3)); word; word &= word - 1) {
      memory.copy(to, block + <usize>ctz(word) * width, width);
      to += width;
    }
  }
}

/** Lists the rows that are chosen; returns how many. */
export function listChosen(selection: usize, rows: i32, out: usize): i32 {
  let to = out;
  for (let base = 0; base < rows; base += 64) {
    for (let word = load<u64>(selection + (<usize>base >> 3)); word; word &= word - 1) {
      store<u32>(to, base + <i32>ctz(word));
      to += 4;
    }
  }
  return <i32>((to - out) >> 2);
}

/** Bits of a bitmap. Writes whole words: up to 7 bytes behind the last bit. */
export function compactBits(bits: usize, selection: usize, rows: i32, out: usize): void {
  let gathered: u64 = 0;
  let count: u64 = 0;
  let to = out;
  for (let base = 0; base < rows; base += 64) {
    const from = load<u64>(bits + (<usize>base >> 3));
    let word = load<u64>(selection + (<usize>base >> 3));
    for (; word; word &= word - 1) {
      gathered |= ((from >> ctz(word)) & 1) << count;
      if (++count < 64) continue;
      store<u64>(to, gathered);
      to += 8;
      gathered = 0;
      count = 0;
    }
  }
  store<u64>(to, gathered);
}

/** Offsets of the chosen texts, from 0; returns the bytes they take. */
export function compactOffsets(offsets: usize, selection: usize, rows: i32, out: usize): i32 {
  let total = 0;
  let to = out;
  store<i32>(to, 0);
  for (let base = 0; base < rows; base += 64) {
    const block = offsets + (<usize>base << 2);
    for (let word = load<u64>(selection + (<usize>base >> 3)); word; word &= word - 1) {
      const at = block + (<usize>ctz(word) << 2);
      total += load<i32>(at, 4) - load<i32>(at);
      to += 4;
      store<i32>(to, total);
    }
  }
  return total;
}

/** The bytes of the chosen texts; runs of neighbours are copied at once. */
export function compactText(offsets: usize, bytes: usize, selection: usize, rows: i32, out: usize): void {
  let to = out;
  let from = 0;
  let end = 0;
  for (let base = 0; base < rows; base += 64) {
    const block = offsets + (<usize>base << 2);
    for (let word = load<u64>(selection + (<usize>base >> 3)); word; word &= word - 1) {
      const at = block + (<usize>ctz(word) << 2);
      const start = load<i32>(at);
      if (start != end) {
        memory.copy(to, bytes + from, end - from);
        to += end - from;
        from = start;
      }
      end = load<i32>(at, 4);
    }
  }
  memory.copy(to, bytes + from, end - from);
}
