"""Which IP addresses are public, which are private, and which are never allowed.

Python's `is_global` is not used: its answer depends on Python's version, and it treats the
services of clouds as public. Instead, the blocks are listed here, each with its source: those of
IANA's special-purpose address registries of 2025-10-09 that are not marked "Globally Reachable",
and also multicast and the addresses of clouds, which these registries do not have.
https://www.iana.org/assignments/iana-ipv4-special-registry
https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

NEVER_ALLOWED = {
    "0.0.0.0/8": "this network, RFC 791 section 3.2",
    "100.64.0.0/10": "shared address space, RFC 6598; with Alibaba's metadata, 100.100.100.200",
    "168.63.129.16/32": "Azure's platform services, in the documentation of its virtual networks",
    "169.254.0.0/16": "link local, RFC 3927; with the metadata services of most clouds",
    "192.0.0.0/24": "IETF protocol assignments, RFC 6890 section 2.1; with Oracle's metadata, "
    "192.0.0.192. The anycast of 192.0.0.9 and .10 is answered by the nearest NAT (RFC 7723)",
    "192.88.99.0/24": "6to4 relays, deprecated by RFC 7526; 6a44 relays, RFC 6751",
    "224.0.0.0/4": "multicast, RFC 5771",
    "255.255.255.255/32": "limited broadcast, RFC 919 section 7",
    "::/96": "unspecified, and IPv4-compatible, deprecated by RFC 4291 section 2.5.5.1",
    "::ffff:0:0:0/96": "IPv4-translated, RFC 2765 section 2.1",
    "64:ff9b:1::/48": "IPv4 behind a translator of one's own, RFC 8215",
    "100::/64": "discard-only, RFC 6666",
    "100:0:0:1::/64": "dummy prefix, RFC 9780",
    "2001::/32": "Teredo, RFC 4380",
    "2001:1::/32": "anycast that the nearest network answers: RFC 7723, RFC 8155, RFC 9665",
    "2001:10::/28": "ORCHID, deprecated by RFC 7343",
    "2002::/16": "6to4, RFC 3056",
    "5f00::/16": "segment routing, RFC 9602",
    "fd00:42::/32": "Scaleway's metadata, fd00:42::42",
    "fd00:c1::/32": "Oracle's metadata, fd00:c1::a9fe:a9fe",
    "fd00:ec2::/32": "AWS's metadata, DNS and clock, fd00:ec2::254 among them",
    "fd20:ce::/32": "Google's metadata, fd20:ce::254",
    "fe80::/10": "link local, RFC 4291 section 2.5.6",
    "fec0::/10": "site local, deprecated by RFC 3879",
    "ff00::/8": "multicast, RFC 4291 section 2.7",
}
"""No request is ever sent here. Metadata services give a role's keys to any client inside."""

PRIVATE = {
    "10.0.0.0/8": "private use, RFC 1918",
    "127.0.0.0/8": "loopback, RFC 1122 section 3.2.1.3",
    "172.16.0.0/12": "private use, RFC 1918",
    "192.0.2.0/24": "documentation, RFC 5737",
    "192.168.0.0/16": "private use, RFC 1918",
    "198.18.0.0/15": "benchmarking, RFC 2544",
    "198.51.100.0/24": "documentation, RFC 5737",
    "203.0.113.0/24": "documentation, RFC 5737",
    "240.0.0.0/4": "reserved, RFC 1112 section 4",
    "::1/128": "loopback, RFC 4291 section 2.5.3",
    "2001::/23": "IETF protocol assignments, RFC 2928; benchmarking among them, RFC 5180",
    "2001:db8::/32": "documentation, RFC 3849",
    "3fff::/20": "documentation, RFC 9637",
    "fc00::/7": "unique local, RFC 4193",
}
"""Private addresses: allowed only for a host that the allow-list names."""

GLOBALLY_REACHABLE = {
    "2001:3::/32": "AMT, RFC 7450",
    "2001:4:112::/48": "AS112, RFC 7535",
    "2001:20::/28": "ORCHIDv2, RFC 7343",
    "2001:30::/28": "tags of drones, RFC 9374",
}
"""Parts of 2001::/23 that IANA marks as globally reachable."""

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # the only block from which IANA assigns IPv6 addresses
_NEVER_ALLOWED, _PRIVATE, _GLOBALLY_REACHABLE = (
    tuple(map(ip_network, blocks)) for blocks in (NEVER_ALLOWED, PRIVATE, GLOBALLY_REACHABLE)
)
_LOOPBACK_V6 = IPv6Address("::1")  # the one address in ::/96 that is in use


def is_public(address: str) -> bool:
    """Whether packets to this address reach the public internet."""
    ip = _destination(address)
    if _in_any(ip, _NEVER_ALLOWED) or _isatap(ip):
        return False
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST:
        return False
    return _in_any(ip, _GLOBALLY_REACHABLE) or not _in_any(ip, _PRIVATE)


def is_public_or_private(address: str) -> bool:
    """Whether an address is public or private, but not one that is never allowed."""
    ip = _destination(address)
    if ip == _LOOPBACK_V6:
        return True
    if _in_any(ip, _NEVER_ALLOWED):
        return False
    if inside := _isatap(ip):
        return not _in_any(inside, _NEVER_ALLOWED)
    return _in_any(ip, _PRIVATE) or is_public(address)


def _in_any(ip: Address, networks: Iterable[Network]) -> bool:
    return any(ip in network for network in networks)


def _destination(address: str) -> Address:
    """The address that packets reach: for IPv4 embedded in IPv6, the IPv4 address."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(ip.packed[-4:])
    return ip


def _isatap(ip: Address) -> IPv4Address | None:
    """The IPv4 host to which an ISATAP router forwards packets; None for other addresses.

    An ISATAP address has 0000:5efe before its last four bytes, after any prefix; two bits of it
    may be set (RFC 5214, section 6.1, and RFC 4291, appendix A).
    """
    if isinstance(ip, IPv4Address):
        return None
    mark = int.from_bytes(ip.packed[8:12]) & ~0x0300_0000
    return IPv4Address(ip.packed[12:]) if mark == 0x5EFE else None
