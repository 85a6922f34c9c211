import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';

const MAGIC = 0x184d2204;
const STORED = 0x8000_0000;

/**
 * Whether the bytes are one frame of LZ4 that holds exactly `toBytes`, which are written to `to`. Its checksums are passed over.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 *
 *     │ magic │ flags │ sizes │ content size? │ dictionary? │ checksum │ block │ block │ … │ 0 │ checksum? │
 *                                                                       size, bytes, checksum?
 *
 * Blocks may go back to what earlier ones hold.
 */
export function lz4Frame(linear: LinearMemory, from: number, fromBytes: number, to: number, toBytes: number): boolean {
  const { data, u8 } = linear;
  const end = from + fromBytes;
  if (fromBytes < 7 || data.getUint32(from, true) !== MAGIC) return false;
  const flags = data.getUint8(from + 4);
  // Version 1, and no dictionary, which nobody has.
  if (flags >>> 6 !== 1 || (flags & 1) !== 0) return false;
  const blockChecksumBytes = (flags & 0x10) === 0 ? 0 : 4;
  const { lz4Block } = parquetKernels(linear);
  let output = to;
  for (let at = from + 7 + ((flags & 8) === 0 ? 0 : 8); at + 4 <= end; ) {
    const size = data.getUint32(at, true);
    at += 4;
    if (size === 0) return output === to + toBytes;
    const isStored = size >= STORED;
    const bytes = isStored ? size - STORED : size;
    const left = to + toBytes - output;
    if (bytes > end - at) return false;
    if (isStored) {
      if (bytes > left) return false;
      u8.copyWithin(output, at, at + bytes);
      output += bytes;
    } else {
      const written = lz4Block(at, bytes, output, left, to);
      if (written < 0) return false;
      output += written;
    }
    at += bytes + blockChecksumBytes;
  }
  return false;
}
