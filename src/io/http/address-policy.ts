/**
 * Which addresses are connected to. A uri may come from a stranger, and what answers on a link-local address, or in the
 * network around a process, was not put there for strangers: credentials of roles, administration of databases.
 *
 *     name ──DNS──▶ addresses ──▶ forbidden, whoever asks      link-local, metadata of clouds, multicast, none at all
 *                                 of this machine, private     only where whoever made the store has said so
 *                                 public
 *
 * What is judged is the address that the connection is then made to, so that a name cannot mean another one the second
 * time. IPv4 addresses are judged inside of IPv6 ones too.
 */

import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AccessDenied } from '../../errors.ts';

export type AddressKind = 'public' | 'private' | 'loopback' | 'forbidden';

const LOOPBACK = blockList(['127.0.0.0/8'], ['::1/128']);
const FORBIDDEN = blockList(
  [
    '0.0.0.0/8',
    '169.254.0.0/16',
    // Metadata of other clouds than those that have it among the link-local ones.
    '168.63.129.16/32',
    '100.100.100.200/32',
    '192.0.0.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ],
  // The last three carry an IPv4 address in ways that nobody uses any more.
  ['fe80::/10', 'fec0::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128', 'ff00::/8', '::/96', '2002::/16', '2001::/32'],
);
const PRIVATE = blockList(
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'],
  ['fc00::/7', '64:ff9b:1::/48'],
);

/** @param address as `isIP` takes it */
export function addressKind(address: string): AddressKind {
  const plain = address.replace(/%.*$/s, '');
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (LOOPBACK.check(plain, family)) return 'loopback';
  if (FORBIDDEN.check(plain, family)) return 'forbidden';
  return PRIVATE.check(plain, family) ? 'private' : 'public';
}

/** A rule of IPv4 also holds for the same address behind the prefix by which networks without IPv4 reach it (RFC 6052). */
function blockList(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList();
  const add = (network: string, bits: number, family: 'ipv4' | 'ipv6'): void => list.addSubnet(network, bits, family);
  for (const [network = '', bits] of ipv4.map((subnet) => subnet.split('/'))) {
    add(network, Number(bits), 'ipv4');
    add(`64:ff9b::${network}`, 96 + Number(bits), 'ipv6');
  }
  for (const [network = '', bits] of ipv6.map((subnet) => subnet.split('/'))) add(network, Number(bits), 'ipv6');
  return list;
}

export interface AddressRule {
  readonly allows: (kind: AddressKind) => boolean;
  /** What to do about an address that is not allowed. */
  readonly detail: string;
}

/** Throws where the host of a uri is an address that is not allowed: of those no name is looked up. @throws AccessDenied */
export function assertAddress(host: string, uri: string, rule: AddressRule): void {
  const address = host.replace(/^\[(.*)\]$/s, '$1');
  if (isIP(address) !== 0 && !rule.allows(addressKind(address))) throw new AccessDenied(uri, 'reach', rule.detail);
}

/** For sockets: the addresses of a name that are allowed. Fails with `AccessDenied` where none of them is. */
export function guardedLookup(uri: string, rule: AddressRule): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '');
      const [first, ...others] = found.filter(({ address }) => rule.allows(addressKind(address)));
      if (first === undefined) return callback(new AccessDenied(uri, 'reach', rule.detail), '');
      return options.all ? callback(null, [first, ...others]) : callback(null, first.address, first.family);
    });
  };
}
