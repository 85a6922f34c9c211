import { describe, expect, test } from 'vitest';
import * as errors from '../../../src/errors.ts';
import { type HttpStoreOptions, httpStore } from '../../../src/io/http/http-store.ts';
import type { ObjectStore } from '../../../src/io/object-store.ts';
import { retryingStore } from '../../../src/io/retrying-store.ts';
import { type HttpCall, type HttpServer, httpServer, sendRange } from '../../support/http-server.ts';
import { localCertificate } from '../../support/local-certificate.ts';
import { AT_ONCE } from '../../support/observed-store.ts';
import { noise } from '../object-store-contract.ts';

const content = noise(300_000);
const here: HttpStoreOptions = { privateHosts: true };

/** A server, a store that may reach it, and the uri of an object there. */
async function served(
  handle: (call: HttpCall, number: number) => void | Promise<void>,
  options: HttpStoreOptions = here,
): Promise<HttpServer & { readonly store: ObjectStore; readonly uri: string }> {
  const server = await httpServer(handle);
  return { ...server, store: httpStore(options), uri: `${server.endpoint}/a.parquet` };
}

/** All of a file, by a server that has ranges, and versions where `headers` say so. */
const file =
  (headers: Readonly<Record<string, string>> = { etag: '"v1"' }, bytes = content) =>
  (call: HttpCall): void => {
    const { answer, line, headers: asked } = call;
    for (const [name, value] of Object.entries(headers)) answer.setHeader(name, value);
    const condition = asked['if-range'];
    const isWanted = condition === undefined || condition === headers['etag'];
    if (line.startsWith('HEAD') || asked.range === undefined || !isWanted) {
      answer.writeHead(200, { 'content-length': bytes.byteLength }).end(line.startsWith('HEAD') ? undefined : bytes);
    } else {
      sendRange(call, bytes, { etag: headers['etag'] });
    }
  };

async function read(
  store: ObjectStore,
  uri: string,
  start: number,
  length: number,
  etag?: string,
): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  await store.readInto(uri, start, into, { ...(etag !== undefined && { etag }) });
  return into;
}

describe('an object', () => {
  test('has a size, a version and a time, and is read in ranges and whole, over one socket', async () => {
    const modified = 'Wed, 21 Oct 2026 07:28:00 GMT';
    await using server = await served(file({ etag: '"v1"', 'last-modified': modified }));
    const { store, uri } = server;
    expect(await store.head(uri)).toEqual({ uri, size: 300_000, etag: 'v1', modifiedMs: Date.parse(modified) });
    expect(await read(store, uri, 1_000, 50_000, 'v1')).toEqual(content.subarray(1_000, 51_000));
    await store.readInto(uri, 300_000, new Uint8Array(0), { etag: 'v1' });
    expect(await store.get(uri)).toEqual({ bytes: content, etag: 'v1' });
    expect(server.sockets()).toBeLessThanOrEqual(2);
  });

  test('that is not there is told', async () => {
    await using server = await served(
      ({ answer }) => void answer.writeHead(404, { 'content-length': 7 }).end('nothing'),
    );
    const { store, uri } = server;
    expect(await store.head(uri)).toBeUndefined();
    expect(await store.get(uri)).toBeUndefined();
    await expect(store.readInto(uri, 0, new Uint8Array(1))).rejects.toBeInstanceOf(errors.ObjectNotFound);
    for (let i = 0; i < 10; i++) await store.head(uri);
    // One may be asked for before the last one is free again.
    expect(server.sockets()).toBeLessThanOrEqual(2);
  });

  test('that ends before the range is malformed', async () => {
    await using server = await served((call) => {
      if (call.headers.range === 'bytes=300005-300010') call.answer.writeHead(416).end();
      else sendRange(call, content);
    });
    await expect(read(server.store, server.uri, 299_999, 2)).rejects.toThrow(/it has 300000 bytes, and 300001 were/);
    await expect(read(server.store, server.uri, 300_005, 6)).rejects.toBeInstanceOf(errors.MalformedFile);
  });

  test('too large for what was agreed is refused, whatever its server says', async () => {
    await using server = await served(({ answer, line }) => {
      if (line.includes('said')) answer.writeHead(200, { 'content-length': 2 ** 50 }).write('x');
      else answer.writeHead(200).end(content);
    });
    for (const name of ['said', 'unsaid']) {
      const got = server.store.get(`${server.endpoint}/${name}`, { maxBytes: 299_999 });
      await expect(got).rejects.toBeInstanceOf(errors.InvalidArgument);
    }
  });

  test('keeps its name as it is, and its query out of messages', async () => {
    await using server = await served(({ answer }) => void answer.writeHead(403).end());
    const uri = `${server.endpoint}/a b/100%25/ü.csv?X-Signature=secret&b={c}`;
    const failure = await server.store.get(uri).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(errors.AccessDenied);
    expect(String(failure)).not.toContain('secret');
    expect(server.lines[0]).toMatch(/^GET \/a%20b\/100%25\/%C3%BC\.csv\?X-Signature=secret&b=\{c\}$/);
    for (const wrong of ['a\\..\\b', 'a#b', '../a', 'a/%2e%2e/b']) {
      await expect(server.store.head(`${server.endpoint}/${wrong}`)).rejects.toBeInstanceOf(errors.InvalidArgument);
    }
  });
});

