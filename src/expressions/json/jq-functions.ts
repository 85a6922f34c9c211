/** The functions of jq that are offered: of the value alone, and of filters. */

import { splitText } from './jq-arithmetic.ts';
import { each } from './jq-parts.ts';
import {
  type Compute,
  collected,
  computed,
  everything,
  isTruthy,
  outputsOf,
  piped,
  type Run,
  refuse,
  type Step,
  selected,
} from './jq-steps.ts';
import {
  added,
  byKeys,
  contains,
  entriesOf,
  extreme,
  flattened,
  fromEntries,
  groups,
  has,
  itemsOf,
  joined,
  keysOf,
  lengthOf,
  partsOf,
  rounding,
  textOf,
  toNumber,
} from './jq-values.ts';
import { jsonText, parseJson } from './json-text.ts';
import { isArray, isNumber, isObject, type Json, numberOf, typeOf } from './json-value.ts';

const madeOf =
  (name: string, change: (text: string) => string): Compute =>
  (value, run) => {
    const text = textOf(value, name, run);
    run.chargeMade(text.length);
    return change(text);
  };

const self: Step = (value, emit) => emit(value);
const ofType = (...names: readonly string[]): Step => selected(computed((value) => names.includes(typeOf(value))));
const asJson = (value: Json, run: Run): string => {
  const text = jsonText(value);
  run.chargeMade(text.length);
  return text;
};

/** Whether the filter gives something as decisive for a part: those behind it are not asked. */
function quantified(value: Json, step: Step, decisive: boolean, run: Run): boolean {
  const isDecisive = (output: Json): boolean => isTruthy(output) === decisive;
  const found = partsOf(value, 'any and all', run).some((part) => outputsOf(step, part, run).some(isDecisive));
  return found === decisive;
}

const COMPUTED: readonly (readonly [string, Compute])[] = [
  ['length', lengthOf],
  ['utf8bytelength', (value, run) => Buffer.byteLength(textOf(value, 'utf8bytelength', run))],
  ['keys', keysOf],
  ['keys_unsorted', (value, run) => (isObject(value) ? [...value.keys()] : keysOf(value, run))],
  ['type', typeOf],
  ['not', (value) => !isTruthy(value)],
  ['reverse', (value, run) => (value === null ? [] : itemsOf(value, 'reverse', run).toReversed())],
  ['sort', (value, run) => byKeys(value, self, 'sort', run).map(({ item }) => item)],
  ['unique', (value, run) => groups(value, self, 'unique', run).map(([first = null]) => first)],
  ['add', added],
  ['min', (value, run) => extreme(value, self, -1, run)],
  ['max', (value, run) => extreme(value, self, 1, run)],
  ['any', (value, run) => quantified(value, self, true, run)],
  ['all', (value, run) => quantified(value, self, false, run)],
  ['flatten', (value, run) => flattened(value, Number.POSITIVE_INFINITY, run)],
  ['to_entries', entriesOf],
  ['from_entries', fromEntries],
  ['floor', rounding('floor', Math.floor)],
  ['ceil', rounding('ceil', Math.ceil)],
  ['round', rounding('round', (x) => Math.sign(x) * Math.round(Math.abs(x)))],
  ['sqrt', rounding('sqrt', Math.sqrt)],
  ['abs', rounding('abs', Math.abs)],
  ['tostring', (value, run) => (typeof value === 'string' ? value : asJson(value, run))],
  ['tojson', asJson],
  ['fromjson', (value, run) => parseJson(textOf(value, 'fromjson', run))],
  ['tonumber', toNumber],
  ['ascii_downcase', madeOf('ascii_downcase', (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))],
  ['ascii_upcase', madeOf('ascii_upcase', (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()))],
  ['trim', madeOf('trim', (text) => text.trim())],
];

/** Of no filters, by name. */
export const PLAIN_FUNCTIONS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ...COMPUTED.map(([name, compute]): [string, Step] => [name, computed(compute)]),
  ['empty', () => undefined],
  ['first', computed((value, run) => (value === null ? null : (itemsOf(value, 'first', run)[0] ?? null)))],
  ['last', computed((value, run) => (value === null ? null : (itemsOf(value, 'last', run).at(-1) ?? null)))],
  ['recurse', everything],
  ['values', ofType('boolean', 'number', 'string', 'array', 'object')],
  ['nulls', ofType('null')],
  ['booleans', ofType('boolean')],
  ['numbers', ofType('number')],
  ['strings', ofType('string')],
  ['arrays', ofType('array')],
  ['objects', ofType('object')],
  ['iterables', ofType('array', 'object')],
  ['scalars', ofType('null', 'boolean', 'number', 'string')],
]);

