import assert from 'node:assert/strict';

/**
 * Work that goes on while its owner goes on: so many pieces at a time, their results in the order in which the work began,
 * or, where order does not matter, as they come.
 *
 *     dispatch a b c       in flight │ a │ b │ c │       b ends, then a
 *                          ordered     a b …             unordered   b a …
 *
 * A failure is thrown where its result would have been given.
 */
export class Dispatcher<Result> {
  readonly #limit: number;
  readonly #ordered: boolean;
  readonly #inFlight: Piece<Result>[] = [];

  constructor(limit: number, ordered: boolean) {
    assert.ok(limit >= 1);
    this.#limit = limit;
    this.#ordered = ordered;
  }

  /** Pieces whose results have not been given. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  get isFull(): boolean {
    return this.#inFlight.length >= this.#limit;
  }

  dispatch(work: Promise<Result>): void {
    assert.ok(!this.isFull, 'more work was dispatched than may be in flight');
    const piece: Piece<Result> = { ended: undefined, work };
    this.#inFlight.push(piece);
    const end = (): void => {
      piece.ended = true;
    };
    // Its failure is thrown to who asks for its result; if nobody asks any more, it is nobody's.
    work.then(end, end);
  }

  /** The next result that is there already; undefined where none is. */
  async poll(): Promise<Result | undefined> {
    const position = this.#ordered ? 0 : this.#inFlight.findIndex(({ ended }) => ended);
    return this.#inFlight[position]?.ended === true ? await this.#take(position) : undefined;
  }

  /** The next result, waited for; undefined where nothing is in flight. */
  async next(): Promise<Result | undefined> {
    if (this.#inFlight.length === 0) return undefined;
    if (!this.#ordered) {
      // Which one it was, the flags say: a failure is thrown below.
      await Promise.race(this.#inFlight.map(({ work }) => work.then(nothing, nothing)));
      return await this.#take(this.#inFlight.findIndex(({ ended }) => ended));
    }
    return await this.#take(0);
  }

  async #take(position: number): Promise<Result> {
    const [piece] = this.#inFlight.splice(position, 1);
    assert.ok(piece !== undefined);
    return await piece.work;
  }
}

interface Piece<Result> {
  ended: true | undefined;
  readonly work: Promise<Result>;
}

function nothing(): void {}
