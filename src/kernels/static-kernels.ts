/**
 * The kernels compiled ahead, from `assembly/`: one WebAssembly module for what most plans need, one for windows, one for
 * files of text, one for writing Parquet, one for zstd and one for gzip, each with one instance per linear memory. Each `…-kernels.ts` beside this file gives its part of the exports their types.
 */

import { readFileSync } from 'node:fs';
import type { LinearMemory } from '../memory/linear-memory.ts';

type Exports = Record<string, unknown>;

/** By file: compiled once per process. */
const compiled = new Map<string, WebAssembly.Module>();
const instances = new WeakMap<WebAssembly.Memory, Map<string, Exports>>();

function exportsOf(file: string, { memory }: LinearMemory): Exports {
  const ofMemory = instances.get(memory) ?? new Map<string, Exports>();
  instances.set(memory, ofMemory);
  const known = ofMemory.get(file);
  if (known !== undefined) return known;
  const module = compiled.get(file) ?? new WebAssembly.Module(readFileSync(new URL(file, import.meta.url)));
  compiled.set(file, module);
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  ofMemory.set(file, exports);
  return exports;
}

/** The kernels of `assembly/index.ts`, working on `linear`. */
export const staticKernels = (linear: LinearMemory): Exports => exportsOf('./kernels.wasm', linear);

/** Those of `assembly/window-index.ts`, which only windows need. */
export const windowModule = (linear: LinearMemory): Exports => exportsOf('./window-kernels.wasm', linear);

/** Those of `assembly/parquet-write-index.ts`, which only writes of Parquet files need. */
export const parquetWriteKernels = (linear: LinearMemory): Exports => exportsOf('./parquet-write-kernels.wasm', linear);

/** Those of `assembly/zstd-index.ts`, which only pages that zstd compressed need. */
export const zstdModule = (linear: LinearMemory): Exports => exportsOf('./zstd-kernels.wasm', linear);

/** Those of `assembly/gzip-index.ts`, which only files that gzip compressed need. */
export const gzipModule = (linear: LinearMemory): Exports => exportsOf('./gzip-kernels.wasm', linear);

/** Those of `assembly/text-index.ts`, which only scans of files of text, and of Arrow, need. */
export const fileKernels = (linear: LinearMemory): Exports => exportsOf('./text-kernels.wasm', linear);

function abort(): never {
  throw new Error('a static kernel aborted');
}