/** For every output of the filter a value that is made of it. */
const perOutput =
  (compute: (value: Json, output: Json, run: Run) => Json) =>
  (step: Step): Step =>
  (value, emit, run) =>
    step(
      value,
      (output) => {
        run.charge(1);
        emit(compute(value, output, run));
      },
      run,
    );

/** A value that is made with the filter itself. */
const withFilter =
  (compute: (value: Json, step: Step, run: Run) => Json) =>
  (step: Step): Step =>
    computed((value, run) => compute(value, step, run));

const ofText = (name: string, compute: (text: string, other: string, run: Run) => Json) =>
  perOutput((value, output, run) => compute(textOf(value, name, run), textOf(output, name, run), run));

const mapped = (step: Step): Step => collected(piped(each, step));

function mappedValues(value: Json, step: Step, run: Run): Json {
  const result = firstOfEach(value, step, run);
  run.charge(run.sizeOf(result));
  return result;
}

/** Each part as the first that the filter makes of it; without those of which it makes nothing. */
function firstOfEach(value: Json, step: Step, run: Run): Json {
  if (isArray(value)) return value.flatMap((item) => outputsOf(step, item, run).slice(0, 1));
  const object = isObject(value) ? value : refuse('values', value);
  const members = [...object].flatMap(([key, part]) => {
    const [first] = outputsOf(step, part, run);
    return first === undefined ? [] : [[key, first] as const];
  });
  return new Map(members);
}

/** Of one filter, by name. */
export const FILTER_FUNCTIONS: ReadonlyMap<string, (step: Step) => Step> = new Map<string, (step: Step) => Step>([
  ['map', mapped],
  ['select', selected],
  ['map_values', withFilter(mappedValues)],
  [
    'with_entries',
    withFilter((value, step, run) =>
      fromEntries(
        entriesOf(value, run).flatMap((e) => outputsOf(step, e, run)),
        run,
      ),
    ),
  ],
  ['sort_by', withFilter((value, step, run) => byKeys(value, step, 'sort_by', run).map(({ item }) => item))],
  ['group_by', withFilter((value, step, run) => groups(value, step, 'group_by', run))],
  ['unique_by', withFilter((value, step, run) => groups(value, step, 'unique_by', run).map(([first = null]) => first))],
  ['min_by', withFilter((value, step, run) => extreme(value, step, -1, run))],
  ['max_by', withFilter((value, step, run) => extreme(value, step, 1, run))],
  ['any', withFilter((value, step, run) => quantified(value, step, true, run))],
  ['all', withFilter((value, step, run) => quantified(value, step, false, run))],
  ['first', (step) => (value, emit, run) => outputsOf(step, value, run).slice(0, 1).forEach(emit)],
  ['last', (step) => (value, emit, run) => outputsOf(step, value, run).slice(-1).forEach(emit)],
  [
    'flatten',
    perOutput((value, depth, run) => {
      const levels = isNumber(depth) ? numberOf(depth) : refuse('depth', depth);
      return levels < 0 ? refuse('flatten to a negative depth', value) : flattened(value, levels, run);
    }),
  ],
  ['has', perOutput(has)],
  ['contains', perOutput(contains)],
  ['inside', perOutput((value, whole, run) => contains(whole, value, run))],
  ['join', perOutput(joined)],
  ['split', ofText('split', splitText)],
  ['startswith', ofText('startswith', (text, other) => text.startsWith(other))],
  ['endswith', ofText('endswith', (text, other) => text.endsWith(other))],
  ['ltrimstr', ofText('ltrimstr', (text, other) => (text.startsWith(other) ? text.slice(other.length) : text))],
  [
    'rtrimstr',
    ofText('rtrimstr', (text, other) => (text.endsWith(other) ? text.slice(0, text.length - other.length) : text)),
  ],
]);
