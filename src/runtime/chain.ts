import type { Schema } from '../columnar/schema.ts';
import type { Source, Stage } from '../operators/operator.ts';

/** A source and the stages its batches pass through, in order. An immutable value, made from the plan. */
export interface Chain {
  readonly source: Source;
  readonly stages: readonly Stage[];
}

/** Of the batches that come out of the chain. */
export function chainSchema({ source, stages }: Chain): Schema {
  return (stages.at(-1) ?? source).schema;
}
