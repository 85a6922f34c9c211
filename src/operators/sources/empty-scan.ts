import type { Schema } from '../../columnar/schema.ts';
import type { Source } from '../operator.ts';

/** No rows, with a schema: it pushes nothing. */
export function emptyScan({ schema }: { readonly schema: Schema }): Source {
  return {
    role: 'source',
    name: 'EmptyScan',
    schema,
    open: () => ({ run: async () => {}, [Symbol.dispose]: () => {} }),
  };
}
