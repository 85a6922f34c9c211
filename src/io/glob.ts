/**
 * Globs over uris: which objects below a prefix are meant.
 *
 *     s3://lake/sales/2026-{01,02}/part-*.parquet
 *     └─ prefix, listed ──┘└────── matched ─────┘
 *
 *     *        any characters of one name             {a,b}    one of these, which may hold all but another **
 *     ?        one character of a name                [a-z]    one of these characters; [!a-z] none of them
 *     **       any number of directories, alone between slashes; at the end, everything below
 *
 * `[*]` is how a character is meant that has a meaning. Names that begin with `_` or `.` are hidden, as in Hive and
 * Spark: only a literal character matches their first one, so `**` does not look into `_millrace/`. `_day=3` is not: as in
 * Spark, it is a partition of the column `_day`. Scheme and bucket are literal, and an object whose key ends with a slash
 * stands for a directory, which no glob matches.
 *
 * A glob is a graph of steps, of which each takes one character; matching follows all ways through it at once, one
 * character after the other. So it takes time in proportion to the glob times the uri, whatever both are.
 */

import { InvalidArgument } from '../errors.ts';
import type { ObjectInfo, ObjectStore, RequestOptions } from './object-store.ts';
import { compareUris, parseUri, redactUri } from './uri.ts';

export interface Glob {
  /** Every uri that matches begins with it. */
  readonly prefix: string;
  matches(uri: string): boolean;
}

/** Longest glob, in characters: matching costs as many steps per character of a uri. */
const MAX_CHARACTERS = 2_048;
const MAX_DEPTH = 16;

/** @throws InvalidArgument for what is no glob over uris. */
export function parseGlob(glob: string): Glob {
  if (glob.length > MAX_CHARACTERS) throw invalid(glob.slice(0, 100), `it is longer than ${MAX_CHARACTERS} characters`);
  const { scheme, bucket } = parseUri(glob);
  const base = `${scheme}://${bucket}/`;
  if (!glob.startsWith(base)) throw invalid(glob, 'it names a bucket, and no objects in it');
  const key = [...glob.slice(base.length)];
  const parser = new GlobParser(glob, key);
  const start = parser.parse();
  return {
    prefix: base + parser.literal,
    matches: (uri) => uri.startsWith(base) && matchesFrom(start, uri.slice(base.length)),
  };
}

/** The objects that `glob` matches, in order of their uris. @throws InvalidArgument */
export async function* listGlob(
  store: ObjectStore,
  glob: string,
  options?: RequestOptions,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const { prefix, matches } = parseGlob(glob);
  for await (const info of store.list(prefix, options)) if (matches(info.uri)) yield info;
}

/**
 * The objects that any of the globs matches, in order of their uris, each once. Listings are in order, so the least of
 * what they have next comes next. @throws InvalidArgument
 */
export async function* listGlobs(
  store: ObjectStore,
  globs: readonly string[],
  options?: RequestOptions,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const listings = [...new Set(globs)].map((glob) => listGlob(store, glob, options));
  try {
    const heads = await Promise.all(listings.map((listing) => nextOf(listing)));
    for (;;) {
      const [least] = heads.filter((info) => info !== undefined).sort((a, b) => compareUris(a.uri, b.uri));
      if (least === undefined) return;
      yield least;
      for (const [index, listing] of listings.entries()) {
        if (heads[index]?.uri === least.uri) heads[index] = await nextOf(listing);
      }
    }
  } finally {
    for (const listing of listings) await listing.return();
  }
}

async function nextOf(listing: AsyncGenerator<ObjectInfo, void, undefined>): Promise<ObjectInfo | undefined> {
  const { value, done } = await listing.next();
  return done === true ? undefined : (value as ObjectInfo);
}

/** A glob that matches `text` and nothing else. */
export function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[{}]/g, '[$&]');
}

/** Where a character stands: first in a name, in one that is hidden or not, or further inside. */
type Place = 'hidden name' | 'name' | 'inside';

/** Takes one character. */
type Take = (character: string, place: Place) => boolean;

/** A point of the graph: ways that cost a character, and ways that cost none. */
interface State {
  take?: Take;
  next?: State;
  readonly free: State[];
  /** Cannot be passed but where a name begins. */
  onlyAtFirst?: boolean;
  /** Cannot be passed where a hidden name begins: also where it would stand for nothing. */
  isWild?: boolean;
  isEnd?: boolean;
}

const inName: Take = (character, place) => character !== '/' && place !== 'hidden name';
const anywhere: Take = (character, place) => place === 'inside' || (place === 'name' && character !== '/');

function placeOf(characters: readonly string[], index: number): Place {
  if (index > 0 && characters[index - 1] !== '/') return 'inside';
  const first = characters[index];
  if (first !== '_') return first === '.' ? 'hidden name' : 'name';
  const end = characters.indexOf('/', index);
  const equals = characters.indexOf('=', index);
  return equals !== -1 && (end === -1 || equals < end) ? 'name' : 'hidden name';
}

function matchesFrom(start: State, key: string): boolean {
  if (key === '' || key.endsWith('/')) return false;
  const characters = [...key];
  let place = placeOf(characters, 0);
  let states = closure([start], place);
  for (const [index, character] of characters.entries()) {
    const reached: State[] = [];
    for (const { take, next } of states) if (next !== undefined && take?.(character, place)) reached.push(next);
    if (reached.length === 0) return false;
    place = placeOf(characters, index + 1);
    states = closure(reached, place);
  }
  return [...states].some(({ isEnd }) => isEnd);
}

