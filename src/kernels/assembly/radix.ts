// Rows that wait in batches, each in the order of the upper bits of the hashes of its keys, and how they come out: part
// after part, in each in the order in which they came.
//
//     batch 0   │ part 0 │ part 1 │ … │        starts of batch 0   │ 0 │ 40 │ 75 │ … │ rows │
//     batch 1   │ part 0 │ part 1 │ … │        starts of batch 1   │ 0 │ 31 │ 90 │ … │ rows │
//
//     list      rows of part 0 of batch 0, of part 0 of batch 1, …, of part 1 of batch 0, …

/**
 * Lists rows by their position among those of all batches, from where `state` is: part, batch, rows of this part of this
 * batch that are listed, and rows of the batches before it; all 0 in the beginning. At most `limit`, and none of `endPart`
 * or behind it. Returns how many were listed.
 */
export function listParts(starts: usize, batches: u32, parts: u32, endPart: u32, state: usize, limit: i32, list: usize): i32 {
  let part = load<u32>(state), batch = load<u32>(state, 4), done = load<u32>(state, 8), base = load<u32>(state, 12);
  const most = <usize>limit;
  let listed: usize = 0;
  while (part < endPart) {
    while (batch < batches) {
      const at = starts + <usize>(batch * (parts + 1)) * 4;
      const end = load<u32>(at + (<usize>part << 2), 4);
      let row = load<u32>(at + (<usize>part << 2)) + done;
      const stop = min<u32>(end, row + <u32>(most - listed));
      for (; row < stop; row++) store<u32>(list + (listed++ << 2), base + row);
      if (row < end) {
        store<u32>(state, part);
        store<u32>(state, batch, 4);
        store<u32>(state, row - load<u32>(at + (<usize>part << 2)), 8);
        store<u32>(state, base, 12);
        return <i32>listed;
      }
      done = 0;
      base += load<u32>(at + (<usize>parts << 2));
      batch++;
    }
    batch = 0;
    base = 0;
    part++;
  }
  store<u32>(state, part);
  store<u32>(state, 0, 4);
  store<u32>(state, 0, 8);
  store<u32>(state, 0, 12);
  return <i32>listed;
}

/** How many rows have the hash of the row before them. */
export function countRepeatedHashes(hashes: usize, rows: i32): i32 {
  let repeated = 0;
  for (let row: usize = 1, n = <usize>rows; row < n; row++) {
    repeated += <i32>(load<u64>(hashes + (row << 3)) == load<u64>(hashes + (row << 3) - 8));
  }
  return repeated;
}

/**
 * Of rows that are in no group, sets the bit that the hash says, of `mask + 1` bits; returns how many were set by them.
 * Takes the middle bits of hashes, because rows of one part have the upper ones in common.
 */
export function markNewHashes(ids: usize, hashes: usize, rows: i32, bits: usize, mask: u32): i32 {
  let marked = 0;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    if (load<u32>(ids + (row << 2)) != 0xffffffff) continue;
    const bit = <u32>(load<u64>(hashes + (row << 3)) >> 16) & mask;
    const at = bits + <usize>(bit >> 3), flag = <u8>1 << <u8>(bit & 7);
    const known = load<u8>(at);
    marked += <i32>((known & flag) == 0);
    store<u8>(at, known | flag);
  }
  return marked;
}
