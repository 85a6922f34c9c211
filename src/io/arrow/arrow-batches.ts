/**
 * The record batches of an Arrow file or stream, one after the other, with the buffers that are wanted in memory.
 *
 *     file      ARROW1 │ schema │ dictionary │ batch │ batch │ … │ footer │ bytes │ ARROW1       by ranges, some ahead
 *     stream    schema │ dictionary │ batch │ dictionary │ batch │ …                             from its beginning
 *
 * Of a file, only what is wanted of a batch is read: its metadata first, then the buffers, neighbours at once; a small batch, or
 * one of which everything is wanted, as a whole. A stream has no places but behind each other: all of it passes.
 */

import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { LentRegions } from '../../memory/lent-regions.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import { foreignFile, HEAD_BYTES } from '../foreign-file.ts';
import { allSettled, readBytes } from '../object-reads.ts';
import { PIECES_SHARE, piecesFootprint, piecesIn } from '../piece-sizes.ts';
import type { FirstBytes } from '../pieces-ahead.ts';
import type { FileRequest } from '../record-reader.ts';
import { lookedAt, TextInput } from '../text/text-input.ts';
import { redactUri } from '../uri.ts';
import { type Bytes, buffersRead, type Placement, placeColumns } from './arrow-columns.ts';
import {
  type ArrowBatch,
  type ArrowBlock,
  type ArrowColumn,
  type ArrowFooter,
  type ArrowMessage,
  decodeFooter,
  decodeMessage,
} from './arrow-metadata.ts';
import type { ArrowReading } from './arrow-reading.ts';

export type ArrowRequest = Omit<FileRequest, 'fields' | 'isKnown'>;

/** What of the columns is wanted. */
export interface Wanted {
  readonly readings: readonly ArrowReading[];
  /** Those of them that are wanted at once; the others are asked for by `more`, or never. */
  readonly first: readonly ArrowReading[];
}

/** A record batch, or a dictionary, whose buffers are in memory. */
export interface LoadedBatch extends Disposable {
  readonly batch: ArrowBatch;
  readonly placement: Placement;
  readonly regions: LentRegions;
  stored(buffer: number): Bytes | undefined;
  /** Bytes of the buffers that are there; none where they had to be copied from where they were read. */
  readonly readInPlace: number;
  /** Reads the buffers of further columns, where they were not. */
  more(readings: readonly ArrowReading[]): Promise<void>;
}

export type ArrowItem =
  | { readonly kind: 'rows'; readonly loaded: LoadedBatch }
  | { readonly kind: 'dictionary'; readonly id: number; readonly isDelta: boolean; readonly loaded: LoadedBatch };

/** An open file or stream. */
export interface ArrowBatches extends AsyncDisposable {
  readonly columns: readonly ArrowColumn[];
  readonly holding: Holding;
  /** Whether batches are read whole: most of the last one was wanted. */
  readonly readsWhole: boolean;
  /** The next one, dictionaries before the rows that need them; undefined at the end. Disposed by the caller. @throws MalformedFile */
  next(wanted: Wanted): Promise<ArrowItem | undefined>;
}

const OWNER = 'Scan';
const MAGIC = 'ARROW1';
/** What a file has behind its footer. */
const TRAILER_BYTES = 10;
/** The end of a file is read at once: footers of a few hundred batches are not longer. */
const TAIL_BYTES = 64 * 1024;
/** Ditto, a batch. */
const SMALL_BATCH_BYTES = 256 * 1024;
/** Where so much of a batch is wanted the next ones are read whole: that saves waiting for the metadata before the buffers. */
const WHOLE_SHARE = 7 / 8;
/** Ditto, a file: fewer requests are worth more than what is not wanted of it. */
const SMALL_FILE_BYTES = 1024 * 1024;
/** Bytes that nobody wants, and that are read for less than another request would cost. */
const GAP_BYTES = 64 * 1024;
const MOST_AHEAD = 16;
/** Parsed metadata, in bytes per byte. */
const METADATA_FACTOR = 8;
const LEAST_LEASE_BYTES = 16 * 1024 * 1024;

