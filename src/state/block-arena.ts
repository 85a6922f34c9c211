import { ColumnTooLarge } from '../errors.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { GrowingRegion } from './growing-region.ts';

const HANDLE_BYTES = 256;
/** The first bytes are no block, because 0 stands for none. */
const NOTHING_BYTES = 64;
const FIRST_BYTES = 3072;
/** Positions in the arena are uint32. */
const MOST_BYTES = 2 ** 32 - 1;

/** Blocks for states of groups that grow by themselves: the memory that `kernels/assembly/block-arena.ts` divides. */
export class BlockArena implements Disposable {
  readonly #holding: Holding;
  readonly #handle: Region;
  readonly #blocks: GrowingRegion;

  /** @throws MemoryBudgetExceeded */
  constructor(holding: Holding) {
    this.#holding = holding;
    this.#handle = holding.allocateZeroed(HANDLE_BYTES);
    this.#blocks = new GrowingRegion(holding);
    this.#write(4, NOTHING_BYTES);
    this.#grow(FIRST_BYTES, 0);
  }

  /** Address of the handle; it never moves. */
  get handle(): number {
    return this.#handle.address;
  }

  /**
   * Lets `step` work off `rows` rows: it is told where to begin and says where it had no room for a block.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  fill(rows: number, step: (from: number) => number): void {
    for (let row = step(0); row < rows; row = step(row)) {
      const usedBytes = this.#read(4);
      this.#grow(usedBytes + this.#read(12), usedBytes);
    }
  }

  [Symbol.dispose](): void {
    this.#holding.free(this.#handle);
    this.#blocks.free();
  }

  #grow(bytes: number, usedBytes: number): void {
    if (bytes > MOST_BYTES) throw new ColumnTooLarge(this.#holding.owner, bytes);
    this.#blocks.ensure(bytes, usedBytes);
    this.#write(0, this.#blocks.address);
    this.#write(8, Math.min(this.#blocks.byteLength, MOST_BYTES));
  }

  #read(offset: number): number {
    return this.#holding.linear.u32[(this.handle + offset) >>> 2] ?? 0;
  }

  #write(offset: number, value: number): void {
    this.#holding.linear.u32[(this.handle + offset) >>> 2] = value;
  }
}
