/** The functions that `udf.ts` calls. */

import { type Udf, udf } from '../src/index.ts'; // 'millrace' in a program of yours

export const initials: Udf = udf(
  (name: string | null) =>
    name
      ?.split(' ')
      .map((part) => part.charAt(0))
      .join('') ?? null,
  { returns: { kind: 'utf8' } },
);
