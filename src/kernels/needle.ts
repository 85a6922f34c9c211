/** From frequent to rare, in texts of many kinds. Bytes that are not listed are rarer. */
const FREQUENT = ' etaoinsrhldcumfpgwybvk0123456789-.,ESTAIRNOCLDMPx';

/** The position of the byte that is met least often, so that a search has few false candidates to compare. */
export function rarestByte(bytes: Uint8Array): number {
  const rank = (byte: number): number => {
    const position = FREQUENT.indexOf(String.fromCharCode(byte));
    return position < 0 ? FREQUENT.length : position;
  };
  let rarest = 0;
  for (const [position, byte] of bytes.entries()) if (rank(byte) > rank(bytes[rarest]!)) rarest = position;
  return rarest;
}
