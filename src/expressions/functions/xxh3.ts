/**
 * XXH3 with 64 bits. Source: the xxHash specification, "XXH3 algorithm description".
 *
 *     up to 16 bytes    mixed at once, in a way of each length
 *     up to 240 bytes   16 at a time, from both ends
 *     more              stripes of 64 bytes into eight lanes, which are scrambled after every 16 stripes
 *                       ╭─ stripe ─┬─ stripe ─┬ … ┬─ stripe ─╮ scramble ╭─ stripe ─┬ … ─╮ the last 64 bytes
 *
 * Everything is mixed with a secret of 192 bytes, which is the same everywhere, moved on by 8 bytes for each stripe.
 */

const SECRET_DIGITS =
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e' +
  'e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d' +
  '8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc' +
  '8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e';
const SECRET = Buffer.from(SECRET_DIGITS, 'hex');

const MASK = (1n << 64n) - 1n;
const LOW = 0xffff_ffffn;
const P32_1 = 0x9e3779b1n;
const P32_2 = 0x85ebca77n;
const P32_3 = 0xc2b2ae3dn;
const P64_1 = 0x9e3779b185ebca87n;
const P64_2 = 0xc2b2ae3d27d4eb4fn;
const P64_3 = 0x165667b19e3779f9n;
const P64_4 = 0x85ebca77c2b2ae63n;
const P64_5 = 0x27d4eb2f165667c5n;
const MIX_1 = 0x165667919e3779f9n;
const MIX_2 = 0x9fb21c651e98df25n;

const STRIPE = 64;
const STRIPES_OF_BLOCK = (SECRET.length - STRIPE) / 8;

const rotated = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & MASK;
/** Both halves of a product of 128 bits, one laid over the other. */
const folded = (a: bigint, b: bigint): bigint => {
  const product = a * b;
  return (product & MASK) ^ (product >> 64n);
};
const swapped = (x: bigint): bigint => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(x);
  return bytes.readBigUInt64BE();
};

function avalanche(x: bigint): bigint {
  const hash = ((x ^ (x >> 37n)) * MIX_1) & MASK;
  return hash ^ (hash >> 32n);
}

/** That of XXH64. */
function oldAvalanche(x: bigint): bigint {
  let hash = ((x ^ (x >> 33n)) * P64_2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * P64_3) & MASK;
  return hash ^ (hash >> 32n);
}

/** The 64 bits of XXH3 of bytes. */
export function xxh3(bytes: Uint8Array, seed: bigint = 0n): bigint {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (input.length <= 16) return ofFew(input, seed);
  return input.length <= 240 ? ofSome(input, seed) : ofMany(input, seed);
}

function ofFew(input: Buffer, seed: bigint): bigint {
  const { length } = input;
  const secret = (at: number): bigint => SECRET.readBigUInt64LE(at);
  if (length === 0) return oldAvalanche(seed ^ secret(56) ^ secret(64));
  if (length < 4) {
    const [first, middle, last] = [input.readUInt8(0), input.readUInt8(length >> 1), input.readUInt8(length - 1)];
    const combined = BigInt(((first << 16) | (middle << 24) | last | (length << 8)) >>> 0);
    const flip = (BigInt((SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) >>> 0) + seed) & MASK;
    return oldAvalanche(combined ^ flip);
  }
  if (length <= 8) {
    const high = swapped(seed & LOW) >> 32n;
    const flip = ((secret(8) ^ secret(16)) - (seed ^ (high << 32n))) & MASK;
    const both = BigInt(input.readUInt32LE(length - 4)) + (BigInt(input.readUInt32LE(0)) << 32n);
    const keyed = both ^ flip;
    let hash = ((keyed ^ rotated(keyed, 49n) ^ rotated(keyed, 24n)) * MIX_2) & MASK;
    hash ^= (hash >> 35n) + BigInt(length);
    hash = (hash * MIX_2) & MASK;
    return hash ^ (hash >> 28n);
  }
  const low = input.readBigUInt64LE(0) ^ (((secret(24) ^ secret(32)) + seed) & MASK);
  const high = input.readBigUInt64LE(length - 8) ^ (((secret(40) ^ secret(48)) - seed) & MASK);
  return avalanche((BigInt(length) + swapped(low) + high + folded(low, high)) & MASK);
}

