import type { LinearMemory } from '../memory/linear-memory.ts';
import { fileKernels } from './static-kernels.ts';

/** Characters of ASCII by their codes; -1 for what the files do not have. */
export interface CsvCharacters {
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly comment: number;
}

/** What `assembly/csv.ts` exports; places are addresses. */
interface CsvKernels {
  indexCsv(
    from: number,
    end: number,
    isLast: boolean,
    delimiter: number,
    quote: number,
    escaping: number,
    comment: number,
    fields: number,
    ragged: boolean,
    rows: number,
    starts: number,
    ends: number,
    state: number,
  ): number;
  countCsvFields(
    from: number,
    end: number,
    isLast: boolean,
    delimiter: number,
    quote: number,
    escaping: number,
    comment: number,
    state: number,
  ): number;
  csvSpans(
    starts: number,
    ends: number,
    fields: number,
    at: number,
    rows: number,
    quote: number,
    nullTexts: number,
    spans: number,
    validity: number,
  ): number;
  csvTexts(
    starts: number,
    ends: number,
    fields: number,
    at: number,
    rows: number,
    quote: number,
    escaping: number,
    nullTexts: number,
    offsets: number,
    bytes: number,
    validity: number,
  ): number;
  countLines(from: number, end: number): number;
  latinToUtf8(from: number, length: number, to: number): number;
}

export const csvKernels = (linear: LinearMemory): CsvKernels => fileKernels(linear) as unknown as CsvKernels;

/** Bytes of the state that `indexCsv` writes. */
export const CSV_STATE_BYTES = 16;

/** Where the record begins that was not taken, and what is wrong with it. */
export interface CsvState {
  readonly position: number;
  readonly problem: 'none' | 'ragged' | 'quotes';
  /** How many fields it has, where it is ragged. */
  readonly fields: number;
}

const PROBLEMS = ['none', 'ragged', 'quotes'] as const;

export function readCsvState({ u32 }: LinearMemory, state: number): CsvState {
  const [position = 0, problem = 0, fields = 0] = u32.subarray(state >>> 2, (state >>> 2) + 3);
  return { position, problem: PROBLEMS[problem] ?? 'none', fields };
}
