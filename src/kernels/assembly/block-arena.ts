// Blocks of powers of two in one region that the caller grows: memory for states of groups that grow by themselves.
//
//     handle   0 address │ 4 bytes used │ 8 bytes there are │ 12 bytes missing │ 16 + 4 k: a free block of 2 ** k bytes
//     region   │ nothing │ block │ free ──▶ the next free of its size │ block │ …
//
// Blocks are known by their distance from the beginning, so the region may move; 0 is no block. What a state outgrows is
// given to the next that needs as much, so that blocks that are free are never more than those in use.

/** A block of 2 ** `log` bytes, all zero, or 0 where there is no room: then the handle says how many bytes are missing. */
export function takeBlock(handle: usize, log: u32): u32 {
  const base = <usize>load<u32>(handle), bytes: u32 = 1 << log, list = handle + 16 + (<usize>log << 2);
  let block = load<u32>(list);
  if (block != 0) store<u32>(list, load<u32>(base + block));
  else {
    block = load<u32>(handle, 4);
    if (load<u32>(handle, 8) - block < bytes) { store<u32>(handle, bytes, 12); return 0; }
    store<u32>(handle, block + bytes, 4);
  }
  memory.fill(base + block, 0, bytes);
  return block;
}

export function giveBlock(handle: usize, block: u32, log: u32): void {
  const list = handle + 16 + (<usize>log << 2);
  store<u32>(<usize>load<u32>(handle) + block, load<u32>(list));
  store<u32>(list, block);
}
