/**
 * The kernels compiled ahead, from `assembly/`: one WebAssembly module, one instance per linear memory. Each
 * `…-kernels.ts` beside this file gives its part of the exports their types.
 */

import { readFileSync } from 'node:fs';
import type { LinearMemory } from '../memory/linear-memory.ts';

let compiled: WebAssembly.Module | undefined;
const instances = new WeakMap<WebAssembly.Memory, Record<string, unknown>>();

/** All exports of the module, working on `linear`. Compiled once per process. */
export function staticKernels(linear: LinearMemory): Record<string, unknown> {
  const known = instances.get(linear.memory);
  if (known !== undefined) return known;
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: linear.memory, abort } });
  instances.set(linear.memory, exports);
  return exports;
}

function abort(): never {
  throw new Error('a static kernel aborted');
}
