/**
 * The declarations of the package, as the compiler of who has installed it sees them: without the library of browsers,
 * without types that are there for everything, and with no declaration passed over. What is compiled are the programs
 * that people read.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
// Inside of the repository, so that what the package depends on is found.
mkdirSync(join(root, 'build'), { recursive: true });
const project = mkdtempSync(join(root, 'build/types-'));
const installed = join(project, 'node_modules/millrace');

const OPTIONS = {
  ...{ strict: true, noEmit: true, target: 'es2024', lib: ['es2024'], types: [], skipLibCheck: false },
  ...{
    module: 'nodenext',
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
  },
};

/** What is refused is known, so no type has become `any`. */
const WRONG = `
import { fromRows, Session } from 'millrace';
import { s3Store } from 'millrace/s3';
// @ts-expect-error: no such column
fromRows([{ price: 1 }]).select('prize');
// @ts-expect-error: no such option
new Session({ memroy: 1 });
// @ts-expect-error: no such option
s3Store({ regoin: 'eu-central-1' });
`;

beforeAll(() => {
  mkdirSync(installed, { recursive: true });
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
  const emit = ['--noCheck', '--emitDeclarationOnly', '--sourceMap', 'false', '--outDir', join(installed, 'dist')];
  expect(tsc('-p', 'tsconfig.build.json', ...emit)).toBe('');
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, include: ['*.ts'] }));
});
afterAll(() => rmSync(project, { recursive: true }));

test('programs of the pages and of examples/ compile, whoever has installed the package', () => {
  const pages = ['README.md', 'docs/frames.md', 'docs/tuning.md', 'docs/udf.md'];
  for (const page of pages) {
    const programs = programsOf(readFileSync(join(root, page), 'utf8'), page === 'README.md');
    expect(programs.length, page).toBeGreaterThan(0);
    for (const [at, program] of programs.entries()) write(`${page.replaceAll(/[/.]/g, '-')}-${at}.ts`, program);
  }
  for (const name of readdirSync(join(root, 'examples'))) {
    const program = readFileSync(join(root, 'examples', name), 'utf8');
    write(name, program.replace("'../src/index.ts'", "'millrace'").replace("'../src/udf/udf.ts'", "'millrace/udf'"));
  }
  write('wrong.ts', WRONG);
  expect(tsc('-p', project)).toBe('');
});

/** The blocks of a page, and the last cells of its tables: one program, or each block one. */
function programsOf(page: string, areApart: boolean): readonly string[] {
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text);
  if (areApart) return blocks;
  const cells = page.includes('fromRows') ? [...page.matchAll(/^\| .* \| `([^`]+)` \|$/gm)] : [];
  return [[...blocks, ...cells.map(([, cell = '']) => `;(${cell});`)].join('\n')];
}

const write = (name: string, program: string): void => writeFileSync(join(project, name), program);

/** What the compiler has to say. */
function tsc(...args: readonly string[]): string {
  try {
    return execFileSync(join(root, 'node_modules/.bin/tsc'), args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error);
  }
}
