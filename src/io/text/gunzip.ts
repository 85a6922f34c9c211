import { crc32 } from 'node:zlib';
import { MalformedFile } from '../../errors.ts';
import {
  GUNZIP,
  GUNZIP_HISTORY_BYTES,
  GUNZIP_STATE_BYTES,
  type GzipKernels,
  gunzipMayEnd,
  gunzipNumber,
  gzipKernels,
} from '../../kernels/gzip-kernels.ts';
import type { Holding } from '../../memory/budget.ts';

/** Bytes in linear memory. */
export interface Piece {
  readonly address: number;
  readonly byteLength: number;
}

/**
 * Decompresses gzip within linear memory: node:zlib makes buffers, which cost more to collect than the bytes to decompress.
 *
 *     │ state │ what may be repeated │ parts, one behind the other … │
 *                        ▲───── the end of what is there, when it is full
 */
export class Gunzip {
  readonly #uri: string;
  readonly #holding: Holding;
  readonly #kernels: GzipKernels;
  readonly #state: number;
  readonly #start: number;
  readonly #end: number;
  /** Of the member: where what may be repeated begins, the checksum so far and the bytes so far, modulo 2 ** 32. */
  #history: number;
  #output: number;
  #checksum = 0;
  #size = 0;

  /** Takes all of `bytes` of `holding`. @throws MemoryBudgetExceeded */
  constructor(uri: string, holding: Holding, bytes: number) {
    this.#uri = uri;
    this.#holding = holding;
    this.#kernels = gzipKernels(holding.linear);
    const { address } = holding.allocate(bytes);
    this.#state = address;
    this.#start = address + GUNZIP_STATE_BYTES;
    this.#end = address + bytes;
    this.#history = this.#start;
    this.#output = this.#start;
    this.#kernels.beginGunzip(this.#state);
  }

  /** What the next bytes of the file are decompressed to, each part valid until the next is asked for. @throws MalformedFile */
  *parts({ address, byteLength }: Piece): Generator<Piece> {
    const inputEnd = address + byteLength;
    for (let input = address; ; ) {
      const from = this.#output;
      const ended = this.#kernels.gunzip(this.#state, input, inputEnd, this.#history, from, this.#end);
      if (ended === GUNZIP.damaged) throw this.#malformed('it is damaged');
      input = this.#number('input');
      this.#output = this.#number('output');
      this.#sum(from);
      if (ended === GUNZIP.memberEnds) this.#endMember();
      if (this.#output > from) yield { address: from, byteLength: this.#output - from };
      if (ended === GUNZIP.needsInput) return;
      if (ended === GUNZIP.isFull) this.#makeRoom();
    }
  }

  /** To be called at the end of the file. @throws MalformedFile where more should follow */
  end(): void {
    if (!gunzipMayEnd(this.#holding.linear, this.#state)) throw this.#malformed('it ends too early');
  }

  #number(name: Parameters<typeof gunzipNumber>[2]): number {
    return gunzipNumber(this.#holding.linear, this.#state, name);
  }

  #sum(from: number): void {
    this.#checksum = crc32(this.#holding.linear.u8.subarray(from, this.#output), this.#checksum);
    this.#size = (this.#size + this.#output - from) >>> 0;
  }

  #endMember(): void {
    if (this.#checksum !== this.#number('checksum')) throw this.#malformed('it does not have its checksum');
    if (this.#size !== this.#number('size')) throw this.#malformed('it does not have its size');
    this.#checksum = 0;
    this.#size = 0;
    // A member repeats nothing of those before it.
    this.#history = this.#output;
  }

  #makeRoom(): void {
    const kept = Math.min(GUNZIP_HISTORY_BYTES, this.#output - this.#history);
    this.#holding.linear.u8.copyWithin(this.#start, this.#output - kept, this.#output);
    this.#history = this.#start;
    this.#output = this.#start + kept;
  }

  #malformed(detail: string): MalformedFile {
    return new MalformedFile(this.#uri, `its gzip cannot be decompressed: ${detail}`);
  }
}
