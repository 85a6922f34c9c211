/**
 * The program `millrace` as a few files, dependencies included: to find and link 680 modules took longer than most short tasks.
 *
 *     src/cli/main.ts ──esbuild──▶ dist/cli/main.js           looks at the version of Node
 *                                           program.js        the commands
 *                                           run-task.js       what a task needs that is run, and the others only then
 *                                           …-worker.js       threads, which load nothing of the program
 *                                           <chunk>.js        what is loaded on demand
 *                                           *.wasm            read from beside their loader
 *                                           licenses.txt      of what is in them
 *
 * `node scripts/bundle-cli.ts [directory]` puts them elsewhere than in `dist/cli`. Names stay as they are, for the stacks of errors.
 */

import { globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { copyKernels } from './kernel-files.ts';
import { buildMerged } from './merged-chunks.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = resolve(process.argv[2] ?? join(root, 'dist/cli'));
/** What threads run, found beside who starts them. */
const workers = Object.fromEntries(
  globSync('src/**/*-worker.ts', { cwd: root }).map((path) => [basename(path, '.ts'), path]),
);

rmSync(outdir, { recursive: true, force: true });
const metafile = await buildMerged({
  absWorkingDir: root,
  entryPoints: {
    main: 'src/cli/main.ts',
    program: 'src/cli/program.ts',
    'run-task': 'src/cli/run-task.ts',
    ...workers,
  },
  groups: ['program', 'run-task'],
  apart: Object.keys(workers),
  outdir,
  extension: '.js',
  // Evaluated anew for each instance, from where it is installed.
  external: ['parquet-wasm'],
  minify: { minifySyntax: true, minifyWhitespace: true },
  sourcemap: false,
});
copyKernels(root, outdir);
writeFileSync(join(outdir, 'licenses.txt'), licenses(metafile));

/** Of the packages that something in the files is from. */
function licenses({ outputs }: Metafile): string {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const packages = new Set(
    inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  const byText = new Map<string, string[]>();
  for (const directory of [...packages].sort()) {
    const path = join(root, directory);
    const manifest: unknown = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const { name, version, license } = manifest as Record<'name' | 'version' | 'license', string>;
    const files = readdirSync(path).filter((file) => /^(?:licen[cs]e|notice)/i.test(file));
    const text = files.map((file) => readFileSync(join(path, file), 'utf8').trim()).join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}, ${license}`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join('\n\n');
}
