/**
 * The part of jq's language that is offered: everything that gives its outputs in bounded time.
 *
 *     .   ..   .a   ."a b"   .["a"]   .[0]   .[-1]   .[1:3]   .[]   each with ? behind it
 *     a | b    a, b    a // b    a or b    a and b    == != < <= > >=    + - * / %    -a    (a)
 *     [a]    {a, "b": c, (d): e}    if a then b elif c then d else e end    1.5  "text"  true  false  null
 *     the functions of jq-functions.ts
 *
 * Not offered are definitions, variables, reduce and foreach, assignments, paths, formats, regular expressions, texts
 * with expressions inside, and all that comes from outside: files, inputs, the environment, the clock.
 */

import { InvalidValue } from '../../errors.ts';
import { BINARY } from './jq-arithmetic.ts';
import { FILTER_FUNCTIONS, PLAIN_FUNCTIONS } from './jq-functions.ts';
import { cut, each, eachIfAny, parted } from './jq-parts.ts';
import { JqSource } from './jq-source.ts';
import {
  alternative,
  both,
  built,
  chosen,
  collected,
  combined,
  constant,
  everything,
  logical,
  outputsOf,
  piped,
  Run,
  type Step,
  tried,
} from './jq-steps.ts';
import { parseJson } from './json-text.ts';
import type { Json } from './json-value.ts';

/** All that a filter gives for a value. @throws InvalidValue where the filter has no meaning for it */
export type JqFilter = (value: Json) => readonly Json[];

const MAX_LENGTH = 1_000;
/** Brackets in each other. */
const MAX_DEPTH = 30;

/** @throws InvalidValue where the text is no filter, or uses what is not offered */
export function parseJq(text: string): JqFilter {
  if (text.length > MAX_LENGTH) throw new InvalidValue(`A filter of jq has at most ${MAX_LENGTH} characters.`);
  const step = new Parser(new JqSource(text)).filter();
  return (value) => {
    try {
      return outputsOf(step, value, new Run());
    } catch (error) {
      // Steps call each other as deep as values stand in each other, once for every stage that goes down.
      if (error instanceof RangeError) throw new InvalidValue('The value is nested too deeply for the filter.');
      throw error;
    }
  };
}

const self: Step = (value, emit) => emit(value);
const nothing = constant(null);

