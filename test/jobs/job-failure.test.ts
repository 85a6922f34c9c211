import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../src/jobs/job-failure.ts';

const CAUSE = JSON.stringify({
  errorType: 'MalformedFile',
  errorMessage: 's3://b/x.parquet is "damaged":\n  it is empty.',
  trace: ['MalformedFile: secret', '    at /var/task/index.mjs:1:1'],
});

describe('a failure', () => {
  test('of a function has its message, not its stack', () => {
    expect(failureOf({ Error: 'MalformedFile', Cause: CAUSE })).toEqual({
      error: 'MalformedFile',
      cause: 's3://b/x.parquet is "damaged":\n  it is empty.',
    });
  });

  test.each([
    [{ Error: 'States.Timeout' }, { error: 'States.Timeout', cause: 'no more is known' }],
    [
      { Error: 'States.Timeout', Cause: '' },
      { error: 'States.Timeout', cause: 'no more is known' },
    ],
    [
      { Error: 'Lambda.Unknown', Cause: 'plain text' },
      { error: 'Lambda.Unknown', cause: 'plain text' },
    ],
    [{ Cause: CAUSE.slice(0, 58) }, { error: 'MalformedFile', cause: 's3://b/x.parq' }],
    [
      { Error: 'X', Cause: '{"errorMessage":"cut \\' },
      { error: 'X', cause: 'cut ' },
    ],
    [
      { Error: 'X', Cause: '{"errorMessage":"cut \\u00' },
      { error: 'X', cause: 'cut ' },
    ],
    [
      { Error: 'X', Cause: '{"trace":["a"]}' },
      { error: 'X', cause: 'no more is known' },
    ],
    [
      { Error: 'a b\u001b[31m"', Cause: 'x\u001b[31my' },
      { error: 'ab31m', cause: 'x [31my' },
    ],
    [
      { Error: 'X', Cause: 'at https://me:pass@host/x' },
      { error: 'X', cause: 'at https://host/x' },
    ],
    [
      { Error: 1, Cause: 2 },
      { error: 'Unknown', cause: 'no more is known' },
    ],
  ])('%j', (given, expected) => expect(failureOf(given)).toEqual(expected));

  test('is short, whatever was handed over, and of a cut message is its beginning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.nat(4000), (message, end) => {
        const Cause = JSON.stringify({ errorType: 'X', errorMessage: message }).slice(0, end);
        const { error, cause } = failureOf({ Error: 'X', Cause });
        expect(error).toBe('X');
        expect(cause.length).toBeLessThanOrEqual(2000);
        expect(cause.isWellFormed()).toBe(true);
        if (/^[\w ]*$/.test(message) && message.length < 1000 && cause !== 'no more is known')
          expect(message.startsWith(cause)).toBe(true);
      }),
    );
  });
});
