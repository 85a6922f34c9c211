/**
 * The columns of a file by name: of its schema only those are made that somebody asks for.
 *
 *     elements   │ root │ a │ b │ b.list │ b.list.element │ c │         walked over: where they are, and how they hang together
 *     columns           a   b                              c            read when they are asked for
 *     leaves            0   1                              2
 */

import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import { type FileColumn, fileColumn } from './file-column.ts';
import { type ElementPlaces, readElement } from './schema-element.ts';
import { ThriftReader, wellFormed } from './thrift.ts';

/** Structures nested deeper are refused: levels are bytes, and deep ones only come from those who mean harm. */
const MAX_DEPTH = 64;

/** So many are looked for one by one. */
const FEW_NAMES = 16;

const DECODER = new TextDecoder();

export class FileColumns {
  readonly #uri: string;
  readonly #metadata: Uint8Array;
  readonly #places: ElementPlaces;
  /** Of each column, its first element and its first leaf; the end of the last one behind them. */
  readonly #elements: number[] = [];
  readonly #leaves: number[] = [];
  readonly #made: (FileColumn | undefined)[] = [];
  #asked = 0;
  /** The last column with a name, and of each the one before it that has the same name. */
  #last: Map<string, number> | undefined;
  readonly #before: (number | undefined)[] = [];

  /** `metadata` is the footer in which the places are. @throws MalformedFile where the elements are no tree, UnsupportedFile of a deep one. */
  constructor(uri: string, metadata: Uint8Array, places: ElementPlaces) {
    this.#uri = uri;
    this.#metadata = metadata;
    this.#places = places;
    let leaf = 0;
    let element = 1;
    const pass = (count: number, depth: number): void => {
      if (depth > MAX_DEPTH) throw new UnsupportedFile(uri, `its schema is nested deeper than ${MAX_DEPTH} levels`);
      for (let child = 0; child < count; child += 1) {
        if (depth === 0) {
          this.#elements.push(element);
          this.#leaves.push(leaf);
        }
        const childCount = places.childCount[element];
        if (childCount === undefined) throw new MalformedFile(uri, 'its schema ends too early');
        element += 1;
        if (childCount < 0) leaf += 1;
        else pass(childCount, depth + 1);
      }
    };
    pass(places.childCount[0] ?? 0, 0);
    this.#elements.push(element);
  }

  get count(): number {
    return this.#leaves.length;
  }

  /** The columns of that name: none, or one, or a file that means no good. @throws MalformedFile */
  named(name: string): readonly FileColumn[] {
    this.#asked += 1;
    const found = this.#asked > FEW_NAMES ? [] : this.#spelled(name);
    if (found.length > 0) return found;
    for (let at = this.#byName().get(name); at !== undefined; at = this.#before[at]) found.unshift(this.at(at));
    return found;
  }

  /** Those whose names are the same bytes: to look at all of them takes less than to make texts of them, where few are asked for. */
  #spelled(name: string): FileColumn[] {
    const bytes = Buffer.from(name);
    const { count } = this;
    const { nameAt, nameBytes } = this.#places;
    const found: FileColumn[] = [];
    for (let index = 0; index < count; index += 1) {
      const element = this.#elements[index] ?? 0;
      if (nameBytes[element] !== bytes.byteLength) continue;
      const start = nameAt[element] ?? 0;
      // From their ends: names of a table have beginnings in common.
      let left = bytes.byteLength;
      while (left > 0 && this.#metadata[start + left - 1] === bytes[left - 1]) left -= 1;
      if (left === 0) found.push(this.at(index));
    }
    return found;
  }

  /** All of them, in the order of the file. @throws MalformedFile */
  all(): FileColumn[] {
    return this.#leaves.map((_, index) => this.at(index));
  }

  /** @throws MalformedFile */
  at(index: number): FileColumn {
    const made = this.#made[index];
    if (made !== undefined) return made;
    const [start, end, leaf] = [this.#elements[index], this.#elements[index + 1], this.#leaves[index]];
    if (start === undefined || end === undefined || leaf === undefined) throw new RangeError(`no column ${index}`);
    const column = wellFormed(this.#uri, () => {
      const reader = new ThriftReader(this.#metadata, this.#places.at[start] ?? 0, this.#metadata.byteLength);
      return fileColumn(
        Array.from({ length: end - start }, () => readElement(reader)),
        leaf,
      );
    });
    this.#made[index] = column;
    return column;
  }

  #byName(): ReadonlyMap<string, number> {
    if (this.#last !== undefined) return this.#last;
    const last = new Map<string, number>();
    const { nameAt, nameBytes } = this.#places;
    for (let index = 0; index < this.count; index += 1) {
      const element = this.#elements[index] ?? 0;
      const start = nameAt[element] ?? 0;
      const name = DECODER.decode(this.#metadata.subarray(start, start + (nameBytes[element] ?? 0)));
      this.#before[index] = last.get(name);
      last.set(name, index);
    }
    this.#last = last;
    return last;
  }
}
