/**
 * Which partition a row goes to, and the rows of each partition.
 *
 *     hashes      of the keys, chained       ──▶   ids    │ 2 │ 0 │ 2 │ 1 │ 0 │
 *     ranks       among boundaries           ──▶          uint32, one per row
 *     ids         counted, summed            ──▶   starts │ 0 │ 2 │ 3 │ 5 │        rows  │ 1 4 │ 3 │ 0 2 │
 *
 * Ids are trusted to be below the number of partitions. Hashes are 8 bytes each.
 */

import { hashWord } from './xxhash';

/** `hashes[i]` becomes that of the pair of it and `next[i]`. */
export function chainHashes(hashes: usize, next: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const at = hashes + (i << 3);
    store<u64>(at, hashWord(rotl<u64>(load<u64>(at), 23) ^ load<u64>(next + (i << 3))));
  }
}

/** `hashes[i]` becomes `hash` where bit i of `validity` is 0. */
export function putNullHashes(hashes: usize, count: usize, validity: usize, hash: u64): void {
  for (let i: usize = 0; i < count; i++) {
    const valid = (load<u8>(validity + (i >> 3)) >> <u8>(i & 7)) & 1;
    if (!valid) store<u64>(hashes + (i << 3), hash);
  }
}

/** The upper 32 bits of a hash, scaled to the number of partitions. */
export function hashPartitions(hashes: usize, count: usize, partitions: u32, ids: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const upper = load<u64>(hashes + (i << 3)) >> 32;
    store<u32>(ids + (i << 2), <u32>((upper * <u64>partitions) >> 32));
  }
}

/** Of rows that are numbered from `first` on: by the hash of number and seed. */
export function randomPartitions(first: u64, seed: u64, count: usize, partitions: u32, ids: usize): void {
  const salt = hashWord(seed);
  for (let i: usize = 0; i < count; i++) {
    const upper = hashWord((first + <u64>i) ^ salt) >> 32;
    store<u32>(ids + (i << 2), <u32>((upper * <u64>partitions) >> 32));
  }
}

/**
 * `order` lists the rows of boundaries, which are the first `boundaries` ones, and of all others behind them, sorted: a
 * row's id is the number of boundaries before it.
 */
export function rangePartitions(order: usize, count: usize, boundaries: u32, ids: usize): void {
  let before: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    const row = load<u32>(order + (i << 2));
    if (row < boundaries) before += 1;
    else store<u32>(ids + (<usize>(row - boundaries) << 2), before);
  }
}

/** Lists the rows by id, stably: those of id p from `starts[p]` to `starts[p + 1]`, of which there are `partitions + 1`. */
export function orderByPartition(ids: usize, count: usize, partitions: u32, starts: usize, rows: usize): void {
  memory.fill(starts, 0, (<usize>partitions + 1) << 2);
  for (let i: usize = 0; i < count; i++) {
    const at = starts + (<usize>load<u32>(ids + (i << 2)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let end: u32 = 0;
  for (let p: usize = 0; p <= <usize>partitions; p++) {
    end += load<u32>(starts + (p << 2));
    // The end of p for now: it moves down to its start as rows are put before it, last one first.
    store<u32>(starts + (p << 2), end);
  }
  for (let i = count; i > 0; i--) {
    const at = starts + (<usize>load<u32>(ids + ((i - 1) << 2)) << 2);
    const place = load<u32>(at) - 1;
    store<u32>(at, place);
    store<u32>(rows + (<usize>place << 2), <u32>(i - 1));
  }
}

/** Whether `count + 1` offsets begin at 0 and never decrease. */
export function areOffsets(offsets: usize, count: usize): u32 {
  return load<i32>(offsets) == 0 ? offsetsAscend(offsets, count) : 0;
}

/** Whether `count + 1` offsets are not negative and never decrease. */
export function offsetsAscend(offsets: usize, count: usize): u32 {
  let before = load<i32>(offsets);
  let worst = before;
  for (let i: usize = 1; i <= count; i++) {
    const offset = load<i32>(offsets + (i << 2));
    worst |= offset | (offset - before);
    before = offset;
  }
  return worst >= 0 ? 1 : 0;
}

/** Whether what has these offsets is empty wherever bit i of `validity` is 0. */
export function areEmptyUnderNulls(offsets: usize, count: usize, validity: usize): u32 {
  for (let i: usize = 0; i < count; i++) {
    const valid = (load<u8>(validity + (i >> 3)) >> <u8>(i & 7)) & 1;
    if (!valid && load<u32>(offsets + (i << 2)) != load<u32>(offsets + (i << 2), 4)) return 0;
  }
  return 1;
}
