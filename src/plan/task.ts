import type { JsonValue } from '../expressions/literal.ts';
import type { PlanNode } from './plan-node.ts';

/** One file to read, or a part of it. */
export interface ScanFile {
  readonly uri: string;
  /** Pins the version: another one fails the task. Where absent, the version found first is pinned. */
  readonly etag?: string | undefined;
  /** Indexes of the row groups to read; all where absent. */
  readonly rowGroups?: readonly number[] | undefined;
  /**
   * Bytes of a file of text that is not compressed, those before `end`: the records that begin in it are read. With `startsRecord` it is
   * known that one begins at `start`, or with the header where that is 0; else it is found out, for CSV with quotes by reading what is before.
   */
  readonly range?:
    | { readonly start: number; readonly end: number; readonly startsRecord?: boolean | undefined }
    | undefined;
  /**
   * Values that all of its rows have, by column, as literals write them: those of a Hive partition. They are not read from
   * the file, and a filter that they decide leaves it unread.
   */
  readonly partition?: Readonly<Record<string, null | boolean | number | string>> | undefined;
}

/** Rows of one partition in one shuffle object: where its pages are, or which partition to look up in its index. */
export interface ShufflePieceInput {
  readonly uri: string;
  /** Pins the version. */
  readonly etag?: string | undefined;
  readonly ranges?:
    | readonly {
        readonly offset: number;
        readonly bytes: number;
        readonly rows: number;
        readonly skip?: number | undefined;
      }[]
    | undefined;
  readonly partition?: number | undefined;
}

export type TaskInput =
  /** What a glob-scan lists, or a scan reads: patterns over uris, as `io/glob.ts` has them. */
  | { readonly kind: 'globs'; readonly globs: readonly string[] }
  | { readonly kind: 'files'; readonly files: readonly ScanFile[] }
  | { readonly kind: 'shuffle'; readonly pieces: readonly ShufflePieceInput[] }
  /** Of each row the values by the names of their columns, as literals write them; null where a column is left out. */
  | { readonly kind: 'rows'; readonly rows: readonly Readonly<Record<string, JsonValue>>[] };

/** What holds for all expressions of a plan. */
export interface PlanSettings {
  /**
   * What an integer is that its type cannot hold, of `+`, `-`, `*`, abs, negate, columns_sum, list_sum and sums: an error, which
   * it is where absent, or wrapped around, as in two's complement. Decimals, dates and times never wrap.
   */
  readonly overflow?: 'error' | 'wrap' | undefined;
  /**
   * The name of the time zone on whose clock current_date, current_timestamp, current_timezone and make_timestamp_ltz are: UTC
   * where absent.
   */
  readonly timezone?: string | undefined;
}

/** One unit of work: a plan, what it reads, and where it writes. */
export interface Task extends PlanSettings {
  /** Version of this document's form. */
  readonly version: 1;
  /** The caller's idempotency key: the same job is done once. */
  readonly jobId: string;
  readonly stageId: number;
  readonly taskId: number;
  /** The plan, or the uri of an object that holds it. */
  readonly plan: PlanNode | { readonly uri: string };
  /** By source id. */
  readonly inputs: Readonly<Record<string, TaskInput>>;
  /**
   * False: rows may come in another order than that of the inputs where that saves waiting. The order of a sort stays its
   * order. True where absent.
   */
  readonly maintainOrder?: boolean | undefined;
  /** Where a write puts its files: the uri of a directory. */
  readonly output?: { readonly uri: string } | undefined;
}
