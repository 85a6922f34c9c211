/** Rows for people: a table for terminals, and one for notebooks. */

import process from 'node:process';
import { typeName } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { countText } from '../stats/quantity-text.ts';
import { type Row, valueText } from './cell-text.ts';
import { textTable } from './text-table.ts';

/** What notebooks ask values for: a text for each media type that they may show. */
export const JUPYTER_DISPLAY: symbol = Symbol.for('Jupyter.display');
/** What `console.log` of Node asks values for. */
export const INSPECT: symbol = Symbol.for('nodejs.util.inspect.custom');
/** Rows that a notebook shows. */
export const NOTEBOOK_ROWS = 20;

/** The first rows of something. */
export interface Page {
  readonly schema: Schema;
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

/** The rows, in lines of `width` characters; ends with how many rows and columns there are, and whether there are more rows. */
export function pageText({ schema, rows, hasMore }: Page, width: number = process.stdout.columns ?? 120): string {
  const counted = `${countText(rows.length, 'row')}${hasMore ? ', and more' : ''}`;
  return `${textTable(schema, rows, width)}${counted}, ${countText(schema.fields.length, 'column')}\n`;
}

function pageHtml({ schema: { fields }, rows, hasMore }: Page): string {
  const row = (cells: readonly string[]): string => `<tr>${cells.join('')}</tr>`;
  const heading = fields.map(
    ({ name, type }) => `<th>${escaped(name)}<br><small>${escaped(typeName(type))}</small></th>`,
  );
  const body = rows.map((values) =>
    row(
      fields.map(
        ({ type }, at) => `<td>${values[at] == null ? '<em>null</em>' : escaped(valueText(values[at], type))}</td>`,
      ),
    ),
  );
  const note = hasMore ? '<p>… and more rows</p>' : '';
  return `<table><thead>${row(heading)}</thead><tbody>${body.join('')}</tbody></table>${note}`;
}

/** By media type. */
export const displayOf = (page: Page): Record<string, string> => ({
  'text/html': pageHtml(page),
  'text/plain': pageText(page),
});

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
