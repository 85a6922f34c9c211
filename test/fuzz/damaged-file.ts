import { mutated, scattered } from '../support/mutate.ts';
import { FORMATS, type Format, type FormatName } from './formats.ts';
import { damagedWhereKnown, type Place } from './known-places.ts';
import type { Seed } from './seeds.ts';

/** A damaged file, and what further choices about it are drawn from. */
export interface DamagedFile {
  readonly seed: Seed;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly next: () => number;
}

/** Damaged files of one format: each from two numbers, the seed of all and its own. */
export class DamagedFiles {
  readonly #format: Format;
  readonly #seeds: readonly Seed[];
  readonly #places = new Map<Seed, readonly Place[]>();

  constructor(format: FormatName, seeds: readonly Seed[]) {
    this.#format = FORMATS[format];
    this.#seeds = seeds;
  }

  file(randomSeed: number, index: number): DamagedFile {
    const next = scattered(randomSeed + index);
    const [seed, other] = [this.#draw(next), this.#draw(next)];
    const places = this.#placesOf(seed);
    let bytes =
      next() < 0.5 && places.length > 0
        ? damagedWhereKnown(seed.bytes, places, next)
        : mutated(seed.bytes, other.bytes, next);
    if (next() < 0.1) bytes = mutated(bytes, other.bytes, next);
    if (this.#format.seal !== undefined && next() < 0.5) bytes = this.#format.seal(bytes, seed.bytes);
    return { seed, bytes, next };
  }

  /** The smaller one of two: it takes less time, and more of it is damaged. */
  #draw(next: () => number): Seed {
    const [a, b] = [next(), next()].map((share) => this.#seeds[Math.floor(share * this.#seeds.length)] as Seed) as [
      Seed,
      Seed,
    ];
    return a.bytes.byteLength < b.bytes.byteLength ? a : b;
  }

  #placesOf(seed: Seed): readonly Place[] {
    const places = this.#places.get(seed) ?? this.#format.places(seed.bytes);
    this.#places.set(seed, places);
    return places;
  }
}
