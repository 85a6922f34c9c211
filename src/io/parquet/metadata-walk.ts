/**
 * The metadata of a file, copied to linear memory for as long as kernels walk over it: a thousand columns are some 100 KiB, which
 * JavaScript that is not compiled well yet takes some milliseconds for.
 */

import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { Region } from '../../memory/linear-memory.ts';
import type { RowGroupPlaces } from './row-group.ts';
import type { ElementPlaces } from './schema-element.ts';

/** What is smaller is walked over sooner than it is copied. */
const LEAST_BYTES = 16 * 1024;
/** Of the budget's floor, that it may take: linear memory never shrinks. */
const MOST_SHARE = 1 / 32;

/** What was found, and where in the metadata the walk has ended. */
interface Walked<Found> {
  readonly found: Found;
  readonly end: number;
}

export class MetadataWalk implements Disposable {
  readonly #holding: Holding;
  readonly #region: Region;
  readonly #byteLength: number;

  /** Undefined where it does not pay, or there is no memory for it. */
  static over(metadata: Uint8Array, memory: MemoryBudget): MetadataWalk | undefined {
    const { byteLength } = metadata;
    if (byteLength < LEAST_BYTES || byteLength > memory.floorBytes * MOST_SHARE) return undefined;
    const holding = memory.reserve('Scan footer');
    const region = holding.tryAllocate(byteLength);
    if (region !== undefined) return new MetadataWalk(holding, region, metadata);
    holding[Symbol.dispose]();
    return undefined;
  }

  private constructor(holding: Holding, region: Region, metadata: Uint8Array) {
    this.#holding = holding;
    this.#region = region;
    this.#byteLength = metadata.byteLength;
    holding.linear.u8.set(metadata, region.address);
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }

  /** Where the value of `type` at `position` ends; undefined, as below, where a walk in JavaScript has to say what is wrong. */
  endOf(position: number, type: number): number | undefined {
    const { address, kernels, end } = this.#place;
    const behind = kernels.skipThrift(address + position, end, type);
    return behind === 0 ? undefined : behind - address;
  }

  /** Of the `count` elements from `position` on. */
  elements(position: number, count: number): Walked<ElementPlaces> | undefined {
    const lists = this.#holding.tryAllocate(count * 16);
    if (lists === undefined) return undefined;
    const { address, kernels, end } = this.#place;
    const behind = kernels.thriftElements(address, address + position, end, count, lists.address);
    if (behind === 0) return undefined;
    const { u32, i32 } = this.#holding.linear;
    const [at, nameAt, nameBytes, childCount] = [0, 1, 2, 3].map((list) => lists.address / 4 + list * count) as Four;
    const found = {
      count,
      at: copyOf(u32, at, count),
      nameAt: copyOf(u32, nameAt, count),
      nameBytes: copyOf(u32, nameBytes, count),
      childCount: new Int32Array(i32.subarray(childCount, childCount + count)),
    };
    return { found, end: behind - address };
  }

  /** Of the `count` row groups from `position` on, in a file of so many columns. */
  rowGroups(position: number, count: number, columns: number): Walked<RowGroupPlaces> | undefined {
    // A chunk takes some dozens of bytes: where each is takes little beside, but for those who claim what they do not have.
    const known = count * columns * 4 <= this.#byteLength ? columns : 0;
    const bytes = count * 12 + count * known * 4;
    const rows = this.#holding.tryAllocate(bytes);
    if (rows === undefined) return undefined;
    const lists = rows.address + count * 8;
    const chunks = lists + count * 4;
    this.#holding.linear.zero(rows.address, rows.address + bytes);
    const { address, kernels, end } = this.#place;
    const from = address + position;
    const behind = kernels.thriftRowGroups(address, from, end, count, known, rows.address, lists, chunks);
    if (behind === 0) return undefined;
    const { u32, f64 } = this.#holding.linear;
    const found = {
      count,
      chunksAt: copyOf(u32, lists / 4, count),
      rows: new Float64Array(f64.subarray(rows.address / 8, rows.address / 8 + count)),
      columns: known,
      chunkAt: copyOf(u32, chunks / 4, count * known),
    };
    return { found, end: behind - address };
  }

  get #place() {
    const { address } = this.#region;
    return { address, end: address + this.#byteLength, kernels: parquetKernels(this.#holding.linear) };
  }
}

type Four = [number, number, number, number];

const copyOf = (numbers: Uint32Array<ArrayBufferLike>, start: number, count: number): Uint32Array<ArrayBuffer> =>
  new Uint32Array(numbers.subarray(start, start + count));
