/**
 * Bundles, with what is always loaded together in one file. esbuild gives a chunk of its own to all that some modules share
 * which are loaded on demand, though the entry has loaded it before them. `execute-task` began with 91 files so, and Node takes
 * longer to find a file and to link it than to compile it: 138 ms of processor time until its handler could be called, 110 with one file.
 *
 *     esbuild      index ─▶ a, b, c        x, on demand ─▶ a, c        y, on demand ─▶ b
 *     here         index + a + b + c       x, on demand ─▶ index       y, on demand ─▶ index
 *
 * So what esbuild has written is bundled once more, file by file: a file of a group is one with its entry, which exports all that
 * others may need of it under names that tell the file; what others import of it, they import from there.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

export interface MergedBuild {
  readonly absWorkingDir: string;
  /** By the name that the file gets. */
  readonly entryPoints: Readonly<Record<string, string>>;
  /** Each is one file, but for what one before it has. */
  readonly groups: readonly (string | CommonGroup)[];
  /** Names of entries that are loaded without the groups, in threads of their own: what they need stays in chunks. */
  readonly apart?: readonly string[];
  readonly outdir: string;
  readonly extension: '.js' | '.mjs';
  readonly external?: string[];
  readonly alias?: Record<string, string>;
  readonly minify: Pick<BuildOptions, 'minify' | 'minifySyntax' | 'minifyWhitespace'>;
  readonly sourcemap: 'external' | false;
}

/**
 * CommonJS modules that are bundled into modules ask for these two. Every chunk lies in the same directory, so that what
 * a library reads from beside itself is found there.
 */
const BANNER = `import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url),__dirname=import.meta.dirname;`;

/** zod brings the words of fifty languages, of which it uses one, as a namespace that no bundler takes apart. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    })),
};

/** What two entries import at once, where each of them is loaded without the other: a file of this name. An entry that stands for itself has all its imports. */
export interface CommonGroup {
  readonly name: string;
  readonly of: readonly [string, string];
  /** Instead, of the second what is imported by files that the first loads on demand, which would load all of it: files of up to so many bytes. */
  readonly onDemandBytes?: number;
}

/**
 * What a module `…-now.ts` loads at once, in its caller's own turn, gets a chunk as if it were imported on demand. esbuild only knows the
 * latter, so it is told that, and `loadNow` is what stands in what it has written.
 */
const loadedNow: Plugin = {
  name: 'loaded-now',
  setup: ({ onLoad }) =>
    onLoad({ filter: /-now\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replaceAll(/\bload\(('[^']+')\)/g, "load('now', () => import($1))"),
    })),
};

const loadNow = (text: string): string =>
  text.replaceAll(/\(\s*"now",\s*\(\)\s*=>\s*import\(("[^"]+")\)\s*\)/g, '($1)');

/**
 * Modules of Node as values: to import one makes a module of it, for which each of its members is looked at, and some of those load what
 * nobody asked for. `node:http` brought all of `fetch`, 30 ms of a new process.
 */
const builtinValues: Plugin = {
  name: 'builtin-values',
  setup: ({ onResolve, onLoad }) => {
    // One for each importer: shared ones would be chunks, and groups would need each other for them.
    onResolve({ filter: /^node:/ }, ({ path, kind, importer }) =>
      kind === 'import-statement'
        ? { path, namespace: 'builtin', suffix: `?${importer.replaceAll(/[\\/]/g, ':')}` }
        : { path, external: true },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) as object).filter((name) => /^[A-Za-z_]\w*$/.test(name));
      const members = names.map((name) => `const node_${name} = /* @__PURE__ */ member('${name}');`);
      return {
        contents: [
          `const builtin = process.getBuiltinModule('${path}');`,
          'const member = (name) => builtin[name];',
          ...members,
          `export { builtin as default, ${names.map((name) => `node_${name} as ${name}`).join()} };`,
        ].join('\n'),
      };
    });
  },
};

type Output = Metafile['outputs'][string];

/** Writes the files, and gives what esbuild would have said of them. */
export async function buildMerged(options: MergedBuild): Promise<Metafile> {
  const parts = mkdtempSync(join(tmpdir(), 'millrace-chunks-'));
  try {
    return await new Merging(options, parts, await buildParts(options, parts)).write();
  } finally {
    rmSync(parts, { recursive: true, force: true });
  }
}

const commonOptions = ({ absWorkingDir, extension, external = [], minify }: MergedBuild) =>
  ({
    absWorkingDir,
    outExtension: { '.js': extension },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external,
    ...minify,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  }) satisfies BuildOptions;

/** As esbuild does it. */
async function buildParts(options: MergedBuild, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    ...commonOptions(options),
    entryPoints: { ...options.entryPoints },
    outdir,
    alias: options.alias ?? {},
    chunkNames: '[name]-[hash]',
    splitting: true,
    mainFields: ['module', 'main'],
    sourcemap: options.sourcemap === false ? false : 'linked',
    plugins: [oneLanguage, loadedNow, builtinValues],
  });
  for (const path of Object.keys(metafile.outputs).filter((path) => path.endsWith(options.extension))) {
    const file = join(options.absWorkingDir, path);
    const text = readFileSync(file, 'utf8');
    if (text.includes('"now"')) writeFileSync(file, loadNow(text));
  }
  return metafile;
}

