/**
 * What storage tells of new objects, in either of its forms: a notification of S3, with keys that are encoded as in a
 * query, or an event of EventBridge, with keys as they are. What is told of other things is left out; members of AWS's
 * that are not needed here may be there or not.
 */

import * as z from 'zod';
import { InvalidArgument } from '../errors.ts';
import { plainEtag } from '../io/etag.ts';
import { formatUri, isUri } from '../io/uri.ts';

/** An object has appeared, or a new version of it. The same event may come twice, and events in any order. */
export interface ObjectEvent {
  readonly uri: string;
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes, as events write it. */
  readonly etag: string;
  /** Where the bucket keeps versions. */
  readonly versionId?: string;
  /** Orders the events of one key. */
  readonly sequencer: string;
}

const text = z.string().min(1).max(2_048);
const size = z.int().nonnegative().default(0);

const notification = z.object({
  Records: z.array(z.object({ eventSource: z.string(), eventName: z.string() }).loose()),
});
const createdRecord = z.object({
  s3: z.object({
    bucket: z.object({ name: text }),
    object: z.object({ key: text, size, eTag: text, versionId: text.optional(), sequencer: text }),
  }),
});
const created = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.object({
    bucket: z.object({ name: text }),
    object: z.object({ key: text, size, etag: text, 'version-id': text.optional(), sequencer: text }),
  }),
});
/** Sent once, when a notification is set up. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') });
const otherEvent = z.object({ source: z.literal('aws.s3'), 'detail-type': z.string() });

/** The objects that an event tells of. @throws InvalidArgument for what is no event of storage, or lacks what is needed */
export function objectEvents(event: unknown): readonly ObjectEvent[] {
  if (testEvent.safeParse(event).success) return [];
  const records = notification.safeParse(event);
  if (records.success) {
    const created = records.data.Records.filter(({ eventName }) => /^(?:s3:)?ObjectCreated:/.test(eventName));
    return created.flatMap((record) => {
      const { bucket, object } = parsed(createdRecord, record).s3;
      const { eTag: etag, versionId, ...rest } = object;
      return objectEvent(bucket.name, { ...rest, key: decodedKey(object.key), etag }, versionId);
    });
  }
  const other = otherEvent.safeParse(event);
  if (other.success && other.data['detail-type'] !== 'Object Created') return [];
  const { bucket, object } = parsed(created, event).detail;
  const { 'version-id': versionId, ...rest } = object;
  return objectEvent(bucket.name, rest, versionId);
}

/** None where no uri can name the object, as one with a control character: no trigger can want it either. */
function objectEvent(
  bucket: string,
  object: Pick<ObjectEvent, 'key' | 'size' | 'etag' | 'sequencer'>,
  versionId: string | undefined,
): readonly ObjectEvent[] {
  const uri = formatUri({ scheme: 's3', bucket, key: object.key });
  if (!isUri(uri)) return [];
  // A bucket that has ceased to keep versions calls all of them null.
  const version = versionId === undefined || versionId === 'null' ? {} : { versionId };
  return [{ uri, bucket, ...object, etag: plainEtag(object.etag), ...version }];
}

function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw new InvalidArgument(
      `The event has a key that is not encoded as in a query: ${JSON.stringify(key.slice(0, 100))}.`,
    );
  }
}

function parsed<Document>(schema: z.ZodType<Document>, event: unknown): Document {
  const result = schema.safeParse(event);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = z.core.toDotPath(issue?.path ?? []);
  throw new InvalidArgument(`This is no event of storage: ${issue?.message} at ${place === '' ? 'its top' : place}.`);
}
