/** What an actor and its pool tell each other, as structured clones. */

import type { Value } from '../columnar/value.ts';
import type { UdfName } from './udf-modules.ts';

export interface ActorData {
  readonly url: string;
  readonly name: UdfName;
  /** Rows at a time, where `call` is asynchronous. */
  readonly concurrency: number;
}

export type ActorRequest =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Value[])[] }
  /** A record batch as an Arrow stream. */
  | { readonly kind: 'batch'; readonly ipc: Uint8Array };

export interface ThrownError {
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

export type ActorReply = { readonly counts: Readonly<Record<string, number>> } & (
  | {
      readonly kind: 'rows';
      readonly outcomes: readonly ({ readonly value: unknown } | { readonly error: ThrownError })[];
    }
  | { readonly kind: 'values'; readonly values: unknown }
  /** A vector, as the only column of an Arrow stream. */
  | { readonly kind: 'vector'; readonly ipc: Uint8Array }
  | { readonly kind: 'error'; readonly error: ThrownError }
);
