"""Values by host, as a setting gives them: JSON whose names are hosts, or globs of hosts."""

import json
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from collage_core.errors import SettingError
from collage_core.hosts.allowed_hosts import allowed_host, is_glob
from collage_core.hosts.host_names import canonical_host

LONGEST_TEXT = 4096
"""Most characters of such a setting: a function has 4 KB for all of its variables, and servers
refuse a request with more than 8 KB of headers."""


class ByHost[Value]:
    """A value for each host, or glob of hosts, in the forms of the allow-list. Immutable."""

    __slots__ = ("rules",)

    def __init__(self, given: Mapping[str, Value], *, twice: str) -> None:
        """`twice` is what to do about an entry that is there in two spellings.

        Raises SettingError that names the entry.
        """
        values: dict[str, Value] = {}
        for host, value in given.items():
            entry = allowed_host(host)
            if entry in values:
                raise SettingError(f"{host!r} is there twice: {twice}")
            values[entry] = value
        self.rules: tuple[tuple[str, Value], ...] = tuple(
            sorted(values.items(), key=lambda rule: (not is_glob(rule[0]), len(rule[0]), rule[0]))
        )
        """The least specific first: globs before hosts, a shorter one before a longer one."""

    def of(self, host: str) -> Iterator[Value]:
        """The values of all entries that match, the most specific one last.

        `host` is in any of the forms of a host.
        """
        if not self.rules:
            return
        name = canonical_host(host)
        for entry, value in self.rules:
            if fnmatchcase(name, entry):
                yield value


def read_by_host(text: str, *, show: Callable[[str], str] = repr) -> dict[str, Any]:
    """Read the JSON of such a setting; white space alone is empty.

    Raises SettingError that says where it is wrong. It shows nothing of the text but a name that is
    there twice, by `show`.
    """
    if not text.strip():
        return {}
    if len(text) > LONGEST_TEXT:
        raise SettingError(f"it has {len(text)} characters, and at most {LONGEST_TEXT} fit")

    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) < len(pairs):  # the first value would be lost
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise SettingError(f"{show(twice)} is there twice: keep one of them")
        return read

    try:
        read = json.loads(text, object_pairs_hook=without_repeats)
    except json.JSONDecodeError as error:
        raise SettingError(f"it is no JSON at character {error.pos + 1}") from None
    except RecursionError:
        raise SettingError("it is nested too deep") from None
    if not isinstance(read, dict):
        raise SettingError("it is no object with a host for each of its names")
    return read
