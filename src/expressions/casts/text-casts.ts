/** Casts from text and to text. */

import { isUtf8 } from 'node:buffer';
import { type DataType, isFloat, isInteger, isNested, storageType } from '../../columnar/data-type.ts';
import { uuidBytes, uuidText } from '../../columnar/uuid-text.ts';
import { type Interval, type Value, wholeOf } from '../../columnar/value.ts';
import { decimalText } from '../literal.ts';
import { dateText, timeText } from '../temporal-text.ts';
import { always, type Cast, type Convert, perhaps } from './cast.ts';
import { floatFromText, floatText } from './float-text.ts';
import { clockText, durationFromWords, intervalFromWords, intervalWords } from './interval-text.ts';
import { nestedText } from './nested-text.ts';
import { boolFromText, decimalReader, integerReader, trimmed } from './number-text.ts';
import { dayFromText, timeReader, timestampReader, timestampWriter } from './time-text.ts';

/** From text, around which there may be spaces; undefined where none is offered: to nested types. */
export function castFromText(to: DataType): Cast | undefined {
  switch (to.kind) {
    case 'binary':
      return always((value) => bytesOf(value));
    case 'fixed-size-binary':
      return perhaps((value) => {
        const bytes = bytesOf(value);
        return bytes.byteLength === to.size ? bytes : undefined;
      });
    default: {
      const read = textReader(to);
      return read && perhaps((value) => read(trimmed(value as string)));
    }
  }
}

const bytesOf = (value: NonNullable<Value>): Uint8Array => Uint8Array.from(Buffer.from(value as string));

type Reader = (text: string) => NonNullable<Value> | undefined;

function textReader(to: DataType): Reader | undefined {
  if (isInteger(to)) return integerReader(to);
  if (isFloat(to)) return (text) => floatFromText(text, to);
  switch (to.kind) {
    case 'bool':
      return boolFromText;
    case 'decimal':
      return decimalReader(to);
    case 'uuid':
      return (text) => {
        const bytes = uuidBytes(text);
        return bytes && uuidText(bytes);
      };
    case 'date':
      return dayFromText;
    case 'time':
      return timeReader(to.unit);
    case 'timestamp':
      return timestampReader(to);
    case 'duration':
      return (text) => durationFromWords(text, to.unit);
    case 'interval':
      return intervalFromWords;
    default:
      return undefined;
  }
}

/** To text; undefined where a time zone is not known. */
export function castToText(from: DataType): Cast | undefined {
  if (isNested(from)) return nestedText(storageType(from), castToText);
  if (from.kind === 'binary' || from.kind === 'fixed-size-binary') return perhaps(textOfBytes);
  const write = textWriter(from);
  return write && always(write);
}

const textOfBytes: Convert = (value) => {
  const bytes = value as Uint8Array;
  return isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') : undefined;
};

function textWriter(from: DataType): Convert | undefined {
  if (isFloat(from)) return (value) => floatText(Number(value), from);
  switch (from.kind) {
    case 'decimal':
      return (value) => decimalText(wholeOf(value), from.scale);
    case 'date':
      return (value) => dateText(Number(value));
    case 'time':
      return (value) => timeText(wholeOf(value), from.unit);
    case 'timestamp': {
      const write = timestampWriter(from);
      return write && ((value) => write(wholeOf(value)));
    }
    case 'duration':
      return (value) => clockText(wholeOf(value), from.unit);
    case 'interval':
      return (value) => intervalWords(value as Interval);
    default:
      // Bools, integers, uuids and text.
      return String;
  }
}
