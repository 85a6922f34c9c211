/**
 * One shared WebAssembly memory, and the pages of it that are in use.
 *
 *     0        64 KiB                                          byteLength       maximumBytes
 *     │ scratch │ region │ free │ region │ region │   free      │  not grown yet  │
 *
 * A region is a run of pages of 4 KiB, found best-fit in a list of free runs sorted by address, the last of which is left alone
 * while another is large enough (wilderness preservation, as dlmalloc has it): what lies there splits what could grow. Neighbours that become
 * free are joined. The memory grows when no free run is large enough and never shrinks: first touch is what costs, so a
 * warm process keeps and reuses it. The first 64 KiB belong to the kernels' static data and are never handed out.
 *
 * With `debug`, freed pages are filled with a pattern that is checked when they are handed out again, so that a write
 * after free is found, and the address of a freed region can no longer be read.
 */

import assert from 'node:assert/strict';
import { InvalidArgument } from '../errors.ts';

const PAGE_BYTES = 4096;
const WASM_PAGE_BYTES = 65_536;
/** 32-bit addresses reach this far; the last page stays unused so that an end address still fits. */
const ADDRESSABLE_BYTES = 65_535 * WASM_PAGE_BYTES;
const FREED_PAGE = new Uint8Array(PAGE_BYTES).fill(0xdb);
/** As doubles, for the reason that `zero` has. */
const FREED = new Float64Array(FREED_PAGE.buffer)[0]!;
/** Kernels work in blocks of 64 rows and may read and write this far behind what they were given. */
export const PADDING_BYTES = 1024;

/** Bytes of linear memory with one owner. */
export interface Region {
  /** Where it starts; a multiple of 4,096. Throws in debug mode after the region was freed. */
  readonly address: number;
  /** Usable bytes, as asked for last; `PADDING_BYTES` more may be overrun. */
  readonly byteLength: number;
}

/** Bytes as numbers of all sizes, wherever they are. */
export type MemoryViews = Pick<LinearMemory, 'u8' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64' | 'data'>;

class Block implements Region {
  byteLength: number;
  pages: number;
  readonly #address: number;
  live = true;

  constructor(address: number, pages: number, byteLength: number) {
    this.#address = address;
    this.pages = pages;
    this.byteLength = byteLength;
  }

  get address(): number {
    if (!this.live) assert.fail('use after free of a region');
    return this.#address;
  }
}

interface FreeRun {
  address: number;
  pages: number;
}

export class LinearMemory {
  /** @internal Of a type that only some libraries of TypeScript know. */
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  readonly #debug: boolean;
  /** Sorted by address, no two adjacent. */
  #free: FreeRun[] = [];
  #end: number = WASM_PAGE_BYTES;
  #usedBytes = 0;
  #buffer: ArrayBufferLike;
  #u8!: Uint8Array<ArrayBufferLike>;
  #u16!: Uint16Array<ArrayBufferLike>;
  #i32!: Int32Array<ArrayBufferLike>;
  #u32!: Uint32Array<ArrayBufferLike>;
  #i64!: BigInt64Array<ArrayBufferLike>;
  #u64!: BigUint64Array<ArrayBufferLike>;
  #f32!: Float32Array<ArrayBufferLike>;
  #f64!: Float64Array<ArrayBufferLike>;
  #data!: DataView<ArrayBufferLike>;

