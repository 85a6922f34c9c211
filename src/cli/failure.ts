/** Errors for people, on one screen, and for machines. */

import { InvalidPlan, MillraceError } from '../errors.ts';

const MOST_LINES = 24;
const LONGEST_LINE = 400;

/** What happened and where, without a stack unless `debug`. Ends with a line break. */
export function failureText(error: unknown, debug: boolean): string {
  const { name, message, operator } = described(error);
  const where = operator === undefined || message.startsWith(operator) ? [] : [`  in the operator ${operator}`];
  const isOurs = error instanceof MillraceError;
  const hint =
    isOurs || debug ? [] : ['  This is a defect of Millrace, or of its surroundings. --debug shows where it happened.'];
  const stack = debug && error instanceof Error ? ['', error.stack ?? ''] : [];
  const lines = `millrace: ${name}: ${message}`.split('\n');
  const shown = lines.slice(0, MOST_LINES).map(printable);
  if (lines.length > shown.length) shown.push(`  … and ${lines.length - shown.length} more lines`);
  return `${[...shown, ...where, ...hint, ...stack].join('\n')}\n`;
}

/** One line: `{"error":{"name":…,"message":…}}`. */
export function failureJson(error: unknown): string {
  const { name, message, operator } = described(error);
  const retryable = error instanceof MillraceError && error.retryable;
  const problems = error instanceof InvalidPlan ? error.problems : undefined;
  return `${JSON.stringify({ error: { name, message, operator, retryable, problems } })}\n`;
}

interface Description {
  readonly name: string;
  readonly message: string;
  readonly operator?: string | undefined;
}

function described(error: unknown): Description {
  if (error instanceof MillraceError) return error;
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

/** Nothing that a terminal would obey, and no line that fills the screen. */
function printable(line: string): string {
  const visible = line.replaceAll(/\p{Cc}/gu, ' ');
  return visible.length > LONGEST_LINE ? `${visible.slice(0, LONGEST_LINE)}…` : visible;
}
