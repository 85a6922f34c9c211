/** A thread with one actor: makes the instance, and answers one call after the other. */

import { parentPort, workerData } from 'node:worker_threads';
import { type RecordBatch, Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import type { ActorData, ActorReply, ActorRequest, ThrownError } from './actor-messages.ts';
import type { Actor } from './udf.ts';
import { exported, messageOf } from './udf-modules.ts';
import { type Callable, type Calling, callBatch, callRows, isVector } from './udf-target.ts';

const { url, name, concurrency } = workerData as ActorData;
const made = makeActor();
// A failure is told to the first call.
made.catch(() => {});

parentPort?.on('message', (request: ActorRequest) => void reply(request));

async function reply(request: ActorRequest): Promise<void> {
  const counts: Record<string, number> = {};
  const calling: Calling = {
    count: (figure, amount = 1) => {
      counts[figure] = (counts[figure] ?? 0) + amount;
    },
    signal: new AbortController().signal,
    concurrency,
  };
  try {
    parentPort?.postMessage({ ...(await answer(request, calling)), counts });
  } catch (error) {
    parentPort?.postMessage({ kind: 'error', error: thrown(error), counts } satisfies ActorReply);
  }
}

async function makeActor(): Promise<Callable> {
  const { target } = await exported(new URL(url), name);
  const actor = new (target as new () => Actor)();
  return (...given) => actor.call(...(given as never[]));
}

type Answer = ActorReply extends infer Reply ? (Reply extends unknown ? Omit<Reply, 'counts'> : never) : never;

async function answer(request: ActorRequest, calling: Calling): Promise<Answer> {
  const call = await made;
  if (request.kind === 'rows') {
    const outcomes = await callRows(call, request.rows, calling);
    return {
      kind: 'rows',
      outcomes: outcomes.map((outcome) => ('error' in outcome ? { error: thrown(outcome.error) } : outcome)),
    };
  }
  const rows = tableFromIPC(request.ipc).batches[0] as RecordBatch;
  const result = await callBatch(call, rows, calling);
  if (!isVector(result)) return { kind: 'values', values: result };
  return { kind: 'vector', ipc: tableToIPC(new Table({ value: result })) };
}

function thrown(error: unknown): ThrownError {
  const retryAfterMs = error instanceof Error && 'retryAfterMs' in error ? Number(error.retryAfterMs) : undefined;
  return { message: messageOf(error), retryAfterMs };
}
