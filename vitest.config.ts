import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests bind without asking what their plans call.
    setupFiles: ['src/expressions/functions/all-functions.ts'],
    // Two cores: more workers only make each other slower.
    maxWorkers: 2,
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: 'build/test-report.json' }]] : ['default'],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/localstack/**'] },
      },
      {
        // Against one emulator, started when any of these files is run; they share it, so one file at a time.
        extends: true,
        test: {
          name: 'localstack',
          include: ['test/localstack/**/*.test.ts'],
          globalSetup: ['test/localstack/lane.ts'],
          maxWorkers: 1,
          // The first to want the deployment waits for it, a minute where the machine is busy.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

export default config;
