import type { LinearMemory } from '../memory/linear-memory.ts';
import { gzipModule } from './static-kernels.ts';

/** Bytes of the state of a stream. */
export const GUNZIP_STATE_BYTES = 12_288;
/** As far back a stream may repeat. */
export const GUNZIP_HISTORY_BYTES = 32_768;
/** What a call of `gunzip` ends with. */
export const GUNZIP = { damaged: 0, needsInput: 1, isFull: 2, memberEnds: 3 } as const;

/** Numbers of a state, by their places in it: where a call has ended, and what the trailer of a member says. */
const PLACES = { input: 40, output: 44, checksum: 48, size: 52 } as const;
/** Where the place in a stream is, and how far into it: between two members, and behind the last. */
const STAGE = 12;
const STAGE_LEFT = 16;
const HEADER = 0;
const REST = 14;
/** At the beginning of a header: it is not that of the first member. */
const IS_LATER_MEMBER = 1 << 16;

/** What `assembly/inflate.ts` exports. */
export interface GzipKernels {
  beginGunzip(state: number): void;
  /** Goes on with [input, inputEnd), writes to `output` and 64 bytes behind `outputEnd` at most; what may be repeated begins at `history`. */
  gunzip(state: number, input: number, inputEnd: number, history: number, output: number, outputEnd: number): number;
}

export const gzipKernels = (linear: LinearMemory): GzipKernels => gzipModule(linear) as unknown as GzipKernels;

export const gunzipNumber = ({ data }: LinearMemory, state: number, name: keyof typeof PLACES): number =>
  data.getUint32(state + PLACES[name], true);

/** Whether a stream may end here: behind a member. */
export function gunzipMayEnd({ data }: LinearMemory, state: number): boolean {
  const stage = data.getUint32(state + STAGE, true);
  return stage === REST || (stage === HEADER && data.getUint32(state + STAGE_LEFT, true) === IS_LATER_MEMBER);
}
