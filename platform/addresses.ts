import ipaddr from 'ipaddr.js'
import { boundedMap } from './boundedMap'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** One spelling for an address: an IPv4 address seen through an IPv6 socket (::ffff:192.0.2.1) is 192.0.2.1. Undefined: not an address. */
export function normalAddress(text: string): string | undefined {
  const known = normalised.get(text)
  if (known !== undefined) return known
  // A zone id (fe80::1%eth0) names an interface of this machine, not the caller.
  const bare = text.replace(/%.*$/, '')
  if (!ipaddr.isValid(bare)) return undefined
  const address = ipaddr.process(bare).toString()
  normalised.set(text, address)
  return address
}

/** The same caller comes again and again, and each spelling is read by several regular expressions. */
const normalised = boundedMap<string, string>(1_000)

/** What is counted as one caller: whoever has IPv6 has 2^64 addresses at least, so a /64 counts as one. */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  return `${ipaddr.IPv6.parse(address).toByteArray().slice(0, 8).join('.')}/64`
}

/** Whether text is a single address or a CIDR range, IPv4 (in four parts) or IPv6. */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined
}

/** Whether an address lies in one of the ranges. An address that cannot be read lies in none; no ranges at all allow every address. */
export function isAllowedAddress(address: string, ranges: readonly string[] | null | undefined): boolean {
  if (!ranges?.length) return true
  const normal = normalAddress(address)
  if (!normal) return false
  const parsed = ipaddr.parse(normal)
  return ranges.some((range) => contains(parseRange(range), parsed))
}

function contains(range: [Address, number] | undefined, address: Address): boolean {
  if (!range || range[0].kind() !== address.kind()) return false
  return address.match(range)
}

function parseRange(text: string): [Address, number] | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  if (rest.length || !ipaddr.isValid(address) || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined
  if (!address.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined
  const parsed = ipaddr.parse(address)
  const length = parsed.kind() === 'ipv4' ? 32 : 128
  const wanted = bits === undefined ? length : Number(bits)
  if (wanted > length) return undefined
  if (parsed.kind() === 'ipv6' && (parsed as ipaddr.IPv6).isIPv4MappedAddress()) {
    return wanted >= 96 ? [(parsed as ipaddr.IPv6).toIPv4Address(), wanted - 96] : undefined
  }
  return [parsed, wanted]
}
