import { brotliDecompressSync } from 'node:zlib';
import type { Holding } from '../../memory/budget.ts';

/** Buffers of fewer bytes may be parts of one that others have parts of too. */
const MOST_SHARED_BYTES = Buffer.poolSize;

/**
 * Whether the `fromBytes` at `from` hold exactly `toBytes` bytes, compressed by Brotli; they are written to `to`. What the library
 * of Node makes for it, the caller has reserved.
 */
export function unbrotli({ linear }: Holding, from: number, fromBytes: number, to: number, toBytes: number): boolean {
  try {
    const { u8 } = linear;
    const options = { maxOutputLength: Math.max(1, toBytes), chunkSize: Math.max(64, toBytes + 1) };
    const output = brotliDecompressSync(u8.subarray(from, from + fromBytes), options);
    const isRight = output.byteLength === toBytes;
    if (isRight) u8.set(output, to);
    letGo(output);
    return isRight;
  } catch {
    return false;
  }
}

/** Frees what V8 would leave lying until it collects garbage, up to 64 MB of it. */
function letGo({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > MOST_SHARED_BYTES) buffer.transfer(0);
}
