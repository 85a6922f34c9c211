/**
 * Where the fields of CSV stand, and their texts.
 *
 *     bytes      a , " b , c " , d ↵ …          starts   │ a │ …                 one per record
 *     quotes     0 0 1 0 0 0 1 0 0 0            ends     │ , │ , │ ↵ │ …         `stride` per record: behind each field
 *     inside     0 0 1 1 1 1 0 0 0 0
 *     ends       0 1 0 0 0 0 0 1 0 1
 *
 * Sixty-four bytes become masks of a bit each. The parity of the quotes up to a byte (a prefix sum of exclusive ors) tells
 * whether it stands inside of quotes (Langdale and Lemire, "Parsing gigabytes of JSON per second"; a doubled quote leaves
 * and enters again). That holds where quotes stand at the ends of fields only; what has others, comments, or an escape that
 * is no quote, is read byte by byte from the beginning of the record on.
 */

import { copyText, isAscii, parityUpTo, put, same } from './text-bytes';

const CR: u8 = 0x0d;
const LF: u8 = 0x0a;

/** What `indexCsv` has met, beside the end: 4 bytes each in its state. */
const POSITION: usize = 0;
const PROBLEM: usize = 4;
const FIELDS: usize = 8;

/** Problems of the record at the position. */
const NONE = 0;
const RAGGED = 1;
const QUOTES = 2;

// The dialect and what is being written, for the time of a call.
let delimiter: u8 = 0;
let quote: i32 = -1;
let escape: i32 = -1;
let comment: i32 = -1;
let stride: i32 = 0;
let isRaggedFine: bool = false;
let mostRows: i32 = 0;
let startsAt: usize = 0;
let endsAt: usize = 0;
let row: i32 = 0;
/** Where the record begins that is not complete yet. */
let recordAt: usize = 0;
let field: i32 = 0;
let problem: i32 = NONE;

/**
 * Finds the records from `from` on that are complete before `end`, at most `rows` of them. `isLast`: what stands at the end is
 * complete. Characters are -1 where there are none. `ends` holds `fields` addresses per record: 0 where it has fewer, which is
 * a problem unless `ragged`, as are more. Returns how many there are; the state says where the next begins, which problem that
 * one has, and how many fields.
 */
export function indexCsv(
  from: usize,
  end: usize,
  isLast: bool,
  delimiterByte: i32,
  quoteByte: i32,
  escapeByte: i32,
  commentByte: i32,
  fields: i32,
  ragged: bool,
  rows: i32,
  starts: usize,
  ends: usize,
  state: usize,
): i32 {
  delimiter = <u8>delimiterByte;
  quote = quoteByte;
  escape = escapeByte;
  comment = commentByte;
  stride = fields;
  isRaggedFine = ragged;
  mostRows = rows;
  startsAt = starts;
  endsAt = ends;
  row = 0;
  recordAt = from;
  field = 0;
  problem = NONE;
  if (commentByte >= 0 || escapeByte != quoteByte || !byBlocks(from, end, isLast)) byBytes(end, isLast);
  store<u32>(state + POSITION, <u32>recordAt);
  store<u32>(state + PROBLEM, problem);
  store<u32>(state + FIELDS, field);
  return row;
}

// @ts-ignore: decorator
@inline
function endField(at: usize): void {
  if (field < stride) store<u32>(endsAt + (<usize>(row * stride + field) << 2), <u32>at);
  field++;
}

/** Ends the record at a line end, or at the end. False where no further one is to be found, or where it has a problem. */
// @ts-ignore: decorator
@inline
function endRecord(at: usize, next: usize): bool {
  // An empty line is no record, unless all of the record is one field.
  if (field == 0 && at == recordAt && stride != 1) {
    recordAt = next;
    return true;
  }
  endField(at);
  if (field != stride) {
    if (!isRaggedFine) {
      problem = RAGGED;
      return false;
    }
    for (; field < stride; field++) store<u32>(endsAt + (<usize>(row * stride + field) << 2), 0);
  }
  store<u32>(startsAt + (<usize>row << 2), <u32>recordAt);
  row++;
  field = 0;
  recordAt = next;
  return row < mostRows;
}

// @ts-ignore: decorator
@inline
function maskOf(at: usize, byte: v128): u64 {
  const a = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at), byte)));
  const b = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 16), byte)));
  const c = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 32), byte)));
  const d = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 48), byte)));
  return a | (b << 16) | (c << 32) | (d << 48);
}

