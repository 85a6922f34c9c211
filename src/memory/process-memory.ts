/**
 * The memory of the process, of which the budget is a part.
 *
 *     0                                                                     processBytes
 *     │ Node, code of all libraries │ garbage of V8 │            budget            │
 *     ├──────── BASELINE ───────────┼── HEADROOM ───┤
 *
 * Measured with Node 24.21 on x64 Linux, resident bytes: Node itself 41 MB, with apache-arrow 62, with zod 68, with the
 * engine as a function's bundle 84, as the package's modules 97, with frames 110. On top comes garbage that V8 has not
 * collected yet; the engine's hot path allocates no objects, and 40 MiB held for it: with the whole budget used, processes
 * of 192 and 256 MB that sorted, grouped, wrote and printed 6 million rows stayed at 181 and 203 MB.
 *
 * A caller whose `onBatch` allocates much can outgrow that: V8's young generation goes up to 67 MB whatever the size of
 * the container. `keepHeapSmall` held it below 9 MB for a program that makes 3 million objects, 20,000 of them alive at a
 * time (107 MB resident instead of 127), where it was called before the heap had grown. Surer is to start the process
 * with `node --max-semi-space-size=1`, which kept a longer run of the same program at 79 MB instead of 195.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InvalidArgument } from '../errors.ts';
import { LinearMemory } from './linear-memory.ts';

const MIB = 1024 * 1024;
const BASELINE_BYTES = 88 * MIB;
const HEADROOM_BYTES = 40 * MIB;
/** Below this no plan gets far: a scan leases a few column chunks at a time. */
const LEAST_BUDGET_BYTES = 8 * MIB;

/**
 * The budget of a task in a process that may use `processBytes` in all. A process that is larger already than Node and
 * the engine, because it holds other things, leaves less.
 * @throws InvalidArgument when hardly anything is left.
 */
export function budgetFor(processBytes: number, residentBytes: number = process.memoryUsage.rss()): number {
  const ownBytes = Math.max(BASELINE_BYTES, residentBytes) + HEADROOM_BYTES;
  const budgetBytes = Math.floor(processBytes - ownBytes);
  if (!(budgetBytes >= LEAST_BUDGET_BYTES)) {
    throw new InvalidArgument(
      `A process of ${processBytes} bytes is too small: it takes ${ownBytes} itself, and a task needs at least ${LEAST_BUDGET_BYTES} besides.`,
    );
  }
  return budgetBytes;
}

/** The most that this process has been resident with at any time, in bytes. */
export function peakProcessBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/**
 * Lets V8 collect its young generation early instead of growing it: slower for programs that make much garbage. For a
 * process that is Millrace's own, as soon as it has started; what the heap has grown to before stays.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=10');
}

/** The linear memory that the last task of this process has left, with nothing of it in use. */
let idle: { readonly maximumBytes: number; readonly linear: LinearMemory } | undefined;

/** A larger one too, where half of it is left to grow in: who minds lets go of it before. */
const fits = (one: NonNullable<typeof idle>, maximumBytes: number): boolean =>
  one.maximumBytes === maximumBytes ||
  (one.maximumBytes > maximumBytes && one.linear.committedBytes <= maximumBytes / 2);

/** What is dropped is collected from so many bytes on: V8 alone let two and a half times a session's memory gather. */
const DROPPED_BYTES = 16 * MIB;

/**
 * A linear memory of `maximumBytes`, or more, given back by disposing the loan. It is the one that the last task of this process
 * has left where that fits: touching pages for the first time is what costs. Only one is kept.
 */
export function borrowLinearMemory(maximumBytes: number): { readonly linear: LinearMemory } & Disposable {
  const loan = takeIdle(maximumBytes) ?? { maximumBytes, linear: new LinearMemory(maximumBytes) };
  let isLent = true;
  return {
    linear: loan.linear,
    [Symbol.dispose]: () => {
      if (isLent && loan.linear.usedBytes === 0) idle = loan;
      isLent = false;
    },
  };
}

function takeIdle(maximumBytes: number): typeof idle {
  const one = idle;
  idle = undefined;
  if (one === undefined || fits(one, maximumBytes)) return one;
  const isLarge = one.linear.committedBytes >= DROPPED_BYTES;
  if (isLarge) collectGarbage('major');
  return undefined;
}

/**
 * Lets go of the linear memory that the last task has left, where it has grown beyond `reusableBytes`: it never shrinks,
 * and would leave the next task too little besides. True where that leaves something for the garbage collection.
 */
export function forgetLinearMemory(reusableBytes: number): boolean {
  if (idle === undefined || idle.linear.committedBytes <= reusableBytes) return false;
  idle = undefined;
  return true;
}

let gc: ((options: { readonly type: 'major' | 'minor' }) => void) | undefined;

/**
 * Gives what is garbage back to the system: `major` all of it, in some 15 ms; `minor` what is young, in less than one.
 * Needed for what lies outside of V8's heap, memories of WebAssembly and buffers: V8 minds their size too late, and would
 * keep old ones beside the next.
 */
export function collectGarbage(type: 'major' | 'minor'): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as NonNullable<typeof gc>;
  }
  gc({ type });
}

const COLLECTED_BYTES = 16 * 1024 * 1024;
let garbageBytes = 0;

/**
 * Says that so many bytes of buffers outside of V8's heap are not needed any more: chunks of sockets, results of codecs. Left
 * to V8, some 100 MB of them were there at a time, outside of any budget; here they are collected every 16 MiB.
 */
export function noteGarbage(bytes: number): void {
  garbageBytes += bytes;
  if (garbageBytes < COLLECTED_BYTES) return;
  garbageBytes = 0;
  collectGarbage('minor');
}
