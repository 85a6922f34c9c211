/**
 * Columns that both contestants make for themselves, from the number of the row: the same values on both sides, and no
 * file between them.
 *
 *     i ──▶ hash(i + salt), 32 bits ──▶ a number below some bound, a choice of words, digits
 *
 * A hash is made of two multiplications and a shift, all of which fit the int64 of SQL.
 */

import { type Column, nextDictionaryId } from '../src/columnar/column.ts';
import { columnFromValues } from '../src/columnar/column-from-values.ts';
import {
  type DataType,
  date,
  decimal,
  fixedWidth,
  float64,
  int64,
  list,
  timestamp,
  utf8,
} from '../src/columnar/data-type.ts';
import type { Holding } from '../src/memory/budget.ts';

export interface MadeColumn {
  readonly name: string;
  readonly type: DataType;
  /** The value of row `i` in SQL. */
  readonly sql: string;
  /** The values of the rows from 0 on, in memory of `holding`. @throws MemoryBudgetExceeded */
  readonly make: (holding: Holding, rowCount: number) => Column;
}

const FIRST_FACTOR = 2_654_435_761;
const SECOND_FACTOR = 2_146_121_005;
/** Columns with different salts have nothing in common below as many rows. */
const ROWS_PER_SALT = 100_000_000;

/** 32 bits that look random. */
function hash(row: number, salt: number): number {
  const mixed = Math.imul(row + salt * ROWS_PER_SALT, FIRST_FACTOR);
  return Math.imul(mixed ^ (mixed >>> 15), SECOND_FACTOR) >>> 0;
}

/** `hash` of row `i` in SQL. */
function hashSql(salt: number): string {
  const mixed = `((i + ${salt * ROWS_PER_SALT}) * ${FIRST_FACTOR} % 4294967296)`;
  return `(xor(${mixed}, ${mixed} >> 15) * ${SECOND_FACTOR} % 4294967296)`;
}

/** Whole numbers from `least` on, `count` different ones, all of them in 32 bits. */
interface Spread {
  readonly salt: number;
  readonly least: number;
  readonly count: number;
}

const numberIn = ({ salt, least, count }: Spread, row: number): number => least + (hash(row, salt) % count);
const numberSql = ({ salt, least, count }: Spread): string => `(${least} + ${hashSql(salt)} % ${count})`;

/**
 * A column of a type that holds whole numbers. It says how large they are, as statistics of a file do: DuckDB has these
 * of its tables, and works by them. Where `bounded` is false it does not.
 */
function wholeColumn(name: string, type: DataType, spread: Spread, sql: string, bounded: boolean = true): MadeColumn {
  const width = fixedWidth(type) ?? 0;
  const largest = Math.max(-spread.least, spread.least + spread.count - 1);
  const bits = bounded ? Math.floor(Math.log2(largest)) + 1 : undefined;
  const make = (holding: Holding, rowCount: number): Column => {
    const { address } = holding.allocate(rowCount * width);
    const { i32 } = holding.linear;
    const step = width / 4;
    for (let row = 0, at = address / 4; row < rowCount; row++, at += step) {
      const value = numberIn(spread, row);
      i32[at] = value;
      if (step === 2) i32[at + 1] = value >> 31;
    }
    return { type, validity: 0, values: address, bytes: 0, dictionary: undefined, width, bits };
  };
  return { name, type, sql, make };
}

export const wholes = (name: string, spread: Spread): MadeColumn => wholeColumn(name, int64, spread, numberSql(spread));

/** As `wholes`, without a word about how large they are. */
export const unboundedWholes = (name: string, spread: Spread): MadeColumn =>
  wholeColumn(name, int64, spread, numberSql(spread), false);

/** Timestamps in microseconds, so many whole seconds since 1970. */
export const moments = (name: string, spread: Spread): MadeColumn => {
  const type = timestamp('us');
  const make = (holding: Holding, rowCount: number): Column => {
    const { address } = holding.allocate(rowCount * 8);
    const { i32 } = holding.linear;
    for (let row = 0, at = address / 4; row < rowCount; row++, at += 2) {
      const microseconds = numberIn(spread, row) * 1e6;
      i32[at] = microseconds % 2 ** 32;
      i32[at + 1] = Math.floor(microseconds / 2 ** 32);
    }
    return { type, validity: 0, values: address, bytes: 0, dictionary: undefined, width: 8, bits: undefined };
  };
  return { name, type, sql: `make_timestamp(${numberSql(spread)} * 1000000)`, make };
};

/** Days from `least` on since 1970. */
export const dates = (name: string, spread: Spread): MadeColumn =>
  wholeColumn(name, date, spread, `(date '1970-01-01' + ${numberSql(spread)}::integer)`);

/** Money: decimal(15, 2), `least` and `count` in cents. */
export const cents = (name: string, spread: Spread): MadeColumn =>
  wholeColumn(name, decimal(15, 2), spread, `(${numberSql(spread)}::decimal(12, 0) * 0.01)::decimal(15, 2)`);

/** Whole numbers and 1024ths. */
export const floats = (name: string, spread: Spread): MadeColumn => ({
  name,
  type: float64,
  sql: `(${numberSql(spread)}::double / 1024)`,
  make: (holding, rowCount) => {
    const { address } = holding.allocate(rowCount * 8);
    const { f64 } = holding.linear;
    for (let row = 0; row < rowCount; row++) f64[address / 8 + row] = numberIn(spread, row) / 1024;
    return { type: float64, validity: 0, values: address, bytes: 0, dictionary: undefined, width: 8, bits: undefined };
  },
});

