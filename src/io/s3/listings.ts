/**
 * Listings, page by page. Keys travel percent-encoded, because XML cannot hold every character that a key can. General
 * purpose buckets list in order of UTF-8 bytes; any other order, as of directory buckets, is refused, because who resumes
 * a listing after its last uri would lose objects.
 */

import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { InvalidArgument, StorageUnavailable } from '../../errors.ts';
import { plainEtag } from '../etag.ts';
import type { ObjectInfo, RequestOptions, UploadInfo } from '../object-store.ts';
import { compareUris, formatUri, type ParsedUri, parseUri } from '../uri.ts';
import type { S3Request, S3Requests } from './requests.ts';

export async function* listObjects(
  requests: S3Requests,
  prefix: string,
  options?: RequestOptions,
): AsyncGenerator<ObjectInfo> {
  const { bucket, key } = placeInS3(prefix);
  const pageRequest = pageRequestOf(prefix, bucket, options);
  let last: string | undefined;
  let token: string | undefined;
  do {
    const continued = token;
    const page = await requests.send({
      ...pageRequest,
      run: (client, sending) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: key,
            EncodingType: 'url',
            ...(continued !== undefined && { ContinuationToken: continued }),
          }),
          sending,
        ),
    });
    for (const { Key = '', Size = 0, ETag = '', LastModified } of page.Contents ?? []) {
      const uri = formatUri({ scheme: 's3', bucket, key: decodedKey(Key) });
      if (last !== undefined && compareUris(uri, last) <= 0) {
        throw new InvalidArgument(
          `${prefix} is not listed in order, as in a directory bucket. Use a general purpose bucket.`,
        );
      }
      last = uri;
      yield { uri, size: Size, etag: plainEtag(ETag), modifiedMs: LastModified?.getTime() ?? 0 };
    }
    token = nextOf(prefix, page.IsTruncated, page.NextContinuationToken, continued);
  } while (token !== undefined);
}

export async function* listOpenUploads(
  requests: S3Requests,
  prefix: string,
  options?: RequestOptions,
): AsyncGenerator<UploadInfo> {
  const { bucket, key } = placeInS3(prefix);
  const pageRequest = pageRequestOf(prefix, bucket, options);
  let marker: { key: string; uploadId: string } | undefined;
  do {
    const continued = marker;
    const page = await requests.send({
      ...pageRequest,
      run: (client, sending) =>
        client.send(
          new ListMultipartUploadsCommand({
            Bucket: bucket,
            Prefix: key,
            EncodingType: 'url',
            ...(continued && { KeyMarker: continued.key, UploadIdMarker: continued.uploadId }),
          }),
          sending,
        ),
    });
    for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? []) {
      const uri = formatUri({ scheme: 's3', bucket, key: decodedKey(Key) });
      yield { uri, uploadId: UploadId, startedMs: Initiated?.getTime() ?? 0 };
    }
    const uploadId = nextOf(prefix, page.IsTruncated, page.NextUploadIdMarker, continued?.uploadId);
    marker = uploadId === undefined ? undefined : { key: decodedKey(page.NextKeyMarker ?? ''), uploadId };
  } while (marker !== undefined);
}

/** @throws InvalidArgument for a prefix of other objects than those of S3. */
function placeInS3(prefix: string): ParsedUri {
  const parsed = parseUri(prefix);
  if (parsed.scheme !== 's3') throw new InvalidArgument(`${prefix} names no objects in S3.`);
  return parsed;
}

function pageRequestOf(
  prefix: string,
  bucket: string,
  options: RequestOptions | undefined,
): Omit<S3Request<never>, 'run'> {
  return { kind: 'list', uri: prefix, bucket, action: 'list', signal: options?.signal };
}

/** The marker of the next page; undefined after the last. A page that leads to itself would be listed for ever. */
function nextOf(
  prefix: string,
  isTruncated: boolean | undefined,
  next: string | undefined,
  previous: string | undefined,
): string | undefined {
  if (isTruncated !== true) return undefined;
  if (next !== undefined && next !== '' && next !== previous) return next;
  throw new StorageUnavailable(`${prefix}: a page of the listing says that there is more, and not where.`);
}

/** A blank is a plus in this encoding, as in forms. */
function decodedKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}
