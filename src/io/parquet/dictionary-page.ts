import assert from 'node:assert/strict';
import type { Column, Dictionary } from '../../columnar/column.ts';
import { typeName } from '../../columnar/data-type.ts';
import type { Page, PageTarget } from './page-reader.ts';
import type { ChunkSource, FileWork, PlainValues } from './plain-values.ts';
import { isCopied } from './value-form.ts';

/** So far behind the place where they go, texts may lie that are moved there one after the other. */
const GAP_BYTES = 16;

/** Where the page of a dictionary is decompressed to: texts are moved together where they are, numbers that stay as they are stay there. */
export function dictionaryTarget({ reading: { form }, buffers }: ChunkSource): PageTarget | undefined {
  if (form.kind === 'text') return { region: buffers.dictionaryText, offset: GAP_BYTES };
  return isCopied(form) ? { region: buffers.dictionaryValues, offset: 0 } : undefined;
}

/** The dictionary that `page` holds, decoded into the column's buffers. @throws MalformedFile, ArithmeticOverflow */
export function readDictionaryPage(page: Page, work: FileWork, source: ChunkSource, values: PlainValues): Dictionary {
  const { linear } = work.holding;
  const { field, file, form } = source.reading;
  const size = page.header.values;
  const content = linear.u8.subarray(page.values, page.end);
  // What the same bytes are read as, the types of the file and of the plan say.
  const from = file.type === undefined ? '' : typeName(file.type);
  const id = source.memory.dictionaryId(content, `${field.name} ${file.physical} ${from} ${size}`);
  const entries = form.kind === 'text' ? texts(page, work, source, values) : numbers(page, source, values);
  return { id, size, values: entries };
}

function numbers(page: Page, { reading, buffers, memory }: ChunkSource, values: PlainValues): Column {
  const { form, field } = reading;
  assert.ok(form.kind === 'fixed' || form.kind === 'sized');
  const size = page.header.values;
  const leastBytes = form.kind === 'fixed' ? form.storedBytes : 4;
  if (size * leastBytes > page.end - page.values) throw values.damaged('its dictionary is shorter than it claims');
  const isInPlace = isCopied(form) && page.values === buffers.dictionaryValues.address;
  if (!isInPlace) buffers.dictionaryValues.ensure(size * form.width, 0);
  const to = buffers.dictionaryValues.address;
  if (!isInPlace) values.convert(page.values, page.end, size, to);
  const needed = values.bitsOf(to, size);
  const bits = values.hasBound ? memory.bound(needed) : undefined;
  return { type: field.type, validity: 0, values: to, bytes: 0, dictionary: undefined, width: form.width, bits };
}

function texts(page: Page, { kernels, holding }: FileWork, source: ChunkSource, values: PlainValues): Column {
  const { reading, buffers } = source;
  const size = page.header.values;
  const byteLength = kernels.measureTexts(page.values, page.end, size);
  if (byteLength < 0) throw values.damaged('its dictionary is shorter than it claims');
  buffers.dictionaryValues.ensure((size + 1) * 4, 0);
  const isInPlace = page.values === buffers.dictionaryText.address + GAP_BYTES;
  if (!isInPlace) buffers.dictionaryText.ensure(byteLength - size * 4, 0);
  const offsets = buffers.dictionaryValues.address;
  const bytes = buffers.dictionaryText.address;
  holding.linear.data.setInt32(offsets, 0, true);
  kernels.moveTexts(page.values, 0, 0, size, offsets, bytes);
  values.checkText(offsets, size, bytes);
  const { type } = reading.field;
  return { type, validity: 0, values: offsets, bytes, dictionary: undefined, width: 0, bits: undefined };
}
