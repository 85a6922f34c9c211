/** The instance of parquet-wasm that the next budget gets which wants one: apart from what makes and pays for it, which is loaded on demand. */

type ParquetWasm = typeof import('parquet-wasm');

let current: ParquetWasm | undefined;

/** Made where the process has none. */
export function currentParquetWasm(make: () => ParquetWasm): ParquetWasm {
  current ??= make();
  return current;
}

/** Gives the next budget an instance of its own. True where that leaves one for the garbage collection. */
export function forgetParquetWasm(): boolean {
  const isGarbage = current !== undefined;
  current = undefined;
  return isGarbage;
}
