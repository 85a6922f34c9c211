import type { Schema } from '../columnar/schema.ts';
import type { Join, Source, Stage } from '../operators/operator.ts';

/** A source and the stages its batches pass through, in order. An immutable value, made from the plan. */
export interface Chain {
  readonly source: Source;
  readonly stages: readonly ChainStage[];
}

/**
 * A join, as the chain of its probe side has it, with the chain of its build side:
 *
 *     build    source ─▶ stage ─▶ ╮ all of it
 *     probe    source ─▶ stage ─▶ join ─▶ stage
 */
export interface JoinStage {
  readonly role: 'join-stage';
  readonly join: Join;
  readonly build: Chain;
}

export type ChainStage = Stage | JoinStage;

/** The operator of a stage. */
export const stageOperator = (stage: ChainStage): Stage | Join => (stage.role === 'join-stage' ? stage.join : stage);

/** Of the batches that come out of the chain. */
export function chainSchema({ source, stages }: Chain): Schema {
  const last = stages.at(-1);
  return (last === undefined ? source : stageOperator(last)).schema;
}
