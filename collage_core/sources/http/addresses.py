"""Which hosts covers may be requested from, and at which addresses.

Cover URLs are untrusted, and a worker runs inside a network. So a host is not judged by its name,
but by the addresses that the name has now: they are looked up once, checked, and then used for the
connection. A name whose addresses change a moment later, or `0x7f.1`, or an IPv4 address written as
IPv6 cannot get around the check.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from collage_core.contract.reasons import Reason
from collage_core.hosts.address_blocks import is_public, is_public_or_private
from collage_core.hosts.allowed_hosts import allowed_host, is_glob
from collage_core.hosts.host_names import canonical_host
from collage_core.sources.http.blocked_hosts import BlockedHosts

type Resolver = Callable[..., Sequence[tuple[Any, ...]]]
"""A function with the signature of `socket.getaddrinfo`."""


class TemporaryLookupError(Exception):
    """The resolver is unavailable for the moment; the name may exist."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that passed the check, in the form for `socket.connect`."""

    family: int
    sockaddr: tuple[Any, ...]


class AddressPolicy:
    """The rules of one run for hosts and addresses. Safe to use from many threads."""

    def __init__(
        self, allowed_hosts: Iterable[str] = (), *, resolve: Resolver = socket.getaddrinfo
    ) -> None:
        """`allowed_hosts`: entries, one of which a host must match; empty allows every host.

        A host that is listed by its name may have a private address. A glob only allows names, so
        that `*` does not open the network that the worker is in. Raises SettingError for an entry
        that `allowed_host` refuses.
        """
        self._patterns = tuple(map(allowed_host, allowed_hosts))
        # A hostile host may look like a glob: `img.*.example` matches itself.
        self._literals = {name for name in self._patterns if not is_glob(name)}
        self._resolve = resolve
        self.blocked = BlockedHosts()

    def endpoints(self, host: str, port: int) -> Sequence[Endpoint] | Reason:
        """The addresses of `host` to connect to, in the resolver's order.

        BLOCKED_ADDRESS when the name or any of its addresses is not allowed, which is noted in
        `blocked`; DNS_FAILURE when it has no address. Raises TemporaryLookupError when the resolver
        is unavailable for the moment.
        """
        name = canonical_host(host)
        if self._patterns and not any(fnmatchcase(name, glob) for glob in self._patterns):
            self.blocked.note(name, may_be_named=True)
            return Reason.BLOCKED_ADDRESS
        try:
            found = self._resolve(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise TemporaryLookupError(error.strerror) from error
            return Reason.DNS_FAILURE
        except (OSError, UnicodeError):  # UnicodeError: a label that IDNA cannot encode
            return Reason.DNS_FAILURE
        endpoints = [Endpoint(family, sockaddr) for family, _, _, _, sockaddr in found]
        addresses = [endpoint.sockaddr[0] for endpoint in endpoints]
        allowed = is_public_or_private if name in self._literals else is_public
        # One forbidden address blocks the name: no honest host mixes public and private addresses.
        if not all(map(allowed, addresses)):
            self.blocked.note(name, may_be_named=all(map(is_public_or_private, addresses)))
            return Reason.BLOCKED_ADDRESS
        return endpoints or Reason.DNS_FAILURE
