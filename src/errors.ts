/**
 * Every error that Millrace throws on purpose.
 *
 * `name` is a literal, so that minifying cannot change it: a state machine and a caller's `catch` match on it.
 * Messages say what happened, where (operator, file, column, row, JSON path) and what to do about it. They never hold
 * credentials: uris are printed without their query and user part by whoever builds the message.
 */

/** The common root: an error that is part of the contract, as opposed to a defect. */
export abstract class MillraceError extends Error {
  abstract override readonly name: string;
  /** Whether the same task may succeed when it is run again unchanged. */
  readonly retryable: boolean = false;
  /** The operator in which it happened, as explain prints it. Filled in by the driver. */
  operator?: string;
}

/** A query may be a signature. */
const shown = (uri: string): string => uri.replace(/^(https?:[^?]*)\?.*$/is, '$1');

export interface PlanProblem {
  /** Where in the document, as a JSON path: `$.plan.input.predicate`. */
  readonly path: string;
  readonly message: string;
}

/** The task or its plan is not valid. Lists every problem found, not only the first. */
export class InvalidPlan extends MillraceError {
  override readonly name = 'InvalidPlan';
  readonly problems: readonly PlanProblem[];

  constructor(problems: readonly PlanProblem[]) {
    const shown = problems.slice(0, 20).map(({ path, message }) => `  ${path}: ${message}`);
    if (problems.length > shown.length) shown.push(`  and ${problems.length - shown.length} more`);
    super(`The plan is not valid:\n${shown.join('\n')}`);
    this.problems = problems;
  }
}

/** A frame was told to do what its columns do not allow: of one that is not there, of types that do not go together. */
export class InvalidQuery extends MillraceError {
  override readonly name = 'InvalidQuery';
  readonly problems: readonly PlanProblem[];

  /** `method` is that of the frame. */
  constructor(problems: readonly PlanProblem[], method: string) {
    super(`${method}: ${problems.map(({ message }) => message).join('\n  ')}`);
    this.problems = problems;
  }
}

/** A caller handed over something that cannot be used: a memory limit of zero, an unknown uri scheme. */
export class InvalidArgument extends MillraceError {
  override readonly name = 'InvalidArgument';
}

export class ObjectNotFound extends MillraceError {
  override readonly name = 'ObjectNotFound';

  constructor(uri: string, detail?: string) {
    super(`There is no object at ${shown(uri)}${detail === undefined ? '' : `: ${detail}`}.`);
  }
}

/** An input was replaced while the task was reading it. */
export class ObjectChanged extends MillraceError {
  override readonly name = 'ObjectChanged';
  override readonly retryable = true;

  constructor(uri: string, expected: string, found: string) {
    super(
      `${shown(uri)} changed while it was being read: expected version ${expected}, found ${found}. Run the task again on the new version.`,
    );
  }
}

export class AccessDenied extends MillraceError {
  override readonly name = 'AccessDenied';

  constructor(uri: string, action: string, detail: string = 'grant it, or choose another place') {
    super(`No permission to ${action} ${shown(uri)}: ${detail}.`);
  }
}

/** The disk or the bucket has no room left. */
export class StorageFull extends MillraceError {
  override readonly name = 'StorageFull';

  constructor(uri: string) {
    super(`There is no room left to write ${shown(uri)}.`);
  }
}

/** The store failed, or did not answer; whether the request took effect is unknown. */
export class StorageUnavailable extends MillraceError {
  override readonly name = 'StorageUnavailable';
  override readonly retryable = true;
  /** How long the service asks to wait before the next try. */
  retryAfterMs?: number | undefined;
}

/** A service other than storage failed, or did not answer; whether the request took effect is unknown. */
export class ServiceUnavailable extends MillraceError {
  override readonly name = 'ServiceUnavailable';
  override readonly retryable = true;
}

/** A conditional write found that its condition does not hold (HTTP 412). */
export class PreconditionFailed extends MillraceError {
  override readonly name = 'PreconditionFailed';

  constructor(uri: string) {
    super(`A conditional write of ${shown(uri)} was refused: the object exists already.`);
  }
}

/** Two conditional writes of one key met (HTTP 409): nothing is known, try again. */
export class ConditionalConflict extends MillraceError {
  override readonly name = 'ConditionalConflict';
  override readonly retryable = true;

  constructor(uri: string) {
    super(`A conditional write of ${shown(uri)} met another one. Try again.`);
  }
}

/** The upload is not there (any more): completed, aborted, or never begun. */
export class UploadNotFound extends MillraceError {
  override readonly name = 'UploadNotFound';

