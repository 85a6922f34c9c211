/** Frames for people: a table for terminals, and one for notebooks. */

import { typeName } from '../columnar/data-type.ts';
import { type Row, valueText } from './cell-text.ts';
import type { DataFrame } from './frame.ts';
import { resultBatch } from './result-rows.ts';
import { textTable } from './text-table.ts';

export interface ShowOptions {
  /** Characters in a line: those of the terminal where absent, else 120. */
  readonly width?: number;
}

const NOTEBOOK_ROWS = 20;

/** The first `rows` rows; ends with how many columns there are, and whether there are more rows. */
export async function frameText(frame: DataFrame, rows: number, { width }: ShowOptions = {}): Promise<string> {
  const { found, hasMore } = await firstRows(frame, rows);
  const columns = width ?? process.stdout.columns ?? 120;
  const more = hasMore ? ', and more' : '';
  return `${textTable(frame.schema, found, columns)}${found.length} row${found.length === 1 ? '' : 's'}${more}, ${frame.columns.length} columns\n`;
}

export async function frameHtml(frame: DataFrame): Promise<string> {
  const { found, hasMore } = await firstRows(frame, NOTEBOOK_ROWS);
  const { fields } = frame.schema;
  const row = (cells: readonly string[]): string => `<tr>${cells.join('')}</tr>`;
  const heading = fields.map(
    ({ name, type }) => `<th>${escaped(name)}<br><small>${escaped(typeName(type))}</small></th>`,
  );
  const body = found.map((values) =>
    row(
      fields.map(
        ({ type }, at) => `<td>${values[at] == null ? '<em>null</em>' : escaped(valueText(values[at], type))}</td>`,
      ),
    ),
  );
  const note = hasMore ? '<p>… and more rows</p>' : '';
  return `<table><thead>${row(heading)}</thead><tbody>${body.join('')}</tbody></table>${note}`;
}

/** One more is asked for than is shown. */
async function firstRows(frame: DataFrame, rows: number): Promise<{ found: readonly Row[]; hasMore: boolean }> {
  const { batches } = await frame.limit(rows + 1).collect();
  const found = batches.flatMap((batch) => [...resultBatch(batch).rows()]);
  return { found: found.slice(0, rows), hasMore: found.length > rows };
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
