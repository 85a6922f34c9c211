import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as errors from '../../src/errors.ts';

interface Rule {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts?: number;
  readonly JitterStrategy?: string;
  readonly Next?: string;
}

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly End?: boolean;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Retry?: readonly Rule[];
  readonly Catch?: readonly Rule[];
  readonly Parameters?: { readonly FunctionName?: string };
  readonly TimeoutSeconds?: number;
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly ItemProcessor?: Machine;
}

interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

const text = readFileSync('infra/state-machines/run-job.asl.json', 'utf8');
const machine = JSON.parse(text) as Machine & { readonly TimeoutSeconds?: number };
const ofTask = Object.values(machine.States).find(({ Type }) => Type === 'Map')?.ItemProcessor as Machine;
const states = new Map([...Object.entries(machine.States), ...Object.entries(ofTask.States)]);
const tasks = [...states].filter(([, { Type }]) => Type === 'Task');

/** Names that Step Functions and Lambda give to failures of their own, as far as we expect them. */
const NAMES_OF_AWS: ReadonlySet<string> = new Set([
  'Lambda.AWSLambdaException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Runtime.OutOfMemory',
  'Sandbox.Timedout',
  'States.ALL',
  'States.ItemReaderFailed',
  'States.Timeout',
]);

/** Errors that may not happen again, and that the machine does not retry all the same. */
const NOT_RETRIED: Readonly<Record<string, string>> = {
  ObjectChanged: 'the inputs of a job are pinned: the version it was planned with does not come back',
  ServiceUnavailable: 'comes of starting executions, which no task of the machine does',
  ThreadDied: 'comes of threads, and functions have one',
};

const ours = new Map(
  Object.values(errors).flatMap((type) => {
    // An instance of empty arguments has the name and the class of the error all the same.
    if (type === errors.MillraceError) return [];
    const error = Reflect.construct(type as new (...given: unknown[]) => errors.MillraceError, [
      type === errors.InvalidPlan || type === errors.InvalidQuery ? [] : '',
      '',
      '',
      '',
    ]);
    return [[error.name, error.retryable] as [string, boolean]];
  }),
);

const catchesAbort = (name: string): boolean => name === 'JobAborted' || name === 'States.ALL';

const namesIn = (rules: readonly Rule[] = []): string[] => rules.flatMap(({ ErrorEquals }) => ErrorEquals);
const retried = new Set(tasks.flatMap(([, { Retry }]) => namesIn(Retry)));
const inLargeSize = namesIn(states.get('ExecuteSmall')?.Catch?.filter(({ Next }) => Next === 'ExecuteLarge'));

