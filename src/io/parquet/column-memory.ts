/**
 * What is remembered of a column from row group to row group and from file to file, so that consumers can keep what
 * they have worked out: the ids of its dictionaries, and the bound of its values.
 */

import { hash } from 'node:crypto';
import { nextDictionaryId } from '../../columnar/column.ts';

/** Larger dictionaries hardly ever repeat, and hashing them would cost a quarter of decoding them. */
const HASHED_BYTES = 64 * 1024;
/** Smaller ones than a few digests are remembered as they are. */
const SMALL_BYTES = 256;
/** Dictionaries remembered per column. */
const REMEMBERED = 64;
/**
 * Bounds are rounded up to one of these and never fall, so that the bound of a column, for which code may have been
 * compiled, changes a few times in a scan rather than with every batch.
 */
const STEPS = [8, 16, 24, 32, 40, 48, 56, 63, 64, 80, 96, 112, 127] as const;

/** A character for each byte. */
const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1');

export class ColumnMemory {
  readonly #ids = new Map<string, number>();
  readonly #leaves: ColumnMemory[] = [];
  #bits: number = STEPS[0];

  /** What is remembered of a leaf of the column; of a flat column there is one. */
  ofLeaf(leaf: number): ColumnMemory {
    if (leaf === 0) return this;
    const known = this.#leaves[leaf] ?? new ColumnMemory();
    this.#leaves[leaf] = known;
    return known;
  }

  /** The id of a dictionary: the same as before where `content` is, and was read in the same way. */
  dictionaryId(content: Uint8Array, form: string): number {
    if (content.byteLength > HASHED_BYTES) return nextDictionaryId();
    const isSmall = content.byteLength <= SMALL_BYTES;
    const key = isSmall ? `${form}\n= ${textOf(content)}` : `${form}\n# ${hash('sha256', content, 'base64')}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#ids.size === REMEMBERED) this.#ids.clear();
    const id = nextDictionaryId();
    this.#ids.set(key, id);
    return id;
  }

  /** The bound to give to values that need `bits` bits: no lower than any given before. */
  bound(bits: number): number {
    if (bits > this.#bits) this.#bits = STEPS.find((step) => step >= bits) ?? 128;
    return this.#bits;
  }
}
