/** Compiled kernels of the process, by structure: a warm function compiles nothing. */

import { compileKernel, type Kernel } from './kernel.ts';
import { type KernelSpec, kernelKey } from './kernel-spec.ts';

/** A kept kernel takes some 30 to 40 KiB. */
const MAX_KERNELS = 300;

/** In the order of their last use. */
const kernels = new Map<string, Kernel>();

/** The kernel of a spec: the one that was used before for the same structure and layouts, or a new one. */
export function kernelFor(spec: KernelSpec): Kernel {
  const key = kernelKey(spec);
  const kernel = kernels.get(key) ?? compileKernel(spec);
  kernels.delete(key);
  kernels.set(key, kernel);
  if (kernels.size > MAX_KERNELS) {
    const [oldest] = kernels.keys();
    if (oldest !== undefined) kernels.delete(oldest);
  }
  return kernel;
}
