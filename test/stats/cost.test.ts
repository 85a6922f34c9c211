import { expect, test } from 'vitest';
import { AWS_LIST_PRICES, estimateCost } from '../../src/stats/cost.ts';

const NOTHING = { memoryMb: 1024, durationMs: 0, writeRequests: 0, readRequests: 0 };

test('an hour of a function of 2 GB, by the price list of AWS', () => {
  // 7,200 GB-seconds at $0.0000133334, and one invocation at $0.20 per million.
  const { gbSeconds, computeUsd, totalUsd } = estimateCost({ ...NOTHING, memoryMb: 2048, durationMs: 3_600_000 });
  expect(gbSeconds).toBe(7200);
  expect(computeUsd).toBeCloseTo(0.09600048 + 0.0000002, 10);
  expect(totalUsd).toBe(computeUsd);
});

test('a million requests of each class', () => {
  const { requestsUsd } = estimateCost({ ...NOTHING, writeRequests: 1_000_000, readRequests: 1_000_000 });
  expect(requestsUsd).toBeCloseTo(5 + 0.4, 10);
});

test('a millisecond begun counts whole, and prices can be others', () => {
  const prices = { ...AWS_LIST_PRICES, perGbSecond: 1, perInvocation: 0 };
  expect(estimateCost({ ...NOTHING, durationMs: 0.1 }, prices).totalUsd).toBeCloseTo(0.001, 12);
});
