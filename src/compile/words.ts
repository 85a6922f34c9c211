/**
 * The word domain: booleans and validity, one i64 per block of 64 rows, so that three-valued logic, null propagation
 * and the combination of filters cost an instruction per 64 rows. A boolean has two words:
 *
 *     valid │ 1 where it is not null            word │ its value, meaningless where it is null
 *     truth │ valid and word: where it is true; null counts as false
 *
 * Comparisons become words in a loop over the rows of the block (`lanes.ts`). Each word is computed once per block.
 */

import { operandsOf } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import type { Bounds } from './bounds.ts';
import { type Code, get, type Local, seq, set, when } from './emit.ts';
import { i32, i32x4, i64, v128 } from './instructions.ts';
import type { KernelFrame } from './kernel-frame.ts';
import { laneFunctionOf } from './lane-functions.ts';
import { isVectorizable, Lanes, readsCodes } from './lanes.ts';
import type { ColumnLayout } from './layout.ts';
import { Nullability, nullRuleOf } from './nullability.ts';

const ALL: Code<'i64'> = i64.const(-1n);
const NONE: Code<'i64'> = i64.const(0n);
const invert = (word: Code<'i64'>): Code<'i64'> => i64.xor(word, ALL);

/** A predicate over the block's rows that is computed in a loop. */
interface RowTest {
  readonly key: string;
  readonly parts: readonly TypedExpression[];
  /** The column of bools whose entries are all there is to it. */
  readonly table?: number;
  readonly test: (lanes: Lanes) => Code;
}

export class Words {
  readonly frame: KernelFrame;
  readonly columns: readonly ColumnLayout[];
  readonly bounds: Bounds;
  readonly nullability: Nullability;
  readonly #made = new Map<string, Local<'i64'>>();

  constructor(frame: KernelFrame, columns: readonly ColumnLayout[], bounds: Bounds) {
    this.frame = frame;
    this.columns = columns;
    this.bounds = bounds;
    this.nullability = new Nullability(columns);
  }

  /** Which rows are not null; undefined where none can be. */
  valid(e: TypedExpression): Local<'i64'> | undefined {
    if (!this.nullability.of(e)) return undefined;
    return this.#once(`valid ${expressionKey(e)}`, () => this.#valid(e));
  }

  /** The boolean's value bits, meaningless where it is null. */
  word(e: TypedExpression): Local<'i64'> {
    return this.#once(expressionKey(e), () => this.#word(e));
  }