describe('a server that does not answer to HEAD', () => {
  test.each([
    [403, 'a signature that is good for reading only'],
    [405, 'a method that it does not know'],
    [200, 'no size'],
  ])('%i is asked for the first byte: %s', async (status) => {
    await using server = await served((call) => {
      if (call.line.startsWith('HEAD')) call.answer.writeHead(status).end();
      else sendRange(call, content);
    });
    expect(await server.store.head(server.uri)).toMatchObject({ size: 300_000, etag: 'e' });
  });

  test('tells that an object is empty, or forbidden, or by its end how large it is', async () => {
    await using server = await served(({ answer, line }) => {
      if (line.startsWith('HEAD')) answer.writeHead(501).end();
      else if (line.includes('empty')) answer.writeHead(416, { 'content-range': 'bytes */0' }).end();
      else if (line.includes('forbidden')) answer.writeHead(403).end();
      else if (line.includes('part')) answer.writeHead(206, { 'content-range': 'bytes 0-0/*' }).end('t');
      else answer.writeHead(200).end('text');
    });
    const head = (name: string) => server.store.head(`${server.endpoint}/${name}`);
    expect(await head('empty')).toMatchObject({ size: 0 });
    await expect(head('forbidden')).rejects.toBeInstanceOf(errors.AccessDenied);
    expect(await head('unknown')).toMatchObject({ size: 4 });
    await expect(head('part')).rejects.toThrow(/does not say how large it is/);
  });
});

describe('versions', () => {
  const versions = [
    { name: 'a strong etag', before: { etag: '"v1"' }, after: { etag: '"v2"' } },
    { name: 'a weak etag', before: { etag: 'W/"v1"' }, after: { etag: 'W/"v2"' } },
    {
      name: 'a time',
      before: { 'last-modified': 'Wed, 21 Oct 2026 07:28:00 GMT' },
      after: { 'last-modified': 'Wed, 21 Oct 2026 07:28:01 GMT' },
    },
  ];
  test.each(versions)('are told apart by $name', async ({ before, after }) => {
    let headers: Readonly<Record<string, string>> = before;
    await using server = await served((call) => file(headers)(call));
    const { store, uri } = server;
    const etag = (await store.head(uri))!.etag;
    expect(await read(store, uri, 10, 5, etag)).toEqual(content.subarray(10, 15));
    headers = after;
    await expect(read(store, uri, 10, 5, etag)).rejects.toBeInstanceOf(errors.ObjectChanged);
    await expect(read(store, uri, 0, 0, etag)).rejects.toBeInstanceOf(errors.ObjectChanged);
  });

  test('are told apart by the size, where a server says no more', async () => {
    let bytes = content;
    await using server = await served((call) => file({}, bytes)(call));
    const { store, uri } = server;
    const { etag } = (await store.head(uri))!;
    expect(await read(store, uri, 10, 5, etag)).toEqual(content.subarray(10, 15));
    bytes = content.subarray(0, 200_000);
    await expect(read(store, uri, 10, 5, etag)).rejects.toBeInstanceOf(errors.ObjectChanged);
  });

  test('are believed of a range that was asked for on their condition', async () => {
    const asked: unknown[] = [];
    await using server = await served(({ headers, answer }) => {
      asked.push(headers['if-range']);
      answer.writeHead(206, { 'content-range': 'bytes 0-9/300000' }).end(content.subarray(0, 10));
    });
    expect(await read(server.store, server.uri, 0, 10, 'v1')).toEqual(content.subarray(0, 10));
    await expect(read(server.store, server.uri, 0, 10, 'W/"v1"')).rejects.toBeInstanceOf(errors.ObjectChanged);
    expect(asked).toEqual(['"v1"', undefined]);
  });
});

