import type { Kernel } from './kernel.ts';
import { kernelFor } from './kernel-cache.ts';
import type { KernelSpec } from './kernel-spec.ts';

/**
 * The kernel of a spec, which takes decimals to fit 8 bytes, or the one that gives them 16: from the first batch on for
 * which 8 were not enough and 16 were.
 */
export class DecimalKernel {
  readonly #spec: KernelSpec;
  #kernel: Kernel;

  constructor(spec: KernelSpec) {
    this.#spec = spec;
    this.#kernel = kernelFor(spec);
  }

  /** What `call` gives with a kernel, undefined where a check failed: it is called again where another kernel may do. */
  run<Result>(call: (kernel: Kernel) => Result | undefined): Result | undefined {
    const result = call(this.#kernel);
    if (result !== undefined || !this.#kernel.assumesShort) return result;
    const long = kernelFor({ ...this.#spec, longDecimals: true });
    const second = call(long);
    if (second !== undefined) this.#kernel = long;
    return second;
  }
}
