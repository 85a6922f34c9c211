import type { Clock } from '../clock.ts';

export interface S3StoreOptions {
  /** Where not absent, in place of what the environment says (`AWS_ENDPOINT_URL`, `AWS_REGION`, …), as the SDK reads it. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Milliseconds until a connection stands; default 5,000. */
  readonly connectMs?: number;
  /** Milliseconds without a byte, sent or received, after which a request has failed; default 20,000. */
  readonly idleMs?: number;
  /** How many requests may be under way at once, and sockets be open; default 32. */
  readonly maxRequests?: number;
  /** Milliseconds that a request may take without its content; default 60,000. */
  readonly totalMs?: number;
  /** By which requests wait for their turn where the service asks for fewer; virtual in tests only. */
  readonly turnClock?: Clock;
}
