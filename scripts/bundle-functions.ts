/**
 * The functions as files that Lambda runs, one directory each, with nothing to install:
 *
 *     functions/<name>.ts ──esbuild──▶ dist/functions/<name>/index.mjs        all that is needed from the start
 *                                                            <chunk>.mjs      what is loaded on demand
 *                                                            *.wasm           read from beside their loader
 *                                                            node_modules/    parquet-wasm, of which a process loads many
 *                                      dist/functions-maps/<name>/*.mjs.map   for `node --enable-source-maps` at a desk
 *                                                            udf-<name>.mjs   modules of user-defined functions, of execute-task
 *                                                            udfs.json        their names and files
 *
 * `node scripts/bundle-functions.ts [directory] [--udf name=module]…` puts them elsewhere than in `dist`, and registers
 * modules of user-defined functions. Prints what each weighs, and fails where `execute-task` has become too heavy to start quickly.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { buildMerged } from './merged-chunks.ts';

const FUNCTIONS = ['execute-task', 'plan-stage', 'commit-job', 'abort-job', 'start-on-object'] as const;
/** Zipped bytes of ours in `execute-task`, kernels included. */
const MAX_OWN_BYTES = 1_000_000;
/** Zipped bytes that `execute-task` reads before its first task: what a scan, a filter, an aggregate and a write need. */
const MAX_START_BYTES = 450_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { udf: { type: 'string', multiple: true, default: [] } },
});
const [out = join(root, 'dist')] = positionals;
/** The modules of user-defined functions, by the names that plans use. */
const UDFS = new Map(
  values.udf.map((given): [string, string] => {
    const [, name, path] = /^([A-Za-z0-9_-]+)=(.+)$/s.exec(given) ?? [];
    if (name === undefined || path === undefined) throw new Error(`--udf ${given}: it is <name>=<path of a module>`);
    return [name, resolve(path)];
  }),
);
const bundleDirectory = (name: string): string => join(out, 'functions', name);
const mapsDirectory = (name: string): string => join(out, 'functions-maps', name);
const KERNELS = 'src/kernels/kernels.wasm';
/** Read when a plan needs them, by the module that has their types. */
const OTHER_KERNELS = [
  ['kernels/csv-kernels', 'src/kernels/text-kernels.wasm'],
  ['kernels/window-kernels', 'src/kernels/window-kernels.wasm'],
  ['kernels/parquet-encode-kernels', 'src/kernels/parquet-write-kernels.wasm'],
  ['kernels/zstd-kernels', 'src/kernels/zstd-kernels.wasm'],
  ['kernels/gzip-kernels', 'src/kernels/gzip-kernels.wasm'],
] as const;
/** Stays a package of its own: `parquet-wasm.ts` evaluates it anew for each instance. */
const PARQUET_WASM = 'node_modules/parquet-wasm/node/parquet_wasm.js';

/** Bytes as they lie there, and as they weigh in a zip. */
interface Weight {
  readonly raw: number;
  readonly zipped: number;
}

interface BundleWeight {
  readonly name: string;
  readonly total: Weight;
  /** What is read before the first invocation. */
  readonly start: Weight;
  readonly own: Weight;
}

async function bundle(name: string): Promise<Metafile> {
  const directory = bundleDirectory(name);
  rmSync(directory, { recursive: true, force: true });
  const udfs = name === 'execute-task' ? udfEntries() : {};
  const metafile = await buildMerged({
    absWorkingDir: root,
    entryPoints: { index: `functions/${name}.ts`, ...udfs },
    groups: ['index'],
    // Threads of actors load modules of functions, and not the function.
    apart: Object.keys(udfs),
    // A module of functions imports what defines them by the name of this package.
    alias: { millrace: join(root, 'src/index.ts') },
    outdir: directory,
    extension: '.mjs',
    minify: { minify: true },
    sourcemap: 'external',
  });
  setMapsApart(name, directory);
  if (name === 'execute-task' && UDFS.size > 0) {
    const files = [...UDFS.keys()].map((udf) => [udf, `udf-${udf}.mjs`]);
    writeFileSync(join(directory, 'udfs.json'), JSON.stringify(Object.fromEntries(files)));
  }
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  if (inputs.some((input) => input.includes('kernels/static-kernels'))) addWasm(directory, KERNELS);
  for (const [user, path] of OTHER_KERNELS) {
    if (inputs.some((input) => input.includes(user))) addWasm(directory, path);
  }
  if (inputs.some((input) => input.endsWith('parquet/parquet-wasm.ts'))) {
    Object.assign(metafile.outputs, await bundleParquetWasm(directory));
  }
  writeFileSync(join(mapsDirectory(name), 'metafile.json'), JSON.stringify(metafile));
  return metafile;
}

