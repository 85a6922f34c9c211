import { MAX_VALUES } from './json-text.ts';

/** Of V8's heap, at most, with the room to grow. */
const ARRAY_BYTES = 200;
const MAP_BYTES = 256;
/** For a place in an array or a map, and a number that is no small one. */
const PLACE_BYTES = 64;
/** For each byte of text: in texts of two bytes a character, twice. */
const TEXT_BYTES = 4;
const [COMMA, COLON, BRACKET, BRACE] = [0x2c, 0x3a, 0x5b, 0x7b];

/**
 * Bytes of V8's heap that the tree of a JSON text takes at most, by its brackets, commas and colons; measured, one and a half
 * times to seven times what it does take. Beyond what is read at all (`json-text.ts`) it rises no more.
 */
export function jsonTreeBytes(text: Uint8Array): number {
  let structureBytes = PLACE_BYTES;
  for (const byte of text) {
    if (byte === COMMA || byte === COLON) structureBytes += PLACE_BYTES;
    else if (byte === BRACKET) structureBytes += ARRAY_BYTES;
    else if (byte === BRACE) structureBytes += MAP_BYTES;
  }
  return Math.min(structureBytes, MAX_VALUES * (ARRAY_BYTES + PLACE_BYTES)) + text.length * TEXT_BYTES;
}
