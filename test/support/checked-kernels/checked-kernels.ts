/**
 * Kernels that check where they read and write: static ones and those that are compiled for a plan. Linear memory traps only
 * behind its end, so a kernel that leaves what it was given is else not noticed.
 *
 *     LinearMemory.allocate, tryExtend, free ──▶ map ◀── each load and store of a kernel (checked-module.ts)
 *     what may be accessed: live regions and their padding, whatever else their pages have is not; data of kernels
 *
 * Nothing in `src` knows of it: the constructors of `WebAssembly.Module` and `Instance` are replaced, so that a module that
 * is made over a memory with a map is rewritten first. Kernels over other memories stay as they are.
 */

import assert from 'node:assert/strict';
import { LinearMemory, PADDING_BYTES, type Region } from '../../../src/memory/linear-memory.ts';
import { CELL_BYTES, type CheckedModule, checkedModule, MAP_AT, MAP_IMPORT } from './checked-module.ts';

type Kernel = (...values: unknown[]) => unknown;
type Exports = Record<string, unknown>;
type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A kernel read or wrote outside of everything that was allocated. */
class AccessOutside extends Error {
  override readonly name = 'AccessOutside';
}

/** What may be accessed of one linear memory. */
class AccessMap {
  readonly memory: WebAssembly.Memory;
  readonly #cells: Uint8Array;
  readonly #failure: DataView;
  readonly #padding: number;
  /** Where each begins, and its bytes: a region that is freed twice does not tell any more. */
  readonly #regions = new Map<Region, readonly [address: number, byteLength: number]>();

  constructor(byteLength: number, padding: number) {
    this.#padding = padding;
    this.memory = new WebAssembly.Memory({ initial: Math.ceil((MAP_AT + byteLength / CELL_BYTES) / 65_536) });
    this.#cells = new Uint8Array(this.memory.buffer, MAP_AT);
    this.#failure = new DataView(this.memory.buffer, 0, MAP_AT);
  }

  add(region: Region): void {
    const { address, byteLength } = region;
    this.#regions.set(region, [address, byteLength]);
    this.#mark(address, address + byteLength + this.#padding);
  }

  remove(region: Region): void {
    const [address, byteLength] = this.#regions.get(region) ?? [];
    if (address === undefined || byteLength === undefined) return;
    this.#regions.delete(region);
    this.#cells.fill(0, address / CELL_BYTES, Math.ceil((address + byteLength + this.#padding) / CELL_BYTES));
  }

  /** Data of kernels, which may begin anywhere: whole cells then. */
  addData(start: number, end: number): void {
    this.#mark(start - (start % CELL_BYTES), end);
  }

  #mark(start: number, end: number): void {
    const whole = Math.floor(end / CELL_BYTES);
    this.#cells.fill(CELL_BYTES, start / CELL_BYTES, whole);
    const rest = end % CELL_BYTES;
    if (rest > 0) this.#cells[whole] = Math.max(this.#cells[whole] ?? 0, rest);
  }

  /** What made kernel `name` trap; undefined where no check did. */
  failureOf(name: string): AccessOutside | undefined {
    if (this.#failure.getUint32(12, true) === 0) return undefined;
    const [address = 0, bytes = 0, isWrite = 0] = [0, 4, 8].map((at) => this.#failure.getUint32(at, true));
    this.#failure.setUint32(12, 0, true);
    const did = isWrite ? 'wrote' : 'read';
    return new AccessOutside(`${name} ${did} ${bytes} bytes at ${address}: ${this.#nearest(address)}`);
  }

  #nearest(address: number): string {
    const distance = ([start, length]: readonly [number, number]): number =>
      address < start ? start - address : Math.max(0, address - start - length);
    const [nearest] = [...this.#regions.values()].toSorted((a, b) => distance(a) - distance(b));
    if (nearest === undefined) return 'nothing is allocated';
    const [start, length] = nearest;
    const place = address < start ? `${start - address} before` : `byte ${address - start} of`;
    return `${place} the region of ${length} bytes at ${start}, behind which ${this.#padding} are padding`;
  }
}

const maps = new WeakMap<WebAssembly.Memory, AccessMap>();
const sources = new WeakMap<WebAssembly.Module, Uint8Array>();
const rewritten = new WeakMap<WebAssembly.Module, CheckedModule & { readonly module: WebAssembly.Module }>();
/** By what callers are given: the function itself, which other kernels import. */
const inner = new WeakMap<object, unknown>();

const { Module, Instance } = WebAssembly;

class RememberedModule extends Module {
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    super(bytes);
    sources.set(this, bytes);
  }
}

