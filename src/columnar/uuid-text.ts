const GROUPS = [8, 12, 16, 20];

/** Sixteen bytes as `8-4-4-4-12` digits in lower case. */
export function uuidText(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString('hex');
  return [0, ...GROUPS].map((start, n) => digits.slice(start, GROUPS[n] ?? 32)).join('-');
}

const UUID = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i;

/** The bytes of a uuid, with or without hyphens and braces, in any case; undefined where the text is none. */
export function uuidBytes(text: string): Uint8Array | undefined {
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  return UUID.test(bare) ? Uint8Array.from(Buffer.from(bare.replaceAll('-', ''), 'hex')) : undefined;
}
