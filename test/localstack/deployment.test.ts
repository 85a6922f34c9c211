/** What serverless.yml deploys starts: whatever a bundle lacks shows here, before any job. */

import { expect, test } from 'vitest';
import { deployment } from './deployment.ts';
import { describeLane } from './harness.ts';
import { invoke } from './lambda.ts';

describeLane('the deployed functions', () => {
  test('load, and refuse what is no event of theirs by an error of ours', async () => {
    const { functions } = await deployment();
    const answers = await Promise.all(Object.values(functions).map((name) => invoke(name, { nothing: 'known' })));
    expect(answers.map(({ error }) => error?.errorType)).toEqual(answers.map(() => expect.stringMatching(/^Invalid/)));
  });
});
