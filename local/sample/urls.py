"""URLs of sample covers: how they are written, and how the cover server reads them.

A path says which cover it is and what is wrong with it, `/covers/004/017.webp` or
`/trouble/not-found/004/017.webp`. The query looks like a CDN's signature; its percent signs
must reach the server unchanged.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from local.sample.images import kind_of
from local.sample.mark import Mark

FAR_FUTURE = 4_102_444_800
"""2100-01-01 as a Unix time: a signature that never expires in a test."""

_PATH = re.compile(r"/(?:covers|trouble/([a-z-]+))/(\d{3})/(\d{3})\.[a-z]+")


class Trouble(StrEnum):
    """What is wrong with a cover, as part of its path."""

    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    GONE = "gone"
    BUSY = "busy"
    """429 with Retry-After at the first request, then the cover."""
    BROKEN = "broken"
    """500 at the first request, then the cover."""
    HANG = "hang"
    """No answer at all."""
    EMPTY = "empty"
    """200 without a body."""
    HTML = "html"
    """200 with a web page that asks to log in."""
    TRUNCATED = "truncated"
    """Half of the file, as a complete answer."""
    CUT_OFF = "cut-off"
    """The connection closes in the middle of the file."""


@dataclass(frozen=True, slots=True)
class Target:
    """The cover and the fault that a path names."""

    mark: Mark
    trouble: Trouble | None


def cover_path(mark: Mark, trouble: Trouble | None = None) -> str:
    """The path of a cover."""
    folder = f"trouble/{trouble.value}" if trouble else "covers"
    return f"/{folder}/{mark.creator:03d}/{mark.number:03d}.{kind_of(mark).suffix}"


def signed(path: str, *, expires: int = FAR_FUTURE, version: int = 1) -> str:
    """The path with a query like a CDN's; each `version` has another signature."""
    digest = hashlib.sha256(f"{path}{expires}{version}".encode()).hexdigest()[:12]
    return f"{path}?x-expires={expires}&x-signature={quote(f'{digest}+/=', safe='')}"


def read_path(path: str) -> Target | None:
    """Read a path that `cover_path` made; None for any other path."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    trouble, creator, number = match.groups()
    try:
        return Target(Mark(int(creator), int(number)), Trouble(trouble) if trouble else None)
    except ValueError:
        return None
