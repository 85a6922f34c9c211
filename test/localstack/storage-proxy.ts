/**
 * Storage as the deployed functions see it, with a door of its own for each of them: behind a door a request can be held
 * for as long as a test likes, refused, or lose its connection. So faults happen at a known moment.
 *
 *     execute-task ──▶ door ──┐
 *     commit-job   ──▶ door ──┼──▶ the emulator
 *     …                       │
 */

import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeployedFunction, Deployment } from '../../infra/deploy.ts';
import { emulator, until } from './harness.ts';
import { changeFunction, recordOf, soleProcess } from './lambda.ts';

export interface StorageRequest {
  readonly from: DeployedFunction;
  /** `PUT /bucket/key?partNumber=1&…` */
  readonly line: string;
}

export type Matcher = (request: StorageRequest) => boolean;

/** A request that waits: for the service, or with the service's answer for its client. */
export interface HeldRequest {
  /** Resolves once there is one. */
  readonly held: Promise<StorageRequest>;
  /** Lets it go on; where its client is dead by then, it never reaches the service. */
  readonly letGo: () => void;
}

export type Disturbance =
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string }
  /** The connection breaks: before the request has reached the service, or before the answer has reached the client. */
  | { readonly kind: 'break'; readonly when: 'before' | 'after' };

interface Hold {
  readonly matches: Matcher;
  readonly when: 'before' | 'after';
  readonly reached: (request: StorageRequest) => void;
  readonly released: Promise<void>;
}

interface ServiceAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export class StorageProxy implements AsyncDisposable {
  /** What the functions have asked for, in order of arrival. */
  readonly requests: StorageRequest[] = [];
  readonly #functions: Deployment['functions'];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #servers: Server[] = [];
  readonly #restorations: (() => PromiseLike<void>)[] = [];
  readonly #holds = new Set<Hold>();
  #disturb: (request: StorageRequest) => Disturbance | undefined = () => undefined;

  private constructor(functions: Deployment['functions']) {
    this.#functions = functions;
  }

  /** Puts a door before each function of a job, until it is disposed. */
  static async before({ functions }: Deployment): Promise<StorageProxy> {
    const proxy = new StorageProxy(functions);
    const names = Object.entries(functions) as [DeployedFunction, string][];
    await Promise.all(names.map(([from, name]) => proxy.#open(from, name)));
    return proxy;
  }

  /** Holds the next request that matches; `after` it has taken effect, its answer. */
  hold(matches: Matcher, when: 'before' | 'after' = 'before'): HeldRequest {
    const { promise: held, resolve: reached } = Promise.withResolvers<StorageRequest>();
    const { promise: released, resolve: letGo } = Promise.withResolvers<void>();
    this.#holds.add({ matches, when, reached, released });
    return { held, letGo };
  }

  /**
   * Kills the process that has sent the held request, which then never arrives, or whose answer never does. Waits until
   * no other invocation of that function is under way, and then until it is known to be dead.
   */
  async killSender({ held, letGo }: HeldRequest): Promise<void> {
    const name = this.#functions[(await held).from];
    process.kill(await soleProcess(name), 'SIGKILL');
    await until('the invocation has ended', async () => Object.keys((await recordOf(name)).running).length === 0);
    letGo();
  }

  /** Disturbs requests, one by one, until the result is disposed. */
  disturb(disturbance: (request: StorageRequest) => Disturbance | undefined): Disposable {
    this.#disturb = disturbance;
    return {
      [Symbol.dispose]: () => {
        this.#disturb = () => undefined;
      },
    };
  }

  /** Closes every connection on which nothing is under way, as S3 does after a while. */
  closeIdleConnections(): void {
    for (const server of this.#servers) server.closeIdleConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#restorations.map((restore) => restore()));
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    this.#agent.destroy();
  }

  async #open(from: DeployedFunction, name: string): Promise<void> {
    const server = createServer((incoming, answer) => {
      // A client that has gone is no failure of the test.
      this.#serve(from, incoming, answer).catch(() => answer.destroy());
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const changed = await changeFunction(name, { environment: { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` } });
    this.#restorations.push(() => changed[Symbol.asyncDispose]());
  }

  async #serve(from: DeployedFunction, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray());
    const asked: StorageRequest = { from, line: `${incoming.method} ${incoming.url}` };
    this.requests.push(asked);
    const disturbance = this.#disturb(asked);
    const held = [...this.#holds].find(({ matches }) => matches(asked));
    if (held !== undefined) this.#holds.delete(held);
    if (disturbance?.kind === 'refuse') return refuse(answer, disturbance);
    if (disturbance?.kind === 'break' && disturbance.when === 'before') return void answer.destroy();
    if (held?.when === 'before') {
      held.reached(asked);
      await held.released;
      if (answer.destroyed) return;
    }
    const served = await this.#forward(incoming, body);
    if (disturbance?.kind === 'break') return void answer.destroy();
    if (held?.when === 'after') {
      held.reached(asked);
      await held.released;
    }
    const { 'transfer-encoding': _, connection: __, ...headers } = served.headers;
    answer.writeHead(
      served.status,
      incoming.method === 'HEAD' ? headers : { ...headers, 'content-length': served.body.byteLength },
    );
    answer.end(served.body);
  }

  #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<ServiceAnswer> {
    const { hostname, port } = new URL(emulator().endpoint);
    return new Promise((resolve, reject) => {
      const onward = request({ hostname, port, method, path: url, headers, agent: this.#agent }, (response) => {
        response.toArray().then(
          (chunks) =>
            resolve({
              status: response.statusCode ?? 500,
              headers: response.headers,
              body: Buffer.concat(chunks as Buffer[]),
            }),
          reject,
        );
      });
      onward.on('error', reject);
      onward.end(body);
    });
  }
}

function refuse(answer: ServerResponse, { status, code }: Extract<Disturbance, { kind: 'refuse' }>): void {
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>As the test says</Message></Error>`);
}
