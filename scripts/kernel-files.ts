/** The kernels as they have been built, one file a module: whoever installs the engine puts all of them beside their loader. */

import { copyFileSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Copies them from the sources below `root` into a directory. */
export function copyKernels(root: string, directory: string): void {
  for (const path of globSync('src/kernels/*.wasm', { cwd: root })) {
    copyFileSync(join(root, path), join(directory, basename(path)));
  }
}
