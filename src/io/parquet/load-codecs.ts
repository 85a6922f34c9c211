import { loadedCodecs } from './decompress.ts';

/** To be awaited before anything is decompressed with one of `codecs`. Apart from that: whoever plans decompresses nothing. */
export async function loadCodecs(codecs: Iterable<string>): Promise<void> {
  for (const codec of codecs) {
    if (codec === 'GZIP') loadedCodecs.set(codec, (await import('./gzip-pages.ts')).gunzip);
    else if (codec === 'BROTLI') loadedCodecs.set(codec, (await import('./brotli-pages.ts')).unbrotli);
  }
}
