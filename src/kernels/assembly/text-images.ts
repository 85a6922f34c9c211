// Texts as images of 16 bytes, so that short ones need no table of their own.
//
//     "ATL"                  │ A T L · · · · · │ · · · · · · · 3 │      up to 15 bytes, zeros behind them, and how many
//     "a text of more …"     │ its number      │ · · · · · · · L │      numbered by an interner; L is 255
//     null                   │ · · · · · · · · │ · · · · · · · N │      N is 254
//
// Two texts are equal where their images are.

const IMAGE_BYTES: usize = 16;
const MOST_BYTES: usize = 15;
const LONG: u64 = 0xff00000000000000;
const NULL: u64 = 0xfe00000000000000;
/** In the table of a dictionary: a long text that has no number yet. */
const UNSEEN: u64 = LONG | 1;

@inline function packShort(text: usize, length: usize, to: usize): void {
  // Both words are read and masked whatever the length is: a branch for each text would cost more.
  const low = load<u64>(text), high = load<u64>(text + max<usize>(length, 8) - 8);
  const missing = (16 - <u64>length) << 3;
  store<u64>(to, select<u64>(low, low & ((<u64>1 << (<u64>length << 3)) - 1), length >= 8));
  store<u64>(to, select<u64>(high >> missing, 0, length > 8) | (<u64>length << 56), 8);
}

/**
 * The images of the texts of a plain column, `stride` bytes from one to the next. Long ones are left without a number,
 * and listed in `list` unless that is 0. Returns how many they are.
 */
export function packTexts(offsets: usize, bytes: usize, field: usize, stride: usize, rows: i32, list: usize): i32 {
  let long: i32 = 0;
  let start = <usize>load<u32>(offsets);
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const end = <usize>load<u32>(offsets + (row << 2), 4), to = field + row * stride;
    if (end - start <= MOST_BYTES) packShort(bytes + start, end - start, to);
    else {
      store<u64>(to, 0);
      store<u64>(to, UNSEEN, 8);
      if (list != 0) store<u32>(list + (<usize>long << 2), <u32>row);
      long++;
    }
    start = end;
  }
  return long;
}

/** Gives the long texts of `rows` their numbers. */
export function packLongTexts(numbers: usize, rows: usize, count: i32, field: usize, stride: usize): void {
  for (let i: usize = 0, n = <usize>count; i < n; i++) {
    const to = field + <usize>load<u32>(rows + (i << 2)) * stride;
    store<u64>(to, <u64>load<u32>(numbers + (i << 2)));
    store<u64>(to, LONG, 8);
  }
}

/** The images of rows that are null. */
export function packNullTexts(validity: usize, field: usize, stride: usize, rows: i32): void {
  for (let base = 0; base < rows; base += 64) {
    let missing = ~load<u64>(validity + (base >> 3));
    const left = rows - base;
    if (left < 64) missing &= (<u64>1 << <u64>left) - 1;
    for (; missing != 0; missing &= missing - 1) {
      const to = field + <usize>(base + <i32>ctz(missing)) * stride;
      store<u64>(to, 0);
      store<u64>(to, NULL, 8);
    }
  }
}

/** Which images are of no null, as a bitmap; returns how many are. */
export function unpackTextValidity(field: usize, stride: usize, rows: i32, bits: usize): i32 {
  let valid = 0;
  for (let base = 0; base < rows; base += 64) {
    let word: u64 = 0;
    for (let i = 0, n = min(64, rows - base); i < n; i++) {
      word |= <u64>(load<u64>(field + <usize>(base + i) * stride, 8) != NULL) << <u64>i;
    }
    valid += <i32>popcnt(word);
    store<u64>(bits + (base >> 3), word);
  }
  return valid;
}

/** Lists the codes of long texts without a number in `images`, each once, as if they had one then; returns how many. */
export function listUnseenTexts(codes: usize, rows: i32, images: usize, list: usize): i32 {
  let listed: i32 = 0;
  for (let i: usize = 0, n = <usize>rows; i < n; i++) {
    const code = load<u32>(codes + (i << 2)), image = images + <usize>code * IMAGE_BYTES;
    if (load<u64>(image, 8) != UNSEEN) continue;
    store<u64>(image, LONG, 8);
    store<u32>(list + (<usize>listed << 2), code);
    listed++;
  }
  return listed;
}

/**
 * Offsets, from 0, of the texts of images: as many as stay within `limitBytes`, but at least one. Returns how many. Long
 * texts are those of a plain column.
 */
export function textImageOffsets(field: usize, stride: usize, rows: i32, longOffsets: usize, limitBytes: u32, offsets: usize): i32 {
  let end: u64 = 0;
  store<u32>(offsets, 0);
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const image = field + row * stride;
    const last = load<u64>(image, 8);
    let length = last >> 56;
    if (last == NULL) length = 0;
    else if (length > <u64>MOST_BYTES) {
      const at = longOffsets + (<usize>load<u32>(image) << 2);
      length = <u64>(load<u32>(at, 4) - load<u32>(at));
    }
    end += length;
    if (end > <u64>limitBytes && row > 0) return <i32>row;
    store<u32>(offsets + (row << 2), <u32>end, 4);
  }
  return rows;
}

/** The texts of images to where `offsets` say; may overrun the last by 16 bytes. */
export function unpackTexts(field: usize, stride: usize, rows: i32, longOffsets: usize, longBytes: usize, offsets: usize, bytes: usize): void {
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const image = field + row * stride, start = load<u32>(offsets + (row << 2)), to = bytes + <usize>start;
    // Texts are written in order, so what an image overruns is written again by the next.
    if (load<u64>(image, 8) >> 56 <= <u64>MOST_BYTES) v128.store(to, v128.load(image));
    else memory.copy(to, longBytes + <usize>load<u32>(longOffsets + (<usize>load<u32>(image) << 2)), <usize>(load<u32>(offsets + (row << 2), 4) - start));
  }
}