/** False where quotes stand elsewhere than at the ends of fields: then records are complete up to there. */
function byBlocks(from: usize, end: usize, isLast: bool): bool {
  const quotes16 = i8x16.splat(<i8>(quote < 0 ? 0 : quote));
  const delimiters16 = i8x16.splat(<i8>delimiter);
  const hasQuotes = quote >= 0;
  /** All ones where the block before has ended inside of quotes. */
  let carry: u64 = 0;
  /** Whether the last byte of the block before was the end of a field, or a quote that closes. */
  let endedField: u64 = 1;
  let endedQuote: u64 = 0;
  for (let block = from; block < end; block += 64) {
    const left = <u64>(end - block);
    const valid: u64 = left < 64 ? (<u64>1 << left) - 1 : ~(<u64>0);
    let ends = (maskOf(block, delimiters16) | maskOf(block, i8x16.splat(LF)) | maskOf(block, i8x16.splat(CR))) & valid;
    const quotes = hasQuotes ? maskOf(block, quotes16) & valid : 0;
    if (quotes | carry | endedQuote) {
      const inside = parityUpTo(quotes) ^ carry;
      const opens = quotes & inside;
      const closes = quotes & ~inside;
      ends &= ~inside;
      const before = ((ends | closes) << 1) | endedField | endedQuote;
      const after = ((closes << 1) | endedQuote) & valid;
      if ((opens & ~before) | (after & ~(ends | opens))) return false;
      carry = <u64>(<i64>inside >> 63);
      endedQuote = closes >> 63;
    }
    endedField = ends >> 63;
    for (; ends; ends &= ends - 1) {
      const at = block + <usize>ctz(ends);
      const byte = load<u8>(at);
      if (byte == delimiter) {
        endField(at);
      } else if (at >= recordAt) {
        // What follows a line end of CR is known only when it is there.
        if (byte == CR && at + 1 == end && !isLast) return true;
        const next = at + 1 + <usize>(byte == CR && at + 1 < end && load<u8>(at, 1) == LF);
        if (!endRecord(at, next)) return true;
      }
    }
  }
  if (isLast && recordAt < end) {
    if (carry) problem = QUOTES;
    else endRecord(end, end);
  }
  return true;
}

/** From the record at `recordAt` on. */
function byBytes(end: usize, isLast: bool): void {
  while (recordAt < end) {
    field = 0;
    let at = recordAt;
    if (comment >= 0 && load<u8>(at) == <u8>comment) {
      at = lineEnd(at, end);
      if (at == end && !isLast) return;
      const next = behindLine(at, end, isLast);
      if (next == 0) return;
      recordAt = next;
      continue;
    }
    for (;;) {
      if (quote >= 0 && at < end && load<u8>(at) == <u8>quote) {
        at = behindQuotes(at + 1, end);
        if (at == 0 || (at == end && !isLast)) {
          if (isLast) problem = QUOTES;
          return;
        }
        if (at < end && load<u8>(at) != delimiter && load<u8>(at) != LF && load<u8>(at) != CR) {
          problem = QUOTES;
          return;
        }
      } else {
        while (at < end && load<u8>(at) != delimiter && load<u8>(at) != LF && load<u8>(at) != CR) at++;
        if (at == end && !isLast) return;
      }
      if (at == end || load<u8>(at) != delimiter) break;
      endField(at);
      at++;
    }
    const next = behindLine(at, end, isLast);
    if (next == 0 || !endRecord(at, next)) return;
  }
}

function lineEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != LF && load<u8>(at) != CR) at++;
  return at;
}

/** Behind the line end at `at`; 0 where that is not known yet. */
function behindLine(at: usize, end: usize, isLast: bool): usize {
  if (at == end) return end;
  if (load<u8>(at) == LF) return at + 1;
  if (at + 1 == end) return isLast ? end : 0;
  return at + 1 + <usize>(load<u8>(at, 1) == LF);
}

/** Behind the quote that closes what was opened before `at`; 0 where there is none. */
function behindQuotes(at: usize, end: usize): usize {
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (escape >= 0 && byte == <u8>escape && (escape != quote || (at + 1 < end && load<u8>(at, 1) == <u8>quote))) at++;
    else if (byte == <u8>quote) return at + 1;
  }
  return 0;
}

/** Fields of the first record, whatever they are; -1 where it is not complete. */
export function countCsvFields(
  from: usize,
  end: usize,
  isLast: bool,
  delimiterByte: i32,
  quoteByte: i32,
  escapeByte: i32,
  commentByte: i32,
  state: usize,
): i32 {
  const rows = indexCsv(
    from, end, isLast, delimiterByte, quoteByte, escapeByte, commentByte, 0, false, 1, state, state, state,
  );
  return rows == 0 && problem == RAGGED ? field : -1;
}

// Values of a column -----------------------------------------------------------------------------------------------------

/** Bytes of the field that `spanOf` has found, without quotes around them. */
let spanStart: usize = 0;
let spanEnd: usize = 0;
let isQuoted: bool = false;

/** False where the record has no such field. */
// @ts-ignore: decorator
@inline
function spanOf(starts: usize, ends: usize, fields: i32, at: i32, record: i32, quoteByte: i32): bool {
  const place = ends + (<usize>(record * fields + at) << 2);
  spanEnd = <usize>load<u32>(place);
  if (spanEnd == 0) return false;
  spanStart = at == 0 ? <usize>load<u32>(starts + (<usize>record << 2)) : <usize>load<u32>(place - 4) + 1;
  isQuoted = spanEnd > spanStart + 1 && <i32>load<u8>(spanStart) == quoteByte;
  if (isQuoted) {
    spanStart++;
    spanEnd--;
  }
  return true;
}

