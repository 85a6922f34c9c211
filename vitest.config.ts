import { execFileSync } from 'node:child_process';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What random tests start from: FUZZ_SEED, else the commit. So a commit passes or fails, whoever tests it and how
 * often, and each commit tries other cases than the one before.
 */
function testSeed(): string {
  const given = process.env['FUZZ_SEED'];
  if (given !== undefined) return given;
  try {
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return String(Number.parseInt(commit.slice(0, 7), 16));
  } catch {
    return '0'; // no repository
  }
}

const areKernelsChecked = Boolean(process.env['CHECK_KERNELS']);
/** Checks make kernels some ten times slower. */
const TIMEOUT_MS = areKernelsChecked ? 900_000 : 60_000;

const LONG_FILES = /\/(?:architecture\/habits|localstack\/(?:memory-sizes|faults-storage))\.test\.ts$/;

/** Where no run before says how long files take, the largest of them are first: small ones that take longest would be alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG_FILES.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    env: { FUZZ_SEED: testSeed() },
    // Tests bind without asking what their plans call.
    setupFiles: [
      'src/expressions/functions/all-functions.ts',
      'test/support/seed-properties.ts',
      'test/support/plain-equality.ts',
      ...(areKernelsChecked ? ['test/support/checked-kernels/check-all.ts'] : []),
    ],
    // What is not bundled is imported as it is: else each use of `assert` in a loop goes through a proxy.
    deps: { interopDefault: false },
    sequence: { sequencer: LongestFirst },
    // Two cores: more workers only make each other slower.
    maxWorkers: 2,
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: 'build/test-report.json' }]] : ['default'],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/localstack/**'] },
      },
      {
        // Against one emulator, which is made while the others run; of what it holds, each file has its own.
        extends: true,
        test: {
          name: 'localstack',
          include: ['test/localstack/**/*.test.ts'],
          globalSetup: ['test/localstack/lane.ts'],
          // Jobs take long, and longer where the machine is busy.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

export default config;
