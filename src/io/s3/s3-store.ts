/**
 * S3, and what speaks its language, as an object store. Endpoint, region and credentials are those of the environment.
 *
 * It sends each request once: which may be repeated is known one layer above (`retryingStore`) and to the commit. Nor
 * does it look behind an etag, which is a checksum only for some ways of encryption. Buckets of the general purpose.
 */

import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { InvalidArgument, ObjectChanged } from '../../errors.ts';
import { type MeteredStore, type RequestCounts, RequestMeter } from '../counted-store.ts';
import { plainEtag } from '../etag.ts';
import type { HedgedReads } from '../hedged-reads.ts';
import type { ObjectInfo, RequestOptions, StoredObject, UploadedPart, UploadInfo } from '../object-store.ts';
import { parseUri } from '../uri.ts';
import { encodedCrc32, hexFromEncoded } from './checksum.ts';
import { completeUpload } from './complete-upload.ts';
import { serviceCode } from './error-translation.ts';
import { listObjects, listOpenUploads } from './listings.ts';
import { getSmall, readEnd, readRange } from './reads.ts';
import { type S3Request, S3Requests } from './requests.ts';
import type { S3StoreOptions } from './s3-store-options.ts';

export type { S3StoreOptions } from './s3-store-options.ts';

const MAX_PART_NUMBER = 10_000;

/** One store for a process: sockets, and the rate that the service bears, are shared by all that use it. */
export function s3Store(options: S3StoreOptions = {}): MeteredStore {
  return new S3Store(options);
}

class S3Store implements MeteredStore {
  readonly #meter = new RequestMeter();
  readonly #requests: S3Requests;
  #hedgedReads: Promise<HedgedReads> | undefined;

  constructor(options: S3StoreOptions) {
    this.#requests = new S3Requests(options, this.#meter);
  }

  requestCounts(): RequestCounts {
    return this.#meter.counts();
  }

