import { MemoryBudgetExceeded } from '../../errors.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { type ParquetWasm, type ParquetWasmUse, useParquetWasm } from './parquet-wasm.ts';

/**
 * Peak of the encoder, as measured with numbers and text: 15 MB for a row group of 1.3, 26 for 2.6, 43 for 5.2 and 115
 * for 21 MB. The part that does not grow any more is the encoder's dictionaries.
 */
const WASM_BYTES_PER_BYTE = 5;
const DICTIONARY_BYTES_PER_BYTE = 4;
const MOST_DICTIONARY_BYTES = 32 * 1024 * 1024;
const WASM_FIXED_BYTES = 1.5 * 1024 * 1024;
/** The row group decoded, as Arrow IPC, and as it comes from the encoder. */
const OWN_BYTES_PER_BYTE = 3;
/** Pages and schema, however few the rows. */
const OWN_FIXED_BYTES = 256 * 1024;
const LEAST_ROW_GROUP_BYTES = 64 * 1024;

/**
 * What it takes to encode one row group at a time, reserved ahead: whoever collects rows until memory is short can then
 * still write them. Shared by all writers of one owner, who encode one after the other.
 */
export class EncodingMemory implements Disposable {
  readonly budget: MemoryBudget;
  readonly #owner: string;
  readonly #mostBytes: number;
  readonly #use: ParquetWasmUse;
  readonly #holding: Holding;
  /** Bytes of the largest row group that is provided for. */
  #reservedBytes = 0;
  #buffer: Uint8Array = new Uint8Array(0);

  private constructor(budget: MemoryBudget, owner: string, mostBytes: number, use: ParquetWasmUse) {
    this.budget = budget;
    this.#owner = owner;
    this.#mostBytes = mostBytes;
    this.#use = use;
    this.#holding = budget.reserve(owner);
  }

  /**
   * Loads the encoder where it is the first, and provides for small row groups; for larger ones, up to `mostBytes` of
   * plain values, on request. @throws MemoryBudgetExceeded
   */
  static async open(budget: MemoryBudget, owner: string, mostBytes: number): Promise<EncodingMemory> {
    const memory = new EncodingMemory(budget, owner, mostBytes, await useParquetWasm(budget));
    if (memory.#tryGrow(Math.min(LEAST_ROW_GROUP_BYTES, mostBytes))) return memory;
    memory[Symbol.dispose]();
    throw new MemoryBudgetExceeded(owner, wasmBytes(LEAST_ROW_GROUP_BYTES), 0, budget.limitBytes);
  }

  /** Whether a row group of `bytes` can be encoded: false where it is too large, or too little is left for it. */
  tryReserve(bytes: number): boolean {
    if (bytes <= this.#reservedBytes) return true;
    if (bytes > this.#mostBytes) return false;
    // Rows come a batch at a time: the next ones will want more.
    return this.#tryGrow(Math.min(this.#mostBytes, Math.ceil(bytes * 1.5))) || this.#tryGrow(bytes);
  }

  /** Provides for a row group of `bytes`, or one of its halves, quarters, …; returns how large it may be. */
  reserveUpTo(bytes: number): number {
    for (let wanted = bytes; wanted > this.#reservedBytes; wanted /= 2) {
      if (this.tryReserve(Math.ceil(wanted))) break;
    }
    return this.#reservedBytes;
  }

  #tryGrow(bytes: number): boolean {
    if (bytes <= this.#reservedBytes) return true;
    const moreBytes = ownBytes(bytes) - this.#holding.heldBytes;
    if (!this.#holding.tryGrow(moreBytes)) return false;
    if (this.#use.tryPrepare(wasmBytes(bytes))) {
      this.#reservedBytes = bytes;
      return true;
    }
    this.#holding.shrink(moreBytes);
    return false;
  }

  get wasm(): ParquetWasm {
    return this.#use.wasm;
  }

  /** Provides for a row group that cannot be cut, until disposed. @throws MemoryBudgetExceeded */
  reserveFor(bytes: number): Disposable {
    const moreBytes = Math.max(0, bytes - this.#reservedBytes) * OWN_BYTES_PER_BYTE;
    if (moreBytes > 0 && !this.#use.tryPrepare(wasmBytes(bytes))) {
      throw new MemoryBudgetExceeded(this.#owner, wasmBytes(bytes), this.#holding.heldBytes, this.budget.limitBytes);
    }
    this.#holding.grow(moreBytes);
    return { [Symbol.dispose]: () => this.#holding.shrink(moreBytes) };
  }

  /** At least `bytes`, paid for by what was reserved for the row group; the same again for the next one. */
  buffer(bytes: number): Uint8Array {
    if (this.#buffer.byteLength < bytes) this.#buffer = new Uint8Array(Math.max(bytes, this.#reservedBytes));
    return this.#buffer;
  }

  /** Pays for what the encoder took beyond what was expected. @throws MemoryBudgetExceeded */
  settle(): void {
    this.#use.settle();
  }

  [Symbol.dispose](): void {
    this.#buffer = new Uint8Array(0);
    this.#use[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}

const ownBytes = (bytes: number): number => Math.ceil(bytes) * OWN_BYTES_PER_BYTE + OWN_FIXED_BYTES;

const wasmBytes = (bytes: number): number =>
  Math.ceil(bytes) * WASM_BYTES_PER_BYTE +
  Math.min(Math.ceil(bytes) * DICTIONARY_BYTES_PER_BYTE, MOST_DICTIONARY_BYTES) +
  WASM_FIXED_BYTES;
