/**
 * What filters of jq are made of. A step is given a value and hands on any number of them:
 *
 *     .items[] | .price        {items: […]} ──▶ field ──▶ each ──▶▶▶ field ──▶▶▶
 *
 * Values are never changed. Every value that is handed on or made costs units of an allowance, as many as it is large,
 * so that no filter takes long or grows much, whatever it multiplies.
 */

import { InvalidValue } from '../../errors.ts';
import { isArray, isObject, type Json, typeOf } from './json-value.ts';

export type Emit = (value: Json) => void;
export type Step = (value: Json, emit: Emit, run: Run) => void;
/** Of one value one value. */
export type Compute = (value: Json, run: Run) => Json;

/** Units that one value may cost. */
const ALLOWANCE = 1 << 22;
/** Characters that are made, and that are looked at, for a unit. */
const MADE_OF_UNIT = 8;
const READ_OF_UNIT = 64;

/** One value's way through a filter. */
export class Run {
  /** What is left cannot be had back by catching the error. */
  isExhausted = false;
  #left = ALLOWANCE;

  /** Values inside each array and object, itself counted. */
  readonly #sizes = new WeakMap<object, number>();

  /** @throws InvalidValue where nothing is left */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left >= 0) return;
    this.isExhausted = true;
    throw new InvalidValue(`The filter makes more of the value than ${ALLOWANCE} steps can.`);
  }

  /** For a text of that length which is made. */
  chargeMade(length: number): void {
    this.charge(Math.ceil(length / MADE_OF_UNIT));
  }

  /** For a text of that length which is looked through. */
  chargeRead(length: number): void {
    this.charge(Math.ceil(length / READ_OF_UNIT));
  }

  /** How many values there are in the value, those that stand in several places as often. */
  sizeOf(value: Json): number {
    if (!isArray(value) && !isObject(value)) return 1;
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    let size = 1;
    for (const part of value.values()) size += this.sizeOf(part);
    this.#sizes.set(value, size);
    return size;
  }
}

export const isTruthy = (value: Json): boolean => value !== null && value !== false;

/** @throws InvalidValue, always */
export const refuse = (what: string, value: Json): never => {
  throw new InvalidValue(`There is no ${what} of ${typeOf(value)}.`);
};

export const computed =
  (compute: Compute): Step =>
  (value, emit, run) => {
    run.charge(1);
    emit(compute(value, run));
  };

export const constant = (value: Json): Step => computed(() => value);

/** `a | b`. */
export const piped =
  (first: Step, next: Step): Step =>
  (value, emit, run) =>
    first(
      value,
      (between) => {
        run.charge(1);
        next(between, emit, run);
      },
      run,
    );

/** `a, b`. */
export const both =
  (first: Step, second: Step): Step =>
  (value, emit, run) => {
    first(value, emit, run);
    second(value, emit, run);
  };

/** Every output of `left` with every output of `right`, which changes more slowly. */
export const combined =
  (left: Step, right: Step, compute: (a: Json, b: Json, run: Run) => Json): Step =>
  (value, emit, run) =>
    right(
      value,
      (b) =>
        left(
          value,
          (a) => {
            run.charge(1);
            emit(compute(a, b, run));
          },
          run,
        ),
      run,
    );

/** All outputs, put into `outputs`, which has those before a refusal where there is one. */
export function outputsOf(step: Step, value: Json, run: Run, outputs: Json[] = []): Json[] {
  step(
    value,
    (output) => {
      run.charge(1);
      outputs.push(output);
    },
    run,
  );
  return outputs;
}

/** `a?`: the outputs until one is refused. What is refused further on is not held back here. */
export const tried =
  (step: Step): Step =>
  (value, emit, run) => {
    const outputs: Json[] = [];
    try {
      outputsOf(step, value, run, outputs);
    } catch (error) {
      if (!(error instanceof InvalidValue) || run.isExhausted) throw error;
    }
    for (const output of outputs) emit(output);
  };

/** `a // b`: the outputs of `a` that are neither null nor false; where there are none, those of `b`. */
export const alternative =
  (first: Step, second: Step): Step =>
  (value, emit, run) => {
    let isEmpty = true;
    first(
      value,
      (output) => {
        if (!isTruthy(output)) return;
        isEmpty = false;
        emit(output);
      },
      run,
    );
    if (isEmpty) second(value, emit, run);
  };

/** `a and b`, `a or b`. */
export const logical =
  (left: Step, right: Step, decisive: boolean): Step =>
  (value, emit, run) =>
    left(
      value,
      (a) => {
        run.charge(1);
        if (isTruthy(a) === decisive) emit(decisive);
        else right(value, (b) => emit(isTruthy(b)), run);
      },
      run,
    );

/** `if a then b else c end`. */
export const chosen =
  (condition: Step, then: Step, otherwise: Step): Step =>
  (value, emit, run) =>
    condition(value, (each) => (isTruthy(each) ? then : otherwise)(value, emit, run), run);

/** `select(a)`. */
export const selected = (condition: Step): Step => chosen(condition, constantSelf, () => undefined);

const constantSelf: Step = (value, emit) => emit(value);

/** `..`: the value and all inside it. */
export const everything: Step = (value, emit, run) => {
  run.charge(1);
  emit(value);
  if (isArray(value) || isObject(value)) {
    for (const part of value.values()) everything(part, emit, run);
  }
};

/** `[a]`. */
export const collected =
  (step: Step): Step =>
  (value, emit, run) => {
    const outputs = outputsOf(step, value, run);
    run.charge(run.sizeOf(outputs));
    emit(outputs);
  };

/** `{key: value, …}`: an object for every choice of outputs. */
export const built =
  (members: readonly (readonly [key: Step, value: Step])[]): Step =>
  (value, emit, run) => {
    const fill = (at: number, entries: readonly (readonly [string, Json])[]): void => {
      const member = members[at];
      run.charge(at + 1);
      if (member === undefined) {
        const object = new Map(entries);
        run.charge(run.sizeOf(object));
        emit(object);
      } else {
        member[0](
          value,
          (key) => {
            const name = typeof key === 'string' ? key : refuse('object key', key);
            member[1](value, (part) => fill(at + 1, [...entries, [name, part]]), run);
          },
          run,
        );
      }
    };
    fill(0, []);
  };
