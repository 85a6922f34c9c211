/**
 * The tree of a schema as the kernel reads it, and columns of what it has found.
 *
 *     struct(a int64, b list(utf8))      struct ─┬─ a  scalar ──spans──▶ ParsedColumn
 *                                                └─ b  list   ──offsets
 *                                                      └─ item  scalar ──spans──▶ texts
 */

import assert from 'node:assert/strict';
import type { Column } from '../../columnar/column.ts';
import { type DataType, isBytes } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { bitmapBytes } from '../../compile/scratch.ts';
import {
  JSON_FIELD_BYTES,
  JSON_NODE_BYTES,
  type JsonNodeTable,
  jsonKernels,
  jsonNodeRows,
  writeJsonNode,
} from '../../kernels/json-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import { ParsedColumn } from './parsed-column.ts';

/** Where texts are put, one column behind the other. */
export interface TextPlace {
  /** The address for texts of which it is not known yet how many bytes they have. */
  begin(): number;
  end(byteLength: number): void;
}

/** A value that could not be read: where it stands, and why. */
export interface JsonMisfit {
  readonly path: string;
  readonly record: number;
  readonly text: string;
  readonly what: string;
  /** Whether it is no JSON at all, and not only none of its type. */
  readonly isSyntax: boolean;
}

/** What happens to it: where it becomes null, this returns. */
export type OnMisfit = (misfit: JsonMisfit) => void;

/** Items of all lists of a batch together, for each of its rows. */
const ITEMS_PER_ROW = 16;

/** Texts among the columns of a type. */
export function textsIn(type: DataType): number {
  if (type.kind === 'struct') return type.fields.reduce((sum, part) => sum + textsIn(part.type), 0);
  if (type.kind === 'list') return textsIn(type.item);
  if (type.kind === 'map') return textsIn(type.key) + textsIn(type.value);
  return isBytes(type) ? 1 : 0;
}

/** What the tree of these fields takes of its holding, for so many rows. */
export function treeFootprint(fields: readonly Field[], rows: number): number {
  return nodeFootprint({ kind: 'struct', fields }, rows, rows * ITEMS_PER_ROW);
}

function nodeFootprint(type: DataType, rows: number, items: number): number {
  const node = LinearMemory.footprint(JSON_NODE_BYTES);
  const bitmap = LinearMemory.footprint(bitmapBytes(rows));
  const offsets = LinearMemory.footprint((rows + 1) * 4);
  switch (type.kind) {
    case 'struct':
      return type.fields.reduce(
        (bytes, part) => bytes + nodeFootprint(part.type, rows, items),
        node + bitmap + LinearMemory.footprint(fieldTableBytes(type.fields)),
      );
    case 'list':
      return node + bitmap + offsets + LinearMemory.footprint(8) + nodeFootprint(type.item, items, items);
    case 'map': {
      const parts = nodeFootprint(type.key, items, items) + nodeFootprint(type.value, items, items);
      return node + bitmap + offsets + LinearMemory.footprint(8) + parts;
    }
    default:
      return node + LinearMemory.footprint(rows * 8) + ParsedColumn.footprint(leafField(type), rows);
  }
}

/** The table of the fields of a struct, and behind it their names in UTF-8. */
const fieldTableBytes = (fields: readonly Field[]): number =>
  fields.reduce((bytes, { name }) => bytes + JSON_FIELD_BYTES + Buffer.byteLength(name), 0);

const leafField = (type: DataType): Field => ({ name: '', type, nullable: true });

/** How a node is reached from the one above it. */
type Step = { readonly kind: 'field'; readonly name: string } | { readonly kind: 'item' } | { readonly kind: 'root' };

export class JsonNode implements Disposable {
  readonly address: number;
  readonly #type: DataType;
  readonly #holding: Holding;
  readonly #above: JsonNode | undefined;
  readonly #step: Step;
  readonly #parts: readonly JsonNode[];
  /** Spans of a scalar, offsets of a list or map. */
  readonly #places: number = 0;
  readonly #validity: number = 0;
  readonly #leaf: ParsedColumn | undefined;

  /** The tree of a record with these fields, for up to `rows` of them. */
  static ofFields(fields: readonly Field[], holding: Holding, rows: number): JsonNode {
    return new JsonNode({ kind: 'struct', fields }, holding, rows, rows * ITEMS_PER_ROW, undefined, { kind: 'root' });
  }

  private constructor(
    type: DataType,
    holding: Holding,
    rows: number,
    items: number,
    above: JsonNode | undefined,
    step: Step,
  ) {
    this.#type = type;
    this.#holding = holding;
    this.#above = above;
    this.#step = step;
    this.address = holding.allocate(JSON_NODE_BYTES).address;
    const part = (of: DataType, count: number, next: Step): JsonNode =>
      new JsonNode(of, holding, count, items, this, next);
    let kind: JsonNodeTable['kind'] = 'scalar';
    let parts = 0;
    switch (type.kind) {
      case 'struct':
        kind = 'struct';
        this.#validity = holding.allocate(bitmapBytes(rows)).address;
        this.#parts = type.fields.map((field) => part(field.type, rows, { kind: 'field', name: field.name }));
        parts = this.#writeFields(type.fields);
        break;
      case 'list':
      case 'map':
        kind = type.kind;
        this.#validity = holding.allocate(bitmapBytes(rows)).address;
        // The first offset is never written again.
        this.#places = holding.allocateZeroed((rows + 1) * 4).address;
        this.#parts = (type.kind === 'list' ? [type.item] : [type.key, type.value]).map((of) =>
          part(of, items, { kind: 'item' }),
        );
        parts = holding.allocate(8).address;
        holding.linear.u32.set(
          this.#parts.map(({ address }) => address),
          parts >>> 2,
        );
        break;
      default:
        this.#parts = [];
        this.#places = holding.allocate(rows * 8).address;
        this.#leaf = new ParsedColumn(leafField(type), holding, rows);
    }
    const partCount = this.#parts.length;
    const [places, validity] = [this.#places, this.#validity];
    writeJsonNode(holding.linear, this.address, { kind, mostRows: rows, places, validity, parts, partCount });
  }

