/**
 * The process's one instance of parquet-wasm, and who pays for its memory.
 *
 * The instance is shared by all tasks of the process, and its memory never shrinks. So each budget pays for all of it
 * once, however many readers and writers a task has open: while there is one, as retained bytes; afterwards no longer
 * as used, but still as bytes that linear memory may not grow into.
 *
 *     first use ──▶ retained: what it has grown to ──grows──▶ retained ──last disposed──▶ outside, kept free
 *
 * A budget that is all that its process has must not count on what earlier tasks have left in the instance either:
 * `keepParquetWasmFree` begins with the last state of the drawing.
 */

import assert from 'node:assert/strict';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';

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

/** The instance, once it is there. */
let loaded: ParquetWasm | undefined;
const accounts = new WeakMap<MemoryBudget, Account>();

/** Loads parquet-wasm at the first call in the process. @throws MemoryBudgetExceeded */
export async function useParquetWasm(budget: MemoryBudget): Promise<ParquetWasmUse> {
  // A CommonJS module: what it exports is surely its default; its names are only where Node has found them.
  const { default: wasm } = (await import('parquet-wasm')) as unknown as { default: ParquetWasm };
  loaded = wasm;
  let account = accounts.get(budget);
  if (account === undefined) {
    account = new Account(budget, wasm);
    accounts.set(budget, account);
  }
  account.open();
  return new Use(account);
}

/**
 * Keeps the memory that earlier tasks have left in the instance out of `budget`, as far as the budget's linear memory has
 * not grown into it. To be called before anything is held.
 */
export function keepParquetWasmFree(budget: MemoryBudget): void {
  if (loaded === undefined || accounts.has(budget)) return;
  accounts.set(budget, new Account(budget, loaded, budget.limitBytes - budget.linear.committedBytes));
}

class Account {
  readonly wasm: ParquetWasm;
  readonly #budget: MemoryBudget;
  #users = 0;
  /** While in use. */
  #holding: Holding | undefined;
  /** While not in use. */
  #outsideBytes = 0;

  /** Of what is not in use yet, at most `keptBytes` are kept free. */
  constructor(budget: MemoryBudget, wasm: ParquetWasm, keptBytes: number = 0) {
    this.#budget = budget;
    this.wasm = wasm;
    this.#keepFree(Math.min(keptBytes, this.#grownBytes));
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
