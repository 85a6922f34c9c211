/** Parts of URLs, as the WHATWG's standard divides them, and texts as parts of URLs. */

import { struct, uint16, utf8 } from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import { InvalidValue } from '../../errors.ts';
import { define, type FunctionDefinition, parameter } from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';

const PARTS = struct(
  field('scheme', utf8),
  field('username', utf8),
  field('password', utf8),
  field('host', utf8),
  field('port', uint16),
  field('path', utf8),
  field('query', utf8),
  field('fragment', utf8),
);

const orNull = (text: string): string | null => (text === '' ? null : text);

/** As RFC 3986 has it: all but its unreserved characters. */
const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Signs that stand for no byte are left as they are. @throws InvalidValue where the bytes are not UTF-8 */
function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      throw new InvalidValue(`${encoded} stands for bytes that are not UTF-8.`);
    }
  });
}

export const URI_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'url_parse',
    aliases: ['parse_url'],
    family: 'URIs and files',
    doc: 'The parts of an absolute URL, those that it does not have null, a port that is the usual one of the scheme too; null where the text is none.',
    mayBeNull: true,
    parameters: [parameter('url', TEXT)],
    result: PARTS,
    evaluate: (text) => {
      const url = URL.parse(text);
      if (url === null) return null;
      const { protocol, username, password, hostname, port, pathname, search, hash } = url;
      return [
        protocol.slice(0, -1),
        orNull(username),
        orNull(password),
        orNull(hostname),
        port === '' ? null : Number(port),
        orNull(pathname),
        orNull(search.slice(1)),
        orNull(hash.slice(1)),
      ];
    },
    examples: [
      [
        ['https://example.com:8443/a/b?c=1#d'],
        {
          scheme: 'https',
          username: null,
          password: null,
          host: 'example.com',
          port: 8443,
          path: '/a/b',
          query: 'c=1',
          fragment: 'd',
        },
      ],
      [['no url'], null],
    ],
  }),
  define({
    name: 'url_parameter',
    aliases: ['url_extract_parameter'],
    family: 'URIs and files',
    doc: 'The first value of a parameter in the query of an absolute URL, decoded as forms are; null where there is none.',
    mayBeNull: true,
    parameters: [parameter('url', TEXT), parameter('name', TEXT)],
    result: utf8,
    evaluate: (text, name) => URL.parse(text)?.searchParams.get(name) ?? null,
    examples: [
      [['https://example.com/?q=a+b%21&q=c', 'q'], 'a b!'],
      [['https://example.com/', 'q'], null],
    ],
  }),
  define({
    name: 'url_encode',
    family: 'URIs and files',
    doc: 'The text with % and two digits for each byte of what has a meaning in URLs, or no place in them.',
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: percentEncoded,
    examples: [[['a b/é'], 'a%20b%2F%C3%A9']],
  }),
  define({
    name: 'url_decode',
    family: 'URIs and files',
    doc: 'The text with characters in place of what `url_encode` writes; bytes that are not UTF-8 are an error.',
    canFail: true,
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: percentDecoded,
    examples: [
      [['a%20b%2F%C3%A9'], 'a b/é'],
      [['100%'], '100%'],
    ],
  }),
];