  /** The node of the field at `position` of a struct. */
  part(position: number): JsonNode {
    const part = this.#parts[position];
    assert.ok(part !== undefined);
    return part;
  }

  /** This node or the one below it that the kernel knows by `address`. */
  find(address: number): JsonNode | undefined {
    if (this.address === address) return this;
    for (const part of this.#parts) {
      const found = part.find(address);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The values that the kernel has found, valid until it is called again. */
  column(texts: TextPlace, misfit: OnMisfit): Column {
    const { linear } = this.#holding;
    const rows = jsonNodeRows(linear, this.address);
    if (this.#leaf !== undefined) return this.#scalars(this.#leaf, rows, texts, misfit);
    const type = this.#type;
    const children = this.#parts.map((part) => part.column(texts, misfit));
    const validity = this.#hasNulls(rows) ? this.#validity : 0;
    const plain = { type, validity, values: this.#places, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
    if (type.kind !== 'map') return { ...plain, children };
    const [key, value] = children;
    assert.ok(key !== undefined && value !== undefined);
    const fields = [
      { name: 'key', type: type.key, nullable: false },
      { name: 'value', type: type.value, nullable: true },
    ];
    const entries = { ...plain, type: { kind: 'struct', fields } as const, validity: 0, values: 0, children };
    return { ...plain, children: [entries] };
  }

  /** Where the value of `row` stands, as a JSON path, and in which record. */
  placeOf(row: number): { path: string; record: number } {
    const above = this.#above;
    if (above === undefined) return { path: '$', record: row };
    if (this.#step.kind === 'field') {
      const { path, record } = above.placeOf(row);
      return { path: `${path}${stepText(this.#step.name)}`, record };
    }
    const { u32 } = this.#holding.linear;
    const offsets = above.#places >>> 2;
    let holder = 0;
    while ((u32[offsets + holder + 1] ?? Number.POSITIVE_INFINITY) <= row) holder += 1;
    const { path, record } = above.placeOf(holder);
    return { path: `${path}[${row - (u32[offsets + holder] ?? 0)}]`, record };
  }

  /** The path without the places of items. */
  get path(): string {
    if (this.#above === undefined) return '$';
    return `${this.#above.path}${this.#step.kind === 'field' ? stepText(this.#step.name) : '[]'}`;
  }

  [Symbol.dispose](): void {
    this.#leaf?.[Symbol.dispose]();
    for (const part of this.#parts) part[Symbol.dispose]();
  }

  #scalars(leaf: ParsedColumn, rows: number, texts: TextPlace, misfit: OnMisfit): Column {
    const kernels = jsonKernels(this.#holding.linear);
    const spans = this.#places;
    const nulls = kernels.spanValidity(spans, rows, leaf.validity);
    const fail = (row: number, text: string, what: string): void =>
      misfit({ ...this.placeOf(row), text, what, isSyntax: false });
    if (!leaf.isText) return leaf.spans(spans, rows, nulls, fail);
    const bytes = texts.begin();
    const wrong = kernels.jsonTexts(spans, rows, leaf.values, bytes);
    const { u8, u32 } = this.#holding.linear;
    if (wrong >= 0) {
      const [start = 0, end = 0] = u32.subarray((spans >>> 2) + 2 * wrong, (spans >>> 2) + 2 * wrong + 2);
      const text = Buffer.from(u8.slice(start, end)).toString('utf8');
      misfit({ ...this.placeOf(wrong), text, what: 'has an escape that is none', isSyntax: true });
    }
    const column = leaf.texts(bytes, rows, nulls, fail);
    texts.end(u32[(leaf.values >>> 2) + rows] ?? 0);
    return column;
  }

  #hasNulls(rows: number): boolean {
    const { u8 } = this.#holding.linear;
    const whole = rows >>> 3;
    for (let byte = 0; byte < whole; byte++) if (u8[this.#validity + byte] !== 0xff) return true;
    const rest = (1 << (rows & 7)) - 1;
    return ((u8[this.#validity + whole] ?? 0) & rest) !== rest;
  }

  #writeFields(fields: readonly Field[]): number {
    const { linear } = this.#holding;
    const table = this.#holding.allocate(fieldTableBytes(fields)).address;
    let at = table + fields.length * JSON_FIELD_BYTES;
    for (const [index, { name }] of fields.entries()) {
      const bytes = Buffer.from(name);
      linear.u8.set(bytes, at);
      linear.u32.set([this.part(index).address, at, bytes.byteLength], (table + index * JSON_FIELD_BYTES) >>> 2);
      at += bytes.byteLength;
    }
    return table;
  }
}

const stepText = (name: string): string => (/^\w+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`);
