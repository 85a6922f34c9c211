/** What the compiler leaves to do after a build: the kernels beside their loader, and a program that can be executed. */

import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { copyKernels } from './kernel-files.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

copyKernels(path(''), path('dist/kernels'));
assert.ok(readFileSync(path('dist/cli/main.js'), 'utf8').startsWith('#!/usr/bin/env node\n'));
chmodSync(path('dist/cli/main.js'), 0o755);
