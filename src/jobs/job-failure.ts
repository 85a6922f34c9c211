/** Why a job fails, in the words of whoever saw it: at most a name and a text, whatever was handed over. */

export interface JobFailure {
  /** Name of the error. */
  readonly error: string;
  /** What happened, as its message says. */
  readonly cause: string;
}

const MAX_NAME_CHARACTERS = 100;
const MAX_CAUSE_CHARACTERS = 2_000;

/**
 * The failure that a state machine reports as `{ Error, Cause }`. The cause of a function's error is a JSON document of
 * the error's type, message and stack, which may be cut off anywhere: of it the message is taken, never the stack.
 */
export function failureOf({ Error: name, Cause: cause }: { Error?: unknown; Cause?: unknown }): JobFailure {
  const text = typeof cause === 'string' ? cause : '';
  const message = text.trimStart().startsWith('{') ? (memberOf(text, 'errorMessage') ?? '') : text;
  const type = typeof name === 'string' && name !== '' ? name : memberOf(text, 'errorType');
  return failure(type ?? 'Unknown', message === '' ? 'no more is known' : message);
}

/** A failure within its limits, and without what must not be stored. */
export function failure(error: string, cause: string): JobFailure {
  const name = error.replaceAll(/[^\w.-]+/g, '').slice(0, MAX_NAME_CHARACTERS);
  const shown = cause.length > MAX_CAUSE_CHARACTERS ? `${cause.slice(0, MAX_CAUSE_CHARACTERS - 1)}…` : cause;
  const withoutUsers = shown.replaceAll(/(:\/\/)[^/\s@]*@/g, '$1');
  // Line breaks are kept: a list of problems is one.
  const text = withoutUsers.replaceAll(/[^\P{Cc}\n]/gu, ' ').toWellFormed();
  return { error: name === '' ? 'Unknown' : name, cause: text };
}

/** A text of a JSON object that may be cut off. */
function memberOf(json: string, key: 'errorMessage' | 'errorType'): string | undefined {
  try {
    const document: unknown = JSON.parse(json);
    const value = typeof document === 'object' && document !== null ? Object.entries(document) : [];
    const found: unknown = value.find(([name]) => name === key)?.[1];
    return typeof found === 'string' ? found : undefined;
  } catch {
    const start = new RegExp(`"${key}"\\s*:\\s*"`).exec(json);
    const rest = start === null ? '' : json.slice(start.index + start[0].length);
    const [raw = ''] = /^(?:[^"\\]|\\(?:[^u]|u[0-9A-Fa-f]{4}))*/.exec(rest) ?? [];
    return raw === '' ? undefined : unescaped(raw);
  }
}

function unescaped(raw: string): string {
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return raw;
  }
}
