/** How a part of a plan is shared out: which files, row groups or ranges of bytes each share has, if it is worth it at all. */

import type { ObjectStore } from '../io/object-store.ts';
import { dealFiles, type FilePiece } from '../jobs/cut-files.ts';
import { inputPieces } from '../jobs/input-pieces.ts';
import { sizedFiles } from '../jobs/resolve-inputs.ts';
import type { Task } from '../plan/task.ts';
import { bindPlan } from '../planner/bind-plan.ts';
import type { BoundNode } from '../planner/bound-plan.ts';
import { nodeInputs, sourcesOf } from '../planner/node-inputs.ts';
import type { SourceStatistics, StatisticsOf } from '../planner/optimizer/statistics.ts';
import { pushDown } from '../planner/push-down.ts';
import type { Candidate, Shares } from './divide-plan.ts';
import type { DivisiblePart } from './divisible-part.ts';
import type { ThreadPool } from './thread-pool.ts';

/**
 * From so many stored bytes on, of the columns that are read, threads that are there are sooner done than one: handing out shares takes some
 * milliseconds for each. Threads that would have to begin first take some 150 ms of their cores to load the engine.
 */
export const LEAST_DIVIDED_BYTES: number = 24 * 1024 * 1024;
const LEAST_COLD_BYTES = 128 * 1024 * 1024;
/** Of larger files the parts are looked for: footers are read, lines are found. */
const PIECE_BYTES = 2 * 1024 * 1024;
/**
 * But files of CSV with quotes are read whole: where their records begin is told only by going through them from the beginning, which takes
 * a fifth to three quarters of the time in which one thread parses them.
 */
const isWhole = (format: Scan['format']): boolean => format.kind === 'csv' && format.quote !== undefined;
/** Of rows that are sent as many as they come: while those of one share are taken, a thread can keep all of the next. */
const SENT_SHARE_BYTES = 4 * 1024 * 1024;
/** Else for each thread so many, so that who is faster does more, but none that is so small: each costs 5 to 8 ms, in which 4 MiB are read. */
const SHARES_PER_THREAD = 4;
const LEAST_SHARE_BYTES = 64 * 1024 * 1024;
/** The least part of the time that is to be saved, where what every thread does for itself, such as keeping sides of joins, saves nothing. */
const LEAST_SAVED = 1 / 3;
/** What it costs to read and keep a side, where reading what passes by it costs 1. */
const KEEPING_COST = 2;
/** What stored bytes become that a thread keeps, where statistics do not tell what it keeps of them. */
const EXPANSION = 5;

export interface CuttingMeans {
  readonly inputs: Task['inputs'];
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  readonly pool: ThreadPool;
  readonly statisticsOf: StatisticsOf;
  /** In place of the bound that was measured: of stored bytes, from which on a part is divided. */
  readonly leastBytes?: number | undefined;
  /** What a thread may hold. */
  readonly threadBytes: number;
}

type Scan = Extract<BoundNode, { kind: 'scan' }>;

/** The inputs of each share, in order; undefined where one thread is to do it all. @throws what looking into the files may throw */
export async function cutShares({ part, keptBytes }: Candidate, means: CuttingMeans): Promise<Shares | undefined> {
  const { inputs, pool, statisticsOf, threadBytes, leastBytes = LEAST_DIVIDED_BYTES } = means;
  const scans = scansOf(pushDown(bindPlan(part.share)));
  const divided = scans.find(({ sourceId }) => sourceId === part.shareId);
  if (divided === undefined || divided.limit !== undefined) return undefined;
  // Where so much is known, files need not be looked into.
  if ((storedBytes(divided, statisticsOf(part.sourceId)) ?? leastBytes) < leastBytes) return undefined;
  const pieces = await piecesOf(divided, part.sourceId, means);
  if (pieces === undefined) return undefined;
  const bytes = bytesOf(pieces);
  if (bytes < leastBytes) return undefined;
  const others = scans.filter((scan) => scan !== divided);
  const repeated = await Promise.all(others.map((scan) => piecesOf(scan, scan.sourceId, means)));
  if (!repeated.every((known) => known !== undefined)) return undefined;
  const repeatedBytes = bytesOf(repeated.flat());
  if (bytes * (1 - 1 / pool.size) < LEAST_SAVED * (bytes + KEEPING_COST * repeatedBytes)) return undefined;
  if ((keptBytes ?? repeatedBytes * EXPANSION) > threadBytes / 2) return undefined;
  const shares = dealFiles(pieces, others.length > 0 ? pool.size : shareCount(part, bytes, pool.size));
  if (shares.length < 2) return undefined;
  if (means.leastBytes === undefined && !pool.isWarm && bytes < LEAST_COLD_BYTES) {
    // For the next query.
    pool.warm();
    return undefined;
  }
  const read = new Set(sourcesOf(part.share));
  const whole = Object.entries(inputs).filter(([id]) => read.has(id));
  return shares.map((files) => ({ ...Object.fromEntries(whole), [part.shareId]: { kind: 'files', files } }));
}

function shareCount({ isCostly, streams }: DivisiblePart, bytes: number, threads: number): number {
  if (streams && isCostly) return Math.max(threads, Math.ceil(bytes / SENT_SHARE_BYTES));
  return Math.min(threads * SHARES_PER_THREAD, Math.max(threads, Math.floor(bytes / LEAST_SHARE_BYTES)));
}

/** What a scan reads, without what its filter rules out; undefined where its files are not named, or do not come to much. */
async function piecesOf(
  { format, ...reading }: Scan,
  sourceId: string,
  { inputs, store, signal }: CuttingMeans,
): Promise<readonly FilePiece[] | undefined> {
  const input = inputs[sourceId];
  if (input?.kind !== 'files') return undefined;
  const files = await sizedFiles(input.files, { store, signal });
  const pieceBytes = isWhole(format) ? Number.POSITIVE_INFINITY : PIECE_BYTES;
  return await inputPieces(files, pieceBytes, format, { ...reading, store, signal });
}

/** Of all columns that are read; undefined where that is not known of one. */
function storedBytes({ readSchema }: Scan, statistics: SourceStatistics | undefined): number | undefined {
  let bytes = 0;
  for (const { name } of readSchema.fields) {
    const known = statistics?.columns.get(name)?.storedBytes;
    if (known === undefined) return undefined;
    bytes += known;
  }
  return bytes;
}

const bytesOf = (pieces: readonly FilePiece[]): number => pieces.reduce((sum, { bytes }) => sum + bytes, 0);

const scansOf = (node: BoundNode): readonly Scan[] =>
  node.kind === 'scan' ? [node] : nodeInputs(node).flatMap(scansOf);
