/**
 * Rows as a table for people.
 *
 *     origin  flights
 *     utf8      int64
 *     ──────  ───────
 *     ATL         120
 *     null          3
 */

import { isNumeric, typeName } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { type Row, valueText } from './cell-text.ts';

const WIDEST_CELL = 80;
const GAP = '  ';

/** Ends with a line break. Columns that do not fit into `width` characters are left out, and counted. */
export function textTable({ fields }: Schema, rows: readonly Row[], width: number = Number.POSITIVE_INFINITY): string {
  const columns = fields.map(({ name, type }, index) => {
    const cells = [name, typeName(type), ...rows.map((row) => cellText(row[index] ?? null, type))].map(shortened);
    const widest = Math.max(...cells.map(length));
    const [heading = '', kind = '', ...values] = cells;
    const pad = isNumeric(type) ? padStart : padEnd;
    return [heading, kind, '─'.repeat(widest), ...values].map((cell) => pad(cell, widest));
  });
  const shown = fitting(columns, width);
  const lines = Array.from({ length: rows.length + 3 }, (_, line) =>
    shown
      .map((cells) => cells[line])
      .join(GAP)
      .trimEnd(),
  );
  const hidden = columns.length - shown.length;
  if (hidden > 0) lines.push(`… and ${hidden} more column${hidden === 1 ? '' : 's'}`);
  return `${lines.join('\n')}\n`;
}

const cellText = (value: Row[number], type: Schema['fields'][number]['type']): string => {
  if (value === null) return 'null';
  return value === '' ? "''" : valueText(value, type);
};

function fitting(columns: readonly (readonly string[])[], width: number): readonly (readonly string[])[] {
  let used = 0;
  const count = columns.findIndex((cells) => {
    used += length(cells[0] ?? '') + GAP.length;
    return used - GAP.length > width;
  });
  return count === -1 ? columns : columns.slice(0, Math.max(1, count));
}

/** On one line, and nothing in it that a terminal would obey. */
function shortened(text: string): string {
  const visible = text.replaceAll(/[\p{Cc}\p{Cs}\p{Bidi_C}\u2028\u2029]/gu, escaped);
  if (length(visible) <= WIDEST_CELL) return visible;
  return `${[...visible].slice(0, WIDEST_CELL - 1).join('')}…`;
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const length = (text: string): number => [...text].length;
const padEnd = (text: string, width: number): string => text + ' '.repeat(width - length(text));
const padStart = (text: string, width: number): string => ' '.repeat(width - length(text)) + text;
