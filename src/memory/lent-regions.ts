import type { Holding } from './budget.ts';
import type { Region } from './linear-memory.ts';

/** What is held of a holding for a while, such as for one page of a file: disposing it gives just that back. */
export class LentRegions implements Disposable {
  readonly #holding: Holding;
  readonly #regions: Region[] = [];
  #outsideBytes = 0;

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  get linear(): Holding['linear'] {
    return this.#holding.linear;
  }

  /** @throws MemoryBudgetExceeded */
  allocate(bytes: number): Region {
    const region = this.#holding.allocate(bytes);
    this.#regions.push(region);
    return region;
  }

  /** Of so many zeros. @throws MemoryBudgetExceeded */
  allocateZeroed(bytes: number): Region {
    const region = this.#holding.allocateZeroed(bytes);
    this.#regions.push(region);
    return region;
  }

  /** Counts bytes outside of linear memory. @throws MemoryBudgetExceeded */
  grow(bytes: number): void {
    this.#holding.grow(bytes);
    this.#outsideBytes += bytes;
  }

  [Symbol.dispose](): void {
    for (const region of this.#regions.splice(0)) this.#holding.free(region);
    this.#holding.shrink(this.#outsideBytes);
    this.#outsideBytes = 0;
  }
}
