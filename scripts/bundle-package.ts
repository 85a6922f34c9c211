/**
 * The package as it is published: a few files, dependencies included, for to find and link 680 modules took longer than most short queries.
 *
 *     src/index.ts   ──esbuild──▶ dist/js/frames.js       what `engine.js` has not
 *         tasks.ts                        engine.js       all that runs tasks
 *         udf/udf.ts                      functions.js    what defines functions
 *         io/s3/s3-store.ts               s3-store.js
 *                                         index.js, tasks.js, udf.js, s3.js    what programs see of these
 *                                         common.js, results.js    what each of them and the program need
 *                                         shared.js   what frames need, and what the engine loads on demand
 *         cli/main.ts                     main.js         the program: looks at the version of Node
 *                                         program.js      its commands, and `run-task.js` that of a task
 *                                         …-worker.js     threads
 *                                         <chunk>.js      what is loaded on demand, by any of them
 *                                         *.wasm          read from beside their loader
 *                                         licenses.txt    of what is in them
 *     src/**         ──tsc──────▶ dist/types/**.d.ts      of which those stay that an entry leads to
 *
 * All of it is one build, so that whoever imports two of its entries has one of each class. `apache-arrow` stays outside: it is the users'
 * own, whose objects go in and out. Names and lines stay as they are, for the stacks of errors.
 *
 * `node scripts/bundle-package.ts [directory]` puts `js` elsewhere than in `dist`; the compiler has been there before.
 */

import { chmodSync, existsSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { copyKernels } from './kernel-files.ts';
import { buildMerged } from './merged-chunks.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = resolve(process.argv[2] ?? join(root, 'dist'));
const outdir = join(directory, 'js');
/** What programs import: the file that has it, and the source of that. */
const ENTRIES = {
  udf: ['functions', 'src/udf/udf.ts'],
  tasks: ['engine', 'src/tasks.ts'],
  s3: ['s3-store', 'src/io/s3/s3-store.ts'],
  index: ['frames', 'src/index.ts'],
} as const;
const sources = Object.fromEntries(Object.values(ENTRIES));
/** What threads run, found beside who starts them. */
const workers = Object.fromEntries(
  globSync('src/**/*-worker.ts', { cwd: root }).map((path) => [basename(path, '.ts'), path]),
);

rmSync(outdir, { recursive: true, force: true });
const metafile = await buildMerged({
  absWorkingDir: root,
  entryPoints: {
    ...sources,
    main: 'src/cli/main.ts',
    program: 'src/cli/program.ts',
    'run-task': 'src/cli/run-task.ts',
    ...workers,
  },
  groups: [
    'functions',
    { name: 'common', of: ['program', 'frames'] },
    'program',
    'engine',
    's3-store',
    { name: 'results', of: ['run-task', 'frames'] },
    { name: 'shared', of: ['engine', 'frames'], onDemandBytes: 100_000 },
    'frames',
    'run-task',
  ],
  apart: Object.keys(workers),
  outdir,
  extension: '.js',
  // parquet-wasm is evaluated anew for each instance, from where it is installed.
  external: ['apache-arrow', 'parquet-wasm'],
  minify: {},
  sourcemap: false,
});
for (const [name, [file]] of Object.entries(ENTRIES)) writeFileSync(join(outdir, `${name}.js`), entryText(file));
copyKernels(root, outdir);
writeFileSync(join(outdir, 'licenses.txt'), licenses(metafile));
chmodSync(join(outdir, 'main.js'), 0o755);
dropOtherTypes(join(directory, 'types'));

/** What programs see of a file, which has more for the others. */
function entryText(file: string): string {
  const [, output] = Object.entries(metafile.outputs).find(([path]) => basename(path) === `${file}.js`) ?? [];
  const names = (output?.exports ?? []).filter((name) => !name.startsWith('$'));
  return `export { ${names.join(', ')} } from './${file}.js';\n`;
}

/** Types that nobody can get at would be most of the files of the package. */
function dropOtherTypes(types: string): void {
  const fileOf = (source: string): string => source.replace(/\.ts$/, '.d.ts');
  const wanted = new Set(Object.values(sources).map((path) => join(types, fileOf(path.replace('src/', '')))));
  for (const file of wanted) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    for (const [, path] of text.matchAll(/\b(?:from|import) ?\(?['"](\.[^'"]+)['"]/g)) {
      wanted.add(join(dirname(file), fileOf(path ?? '')));
    }
  }
  for (const path of globSync('**/*.d.ts', { cwd: types })) {
    if (!wanted.has(join(types, path))) rmSync(join(types, path));
  }
}

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