/** What is read first of a file: its footer, and where it is small, or batches are read whole, all that is before. */
export function firstOfArrow(size: number, readsWhole: boolean): FirstBytes {
  if (size <= SMALL_FILE_BYTES) return { ranges: [{ start: 0, end: size }], isAll: true };
  const footer = { start: size - TAIL_BYTES, end: size };
  return { ranges: readsWhole ? [footer, { start: 0, end: footer.start }] : [footer], isAll: readsWhole };
}

/**
 * `readsWhole`: whether most of a batch is expected to be wanted.
 * @throws MalformedFile, UnsupportedFile, ObjectNotFound, ObjectChanged, MemoryBudgetExceeded
 */
export async function openArrow(request: ArrowRequest, readsWhole: boolean = false): Promise<ArrowBatches> {
  const { budget, signal, uri } = request;
  const info = await lookedAt(request);
  const pinned = { ...request, etag: info.etag };
  request.ahead?.beginAhead();
  const tail = await readTail(pinned, info.size);
  if (tail === undefined) return ArrowStream.open(pinned, info.size);
  // Until the footer is known, so is not what the file needs: it is counted when it is.
  using parsing = await budget.lease(`${OWNER}, footer`, tail.byteLength * METADATA_FACTOR, signal);
  parsing.grow(tail.byteLength * METADATA_FACTOR);
  const footer = decodeFooter(redactUri(uri), tail, info.size - TRAILER_BYTES - tail.byteLength);
  parsing[Symbol.dispose]();
  return ArrowFile.open(pinned, footer, tail.byteLength * METADATA_FACTOR, readsWhole);
}

/** The bytes of the footer; undefined where it is no file, and may be a stream. */
async function readTail(request: ArrowRequest, size: number): Promise<Uint8Array | undefined> {
  const { budget, signal, uri } = request;
  if (size < TRAILER_BYTES + 8) return undefined;
  using holding = await budget.lease(`${OWNER}, footer`, TAIL_BYTES, signal);
  const bytes = Math.min(size, TAIL_BYTES);
  holding.grow(bytes);
  const tail = new Uint8Array(bytes);
  await readBytes(request, size - bytes, tail);
  const trailer = Buffer.from(tail.buffer, bytes - TRAILER_BYTES, TRAILER_BYTES);
  if (trailer.toString('latin1', 4) !== MAGIC) return undefined;
  const footerBytes = trailer.readInt32LE(0);
  if (footerBytes <= 0 || footerBytes > size - TRAILER_BYTES - 8) {
    throw new MalformedFile(redactUri(uri), `its footer cannot have ${footerBytes} bytes`);
  }
  if (footerBytes <= bytes - TRAILER_BYTES) return tail.slice(bytes - TRAILER_BYTES - footerBytes, -TRAILER_BYTES);
  using larger = await budget.lease(`${OWNER}, footer`, footerBytes, signal);
  larger.grow(footerBytes);
  const footer = new Uint8Array(footerBytes);
  await readBytes(request, size - TRAILER_BYTES - footerBytes, footer);
  return footer;
}

/** Where bytes of a body are. */
interface Loaded extends Range {
  readonly address: number;
}

/** Bytes of a body. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Reads ranges, in their order; what it gives has all of them. */
type ReadRanges = (ranges: readonly Range[], regions: LentRegions) => Promise<readonly Loaded[]>;

