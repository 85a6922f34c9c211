/**
 * Walks over what Thrift's compact protocol holds, and finds out where in the metadata of a Parquet file columns and row groups
 * are; `io/parquet/thrift.ts` says how it is written, and has the same checks. Whatever is damaged, or not as nearly all writers
 * have it, ends the walk with 0: who called then walks itself, and says what is wrong.
 */

const STOP: u32 = 0;
const TRUE: u32 = 1;
const FALSE: u32 = 2;
const BYTE: u32 = 3;
const INT16: u32 = 4;
const INT32: u32 = 5;
const INT64: u32 = 6;
const DOUBLE: u32 = 7;
const BINARY: u32 = 8;
const LIST: u32 = 9;
const SET: u32 = 10;
const STRUCT: u32 = 12;

const MAX_DEPTH: i32 = 24;
/** Numbers of 9 bytes have 63 bits; longer ones are left to who can tell them apart. */
const MAX_NUMBER_BYTES: usize = 9;
const MAX_LENGTH_BYTES: usize = 5;

/** Where the bytes end. */
let end: usize = 0;
/** The last number or length that was read. */
let value: u64 = 0;
/** Of the last field whose head was read. */
let fieldType: u32 = STOP;
let fieldId: i64 = 0;

/** The value of `type` at `from`, as a whole: where it ends, or 0. */
export function skipThrift(from: usize, to: usize, type: u32): usize {
  end = to;
  return skip(from, type, 0);
}

/**
 * Passes over `count` elements of a schema from `from` on. Four lists of `count` numbers of 32 bits are written to `lists`: where each
 * begins, where its name does, both from `base` on, bytes of the name, and how many children it has, -1 of a leaf.
 */
export function thriftElements(base: usize, from: usize, to: usize, count: u32, lists: usize): usize {
  end = to;
  const listBytes = <usize>count << 2;
  let at = from;
  for (let element: u32 = 0; element < count; element++) {
    const entry = lists + (<usize>element << 2);
    const start = at;
    let nameAt: usize = 0;
    let nameBytes: u32 = 0;
    let children: i32 = 0;
    let isLeaf = false;
    fieldId = 0;
    for (;;) {
      at = fieldHead(at);
      if (at == 0) return 0;
      if (fieldType == STOP) break;
      if (fieldId == 4 && fieldType == BINARY) {
        nameAt = length(at);
        if (nameAt == 0) return 0;
        nameBytes = <u32>value;
        at = take(nameAt, value);
      } else if (fieldId == 5) {
        if (fieldType != INT32) return 0;
        at = small(at);
        children = <i32>max<i64>(zigzag(), 0);
      } else {
        if (fieldId == 1 && fieldType != INT32) return 0;
        isLeaf = isLeaf || fieldId == 1;
        at = skipField(at);
      }
      if (at == 0) return 0;
    }
    if (nameAt == 0) return 0;
    store<u32>(entry, <u32>(start - base));
    store<u32>(entry + listBytes, <u32>(nameAt - base));
    store<u32>(entry + listBytes * 2, nameBytes);
    store<i32>(entry + listBytes * 3, isLeaf ? -1 : children);
  }
  return at;
}

/**
 * Passes over `count` row groups from `from` on. Written are, from `base` on, where the list of chunks of each is, to `lists`, where the first
 * `columns` chunks of each are, to `chunks`, and how many rows each claims, as floats, to `rows`. What is written to is zero before.
 */
export function thriftRowGroups(
  base: usize,
  from: usize,
  to: usize,
  count: u32,
  columns: u32,
  rows: usize,
  lists: usize,
  chunks: usize,
): usize {
  end = to;
  let at = from;
  for (let group: u32 = 0; group < count; group++) {
    const list = lists + (<usize>group << 2);
    const first = chunks + <usize>group * <usize>columns * 4;
    store<f64>(rows + (<usize>group << 3), -1);
    fieldId = 0;
    for (;;) {
      at = fieldHead(at);
      if (at == 0) return 0;
      if (fieldType == STOP) break;
      if (fieldId == 1) {
        if (fieldType != LIST || load<u32>(list) != 0) return 0;
        store<u32>(list, <u32>(at - base));
        at = chunkPlaces(base, at, columns, first);
      } else if (fieldId == 3) {
        if (fieldType != INT64) return 0;
        at = number(at);
        store<f64>(rows + (<usize>group << 3), <f64>zigzag());
      } else at = skipField(at);
      if (at == 0) return 0;
    }
    if (load<u32>(list) == 0) return 0;
  }
  return at;
}

