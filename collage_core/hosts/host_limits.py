"""The most requests per second that a host gets, by host or glob."""

import json
from collections.abc import Mapping
from typing import Any

from collage_core.errors import SettingError
from collage_core.hosts.by_host import ByHost, read_by_host

LIMITS_FORM = """JSON such as {"*.cdn.example": 200, "covers.example": 50}"""
"""The form of the setting, for messages."""

LEAST, MOST = 0.1, 100_000
"""Requests per second that the setting may give a host. The share of one worker may be smaller."""


class HostLimits:
    """Requests per second by host. Immutable, and equal when all limits are.

    Each host that an entry matches has the limit by itself, not together with the others.
    """

    # Not a dataclass: the answer of the self-check has it as it is written in the setting.

    __slots__ = ("_limits",)

    def __init__(self, limits: Mapping[str, float] | None = None) -> None:
        """`limits`: for each host or glob of hosts, as in the allow-list, requests per second.

        Raises SettingError that names the entry, its value and what is allowed.
        """
        for host, limit in (limits or {}).items():
            _check(host, limit, least=0.0)
        self._limits = ByHost(dict(limits or {}), twice="keep one of its limits")

    @classmethod
    def parse(cls, text: str) -> "HostLimits":
        """Read the setting. Raises SettingError as the constructor does."""
        read = read_by_host(text)
        for host, limit in read.items():
            _check(host, limit, least=LEAST)
        return cls(read)

    @property
    def by_entry(self) -> dict[str, float]:
        """The limits by their entries, as they are compared with hosts."""
        return dict(self._limits.rules)

    def of(self, host: str) -> float | None:
        """The limit of `host`, in any of the forms of a host; None: none.

        Of several entries that match, the most specific one counts: a host before a glob, a longer
        glob before a shorter one.
        """
        limit = None
        for limit in self._limits.of(host):  # noqa: B007  the last one is the most specific
            pass
        return limit

    def shared_by(self, workers: int) -> "HostLimits":
        """What each of so many workers may do, so that all together keep to the limits."""
        return HostLimits({entry: limit / workers for entry, limit in self._limits.rules})

    def __bool__(self) -> bool:
        return bool(self._limits.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostLimits) and self._limits.rules == other._limits.rules

    def __hash__(self) -> int:
        return hash(self._limits.rules)

    def __str__(self) -> str:
        """The JSON of the setting; empty without a limit."""
        if not self:
            return ""
        return json.dumps({entry: _plain(limit) for entry, limit in self._limits.rules})

    def __repr__(self) -> str:
        return f"HostLimits({self})"


def _check(host: str, limit: Any, *, least: float) -> None:
    # True is a number in Python, and NaN is one that no comparison holds for.
    is_number = isinstance(limit, int | float) and not isinstance(limit, bool)
    if not is_number or not 0 < limit <= MOST or limit < least:
        raise SettingError(
            f"{host!r} has the limit {_shown(limit)}: it must be a number from {LEAST} to {MOST}, "
            "in requests per second"
        )


def _plain(limit: float) -> float:
    """200 and not 200.0."""
    return int(limit) if limit == int(limit) else limit


def _shown(value: object) -> str:
    written = json.dumps(value)
    return written if len(written) <= 40 else f"{written[:37]}..."
