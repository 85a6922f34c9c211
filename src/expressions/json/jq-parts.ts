/** Parts of values: `.[]`, `.a`, `.[0]`, `.[1:3]`. */

import { InvalidValue } from '../../errors.ts';
import { combined, type Run, refuse, type Step } from './jq-steps.ts';
import { isArray, isNumber, isObject, type Json, numberOf } from './json-value.ts';

/** `.[]`. */
export const each: Step = (value, emit, run) => {
  const parts = isArray(value) || isObject(value) ? value.values() : refuse('values', value);
  for (const part of parts) {
    run.charge(1);
    emit(part);
  }
};

/** `.[]?`. */
export const eachIfAny: Step = (value, emit, run) => {
  if (isArray(value) || isObject(value)) each(value, emit, run);
};

/** What `compute` gives; nothing where it refuses, and what is refused may be left out. */
function attempted(compute: () => Json, isOptional: boolean, run: Run): Json | undefined {
  if (!isOptional) return compute();
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof InvalidValue) || run.isExhausted) throw error;
    return undefined;
  }
}

/** `a["b"]`, `a[0]`, for every choice of outputs; behind `?` where there is such a part. */
export const parted = (of: Step, key: Step, isOptional: boolean): Step => {
  return (value, emit, run) =>
    key(
      value,
      (wanted) =>
        of(
          value,
          (whole) => {
            run.charge(1);
            const part = attempted(() => indexed(whole, wanted), isOptional, run);
            if (part !== undefined) emit(part);
          },
          run,
        ),
      run,
    );
};

/** `a[b:c]`, likewise. */
export const cut = (of: Step, start: Step, end: Step, isOptional: boolean): Step => {
  const bounds = combined(start, end, (from, to) => [from, to]);
  return (value, emit, run) =>
    bounds(
      value,
      (pair) => {
        const [from = null, to = null] = pair as readonly Json[];
        of(
          value,
          (whole) => {
            const part = attempted(() => sliced(whole, from, to, run), isOptional, run);
            if (part !== undefined) emit(part);
          },
          run,
        );
      },
      run,
    );
};

/** Of null there is null. */
function indexed(value: Json, key: Json): Json {
  if (value === null && (typeof key === 'string' || isNumber(key))) return null;
  if (isObject(value) && typeof key === 'string') return value.get(key) ?? null;
  if (isArray(value) && isNumber(key)) {
    const index = Math.floor(numberOf(key));
    return (Number.isNaN(index) ? undefined : value.at(index)) ?? null;
  }
  return refuse(
    isNumber(key) ? 'index' : typeof key === 'string' ? `field ${JSON.stringify(key)}` : 'such part',
    value,
  );
}

/** Of arrays and texts; a bound of null is none. */
function sliced(value: Json, from: Json, to: Json, run: Run): Json {
  if (value === null) return null;
  const bound = (given: Json): number | undefined => {
    if (given === null) return undefined;
    return isNumber(given) ? numberOf(given) : refuse('slice by a bound', given);
  };
  const [start, end] = [bound(from), bound(to)];
  const length = isArray(value) || typeof value === 'string' ? value.length : refuse('slice', value);
  if (typeof value === 'string') run.chargeMade(length);
  else run.charge(length);
  const [first, last] = [start === undefined ? 0 : Math.floor(start), end === undefined ? undefined : Math.ceil(end)];
  return typeof value === 'string'
    ? [...value].slice(first, last).join('')
    : (value as readonly Json[]).slice(first, last);
}