class Merging {
  readonly #options: MergedBuild;
  readonly #parts: string;
  /** What esbuild has written, by file. */
  readonly #files: ReadonlyMap<string, Output>;
  /** The entries of the groups, and of each file of one its entry and its number. */
  readonly #groups: readonly string[];
  readonly #groupOf = new Map<string, string>();
  readonly #numbers = new Map<string, number>();

  constructor(options: MergedBuild, parts: string, { outputs }: Metafile) {
    this.#options = options;
    this.#parts = parts;
    const { extension, groups, apart = [] } = options;
    const found = Object.entries(outputs).filter(([path]) => path.endsWith(extension));
    this.#files = new Map(found.map(([path, output]) => [basename(path), output]));
    const alone = new Set(apart.flatMap((name) => [...this.#importedBy(`${name}${extension}`, new Set())]));
    this.#groups = groups.map((group) => `${typeof group === 'string' ? group : group.name}${extension}`);
    for (const [index, group] of groups.entries()) {
      const taken = new Set([...alone, ...this.#groupOf.keys()]);
      for (const file of this.#filesOf(
        typeof group === 'string' ? { name: group, of: [group, group] } : group,
        taken,
      )) {
        this.#numbers.set(file, this.#numbers.size);
        this.#groupOf.set(file, this.#groups[index] as string);
      }
    }
  }

  async write(): Promise<Metafile> {
    const { outdir, sourcemap } = this.#options;
    const common = { ...commonOptions(this.#options), banner: { js: BANNER }, sourcemap };
    const metafiles: Metafile[] = [];
    for (const entry of this.#groups) {
      const stdin = { contents: this.#groupText(entry), resolveDir: this.#parts, sourcefile: 'group' };
      const plugins = [this.#plugin(entry)];
      metafiles.push((await build({ ...common, stdin, plugins, outfile: join(outdir, entry) })).metafile);
    }
    const others = [...this.#files.keys()].filter((file) => !this.#groupOf.has(file));
    const entryPoints = others.map((file) => join(this.#parts, file));
    metafiles.push((await build({ ...common, entryPoints, outdir, plugins: [this.#plugin(undefined)] })).metafile);
    // What is in a group and may be loaded by itself, too.
    for (const [file, entry] of this.#groupOf) {
      if (file !== entry && this.#files.get(file)?.entryPoint !== undefined) {
        writeFileSync(join(outdir, file), this.#fromGroup(file));
      }
    }
    return { inputs: {}, outputs: Object.assign({}, ...metafiles.map(({ outputs }) => this.#described(outputs))) };
  }

  /** Of a group, but for what is taken. */
  #filesOf({ of: [first, second], onDemandBytes }: CommonGroup, taken: ReadonlySet<string>): ReadonlySet<string> {
    const { extension } = this.#options;
    const others = this.#importedBy(`${second}${extension}`, taken);
    if (onDemandBytes === undefined) {
      return new Set([...this.#importedBy(`${first}${extension}`, taken)].filter((file) => others.has(file)));
    }
    const loaded = [...this.#importedBy(`${first}${extension}`, new Set(), true)];
    const importers = loaded.filter((file) => !taken.has(file) && !others.has(file));
    const imported = new Set(importers.flatMap((file) => this.#importsOf(file, false)));
    const needs = [...others].filter((file) => imported.has(file)).map((file) => [...this.#importedBy(file, taken)]);
    const isSmall = (file: string): boolean => (this.#files.get(file)?.bytes ?? 0) <= onDemandBytes;
    return new Set(needs.filter((files) => files.every(isSmall)).flat());
  }

  /** `entry` and what it imports at once, or on demand too, and that imports, but for `without`. */
  #importedBy(entry: string, without: ReadonlySet<string>, onDemand: boolean = false): ReadonlySet<string> {
    const found = new Set([entry]);
    for (const file of found) {
      for (const imported of this.#importsOf(file, onDemand)) if (!without.has(imported)) found.add(imported);
    }
    return found;
  }

  #importsOf(file: string, onDemand: boolean): string[] {
    const imports = this.#files.get(file)?.imports ?? [];
    return imports
      .filter(({ kind, external }) => external !== true && (onDemand || kind === 'import-statement'))
      .map(({ path }) => basename(path));
  }

  #exportsOf(file: string): readonly string[] {
    return this.#files.get(file)?.exports ?? [];
  }

  /** The name under which the group of `file` exports `name` of it. */
  #groupName(file: string, name: string): string {
    return `$${this.#numbers.get(file)}${name}`;
  }

  /** The entry where it has one, as it was, with all that its files export. */
  #groupText(entry: string): string {
    const files = [...this.#groupOf].filter(([, group]) => group === entry).map(([file]) => file);
    const exported = files.map((file) => {
      const names = this.#exportsOf(file).map((name) => `${name} as ${this.#groupName(file, name)}`);
      return `export {${names.join()}} from './${file}';`;
    });
    if (!files.includes(entry)) return exported.join('\n');
    const own = [`import './${entry}';`, `export {${this.#exportsOf(entry).join()}} from './${entry}';`];
    return [...own, ...exported].join('\n');
  }

  /** A file of a group, as others see it. */
  #fromGroup(file: string): string {
    const names = this.#exportsOf(file).map((name) => `${this.#groupName(file, name)} as ${name}`);
    return `export {${names.join()}} from './${this.#groupOf.get(file)}';`;
  }

  /** While the group of `self` is bundled, or a file of none. */
  #plugin(self: string | undefined): Plugin {
    const setup: Plugin['setup'] = ({ onResolve, onLoad }) => {
      onResolve({ filter: /^\.\/[^/]+$/ }, ({ path, kind, namespace }) => {
        const file = basename(path);
        const group = this.#groupOf.get(file);
        if (namespace !== 'group' && group !== undefined && kind === 'import-statement') {
          return group === self ? { path: join(this.#parts, file) } : { path: file, namespace: 'group' };
        }
        return this.#files.has(file) || this.#groups.includes(file) ? { path, external: true } : undefined;
      });
      onLoad({ filter: /.*/, namespace: 'group' }, ({ path }) => ({ contents: this.#fromGroup(path) }));
    };
    return { name: 'groups', setup };
  }

  /** What has become of the inputs that esbuild was given first. */
  #described(outputs: Metafile['outputs']): Metafile['outputs'] {
    const { absWorkingDir, outdir } = this.#options;
    const described = Object.entries(outputs).map(([path, output]): [string, Output] => {
      const imports = output.imports.map((imported) => {
        const name = basename(imported.path);
        const isOurs = imported.path.startsWith('./') && (this.#files.has(name) || this.#groups.includes(name));
        return isOurs
          ? { path: relative(absWorkingDir, join(outdir, basename(imported.path))), kind: imported.kind }
          : imported;
      });
      const inputs: Output['inputs'] = {};
      for (const [part, { bytesInOutput }] of Object.entries(output.inputs)) {
        const first = this.#files.get(basename(part));
        if (first === undefined || first.bytes === 0) continue;
        for (const [input, { bytesInOutput: bytes }] of Object.entries(first.inputs)) {
          inputs[input] = { bytesInOutput: Math.round((bytes * bytesInOutput) / first.bytes) };
        }
      }
      return [path, { ...output, imports, inputs }];
    });
    return Object.fromEntries(described);
  }
}
