import type { ObjectStore } from '../io/object-store.ts';
import { describeParquet } from '../io/parquet/parquet-schema.ts';
import { sizedFiles } from '../jobs/resolve-inputs.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { Task } from '../plan/task.ts';
import { nodeInputs } from '../planner/node-inputs.ts';
import { sourceStatistics } from '../planner/optimizer/source-statistics.ts';
import type { SourceStatistics, StatisticsOf } from '../planner/optimizer/statistics.ts';

interface Sources {
  readonly inputs: Task['inputs'];
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
}

/** What the first Parquet file of each scan tells of all of its files. @throws what reading footers may throw */
export async function statisticsOfInputs(plan: PlanNode, { inputs, store, signal }: Sources): Promise<StatisticsOf> {
  const known = new Map<string, SourceStatistics | undefined>();
  for (const sourceId of new Set(parquetSources(plan))) {
    const input = inputs[sourceId];
    if (input?.kind !== 'files') continue;
    const files = await sizedFiles(input.files, { store, signal });
    const [first] = files;
    if (first === undefined) continue;
    const { statistics } = await describeParquet(store, first.file.uri, signal);
    const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    known.set(sourceId, sourceStatistics([statistics], totalBytes));
  }
  return (sourceId) => known.get(sourceId);
}

function parquetSources(node: PlanNode): readonly string[] {
  if (node.kind !== 'scan') return nodeInputs(node).flatMap(parquetSources);
  const format = typeof node.format === 'string' ? node.format : node.format.kind;
  return format === 'parquet' ? [node.sourceId] : [];
}
