import { expect, test } from 'vitest';
import { describeLane, freshBucket } from './harness.ts';

describeLane('the emulator', () => {
  test('makes buckets', async () => {
    expect(await freshBucket()).toMatch(/^test-/);
  });
});
