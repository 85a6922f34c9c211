import type { OutputFile } from '../output-files.ts';
import type { EncodingMemory } from './encoding-memory.ts';
import * as thrift from './thrift-writer.ts';

const MOST_BYTES = 1024 * 1024;
const BLOCK_BYTES = 32;
/** So that one in a hundred of other values seems to be there. */
const BITS_PER_VALUE = 10.5;

/** Of a filter for so many different values: a power of two, for readers that take no other. */
export function bloomFilterBytes(distinctCount: number): number {
  const wanted = 2 ** Math.ceil(Math.log2((Math.max(1, distinctCount) * BITS_PER_VALUE) / 8));
  return Math.min(MOST_BYTES, Math.max(BLOCK_BYTES, wanted));
}

/** Where a filter lies in its file. */
export interface BloomFilterPlace {
  readonly offset: number;
  /** Header included. */
  readonly byteLength: number;
}

/** The split block Bloom filter of one chunk, in the only region of `memory` for it: bloom-filter.ts has the drawing. */
export class WrittenBloomFilter {
  readonly #memory: EncodingMemory;
  readonly #byteLength: number;

  /** @throws MemoryBudgetExceeded where there are more values than memory was reserved for */
  constructor(memory: EncodingMemory, distinctCount: number) {
    this.#memory = memory;
    this.#byteLength = bloomFilterBytes(distinctCount);
    const { filter, linear } = memory;
    filter.ensure(this.#byteLength, 0);
    linear.zero(filter.address, filter.address + this.#byteLength);
  }

  /** `count` plain values at `at`, of `width` bytes or (0) each behind its length. */
  add(at: number, count: number, width: number, isFloat: boolean): void {
    const { kernels, filter } = this.#memory;
    kernels.addToBloomFilter(at, count, width, isFloat, filter.address, this.#byteLength / BLOCK_BYTES);
  }

  async write(file: OutputFile): Promise<BloomFilterPlace> {
    const offset = file.size;
    // Algorithm, hash and compression: unions, of which the first member is the only one so far.
    const first = thrift.struct({ 1: thrift.struct({}) });
    const header = thrift.thriftBytes({ 1: thrift.int32(this.#byteLength), 2: first, 3: first, 4: first });
    const { filter, linear } = this.#memory;
    await file.write(header);
    await file.write(linear.u8.subarray(filter.address, filter.address + this.#byteLength));
    return { offset, byteLength: header.byteLength + this.#byteLength };
  }
}
