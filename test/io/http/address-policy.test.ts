import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { AccessDenied } from '../../../src/errors.ts';
import { addressKind, assertAddress, guardedLookup } from '../../../src/io/http/address-policy.ts';

describe('addressKind', () => {
  test.each([
    ['public', ['1.1.1.1', '52.216.1.2', '2606:4700::1111', '64:ff9b::1.1.1.1', '::ffff:1.1.1.1', '172.32.0.1']],
    [
      'private',
      ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1'],
    ],
    ['private', ['64:ff9b::10.0.0.1', '64:ff9b::a00:1']],
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '64:ff9b::127.0.0.1']],
    ['forbidden', ['169.254.169.254', '169.254.170.2', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', '0.0.0.0', '::']],
    ['forbidden', ['100.100.100.200', '168.63.129.16', '224.0.0.1', '255.255.255.255', 'ff02::1', '::a9fe:a9fe']],
    ['forbidden', ['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1']],
  ])('%s: %j', (kind, addresses) => {
    expect(Object.fromEntries(addresses.map((address) => [address, addressKind(address)]))).toEqual(
      Object.fromEntries(addresses.map((address) => [address, kind])),
    );
  });
});

const onlyPublic = { allows: (kind: string): boolean => kind === 'public', detail: 'as the test says' };

describe('a host', () => {
  test('that is an address is judged without a look-up, however a url writes it', () => {
    const written = [
      '127.1',
      '0x7f.1',
      '2130706433',
      '017700000001',
      '[::1]',
      '[::ffff:169.254.169.254]',
      '0xa9fea9fe',
    ];
    for (const host of written) {
      const { hostname } = new URL(`https://${host}/`);
      expect(() => assertAddress(hostname, 'https://x/', onlyPublic), host).toThrow(AccessDenied);
    }
    assertAddress('1.1.1.1', 'https://x/', onlyPublic);
    assertAddress('example.com', 'https://x/', onlyPublic);
  });

  test('that is a name is judged by its addresses, as the socket gets them', async () => {
    const looked = (all: boolean, rule = onlyPublic): Promise<string | LookupAddress[]> =>
      new Promise((resolve, reject) => {
        guardedLookup('https://x/', rule)('localhost', { all }, (error, found) => {
          if (error) reject(error);
          else resolve(found);
        });
      });
    await expect(looked(true)).rejects.toThrow(/No permission to reach https:\/\/x\/: as the test says/);
    await expect(looked(false)).rejects.toBeInstanceOf(AccessDenied);
    const anything = { ...onlyPublic, allows: () => true };
    expect(['127.0.0.1', '::1']).toContain(await looked(false, anything));
    expect(await looked(true, anything)).not.toEqual([]);
  });
});
