/**
 * Completing an upload, also where the receipt of a part is not that of the part which is there.
 *
 *     uploadPart ── bytes ──▶ answer lost; sent again ── same bytes ──▶ etag B, our receipt
 *                     └──────────── arrives last ────────────────────▶ etag A is the part's
 *
 * With encryption by KMS the same bytes have another etag each time, so completing with B is refused. Then the etags that
 * are there are taken, where the sizes agree; that the bytes agree the service checks itself, by the checksum of the
 * whole that the task has computed. Without that checksum the refusal stands.
 */

import { CompleteMultipartUploadCommand, ListPartsCommand, type Part } from '@aws-sdk/client-s3';
import { CommitCorrupted } from '../../errors.ts';
import { plainEtag, quotedEtag } from '../etag.ts';
import { MIN_PART_BYTES, type RequestOptions, type UploadedPart } from '../object-store.ts';
import { assertPartsInOrder } from '../upload-rules.ts';
import { encodedFromHex } from './checksum.ts';
import { serviceCode } from './error-translation.ts';
import type { S3Request, S3Requests } from './requests.ts';

export interface Completion extends Pick<S3Request<never>, 'uri' | 'bucket' | 'action' | 'signal'> {
  readonly target: { readonly Bucket: string; readonly Key: string };
  readonly uploadId: string;
  readonly parts: readonly UploadedPart[];
  readonly options: RequestOptions & { readonly ifNoneMatch?: boolean; readonly crc32?: string };
}

/** While the service puts the parts together it sends blanks, so that silence still means a failure. */
const COMPLETION_MS = 300_000;

export async function completeUpload(requests: S3Requests, completion: Completion): Promise<{ etag: string }> {
  assertPartsInOrder(completion.uri, completion.parts, MIN_PART_BYTES);
  return completeWith(requests, completion, async () => {
    const there = await partsThere(requests, completion);
    if (there === undefined) return undefined;
    return completeWith(requests, { ...completion, parts: there }, async () => undefined);
  });
}

/** `otherwise` is asked when the service does not have the parts; where it knows nothing either, the refusal is thrown. */
async function completeWith(
  requests: S3Requests,
  completion: Completion,
  otherwise: () => Promise<{ etag: string } | undefined>,
): Promise<{ etag: string }> {
  const { uri, target, uploadId, parts, options } = completion;
  const command = new CompleteMultipartUploadCommand({
    ...target,
    UploadId: uploadId,
    MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: quotedEtag(etag) })) },
    ...(options.crc32 !== undefined && { ChecksumCRC32: encodedFromHex(options.crc32), ChecksumType: 'FULL_OBJECT' }),
    ...(options.ifNoneMatch && { IfNoneMatch: '*' }),
  });
  let lacksParts = false;
  try {
    const { ETag = '' } = await requests.send({
      ...completion,
      kind: 'completeUpload',
      totalMs: COMPLETION_MS,
      run: (client, sending) => client.send(command, sending),
      mapError: (error) => {
        lacksParts = serviceCode(error) === 'InvalidPart';
        if (serviceCode(error) !== 'BadDigest' || options.crc32 === undefined) return undefined;
        return new CommitCorrupted(`The parts of ${uri} together do not have the checksum ${options.crc32}.`);
      },
    });
    return { etag: plainEtag(ETag) };
  } catch (error) {
    const completed = lacksParts && options.crc32 !== undefined ? await otherwise() : undefined;
    if (completed === undefined) throw error;
    return completed;
  }
}

/** The parts as they are there; undefined unless they have the numbers and sizes of the receipts, and checksums. */
async function partsThere(
  requests: S3Requests,
  { target, uploadId, parts, ...request }: Completion,
): Promise<readonly UploadedPart[] | undefined> {
  const found = new Map<number, Part>();
  let marker: string | undefined;
  do {
    const continued = marker;
    const page = await requests.send({
      ...request,
      uploadId,
      kind: 'list',
      run: (client, sending) =>
        client.send(
          new ListPartsCommand({
            ...target,
            UploadId: uploadId,
            ...(continued !== undefined && { PartNumberMarker: continued }),
          }),
          sending,
        ),
    });
    if (page.ChecksumType !== 'FULL_OBJECT' || page.ChecksumAlgorithm !== 'CRC32') return undefined;
    for (const part of page.Parts ?? []) found.set(part.PartNumber ?? 0, part);
    marker = page.IsTruncated && page.NextPartNumberMarker !== continued ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  const there = parts.flatMap(({ number, size }) => {
    const part = found.get(number);
    return part?.Size === size && part.ETag !== undefined ? [{ number, size, etag: plainEtag(part.ETag) }] : [];
  });
  return there.length === parts.length ? there : undefined;
}