describe('a server without ranges', () => {
  const whole =
    (bytes: Uint8Array, headers: Readonly<Record<string, string>> = { etag: '"v1"' }) =>
    ({ answer, line }: HttpCall): void => {
      answer.writeHead(200, { ...headers, 'content-length': bytes.byteLength });
      answer.end(line.startsWith('HEAD') ? undefined : bytes);
    };

  test('is read whole for each part of a small object', async () => {
    await using server = await served(whole(content));
    expect(await read(server.store, server.uri, 250_000, 50_000, 'v1')).toEqual(content.subarray(250_000));
    expect(await read(server.store, server.uri, 0, 1, 'v1')).toEqual(content.subarray(0, 1));
    await expect(read(server.store, server.uri, 0, 300_001)).rejects.toBeInstanceOf(errors.MalformedFile);
    await expect(read(server.store, server.uri, 0, 1, 'v0')).rejects.toBeInstanceOf(errors.ObjectChanged);
  });

  test.each([{ etag: '"v1"' }, {}])(
    'is read to its end where it does not say how large that is: %j',
    async (headers) => {
      let bytes = content;
      await using server = await served(({ answer, line }) => {
        answer.writeHead(200, headers).end(line.startsWith('HEAD') ? undefined : bytes);
      });
      const { store, uri } = server;
      const { size, etag } = (await store.head(uri))!;
      expect(size).toBe(300_000);
      expect(await read(store, uri, 250_000, 50_000, etag)).toEqual(content.subarray(250_000));
      bytes = content.subarray(0, 200_000);
      if (!('etag' in headers))
        await expect(read(store, uri, 10, 5, etag)).rejects.toBeInstanceOf(errors.ObjectChanged);
      bytes = new Uint8Array(8 * 1024 * 1024 + 1);
      await expect(store.head(uri)).rejects.toThrow(/sends no ranges/);
      await expect(read(store, uri, 10, 5, etag)).rejects.toThrow(/sends no ranges/);
    },
  );

  test('is refused for parts of a large one', async () => {
    const large = new Uint8Array(8 * 1024 * 1024 + 1);
    await using server = await served(whole(large));
    await expect(read(server.store, server.uri, 5, 10)).rejects.toThrow(/sends no ranges/);
    expect(Buffer.compare(await read(server.store, server.uri, 0, large.byteLength), large)).toBe(0);
  });
});

describe('redirects', () => {
  test('are followed, a few times, and nothing of one host is sent to another', async () => {
    const seen: unknown[] = [];
    await using target = await httpServer((call) => {
      seen.push(call.headers.cookie, call.headers.authorization, call.headers.referer);
      file()(call);
    });
    await using server = await served(({ answer, line }) => {
      const [, left] = /\/(\d+)$/.exec(line) ?? [];
      const location =
        left === '0' ? target.endpoint.replace('//', '//user:word@') : `/${left === undefined ? 5 : Number(left) - 1}`;
      answer.writeHead(302, { location, 'set-cookie': 'a=b' }).end('there');
    });
    const at = (left: number) => server.store.get(`${server.endpoint}/${left}`);
    expect((await at(4))?.bytes).toEqual(content);
    await expect(at(5)).rejects.toThrow(/redirects more than 5 times/);
    expect(seen).toEqual([undefined, undefined, undefined]);
    expect(server.sockets()).toBeLessThanOrEqual(2);
  });

  test('never lead from https to http, and elsewhere than to the web', async () => {
    await using plain = await httpServer(file());
    await using server = await httpServer(({ answer, line }) => {
      if (line.endsWith('/plain')) answer.writeHead(301, { location: `${plain.endpoint}/a` }).end();
      else if (line.endsWith('/file')) answer.writeHead(301, { location: 'file:///etc/passwd' }).end();
      else answer.writeHead(200, { 'content-length': 2 }).end('ok');
    }, localCertificate);
    const store = httpStore({ ...here, ca: [localCertificate.cert] });
    expect((await store.get(`${server.endpoint}/a`))?.bytes).toEqual(Uint8Array.from(Buffer.from('ok')));
    await expect(store.get(`${server.endpoint}/plain`)).rejects.toThrow(/redirects from https to http/);
    await expect(store.get(`${server.endpoint}/file`)).rejects.toThrow(/redirects to what is no uri of http/);
    expect(plain.lines).toEqual([]);
  });

  test('lead to no host that may not be reached', async () => {
    await using server = await served(({ answer }) => {
      answer.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    });
    await expect(server.store.get(server.uri)).rejects.toBeInstanceOf(errors.AccessDenied);
  });
});

