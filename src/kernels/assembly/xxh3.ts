/**
 * XXH3 with 64 bits, as `expressions/functions/xxh3.ts` describes it. Source: the xxHash specification, "XXH3 algorithm
 * description". Of texts of more than 240 bytes the secret is that which the seed makes: `setSeed` comes before them.
 */

import { mulHigh } from './numbers';

// prettier-ignore
const SECRET: usize = memory.data<u8>([
  0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
  0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
  0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
  0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
  0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
  0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
  0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
  0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
  0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
  0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
  0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
  0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
]);
const SECRET_BYTES: usize = 192;
/** The secret as the seed changes it, and the eight lanes. */
const SEEDED: usize = memory.data(192, 16);
const LANES: usize = memory.data(64, 16);

const P32_1: u64 = 0x9e3779b1;
const P32_2: u64 = 0x85ebca77;
const P32_3: u64 = 0xc2b2ae3d;
const P64_1: u64 = 0x9e3779b185ebca87;
const P64_2: u64 = 0xc2b2ae3d27d4eb4f;
const P64_3: u64 = 0x165667b19e3779f9;
const P64_4: u64 = 0x85ebca77c2b2ae63;
const P64_5: u64 = 0x27d4eb2f165667c5;
const MIX_1: u64 = 0x165667919e3779f9;
const MIX_2: u64 = 0x9fb21c651e98df25;

const STRIPE: usize = 64;
const STRIPES_OF_BLOCK: usize = (SECRET_BYTES - STRIPE) / 8;

// @ts-ignore: decorator
@inline
function folded(a: u64, b: u64): u64 {
  return (a * b) ^ mulHigh(a, b);
}

// @ts-ignore: decorator
@inline
function avalanche(x: u64): u64 {
  const hash = (x ^ (x >> 37)) * MIX_1;
  return hash ^ (hash >> 32);
}

/** That of XXH64. */
function oldAvalanche(x: u64): u64 {
  let hash = (x ^ (x >> 33)) * P64_2;
  hash = (hash ^ (hash >> 29)) * P64_3;
  return hash ^ (hash >> 32);
}

// @ts-ignore: decorator
@inline
function secret(at: usize): u64 {
  return load<u64>(SECRET + at);
}

function ofFew(at: usize, length: usize, seed: u64): u64 {
  if (length == 0) return oldAvalanche(seed ^ secret(56) ^ secret(64));
  if (length < 4) {
    const first = <u32>load<u8>(at);
    const middle = <u32>load<u8>(at + (length >> 1));
    const last = <u32>load<u8>(at + length - 1);
    const combined = (first << 16) | (middle << 24) | last | (<u32>length << 8);
    return oldAvalanche(<u64>combined ^ (<u64>(load<u32>(SECRET) ^ load<u32>(SECRET, 4)) + seed));
  }
  if (length <= 8) {
    const turned = seed ^ (<u64>bswap<u32>(<u32>seed) << 32);
    const both = <u64>load<u32>(at + length - 4) + (<u64>load<u32>(at) << 32);
    const keyed = both ^ ((secret(8) ^ secret(16)) - turned);
    let hash = (keyed ^ rotl<u64>(keyed, 49) ^ rotl<u64>(keyed, 24)) * MIX_2;
    hash = (hash ^ ((hash >> 35) + <u64>length)) * MIX_2;
    return hash ^ (hash >> 28);
  }
  const low = load<u64>(at) ^ ((secret(24) ^ secret(32)) + seed);
  const high = load<u64>(at + length - 8) ^ ((secret(40) ^ secret(48)) - seed);
  return avalanche(<u64>length + bswap<u64>(low) + high + folded(low, high));
}

/** 16 bytes, mixed with as many of the secret. */
// @ts-ignore: decorator
@inline
function mixed(at: usize, secretAt: usize, seed: u64): u64 {
  return folded(load<u64>(at) ^ (secret(secretAt) + seed), load<u64>(at, 8) ^ (secret(secretAt + 8) - seed));
}

function ofSome(at: usize, length: usize, seed: u64): u64 {
  let sum = <u64>length * P64_1;
  if (length <= 128) {
    for (let pair = <i32>((length - 1) >> 5); pair >= 0; pair--) {
      sum += mixed(at + pair * 16, pair * 32, seed);
      sum += mixed(at + length - (pair + 1) * 16, pair * 32 + 16, seed);
    }
    return avalanche(sum);
  }
  const rounds = length >> 4;
  for (let round: usize = 0; round < 8; round++) sum += mixed(at + round * 16, round * 16, seed);
  sum = avalanche(sum);
  for (let round: usize = 8; round < rounds; round++) sum += mixed(at + round * 16, (round - 8) * 16 + 3, seed);
  sum += mixed(at + length - 16, 136 - 17, seed);
  return avalanche(sum);
}

/** Makes the secret for texts that are long. */
export function setSeed(seed: u64): void {
  for (let at: usize = 0; at < SECRET_BYTES; at += 16) {
    store<u64>(SEEDED + at, secret(at) + seed);
    store<u64>(SEEDED + at, secret(at + 8) - seed, 8);
  }
}

function take(at: usize, secretAt: usize): void {
  for (let n: usize = 0; n < 64; n += 8) {
    const value = load<u64>(at + n);
    const keyed = value ^ load<u64>(SEEDED + secretAt + n);
    const other = LANES + (n ^ 8);
    store<u64>(other, load<u64>(other) + value);
    store<u64>(LANES + n, load<u64>(LANES + n) + (keyed & 0xffffffff) * (keyed >> 32));
  }
}

function scramble(): void {
  for (let n: usize = 0; n < 64; n += 8) {
    const lane = load<u64>(LANES + n);
    store<u64>(LANES + n, (lane ^ (lane >> 47) ^ load<u64>(SEEDED + SECRET_BYTES - STRIPE + n)) * P32_1);
  }
}

function ofMany(at: usize, length: usize): u64 {
  store<u64>(LANES, P32_3);
  store<u64>(LANES, P64_1, 8);
  store<u64>(LANES, P64_2, 16);
  store<u64>(LANES, P64_3, 24);
  store<u64>(LANES, P64_4, 32);
  store<u64>(LANES, P32_2, 40);
  store<u64>(LANES, P64_5, 48);
  store<u64>(LANES, P32_1, 56);
  // The last stripe is always that of the last 64 bytes.
  const stripes = (length - 1) / STRIPE;
  for (let stripe: usize = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % STRIPES_OF_BLOCK;
    take(at + stripe * STRIPE, inBlock * 8);
    if (inBlock == STRIPES_OF_BLOCK - 1) scramble();
  }
  take(at + length - STRIPE, SECRET_BYTES - STRIPE - 7);
  let sum = <u64>length * P64_1;
  for (let pair: usize = 0; pair < 4; pair++) {
    const lane = LANES + pair * 16;
    const key = SEEDED + 11 + pair * 16;
    sum += folded(load<u64>(lane) ^ load<u64>(key), load<u64>(lane, 8) ^ load<u64>(key, 8));
  }
  return avalanche(sum);
}

/** Of bytes, after `setSeed`. */
export function xxh3(at: usize, length: usize, seed: u64): u64 {
  if (length <= 16) return ofFew(at, length, seed);
  return length <= 240 ? ofSome(at, length, seed) : ofMany(at, length);
}
