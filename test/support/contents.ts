/** Bytes of all kinds, to be compressed. */

import fc from 'fast-check';

const pick = (seed: number) => {
  let state = seed >>> 0;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
/** What does not compress, few symbols, numbers of 8 bytes, words again and again, one byte, repetitions. */
const CONTENTS: readonly ((next: (below: number) => number, size: number) => Uint8Array)[] = [
  (next, size) => Uint8Array.from({ length: size }, () => next(256)),
  (next, size) => Uint8Array.from({ length: size }, () => Math.min(next(20), next(20), next(20))),
  (next, size) => {
    const prices = new BigInt64Array(Math.ceil(size / 8)).map(() => BigInt(90_000 + next(10_000_000)));
    return new Uint8Array(prices.buffer, 0, size);
  },
  (next, size) => {
    const words = Array.from({ length: 50 }, () => next(2 ** 31).toString(36));
    let text = '';
    while (text.length < size) text += `${words[Math.min(next(50), next(50))]} `;
    return Buffer.from(text.slice(0, size), 'latin1');
  },
  (next, size) => new Uint8Array(size).fill(next(256)),
  // Again and again, from far back and from near.
  (next, size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const offset = 1 + next(next(2) === 0 ? 20 : Math.max(1, at));
      const length = 1 + next(next(4) === 0 ? 2000 : 30);
      for (let i = 0; i < length && at < size; i += 1, at += 1) {
        bytes[at] = at < offset || i === 0 ? next(256) : bytes[at - offset]!;
      }
    }
    return bytes;
  },
];
export const content: fc.Arbitrary<Uint8Array> = fc
  .record({
    kind: fc.nat(CONTENTS.length - 1),
    seed: fc.nat(),
    size: fc.oneof(fc.nat(400), fc.nat(5000), fc.nat(300_000)),
  })
  .map(({ kind, seed, size }) => CONTENTS[kind]!(pick(seed), size));

/** What does not compress. */
export const randomBytes = (seed: number, size: number): Uint8Array => CONTENTS[0]!(pick(seed), size);