/** Whether the field is one of the texts that mean null: each behind its length, up to a length of -1. */
// @ts-ignore: decorator
@inline
function isNullText(texts: usize): bool {
  const length = <i32>(spanEnd - spanStart);
  let at = texts;
  let size = load<i32>(at);
  while (size >= 0 && (size != length || !same(at + 4, spanStart, size))) {
    at += 4 + <usize>size;
    size = load<i32>(at);
  }
  return size >= 0;
}

/**
 * The places of the values of field `at` of each record: start and end, 4 bytes each, and their validity. Null is what is
 * not there, what is one of `nullTexts` and not in quotes, and what is empty. Returns how many are null.
 */
export function csvSpans(
  starts: usize,
  ends: usize,
  fields: i32,
  at: i32,
  rows: i32,
  quoteByte: i32,
  nullTexts: usize,
  spans: usize,
  validity: usize,
): i32 {
  let nulls = 0;
  let word: u64 = 0;
  for (let record = 0; record < rows; record++) {
    word >>= 1;
    const isThere = spanOf(starts, ends, fields, at, record, quoteByte);
    if (isThere && spanEnd > spanStart && (isQuoted || !isNullText(nullTexts))) {
      store<u32>(spans, <u32>spanStart);
      store<u32>(spans, <u32>spanEnd, 4);
      word |= <u64>1 << 63;
    } else {
      store<u64>(spans, 0);
      nulls++;
    }
    spans += 8;
    put(validity, record, rows, word);
  }
  return nulls;
}

/**
 * The values of field `at` of each record as texts: offsets and bytes of a column, and its validity. In quotes an escape stands
 * for what follows it. Null is what is not there, and what is one of `nullTexts` and not in quotes. Returns how many are null.
 */
export function csvTexts(
  starts: usize,
  ends: usize,
  fields: i32,
  at: i32,
  rows: i32,
  quoteByte: i32,
  escapeByte: i32,
  nullTexts: usize,
  offsets: usize,
  bytes: usize,
  validity: usize,
): i32 {
  let nulls = 0;
  let word: u64 = 0;
  let to = bytes;
  store<u32>(offsets, 0);
  for (let record = 0; record < rows; record++) {
    word >>= 1;
    if (spanOf(starts, ends, fields, at, record, quoteByte) && (isQuoted || !isNullText(nullTexts))) {
      word |= <u64>1 << 63;
      if (isQuoted) {
        to = unescaped(to, escapeByte);
      } else {
        copyText(to, spanStart, spanEnd - spanStart);
        to += spanEnd - spanStart;
      }
    } else {
      nulls++;
    }
    store<u32>(offsets + (<usize>(record + 1) << 2), <u32>(to - bytes));
    put(validity, record, rows, word);
  }
  return nulls;
}

/** Copies the field, of escapes only what is behind them; gives where the copy ends. */
function unescaped(to: usize, escapeByte: i32): usize {
  let at = spanStart;
  const wanted = i8x16.splat(<i8>escapeByte);
  while (at < spanEnd) {
    const block = v128.load(at);
    const found = escapeByte < 0 ? 0 : i8x16.bitmask(i8x16.eq(block, wanted));
    const run = min<usize>(found == 0 ? 16 : ctz(found), spanEnd - at);
    v128.store(to, block);
    to += run;
    at += run;
    if (run == 16 || at >= spanEnd) continue;
    if (at + 1 < spanEnd) at++;
    store<u8>(to, load<u8>(at));
    to++;
    at++;
  }
  return to;
}

// Lines and encodings ------------------------------------------------------------------------------------------------------

/** Line ends between two addresses: LF, CR, and CR LF as one. Reads 16 bytes behind. */
export function countLines(from: usize, end: usize): i32 {
  let count = 0;
  for (let at = from; at < end; at += 16) {
    const feeds = i8x16.eq(v128.load(at), i8x16.splat(LF));
    const returns = i8x16.eq(v128.load(at), i8x16.splat(CR));
    const followed = i8x16.eq(v128.load(at, 1), i8x16.splat(LF));
    const left = end - at;
    const valid = left < 16 ? (1 << <i32>left) - 1 : 0xffff;
    count += popcnt(i8x16.bitmask(v128.or(feeds, v128.andnot(returns, followed))) & valid);
  }
  return count;
}

/** Bytes of Latin-1 as UTF-8, at most twice as many; gives how many they become. */
export function latinToUtf8(from: usize, length: usize, to: usize): usize {
  const start = to;
  const end = from + length;
  while (from < end) {
    if (end - from >= 16 && isAscii(from, from + 16)) {
      v128.store(to, v128.load(from));
      from += 16;
      to += 16;
      continue;
    }
    const byte = load<u8>(from);
    from++;
    if (byte < 0x80) {
      store<u8>(to, byte);
      to++;
    } else {
      store<u8>(to, 0xc0 | (byte >> 6));
      store<u8>(to, 0x80 | (byte & 0x3f), 1);
      to += 2;
    }
  }
  return to - start;
}
