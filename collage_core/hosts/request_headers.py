"""The headers that some hosts of covers ask for, such as a `Referer`: which host gets which.

A value may be a secret. So nothing here shows one: no error, no `repr`, no answer of the function.
"""

import re
from collections.abc import Mapping

from collage_core.errors import SettingError
from collage_core.hosts.by_host import ByHost, read_by_host

HEADERS_FORM = """JSON such as {"*.cdn.example": {"Referer": "https://www.example/"}}"""
"""The form of the setting, for messages."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")

_REFUSED = (
    (
        re.compile(r"content-.*|transfer-encoding|te|trailer|expect"),
        "says how a body is sent, and a request for a cover has none",
    ),
    (
        re.compile(r"connection|keep-alive|upgrade|http2-settings|proxy-.*"),
        "belongs to one connection, and not to the cover's host",
    ),
    (re.compile(r"host"), "would ask another host than the one that was checked"),
    (re.compile(r"cookies?2?|set-cookie"), "is set by the hosts themselves, while they redirect"),
    (re.compile(r"accept-encoding"), "must stay as it is: few compressions can be unpacked"),
    (re.compile(r"range|if-.*"), "asks for an answer that is no whole cover"),
)
"""Names in lower case that cannot be set, and why."""


class RequestHeaders:
    """Headers by host. Immutable, and equal when all headers are."""

    # Not a dataclass: msgspec would write its fields into the answer of the self-check.

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """`headers`: for each host or glob of hosts, as in the allow-list, values by name.

        Raises SettingError that names the host and the header, and never a value.
        """
        self._headers = ByHost(
            {host: _checked(host, given) for host, given in (headers or {}).items()},
            twice="write its headers together",
        )

    @classmethod
    def parse(cls, text: str) -> "RequestHeaders":
        """Read the setting. Raises SettingError as the constructor does."""
        return cls(read_by_host(text, show=_shown))

    def of(self, host: str) -> dict[str, str]:
        """The headers of a request to `host`, in any of the forms of a host.

        Of several entries that match, the most specific one counts, for each header by itself: a
        host before a glob, a longer glob before a shorter one.
        """
        found: dict[str, tuple[str, str]] = {}
        for headers in self._headers.of(host):
            found |= {header.lower(): (header, value) for header, value in headers}
        return dict(found.values())

    @property
    def values(self) -> list[str]:
        """All values, for whoever masks them."""
        return [value for _, headers in self._headers.rules for _, value in headers]

    def __bool__(self) -> bool:
        return bool(self._headers.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RequestHeaders) and self._headers.rules == other._headers.rules

    def __hash__(self) -> int:
        return hash(self._headers.rules)

    def __str__(self) -> str:
        """Hosts and names alone: `*.cdn.example: Referer, User-Agent; a.example: Referer`."""
        return "; ".join(
            f"{entry}: {', '.join(name for name, _ in headers)}"
            for entry, headers in self._headers.rules
        )

    def __repr__(self) -> str:
        return f"RequestHeaders({self})"


def _checked(host: str, given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, Mapping) or not given:
        raise SettingError(f"""{host!r} has no headers: write them as {{"name": "value"}}""")
    headers: dict[str, tuple[str, str]] = {}
    for name, value in given.items():
        thing = f"{_shown(name)} for {host!r}"
        if not _NAME.fullmatch(name):
            raise SettingError(
                f"{thing} is no name of a header: write letters, digits and hyphens alone"
            )
        for refused, why in _REFUSED:
            if refused.fullmatch(name.lower()):
                raise SettingError(f"{thing} {why}: leave it out")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise SettingError(
                f"{thing} has a value that cannot be sent: write a text of ASCII characters "
                "without line breaks, and without a blank at either end"
            )
        if name.lower() in headers:
            raise SettingError(f"{thing} is there twice, in capitals or not: keep one of them")
        headers[name.lower()] = (name, value)
    return tuple(headers.values())


def _shown(name: str) -> str:
    """A name up to what cannot be in one: after a colon there may be a value."""
    named = _NAME.match(name)
    if named is None:
        return "a header"
    return repr(named[0]) if named[0] == name else f"{named[0] + '…'!r}"