  constructor(uri: string, uploadId: string) {
    super(`There is no open upload ${uploadId} of ${shown(uri)}.`);
  }
}

/** A function was given a value that it does not take: text that is no date, a pattern that is none. */
export class InvalidValue extends MillraceError {
  override readonly name = 'InvalidValue';
}

/** A user-defined function failed for a row or a batch, the last time it was tried. */
export class UdfFailed extends MillraceError {
  override readonly name = 'UdfFailed';
}

/** A file does not hold what its format promises. */
export class MalformedFile extends MillraceError {
  override readonly name = 'MalformedFile';

  constructor(uri: string, detail: string) {
    super(`${shown(uri)} is damaged or not what it claims to be: ${detail}.`);
  }
}

/** A file is well-formed, and uses something that Millrace does not read. */
export class UnsupportedFile extends MillraceError {
  override readonly name = 'UnsupportedFile';

  constructor(uri: string, detail: string) {
    super(`${shown(uri)} cannot be read: ${detail}.`);
  }
}

/** A file does not have the columns or the types that the plan expects. */
export class SchemaMismatch extends MillraceError {
  override readonly name = 'SchemaMismatch';

  constructor(uri: string, detail: string) {
    super(`${shown(uri)} does not fit the schema of the plan: ${detail}.`);
  }
}

/** An operator needs more memory than the budget has. */
export class MemoryBudgetExceeded extends MillraceError {
  override readonly name = 'MemoryBudgetExceeded';

  readonly #bytes: readonly [owner: string, requested: number, held: number, limit: number];

  /** `place` is where the bytes were needed, where that says more than the operator. */
  constructor(owner: string, requestedBytes: number, heldBytes: number, limitBytes: number, place?: string) {
    const where = place === undefined ? '' : `, for ${place},`;
    super(
      `${owner}${where} needs ${requestedBytes} bytes more and holds ${heldBytes} already, but the budget of ${limitBytes} bytes has too little left. Give the task more memory, or less input.`,
    );
    this.#bytes = [owner, requestedBytes, heldBytes, limitBytes];
  }

  /** The same, needed at a place that whoever reserves does not know. */
  at(place: string): MemoryBudgetExceeded {
    return new MemoryBudgetExceeded(...this.#bytes, place);
  }
}

/** A thread that ran a part of a query ended by itself: its heap was exhausted, or something ended it. */
export class ThreadDied extends MillraceError {
  override readonly name = 'ThreadDied';
  override readonly retryable = true;
}

/** One column would hold more text than its 32-bit offsets can address. */
export class ColumnTooLarge extends MillraceError {
  override readonly name = 'ColumnTooLarge';

  constructor(owner: string, byteLength: number) {
    super(
      `${owner} would hold ${byteLength} bytes of text in one column; 2147483647 are the most. Give the task less input.`,
    );
  }
}

/** A value does not fit its type. */
export class ArithmeticOverflow extends MillraceError {
  override readonly name = 'ArithmeticOverflow';
}

/** A value cannot be cast to the type asked for. */
export class InvalidCast extends MillraceError {
  override readonly name = 'InvalidCast';
}

/** The destination holds a committed result, and the write mode is error-if-exists. */
export class OutputExists extends MillraceError {
  override readonly name = 'OutputExists';

  constructor(uri: string) {
    super(`${shown(uri)} already holds a result. Choose another destination, or the mode append or overwrite.`);
  }
}

/** The job was aborted, or another decision was taken first. */
export class JobAborted extends MillraceError {
  override readonly name = 'JobAborted';
}

/** The output in storage contradicts its manifest. */
export class CommitCorrupted extends MillraceError {
  override readonly name = 'CommitCorrupted';
}

/** The caller's signal was aborted. */
export class TaskCancelled extends MillraceError {
  override readonly name = 'TaskCancelled';
}

/** The function's time is nearly up: the task stopped by itself, and nothing of it is visible. */
export class DeadlineExceeded extends MillraceError {
  override readonly name = 'DeadlineExceeded';
  override readonly retryable = true;
}

/** A stage has ended, and not all of its tasks have a manifest. */
export class StageIncomplete extends MillraceError {
  override readonly name = 'StageIncomplete';
}

/** A job that was run elsewhere has failed. */
export class JobFailed extends MillraceError {
  override readonly name = 'JobFailed';

  constructor(jobId: string, error: string, cause: string) {
    super(
      `Job ${jobId} failed, and nothing of it is visible: ${error}: ${cause}\nTo run it again, give it another id.`,
    );
  }
}