/** Passes over a list of structs. */
function chunkPlaces(base: usize, from: usize, columns: u32, places: usize): usize {
  let at = listHead(from);
  if (at == 0 || (load<u8>(from) & 15) != STRUCT) return 0;
  const count = <u32>value;
  for (let chunk: u32 = 0; chunk < count; chunk++) {
    if (chunk < columns) store<u32>(places + (<usize>chunk << 2), <u32>(at - base));
    at = skipStruct(at, 0);
    if (at == 0) return 0;
  }
  return at;
}

function zigzag(): i64 {
  return <i64>(value >> 1) ^ -<i64>(value & 1);
}

function varint(at: usize, mostBytes: usize): usize {
  const last = min<usize>(end, at + mostBytes);
  let shift: u64 = 0;
  value = 0;
  while (at < last) {
    const byte = <u64>load<u8>(at++);
    value |= (byte & 127) << shift;
    if (byte < 128) return at;
    shift += 7;
  }
  return 0;
}

function number(at: usize): usize {
  return varint(at, MAX_NUMBER_BYTES);
}

/** Of 32 bits. */
function small(at: usize): usize {
  const behind = number(at);
  const found = zigzag();
  return found == <i64><i32>found ? behind : 0;
}

/** The head of a field at `from`, of a struct of which the field before was read last. Nothing that is passed over has its own noted. */
function fieldHead(from: usize): usize {
  if (from >= end) return 0;
  const head = <u32>load<u8>(from);
  fieldType = head & 15;
  if (head >= 16 || fieldType == STOP) {
    fieldId += head >> 4;
    return from + 1;
  }
  const at = small(from + 1);
  fieldId = zigzag();
  return at;
}

/** What `small` has to be is. */
function skipField(at: usize): usize {
  return fieldType == INT32 || fieldType == INT16 ? small(at) : skip(at, fieldType, 0);
}

/** Of bytes, or of a list: 32 bits. */
function length(at: usize): usize {
  if (at < end && load<u8>(at) < 128) {
    value = load<u8>(at);
    return at + 1;
  }
  const behind = varint(at, MAX_LENGTH_BYTES);
  return value <= <u64>u32.MAX_VALUE ? behind : 0;
}

@inline function skipNumber(from: usize): usize {
  const last = min<usize>(end, from + MAX_NUMBER_BYTES);
  let at = from;
  while (at < last && load<u8>(at) >= 128) at++;
  return at < last ? at + 1 : 0;
}

function take(at: usize, bytes: u64): usize {
  return bytes > <u64>(end - at) ? 0 : at + <usize>bytes;
}

/** Where the elements of a list begin, of which there are `value` then; an element takes at least a byte. */
function listHead(from: usize): usize {
  if (from >= end) return 0;
  const head = <u32>load<u8>(from);
  value = head >> 4;
  const at = head < 0xf0 ? from + 1 : length(from + 1);
  return at != 0 && value > <u64>(end - at) ? 0 : at;
}

function skip(at: usize, type: u32, depth: i32): usize {
  switch (type) {
    case TRUE:
    case FALSE:
      return at;
    case INT16:
    case INT32:
    case INT64:
      return skipNumber(at);
    case BYTE:
      return take(at, 1);
    case DOUBLE:
      return take(at, 8);
    case BINARY:
      at = length(at);
      return at == 0 ? 0 : take(at, value);
    case LIST:
    case SET:
      return skipList(at, depth);
    case STRUCT:
      return skipStruct(at, depth);
    default:
      return 0;
  }
}

function skipList(from: usize, depth: i32): usize {
  let at = listHead(from);
  if (at == 0 || depth >= MAX_DEPTH) return 0;
  const size = <u32>value;
  const type = <u32>load<u8>(from) & 15;
  const element = type == TRUE || type == FALSE ? BYTE : type;
  for (let i: u32 = 0; i < size; i++) {
    at = skip(at, element, depth + 1);
    if (at == 0) return 0;
  }
  return at;
}

function skipStruct(from: usize, depth: i32): usize {
  if (depth >= MAX_DEPTH) return 0;
  let at = from;
  while (at < end) {
    const head = <u32>load<u8>(at++);
    const type = head & 15;
    if (type == STOP) return at;
    if (head < 16) at = skipNumber(at);
    // What most of it is.
    if (at != 0) at = type == INT64 || type == INT32 ? skipNumber(at) : skip(at, type, depth + 1);
    if (at == 0) return 0;
  }
  return 0;
}