  /** @throws InvalidArgument when `maximumBytes` has no room for a single page. */
  constructor(maximumBytes: number, debug: boolean = false) {
    const capped = Math.min(Math.floor(maximumBytes / WASM_PAGE_BYTES) * WASM_PAGE_BYTES, ADDRESSABLE_BYTES);
    if (!(capped >= 2 * WASM_PAGE_BYTES)) {
      throw new InvalidArgument(
        `A memory of ${maximumBytes} bytes is too small: at least ${2 * WASM_PAGE_BYTES} are needed.`,
      );
    }
    this.maximumBytes = capped;
    this.#debug = debug;
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: capped / WASM_PAGE_BYTES, shared: true });
    this.#buffer = this.memory.buffer;
    this.#view();
  }

  /** Bytes of whole pages that live regions take, padding included. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** What `allocate(bytes)` takes from the budget: whole pages, padding included. */
  static footprint(bytes: number): number {
    return Math.ceil((bytes + PADDING_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  }

  /** Bytes the memory has grown to, in use or free: it never shrinks. */
  get committedBytes(): number {
    return this.#end;
  }

  /**
   * A region of at least `bytes`, its content undefined; undefined when that needs the memory to grow beyond
   * `ceilingBytes`.
   */
  allocate(bytes: number, ceilingBytes: number = this.maximumBytes): Region | undefined {
    assert.ok(bytes >= 0 && Number.isSafeInteger(bytes));
    const pages = LinearMemory.footprint(bytes) / PAGE_BYTES;
    const run = this.#bestFit(pages) ?? this.#grow(pages, Math.min(ceilingBytes, this.maximumBytes));
    if (run === undefined) return undefined;
    const block = new Block(run.address, pages, bytes);
    this.#usedBytes += pages * PAGE_BYTES;
    this.#take(run, pages);
    return block;
  }

  /** Makes `region` larger where it is: false, and nothing changes, where what lies behind it is in use, or beyond `ceilingBytes`. */
  tryExtend(region: Region, bytes: number, ceilingBytes: number = this.maximumBytes): boolean {
    assert.ok(region instanceof Block && region.live && bytes >= region.byteLength);
    const pages = LinearMemory.footprint(bytes) / PAGE_BYTES;
    const end = region.address + region.pages * PAGE_BYTES;
    const missing = pages - region.pages;
    let run = this.#free.find(({ address }) => address === end);
    const runEnd = run === undefined ? end : run.address + run.pages * PAGE_BYTES;
    if ((run?.pages ?? 0) < missing) {
      if (runEnd !== this.#end) return false;
      run = this.#grow(missing, Math.min(ceilingBytes, this.maximumBytes));
      if (run === undefined) return false;
    }
    if (run !== undefined && missing > 0) this.#take(run, missing);
    this.#usedBytes += missing * PAGE_BYTES;
    region.pages = pages;
    region.byteLength = bytes;
    return true;
  }

  /** Gives the pages of `region` back. A second time is a defect. */
  free(region: Region): void {
    assert.ok(region instanceof Block, 'not a region of this memory');
    assert.ok(region.live, 'double free of a region');
    const { address, pages } = region;
    region.live = false;
    this.#usedBytes -= pages * PAGE_BYTES;
    if (this.#debug) this.f64.fill(FREED, address / 8, (address + pages * PAGE_BYTES) / 8);
    this.#insert({ address, pages });
  }

  // Views of the whole memory, taken anew after growth. Never keep one across an allocation.
  /** Makes the bytes [from, to) zero: as doubles, which fill a shared memory eight times as fast as bytes do, where these are whole. */
  zero(from: number, to: number): void {
    const first = Math.ceil(from / 8);
    const last = Math.max(first, Math.floor(to / 8));
    if (from < first * 8) this.u8.fill(0, from, Math.min(first * 8, to));
    this.f64.fill(0, first, last);
    if (last * 8 < to) this.u8.fill(0, last * 8, to);
  }

  get u8(): Uint8Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#u8;
  }
  get u16(): Uint16Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#u16;
  }
  get i32(): Int32Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#i32;
  }
  get u32(): Uint32Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#u32;
  }
  get i64(): BigInt64Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#i64;
  }
  get u64(): BigUint64Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#u64;
  }
  get f32(): Float32Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#f32;
  }
  get f64(): Float64Array<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#f64;
  }
  get data(): DataView<ArrayBufferLike> {
    if (this.#buffer !== this.memory.buffer) this.#view();
    return this.#data;
  }

  #view(): void {
    const buffer = this.memory.buffer;
    this.#buffer = buffer;
    this.#u8 = new Uint8Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#i64 = new BigInt64Array(buffer);
    this.#u64 = new BigUint64Array(buffer);
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#data = new DataView(buffer);
  }

  /** The smallest run that is large enough; the last one, which can grow, only where it is the only one. */
  #bestFit(pages: number): FreeRun | undefined {
    let best: FreeRun | undefined;
    for (const run of this.#free) {
      if (run.pages >= pages && (best === undefined || (run.pages < best.pages && !this.#isLast(run)))) best = run;
    }
    return best;
  }

  #isLast({ address, pages }: FreeRun): boolean {
    return address + pages * PAGE_BYTES === this.#end;
  }

  /** Takes the first pages of a free run out of the list. */
  #take(run: FreeRun, pages: number): void {
    if (this.#debug) this.#assertUntouched(run.address, pages);
    if (run.pages === pages) this.#free.splice(this.#free.indexOf(run), 1);
    else {
      run.address += pages * PAGE_BYTES;
      run.pages -= pages;
    }
  }

  #grow(pages: number, ceilingBytes: number): FreeRun | undefined {
    const last = this.#free.at(-1);
    const start = last !== undefined && this.#isLast(last) ? last.address : this.#end;
    const missing = start + pages * PAGE_BYTES - this.#end;
    const wasmPages = Math.ceil(missing / WASM_PAGE_BYTES);
    if (this.#end + wasmPages * WASM_PAGE_BYTES > ceilingBytes) return undefined;
    this.memory.grow(wasmPages);
    const address = this.#end;
    const grown = (wasmPages * WASM_PAGE_BYTES) / PAGE_BYTES;
    this.#end += wasmPages * WASM_PAGE_BYTES;
    if (this.#debug) this.f64.fill(FREED, address / 8, this.#end / 8);
    return this.#insert({ address, pages: grown });
  }

  /** Puts a run into the list, joined with its free neighbours. */
  #insert(run: FreeRun): FreeRun {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#free[middle]!.address < run.address) low = middle + 1;
      else high = middle;
    }
    const before = this.#free[low - 1];
    const after = this.#free[low];
    const joinsAfter = after !== undefined && run.address + run.pages * PAGE_BYTES === after.address;
    if (before !== undefined && before.address + before.pages * PAGE_BYTES === run.address) {
      before.pages += run.pages + (joinsAfter ? after.pages : 0);
      if (joinsAfter) this.#free.splice(low, 1);
      return before;
    }
    if (joinsAfter) {
      after.address = run.address;
      after.pages += run.pages;
      return after;
    }
    this.#free.splice(low, 0, run);
    return run;
  }

  #assertUntouched(address: number, pages: number): void {
    // Page by page: tests do this for every region of every run.
    for (let page = address; page < address + pages * PAGE_BYTES; page += PAGE_BYTES) {
      const bytes = this.u8.subarray(page, page + PAGE_BYTES);
      if (Buffer.compare(bytes, FREED_PAGE) === 0) continue;
      const at = page + bytes.findIndex((byte) => byte !== FREED_PAGE[0]);
      assert.fail(`write after free at address ${at}`);
    }
  }
}
