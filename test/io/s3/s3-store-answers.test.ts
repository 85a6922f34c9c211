/** What a service answers, and what the store and the commit make of it. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { completeFile } from '../../../src/commit/complete-file.ts';
import { putOnce } from '../../../src/commit/put-once.ts';
import * as errors from '../../../src/errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../../../src/io/backoff.ts';
import type { ObjectStore } from '../../../src/io/object-store.ts';
import { retryingStore } from '../../../src/io/retrying-store.ts';
import { s3Store } from '../../../src/io/s3/s3-store.ts';
import { refuse, s3Server } from '../../support/s3-server.ts';
import { all, noise } from '../object-store-contract.ts';

const AT_ONCE: RetryPolicy = { ...DEFAULT_RETRY_POLICY, baseMs: 1, maxMs: 2 };
const uri = 's3://bucket/a';

describe('conditional writes', () => {
  test('whose answer is lost after they took effect are mine', async () => {
    let stored: Buffer | undefined;
    await using server = await s3Server(({ line, body, answer }) => {
      if (line.startsWith('GET')) return void answer.writeHead(200).end(stored);
      if (stored !== undefined) return refuse(answer, 412, 'PreconditionFailed');
      stored = body;
      answer.destroy();
    });
    const store = retryingStore(server.store, AT_ONCE);
    expect(await putOnce(store, uri, Buffer.from('mine'), AT_ONCE)).toMatchObject({ mine: true });
    expect(await putOnce(store, uri, Buffer.from('other'), AT_ONCE)).toMatchObject({ mine: false });
    expect(server.store.requestCounts()).toMatchObject({ put: 3, get: 2 });
  });

  test('are sent once, and on condition', async () => {
    const conditions: unknown[] = [];
    await using server = await s3Server(({ headers, answer }) => {
      conditions.push(headers['if-none-match']);
      refuse(answer, 503, 'SlowDown');
    });
    const refused = retryingStore(server.store, AT_ONCE).put(uri, noise(1), { ifNoneMatch: true });
    await expect(refused).rejects.toBeInstanceOf(errors.StorageUnavailable);
    expect(conditions).toEqual(['*']);
  });

  test('that meet another one are a conflict, and a completion goes on without its condition', async () => {
    const conditions: unknown[] = [];
    await using server = await s3Server(({ line, headers, answer }) => {
      if (line.startsWith('HEAD')) return void answer.writeHead(404).end();
      conditions.push(headers['if-none-match']);
      if (headers['if-none-match']) return refuse(answer, 409, 'ConditionalRequestConflict');
      answer.writeHead(200).end('<CompleteMultipartUploadResult><ETag>"done-1"</ETag></CompleteMultipartUploadResult>');
    });
    await expect(server.store.put(uri, noise(1), { ifNoneMatch: true })).rejects.toBeInstanceOf(
      errors.ConditionalConflict,
    );
    const file = { path: 'a', uploadId: 'u', parts: [{ number: 1, size: 1, etag: 'e' }] };
    const completed = await completeFile(
      { ...file, size: 1, rows: 1, crc32: '00000000', partition: {} },
      { store: server.store, destination: 's3://bucket', policy: AT_ONCE, verification: 'checksum', signal: undefined },
    );
    expect(completed?.etag).toBe('done-1');
    expect(conditions).toEqual(['*', '*', undefined]);
  });

  test('a completion that is answered 200 and fails in its body has failed', async () => {
    await using server = await s3Server(({ answer }, number) => {
      answer.writeHead(200, { 'content-type': 'application/xml' }).write('<?xml version="1.0"?>\n   ');
      const code = number === 0 ? 'InternalError' : 'SlowDown';
      answer.end(number === 2 ? '' : `<Error><Code>${code}</Code><Message>We tried</Message></Error>`);
    });
    for (let i = 0; i < 2; i++) {
      const completed = server.store.completeUpload(uri, 'u', [{ number: 1, size: 1, etag: 'e' }]);
      await expect(completed).rejects.toBeInstanceOf(errors.StorageUnavailable);
    }
  });
});

describe('answers', () => {
  const table: [status: number, code: string, expected: string, extra?: string][] = [
    [404, 'NoSuchKey', 'ObjectNotFound'],
    [404, 'NoSuchBucket', 'ObjectNotFound'],
    [403, 'AccessDenied', 'AccessDenied'],
    [400, 'ExpiredToken', 'AccessDenied'],
    [403, 'InvalidAccessKeyId', 'AccessDenied'],
    [403, 'SignatureDoesNotMatch', 'AccessDenied', '<StringToSign>very-secret</StringToSign>'],
    [403, 'RequestTimeTooSkewed', 'StorageUnavailable'],
    [403, 'InvalidObjectState', 'UnsupportedFile'],
    [412, 'PreconditionFailed', 'ObjectChanged'],
    [416, 'InvalidRange', 'MalformedFile'],
    [400, 'RequestTimeout', 'StorageUnavailable'],
    [400, 'AuthorizationHeaderMalformed', 'InvalidArgument', '<Region>eu-west-1</Region>'],
    [301, 'PermanentRedirect', 'InvalidArgument'],
    [400, 'KeyTooLongError', 'InvalidArgument'],
    [429, 'TooManyRequests', 'StorageUnavailable'],
    [500, 'InternalError', 'StorageUnavailable'],
    [502, '', 'StorageUnavailable'],
  ];
  test.for(table)('%i %s is %s', async ([status, code, expected, extra]) => {
    await using server = await s3Server(({ answer }) => refuse(answer, status, code, extra));
    const failure = await server.store.readInto(uri, 0, new Uint8Array(1), { etag: 'e' }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: expected });
    expect(String(failure)).toContain('s3://bucket/');
    expect(String(failure)).not.toContain('very-secret');
    if (extra?.includes('Region')) expect(String(failure)).toContain('AWS_REGION=eu-west-1');
  });

  test('that are no XML are a failure of the service', async () => {
    await using server = await s3Server(({ answer }) => {
      answer.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>proxy');
    });
    await expect(all(server.store.list('s3://bucket/'))).rejects.toBeInstanceOf(errors.StorageUnavailable);
  });

  test('is of S3 only', async () => {
    await using server = await s3Server(() => {});
    for (const listing of [server.store.list('file:///data/'), server.store.listUploads('file:///data/')]) {
      await expect(all<unknown>(listing)).rejects.toThrow('file:///data/ names no objects in S3.');
    }
    expect(server.lines).toEqual([]);
  });

  test('that do not come, because nobody is there', async () => {
    let gone: ObjectStore;
    {
      await using server = await s3Server(() => {});
      gone = server.store;
    }
    await expect(gone.head(uri)).rejects.toBeInstanceOf(errors.StorageUnavailable);
  });
});

describe('an environment', () => {
  const bare = {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const named = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];
  afterEach(() => vi.unstubAllEnvs());

  test('without region or credentials is told what to set', async () => {
    await using server = await s3Server(() => {});
    for (const name of named) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(bare)) vi.stubEnv(name, value);
    const endpoint = server.endpoint;
    const nowhere = s3Store({ endpoint }).head(uri);
    await expect(nowhere).rejects.toBeInstanceOf(errors.InvalidArgument);
    await expect(nowhere).rejects.toThrow(/Set AWS_REGION/);
    const nobody = s3Store({ endpoint, region: 'us-east-1' }).head(uri);
    await expect(nobody).rejects.toBeInstanceOf(errors.InvalidArgument);
    await expect(nobody).rejects.toThrow(/Set AWS_ACCESS_KEY_ID/);
    expect(server.lines).toEqual([]);
  });

  test('names endpoint, region and credentials', async () => {
    await using server = await s3Server(({ headers, answer }) => {
      expect(headers.authorization).toMatch(/Credential=env-key\/\d+\/eu-west-3\/s3/);
      answer.writeHead(200, { 'content-length': 3, etag: '"e"' }).end();
    });
    vi.stubEnv('AWS_ENDPOINT_URL', server.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-west-3');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'env-key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env-secret');
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
    expect(await s3Store().head(uri)).toMatchObject({ size: 3, etag: 'e' });
  });
});

describe('a listing', () => {
  test('follows its pages, whose keys are encoded as in forms', async () => {
    const page = (keys: string[], next?: string): string =>
      `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}${keys
        .map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag></Contents>`)
        .join('')}</ListBucketResult>`;
    await using server = await s3Server(({ line, answer }) => {
      const second = line.includes('continuation-token=t%3D%2B');
      answer
        .writeHead(200)
        .end(second ? page(['p/%E6%95%B0%26', 'p/%EF%BF%AE']) : page(['p/a+b%2Bc', 'p/b%25'], 't=+'));
    });
    const uris = (await all(server.store.list('s3://bucket/p/'))).map((info) => info.uri);
    expect(uris).toEqual(['p/a b+c', 'p/b%', 'p/数&', 'p/\uffee'].map((key) => `s3://bucket/${key}`));
    expect(server.store.requestCounts()).toMatchObject({ list: 2 });
  });

  test('out of order, or whose page leads to itself, does not go on for ever', async () => {
    await using server = await s3Server(({ answer }, number) => {
      const keys = number === 0 ? ['b', 'a'] : [];
      const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
      const next = '<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>';
      answer.writeHead(200).end(`<ListBucketResult>${next}${contents}</ListBucketResult>`);
    });
    await expect(all(server.store.list('s3://bucket/'))).rejects.toBeInstanceOf(errors.InvalidArgument);
    await expect(all(server.store.list('s3://bucket/'))).rejects.toBeInstanceOf(errors.StorageUnavailable);
  });

  test('of open uploads follows both markers', async () => {
    await using server = await s3Server(({ line, answer }) => {
      const upload = (key: string, id: string): string =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2026-01-02T03:04:05Z</Initiated></Upload>`;
      const second = line.includes('key-marker=a%20%25') && line.includes('upload-id-marker=2');
      const next = '<NextKeyMarker>a+%25</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>';
      const page = second
        ? `<IsTruncated>false</IsTruncated>${upload('b', '3')}`
        : `<IsTruncated>true</IsTruncated>${next}${upload('a+%25', '1')}${upload('a+%25', '2')}`;
      answer.writeHead(200).end(`<ListMultipartUploadsResult>${page}</ListMultipartUploadsResult>`);
    });
    expect(await all(server.store.listUploads('s3://bucket/'))).toEqual(
      [
        ['a %', '1'],
        ['a %', '2'],
        ['b', '3'],
      ].map(([key, uploadId]) => ({ uri: `s3://bucket/${key}`, uploadId, startedMs: Date.UTC(2026, 0, 2, 3, 4, 5) })),
    );
  });
});

describe('a part whose etag is another than its receipt says', () => {
  const receipt = [{ number: 1, size: 5, etag: 'ours' }];
  const partsOf = (size: number, checksum: string): string =>
    `<ListPartsResult>${checksum}<IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><ETag>"theirs"</ETag><Size>${size}</Size></Part></ListPartsResult>`;
  const CHECKED = '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>';

  async function complete(parts: string, crc32?: string): Promise<{ outcome: unknown; lines: readonly string[] }> {
    await using server = await s3Server(({ line, headers, body, answer }) => {
      if (line.startsWith('GET')) return void answer.writeHead(200).end(parts);
      if (!body.includes('theirs')) return refuse(answer, 400, 'InvalidPart');
      expect(headers).toMatchObject({ 'if-none-match': '*', 'x-amz-checksum-crc32': 'y/Q5Jg==' });
      answer.writeHead(200).end('<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>');
    });
    const options = { ifNoneMatch: true, ...(crc32 !== undefined && { crc32 }) };
    const outcome = await server.store.completeUpload(uri, 'u', receipt, options).catch((error: unknown) => error);
    return { outcome, lines: [...server.lines] };
  }

  test('is taken where the service compares the checksum of the whole', async () => {
    expect((await complete(partsOf(5, CHECKED), 'cbf43926')).outcome).toEqual({ etag: 'whole' });
  });

  test('is refused without that checksum, or where the size is another', async () => {
    for (const [parts, crc32] of [
      [partsOf(5, CHECKED), undefined],
      [partsOf(5, ''), 'cbf43926'],
      [partsOf(6, CHECKED), 'cbf43926'],
    ] as const) {
      const { outcome, lines } = await complete(parts, crc32);
      expect(outcome).toBeInstanceOf(errors.InvalidArgument);
      expect(lines.filter((line) => line.startsWith('POST'))).toHaveLength(1);
    }
  });
});
