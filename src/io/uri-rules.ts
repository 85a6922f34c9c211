/**
 * Which objects the calls of a plan may reach. A plan is a stranger, and so are the rows that name objects; the store
 * acts with the credentials of its process. So nothing is asked of it but below prefixes that whoever runs the task has
 * listed. A uri has no encoded parts and no `..` (`uri.ts`), so its text is what it names.
 *
 *     s3://            everything of the scheme
 *     s3://lake/in     everything below s3://lake/in/
 */

import { AccessDenied, InvalidArgument, InvalidValue } from '../errors.ts';
import { directoryPrefix, parseUri, shownUri } from './uri.ts';

export interface UriRule {
  readonly prefixes: readonly string[];
  /** Uris that are not to be had although a prefix allows them. */
  readonly isReserved?: ((uri: string) => boolean) | undefined;
}

const WHOLE_SCHEME = /^[a-z][a-z0-9+.-]*:\/\/$/;
/** Prefixes that a message lists. */
const SHOWN_PREFIXES = 5;

/** Throws where a uri may not be reached, before anything is asked for. @throws InvalidArgument for a prefix that is none */
export function uriGate(
  { prefixes, isReserved = () => false }: UriRule,
  action: 'read' | 'write',
): (uri: string) => void {
  const allowed = prefixes.map((prefix) => (WHOLE_SCHEME.test(prefix) ? prefix : directoryPrefix(prefix)));
  const listed = prefixes.slice(0, SHOWN_PREFIXES).map(shownPrefix).join(', ');
  const places = prefixes.length === 0 ? 'nothing' : `what is below ${listed}`;
  const detail = `${action === 'read' ? 'this task may read' : 'this task may write'} ${places}`;
  return (uri) => {
    if (!isValid(uri)) throw new InvalidValue(`${shownUri(uri)} cannot be asked for`);
    if (!allowed.some((prefix) => uri.startsWith(prefix))) throw new AccessDenied(shownUri(uri), action, detail);
    if (isReserved(uri)) throw new AccessDenied(shownUri(uri), action, 'the name is kept for the engine');
  };
}

const shownPrefix = (prefix: string): string => (WHOLE_SCHEME.test(prefix) ? prefix : shownUri(prefix));

/** Whether the text is the uri of an object, not of a whole bucket. */
function isValid(uri: string): boolean {
  try {
    return parseUri(uri).key !== '';
  } catch (error) {
    if (error instanceof InvalidArgument) return false;
    throw error;
  }
}