/** With them the threads of actors, which nothing but those needs. */
function udfEntries(): Record<string, string> {
  if (UDFS.size === 0) return {};
  const modules = [...UDFS].map(([name, path]): [string, string] => [`udf-${name}`, path]);
  return { 'actor-worker': 'src/udf/actor-worker.ts', ...Object.fromEntries(modules) };
}

async function bundleParquetWasm(directory: string): Promise<Metafile['outputs']> {
  const outfile = join(directory, 'node_modules/parquet-wasm/index.js');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [PARQUET_WASM],
    outfile,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    metafile: true,
  });
  addWasm(dirname(outfile), PARQUET_WASM.replace(/\.js$/, '_bg.wasm'));
  return metafile.outputs;
}

function setMapsApart(name: string, directory: string): void {
  const maps = mapsDirectory(name);
  rmSync(maps, { recursive: true, force: true });
  mkdirSync(maps, { recursive: true });
  for (const file of readdirSync(directory).filter((file) => file.endsWith('.map'))) {
    renameSync(join(directory, file), join(maps, file));
  }
}

function addWasm(directory: string, path: string): void {
  copyFileSync(join(root, path), join(directory, basename(path)));
}

function weightOf(name: string, metafile: Metafile): BundleWeight {
  const directory = bundleDirectory(name);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => /\.\w+$/.test(path));
  const start = startFiles(metafile).map((path) => basename(path));
  const wasmOfStart = files.includes(basename(KERNELS)) ? [basename(KERNELS)] : [];
  return {
    name,
    total: sum(files.map((file) => weigh(readFileSync(join(directory, file))))),
    start: sum([...start, ...wasmOfStart].map((file) => weigh(readFileSync(join(directory, file))))),
    own: sum([ownShare(directory, metafile), ...wasmOfStart.map((file) => weigh(readFileSync(join(directory, file))))]),
  };
}

/** The entry and every chunk that it imports without being asked. */
function startFiles(metafile: Metafile): readonly string[] {
  const found = new Set(Object.keys(metafile.outputs).filter((path) => path.endsWith('/index.mjs')));
  for (const path of found) {
    for (const edge of metafile.outputs[path]?.imports ?? []) {
      if (edge.kind === 'import-statement' && edge.external !== true) found.add(edge.path);
    }
  }
  return [...found];
}

/** What our sources have become in the bundle; zipped as the file around them is, in proportion. */
function ownShare(directory: string, metafile: Metafile): Weight {
  return sum(
    Object.entries(metafile.outputs)
      .filter(([path]) => path.endsWith('.mjs'))
      .map(([path, { bytes, inputs }]) => {
        const own = Object.entries(inputs).filter(([input]) => !input.includes('node_modules/'));
        const raw = own.reduce((total, [, { bytesInOutput }]) => total + bytesInOutput, 0);
        const { zipped } = weigh(readFileSync(join(directory, basename(path))));
        return { raw, zipped: bytes === 0 ? 0 : Math.round((zipped * raw) / bytes) };
      }),
  );
}

function weigh(bytes: Uint8Array): Weight {
  return { raw: bytes.length, zipped: deflateRawSync(bytes).length };
}

function sum(weights: readonly Weight[]): Weight {
  return weights.reduce((a, b) => ({ raw: a.raw + b.raw, zipped: a.zipped + b.zipped }), { raw: 0, zipped: 0 });
}

function row(cells: readonly string[]): string {
  return cells.map((cell, column) => (column === 0 ? cell.padEnd(16) : cell.padStart(22))).join('');
}

const cell = ({ raw, zipped }: Weight): string => `${kilobytes(raw)} / ${kilobytes(zipped)}`;
const kilobytes = (bytes: number): string =>
  `${(bytes / 1000).toLocaleString('en-US', { maximumFractionDigits: 0 })} kB`;

const weights: BundleWeight[] = [];
for (const name of FUNCTIONS) weights.push(weightOf(name, await bundle(name)));
console.log(row(['function', 'all, raw / zipped', 'read at start', 'ours']));
for (const { name, total, start, own } of weights) console.log(row([name, cell(total), cell(start), cell(own)]));
const { own, start } = weights.find(({ name }) => name === 'execute-task') as BundleWeight;
if (own.zipped > MAX_OWN_BYTES || start.zipped > MAX_START_BYTES) {
  console.error(
    `execute-task has ${own.zipped} zipped bytes of ours, and reads ${start.zipped} at start; at most ${MAX_OWN_BYTES} and ${MAX_START_BYTES} start quickly enough.`,
  );
  process.exitCode = 1;
}
