/**
 * Where records of CSV begin, found by going through the file from its beginning: which line ends stand in quotes cannot be told
 * from anywhere else, for what is inside and what is outside may look alike.
 *
 *     a,b ↵ "x ↵ y",1 ↵ 2,"z" ↵
 *           │     ╵     │                 a file may be cut here, and here; not within the quotes
 *
 * In JavaScript, since whoever plans has no kernels: a byte at a time near quotes, and from one quote to the next where they are far apart, for
 * between them every line end is one.
 */

import { MalformedFile } from '../../errors.ts';
import { readBytes } from '../object-reads.ts';
import type { PinnedObject } from './codec.ts';
import type { CsvDialect } from './csv-reader.ts';

const PIECE_BYTES = 4 * 1024 * 1024;
/** Behind so many bytes without a quote the next one is looked for: to call who looks takes as long as some 20 bytes. */
const FAR_BYTES = 20;
const LF = 0x0a;
const CR = 0x0d;

type State = 'record' | 'field' | 'text' | 'comment' | 'quotes' | 'escaped' | 'quoted';

/** Places behind the first record at which one may begin, each the first at least `bytes` behind the one before. @throws MalformedFile */
export async function csvCuts(object: PinnedObject, dialect: CsvDialect, bytes: number): Promise<readonly number[]> {
  const cuts: number[] = [];
  const scanner = new CutScanner(dialect, object, bytes, cuts);
  const { size } = object;
  const pieces = [0, 1].map(() => Buffer.alloc(Math.min(PIECE_BYTES, size)));
  const read = (start: number): Promise<Buffer> | undefined => {
    if (start >= size) return undefined;
    const whole = pieces[(start / PIECE_BYTES) % 2] as Buffer<ArrayBuffer>;
    const piece = whole.subarray(0, Math.min(PIECE_BYTES, size - start));
    const done = readBytes(object, start, piece).then(() => piece);
    // Whoever needs it meets the error.
    done.catch(() => {});
    return done;
  };
  let next = read(0);
  for (let start = 0; next !== undefined; start += PIECE_BYTES) {
    const piece = await next;
    next = read(start + PIECE_BYTES);
    scanner.scan(piece, start);
  }
  scanner.end();
  return cuts;
}

class CutScanner {
  readonly #object: PinnedObject;
  readonly #bytes: number;
  readonly #cuts: number[];
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #comment: number;
  #state: State = 'record';
  /** Whether the byte before was a CR, which an LF may follow. */
  #isAfterReturn = false;
  #target: number;
  /** Whether a record has ended: before the first, which may be the header, nothing is cut. */
  #hasRecord = false;

  constructor(
    { delimiter, quote, escape: escaping, comment }: CsvDialect,
    object: PinnedObject,
    bytes: number,
    cuts: number[],
  ) {
    const code = (character: string | undefined): number => character?.charCodeAt(0) ?? -1;
    this.#delimiter = code(delimiter);
    this.#quote = code(quote);
    this.#escape = code(escaping);
    this.#comment = code(comment);
    this.#object = object;
    this.#bytes = bytes;
    this.#cuts = cuts;
    this.#target = bytes;
  }

  scan(piece: Buffer, start: number): void {
    const hasMark = start === 0 && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf;
    let farFrom = FAR_BYTES;
    for (let at = hasMark ? 3 : 0; at < piece.byteLength; at += 1) {
      if (at >= farFrom && this.#maySkip(start + at)) {
        const quote = placeOf(this.#quote, piece, at);
        farFrom = quote + FAR_BYTES;
        at = this.#skip(piece, at, quote, start);
        if (at === piece.byteLength) return;
      }
      const byte = piece[at] ?? 0;
      if (byte === this.#quote) farFrom = at + FAR_BYTES;
      if (this.#state === 'record') {
        const isSecond = this.#isAfterReturn && byte === LF;
        this.#isAfterReturn = false;
        if (start + at >= this.#target && !isSecond && this.#hasRecord) {
          this.#cuts.push(start + at);
          this.#target = start + at + this.#bytes;
        }
      }
      const before = this.#state;
      this.#state = this.#after(byte, start + at);
      this.#hasRecord ||= this.#state === 'record' && before !== 'record' && before !== 'comment';
    }
  }

  /** Not before the first record has ended, where it may be cut, and where one byte decides. */
  #maySkip(offset: number): boolean {
    const isCut = this.#state === 'record' && offset >= this.#target;
    return this.#hasRecord && this.#state !== 'quoted' && this.#state !== 'escaped' && !isCut;
  }

  /** Goes on from `at` as far as no quote is before `quote`; gives where it is then. */
  #skip(piece: Buffer, at: number, quote: number, start: number): number {
    if (this.#state === 'quotes') return Math.min(quote, placeOf(this.#escape, piece, at));
    const plain = piece.subarray(at, quote);
    // Whether the quote stands in a comment tells the line only, from its beginning.
    const end = this.#comment < 0 ? plain.length : 1 + Math.max(plain.lastIndexOf(LF), plain.lastIndexOf(CR));
    if (end === 0) return at;
    const least = (): number => Math.max(0, this.#target - start - 1 - at);
    for (let from = least(); from < end; from = least()) {
      const lineEnd = Math.min(placeOf(LF, plain, from), placeOf(CR, plain, from));
      const begin = lineEnd + (plain[lineEnd] === CR && plain[lineEnd + 1] === LF ? 2 : 1);
      // What begins where it goes on is seen to there.
      if (begin >= end) break;
      this.#cuts.push(start + at + begin);
      this.#target = start + at + begin + this.#bytes;
    }
    const last = plain[end - 1] ?? 0;
    if (this.#endsLine(last)) this.#state = 'record';
    else this.#state = last === this.#delimiter ? 'field' : 'text';
    return at + end;
  }

  end(): void {
    if (this.#state === 'quotes' || this.#state === 'escaped') {
      throw new MalformedFile(this.#object.uri, 'a quote is not closed');
    }
  }

  #after(byte: number, offset: number): State {
    switch (this.#state) {
      case 'quotes':
        if (byte === this.#quote) return 'quoted';
        return byte === this.#escape ? 'escaped' : 'quotes';
      case 'escaped':
        return 'quotes';
      case 'text':
        if (byte === this.#delimiter) return 'field';
        return this.#endsLine(byte) ? 'record' : 'text';
      case 'comment':
        return this.#endsLine(byte) ? 'record' : 'comment';
      case 'quoted':
        if (byte === this.#quote && this.#escape === this.#quote) return 'quotes';
        if (byte === this.#delimiter) return 'field';
        if (this.#endsLine(byte)) return 'record';
        throw new MalformedFile(this.#object.uri, `at byte ${offset} a quote stands before the end of its field`);
      default:
        if (byte === this.#comment && this.#state === 'record') return 'comment';
        if (byte === this.#quote) return 'quotes';
        if (byte === this.#delimiter) return 'field';
        return this.#endsLine(byte) ? 'record' : 'text';
    }
  }

  #endsLine(byte: number): boolean {
    this.#isAfterReturn = byte === CR;
    return byte === LF || byte === CR;
  }
}

/** Where the first such byte is from `from` on: behind all of them where there is none. */
function placeOf(byte: number, piece: Buffer, from: number): number {
  const place = byte < 0 ? -1 : piece.indexOf(byte, from);
  return place < 0 ? piece.byteLength : place;
}
