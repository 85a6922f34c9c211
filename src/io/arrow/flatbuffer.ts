/**
 * Tables of FlatBuffers, as Arrow's metadata is written: https://flatbuffers.dev/internals/
 *
 *     table    │ ── vtable │ … field … field … │        vtable   │ its bytes │ table's bytes │ field 0 at │ field 1 at │ …
 *     vector   │ count │ item │ item │ …                a field at 0 is not there, and has its default
 *
 * Every place is relative. What lies outside of the bytes is a RangeError, whoever reads it; nothing else is thrown.
 */

export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;
  readonly #fields: number;
  readonly #fieldBytes: number;

  /** The table that the bytes begin with the place of. @throws RangeError */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    this.#fields = at - view.getInt32(at, true);
    this.#fieldBytes = view.getUint16(this.#fields, true);
  }

  bool(field: number): boolean {
    return this.byte(field) !== 0;
  }

  byte(field: number, absent: number = 0): number {
    const at = this.#place(field);
    return at === 0 ? absent : this.#view.getInt8(at);
  }

  short(field: number, absent: number = 0): number {
    const at = this.#place(field);
    return at === 0 ? absent : this.#view.getInt16(at, true);
  }

  int(field: number, absent: number = 0): number {
    const at = this.#place(field);
    return at === 0 ? absent : this.#view.getInt32(at, true);
  }

  /** 0 where it is not there. @throws RangeError where a number cannot hold it */
  long(field: number): number {
    const at = this.#place(field);
    return at === 0 ? 0 : longAt(this.#view, at);
  }

  text(field: number): string | undefined {
    const vector = this.#vector(field, 1);
    if (vector === undefined) return undefined;
    const { buffer, byteOffset } = this.#view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + vector.start, vector.count));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field);
    return at === 0 ? undefined : this.#tableAt(at);
  }

  tables(field: number): FlatTable[] {
    const { start = 0, count = 0 } = this.#vector(field, 4) ?? {};
    return Array.from({ length: count }, (_, item) => this.#tableAt(start + item * 4));
  }

  /** Structs of `words` numbers of 8 bytes each, of which some may hold more than one: read by `word`. */
  structs(field: number, words: number): FlatStructs {
    const { start = 0, count = 0 } = this.#vector(field, words * 8) ?? {};
    return new FlatStructs(this.#view, start, count, words);
  }

  #tableAt(at: number): FlatTable {
    return new FlatTable(this.#view, at + this.#view.getUint32(at, true));
  }

  #place(field: number): number {
    const at = 4 + field * 2;
    if (at + 2 > this.#fieldBytes) return 0;
    const offset = this.#view.getUint16(this.#fields + at, true);
    return offset === 0 ? 0 : this.#at + offset;
  }

  #vector(field: number, itemBytes: number): { start: number; count: number } | undefined {
    const at = this.#place(field);
    if (at === 0) return undefined;
    const vector = at + this.#view.getUint32(at, true);
    const count = this.#view.getUint32(vector, true);
    if (vector + 4 + count * itemBytes > this.#view.byteLength) throw new RangeError('a vector ends outside');
    return { start: vector + 4, count };
  }
}

/** Items of a vector that lie there one behind the other. */
export class FlatStructs {
  readonly count: number;
  readonly #view: DataView;
  readonly #start: number;
  readonly #words: number;

  constructor(view: DataView, start: number, count: number, words: number) {
    this.#view = view;
    this.#start = start;
    this.count = count;
    this.#words = words;
  }

  /** The number of 8 bytes, or of the first 4 of them. @throws RangeError where it is none */
  word(item: number, word: number, bytes: 4 | 8 = 8): number {
    if (item >= this.count) throw new RangeError('a vector has fewer items');
    const at = this.#start + (item * this.#words + word) * 8;
    return bytes === 4 ? this.#view.getInt32(at, true) : longAt(this.#view, at);
  }
}

function longAt(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is too large`);
  return value;
}