/** 64 words in small letters, of which `sentences` and `phrases` are made. */
const WORDS = (
  'amber anchor autumn basket beacon bridge candle canyon copper coral desert dragon ember engine falcon fabric ' +
  'forest garden ginger glacier granite hammer harbor hollow indigo island ivory jasmine jungle kettle kernel ' +
  'lantern lemon linen marble meadow mirror needle night nickel ocean olive orchard paper pepper prairie quartz ' +
  'quiet rabbit river saddle silver spring stone sugar thread timber tunnel umber valley velvet willow winter yellow'
).split(' ');
const WORD_BYTES = WORDS.map((word) => Buffer.from(word));
const LONGEST_WORD = Math.max(...WORDS.map(({ length }) => length));
const wordSql = (index: string): string =>
  `list_extract([${WORDS.map((word) => `'${word}'`).join(', ')}], 1 + ${index})`;

/** Writes the text of `row` at `at`, and gives its end. */
type WriteText = (bytes: Uint8Array, at: number, row: number) => number;

/** A plain column of texts, none of them longer than `longest` bytes. */
const textColumn = (name: string, sql: string, longest: number, write: WriteText): MadeColumn => ({
  name,
  type: utf8,
  sql,
  make: (holding, rowCount) => {
    const values = holding.allocate((rowCount + 1) * 4).address;
    const bytes = holding.allocate(rowCount * longest).address;
    const { i32, u8 } = holding.linear;
    const offsets = i32.subarray(values / 4, values / 4 + rowCount + 1);
    let end = bytes;
    for (let row = 0; row < rowCount; row++) {
      offsets[row] = end - bytes;
      end = write(u8, end, row);
    }
    offsets[rowCount] = end - bytes;
    return { type: utf8, validity: 0, values, bytes, dictionary: undefined, width: 0, bits: undefined };
  },
});

/** Where in a hash the six bits of each word of a sentence lie. */
const SENTENCE = [26, 20, 14, 8];

/** Texts of four words, some 27 bytes each: in one of 16 there is a needle. */
export const sentences = (name: string, salt: number): MadeColumn =>
  textColumn(
    name,
    SENTENCE.map((shift) => wordSql(`((${hashSql(salt)} >> ${shift}) & 63)`)).join(` || ' ' || `),
    SENTENCE.length * (LONGEST_WORD + 1) - 1,
    (bytes, start, row) => {
      const choice = hash(row, salt);
      let at = start;
      for (const shift of SENTENCE) {
        const word = WORD_BYTES[(choice >>> shift) & 63]!;
        if (at > start) bytes[at++] = 0x20;
        for (let letter = 0; letter < word.length; letter++) bytes[at++] = word[letter]!;
      }
      return at;
    },
  );

/** Whole numbers of 32 bits in decimal digits. */
export const numerals = (name: string, salt: number): MadeColumn =>
  textColumn(name, `(${hashSql(salt)} - 2147483648)::varchar`, '-2147483648'.length, (bytes, start, row) => {
    const digits = String(hash(row, salt) - 2 ** 31);
    for (let index = 0; index < digits.length; index++) bytes[start + index] = digits.charCodeAt(index);
    return start + digits.length;
  });

/** Texts of a whole number behind a letter: k0, k17, k1234567. */
export const keys = (name: string, spread: Spread): MadeColumn =>
  textColumn(
    name,
    `('k' || ${numberSql(spread)})`,
    1 + String(spread.least + spread.count).length,
    (bytes, start, row) => {
      const digits = String(numberIn(spread, row));
      bytes[start] = 0x6b;
      for (let index = 0; index < digits.length; index++) bytes[start + 1 + index] = digits.charCodeAt(index);
      return start + 1 + digits.length;
    },
  );

/** Lists of `size` whole numbers, each below 1000 and told by the number of the row and its place. */
export const lists = (name: string, size: number): MadeColumn => ({
  name,
  type: list(int64),
  sql: `[${Array.from({ length: size }, (_, place) => `(i * 7 + ${place} * 13) % 1000`).join(', ')}]`,
  make: (holding, rowCount) => {
    const values = holding.allocate((rowCount + 1) * 4).address;
    const items = holding.allocate(rowCount * size * 8).address;
    const { i32, u32 } = holding.linear;
    for (let row = 0; row <= rowCount; row++) i32[values / 4 + row] = row * size;
    for (let row = 0, at = items / 4; row < rowCount; row++) {
      for (let place = 0; place < size; place++, at += 2) {
        u32[at] = (row * 7 + place * 13) % 1000;
        u32[at + 1] = 0;
      }
    }
    const base = { validity: 0, bytes: 0, dictionary: undefined };
    const child: Column = { ...base, type: int64, values: items, width: 8, bits: 10 };
    return { ...base, type: list(int64), values, width: 0, bits: undefined, children: [child] };
  },
});

const PHRASES = WORDS.slice(0, 6).flatMap((first) => WORDS.map((second) => `${first} ${second}`));

/** Texts of two words, 384 different ones: a dictionary column here, which DuckDB's tables in memory have no form of. */
export const phrases = (name: string, salt: number): MadeColumn => {
  const code = `(${hashSql(salt)} % ${PHRASES.length})`;
  return {
    name,
    type: utf8,
    sql: `${wordSql(`(${code} >> 6)`)} || ' ' || ${wordSql(`(${code} & 63)`)}`,
    make: (holding, rowCount) => {
      const values = columnFromValues(holding, utf8, PHRASES);
      const { address } = holding.allocate(rowCount * 4);
      const { u32 } = holding.linear;
      for (let row = 0; row < rowCount; row++) u32[address / 4 + row] = hash(row, salt) % PHRASES.length;
      const dictionary = { id: nextDictionaryId(), size: PHRASES.length, values };
      return { type: utf8, validity: 0, values: address, bytes: 0, dictionary, width: 0, bits: undefined };
    },
  };
};