describe('the state machine', () => {
  test('names only errors that exist', () => {
    const named = [...states].flatMap(([name, { Retry, Catch, Error: fails }]) =>
      [...namesIn(Retry), ...namesIn(Catch), ...(fails === undefined ? [] : [fails])].map((error) => ({ name, error })),
    );
    expect(ours.size).toBeGreaterThan(20);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter(({ error }) => !ours.has(error) && !NAMES_OF_AWS.has(error))).toEqual([]);
  });

  test('retries every error that may not happen again', () => {
    const retryable = [...ours].filter(([, isRetryable]) => isRetryable).map(([name]) => name);
    expect(retryable.filter((name) => !retried.has(name) && !(name in NOT_RETRIED))).toEqual([]);
    expect(Object.keys(NOT_RETRIED).filter((name) => retried.has(name) || !ours.get(name))).toEqual([]);
  });

  test('retries no error that is sure to happen again', () => {
    expect([...retried].filter((name) => name === 'States.ALL' || ours.get(name) === false)).toEqual([]);
  });

  test('gives what lacked memory or time to the large size, not to the small one again', () => {
    expect(inLargeSize).toEqual(
      expect.arrayContaining(['MemoryBudgetExceeded', 'DeadlineExceeded', 'Runtime.OutOfMemory', 'Sandbox.Timedout']),
    );
    const again = namesIn(states.get('ExecuteSmall')?.Retry);
    // A process that ended may have been killed for memory, or not: it has one more try.
    expect(inLargeSize.filter((name) => again.includes(name))).toEqual(['Runtime.ExitError']);
  });

  test.each(tasks)('%s has limits, waits between attempts, and hands on every failure', (_, state) => {
    expect(state.TimeoutSeconds).toBeGreaterThan(900);
    expect(state.Retry?.length).toBeGreaterThan(0);
    for (const { MaxAttempts, JitterStrategy } of state.Retry ?? []) {
      expect(MaxAttempts).toBeGreaterThan(0);
      expect(JitterStrategy).toBe('FULL');
    }
    expect(namesIn(state.Catch)).toContain('States.ALL');
    expect(namesIn(state.Retry)).toContain('Lambda.TooManyRequestsException');
  });

  test('ends in the course of days', () => expect(machine.TimeoutSeconds).toBeLessThanOrEqual(7 * 86_400));

  test.each([
    ['a job', machine],
    ['a task', ofTask],
  ])('reaches every state of %s, and leaves none without an end', (_, { StartAt, States }) => {
    const reached = new Set([StartAt]);
    for (const name of reached) for (const next of nextOf(States[name] as State)) reached.add(next);
    expect([...reached].toSorted()).toEqual(Object.keys(States).toSorted());
    for (const [name, state] of Object.entries(States)) {
      const ends = state.End === true || state.Type === 'Succeed' || state.Type === 'Fail';
      expect(ends, name).toBe(nextOf(state).length === 0);
      if (state.Type === 'Choice') expect(state.Default, name).toBeDefined();
    }
  });

  test('aborts the job before it fails, whatever failed', () => {
    for (const [name, state] of [...states].filter(([, { Catch }]) => Catch !== undefined)) {
      if (invokedBy(state) === 'AbortJobArn') continue;
      for (const { Next = '', ErrorEquals } of state.Catch ?? []) {
        const aborting = invokedBy(states.get(Next)) === 'AbortJobArn';
        const aborted = Next === 'AbortedBefore' && ErrorEquals.join() === 'JobAborted';
        expect(aborting || aborted || Next === 'ExecuteLarge', `${name} → ${Next}`).toBe(true);
      }
    }
  });

  test('does not abort once more for each task that finds its job aborted', () => {
    for (const name of ['ExecuteSmall', 'ExecuteLarge']) {
      const first = states.get(name)?.Catch?.find(({ ErrorEquals }) => ErrorEquals.some(catchesAbort));
      expect(first?.Next, name).toBe('AbortedBefore');
    }
  });

  test('fails with our names: of its own accord, or as they were recorded', () => {
    const failing = [...states.values()].filter(({ Type }) => Type === 'Fail');
    expect(failing.length).toBeGreaterThan(3);
    for (const { Error: name, ErrorPath } of failing) {
      expect(ErrorPath === '$.abort.error' || ours.has(name ?? '')).toBe(true);
    }
  });

  test('uses both sizes of the function that runs tasks', () => {
    expect(invokedBy(states.get('ExecuteSmall'))).toBe('ExecuteTaskArn');
    expect(invokedBy(states.get('ExecuteLarge'))).toBe('ExecuteTaskLargeArn');
  });

  test('has no null, which a template of a stack would lose', () => expect(text).not.toMatch(/:\s*null/));
});

/** The substitution that stands for the function. */
function invokedBy(state: State | undefined): string | undefined {
  return state?.Parameters?.FunctionName?.replace(/^\$\{(\w+)\}$/, '$1');
}

function nextOf({ Next, Default, Choices = [], Catch = [] }: State): string[] {
  return [Next, Default, ...Choices.map((choice) => choice.Next), ...Catch.map((rule) => rule.Next)].filter(
    (name) => name !== undefined,
  );
}
