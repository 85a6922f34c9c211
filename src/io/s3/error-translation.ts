/**
 * What the SDK throws, as errors of ours. Messages are made of the uri, the code and the number of the request; never of
 * headers, nor of what the service repeats of a request that it could not authenticate.
 */

import {
  AccessDenied,
  ConditionalConflict,
  InvalidArgument,
  MalformedFile,
  MillraceError,
  ObjectNotFound,
  PreconditionFailed,
  StorageUnavailable,
  UnsupportedFile,
  UploadNotFound,
} from '../../errors.ts';

export interface RequestContext {
  readonly uri: string;
  readonly bucket: string;
  /** As in "No permission to read". */
  readonly action: 'read' | 'list' | 'write' | 'delete';
  readonly uploadId?: string;
}

/** What of an error of the SDK is looked at. */
interface ServiceError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
  readonly Region?: unknown;
}

const THROTTLES: ReadonlySet<string> = new Set([
  'SlowDown',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'TooManyRequests',
  'TooManyRequestsException',
  'BandwidthLimitExceeded',
]);

/** Codes of 4xx answers that say nothing against the request: bytes were damaged or came too slowly, clocks differ. */
const PASSING: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'RequestTimeTooSkewed',
]);

const CREDENTIAL_PROBLEMS: Readonly<Record<string, string>> = {
  ExpiredToken: 'the session token of the credentials has expired; renew it',
  ExpiredTokenException: 'the session token of the credentials has expired; renew it',
  TokenRefreshRequired: 'the session token of the credentials has expired; renew it',
  InvalidToken: 'the session token of the credentials is not valid (AWS_SESSION_TOKEN)',
  InvalidAccessKeyId: 'the access key is not known to the service (AWS_ACCESS_KEY_ID)',
  SignatureDoesNotMatch: 'the secret key is not that of the access key (AWS_SECRET_ACCESS_KEY)',
};

/** Whether the service asks for fewer requests. */
export function isThrottle(error: unknown): boolean {
  const { name, $metadata } = error as ServiceError;
  return THROTTLES.has(name) || $metadata?.httpStatusCode === 429 || $metadata?.httpStatusCode === 503;
}

/** The header by which an answer asks to wait. */
export function retryAfterOf(error: unknown): string | undefined {
  return (error as Partial<ServiceError>).$response?.headers?.['retry-after'];
}

/** The code of an answer of the service: `NoSuchKey`, `InvalidPart`. */
export function serviceCode(error: unknown): string {
  return (error as ServiceError).name;
}

/** The error of ours for what a request has thrown. */
export function translatedError(error: unknown, context: RequestContext): MillraceError {
  if (error instanceof MillraceError) return error;
  const thrown = error as ServiceError;
  const status = thrown.$metadata?.httpStatusCode ?? thrown.$response?.statusCode;
  return status === undefined ? clientError(thrown, context) : answerError(thrown, status, context);
}

function clientError(thrown: ServiceError, { uri, action }: RequestContext): MillraceError {
  if (thrown.name === 'CredentialsProviderError' || /credential/i.test(thrown.message)) {
    return new InvalidArgument(
      `There are no credentials to ${action} ${uri}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is given.`,
    );
  }
  if (/region is missing/i.test(thrown.message)) {
    return new InvalidArgument(`It is not known in which region ${uri} is. Set AWS_REGION.`);
  }
  if (thrown.name === 'EndpointError' || thrown.name === 'InvalidBucketName') {
    return new InvalidArgument(`${uri} cannot be asked for: ${thrown.message}`);
  }
  const detail = typeof thrown.code === 'string' ? thrown.code : thrown.name;
  return new StorageUnavailable(`${uri}: the ${action} request was not answered (${detail}: ${thrown.message}).`);
}

function answerError(thrown: ServiceError, status: number, context: RequestContext): MillraceError {
  const { uri, bucket, action, uploadId } = context;
  const code = thrown.name;
  if (status >= 500 || status === 429 || status < 300 || THROTTLES.has(code) || PASSING.has(code)) {
    return new StorageUnavailable(`${uri}: the ${action} request has failed (${answerText(thrown, status)}).`);
  }
  if (status === 301 || status === 307 || code === 'AuthorizationHeaderMalformed') return wrongRegion(thrown, context);
  if (Object.hasOwn(CREDENTIAL_PROBLEMS, code)) return new AccessDenied(uri, action, CREDENTIAL_PROBLEMS[code]);
  if (code === 'InvalidObjectState') return new UnsupportedFile(uri, 'it is archived; restore it first');
  if (status === 401 || status === 403) return new AccessDenied(uri, action);
  if (code === 'NoSuchBucket') return new ObjectNotFound(uri, `there is no bucket ${bucket}`);
  if (uploadId !== undefined && status === 404) return new UploadNotFound(uri, uploadId);
  if (status === 404) return new ObjectNotFound(uri);
  if (status === 409) {
    return action === 'write'
      ? new ConditionalConflict(uri)
      : new StorageUnavailable(`${uri}: the ${action} request met another one (${answerText(thrown, status)}).`);
  }
  if (status === 412) return new PreconditionFailed(uri);
  if (status === 416) return new MalformedFile(uri, 'it ends before the range that was asked for');
  // The answer to a request for the head of an object has no body that could say why.
  if (status === 400 && !/\S/.test(thrown.message.replace(/UnknownError/, ''))) {
    return new AccessDenied(uri, action, 'the service gives no reason; expired credentials are the usual one');
  }
  return new InvalidArgument(`${uri}: the ${action} request was refused (${answerText(thrown, status)}).`);
}

function wrongRegion({ Region, $response }: ServiceError, { uri, bucket }: RequestContext): InvalidArgument {
  const region = typeof Region === 'string' ? Region : $response?.headers?.['x-amz-bucket-region'];
  return new InvalidArgument(
    `${uri}: bucket ${bucket} is in ${region === undefined ? 'another region' : `region ${region}`}. Set AWS_REGION${region === undefined ? '' : `=${region}`}.`,
  );
}

function answerText({ name, message, $metadata }: ServiceError, status: number): string {
  const request = $metadata?.requestId === undefined ? '' : `, request ${$metadata.requestId}`;
  return `${status} ${name}${message === '' || message === name ? '' : `: ${message.replace(/\.$/, '')}`}${request}`;
}
