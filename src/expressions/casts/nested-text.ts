/**
 * Nested values as text, as DuckDB prints them: `[1, NULL]`, `{'a': 1, 'b': x}`, `{key=value}`. A text inside that could be
 * taken for something else stands in quotes.
 */

import type { DataType } from '../../columnar/data-type.ts';
import { isNested } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import type { Cast } from './cast.ts';

type ToText = (from: DataType) => Cast | undefined;

/** The text of one part, or of null; undefined where a part has none. */
interface PartText {
  readonly text: (value: Value | undefined) => string | undefined;
  readonly canFail: boolean;
}

/** `stored` is a nested type without a meaning of its own. */
export function nestedText(stored: DataType, toText: ToText): Cast | undefined {
  switch (stored.kind) {
    case 'list':
    case 'fixed-size-list': {
      const item = partText(stored.item, toText);
      return item && joining(item.canFail, '[', ']', (value) => value.map((part) => item.text(part)));
    }
    case 'map': {
      const [key, entry] = [partText(stored.key, toText), partText(stored.value, toText)];
      if (key === undefined || entry === undefined) return undefined;
      return joining(key.canFail || entry.canFail, '{', '}', (value) =>
        value.map((one) => {
          const [k, v] = one as readonly Value[];
          return paired(key.text(k), '=', entry.text(v));
        }),
      );
    }
    case 'struct': {
      const parts = stored.fields.map(({ name, type }) => ({
        name: `${quoted(name)}: `,
        part: partText(type, toText),
      }));
      if (parts.some(({ part }) => part === undefined)) return undefined;
      const canFail = parts.some(({ part }) => part?.canFail === true);
      return joining(canFail, '{', '}', (value) =>
        parts.map(({ name, part }, index) => paired(name, '', part?.text(value[index]))),
      );
    }
    default:
      return undefined;
  }
}

/** Undefined where a side is. */
const paired = (a: string | undefined, between: string, b: string | undefined): string | undefined =>
  a === undefined || b === undefined ? undefined : a + between + b;

function joining(
  canFail: boolean,
  open: string,
  close: string,
  texts: (value: readonly Value[]) => readonly (string | undefined)[],
): Cast {
  return {
    convert: (value) => {
      const parts = texts(value as readonly Value[]);
      return parts.includes(undefined) ? undefined : `${open}${parts.join(', ')}${close}`;
    },
    canFail,
  };
}

function partText(type: DataType, toText: ToText): PartText | undefined {
  const cast = type.kind === 'utf8' ? { convert: (value: NonNullable<Value>) => value, canFail: false } : toText(type);
  if (cast === undefined) return undefined;
  const isWritten = !isNested(type);
  return {
    text: (value) => {
      if (value === null || value === undefined) return 'NULL';
      const text = cast.convert(value) as string | undefined;
      return text === undefined || !isWritten || !needsQuotes(text) ? text : quoted(text);
    },
    canFail: cast.canFail,
  };
}

const needsQuotes = (text: string): boolean =>
  text === '' || /["'(),:=[\]{}]/.test(text) || /^[ \t-\r]|[ \t-\r]$/.test(text) || /^null$/i.test(text);

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
