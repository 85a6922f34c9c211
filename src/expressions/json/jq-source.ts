import { InvalidValue } from '../../errors.ts';

const SPACE = /(?:\s|#[^\n]*)*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;

/** The text of a filter, and how far it is read. Spaces and comments are passed over before whatever is looked for. */
export class JqSource {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    this.#skip(SPACE);
    return this.#at === this.#text.length;
  }

  /** What a sticky pattern finds here, which is then passed. */
  match(pattern: RegExp): string | undefined {
    this.#skip(SPACE);
    return this.#skip(pattern);
  }

  isNext(sign: string): boolean {
    this.#skip(SPACE);
    return this.#text.startsWith(sign, this.#at);
  }

  /** Whether the sign stands here, which is then passed; not where it begins an assignment, which is not offered. */
  take(sign: string): boolean {
    const isHere = this.isNext(sign) && !((sign === '|' || sign === '//') && this.isNext(`${sign}=`));
    if (isHere) this.#at += sign.length;
    return isHere;
  }

  /** As `take`, for a whole word. */
  word(name: string): boolean {
    this.#skip(SPACE);
    WORD.lastIndex = this.#at;
    const isHere = WORD.exec(this.#text)?.[0] === name;
    if (isHere) this.#at += name.length;
    return isHere;
  }

  anyWord(): string | undefined {
    return this.match(WORD);
  }

  expect(sign: string): void {
    if (!this.take(sign)) this.fail();
  }

  expectWord(name: string): void {
    if (!this.word(name)) this.fail();
  }

  /** @throws InvalidValue, always */
  fail(): never {
    throw new InvalidValue(`The filter is not understood at character ${this.#at + 1}.`);
  }

  #skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
