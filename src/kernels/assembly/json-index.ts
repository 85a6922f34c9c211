/**
 * Where the tokens of JSON stand: brackets, colons, commas, both quotes of every text, and where anything else begins.
 *
 *     bytes      { "a\"b" :   1 2 , "c" : [ ] }
 *     quotes       ▲     ▲          ▲ ▲               those without an odd number of backslashes before them
 *     inside       ██████           ███               parity of the quotes up to a byte
 *     tokens     ▲ ▲     ▲  ▲  ▲    ▲ ▲ ▲ ▲ ▲ ▲
 *
 * Sixty-four bytes at a time, as simdjson does it (Langdale and Lemire, "Parsing gigabytes of JSON per second").
 */

import { parityUpTo } from './text-bytes';

// @ts-ignore: decorator
@inline
function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    <u64>(<u32>i8x16.bitmask(a)) |
    (<u64>(<u32>i8x16.bitmask(b)) << 16) |
    (<u64>(<u32>i8x16.bitmask(c)) << 32) |
    (<u64>(<u32>i8x16.bitmask(d)) << 48)
  );
}

// @ts-ignore: decorator
@inline
function isQuote(block: v128): v128 {
  return i8x16.eq(block, i8x16.splat(0x22));
}

// @ts-ignore: decorator
@inline
function isBackslash(block: v128): v128 {
  return i8x16.eq(block, i8x16.splat(0x5c));
}

/** Brackets of both kinds differ in one bit, which this sets; `:` and `,` are left. */
// @ts-ignore: decorator
@inline
function isOperator(block: v128): v128 {
  const raised = v128.or(block, i8x16.splat(0x20));
  const brackets = v128.or(i8x16.eq(raised, i8x16.splat(0x7b)), i8x16.eq(raised, i8x16.splat(0x7d)));
  return v128.or(brackets, v128.or(i8x16.eq(block, i8x16.splat(0x3a)), i8x16.eq(block, i8x16.splat(0x2c))));
}

// @ts-ignore: decorator
@inline
function isSpace(block: v128): v128 {
  const line = v128.or(i8x16.eq(block, i8x16.splat(0x0a)), i8x16.eq(block, i8x16.splat(0x0d)));
  return v128.or(line, v128.or(i8x16.eq(block, i8x16.splat(0x20)), i8x16.eq(block, i8x16.splat(0x09))));
}

/**
 * Writes the addresses of the tokens between `from` and `end`, 4 bytes each: at most one for each byte. Returns how many there
 * are. `from` stands outside of texts.
 */
export function indexJson(from: usize, end: usize, tokens: usize): i32 {
  let count = 0;
  let insideCarry: u64 = 0;
  let escapeCarry: u64 = 0;
  let scalarCarry: u64 = 0;
  for (let block = from; block < end; block += 64) {
    const a = v128.load(block);
    const b = v128.load(block, 16);
    const c = v128.load(block, 32);
    const d = v128.load(block, 48);
    const left = <u64>(end - block);
    const valid: u64 = left < 64 ? (<u64>1 << left) - 1 : ~(<u64>0);
    let backslashes = bits(isBackslash(a), isBackslash(b), isBackslash(c), isBackslash(d)) & valid;
    let escaped: u64 = escapeCarry;
    if (backslashes) {
      backslashes &= ~escapeCarry;
      const follows = (backslashes << 1) | escapeCarry;
      const even: u64 = 0x5555555555555555;
      const oddStarts = backslashes & ~even & ~follows;
      const sum = oddStarts + backslashes;
      escapeCarry = <u64>(sum < oddStarts);
      escaped = (even ^ (sum << 1)) & follows;
    } else {
      escapeCarry = 0;
    }
    const quotes = bits(isQuote(a), isQuote(b), isQuote(c), isQuote(d)) & valid & ~escaped;
    const inside = parityUpTo(quotes) ^ insideCarry;
    insideCarry = <u64>(<i64>inside >> 63);
    const operators = bits(isOperator(a), isOperator(b), isOperator(c), isOperator(d)) & valid & ~inside;
    const spaces = bits(isSpace(a), isSpace(b), isSpace(c), isSpace(d));
    const scalars = ~(operators | spaces | quotes | inside) & valid;
    let found = operators | quotes | (scalars & ~((scalars << 1) | scalarCarry));
    scalarCarry = scalars >> 63;
    for (; found; found &= found - 1) {
      store<u32>(tokens + (<usize>count << 2), <u32>(block + <usize>ctz(found)));
      count++;
    }
  }
  return count;
}
