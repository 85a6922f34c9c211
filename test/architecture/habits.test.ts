import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm run check` runs beside the tests: here, so that the one test command holds the whole of it. */
test.each([
  ['types', 'tsc', []],
  ['format and lint', 'biome', ['ci', '--colors=off', '.']],
  [
    'no promise is left floating',
    'oxlint',
    [
      '--type-aware',
      '-c',
      '.oxlintrc.json',
      'src',
      'functions',
      'infra',
      'test',
      'bench',
      'demo',
      'examples',
      'scripts',
    ],
  ],
  ['no dead files, exports or dependencies', 'knip', ['--no-progress']],
  ['generated pages are up to date', 'node', ['scripts/generate-docs.ts', '--check']],
] as const)('%s', (_, command, args) => {
  expect(run(command, args)).toBe('');
});

/** Empty when the command succeeds, else what it said. */
function run(command: string, args: readonly string[]): string {
  try {
    execFileSync(`node_modules/.bin/${command}`, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${command} failed:\n${stdout}${stderr}`;
  }
}
