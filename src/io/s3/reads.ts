/** Reading objects: a range into memory of the caller's, or a small object whole. */

import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { MalformedFile } from '../../errors.ts';
import { plainEtag, quotedEtag } from '../etag.ts';
import type { ObjectInfo, StoredObject } from '../object-store.ts';
import { BodyCutShort, fillFrom, smallBody } from '../response-body.ts';
import { assertSmall, MAX_SMALL_BYTES } from '../whole-object.ts';
import { encodedCrc32 } from './checksum.ts';
import { serviceCode } from './error-translation.ts';

interface Sending {
  readonly abortSignal: AbortSignal;
}

interface ObjectTarget {
  readonly Bucket: string;
  readonly Key: string;
}

export interface RangeRead {
  readonly uri: string;
  readonly target: ObjectTarget;
  readonly start: number;
  readonly into: Uint8Array;
  readonly etag: string | undefined;
}

/** @throws MalformedFile where the object ends before the range; what the client throws. */
export async function readRange(client: S3Client, sending: Sending, read: RangeRead): Promise<void> {
  const { uri, target, start, into, etag } = read;
  const pinned = etag === undefined ? {} : { IfMatch: quotedEtag(etag) };
  if (into.byteLength === 0) {
    const { ContentLength = 0 } = await client.send(new HeadObjectCommand({ ...target, ...pinned }), sending);
    if (start > ContentLength)
      throw new MalformedFile(uri, `it has ${ContentLength} bytes, and ${start} were expected`);
    return;
  }
  const end = start + into.byteLength;
  const command = new GetObjectCommand({ ...target, ...pinned, Range: `bytes=${start}-${end - 1}` });
  const { Body, ContentRange } = await client.send(command, sending);
  const body = Body as Readable;
  try {
    assertRange(uri, ContentRange, start, end);
  } catch (error) {
    body.destroy();
    throw error;
  }
  await fillFrom(body, into);
}

/**
 * Fills `into`, from its beginning, with the end of an object; undefined where there is none.
 * @throws what the client throws
 */
export async function readEnd(
  client: S3Client,
  sending: Sending,
  { uri, target, into, etag }: Omit<RangeRead, 'start'>,
): Promise<ObjectInfo | undefined> {
  const pinned = etag === undefined ? {} : { IfMatch: quotedEtag(etag) };
  const command = new GetObjectCommand({ ...target, ...pinned, Range: `bytes=-${into.byteLength}` });
  let answer: GetObjectCommandOutput;
  try {
    answer = await client.send(command, sending);
  } catch (error) {
    const code = serviceCode(error);
    if (code === 'NoSuchKey') return undefined;
    if (code !== 'InvalidRange') throw error;
    // An empty object has no end; the refusal does not say which version it is.
    const { ContentLength: size = 0, ETag = '' } = await client.send(
      new HeadObjectCommand({ ...target, ...pinned }),
      sending,
    );
    if (size > 0) throw error;
    return { uri, size, etag: plainEtag(ETag), modifiedMs: 0 };
  }
  const body = answer.Body as Readable;
  const { ContentRange, ContentLength = 0, ETag = '', LastModified } = answer;
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? '') ?? [];
  // Without a range it is all of the object.
  const size = ContentRange === undefined ? ContentLength : Number(total);
  const byteLength = Math.min(size, into.byteLength);
  const isEnd = ContentRange === undefined ? size === byteLength : Number(first) === size - byteLength;
  if (!isEnd || (ContentRange !== undefined && Number(last) !== size - 1)) {
    body.destroy();
    throw new Error(`another range was sent than the last ${into.byteLength} bytes`);
  }
  await fillFrom(body, into.subarray(0, byteLength));
  return { uri, size, etag: plainEtag(ETag), modifiedMs: LastModified?.getTime() ?? 0 };
}

function assertRange(uri: string, contentRange: string | undefined, start: number, end: number): void {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange ?? '') ?? [];
  if (Number(first) !== start) throw new Error(`another range was sent than bytes ${start} to ${end - 1}`);
  if (Number(last) !== end - 1) throw new MalformedFile(uri, `it has ${size} bytes, and ${end} were expected`);
}

/** Undefined where there is no object. @throws InvalidArgument above `maxBytes`; what the client throws. */
export async function getSmall(
  client: S3Client,
  sending: Sending,
  { uri, target, maxBytes = MAX_SMALL_BYTES }: { uri: string; target: ObjectTarget; maxBytes: number | undefined },
): Promise<StoredObject | undefined> {
  const answer = await getWithChecksum(client, sending, target);
  if (answer === undefined) return undefined;
  const body = answer.Body as Readable;
  try {
    assertSmall(uri, answer.ContentLength ?? 0, maxBytes);
  } catch (error) {
    body.destroy();
    throw error;
  }
  const bytes = await smallBody(body, maxBytes);
  if (bytes === undefined) assertSmall(uri, maxBytes + 1, maxBytes);
  assertWhole(bytes ?? new Uint8Array(0), answer);
  return { bytes: bytes ?? new Uint8Array(0), etag: plainEtag(answer.ETag ?? '') };
}

/**
 * Asks for the checksum by its header: asked by its parameter, the SDK would put a stream of its own between the body
 * and the reader, and destroying that one leaves the socket open.
 */
async function getWithChecksum(
  client: S3Client,
  sending: Sending,
  target: ObjectTarget,
): Promise<GetObjectCommandOutput | undefined> {
  const command = new GetObjectCommand(target);
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-checksum-mode'] = 'ENABLED';
      return next(args);
    },
    { step: 'build' },
  );
  try {
    return await client.send(command, sending);
  } catch (error) {
    if (serviceCode(error) === 'NoSuchKey') return undefined;
    throw error;
  }
}

function assertWhole(bytes: Uint8Array, { ContentLength, ChecksumCRC32, ChecksumType }: GetObjectCommandOutput): void {
  if (ContentLength !== undefined && ContentLength !== bytes.byteLength) {
    throw new BodyCutShort(`${bytes.byteLength} of ${ContentLength} bytes came`);
  }
  if (ChecksumType === 'FULL_OBJECT' && ChecksumCRC32 !== undefined && ChecksumCRC32 !== encodedCrc32(bytes)) {
    throw new Error(`the checksum of what came is ${crc32(bytes).toString(16)}, not that of the object`);
  }
}
