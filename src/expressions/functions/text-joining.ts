/** Values put together into one text. */

import { type DataType, isBytes, utf8 } from '../../columnar/data-type.ts';
import { canCast } from '../coerce.ts';
import {
  common,
  define,
  type FunctionDefinition,
  type ParameterKind,
  parameter,
  repeated,
} from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';

/** Anything that has a text. */
const AS_TEXT: ParameterKind<string> = {
  takes: 'what can be cast to utf8',
  preferred: utf8,
  accept: (type) => (canCast(type, utf8) ? utf8 : undefined),
};
/** The same, but binary as it is. */
const AS_TEXT_OR_BYTES: ParameterKind<string | Uint8Array> = {
  takes: 'what can be cast to utf8, or binary',
  preferred: utf8,
  accept: (type: DataType) => (isBytes(type) ? type : AS_TEXT.accept(type)),
};

const isText = (value: string | Uint8Array): value is string => typeof value === 'string';
const isBinary = (value: string | Uint8Array): value is Uint8Array => !isText(value);

export const TEXT_JOINING_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'concat',
    family: 'text',
    doc: 'The values one behind the other, as text or, if they are, as binary; null where one is null: see `concat_ws`.',
    parameters: [common(repeated('values', AS_TEXT_OR_BYTES))],
    result: ({ types: [type = utf8] }) => type,
    evaluate: (...values: readonly (string | Uint8Array)[]) =>
      values.every(isText) ? values.join('') : new Uint8Array(Buffer.concat(values.filter(isBinary))),
    examples: [
      [['PROMO', ' ', 'BRASS'], 'PROMO BRASS'],
      [['order ', 7n], 'order 7'],
      [['PROMO', null], null],
    ],
  }),
  define({
    name: 'concat_ws',
    family: 'text',
    doc: 'The values that are not null, as text, with the separator between them; null only where the separator is.',
    parameters: [parameter('separator', TEXT), repeated('values', AS_TEXT)],
    result: utf8,
    nulls: 'own',
    mayBeNull: true,
    evaluate: (separator, ...values: readonly (string | null)[]) =>
      separator === null ? null : values.filter((value) => value !== null).join(separator),
    examples: [
      [[', ', 'Rome', null, 'Italy'], 'Rome, Italy'],
      [[', ', null], ''],
    ],
  }),
];
