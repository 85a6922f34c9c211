/**
 * Damaged files are read: each gives rows, or an error by name, and all memory back.
 *
 *     seed files ──damaged, sealed one in two──▶ scanned, within 16 MiB ──▶ rows │ an error of src/errors.ts
 *
 * Some are read by kernels that check every access, and some of these in memory that finds writes after free.
 */

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Schema, schema } from '../../src/columnar/schema.ts';
import { MillraceError } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';
import type { Source } from '../../src/operators/operator.ts';
import { checkAccesses } from '../support/checked-kernels/checked-kernels.ts';
import { Collector, expectAllReturned, testTask } from '../support/task.ts';
import { DamagedFiles } from './damaged-file.ts';
import { FORMATS, type Format, type FormatName } from './formats.ts';
import type { Seed } from './seeds.ts';

/** Whoever is not done by then hangs. */
export const MOST_MILLISECONDS = 60_000;
const LIMIT_BYTES = 16 * 1024 * 1024;
/** No seed has as many batches. */
const MOST_BATCHES = 1000;
/** The process may not grow by more for one file; what is garbage counts too. */
const MOST_GROWTH_KIBIBYTES = 256 * 1024;
const REFUSALS = new Set([
  'MalformedFile',
  'UnsupportedFile',
  'SchemaMismatch',
  'MemoryBudgetExceeded',
  'ArithmeticOverflow',
]);
/** One checked file in so many has memory that is filled when it is freed, which takes longer than most files. */
const FILLED_OF = 16;
const URI = 'memory://tests/subject';

/** A file that ended neither in rows nor in an error that is meant. */
export interface Failure {
  readonly index: number;
  /** The file that was damaged. */
  readonly seed: string;
  readonly error: unknown;
  /** Where the damaged file is kept. */
  readonly path: string;
}

export class DamagedReader {
  readonly #name: FormatName;
  readonly #format: Format;
  readonly #seeds: readonly Seed[];
  readonly #files: DamagedFiles;
  readonly #schemas = new Map<Seed, Schema>();
  readonly #store = memoryStore();
  readonly #randomSeed: number;
  /** One file in so many is checked. */
  readonly #checkedOf: number;
  #memories = linearMemories();

  constructor(name: FormatName, seeds: readonly Seed[], randomSeed: number, checkedOf: number) {
    this.#name = name;
    this.#format = FORMATS[name];
    this.#seeds = seeds;
    this.#files = new DamagedFiles(name, seeds);
    this.#randomSeed = randomSeed;
    this.#checkedOf = checkedOf;
  }

  /** Reads the files as they are, which must give rows; before all others. */
  async readWhole(): Promise<void> {
    for (const seed of this.#seeds) {
      await this.#store.put(URI, new Uint8Array(seed.bytes));
      const own = seed.schema ?? (await this.#format.schemaOf?.(this.#store, URI)) ?? schema();
      this.#schemas.set(seed, own);
      // A half of everything: no filter, no part, and no option that is out of the ordinary.
      const next = () => 0.5;
      const { bytes } = seed;
      await drain(
        this.#format.scan({ store: this.#store, uri: URI, bytes, schema: own, next }),
        this.#memories.checked,
      );
    }
  }

  #memoryOf(index: number): LinearMemory {
    const { fast, checked, filled } = this.#memories;
    if (index % this.#checkedOf !== 0) return fast;
    return index % (this.#checkedOf * FILLED_OF) === 0 ? filled : checked;
  }

  /** What file `index` gives: `rows`, the name of an error, or a failure, after which the file is kept. */
  async read(index: number): Promise<string | Failure> {
    const { seed, bytes, next } = this.#files.file(this.#randomSeed, index);
    await this.#store.put(URI, bytes);
    // V8 keeps what weak references were asked for until the event loop has a turn: without one, all signals of all files.
    await setImmediate();
    const peakBefore = process.resourceUsage().maxRSS;
    try {
      const result = await outcome(async () => {
        // One in four is read as it tells itself.
        const tells = this.#format.schemaOf !== undefined && next() < 0.25;
        const own = tells ? await this.#format.schemaOf?.(this.#store, URI) : this.#schemas.get(seed);
        const subject = { store: this.#store, uri: URI, bytes, schema: own as Schema, next };
        await drain(this.#format.scan(subject), this.#memoryOf(index));
      });
      expect(process.resourceUsage().maxRSS - peakBefore, 'memory of the process').toBeLessThan(MOST_GROWTH_KIBIBYTES);
      return result;
    } catch (error) {
      this.#memories = linearMemories();
      const path = join(tmpdir(), `millrace-fuzz-${this.#name}-${this.#randomSeed}-${index}`);
      writeFileSync(path, bytes);
      return { index, seed: seed.name, error, path };
    }
  }
}

interface LinearMemories {
  readonly fast: LinearMemory;
  /** Its kernels check their accesses. */
  readonly checked: LinearMemory;
  /** It finds writes after free too. */
  readonly filled: LinearMemory;
}

function linearMemories(): LinearMemories {
  const [checked, filled] = [new LinearMemory(LIMIT_BYTES), new LinearMemory(LIMIT_BYTES, true)];
  for (const linear of [checked, filled]) checkAccesses(linear);
  return { fast: new LinearMemory(LIMIT_BYTES), checked, filled };
}

/** `rows`, or the name of an error; anything else is thrown. */
async function outcome(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return 'rows';
  } catch (error) {
    if (error instanceof MillraceError && REFUSALS.has(error.name)) return error.name;
    throw error;
  }
}

async function drain(source: Source, linear: LinearMemory): Promise<void> {
  const budget = new MemoryBudget(LIMIT_BYTES, undefined, linear);
  const hung = new AbortController();
  const timer = setTimeout(() => hung.abort(new Error('the scan hangs')), MOST_MILLISECONDS);
  try {
    const collector = new Collector(budget, source.schema, MOST_BATCHES);
    using run = source.open(testTask(budget, hung.signal));
    await run.run(collector);
    expect(collector.batches).toBeLessThan(MOST_BATCHES);
  } finally {
    clearTimeout(timer);
    expectAllReturned(budget);
    expect(budget.peakBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  }
}
