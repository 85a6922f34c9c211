/**
 * The files of a scan with their plans, and the first row groups of those behind the one that is decoded, read meanwhile.
 *
 *     decoded     │ file 1 ═══════════════════════════════ │ file 2 ═════════════ …
 *     asked for   │ 1, all of it │ end of 2 │ 2, as far as there is room │ end of 3 …
 *
 * A file is looked at once nothing is left to be asked for of those before it. Neither it nor memory for it is waited for before its
 * turn, and what has gone wrong with it is thrown then.
 */

import { FileReader, type FileRequest } from './file-reader.ts';
import type { FileEnd } from './footer.ts';

/** Files behind the one that is decoded, at most. */
const MOST_AHEAD = 8;

export interface PlannedFile {
  /** `theirs` is read by somebody else, who waits for memory. */
  readonly kind: 'ours' | 'theirs' | 'nothing';
  readonly request: FileRequest;
}

export interface FoundFile<File> {
  readonly file: File;
  /** Where it was read ahead. */
  readonly end: FileEnd | undefined;
}

export interface FilesAheadRequest<File, Planned> {
  /** The signal says that no more are wanted. */
  readonly files: (signal: AbortSignal) => AsyncGenerator<FoundFile<File>, void, void>;
  /** `rowsBefore` were planned of files before. */
  readonly plan: (found: FoundFile<File>, rowsBefore: number, signal: AbortSignal) => Promise<Planned>;
  /** Whether rows of files behind so many that are planned may be wanted. */
  readonly isMoreWanted: (rowsBefore: number) => boolean;
  readonly signal: AbortSignal;
}

interface Entry<File, Planned> {
  found: FoundFile<File> | undefined;
  /** Undefined where there was no memory for its plan: it is made again in its turn. */
  coming: Promise<Planned | undefined> | undefined;
  planned: Planned | undefined;
  reader: FileReader | undefined;
}

export class FilesAhead<File, Planned extends PlannedFile> {
  readonly #request: FilesAheadRequest<File, Planned>;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #files: AsyncGenerator<FoundFile<File>, void, void>;
  /** Behind the file whose turn it is, in order. */
  readonly #ahead: Entry<File, Planned>[] = [];
  #current: FileReader | undefined;
  /** Planned, of that file and those before. */
  #rows = 0;
  /** Whether rows of files behind the current one may be read. */
  #readsRows = false;
  #isEnd = false;

  constructor(request: FilesAheadRequest<File, Planned>) {
    this.#request = request;
    this.#signal = AbortSignal.any([request.signal, this.#abort.signal]);
    this.#files = request.files(this.#signal);
  }

  /** Each in its turn, with a reader where it is ours, which is disposed when the next one is asked for. */
  async *inTurn(): AsyncGenerator<{ readonly planned: Planned; readonly reader: FileReader | undefined }, void, void> {
    try {
      for (;;) {
        const entry = this.#ahead.shift() ?? this.#comingNext();
        const planned = await (entry.coming ?? this.#planAgain(entry));
        if (planned === undefined) return;
        this.#rows += rowsOf(planned);
        try {
          if (planned.kind === 'ours') entry.reader ??= await FileReader.open(planned.request);
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
    const isWanted = this.#ahead.length < MOST_AHEAD && !this.#isEnd && this.#request.isMoreWanted(this.#rowsPlanned);
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
  #beginAhead(entry: Entry<File, Planned>, last: FileReader): FileReader | undefined {
    const { planned, reader } = entry;
    if (planned === undefined || planned.kind === 'theirs') return undefined;
    if (planned.kind === 'nothing') return last;
    if (reader !== undefined) reader.beginAhead();
    else entry.reader = last.tryFollow(planned.request);
    if (entry.reader === undefined) {
      entry.planned = undefined;
      entry.coming = undefined;
    }
    return entry.reader;
  }

  get #rowsPlanned(): number {
    return this.#ahead.reduce((sum, { planned }) => sum + (planned === undefined ? 0 : rowsOf(planned)), this.#rows);
  }

  #comingNext(): Entry<File, Planned> {
    const entry: Entry<File, Planned> = { found: undefined, coming: undefined, planned: undefined, reader: undefined };
    const rowsBefore = this.#rowsPlanned;
    const come = async (): Promise<Planned | undefined> => {
      const { done, value } = await this.#files.next();
      if (done === true) {
        this.#isEnd = true;
        return undefined;
      }
      entry.found = { ...value, end: undefined };
      entry.planned = await this.#request.plan(value, rowsBefore, this.#signal);
      return entry.planned;
    };
    entry.coming = come();
    return entry;
  }

  async #planAgain({ found }: Entry<File, Planned>): Promise<Planned | undefined> {
    return found && (await this.#request.plan(found, this.#rows, this.#signal));
  }
}

const rowsOf = ({ request }: PlannedFile): number => request.plan.rowGroups.reduce((sum, { rows }) => sum + rows, 0);
