/** Etags without the quotes that they have in headers: events name them so, too. */

export function plainEtag(etag: string): string {
  return etag.replace(/^"(.*)"$/s, '$1');
}

export function quotedEtag(etag: string): string {
  return `"${plainEtag(etag)}"`;
}
