import { MemoryBudgetExceeded } from '../../errors.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { type ParquetWasm, type ParquetWasmUse, useParquetWasm } from './parquet-wasm.ts';

/** Peak of the encoder per byte of a row group, measured between 3 and 20 MB; it falls as row groups grow. */
const WASM_BYTES_PER_BYTE = 6;
/** The row group decoded, and as Arrow IPC. */
const OWN_BYTES_PER_BYTE = 2;
/** Dictionaries, pages and schema, however few the rows. */
const FIXED_BYTES = 256 * 1024;
const LEAST_ROW_GROUP_BYTES = 64 * 1024;

/**
 * What it takes to encode one row group at a time, reserved ahead: whoever collects rows until memory is short can then
 * still write them. Shared by all writers of one owner, who encode one after the other.
 */
export class EncodingMemory implements Disposable {
  /** Larger row groups are to be cut; bytes of their plain values. */
  readonly rowGroupBytes: number;
  readonly budget: MemoryBudget;
  readonly #owner: string;
  readonly #use: ParquetWasmUse;
  readonly #holding: Holding;

  private constructor(
    budget: MemoryBudget,
    owner: string,
    use: ParquetWasmUse,
    holding: Holding,
    rowGroupBytes: number,
  ) {
    this.budget = budget;
    this.#owner = owner;
    this.#use = use;
    this.#holding = holding;
    this.rowGroupBytes = rowGroupBytes;
  }

  /**
   * Loads the encoder where it is the first. Row groups are limited to `rowGroupBytes`, or to what memory is left for.
   * @throws MemoryBudgetExceeded where that is next to nothing
   */
  static async open(budget: MemoryBudget, owner: string, rowGroupBytes: number): Promise<EncodingMemory> {
    const use = await useParquetWasm(budget);
    const holding = budget.reserve(owner);
    for (let bytes = rowGroupBytes; ; bytes /= 2) {
      const isReserved = holding.tryGrow(ownBytes(bytes)) && use.tryPrepare(wasmBytes(bytes));
      if (isReserved) return new EncodingMemory(budget, owner, use, holding, bytes);
      holding.release();
      if (bytes <= LEAST_ROW_GROUP_BYTES) {
        use[Symbol.dispose]();
        holding[Symbol.dispose]();
        throw new MemoryBudgetExceeded(owner, ownBytes(bytes) + wasmBytes(bytes), 0, budget.limitBytes);
      }
    }
  }

  get wasm(): ParquetWasm {
    return this.#use.wasm;
  }

  /** Reserves for a row group of more than `rowGroupBytes` that cannot be cut, until disposed. @throws MemoryBudgetExceeded */
  reserveFor(bytes: number): Disposable {
    const moreBytes = Math.max(0, bytes - this.rowGroupBytes) * OWN_BYTES_PER_BYTE;
    if (moreBytes > 0 && !this.#use.tryPrepare(wasmBytes(bytes))) {
      throw new MemoryBudgetExceeded(this.#owner, wasmBytes(bytes), this.#holding.heldBytes, this.budget.limitBytes);
    }
    this.#holding.grow(moreBytes);
    return { [Symbol.dispose]: () => this.#holding.shrink(moreBytes) };
  }

  /** Pays for what the encoder took beyond what was expected. @throws MemoryBudgetExceeded */
  settle(): void {
    this.#use.settle();
  }

  [Symbol.dispose](): void {
    this.#use[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}

const ownBytes = (bytes: number): number => Math.ceil(bytes) * OWN_BYTES_PER_BYTE + FIXED_BYTES;
const wasmBytes = (bytes: number): number => Math.ceil(bytes) * WASM_BYTES_PER_BYTE + FIXED_BYTES;