/** The states that are reached from `from` without a character, before one that stands at `place`. */
function closure(from: readonly State[], place: Place): Set<State> {
  const found = new Set<State>();
  const waiting = [...from];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    if (found.has(state) || (state.onlyAtFirst && place === 'inside')) continue;
    if (state.isWild && place === 'hidden name') continue;
    found.add(state);
    waiting.push(...state.free);
  }
  return found;
}

class GlobParser {
  /** What every match begins with. */
  literal = '';
  readonly #glob: string;
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;
  #isLiteral = true;

  constructor(glob: string, text: readonly string[]) {
    this.#glob = glob;
    this.#text = text;
  }

  parse(): State {
    const start: State = { free: [] };
    this.#sequence(start).isEnd = true;
    if (this.#at < this.#text.length) throw this.#wrong('a } without its {');
    return start;
  }

  /** Up to the end, or to what ends an alternative; the state behind it. */
  #sequence(from: State): State {
    let state = from;
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] as string;
      if (this.#depth > 0 && (character === ',' || character === '}')) return state;
      state = this.#item(character, state);
    }
    return state;
  }

  #item(character: string, state: State): State {
    this.#at += 1;
    switch (character) {
      case '*':
        return this.#text[this.#at] === '*' ? this.#directories(state) : this.#wild(state);
      case '?':
        return this.#one(state, inName);
      case '[':
        return this.#class(state);
      case '{':
        return this.#alternatives(state);
      case '}':
        throw this.#wrong('a } without its {');
      default:
        return this.#character(state, character);
    }
  }

  #character(state: State, character: string): State {
    if (this.#isLiteral) this.literal += character;
    return step(state, (found) => found === character);
  }

  #one(state: State, take: Take): State {
    this.#isLiteral = false;
    return step(state, take);
  }

  /** `*`: a state that comes back to itself. */
  #wild(state: State): State {
    this.#isLiteral = false;
    const loop: State = { take: inName, free: [], isWild: true };
    loop.next = loop;
    state.free.push(loop);
    const after: State = { free: [] };
    loop.free.push(after);
    return after;
  }

  #directories(state: State): State {
    this.#isLiteral = false;
    const [before, after] = [this.#text[this.#at - 2], this.#text[this.#at + 1]];
    if (this.#depth > 0) throw this.#wrong('** inside of braces');
    if ((before !== undefined && before !== '/') || (after !== undefined && after !== '/')) {
      throw this.#wrong('** that does not stand alone between slashes');
    }
    // Behind ** and its slash a name begins; at the end of the glob, one has ended.
    this.#at += after === undefined ? 1 : 2;
    const loop: State = { take: anywhere, free: [] };
    loop.next = loop;
    state.free.push(loop);
    const end: State = { free: [], onlyAtFirst: after === '/' };
    loop.free.push(end);
    return end;
  }

  #class(state: State): State {
    const negated = this.#text[this.#at] === '!' || this.#text[this.#at] === '^';
    if (negated) this.#at += 1;
    // A ] that comes first is one of the characters.
    const end = this.#text.indexOf(']', this.#at + 1);
    if (end < 0) throw this.#wrong('a [ without its ]');
    const characters = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    if (characters.includes('/')) throw this.#wrong('a slash between [ and ]');
    const [only] = characters;
    if (only !== undefined && characters.length === 1 && !negated) return this.#character(state, only);
    const ranges = rangesOf(characters);
    const isIn = (found: string): boolean => {
      const code = found.codePointAt(0) as number;
      return ranges.some(([first, last]) => first <= code && code <= last);
    };
    return this.#one(state, (found, place) => inName(found, place) && isIn(found) !== negated);
  }

  #alternatives(state: State): State {
    this.#isLiteral = false;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#wrong(`braces more than ${MAX_DEPTH} deep`);
    const after: State = { free: [] };
    for (let more = true; more; ) {
      const first: State = { free: [] };
      state.free.push(first);
      this.#sequence(first).free.push(after);
      const end = this.#text[this.#at];
      if (end === undefined) throw this.#wrong('a { without its }');
      this.#at += 1;
      more = end === ',';
    }
    this.#depth -= 1;
    return after;
  }

  #wrong(what: string): InvalidArgument {
    return invalid(this.#glob, `it has ${what}`);
  }
}

/** The state behind one character. `from` takes none yet. */
function step(from: State, take: Take): State {
  from.take = take;
  from.next = { free: [] };
  return from.next;
}

/** `a-z` is a range; a hyphen at either end is a hyphen. */
function rangesOf(characters: readonly string[]): (readonly [number, number])[] {
  const codes = characters.map((character) => character.codePointAt(0) as number);
  const ranges: (readonly [number, number])[] = [];
  for (let at = 0; at < codes.length; at += 1) {
    const first = codes[at] as number;
    const last = characters[at + 1] === '-' ? codes[at + 2] : undefined;
    ranges.push([first, last ?? first]);
    if (last !== undefined) at += 2;
  }
  return ranges;
}

const invalid = (glob: string, problem: string): InvalidArgument =>
  new InvalidArgument(`${redactUri(glob)} is not a valid glob: ${problem}.`);
