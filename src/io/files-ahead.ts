/**
 * The files of a scan, and what is read meanwhile of those behind the one that is decoded.
 *
 *     decoded     │ file 1 ═══════════════════════════════ │ file 2 ═════════════ …
 *     asked for   │ 1, all of it │ about 2 │ 2, as far as there is room │ about 3 …
 *
 * A file is looked at once nothing is left to be asked for of those before it. Neither it nor memory for it is waited for before its
 * turn, and what has gone wrong with it is thrown then.
 */

/** A file that is read, in its turn or before. */
export interface BegunFile extends AsyncDisposable {
  /** Whether all of it is in memory or on its way. */
  readonly isAllBegun: boolean;
  /** Before its turn: reads more of it, where there is room for more beside the files before. Never waits. */
  beginAhead(): void;
  /** Whether there is room for the beginning of a file like this one behind it, as far as that can be said. */
  makeRoomBehind(): boolean;
}

export interface PlannedFile {
  /** `theirs` is read by somebody else, who waits for memory. */
  readonly kind: 'ours' | 'theirs' | 'nothing';
  /** That are to be read of it, as far as that is known. */
  readonly rows: number;
}

export interface FoundFile<File, Answer> {
  readonly file: File;
  /** Where it was asked about ahead. */
  readonly answer: Answer | undefined;
}

export interface FilesAheadRequest<File, Answer, Planned, Begun> {
  /** The signal says that no more are wanted. */
  readonly files: (signal: AbortSignal) => AsyncGenerator<FoundFile<File, Answer>, void, void>;
  /** `rowsBefore` were planned of files before. */
  readonly plan: (found: FoundFile<File, Answer>, rowsBefore: number, signal: AbortSignal) => Promise<Planned>;
  /** Begins to read one whose turn it is. */
  readonly open: (planned: Planned) => Promise<Begun> | Begun;
  /** Begins to read one behind `last`: undefined where there is no room for that now. */
  readonly follow: (planned: Planned, last: Begun) => Begun | undefined;
  /** Whether rows of files behind so many that are planned may be wanted. */
  readonly isMoreWanted: (rowsBefore: number) => boolean;
  /** Files behind the one that is decoded, at most. */
  readonly most: number;
  readonly signal: AbortSignal;
}

interface Entry<File, Answer, Planned, Begun> {
  found: FoundFile<File, Answer> | undefined;
  /** Undefined where there was no memory for its plan: it is made again in its turn. */
  coming: Promise<Planned | undefined> | undefined;
  planned: Planned | undefined;
  reader: Begun | undefined;
}

export class FilesAhead<File, Answer, Planned extends PlannedFile, Begun extends BegunFile> {
  readonly #request: FilesAheadRequest<File, Answer, Planned, Begun>;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #files: AsyncGenerator<FoundFile<File, Answer>, void, void>;
  /** Behind the file whose turn it is, in order. */
  readonly #ahead: Entry<File, Answer, Planned, Begun>[] = [];
  #current: Begun | undefined;
  /** Planned, of that file and those before. */
  #rows = 0;
  /** Whether rows of files behind the current one may be read. */
  #readsRows = false;
  #isEnd = false;

  constructor(request: FilesAheadRequest<File, Answer, Planned, Begun>) {
    this.#request = request;
    this.#signal = AbortSignal.any([request.signal, this.#abort.signal]);
    this.#files = request.files(this.#signal);
  }

  /** Each in its turn, with a reader where it is ours, which is disposed when the next one is asked for. */
  async *inTurn(): AsyncGenerator<{ readonly planned: Planned; readonly reader: Begun | undefined }, void, void> {
    try {
      for (;;) {
        const entry = this.#ahead.shift() ?? this.#comingNext();
        const planned = await (entry.coming ?? this.#planAgain(entry));
        if (planned === undefined) return;
        this.#rows += planned.rows;
        try {
          if (planned.kind === 'ours') entry.reader ??= await this.#request.open(planned);
          this.#current = entry.reader;
          yield { planned, reader: entry.reader };
        } finally {
          this.#current = undefined;
          await entry.reader?.[Symbol.asyncDispose]();
        }
      }
    } finally {
      if (this.#ahead.length > 0) this.#abort.abort();
      await Promise.allSettled(this.#ahead.flatMap(({ coming }) => coming ?? []));
      for (const { reader } of this.#ahead) await reader?.[Symbol.asyncDispose]();
      await this.#files.return();
    }
  }

  /** Looks at the next file, as far as there is room; reads none of its rows before `readAhead` has been called. Never waits. */
  lookAhead(): void {
    let last = this.#current;
    for (const entry of this.#ahead) {
      if (last?.isAllBegun !== true || !this.#readsRows) return;
      last = this.#beginAhead(entry, last);
    }
    const { most, isMoreWanted } = this.#request;
    const isWanted = this.#ahead.length < most && !this.#isEnd && isMoreWanted(this.#rowsPlanned);
    if (!isWanted || last?.isAllBegun !== true || !last.makeRoomBehind()) return;
    const entry = this.#comingNext();
    this.#ahead.push(entry);
    // Whoever comes to this file meets the error.
    entry.coming?.then(
      () => this.lookAhead(),
      () => {},
    );
  }

  /** Reads further ahead, as far as there is room. Never waits. */
  readAhead(): void {
    this.#readsRows = true;
    this.lookAhead();
  }

  /** The last file that is being read then; undefined where nothing can be read behind this one. */
  #beginAhead(entry: Entry<File, Answer, Planned, Begun>, last: Begun): Begun | undefined {
    const { planned, reader } = entry;
    if (planned === undefined || planned.kind === 'theirs') return undefined;
    if (planned.kind === 'nothing') return last;
    if (reader !== undefined) reader.beginAhead();
    else entry.reader = this.#request.follow(planned, last);
    if (entry.reader === undefined) {
      entry.planned = undefined;
      entry.coming = undefined;
    }
    return entry.reader;
  }

  get #rowsPlanned(): number {
    return this.#ahead.reduce((sum, { planned }) => sum + (planned?.rows ?? 0), this.#rows);
  }

  #comingNext(): Entry<File, Answer, Planned, Begun> {
    const entry: Entry<File, Answer, Planned, Begun> = {
      found: undefined,
      coming: undefined,
      planned: undefined,
      reader: undefined,
    };
    const rowsBefore = this.#rowsPlanned;
    const come = async (): Promise<Planned | undefined> => {
      const { done, value } = await this.#files.next();
      if (done === true) {
        this.#isEnd = true;
        return undefined;
      }
      entry.found = { ...value, answer: undefined };
      entry.planned = await this.#request.plan(value, rowsBefore, this.#signal);
      return entry.planned;
    };
    entry.coming = come();
    return entry;
  }

  async #planAgain({ found }: Entry<File, Answer, Planned, Begun>): Promise<Planned | undefined> {
    return found && (await this.#request.plan(found, this.#rows, this.#signal));
  }
}