describe('what may be reached', () => {
  test('is by default neither this machine nor the network around it, nor by any name', async () => {
    await using server = await httpServer(file(), localCertificate);
    const store = httpStore({ ca: [localCertificate.cert] });
    const port = new URL(server.endpoint).port;
    for (const host of ['127.0.0.1', 'localhost', '127.1', '2130706433', '10.0.0.1', '169.254.169.254']) {
      await expect(store.get(`https://${host}:${port}/a`), host).rejects.toThrow(/its address is not a public one/);
    }
    expect(server.sockets()).toBe(0);
  });

  test('over http is this machine, where it is reached at all, and hosts that are listed', async () => {
    await using server = await httpServer(file());
    const { endpoint } = server;
    const { host } = new URL(endpoint);
    await expect(httpStore().get(`${endpoint}/a`)).rejects.toThrow(/http: is not encrypted/);
    await expect(httpStore(here).get('http://1.1.1.1/a')).rejects.toThrow(/http: is not encrypted/);
    expect(await httpStore(here).head(`${endpoint}/a`)).toBeDefined();
    expect(await httpStore({ plainHosts: [host] }).head(`${endpoint}/a`)).toBeDefined();
    const metadata = httpStore({ ...here, plainHosts: ['169.254.169.254'] });
    await expect(metadata.get('http://169.254.169.254/a')).rejects.toBeInstanceOf(errors.AccessDenied);
  });

  test('is below the prefixes that are allowed', async () => {
    await using server = await httpServer(file());
    const store = httpStore({ ...here, allowed: [`${server.endpoint}/open`] });
    expect(await store.head(`${server.endpoint}/open/a`)).toBeDefined();
    for (const path of ['closed/a', 'opened', '']) {
      await expect(store.head(`${server.endpoint}/${path}`)).rejects.toMatchObject({
        name: path === '' ? 'InvalidValue' : 'AccessDenied',
      });
    }
    expect(server.lines).toHaveLength(1);
  });

  test('has a certificate that is trusted', async () => {
    await using server = await httpServer(file(), localCertificate);
    await expect(httpStore(here).get(`${server.endpoint}/a`)).rejects.toThrow(/No permission to trust .*CERT/);
  });
});

