/**
 * Reading and writing the objects that rows name. They wait for storage, so that no expression evaluates them: the
 * operators `url-download.ts` and `url-upload.ts` make the calls. Which uris may be reached is up to who starts the task.
 */

import { binary, type DataType, utf8 } from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { type Call, defineAsync, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { INTEGER, TEXT, TEXT_OR_BYTES } from './parameter-kinds.ts';

const MOST_CONNECTIONS = 256n;
/** What a column of bytes can address. */
const MOST_BYTES = 2n ** 31n - 1n;

const ON_ERROR = optional('on_error', TEXT, 'raise');
const MAX_CONNECTIONS = optional('max_connections', INTEGER, 32);

/** `type`, or what is wrong with the options: they are literals, which hold for all rows. */
function checkedOptions(type: DataType, onError: Value | undefined, ...limits: readonly Limit[]): DataType | string {
  if (onError !== 'raise' && onError !== 'null') return `on_error is 'raise' or 'null', as a literal.`;
  for (const { name, value, most } of limits) {
    const whole = value === undefined || value === null ? 0n : wholeOf(value);
    if (whole < 1n || whole > most) return `${name} is a literal from 1 to ${most}.`;
  }
  return type;
}

interface Limit {
  readonly name: string;
  readonly value: Value | undefined;
  readonly most: bigint;
}

const connections = (value: Value | undefined): Limit => ({ name: 'max_connections', value, most: MOST_CONNECTIONS });

export const URL_FUNCTIONS: readonly FunctionDefinition[] = [
  defineAsync({
    name: 'url_download',
    family: 'URIs and files',
    doc: "The bytes of the object at a uri. Where there is none, or it has more than max_bytes, or may not be read, the task fails, or with 'null' the value is null.",
    nulls: 'strict',
    parameters: [parameter('uri', TEXT), ON_ERROR, MAX_CONNECTIONS, optional('max_bytes', INTEGER, 64 * 1024 * 1024)],
    result: ({ literals: [, onError, atOnce, bytes] }: Call) =>
      checkedOptions(binary, onError, connections(atOnce), { name: 'max_bytes', value: bytes, most: MOST_BYTES }),
    examples: [
      [['s3://examples/hello.txt'], 'aGVsbG8='],
      [['s3://examples/nothing.txt', 'null'], null],
    ],
  }),
  defineAsync({
    name: 'url_upload',
    family: 'URIs and files',
    doc: "Stores bytes or text as an object below a location, and gives its uri. Without a name it is called by the SHA-256 of its content, so that the same again is the same object. Nothing is replaced: a name that holds something else is an error. The object is there at once, and is no part of the task's commit; readers skip a location whose name begins with an underscore.",
    nulls: 'own',
    parameters: [
      parameter('data', TEXT_OR_BYTES),
      parameter('location', TEXT),
      optional('name', TEXT, null),
      ON_ERROR,
      MAX_CONNECTIONS,
    ],
    result: ({ literals: [, , , onError, atOnce] }: Call) => checkedOptions(utf8, onError, connections(atOnce)),
    examples: [
      [['hello', 's3://examples/output/_files', 'a.txt'], 's3://examples/output/_files/a.txt'],
      [
        ['hello', 's3://examples/output/_files'],
        's3://examples/output/_files/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
      ],
    ],
  }),
];
