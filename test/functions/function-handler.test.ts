import { describe, expect, test } from 'vitest';
import { functionHandler } from '../../functions/middleware/function-handler.ts';
import type { InvocationContext } from '../../functions/middleware/invocation.ts';
import { InvalidArgument, InvalidPlan, MemoryBudgetExceeded, TaskCancelled } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { invoke } from './invoke.ts';

const failing = (error: unknown) =>
  functionHandler({ store: memoryStore() }, async () => {
    throw error;
  });

/** Waits for the deadline, and then does as it likes. */
const stoppedBy = (stop: (signal: AbortSignal) => unknown) =>
  functionHandler({ store: memoryStore() }, async (_, { signal }: InvocationContext) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    const outcome = stop(signal);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });

describe('a failure', () => {
  test.each([
    new InvalidArgument('no'),
    new InvalidPlan([{ path: '$.plan', message: 'no' }]),
    new MemoryBudgetExceeded('Sort', 2, 1, 3),
    new TypeError('a defect stays one'),
    Object.assign(new Error('of another library'), { name: 'NoSuchBucket' }),
  ])('keeps its name and its message: %s', async (thrown) => {
    const { error } = await invoke(failing(thrown), {});
    expect(error).toBeInstanceOf(Error);
    const { name, message } = thrown;
    expect(error).toMatchObject({ name, message });
  });

  test('that is no error becomes one', async () => {
    expect((await invoke(failing('nothing but text'), {})).error).toMatchObject({ message: 'nothing but text' });
  });

  test('is bounded: message and stack', async () => {
    const long = new InvalidArgument('x.'.repeat(500_000));
    const { error } = await invoke(failing(long), {});
    const { message, stack = '' } = error as Error;
    expect(message.length).toBeLessThan(5_000);
    expect(message).toMatch(/… \(1000000 characters\)$/);
    expect(stack.length).toBeLessThan(10_000);
    expect(stack).toMatch(/^InvalidArgument: x/);
    expect(stack).toMatch(/\n\s+at /);
  });

  test('says nothing secret, and has no members beside its name, message and stack', async () => {
    const leaky = Object.assign(
      new Error(
        'GET https://user:hunter2@bucket.s3.amazonaws.com/key?X-Amz-Signature=abc123&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE failed for AKIAIOSFODNN7EXAMPLE',
      ),
      { $response: { headers: { authorization: 'hunter2' } }, cause: new Error('hunter2') },
    );
    const { error, lines } = await invoke(failing(leaky), {});
    const told = JSON.stringify([error, Object.entries(error as Error), (error as Error).stack, lines]);
    for (const secret of ['hunter2', 'abc123', 'AKIAIOSFODNN7EXAMPLE']) expect(told).not.toContain(secret);
    expect((error as Error).message).toContain('https://bucket.s3.amazonaws.com/key');
    expect(Object.keys(error as Error)).toEqual([]);
    expect((error as Error).cause).toBeUndefined();
  });
});

describe('the deadline', () => {
  test.each([
    ['the signal’s own reason', (signal: AbortSignal) => signal.reason as Error],
    ['a cancelled task', () => new TaskCancelled('The task was cancelled.')],
    ['a request that was broken off', () => new DOMException('aborted', 'AbortError')],
  ])('gives its name to %s', async (_, stop) => {
    const { error } = await invoke(stoppedBy(stop), {}, { timeoutMs: 50 });
    expect(error).toMatchObject({
      name: 'DeadlineExceeded',
      message: expect.stringMatching(/nothing of it is visible/),
    });
  });

  test('leaves a failure of another kind alone', async () => {
    const { error } = await invoke(
      stoppedBy(() => new RangeError('mine')),
      {},
      { timeoutMs: 50 },
    );
    expect(error).toMatchObject({ name: 'RangeError', message: 'mine' });
  });

  test('waits for work that can still be done in the reserve', async () => {
    expect(
      (
        await invoke(
          stoppedBy(() => 'in time'),
          {},
          { timeoutMs: 50 },
        )
      ).answer,
    ).toBe('in time');
  });

  test('leaves cancellation by others alone', async () => {
    const { error } = await invoke(failing(new TaskCancelled('by hand')), {});
    expect(error).toMatchObject({ name: 'TaskCancelled' });
  });
});

test('two invocations have signals, stores and counts of their own', async () => {
  const seen: InvocationContext[] = [];
  const handler = functionHandler({ store: memoryStore() }, async (_, context) => {
    seen.push(context);
    await context.store.head('mem://a/b');
  });
  const first = await invoke(handler, {});
  const second = await invoke(handler, {});
  expect(first.metrics[0]).toMatchObject({ ReadRequests: 1 });
  expect(second.metrics[0]).toMatchObject({ ReadRequests: 1 });
  expect(seen[0]?.signal).not.toBe(seen[1]?.signal);
  expect(seen.map(({ signal }) => signal.aborted)).toEqual([false, false]);
});
