/**
 * The bytes of a file that are in memory: whole records, and the beginning of one.
 *
 *     │ used │ record │ record │ beginning of a rec… │     free     │
 *            start                                  end
 *
 * Filling moves what is left to the front and reads about a batch more, so that what is worked on stays in the cache. A
 * record that has no end where the window is full is too large.
 */

import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import { csvKernels } from '../../kernels/csv-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { foreignFile, HEAD_BYTES } from '../foreign-file.ts';
import type { TextInput } from './text-input.ts';

/** Bytes that are read at a time. */
const FILL_BYTES = 1024 * 1024;

export class RecordWindow {
  /** Addresses of what is there, and was not taken. */
  start: number;
  end: number;
  /** Whether the file ends at `end`. */
  isLast: boolean = false;
  /** The line in which `start` stands, from 1. */
  line: number = 1;
  readonly #uri: string;
  readonly #input: TextInput;
  readonly #holding: Holding;
  readonly #base: number;
  readonly #byteLength: number;
  /** Where in the file the byte at the base is, if it is stored as UTF-8. */
  #baseOffset: number;

  /** `offset`: where in the file its first byte is. */
  constructor(uri: string, input: TextInput, holding: Holding, byteLength: number, offset: number = 0) {
    this.#uri = uri;
    this.#input = input;
    this.#holding = holding;
    this.#byteLength = byteLength;
    this.#base = holding.allocate(byteLength).address;
    this.start = this.#base;
    this.end = this.#base;
    this.#baseOffset = offset;
  }

  /** Where in the file the byte at `address` is. */
  offsetOf(address: number): number {
    return this.#baseOffset + address - this.#base;
  }

  /** As `fill`, of a format that is text. @throws UnsupportedFile where the file begins as UTF-16, or as no text does */
  async fillText(): Promise<void> {
    await this.fill();
    const { start, end } = this;
    if (this.offsetOf(start) !== 0 || end - start < 2) return;
    const { data, u8 } = this.#holding.linear;
    if ([0xfeff, 0xfffe].includes(data.getUint16(start))) {
      throw new UnsupportedFile(this.#uri, 'it begins with the byte order mark of UTF-16: make it UTF-8');
    }
    const other = foreignFile(u8.subarray(start, Math.min(end, start + HEAD_BYTES)));
    if (other !== undefined) throw new UnsupportedFile(this.#uri, other);
  }

  /** Reads more; what was taken is overwritten. @throws MalformedFile where there is no room */
  async fill(): Promise<void> {
    const { linear } = this.#holding;
    const kept = this.end - this.start;
    if (this.start > this.#base) takeKernels(linear).copyBytes(this.start, this.#base, kept);
    const isFirst = this.line === 1 && this.start === this.#base && kept === 0 && this.#baseOffset === 0;
    this.#baseOffset += this.start - this.#base;
    this.start = this.#base;
    this.end = this.#base + kept;
    const limit = this.#base + this.#byteLength;
    // An encoding may need two bytes for one.
    if (limit - this.end < 2) throw this.tooLarge();
    const goal = Math.min(limit - 1, this.end + FILL_BYTES);
    while (this.end < goal) {
      const count = await this.#input.read(this.end, limit - this.end);
      this.end += count;
      if (count === 0) {
        this.isLast = true;
        break;
      }
    }
    const { u8 } = linear;
    const hasMark = isFirst && u8[this.start] === 0xef && u8[this.start + 1] === 0xbb && u8[this.start + 2] === 0xbf;
    if (hasMark && this.end - this.start >= 3) this.start += 3;
  }

  /** What is before `address` has been used. */
  take(address: number): void {
    this.line += this.#linesTo(address);
    this.start = address;
  }

  /** The line in which the record at `address` begins. */
  lineOf(address: number): number {
    return this.line + this.#linesTo(address);
  }

  tooLarge(): MalformedFile {
    const most = `${this.#byteLength} bytes, the most that a record may have`;
    const advice = 'Close the quotes, raise maxRecordBytes, or give the task more memory';
    return new MalformedFile(this.#uri, `what begins in line ${this.line} does not end within ${most}. ${advice}`);
  }

  #linesTo(address: number): number {
    return csvKernels(this.#holding.linear).countLines(this.start, address);
  }
}
