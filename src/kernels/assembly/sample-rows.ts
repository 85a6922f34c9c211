// Which rows are in a sample: decided by 64 bits of each row, which come of a seed and of its number alone.
//
//     fraction, each row at most once      bits below the fraction
//     fraction, with replacement           as often as the inverse of a Poisson distribution says for the bits
//     so many rows                         those with the least bits
//
// Source of the mixing: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014), SplitMix64. It maps
// numbers to numbers one to one, so no two rows have the same bits.

const GOLDEN: u64 = 0x9e3779b97f4a7c15;
/** More copies of a row than this come up less than once in 2^100 rows. */
const MOST_COPIES: u32 = 32;

@inline function randomBits(seed: u64, number: u64): u64 {
  let z = seed + (number + 1) * GOLDEN;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** From 0 to below 1. */
@inline function unitOf(bits: u64): f64 { return <f64>(bits >> 11) * (1.0 / 9007199254740992.0); }

/** Lists the rows that are taken, each with the probability `fraction`; returns how many. */
export function sampleRows(seed: u64, first: u64, count: i32, fraction: f64, list: usize): i32 {
  let taken = 0;
  for (let row = 0; row < count; row++) {
    store<u32>(list + (<usize>taken << 2), row);
    taken += <i32>(unitOf(randomBits(seed, first + row)) < fraction);
  }
  return taken;
}

/** How often each row is taken: by a Poisson distribution of this mean, whose probability of none is `none`. */
export function sampleCounts(seed: u64, first: u64, count: i32, mean: f64, none: f64, counts: usize): void {
  for (let row = 0; row < count; row++) {
    const unit = unitOf(randomBits(seed, first + row));
    let copies: u32 = 0;
    let probability = none;
    for (let sum = none; unit >= sum && copies < MOST_COPIES; sum += probability) {
      copies++;
      probability *= mean / <f64>copies;
    }
    store<u32>(counts + (<usize>row << 2), copies);
  }
}

/** Lists the rows whose bits are at most `greatest`, and their bits, 8 bytes each; returns how many. */
export function sampleCandidates(seed: u64, first: u64, count: i32, greatest: u64, list: usize, keys: usize): i32 {
  let taken = 0;
  for (let row = 0; row < count; row++) {
    const bits = randomBits(seed, first + row);
    store<u32>(list + (<usize>taken << 2), row);
    store<u64>(keys + (<usize>taken << 3), bits);
    taken += <i32>(bits <= greatest);
  }
  return taken;
}

/** The `n`-th of `count` numbers, from 1, if they were in order; they are left in another (Hoare's selection). */
export function selectKey(keys: usize, count: i32, n: i32): u64 {
  let low = 0, high = count - 1;
  const wanted = n - 1;
  while (low < high) {
    const pivot = load<u64>(keys + (<usize>((low + high) >> 1) << 3));
    let i = low, j = high;
    while (i <= j) {
      while (load<u64>(keys + (<usize>i << 3)) < pivot) i++;
      while (load<u64>(keys + (<usize>j << 3)) > pivot) j--;
      if (i > j) break;
      const swapped = load<u64>(keys + (<usize>i << 3));
      store<u64>(keys + (<usize>i << 3), load<u64>(keys + (<usize>j << 3)));
      store<u64>(keys + (<usize>j << 3), swapped);
      i++;
      j--;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return load<u64>(keys + (<usize>wanted << 3));
}

/** Lists the places of the keys that are at most `greatest`, and moves those keys to the front; returns how many. */
export function keepKeys(keys: usize, count: i32, greatest: u64, list: usize): i32 {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const key = load<u64>(keys + (<usize>i << 3));
    store<u32>(list + (<usize>kept << 2), i);
    store<u64>(keys + (<usize>kept << 3), key);
    kept += <i32>(key <= greatest);
  }
  return kept;
}

/** A number from 0 to below `end`, which is below 2^53. */
@inline function drawn(seed: u64, number: u64, end: f64): u64 { return <u64>(unitOf(randomBits(seed, number)) * end); }

/**
 * Draws `draws` times one of `population` rows, any of which may come again. Rows are numbered as they first come up:
 * returns how many there are, and writes how often each came up, in random order; `counts` has room for all draws.
 */
export function drawCounts(seed: u64, draws: i32, population: f64, counts: usize): i32 {
  let different = 0;
  for (let i = 0; i < draws; i++) {
    // A row that came up before has one of the first numbers; all others are as good as each other.
    const row = drawn(seed, i, population);
    const at = counts + ((row < <u64>different ? <usize>row : <usize>different) << 2);
    if (row < <u64>different) store<u32>(at, load<u32>(at) + 1);
    else {
      store<u32>(at, 1);
      different++;
    }
  }
  // What came up first came up more often: Fisher and Yates take the order out.
  for (let i = different - 1; i > 0; i--) {
    const a = counts + (<usize>i << 2), b = counts + (<usize>drawn(seed, <u64>draws + i, i + 1) << 2);
    const swapped = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, swapped);
  }
  return different;
}
