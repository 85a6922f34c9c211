/** Compiles the kernels: each target of asconfig.json is a module, `release` out of index.ts, others out of <target>-index.ts. */

import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const directory = 'src/kernels/assembly';
const config = `${directory}/asconfig.json`;
const { targets } = JSON.parse(readFileSync(config, 'utf8')) as { targets: Record<string, unknown> };

for (const target of Object.keys(targets)) {
  const entry = `${directory}/${target === 'release' ? 'index' : `${target}-index`}.ts`;
  const { error, stderr } = await asc.main([entry, '--target', target, '--config', config]);
  if (error === null) continue;
  console.error(stderr.toString().trimEnd());
  process.exit(1);
}
