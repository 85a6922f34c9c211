/**
 * CRC-32, in the two forms in which it is written: 8 hexadecimal digits in manifests, base64 in headers. The service
 * compares it with what arrives; of an upload it keeps that of the whole, computed from those of the parts.
 */

import { crc32 } from 'node:zlib';

/** For a header. */
export function encodedCrc32(bytes: Uint8Array): string {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString('base64');
}

export function encodedFromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

export function hexFromEncoded(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('hex');
}
