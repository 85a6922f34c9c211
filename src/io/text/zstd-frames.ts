import { MalformedFile } from '../../errors.ts';

/**
 * Cuts compressed bytes where frames of zstd end: the stream of node:zlib reads one frame after the other, but forgets what
 * stands behind the end of one in the same piece, without an error.
 *
 *     │ magic, descriptor, … │ block size │ block │ block size │ last block │ checksum │ magic …       RFC 8878, 3.1.1
 *                                                                                      ╱ cut
 */
export class ZstdFrames {
  readonly #uri: string;
  /** Bytes of what is looked at next, and those of them that were there. */
  #wanted = 5;
  readonly #head: number[] = [];
  #stage: 'frame' | 'block' = 'frame';
  #hasChecksum = false;
  /** Bytes that are part of the frame, whatever they are. */
  #passed = 0;

  constructor(uri: string) {
    this.#uri = uri;
  }

  /** The pieces of `bytes`: none of them has bytes of two frames. @throws MalformedFile */
  *pieces(bytes: Buffer): Generator<Buffer> {
    let start = 0;
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#passed > 0) {
        const count = Math.min(this.#passed, bytes.byteLength - at);
        this.#passed -= count;
        at += count;
      } else {
        this.#head.push(bytes[at] ?? 0);
        at += 1;
        if (this.#head.length === this.#wanted) this.#look();
      }
      if (this.#passed > 0 || this.#stage !== 'frame' || this.#head.length > 0) continue;
      yield bytes.subarray(start, at);
      start = at;
    }
    if (start < bytes.byteLength) yield bytes.subarray(start);
  }

  #look(): void {
    const head = Buffer.from(this.#head.splice(0));
    if (this.#stage === 'block') {
      const block = head.readUIntLE(0, 3);
      // A block of one repeated byte has that byte only.
      this.#passed = ((block >>> 1) & 3) === 1 ? 1 : block >>> 3;
      if ((block & 1) === 1) {
        if (this.#hasChecksum) this.#passed += 4;
        this.#stage = 'frame';
        this.#wanted = 5;
      }
      return;
    }
    if (head.readUInt32LE(0) !== 0xfd2fb528) {
      throw new MalformedFile(this.#uri, 'its zstd cannot be decompressed: what follows a frame is none');
    }
    const descriptor = head[4] ?? 0;
    const isSingle = (descriptor & 0x20) !== 0;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#passed = (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + sizeBytes;
    this.#stage = 'block';
    this.#wanted = 3;
  }
}