const FIELD = /\.([A-Za-z_][A-Za-z0-9_]*)/y;
const NUMBER = /[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const COMPARISON = /==|!=|<=|>=|<|>/y;
/** Neither the beginning of `//` nor, as assignments are not offered, of `+=`. */
const SUM = /[+-](?!=)/y;
const PRODUCT = /[*%](?!=)|\/(?![/=])/y;

const NOT_OFFERED = 'def reduce foreach try catch label import include as limit range input inputs env now error'.split(
  ' ',
);

class Parser {
  readonly #source: JqSource;
  #depth = 0;

  constructor(source: JqSource) {
    this.#source = source;
  }

  filter(): Step {
    const step = this.#pipe();
    if (!this.#source.isAtEnd) this.#source.fail();
    return step;
  }

  #pipe(): Step {
    const stages = [this.#comma()];
    while (this.#source.take('|')) stages.push(this.#comma());
    return stages.reduceRight((rest, stage) => piped(stage, rest));
  }

  #comma(): Step {
    let step = this.#alternative();
    while (this.#source.take(',')) step = both(step, this.#alternative());
    return step;
  }

  #alternative(): Step {
    const steps = [this.#or()];
    while (this.#source.take('//')) steps.push(this.#or());
    return steps.reduceRight((rest, step) => alternative(step, rest));
  }

  #or(): Step {
    let step = this.#and();
    while (this.#source.word('or')) step = logical(step, this.#and(), true);
    return step;
  }

  #and(): Step {
    let step = this.#comparison();
    while (this.#source.word('and')) step = logical(step, this.#comparison(), false);
    return step;
  }

  #comparison(): Step {
    const left = this.#sum();
    const operator = this.#source.match(COMPARISON);
    return operator === undefined ? left : this.#binary(left, operator, this.#sum());
  }

  #sum(): Step {
    let step = this.#product();
    for (let operator = this.#source.match(SUM); operator !== undefined; operator = this.#source.match(SUM)) {
      step = this.#binary(step, operator, this.#product());
    }
    return step;
  }

  #product(): Step {
    let step = this.#signed();
    for (let operator = this.#source.match(PRODUCT); operator !== undefined; operator = this.#source.match(PRODUCT)) {
      step = this.#binary(step, operator, this.#signed());
    }
    return step;
  }

  #binary(left: Step, operator: string, right: Step): Step {
    return combined(left, right, BINARY.get(operator) ?? this.#source.fail());
  }

  #signed(): Step {
    if (!this.#source.take('-')) return this.#term();
    const digits = this.#source.match(NUMBER);
    if (digits !== undefined) return this.#suffixed(constant(this.#numberOf(`-${digits}`)));
    return combined(constant(0), this.#term(), BINARY.get('-') ?? this.#source.fail());
  }

  #term(): Step {
    const digits = this.#source.match(NUMBER);
    if (digits !== undefined) return this.#suffixed(constant(this.#numberOf(digits)));
    if (this.#source.isNext('"')) return this.#suffixed(constant(this.#quoted()));
    if (this.#source.take('..')) return this.#suffixed(everything);
    if (this.#source.isNext('.')) {
      const field = this.#field();
      if (field !== undefined) return this.#suffixed(parted(self, constant(field), this.#source.take('?')));
      this.#source.take('.');
      return this.#suffixed(this.#source.isNext('[') ? this.#bracket(self) : self);
    }
    if (this.#source.take('(')) return this.#suffixed(this.#inside(')', () => this.#pipe()));
    if (this.#source.take('[')) {
      return this.#suffixed(this.#source.take(']') ? constant([]) : collected(this.#inside(']', () => this.#pipe())));
    }
    if (this.#source.take('{')) {
      return this.#suffixed(this.#source.take('}') ? built([]) : this.#inside('}', () => this.#object()));
    }
    return this.#suffixed(this.#named(this.#source.anyWord() ?? this.#source.fail()));
  }

  #suffixed(term: Step): Step {
    let step = term;
    for (;;) {
      const field = this.#field();
      if (field !== undefined) step = parted(step, constant(field), this.#source.take('?'));
      else if (this.#source.isNext('[')) step = this.#bracket(step);
      else if (this.#source.isNext('.[')) this.#source.take('.');
      else if (this.#source.take('?')) step = tried(step);
      else return step;
    }
  }

  /** `.name` or `."any text"`. */
  #field(): string | undefined {
    const name = this.#source.match(FIELD);
    if (name !== undefined) return name.slice(1);
    if (!this.#source.isNext('."')) return undefined;
    this.#source.take('.');
    return this.#quoted();
  }

  #bracket(of: Step): Step {
    this.#source.take('[');
    if (this.#source.take(']')) return piped(of, this.#source.take('?') ? eachIfAny : each);
    const [start, end] = this.#inside(']', () => this.#bounds());
    const isOptional = this.#source.take('?');
    return end === undefined ? parted(of, start, isOptional) : cut(of, start, end, isOptional);
  }

  /** What stands in brackets: a part, or the bounds of a slice. */
  #bounds(): readonly [start: Step, end: Step | undefined] {
    const start = this.#source.isNext(':') ? nothing : this.#pipe();
    if (!this.#source.take(':')) return [start, undefined];
    return [start, this.#source.isNext(']') ? nothing : this.#pipe()];
  }

  #object(): Step {
    const members: (readonly [Step, Step])[] = [];
    do members.push(this.#member());
    while (this.#source.take(','));
    return built(members);
  }

  #member(): readonly [Step, Step] {
    if (this.#source.take('(')) {
      const key = this.#inside(')', () => this.#pipe());
      this.#source.expect(':');
      return [key, this.#memberValue()];
    }
    const name = this.#source.isNext('"')
      ? this.#quoted()
      : (this.#source.anyWord() ?? this.#source.match(NUMBER) ?? this.#source.fail());
    const key = constant(name);
    return [key, this.#source.take(':') ? this.#memberValue() : parted(self, key, false)];
  }

  /** Without a comma outside of brackets, which begins the next member. */
  #memberValue(): Step {
    const stages = [this.#alternative()];
    while (this.#source.take('|')) stages.push(this.#alternative());
    return stages.reduceRight((rest, stage) => piped(stage, rest));
  }

  #named(name: string): Step {
    const constants: Readonly<Record<string, Json>> = { null: null, true: true, false: false };
    if (Object.hasOwn(constants, name)) return constant(constants[name] ?? null);
    if (name === 'if') return this.#nested(() => this.#condition());
    if (NOT_OFFERED.includes(name)) throw new InvalidValue(`${name} is not in the part of jq that is offered.`);
    if (!this.#source.take('(')) return PLAIN_FUNCTIONS.get(name) ?? this.#unknown(name, FILTER_FUNCTIONS.has(name));
    const argument = this.#inside(')', () => this.#pipe());
    return (FILTER_FUNCTIONS.get(name) ?? this.#unknown(name, PLAIN_FUNCTIONS.has(name)))(argument);
  }

  #unknown(name: string, isOther: boolean): never {
    if (isOther) throw new InvalidValue(`${name} is given the wrong number of arguments.`);
    throw new InvalidValue(`${name} is not in the part of jq that is offered.`);
  }

  /** Behind `if` or `elif`. */
  #condition(): Step {
    const condition = this.#pipe();
    this.#source.expectWord('then');
    const then = this.#pipe();
    if (this.#source.word('elif'))
      return chosen(
        condition,
        then,
        this.#nested(() => this.#condition()),
      );
    const otherwise = this.#source.word('else') ? this.#pipe() : self;
    this.#source.expectWord('end');
    return chosen(condition, then, otherwise);
  }

  #inside<T>(closing: string, read: () => T): T {
    const result = this.#nested(read);
    this.#source.expect(closing);
    return result;
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new InvalidValue(`Brackets stand at most ${MAX_DEPTH} deep.`);
    const result = read();
    this.#depth -= 1;
    return result;
  }

  /** Digits that JSON writes too are kept as they are. */
  #numberOf(digits: string): Json {
    return /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/.test(digits) ? parseJson(digits) : Number(digits);
  }

  #quoted(): string {
    const text = this.#source.match(QUOTED) ?? this.#source.fail();
    if (/(?:^|[^\\])(?:\\\\)*\\\(/.test(text)) {
      throw new InvalidValue('A text with an expression inside is not in the part of jq that is offered.');
    }
    return parseJson(text) as string;
  }
}
