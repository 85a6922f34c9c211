import { crc32 } from 'node:zlib';
import { GUNZIP, GUNZIP_STATE_BYTES, gunzipNumber, gzipKernels } from '../../kernels/gzip-kernels.ts';
import type { Holding } from '../../memory/budget.ts';

/** What the kernel wants to have left for a symbol, also for the last one. */
const MARGIN_BYTES = 320;

/**
 * Whether the `fromBytes` at `from` are members of gzip, checksums and sizes included and nothing behind them, that hold exactly
 * `toBytes` bytes; they are written to `to`, which may be overrun by 384 bytes.
 *
 *     │ member │ member │ … ──▶ │ content │ content │ … │
 *
 * @throws MemoryBudgetExceeded
 */
export function gunzip(holding: Holding, from: number, fromBytes: number, to: number, toBytes: number): boolean {
  const region = holding.allocate(GUNZIP_STATE_BYTES);
  try {
    const { linear } = holding;
    const { address: state } = region;
    const kernels = gzipKernels(linear);
    kernels.beginGunzip(state);
    const [inputEnd, outputEnd] = [from + fromBytes, to + toBytes];
    let [input, output] = [from, to];
    while (input < inputEnd) {
      // A member repeats nothing of those before it.
      const start = output;
      const ended = kernels.gunzip(state, input, inputEnd, start, start, outputEnd + MARGIN_BYTES);
      if (ended !== GUNZIP.memberEnds) return false;
      input = gunzipNumber(linear, state, 'input');
      output = gunzipNumber(linear, state, 'output');
      if (output > outputEnd || output - start !== gunzipNumber(linear, state, 'size')) return false;
      if (crc32(linear.u8.subarray(start, output)) !== gunzipNumber(linear, state, 'checksum')) return false;
    }
    return output === outputEnd;
  } finally {
    holding.free(region);
  }
}
