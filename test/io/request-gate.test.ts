import { describe, expect, test } from 'vitest';
import { RequestGate } from '../../src/io/request-gate.ts';

/** Time that passes only where somebody waits for it. */
class VirtualClock {
  ms = 0;
  readonly nowMs = (): number => this.ms;
  readonly sleep = async (ms: number): Promise<void> => {
    this.ms += ms;
  };
}

async function pass(gate: RequestGate, clock: VirtualClock, count: number, everyMs: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    clock.ms += everyMs;
    await gate.enter();
    gate.leave();
    gate.answered();
  }
}

describe('RequestGate', () => {
  test('lets as many in as there are slots, the others in the order in which they came', async () => {
    const gate = new RequestGate(2);
    const entered: number[] = [];
    const waiting = [0, 1, 2, 3, 4].map(async (i) => {
      await gate.enter();
      entered.push(i);
    });
    await Promise.all(waiting.slice(0, 2));
    expect(entered).toEqual([0, 1]);
    for (const i of [2, 3, 4]) {
      gate.leave();
      await waiting[i];
    }
    expect(entered).toEqual([0, 1, 2, 3, 4]);
  });

  test('whoever gives up waiting takes no slot', async () => {
    const gate = new RequestGate(1);
    await gate.enter();
    const controller = new AbortController();
    const given = gate.enter(controller.signal);
    const patient = gate.enter();
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    gate.leave();
    await patient;
    await expect(gate.enter(controller.signal)).rejects.toThrow('enough');
  });

  test('halves the rate once for all requests in flight, and comes back to no limit', async () => {
    const clock = new VirtualClock();
    const gate = new RequestGate(100, clock);
    await pass(gate, clock, 300, 10);
    for (let i = 0; i < 50; i++) gate.throttled();
    expect(gate.rate).toBeCloseTo(50, 0);
    clock.ms += 600;
    gate.throttled();
    expect(gate.rate).toBeCloseTo(25, 0);

    const before = clock.ms;
    await pass(gate, clock, 25, 0);
    expect(clock.ms - before).toBeGreaterThan(800);
    expect(gate.rate).toBeGreaterThan(25);
    for (let i = 0; i < 10_000 && gate.rate < Number.POSITIVE_INFINITY; i++) await pass(gate, clock, 1, 1);
    expect(gate.rate).toBe(Number.POSITIVE_INFINITY);
    const free = clock.ms;
    await pass(gate, clock, 100, 0);
    expect(clock.ms).toBe(free);
  });

  test('never stops altogether', async () => {
    const clock = new VirtualClock();
    const gate = new RequestGate(1, clock);
    for (let i = 0; i < 40; i++) {
      clock.ms += 1_000;
      gate.throttled();
    }
    expect(gate.rate).toBe(4);
    await pass(gate, clock, 3, 0);
  });
});