  async head(uri: string, options?: RequestOptions & { checksum?: boolean }): Promise<ObjectInfo | undefined> {
    const { target, request } = requestOf(uri, 'read', options);
    const command = new HeadObjectCommand({ ...target, ...(options?.checksum && { ChecksumMode: 'ENABLED' }) });
    return this.#requests.send({
      ...request,
      kind: 'head',
      run: async (client, sending) => {
        try {
          const found = await client.send(command, sending);
          const { ContentLength = 0, ETag = '', LastModified, ChecksumCRC32, ChecksumType } = found;
          const crc32 = options?.checksum && ChecksumType === 'FULL_OBJECT' ? ChecksumCRC32 : undefined;
          return {
            uri,
            size: ContentLength,
            etag: plainEtag(ETag),
            modifiedMs: LastModified?.getTime() ?? 0,
            ...(crc32 !== undefined && { crc32: hexFromEncoded(crc32) }),
          };
        } catch (error) {
          if (serviceCode(error) === 'NotFound' || serviceCode(error) === 'NoSuchKey') return undefined;
          throw error;
        }
      },
    });
  }

  async readInto(
    uri: string,
    start: number,
    into: Uint8Array,
    options?: RequestOptions & { etag?: string },
  ): Promise<void> {
    const { target, request } = requestOf(uri, 'read', options);
    const etag = options?.etag;
    await this.#read({ ...request, etag, bytes: into.byteLength }, (client, sending) =>
      readRange(client, sending, { uri, target, start, into, etag }),
    );
  }

  async readTail(
    uri: string,
    into: Uint8Array,
    options?: RequestOptions & { etag?: string },
  ): Promise<ObjectInfo | undefined> {
    const { target, request } = requestOf(uri, 'read', options);
    const etag = options?.etag;
    let info: ObjectInfo | undefined;
    await this.#read({ ...request, etag, bytes: into.byteLength }, async (client, sending) => {
      info = await readEnd(client, sending, { uri, target, into, etag });
    });
    // Of a small object less has come than was expected.
    this.#meter.received(Math.min(info?.size ?? 0, into.byteLength) - into.byteLength);
    return info;
  }

  /** One read into memory of the caller's, of which a second one may be begun. */
  async #read(
    { etag, bytes, ...request }: ReturnType<typeof requestOf>['request'] & { etag: string | undefined; bytes: number },
    run: S3Request<void>['run'],
  ): Promise<void> {
    const send = (signal: AbortSignal | undefined, onSent?: () => void): Promise<void> =>
      this.#requests.send({
        ...request,
        ...(onSent && { onSent }),
        signal,
        kind: 'get',
        bytesRead: bytes,
        run,
        mapError: (error) =>
          etag !== undefined && serviceCode(error) === 'PreconditionFailed'
            ? new ObjectChanged(request.uri, etag, 'another')
            : undefined,
      });
    // Two reads that are not of one version would mix both in one place.
    if (etag === undefined) return send(request.signal);
    this.#hedgedReads ??= this.#loadHedgedReads();
    return (await this.#hedgedReads).read({ bytes, signal: request.signal, send });
  }

  /** On demand: many functions read nothing in parts. */
  async #loadHedgedReads(): Promise<HedgedReads> {
    const { HedgedReads } = await import('../hedged-reads.ts');
    return new HedgedReads({
      mayRepeat: () => this.#requests.hasRoom,
      onRepeated: () => this.#meter.hedged(),
      onWon: () => this.#meter.hedgeWon(),
    });
  }

  async get(uri: string, options?: RequestOptions & { maxBytes?: number }): Promise<StoredObject | undefined> {
    const { target, request } = requestOf(uri, 'read', options);
    const found = await this.#requests.send({
      ...request,
      kind: 'get',
      run: (client, sending) => getSmall(client, sending, { uri, target, maxBytes: options?.maxBytes }),
    });
    if (found !== undefined) this.#meter.received(found.bytes.byteLength);
    return found;
  }

  list(prefix: string, options?: RequestOptions): AsyncIterable<ObjectInfo> {
    return listObjects(this.#requests, prefix, options);
  }

  listUploads(prefix: string, options?: RequestOptions): AsyncIterable<UploadInfo> {
    return listOpenUploads(this.#requests, prefix, options);
  }

  async put(
    uri: string,
    bytes: Uint8Array,
    options?: RequestOptions & { ifNoneMatch?: boolean },
  ): Promise<{ etag: string }> {
    const { target, request } = requestOf(uri, 'write', options);
    return this.#requests.send({
      ...request,
      kind: 'put',
      bytesWritten: bytes.byteLength,
      run: async (client, sending) => {
        const command = new PutObjectCommand({
          ...target,
          Body: bytes,
          ContentLength: bytes.byteLength,
          ChecksumCRC32: encodedCrc32(bytes),
          ...(options?.ifNoneMatch && { IfNoneMatch: '*' }),
        });
        return { etag: plainEtag((await client.send(command, sending)).ETag ?? '') };
      },
    });
  }

  async delete(uri: string, options?: RequestOptions): Promise<void> {
    const { target, request } = requestOf(uri, 'delete', options);
    await this.#requests.send({
      ...request,
      kind: 'delete',
      run: (client, sending) => client.send(new DeleteObjectCommand(target), sending),
    });
  }

  async beginUpload(uri: string, options?: RequestOptions): Promise<string> {
    const { target, request } = requestOf(uri, 'write', options);
    // The checksum of the whole lets a commit recognise the object without reading it.
    const command = new CreateMultipartUploadCommand({
      ...target,
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: 'FULL_OBJECT',
    });
    const { UploadId = '' } = await this.#requests.send({
      ...request,
      kind: 'beginUpload',
      run: (client, sending) => client.send(command, sending),
    });
    return UploadId;
  }

  async uploadPart(
    uri: string,
    uploadId: string,
    number: number,
    bytes: Uint8Array,
    options?: RequestOptions,
  ): Promise<UploadedPart> {
    const { target, request } = requestOf(uri, 'write', options);
    if (!Number.isSafeInteger(number) || number < 1 || number > MAX_PART_NUMBER) {
      throw new InvalidArgument(`${number} is not a part number: 1 to ${MAX_PART_NUMBER}.`);
    }
    return this.#requests.send({
      ...request,
      uploadId,
      kind: 'uploadPart',
      bytesWritten: bytes.byteLength,
      run: async (client, sending) => {
        const command = new UploadPartCommand({
          ...target,
          UploadId: uploadId,
          PartNumber: number,
          Body: bytes,
          ContentLength: bytes.byteLength,
          ChecksumCRC32: encodedCrc32(bytes),
        });
        const { ETag = '' } = await client.send(command, sending);
        return { number, size: bytes.byteLength, etag: plainEtag(ETag) };
      },
    });
  }

  async completeUpload(
    uri: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    options?: RequestOptions & { ifNoneMatch?: boolean; crc32?: string },
  ): Promise<{ etag: string }> {
    const { target, request } = requestOf(uri, 'write', options);
    return completeUpload(this.#requests, { ...request, target, uploadId, parts, options: options ?? {} });
  }

  async abortUpload(uri: string, uploadId: string, options?: RequestOptions): Promise<void> {
    const { target, request } = requestOf(uri, 'delete', options);
    await this.#requests.send({
      ...request,
      kind: 'abortUpload',
      run: async (client, sending) => {
        try {
          await client.send(new AbortMultipartUploadCommand({ ...target, UploadId: uploadId }), sending);
        } catch (error) {
          if (serviceCode(error) !== 'NoSuchUpload') throw error;
        }
      },
    });
  }
}

/** What the requests for one object have in common. @throws InvalidArgument for a uri that names none in S3. */
function requestOf(
  uri: string,
  action: S3Request<never>['action'],
  options: RequestOptions | undefined,
): {
  target: { Bucket: string; Key: string };
  request: Pick<S3Request<never>, 'uri' | 'bucket' | 'action' | 'signal'>;
} {
  const { scheme, bucket, key } = parseUri(uri);
  if (scheme !== 's3' || key === '') throw new InvalidArgument(`${uri} does not name an object in S3.`);
  return { target: { Bucket: bucket, Key: key }, request: { uri, bucket, action, signal: options?.signal } };
}