/** Ranges of a body that have the buffers, neighbours at once. */
function rangesOf(batch: ArrowBatch, buffers: readonly number[]): readonly Range[] {
  const wanted = buffers
    .flatMap((index) => batch.buffers[index] ?? [])
    .filter(({ byteLength }) => byteLength > 0)
    .sort((a, b) => a.offset - b.offset);
  const ranges: { start: number; end: number }[] = [];
  for (const { offset, byteLength } of wanted) {
    const last = ranges.at(-1);
    // From a word on, so that buffers lie in memory as they do in the file.
    const start = offset - (offset % 8);
    const end = offset + byteLength;
    if (last !== undefined && start <= last.end + GAP_BYTES) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  return ranges;
}

/** Whether no two buffers share a word: values are changed in place. */
function areApart({ buffers }: ArrowBatch): boolean {
  let end = 0;
  return buffers
    .filter(({ byteLength }) => byteLength > 0)
    .sort((a, b) => a.offset - b.offset)
    .every(({ offset, byteLength }) => {
      const isApart = offset % 8 === 0 && offset >= end;
      end = offset + Math.ceil(byteLength / 8) * 8;
      return isApart;
    });
}

/** Buffers of one message. */
class LoadedBuffers implements LoadedBatch {
  readonly batch: ArrowBatch;
  readonly placement: Placement;
  readonly regions: LentRegions;
  readonly #read: ReadRanges;
  readonly #isDictionary: boolean;
  readonly #isTidy: boolean;
  readonly #places = new Map<number, Bytes>();

  constructor(
    batch: ArrowBatch,
    placement: Placement,
    regions: LentRegions,
    isDictionary: boolean,
    reading: ReadRanges,
  ) {
    this.batch = batch;
    this.placement = placement;
    this.regions = regions;
    this.#isDictionary = isDictionary;
    this.#isTidy = areApart(batch);
    this.#read = reading;
  }

  stored(buffer: number): Bytes | undefined {
    return this.#places.get(buffer);
  }

  get readInPlace(): number {
    return this.#isTidy ? this.#places.values().reduce((sum, { byteLength }) => sum + byteLength, 0) : 0;
  }

  async more(readings: readonly ArrowReading[]): Promise<void> {
    const wanted = [...new Set(buffersRead(readings, this.placement, this.#isDictionary))];
    const missing = wanted.filter((buffer) => !this.#places.has(buffer));
    if (missing.length === 0) return;
    const loaded = await this.#read(rangesOf(this.batch, missing), this.regions);
    const places = missing.map((index) => ({ index, offset: 0, byteLength: 0, ...this.batch.buffers[index] }));
    for (const { index, offset, byteLength } of places) {
      const range = loaded.find(({ start, end }) => start <= offset && offset + byteLength <= end);
      const address = byteLength === 0 || range === undefined ? 0 : range.address + offset - range.start;
      this.#places.set(index, { address: this.#isTidy ? address : this.#copied(address, byteLength), byteLength });
    }
  }

  #copied(from: number, byteLength: number): number {
    if (byteLength === 0) return 0;
    const { address } = this.regions.allocate(byteLength);
    takeKernels(this.regions.linear).copyBytes(from, address, byteLength);
    return address;
  }

  [Symbol.dispose](): void {
    this.regions[Symbol.dispose]();
  }
}

/** What a batch of a file takes at most, as far as its block says; what is decompressed is not in it. */
const blockBytes = ({ metadataBytes, bodyBytes }: ArrowBlock): number => metadataBytes + bodyBytes;

class ArrowFile implements ArrowBatches {
  readonly columns: readonly ArrowColumn[];
  readonly holding: Holding;
  readonly #request: ArrowRequest;
  readonly #blocks: readonly ArrowBlock[];
  readonly #dictionaries: number;
  /** Of batches behind the one that is used. */
  readonly #aheadBytes: number;
  /** Of a batch that may be read whole. */
  readonly #mostWholeBytes: number;
  readsWhole: boolean;
  #begun = 0;
  readonly #ahead: { readonly bytes: number; readonly end: number; readonly item: Promise<ArrowItem | undefined> }[] =
    [];
  readonly #abort = new AbortController();

  static async open(
    request: ArrowRequest,
    footer: ArrowFooter,
    footerBytes: number,
    readsWhole: boolean,
  ): Promise<ArrowFile> {
    const { budget, signal } = request;
    const largest = footer.batches.reduce((most, block) => Math.max(most, blockBytes(block)), 0);
    const wanted = footerBytes + Math.max(LEAST_LEASE_BYTES, 4 * largest);
    const holding = await budget.lease(OWNER, Math.min(budget.floorBytes, wanted), signal);
    try {
      holding.grow(footerBytes);
      return new ArrowFile(request, footer, holding, largest, readsWhole);
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    request: ArrowRequest,
    footer: ArrowFooter,
    holding: Holding,
    largest: number,
    readsWhole: boolean,
  ) {
    this.#request = { ...request, signal: AbortSignal.any([request.signal, this.#abort.signal]) };
    this.columns = footer.columns;
    this.holding = holding;
    this.#blocks = [...footer.dictionaries, ...footer.batches];
    this.#dictionaries = footer.dictionaries.length;
    const { lease } = holding;
    assert.ok(lease !== undefined);
    this.#mostWholeBytes = Math.max(SMALL_BATCH_BYTES, lease.bytes / 4);
    const aheadBytes = Math.min(holding.budget.floorBytes, LEAST_LEASE_BYTES) / 4;
    // Where there is room at once, for one more of any size, and for a copy of it.
    const more = Math.max(aheadBytes, largest);
    this.#aheadBytes = lease.tryEnlarge(lease.bytes + 2 * more) ? aheadBytes + more : aheadBytes;
    this.readsWhole = readsWhole;
  }

  async next(wanted: Wanted): Promise<ArrowItem | undefined> {
    for (;;) {
      if (this.#ahead.length === 0) this.#begin(wanted);
      const next = this.#ahead.shift();
      if (next === undefined) return undefined;
      this.#readAhead(wanted);
      // Batches that never wait would hold up the reads of those that come after.
      await setImmediate();
      const item = await next.item;
      this.#request.ahead?.free(next.end);
      if (item !== undefined) return item;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#request.ahead?.stop();
    // Memory is given back only when nobody writes to it any more.
    for (const { item } of this.#ahead) {
      const [result] = await Promise.allSettled([item]);
      if (result.status === 'fulfilled') result.value?.loaded[Symbol.dispose]();
    }
    this.holding[Symbol.dispose]();
  }

  #readAhead(wanted: Wanted): void {
    const bytes = (): number => this.#ahead.reduce((sum, ahead) => sum + ahead.bytes, this.#bytesOfNext);
    while (this.#begun < this.#blocks.length && this.#ahead.length < MOST_AHEAD && bytes() <= this.#aheadBytes) {
      this.#begin(wanted);
    }
  }

  get #bytesOfNext(): number {
    const block = this.#blocks[this.#begun];
    return block === undefined ? 0 : blockBytes(block);
  }

  /** Begins to read the next one, if there is any. */
  #begin(wanted: Wanted): void {
    if (this.#begun === 0) this.readsWhole ||= wanted.first.length === this.columns.length;
    const block = this.#blocks[this.#begun];
    if (block !== undefined) {
      const item = this.#load(block, this.#begun < this.#dictionaries, wanted);
      // Whoever needs it meets the error.
      item.catch(() => {});
      const bytes = blockBytes(block);
      this.#ahead.push({ bytes, end: block.offset + bytes, item });
      this.#begun += 1;
    }
    if (this.#begun === this.#blocks.length) this.#request.ahead?.allBegun();
  }

  /** Undefined for a dictionary that nobody wants. */
  async #load(block: ArrowBlock, isDictionary: boolean, wanted: Wanted): Promise<ArrowItem | undefined> {
    const regions = new LentRegions(this.holding);
    try {
      const item = await this.#loaded(block, isDictionary, wanted, regions);
      if (item === undefined) regions[Symbol.dispose]();
      return item;
    } catch (error) {
      regions[Symbol.dispose]();
      throw error;
    }
  }

  async #loaded(
    block: ArrowBlock,
    isDictionary: boolean,
    wanted: Wanted,
    regions: LentRegions,
  ): Promise<ArrowItem | undefined> {
    const uri = redactUri(this.#request.uri);
    const { offset, metadataBytes } = block;
    const isWhole = blockBytes(block) <= (this.readsWhole ? this.#mostWholeBytes : SMALL_BATCH_BYTES);
    const base = regions.allocate(isWhole ? blockBytes(block) : metadataBytes);
    const { linear } = regions;
    await readBytes(this.#request, offset, linear.u8.subarray(base.address, base.address + base.byteLength));
    regions.grow(metadataBytes * METADATA_FACTOR);
    const metadata = linear.u8.slice(base.address, base.address + metadataBytes);
    const message = decodeMessage(uri, metadata.subarray(prefixBytes(uri, metadata)));
    if (message.kind === 'schema' || (message.kind === 'dictionary') !== isDictionary) {
      throw new MalformedFile(uri, 'its footer names messages that are others');
    }
    const { batch } = message;
    const end = Math.max(0, ...batch.buffers.map((buffer) => buffer.offset + buffer.byteLength));
    if (end > block.bodyBytes) throw new MalformedFile(uri, 'a buffer ends behind its batch');
    const reading: ReadRanges = async (ranges, work) => {
      if (isWhole) {
        const at = base.address + metadataBytes;
        // A body that begins within a word would have its buffers there too.
        if (metadataBytes % 8 === 0) return [{ start: 0, end: block.bodyBytes, address: at }];
        const body = work.allocate(block.bodyBytes);
        takeKernels(linear).copyBytes(at, body.address, block.bodyBytes);
        return [{ start: 0, end: block.bodyBytes, address: body.address }];
      }
      return await this.#ranges(offset + metadataBytes, ranges, work);
    };
    const item = await itemOf(uri, message, this.columns, wanted, regions, reading);
    if (item?.kind === 'rows') {
      this.readsWhole = item.loaded.readInPlace >= block.bodyBytes * WHOLE_SHARE;
    }
    return item;
  }

  async #ranges(body: number, ranges: readonly Range[], regions: LentRegions): Promise<Loaded[]> {
    const loaded = ranges.map(({ start, end }) => ({ start, end, address: regions.allocate(end - start).address }));
    const reads = loaded.map(({ start, end, address }) => {
      const into = this.holding.linear.u8.subarray(address, address + end - start);
      return readBytes(this.#request, body + start, into);
    });
    await allSettled(reads);
    return loaded;
  }
}

/** Undefined for a dictionary that no column wants. */
async function itemOf(
  uri: string,
  message: Exclude<ArrowMessage, { kind: 'schema' }>,
  columns: readonly ArrowColumn[],
  wanted: Wanted,
  regions: LentRegions,
  reading: ReadRanges,
): Promise<ArrowItem | undefined> {
  const { batch } = message;
  if (message.kind === 'batch') {
    const loaded = new LoadedBuffers(batch, placeColumns(uri, columns, batch), regions, false, reading);
    await loaded.more(wanted.first);
    return { kind: 'rows', loaded };
  }
  const { id, isDelta } = message;
  const whose = wanted.readings.flatMap(encodedIn).find(({ column }) => column.dictionary?.id === id);
  if (whose === undefined) return undefined;
  const placement = placeColumns(uri, [whose.column], batch, true);
  const loaded = new LoadedBuffers(batch, placement, regions, true, reading);
  await loaded.more([whose]);
  return { kind: 'dictionary', id, isDelta, loaded };
}

/** The columns of a reading that have dictionaries, those inside of dictionaries too. */
export function encodedIn(reading: ArrowReading): readonly ArrowReading[] {
  const inside = reading.children.flatMap(encodedIn);
  return reading.column.dictionary === undefined ? inside : [reading, ...inside];
}

/** Bytes before the metadata: a mark and a length, or as older writers have it a length. @throws MalformedFile */
function prefixBytes(uri: string, metadata: Uint8Array): number {
  if (metadata.byteLength < 8) throw new MalformedFile(uri, 'a message has no metadata');
  const [first] = new Uint32Array(metadata.slice(0, 4).buffer);
  return first === 0xffff_ffff ? 8 : 4;
}

class ArrowStream implements ArrowBatches {
  readonly columns: readonly ArrowColumn[];
  readonly holding: Holding;
  readonly #uri: string;
  readonly #input: TextInput;
  readonly #scratch: number;
  readonly readsWhole = false;

  static async open(request: ArrowRequest, size: number): Promise<ArrowStream> {
    const { budget, signal } = request;
    const leaseBytes = Math.min(budget.floorBytes, 4 * LEAST_LEASE_BYTES);
    const pieces = piecesIn(leaseBytes * PIECES_SHARE);
    const holding = await budget.lease(OWNER, leaseBytes, signal);
    try {
      assert.ok(piecesFootprint(pieces) + LinearMemory.footprint(SCRATCH_BYTES) <= leaseBytes);
      const scratch = holding.allocate(SCRATCH_BYTES).address;
      const input = await TextInput.open({ ...request, size, encoding: 'utf-8' }, holding, pieces);
      try {
        const stream = new ArrowStream(request, holding, input, scratch, []);
        const schema = await stream.#message(new LentRegions(holding));
        if (schema === undefined) throw new MalformedFile(stream.#uri, 'it is empty');
        if (schema.kind !== 'schema') {
          throw new MalformedFile(stream.#uri, 'it does not begin with a schema, as a file or a stream of Arrow does');
        }
        return new ArrowStream(request, holding, input, scratch, schema.columns);
      } catch (error) {
        await input[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    { uri }: ArrowRequest,
    holding: Holding,
    input: TextInput,
    scratch: number,
    columns: readonly ArrowColumn[],
  ) {
    this.#uri = redactUri(uri);
    this.holding = holding;
    this.#input = input;
    this.#scratch = scratch;
    this.columns = columns;
  }

  async next(wanted: Wanted): Promise<ArrowItem | undefined> {
    for (;;) {
      const regions = new LentRegions(this.holding);
      try {
        const message = await this.#message(regions);
        if (message === undefined) return undefined;
        if (message.kind === 'schema') throw new MalformedFile(this.#uri, 'it has a second schema');
        let at = 0;
        const reading: ReadRanges = async (ranges, work) => {
          const loaded: Loaded[] = [];
          for (const { start, end } of ranges) {
            if (end > message.bodyBytes) throw new MalformedFile(this.#uri, 'a buffer ends behind its batch');
            const { address } = work.allocate(end - start);
            await this.#skip(start - at);
            await this.#fill(address, end - start);
            at = end;
            loaded.push({ start, end, address });
          }
          return loaded;
        };
        const all = { ...wanted, first: wanted.readings };
        const item = await itemOf(this.#uri, message, this.columns, all, regions, reading);
        await this.#skip(message.bodyBytes - at);
        if (item !== undefined) return item;
        regions[Symbol.dispose]();
      } catch (error) {
        regions[Symbol.dispose]();
        throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input[Symbol.asyncDispose]();
    this.holding[Symbol.dispose]();
  }

  /** The next one; undefined at the end. */
  async #message(regions: LentRegions): Promise<ArrowMessage | undefined> {
    if (!(await this.#fill(this.#scratch, 4, true))) return undefined;
    const { data } = this.holding.linear;
    let bytes = data.getUint32(this.#scratch, true);
    const isMarked = bytes === 0xffff_ffff;
    if (isMarked) {
      await this.#fill(this.#scratch, 4);
      bytes = data.getUint32(this.#scratch, true);
    }
    if (bytes === 0) return undefined;
    if (bytes === 0x4f52_5241)
      throw new MalformedFile(this.#uri, 'it begins as a file of Arrow, and has no footer: it was cut off');
    if (this.columns.length === 0 && bytes > (isMarked ? MOST_METADATA_BYTES : MOST_UNMARKED_BYTES)) {
      await this.#refuseBeginning();
    }
    if (bytes > MOST_METADATA_BYTES) {
      throw new MalformedFile(this.#uri, `a message would have ${bytes} bytes of metadata`);
    }
    regions.grow(bytes * METADATA_FACTOR);
    const { address } = regions.allocate(bytes);
    await this.#fill(address, bytes);
    return decodeMessage(this.#uri, this.holding.linear.u8.slice(address, address + bytes));
  }

  /** Of a file whose first bytes are the length of no schema. @throws MalformedFile, UnsupportedFile */
  async #refuseBeginning(): Promise<never> {
    const { u8 } = this.holding.linear;
    const more = await this.#input.read(this.#scratch + 4, HEAD_BYTES - 4);
    const other = foreignFile(u8.subarray(this.#scratch, this.#scratch + 4 + more));
    if (other !== undefined) throw new UnsupportedFile(this.#uri, other);
    throw new MalformedFile(this.#uri, 'it begins neither as a file of Arrow nor as a stream');
  }

  /** False where it ends before the first byte, and may. */
  async #fill(address: number, bytes: number, mayEnd: boolean = false): Promise<boolean> {
    for (let done = 0; done < bytes; ) {
      const count = await this.#input.read(address + done, bytes - done);
      if (count === 0 && done === 0 && mayEnd) return false;
      if (count === 0) throw new MalformedFile(this.#uri, 'it ends within a message');
      done += count;
    }
    return true;
  }

  async #skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) {
      const count = Math.min(left, SCRATCH_BYTES);
      await this.#fill(this.#scratch, count);
      left -= count;
    }
  }
}

const SCRATCH_BYTES = 64 * 1024;
/** Of the metadata of one message of a stream, which tells its size alone. */
const MOST_METADATA_BYTES = 256 * 1024 * 1024;
/** Of the schema of an older writer: the length stands where other formats have four characters. */
const MOST_UNMARKED_BYTES = 16 * 1024 * 1024;
