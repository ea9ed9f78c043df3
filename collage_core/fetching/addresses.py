"""Which hosts may be asked for covers, and at which addresses.

Cover URLs are text from strangers, and a worker stands inside a network. What decides is
never the spelling of a host but the addresses that its name has right now: they are looked
up once, checked, and handed on to be connected to. A name that answers differently a moment
later, or `0x7f.1`, or an IPv4 address dressed up as IPv6, gains nothing by it.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from collage_core.reasons import Reason

type Resolver = Callable[..., Sequence[tuple[Any, ...]]]
"""Has the signature of `socket.getaddrinfo`."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))  # Teredo and 6to4
# Protocol assignments and 6to4 relays: which of them `is_global` knows depends on the Python.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_AWS_SERVICES = IPv6Network("fd00:ec2::/32")


class LookupPostponedError(Exception):
    """A resolver could not be asked or had no time; the name may well exist."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that passed the check, as `socket.connect` takes it."""

    family: int
    sockaddr: tuple[Any, ...]


class AddressPolicy:
    """The rule of one run. Safe to use from many threads."""

    def __init__(
        self, allowed_hosts: Iterable[str] = (), *, resolve: Resolver = socket.getaddrinfo
    ) -> None:
        """`allowed_hosts`: globs, one of which a host must match; none at all allows every host.

        A host that stands there literally may have a private address. A glob only permits
        the name: `*` must not open the network that the worker is in.
        """
        self._patterns = tuple(_plain(host) for host in allowed_hosts)
        # A strange host may be spelled as a glob is: `img.*.example` matches itself.
        self._literals = {name for name in self._patterns if not set("*?[") & set(name)}
        self._resolve = resolve

    def endpoints(self, host: str, port: int) -> Sequence[Endpoint] | Reason:
        """Where `host` may be connected to, in the resolver's order.

        BLOCKED_ADDRESS when its name is not allowed or any of its addresses is not;
        DNS_FAILURE when it has no address. Raises LookupPostponedError when the resolver
        cannot say just now.
        """
        name = _plain(host)
        if self._patterns and not any(fnmatchcase(name, glob) for glob in self._patterns):
            return Reason.BLOCKED_ADDRESS
        try:
            found = self._resolve(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise LookupPostponedError(error.strerror) from error
            return Reason.DNS_FAILURE
        except (OSError, UnicodeError):  # UnicodeError: a label that IDNA cannot spell
            return Reason.DNS_FAILURE
        endpoints = [Endpoint(family, sockaddr) for family, _, _, _, sockaddr in found]
        allowed = is_public_or_private if name in self._literals else is_public
        # One bad address condemns the name: no honest host mixes public and private ones.
        if not all(allowed(endpoint.sockaddr[0]) for endpoint in endpoints):
            return Reason.BLOCKED_ADDRESS
        return endpoints or Reason.DNS_FAILURE


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, by what it really reaches."""
    ip = _reached(address)
    if isinstance(ip, IPv6Address):
        return ip in _GLOBAL_UNICAST and ip.is_global and not _in_any(ip, _TUNNELS)
    return ip.is_global and not ip.is_multicast and not _in_any(ip, _SPECIAL)


def is_public_or_private(address: str) -> bool:
    """The same, or an address of one's own network; never one that hands out credentials.

    Link-local addresses hold a cloud's metadata services, which give a role's keys to
    whoever asks from inside.
    """
    ip = _reached(address)
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _AWS_SERVICES:
        return False
    return is_public(address) or ip.is_private


def _in_any(ip: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(ip in network for network in networks)


def _reached(address: str) -> IPv4Address | IPv6Address:
    """The address that packets end at: IPv4 that is written as IPv6 is taken out of it."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(ip.packed[-4:])
    return ip


def _plain(host: str) -> str:
    """A host as it is compared: no brackets of IPv6, no dot of a full name, lower case."""
    return host.lower().strip("[]").rstrip(".")
