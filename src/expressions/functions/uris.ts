/** Parts of URLs, as the WHATWG's standard divides them. */

import { int32, struct, utf8 } from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import { define, type FunctionDefinition, parameter } from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';

const PARTS = struct(
  field('scheme', utf8),
  field('username', utf8),
  field('password', utf8),
  field('host', utf8),
  field('port', int32),
  field('path', utf8),
  field('query', utf8),
  field('fragment', utf8),
);

const orNull = (text: string): string | null => (text === '' ? null : text);

export const URI_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'url_parse',
    family: 'URIs and files',
    doc: 'The parts of an absolute URL, those that it does not have null; null where the text is none.',
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
];
