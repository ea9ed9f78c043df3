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
from typing import Any

from collage_core.contract.reasons import Reason
from collage_core.hosts.address_blocks import is_public, is_public_or_private
from collage_core.hosts.allowed_hosts import allowed_host, is_glob
from collage_core.hosts.host_names import canonical_host
from collage_core.sources.http.blocked_hosts import BlockedHosts

__all__ = [
    "AddressPolicy",
    "Endpoint",
    "LookupPostponedError",
    "Resolver",
    "is_public",
    "is_public_or_private",
]

type Resolver = Callable[..., Sequence[tuple[Any, ...]]]
"""Has the signature of `socket.getaddrinfo`."""


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
        """`allowed_hosts`: entries, one of which a host must match; none allows every host.

        A host that stands there literally may have a private address. A glob only permits
        the name: `*` must not open the network that the worker is in. Raises SettingError for
        an entry that `allowed_host` refuses.
        """
        self._patterns = tuple(map(allowed_host, allowed_hosts))
        # A strange host may be spelled as a glob is: `img.*.example` matches itself.
        self._literals = {name for name in self._patterns if not is_glob(name)}
        self._resolve = resolve
        self.blocked = BlockedHosts()

    def endpoints(self, host: str, port: int) -> Sequence[Endpoint] | Reason:
        """Where `host` may be connected to, in the resolver's order.

        BLOCKED_ADDRESS when its name is not allowed or any of its addresses is not, which is
        noted in `blocked`; DNS_FAILURE when it has no address. Raises LookupPostponedError when
        the resolver cannot say just now.
        """
        name = canonical_host(host)
        if self._patterns and not any(fnmatchcase(name, glob) for glob in self._patterns):
            self.blocked.note(name, may_be_named=True)
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
        addresses = [endpoint.sockaddr[0] for endpoint in endpoints]
        allowed = is_public_or_private if name in self._literals else is_public
        # One bad address condemns the name: no honest host mixes public and private ones.
        if not all(map(allowed, addresses)):
            self.blocked.note(name, may_be_named=all(map(is_public_or_private, addresses)))
            return Reason.BLOCKED_ADDRESS
        return endpoints or Reason.DNS_FAILURE
