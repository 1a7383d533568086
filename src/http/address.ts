import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** The address that a request comes from, for telling callers apart; of IPv6 the network, as each has a great many addresses. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * `trusted`: addresses and networks (CIDR) of proxies that are believed what X-Forwarded-For says. It is read from its end,
 * each trusted proxy being believed for the address before it; what callers write into it themselves stands before that.
 */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  const proxies = new BlockList()
  for (const network of trusted) {
    const [address = '', prefix] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(prefix), family)
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '')
    if (trusted.length === 0 || headers['x-forwarded-for'] === undefined) return networkOf(address)
    const hops = [headers['x-forwarded-for']].flat().join(',').split(',')
    for (let hop = hops.pop(); hop !== undefined && isTrusted(address); hop = hops.pop()) {
      const before = plain(hop.trim())
      if (isIP(before) === 0) break
      address = before
    }
    return networkOf(address)
  }
}

/** IPv4 as itself, where a socket of both versions gives it as IPv6; without a port. */
function plain(address: string): string {
  const withoutPort = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address)
  const bare = withoutPort?.[1] ?? withoutPort?.[2] ?? address
  return /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? bare
}

const networkGroups = 4

function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const all = [
    ...groups,
    ...Array.from({ length: Math.max(8 - groups.length - after.length, 0) }, () => '0'),
    ...after,
  ]
  return `${all
    .slice(0, networkGroups)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
