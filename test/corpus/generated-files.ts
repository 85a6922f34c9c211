/** Files that other writers make of values that we know, in a folder that is named by what makes them. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckedFile } from './check-file.ts';
import { python } from './pyarrow.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Writes them where they are not there yet, which takes half a minute. */
export function generatedFiles(): CheckedFile[] {
  const parts = [here('generate.py'), here('requirements.txt')].map((path) => readFileSync(path));
  const key = createHash('sha256').update(Buffer.concat(parts)).digest('hex').slice(0, 12);
  const folder = here(`.generated/${key}`);
  if (!existsSync(folder)) {
    rmSync(here('.generated'), { recursive: true, force: true });
    mkdirSync(here('.generated'));
    process.stderr.write(`Writing files into ${folder} …\n`);
    execFileSync(python(), [here('generate.py'), `${folder}.unfinished`], { stdio: 'inherit' });
    renameSync(`${folder}.unfinished`, folder);
  }
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Record<string, string>;
  return readdirSync(folder)
    .sort()
    .flatMap((name) =>
      index[name] === undefined ? [] : [{ path: join(folder, name), given: join(folder, index[name]) }],
    );
}
