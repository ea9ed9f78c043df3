"""What a pack's object says about itself: enough to put a pack into an index that no receipt names.

A worker may die between writing a pack and writing the receipt that names it.
"""

from collections.abc import Mapping
from urllib.parse import quote, unquote

from collage_core.contract.pack import Pack
from collage_core.storage.object_store import ObjectHead

_MOST = 900
"""Characters for both names. S3 takes 2 KB of metadata, and names may be long."""


def describe(pack: Pack) -> dict[str, str]:
    """The metadata of a pack's object; empty if the names are too long for it."""
    names = {"first": _quoted(pack.first_creator), "last": _quoted(pack.last_creator)}
    if sum(map(len, names.values())) > _MOST:
        return {}
    return {"directory": str(pack.directory_at), "covers": str(pack.covers), **names}


def pack_of(key: str, head: ObjectHead) -> Pack | None:
    """The pack at this key; None for an object that does not say what it holds."""
    said: Mapping[str, str] = head.metadata
    try:
        directory_at, covers = int(said["directory"]), int(said["covers"])
        first, last = _unquoted(said["first"]), _unquoted(said["last"])
    except (LookupError, ValueError):
        return None
    if not (0 < directory_at < head.bytes and covers > 0 and first and last):
        return None
    return Pack(
        key=key,
        etag=head.etag,
        bytes=head.bytes,
        directory_at=directory_at,
        covers=covers,
        first_creator=first,
        last_creator=last,
    )


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="surrogatepass")


def _unquoted(text: str) -> str:
    # Half of a surrogate pair raises: such a name could not be written into the index.
    return unquote(text, errors="strict")