/** 16 bytes, mixed with as many of the secret. */
function mixed(input: Buffer, at: number, secretAt: number, seed: bigint): bigint {
  return folded(
    input.readBigUInt64LE(at) ^ ((SECRET.readBigUInt64LE(secretAt) + seed) & MASK),
    input.readBigUInt64LE(at + 8) ^ ((SECRET.readBigUInt64LE(secretAt + 8) - seed) & MASK),
  );
}

function ofSome(input: Buffer, seed: bigint): bigint {
  const { length } = input;
  let sum = BigInt(length) * P64_1;
  if (length <= 128) {
    for (let pair = (length - 1) >> 5; pair >= 0; pair -= 1) {
      sum += mixed(input, pair * 16, pair * 32, seed);
      sum += mixed(input, length - (pair + 1) * 16, pair * 32 + 16, seed);
    }
    return avalanche(sum & MASK);
  }
  const rounds = length >> 4;
  for (let round = 0; round < 8; round += 1) sum += mixed(input, round * 16, round * 16, seed);
  sum = avalanche(sum & MASK);
  for (let round = 8; round < rounds; round += 1) sum += mixed(input, round * 16, (round - 8) * 16 + 3, seed);
  sum += mixed(input, length - 16, 136 - 17, seed);
  return avalanche(sum & MASK);
}

/** The secret as the seed changes it. */
function secretOf(seed: bigint): Buffer {
  if (seed === 0n) return SECRET;
  const secret = Buffer.from(SECRET);
  for (let at = 0; at < secret.length; at += 16) {
    secret.writeBigUInt64LE((SECRET.readBigUInt64LE(at) + seed) & MASK, at);
    secret.writeBigUInt64LE((SECRET.readBigUInt64LE(at + 8) - seed) & MASK, at + 8);
  }
  return secret;
}

function ofMany(input: Buffer, seed: bigint): bigint {
  const secret = secretOf(seed);
  const lanes = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1];
  const lane = (n: number): bigint => lanes[n] ?? 0n;
  const take = (at: number, secretAt: number): void => {
    for (let n = 0; n < 8; n += 1) {
      const value = input.readBigUInt64LE(at + n * 8);
      const keyed = value ^ secret.readBigUInt64LE(secretAt + n * 8);
      lanes[n ^ 1] = (lane(n ^ 1) + value) & MASK;
      lanes[n] = (lane(n) + (keyed & LOW) * (keyed >> 32n)) & MASK;
    }
  };
  const scramble = (): void => {
    for (let n = 0; n < 8; n += 1) {
      const key = secret.readBigUInt64LE(secret.length - STRIPE + n * 8);
      lanes[n] = ((lane(n) ^ (lane(n) >> 47n) ^ key) * P32_1) & MASK;
    }
  };
  // The last stripe is always that of the last 64 bytes.
  const stripes = Math.floor((input.length - 1) / STRIPE);
  for (let stripe = 0; stripe < stripes; stripe += 1) {
    const inBlock = stripe % STRIPES_OF_BLOCK;
    take(stripe * STRIPE, inBlock * 8);
    if (inBlock === STRIPES_OF_BLOCK - 1) scramble();
  }
  take(input.length - STRIPE, secret.length - STRIPE - 7);
  let sum = BigInt(input.length) * P64_1;
  for (let pair = 0; pair < 4; pair += 1) {
    const at = 11 + pair * 16;
    sum += folded(lane(pair * 2) ^ secret.readBigUInt64LE(at), lane(pair * 2 + 1) ^ secret.readBigUInt64LE(at + 8));
  }
  return avalanche(sum & MASK);
}
