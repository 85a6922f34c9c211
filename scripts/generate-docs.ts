/**
 * Writes the pages of `docs/` that are generated from the code: `npm run docs`. With `--check` it writes nothing, and
 * fails where a page is not what it would write.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GENERATED_PAGES } from './pages/generated-pages.ts';

const isCheck = process.argv.includes('--check');
for (const { path, content } of GENERATED_PAGES) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const text = content();
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (isCheck) {
    console.error(`${path} is not up to date: run 'npm run docs'.`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`${path} written`);
  }
}
