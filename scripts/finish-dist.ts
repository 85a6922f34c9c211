/** What the compiler leaves to do after a build: the kernels beside their loader, and a program that can be executed. */

import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

for (const name of ['kernels', 'text-kernels', 'window-kernels', 'parquet-write-kernels', 'zstd-kernels']) {
  copyFileSync(path(`src/kernels/${name}.wasm`), path(`dist/kernels/${name}.wasm`));
}
assert.ok(readFileSync(path('dist/cli/main.js'), 'utf8').startsWith('#!/usr/bin/env node\n'));
chmodSync(path('dist/cli/main.js'), 0o755);
