/**
 * Instances of parquet-wasm, and who pays for their memory.
 *
 * One instance is shared by all tasks of the process, and its memory never shrinks. So each budget pays for all of it
 * once, however many readers and writers a task has open: while there is one, as retained bytes; afterwards no longer
 * as used, but still as bytes that linear memory may not grow into.
 *
 *     first use ──▶ retained: what it has grown to ──grows──▶ retained ──last disposed──▶ outside, kept free
 *
 * A process whose tasks own it, one after the other, lets go of the instance between them, for the next one to find the
 * memory that the first one had. Its module is therefore not kept by Node: what is loaded next is another instance, and
 * the old one is garbage as soon as nobody uses it.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { currentParquetWasm } from './parquet-wasm-instance.ts';

/** Of the instance before its first call. */
const INITIAL_BYTES = 3 * 1024 * 1024;

export type ParquetWasm = typeof import('parquet-wasm');

/** One user's right to call into parquet-wasm. */
export interface ParquetWasmUse extends Disposable {
  readonly wasm: ParquetWasm;
  /** Reserves for calls that take about `bytes` at their peak. False, and nothing changes, when too few are left. */
  tryPrepare(bytes: number): boolean;
  /** Pays for what the last calls took beyond that; to be called after them. @throws MemoryBudgetExceeded */
  settle(): void;
}

const accounts = new WeakMap<MemoryBudget, Account>();

/** Loads parquet-wasm where the process has no instance. @throws MemoryBudgetExceeded */
export async function useParquetWasm(budget: MemoryBudget): Promise<ParquetWasmUse> {
  let account = accounts.get(budget);
  if (account === undefined) {
    account = new Account(budget, currentParquetWasm(newInstance));
    accounts.set(budget, account);
  }
  account.open();
  return new Use(account);
}

/** V8 shares code between modules of the same bytes, for as long as there is one: this one is, when no instance is left. */
let codeKept: WebAssembly.Module | undefined;

/**
 * Its glue has one instance for each time that the glue is evaluated. With the code kept that takes 5 to 10 ms, and the
 * new instance is as fast as the old one; without, 50 ms, and again each function is slow until it is optimised.
 */
function newInstance(): ParquetWasm {
  // A new `require` each time: it would remember what it has loaded, as the cache does.
  const requireHere = createRequire(import.meta.url);
  const path = requireHere.resolve('parquet-wasm');
  const wasm = requireHere(path) as ParquetWasm;
  delete requireHere.cache[path];
  if (codeKept === undefined)
    codeKept = new WebAssembly.Module(readFileSync(join(dirname(path), 'parquet_wasm_bg.wasm')));
  return wasm;
}

class Account {
  readonly wasm: ParquetWasm;
  readonly #budget: MemoryBudget;
  #users = 0;
  /** While in use. */
  #holding: Holding | undefined;
  /** While not in use. */
  #outsideBytes = 0;

  constructor(budget: MemoryBudget, wasm: ParquetWasm) {
    this.#budget = budget;
    this.wasm = wasm;
  }

  open(): void {
    const outsideBytes = this.#outsideBytes;
    if (this.#users === 0) {
      this.#keepFree(0);
      this.#holding = this.#budget.reserve('parquet-wasm');
    }
    this.#users += 1;
    try {
      this.settle();
    } catch (error) {
      this.close();
      if (this.#users === 0) this.#keepFree(outsideBytes);
      throw error;
    }
  }

  close(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    const paidBytes = Math.min(this.#held.heldBytes, this.#grownBytes);
    this.#held[Symbol.dispose]();
    this.#holding = undefined;
    this.#keepFree(paidBytes);
  }

  /** Bytes that just were free, so that they can be had. */
  #keepFree(bytes: number): void {
    assert.ok(this.#budget.takeOutside(bytes - this.#outsideBytes));
    this.#outsideBytes = bytes;
  }

  tryPrepare(bytes: number): boolean {
    return this.#held.tryGrow(Math.max(0, INITIAL_BYTES + bytes - this.#held.heldBytes));
  }

  settle(): void {
    this.#held.grow(Math.max(0, this.#grownBytes - this.#held.heldBytes));
  }

  get #held(): Holding {
    assert.ok(this.#holding !== undefined);
    return this.#holding;
  }

  get #grownBytes(): number {
    return this.wasm.wasmMemory().buffer.byteLength;
  }
}

class Use implements ParquetWasmUse {
  readonly #account: Account;
  #open = true;

  constructor(account: Account) {
    this.#account = account;
  }

  get wasm(): ParquetWasm {
    return this.#account.wasm;
  }

  tryPrepare(bytes: number): boolean {
    return this.#account.tryPrepare(bytes);
  }

  settle(): void {
    this.#account.settle();
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#account.close();
  }
}
