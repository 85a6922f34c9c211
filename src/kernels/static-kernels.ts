/**
 * The kernels compiled ahead, from `assembly/`: one WebAssembly module for what most plans need, and one for files of text, each
 * with one instance per linear memory. Each `…-kernels.ts` beside this file gives its part of the exports their types.
 */

import { readFileSync } from 'node:fs';
import type { LinearMemory } from '../memory/linear-memory.ts';

type Exports = Record<string, unknown>;

class KernelModule {
  readonly #file: string;
  #compiled: WebAssembly.Module | undefined;
  readonly #instances = new WeakMap<WebAssembly.Memory, Exports>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Compiled once per process. */
  exportsOn({ memory }: LinearMemory): Exports {
    const known = this.#instances.get(memory);
    if (known !== undefined) return known;
    this.#compiled ??= new WebAssembly.Module(readFileSync(new URL(this.#file, import.meta.url)));
    const { exports } = new WebAssembly.Instance(this.#compiled, { env: { memory, abort } });
    this.#instances.set(memory, exports);
    return exports;
  }
}

const common = new KernelModule('./kernels.wasm');
const ofText = new KernelModule('./text-kernels.wasm');

/** The kernels of `assembly/index.ts`, working on `linear`. */
export const staticKernels = (linear: LinearMemory): Exports => common.exportsOn(linear);

/** Those of `assembly/text-index.ts`, which only scans of files of text need. */
export const textFileKernels = (linear: LinearMemory): Exports => ofText.exportsOn(linear);

function abort(): never {
  throw new Error('a static kernel aborted');
}
