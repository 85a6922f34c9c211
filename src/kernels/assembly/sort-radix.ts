/**
 * Radix sort of prefixes with the row number packed in.
 *
 *     records   │ prefix bits, row │ …        8 bytes where the prefix leaves room for the row, else 16
 *
 * LSD, 8 bits at a time, stable because rows start in order and no pass reorders equals. A digit that all records share
 * is skipped.
 */

/** 8-byte records: the prefix without its lowest `drop` bits, then `rowBits` of row number. */
export function sortRecords8(prefixes: usize, count: usize, drop: u32, rowBits: u32, records: usize): void {
  for (let row: usize = 0; row < count; row++) {
    const prefix = load<u64>(prefixes + (row << 3)) >> <u64>drop;
    store<u64>(records + (row << 3), (prefix << <u64>rowBits) | <u64>row);
  }
}

/** 16-byte records: the prefix, then the row number. */
export function sortRecords16(prefixes: usize, count: usize, records: usize): void {
  for (let row: usize = 0; row < count; row++) {
    store<u64>(records + (row << 4), load<u64>(prefixes + (row << 3)));
    store<u64>(records + (row << 4), <u64>row, 8);
  }
}

@inline
function countDigit(histogram: usize, digit: usize): void {
  const at = histogram + (digit << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Counts become the addresses where each digit's records go. */
@inline
function toAddresses(histogram: usize, to: usize, recordShift: u32): void {
  let address = <u32>to;
  for (let digit: usize = 0; digit < 256; digit++) {
    const counted = load<u32>(histogram + (digit << 2));
    store<u32>(histogram + (digit << 2), address);
    address += counted << recordShift;
  }
}

/**
 * Sorts 8-byte records by their bits [from, to); the two areas change roles with each digit. Returns the area that holds
 * the result. `histograms` has room for 2 KiB. While one digit scatters, the next one is counted.
 */
export function sortRadix8(records: usize, other: usize, count: usize, from: u32, to: u32, histograms: usize): usize {
  let source = records;
  let target = other;
  let here = histograms;
  let next = histograms + 1024;
  let end = source + (count << 3);
  memory.fill(here, 0, 1024);
  for (let p = source; p < end; p += 8) countDigit(here, <usize>(load<u64>(p) >> <u64>from) & 255);
  for (let shift = from; shift < to; shift += 8) {
    // Digits beyond `to` are never used; a shift by 64 would wrap to one by 0, which is as harmless.
    const nextShift = <u64>(shift + 8);
    end = source + (count << 3);
    memory.fill(next, 0, 1024);
    if (load<u32>(here + ((<usize>(load<u64>(source) >> <u64>shift) & 255) << 2)) == <u32>count) {
      for (let p = source; p < end; p += 8) countDigit(next, <usize>(load<u64>(p) >> nextShift) & 255);
    } else {
      toAddresses(here, target, 3);
      for (let p = source; p < end; p += 8) {
        const record = load<u64>(p);
        const slot = here + ((<usize>(record >> <u64>shift) & 255) << 2);
        const at = <usize>load<u32>(slot);
        store<u64>(at, record);
        store<u32>(slot, <u32>at + 8);
        countDigit(next, <usize>(record >> nextShift) & 255);
      }
      const swap = source;
      source = target;
      target = swap;
    }
    const swap = here;
    here = next;
    next = swap;
  }
  return source;
}

/** Sorts 16-byte records by their first 8 bytes, as `sortRadix8` does. `histograms` has room for 8 KiB. */
export function sortRadix16(records: usize, other: usize, count: usize, histograms: usize): usize {
  memory.fill(histograms, 0, 8192);
  let end = records + (count << 4);
  for (let p = records; p < end; p += 16) {
    const word = load<u64>(p);
    countDigit(histograms, <usize>word & 255);
    countDigit(histograms + 1024, <usize>(word >> 8) & 255);
    countDigit(histograms + 2048, <usize>(word >> 16) & 255);
    countDigit(histograms + 3072, <usize>(word >> 24) & 255);
    countDigit(histograms + 4096, <usize>(word >> 32) & 255);
    countDigit(histograms + 5120, <usize>(word >> 40) & 255);
    countDigit(histograms + 6144, <usize>(word >> 48) & 255);
    countDigit(histograms + 7168, <usize>(word >> 56));
  }
  let source = records;
  let target = other;
  for (let digit: usize = 0; digit < 8; digit++) {
    const shift = <u64>digit << 3;
    const histogram = histograms + (digit << 10);
    if (load<u32>(histogram + ((<usize>(load<u64>(source) >> shift) & 255) << 2)) == <u32>count) continue;
    toAddresses(histogram, target, 4);
    end = source + (count << 4);
    for (let p = source; p < end; p += 16) {
      const record = v128.load(p);
      const slot = histogram + ((<usize>(load<u64>(p) >> shift) & 255) << 2);
      const at = <usize>load<u32>(slot);
      v128.store(at, record);
      store<u32>(slot, <u32>at + 16);
    }
    const swap = source;
    source = target;
    target = swap;
  }
  return source;
}

/** Row numbers out of 8-byte records. */
export function sortRows8(records: usize, count: usize, rowBits: u32, rows: usize): void {
  const mask = ((<u64>1) << <u64>rowBits) - 1;
  for (let i: usize = 0; i < count; i++) store<u32>(rows + (i << 2), <u32>(load<u64>(records + (i << 3)) & mask));
}

/** Row numbers out of 16-byte records. */
export function sortRows16(records: usize, count: usize, rows: usize): void {
  for (let i: usize = 0; i < count; i++) store<u32>(rows + (i << 2), load<u32>(records + (i << 4), 8));
}