  /** Which rows are true. Conjuncts that are comparisons share one loop. */
  truth(e: TypedExpression): Local<'i64'> {
    if (!this.nullability.of(e) && !isConjunction(e)) return this.word(e);
    return this.#once(`truth ${expressionKey(e)}`, () => {
      const conjuncts = conjunctsOf(e);
      const direct = conjuncts.filter((c) => this.inLanes(c));
      const words: Local<'i64'>[] = direct.length > 0 ? [this.#loop(direct.map(comparison))] : [];
      for (const c of conjuncts) {
        const valid = this.valid(c);
        if (valid !== undefined) words.push(valid);
        if (!direct.includes(c)) words.push(this.word(c));
      }
      return words.map((w): Code<'i64'> => get(w)).reduce((a, b) => i64.and(a, b));
    });
  }

  /** Whether a boolean is computed beside values, row by row; others are read from their word. */
  inLanes(e: TypedExpression): boolean {
    switch (e.kind) {
      case 'compare':
        return e.left.type.kind !== 'bool';
      case 'function':
        return laneFunctionOf(e) !== undefined;
      case 'column':
        return this.columns[e.index]?.dictionary === true;
      case 'cast':
        return e.input.type.kind !== 'bool';
      case 'not':
      case 'logic':
        return !this.nullability.of(e) && operandsOf(e).every((part) => this.inLanes(part));
      default:
        return false;
    }
  }

  #once(name: string, make: () => Code<'i64'>): Local<'i64'> {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const value = make();
    const local = this.frame.local('i64');
    this.frame.block.push(set(local, value));
    this.#made.set(name, local);
    return local;
  }

  #validOrAll(e: TypedExpression): Code<'i64'> {
    const valid = this.valid(e);
    return valid === undefined ? ALL : get(valid);
  }

  #valid(e: TypedExpression): Code<'i64'> {
    switch (e.kind) {
      case 'column':
        return i64.load(this.frame.wordAt(e.index * 3 + 1));
      case 'literal':
        return NONE;
      case 'if-else': {
        const chosen = get(this.truth(e.condition));
        const then = i64.and(chosen, this.#validOrAll(e.then));
        const otherwise = i64.and(invert(chosen), this.#validOrAll(e.otherwise));
        return i64.and(this.#validOrAll(e.condition), i64.or(then, otherwise));
      }
      case 'logic': {
        const decided = (side: TypedExpression): Code<'i64'> =>
          e.operator === 'or' ? get(this.truth(side)) : i64.and(this.#validOrAll(side), invert(get(this.word(side))));
        const known = i64.and(this.#validOrAll(e.left), this.#validOrAll(e.right));
        return i64.or(known, i64.or(decided(e.left), decided(e.right)));
      }
      default: {
        const all = operandsOf(e).map((part) => this.#validOrAll(part));
        if (e.kind === 'function') {
          const rule = nullRuleOf(e);
          if (rule === 'first') return all[0]!;
          if (rule === 'all') return all.reduce((a, b) => i64.or(a, b));
        }
        const divisor = this.nullability.divisorOf(e);
        if (divisor !== undefined) all.push(get(this.#loop([nonZero(divisor)])));
        if (this.nullability.tries(e)) all.push(get(this.#loop([fitting(e)])));
        return all.reduce((a, b) => i64.and(a, b));
      }
    }
  }

  #word(e: TypedExpression): Code<'i64'> {
    if (this.inLanes(e)) return get(this.#loop([comparison(e)]));
    switch (e.kind) {
      case 'column':
        return i64.load(this.frame.wordAt(e.index * 3));
      case 'literal':
        return e.value === true ? ALL : NONE;
      case 'is-null': {
        const valid = this.valid(e.input);
        return valid === undefined ? NONE : invert(get(valid));
      }
      case 'not':
        return invert(get(this.word(e.input)));
      case 'cast':
        return get(this.word(e.input));
      case 'logic':
        return (e.operator === 'and' ? i64.and : i64.or)(get(this.truth(e.left)), get(this.truth(e.right)));
      case 'if-else': {
        const chosen = get(this.truth(e.condition));
        return i64.or(i64.and(chosen, get(this.word(e.then))), i64.and(invert(chosen), get(this.word(e.otherwise))));
      }
      case 'compare':
        return compareWords(e.operator, get(this.word(e.left)), get(this.word(e.right)));
      default:
        throw new Error(`not a boolean that compiles: ${expressionKey(e)}`);
    }
  }

  /** One loop over the block that turns the conjunction of tests into a word. */
  #loop(tests: readonly RowTest[]): Local<'i64'> {
    const { frame } = this;
    return this.#once(`loop ${tests.map((t) => t.key).join(' and ')}`, () => {
      const parts = tests.flatMap((t) => t.parts);
      const result = frame.local('i64');
      const rows = (wide: boolean): Code<'void'> => {
        const lanes = new Lanes(this, wide);
        // Shifts go by the row modulo 64, and a block begins at a multiple of 64.
        const placed = i64.shl(i64.extendU(this.#bits(lanes, tests, wide)), i64.extendU(get(frame.row)));
        return frame.rowLoop(wide ? 4 : 1, seq(...lanes.code, set(result, i64.or(get(result), placed))));
      };
      const wide = parts.every((part) => isVectorizable(part, this));
      const needsAll = wide && parts.some((part) => readsCodes(part, this.columns));
      frame.block.push(set(result, NONE), needsAll ? when(frame.isFull, rows(true), rows(false)) : rows(wide));
      return get(result);
    });
  }

  /** The conjunction of tests of one row, or of four: a bit for each. */
  #bits(lanes: Lanes, tests: readonly RowTest[], wide: boolean): Code<'i32'> {
    const and = (wide ? v128.and : i32.and) as (a: Code, b: Code) => Code;
    const tables = tests.flatMap(({ table }) => table ?? []);
    const masks = tests.filter(({ table }) => table === undefined);
    const bits: Code<'i32'>[] = tables.length > 0 ? [lanes.tableBits(tables)] : [];
    if (masks.length > 0) {
      const mask = masks.map((t) => t.test(lanes)).reduce((a, b) => and(a, b));
      bits.push(wide ? i32x4.bitmask(mask as Code<'v128'>) : (mask as Code<'i32'>));
    }
    return bits.reduce((a, b) => i32.and(a, b));
  }
}

const comparison = (e: TypedExpression): RowTest => ({
  key: expressionKey(e),
  parts: [e],
  ...(e.kind === 'column' ? { table: e.index } : {}),
  test: (lanes) => lanes.mask(e),
});

const nonZero = (divisor: TypedExpression): RowTest => ({
  key: `${expressionKey(divisor)} is not 0`,
  parts: [divisor],
  test: (lanes) => lanes.nonZero(divisor),
});

const fitting = (e: TypedExpression & { kind: 'cast' }): RowTest => ({
  key: `${expressionKey(e)} fits`,
  parts: [e],
  test: (lanes) => lanes.fits(e),
});

const isConjunction = (e: TypedExpression): boolean => e.kind === 'logic' && e.operator === 'and';

const conjunctsOf = (e: TypedExpression): readonly TypedExpression[] =>
  e.kind === 'logic' && e.operator === 'and' ? [...conjunctsOf(e.left), ...conjunctsOf(e.right)] : [e];

/** False is less than true. */
function compareWords(operator: string, a: Code<'i64'>, b: Code<'i64'>): Code<'i64'> {
  switch (operator) {
    case '=':
      return invert(i64.xor(a, b));
    case '!=':
      return i64.xor(a, b);
    case '<':
      return i64.and(invert(a), b);
    case '<=':
      return i64.or(invert(a), b);
    case '>':
      return i64.and(a, invert(b));
    default:
      return i64.or(a, invert(b));
  }
}
