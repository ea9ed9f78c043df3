"""The headers that some hosts of covers ask for, such as a `Referer`: which host gets which.

A value may be a secret. So nothing here shows one: no error, no `repr`, no answer of the function.
"""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from collage_core.errors import SettingError
from collage_core.hosts.allowed_hosts import allowed_host, is_glob
from collage_core.hosts.host_names import canonical_host

HEADERS_FORM = """JSON such as {"*.cdn.example": {"Referer": "https://www.example/"}}"""
"""The form of the setting, for messages."""

LONGEST_TEXT = 4096
"""Most characters of the setting: a function has 4 KB for all of its variables, and servers refuse
a request with more than 8 KB of headers."""

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

type _Rules = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


class RequestHeaders:
    """Headers by host. Immutable, and equal when all headers are."""

    # Not a dataclass: msgspec would write its fields into the answer of the self-check.

    __slots__ = ("_rules",)

    def __init__(self, headers: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """`headers`: for each host or glob of hosts, as in the allow-list, values by name.

        Raises SettingError that names the host and the header, and never a value.
        """
        rules: dict[str, tuple[tuple[str, str], ...]] = {}
        for host, given in (headers or {}).items():
            entry = allowed_host(host)
            if entry in rules:
                raise SettingError(f"{host!r} is there twice: write its headers together")
            rules[entry] = _checked(host, given)
        # The least specific first, so that a later one replaces its headers.
        self._rules: _Rules = tuple(
            sorted(rules.items(), key=lambda rule: (not is_glob(rule[0]), len(rule[0]), rule[0]))
        )

    @classmethod
    def parse(cls, text: str) -> "RequestHeaders":
        """Read the setting. Raises SettingError as the constructor does."""
        if not text.strip():
            return cls()
        if len(text) > LONGEST_TEXT:
            raise SettingError(f"it has {len(text)} characters, and at most {LONGEST_TEXT} fit")
        try:
            read = json.loads(text, object_pairs_hook=_without_repeats)
        except json.JSONDecodeError as error:
            raise SettingError(f"it is no JSON at character {error.pos + 1}") from None
        except RecursionError:
            raise SettingError("it is nested too deep") from None
        if not isinstance(read, dict):
            raise SettingError("it is no object with a host for each of its names")
        return cls(read)

    def of(self, host: str) -> dict[str, str]:
        """The headers of a request to `host`, in any of the forms of a host.

        Of several entries that match, the most specific one counts, for each header by itself: a
        host before a glob, a longer glob before a shorter one.
        """
        if not self._rules:
            return {}
        name = canonical_host(host)
        found: dict[str, tuple[str, str]] = {}
        for entry, headers in self._rules:
            if fnmatchcase(name, entry):
                found |= {header.lower(): (header, value) for header, value in headers}
        return dict(found.values())

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RequestHeaders) and self._rules == other._rules

    def __hash__(self) -> int:
        return hash(self._rules)

    def __str__(self) -> str:
        """Hosts and names alone: `*.cdn.example: Referer, User-Agent; a.example: Referer`."""
        return "; ".join(
            f"{entry}: {', '.join(name for name, _ in headers)}" for entry, headers in self._rules
        )

    def __repr__(self) -> str:
        return f"RequestHeaders({self})"


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the JSON, in which a name that is there twice would lose its first value."""
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SettingError(f"{_shown(twice)} is there twice: keep one of them")
    return read


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