describe('the network', () => {
  const flawed =
    (flaw: (call: HttpCall) => void) =>
    (call: HttpCall, number: number): void =>
      number === 0 ? flaw(call) : file()(call);
  const range = { 'content-range': 'bytes 0-99999/300000', 'content-length': '100000', etag: '"v1"' };
  test.each([
    ['refuses', ({ answer }: HttpCall) => void answer.writeHead(503, { 'retry-after': '1' }).end()],
    ['resets', ({ answer }: HttpCall) => void answer.writeHead(206, range).write('x', () => answer.destroy())],
    ['stalls', ({ answer }: HttpCall) => void answer.writeHead(206, range).write('x')],
    ['never answers', () => {}],
    [
      'sends another range',
      ({ answer }: HttpCall) => {
        answer.writeHead(206, { ...range, 'content-range': 'bytes 1-100000/300000' }).end(content.subarray(1, 100_001));
      },
    ],
    [
      'sends too much',
      ({ answer }: HttpCall) => {
        answer.writeHead(206, { 'content-range': range['content-range'] }).end(content.subarray(0, 100_001));
      },
    ],
    [
      'sends too little',
      ({ answer }: HttpCall) => {
        answer.writeHead(206, { 'content-range': range['content-range'] }).end(content.subarray(0, 99_999));
      },
    ],
  ])('%s once, and the same bytes are read the second time', async (_, flaw) => {
    await using server = await served(flawed(flaw), { ...here, idleMs: 100 });
    await expect(
      retryingStore(server.store, { ...AT_ONCE, attempts: 1 }).readInto(server.uri, 0, new Uint8Array(100_000)),
    ).rejects.toBeInstanceOf(errors.StorageUnavailable);
    await using again = await served(flawed(flaw), { ...here, idleMs: 100 });
    const into = new Uint8Array(100_000);
    await retryingStore(again.store, AT_ONCE).readInto(again.uri, 0, into, { etag: 'v1' });
    expect(into).toEqual(content.subarray(0, 100_000));
  });

  test.each([
    ['3', 3_000],
    [new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
    ['soon', undefined],
    ['Wed, 21 Oct 2015 07:28:00 GMT', undefined],
  ])('that asks to come again after %s is heard', async (header, ms) => {
    await using server = await served(({ answer }) => void answer.writeHead(503, { 'retry-after': header }).end());
    const error = await read(server.store, server.uri, 0, 10).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(errors.StorageUnavailable);
    const { retryAfterMs } = error as errors.StorageUnavailable;
    if (ms === undefined) expect(retryAfterMs).toBeUndefined();
    else expect(Math.abs((retryAfterMs ?? 0) - ms)).toBeLessThan(120_000);
  });

  test('keeps nobody from other hosts', async () => {
    await using stuck = await served(() => {}, { ...here, maxRequests: 1 });
    await using server = await httpServer(file());
    const controller = new AbortController();
    const reading = stuck.store.readInto(stuck.uri, 0, new Uint8Array(10), { signal: controller.signal });
    const waiting = stuck.store.readInto(stuck.uri, 0, new Uint8Array(10), { signal: controller.signal });
    expect(await read(stuck.store, `${server.endpoint}/a`, 0, 10)).toEqual(content.subarray(0, 10));
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    await expect(waiting).rejects.toThrow('enough');
    expect(stuck.lines).toHaveLength(1);
  });

  test('that is too slow ends with the time that is given', async () => {
    await using server = await served(
      ({ answer }) => {
        answer.writeHead(206, range);
        const drops = setInterval(() => answer.write('x'), 10);
        answer.on('close', () => clearInterval(drops));
      },
      { ...here, totalMs: 50 },
    );
    // A range of this size may take a second more.
    await expect(read(server.store, server.uri, 0, 100_000)).rejects.toThrow(/took longer/);
  });

  test('a caller who gives up hears its own reason, and leaves no socket open', async () => {
    await using server = await served(
      ({ answer, line }) => {
        if (line.endsWith('/slow')) answer.writeHead(206, range).write('x');
        else answer.writeHead(200).end('ok');
      },
      { ...here, maxRequests: 1 },
    );
    const controller = new AbortController();
    const slow = `${server.endpoint}/slow`;
    const reading = server.store.readInto(slow, 0, new Uint8Array(100_000), { signal: controller.signal });
    const waiting = server.store.get(`${server.endpoint}/a`);
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(reading).rejects.toThrow('enough');
    expect((await waiting)?.bytes.byteLength).toBe(2);
  });

  test('has no host of that name', async () => {
    await expect(httpStore().get('https://no-such-host.invalid/a')).rejects.toMatchObject({
      name: expect.stringMatching(/^(?:ObjectNotFound|StorageUnavailable)$/),
    });
  });
});

test('nothing is listed or written', async () => {
  const store = httpStore();
  const uri = 'https://example.com/a';
  expect(() => store.list('https://example.com/')).toThrow(/cannot be listed.*Name the files/);
  expect(() => store.listUploads(uri)).toThrow(errors.InvalidArgument);
  const writes = [
    () => store.put(uri, noise(1)),
    () => store.delete(uri),
    () => store.beginUpload(uri),
    () => store.uploadPart(uri, 'u', 1, noise(1)),
    () => store.completeUpload(uri, 'u', []),
    () => store.abortUpload(uri, 'u'),
  ];
  for (const write of writes) await expect(write()).rejects.toThrow(/objects are only read/);
});