/** Called with `new`, as the constructor that it stands for. */
function checkedInstance(module: WebAssembly.Module, imports: Imports = {}): WebAssembly.Instance {
  const memory = imports['env']?.['memory'];
  const map = memory instanceof WebAssembly.Memory ? maps.get(memory) : undefined;
  return map === undefined ? new Instance(module, imports) : { exports: checkedExports(module, imports, map) };
}

function checkedExports(module: WebAssembly.Module, imports: Imports, map: AccessMap): Exports {
  const source = sources.get(module);
  assert.ok(source !== undefined, 'the module was compiled before accesses were checked');
  const checked =
    rewritten.get(module) ??
    compiled(
      checkedModule(
        source,
        Module.exports(module).some(({ name }) => name === 'zstdDecompress'),
      ),
    );
  rewritten.set(module, checked);
  for (const { start, end } of checked.data) map.addData(start, end);
  const env = Object.fromEntries(
    Object.entries(imports['env'] ?? {}).map(([name, value]) => [name, inner.get(value as object) ?? value]),
  );
  const { exports } = new Instance(checked.module, { env, [MAP_IMPORT.module]: { [MAP_IMPORT.name]: map.memory } });
  return Object.fromEntries(
    Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === 'function' ? explained(name, value as Kernel, map) : value,
    ]),
  );
}

const compiled = (checked: CheckedModule) => ({ ...checked, module: new Module(checked.bytes) });

/** The same function, whose traps say what was accessed. */
function explained(name: string, run: Kernel, map: AccessMap): Kernel {
  const outer = (...values: unknown[]): unknown => {
    try {
      return run(...values);
    } catch (error) {
      throw map.failureOf(name) ?? error;
    }
  };
  inner.set(outer, run);
  return outer;
}

Object.assign(WebAssembly, { Module: RememberedModule, Instance: checkedInstance });

const { allocate, tryExtend, free } = LinearMemory.prototype;

/** Tells the maps of what is allocated, extended and freed; `target` is one linear memory, or the prototype of all. */
function follow(target: LinearMemory): void {
  target.allocate = function (this: LinearMemory, ...given) {
    const region = allocate.apply(this, given);
    if (region !== undefined) maps.get(this.memory)?.add(region);
    return region;
  };
  target.tryExtend = function (this: LinearMemory, region, ...given) {
    const isLonger = tryExtend.call(this, region, ...given);
    if (isLonger) maps.get(this.memory)?.add(region);
    return isLonger;
  };
  target.free = function (this: LinearMemory, region) {
    maps.get(this.memory)?.remove(region);
    free.call(this, region);
  };
}

/**
 * From now on kernels over `linear` check what they access. Nothing was allocated in it before, and no kernel made for it.
 * `padding` is how many bytes behind each region may be accessed too.
 */
export function checkAccesses(linear: LinearMemory, padding: number = PADDING_BYTES): void {
  maps.set(linear.memory, new AccessMap(linear.maximumBytes, padding));
  follow(linear);
}

/** The same over every linear memory that is made from now on. */
export function checkAllAccesses(): void {
  const { Memory } = WebAssembly;
  class MappedMemory extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      const { maximum, shared } = descriptor;
      // Nobody else shares memory.
      if (shared && maximum !== undefined) maps.set(this, new AccessMap(maximum * 65_536, PADDING_BYTES));
    }
  }
  Object.assign(WebAssembly, { Memory: MappedMemory });
  follow(LinearMemory.prototype);
}
