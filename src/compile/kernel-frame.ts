/**
 * The frame of a kernel under construction: its locals, its argument slots, its loop over blocks of 64 rows, and the
 * flags that say after the last block whether some check has failed.
 *
 *     prologue                    arguments into locals
 *     for base = 0, 64, …         block: words, then loops over rows i in [base, end)
 *     epilogue                    accumulators kept in locals go to memory, unless a flag is set
 *     result: -1 if a flag is set, else the number of rows written
 */

import {
  type Code,
  doWhile,
  get,
  type Import,
  type Local,
  type MakeLocal,
  select,
  seq,
  set,
  type ValueType,
  when,
  whileDo,
} from './emit.ts';
import { i32, i64, v128 } from './instructions.ts';

/** Something gathered with `or` over all rows, looked at once after the last. */
export interface Sticky<T extends 'i64' | 'v128'> {
  readonly add: Code<'void'>;
  readonly all: Local<T>;
}

export class KernelFrame {
  readonly local: MakeLocal;
  readonly rowCount: Local<'i32'>;
  /** The row at hand. */
  readonly row: Local<'i32'>;
  /** The first row of the block, and the row behind its last one. */
  readonly base: Local<'i32'>;
  readonly end: Local<'i32'>;
  /** Rows written densely so far. */
  readonly written: Local<'i32'>;
  readonly block: Code<'void'>[] = [];
  readonly epilogue: Code<'void'>[] = [];
  /** Conditions, over everything seen, under which the batch has to be repeated exactly. */
  readonly flags: Code<'i32'>[] = [];
  readonly #arguments: Local<'i32'>;
  readonly #scratchOffset: number;
  #scratch: Local<'i32'> | undefined;
  readonly #prologue: Code<'void'>[] = [];
  readonly #slots = new Map<number, Local<'i32'>>();
  readonly #imports: Import[] = [];

  /** Eight bytes at `scratchOffset` among the arguments are the kernel's own. */
  constructor(local: MakeLocal, rowCount: Local<'i32'>, argumentsAddress: Local<'i32'>, scratchOffset: number) {
    this.#scratchOffset = scratchOffset;
    this.local = local;
    this.rowCount = rowCount;
    this.#arguments = argumentsAddress;
    this.row = local('i32');
    this.base = local('i32');
    this.end = local('i32');
    this.written = local('i32');
  }

  get imports(): readonly Import[] {
    return this.#imports;
  }

  /** The position of an imported function, which is imported once. */
  importFunction(name: string, parameters: readonly ValueType[], result: ValueType): number {
    const known = this.#imports.findIndex((i) => i.name === name);
    return known >= 0 ? known : this.#imports.push({ name, parameters, result }) - 1;
  }

  /** A value that is the same for all rows, computed before the first. */
  hoist<T extends ValueType>(type: T, value: Code<T>): Local<T> {
    const local = this.local(type);
    this.#prologue.push(set(local, value));
    return local;
  }

  /** The argument at a position; arguments are 32 bits each. */
  slot(position: number): Local<'i32'> {
    const known = this.#slots.get(position);
    if (known !== undefined) return known;
    const made = this.hoist('i32', i32.load(get(this.#arguments), position * 4));
    this.#slots.set(position, made);
    return made;
  }

  /** The address where imported functions leave a second result, of 8 bytes. */
  get scratch(): Local<'i32'> {
    this.#scratch ??= this.hoist('i32', i32.add(get(this.#arguments), i32.const(this.#scratchOffset)));
    return this.#scratch;
  }

  /** The address of the element with this index, of 2 ** `log` bytes. */
  element(base: Local<'i32'>, log: number, index: Local<'i32'> = this.row): Code<'i32'> {
    return i32.add(get(base), log === 0 ? get(index) : i32.shl(get(index), i32.const(log)));
  }

  /** The address of the block's word in the bitmap at a slot. */
  wordAt(position: number): Code<'i32'> {
    return i32.add(get(this.slot(position)), i32.shrU(get(this.base), i32.const(3)));
  }

  sticky<T extends 'i64' | 'v128'>(type: T, value: Code<T>): Sticky<T> {
    const all = this.local(type);
    const or = (type === 'i64' ? i64.or : v128.or) as unknown as (a: Code<T>, b: Code<T>) => Code<T>;
    return { all, add: set(all, or(get(all), value)) };
  }

  /** Whether the block has all of its rows: all blocks of a batch but the last one do. */
  get isFull(): Code<'i32'> {
    return i32.eq(i32.sub(get(this.end), get(this.base)), i32.const(64));
  }

  /** Runs `body` for every `step`-th row of the block; up to `step - 1` rows behind its end are worked on too. */
  rowLoop(step: number, body: Code<'void'>): Code<'void'> {
    const next = set(this.row, i32.add(get(this.row), i32.const(step)));
    return seq(set(this.row, get(this.base)), doWhile(seq(body, next), i32.lt(get(this.row), get(this.end))));
  }

  /** Runs `body` for the rows whose bits are set, in order, and clears the word. */
  visit(word: Local<'i64'>, body: Code<'void'>): Code<'void'> {
    return whileDo(
      i32.eqz(i64.eqz(get(word))),
      seq(
        set(this.row, i32.add(get(this.base), i32.wrap(i64.ctz(get(word))))),
        body,
        set(word, i64.and(get(word), i64.sub(get(word), i64.const(1n)))),
      ),
    );
  }

  /** A word with a bit for each row that the block has. */
  rowsOfBlock(): Code<'i64'> {
    const missing = i32.sub(i32.const(64), i32.sub(get(this.end), get(this.base)));
    return i64.shrU(i64.const(-1n), i64.extendU(missing));
  }

  /** The whole body of the function. */
  finish(): Code<'i32'> {
    const lastEnd = i32.add(get(this.base), i32.const(64));
    const end = select(lastEnd, get(this.rowCount), i32.lt(lastEnd, get(this.rowCount)));
    const loop = whileDo(
      i32.lt(get(this.base), get(this.rowCount)),
      seq(set(this.end, end), ...this.block, set(this.base, i32.add(get(this.base), i32.const(64)))),
    );
    const body = [...this.#prologue, loop];
    if (this.flags.length === 0) return [...body, ...this.epilogue, get(this.written)];
    const failed = this.local('i32');
    body.push(
      set(
        failed,
        this.flags.reduce((a, b) => i32.or(a, b)),
      ),
    );
    if (this.epilogue.length > 0) body.push(when(i32.eqz(get(failed)), seq(...this.epilogue)));
    return [...body, select(i32.const(-1), get(this.written), get(failed))];
  }
}
