"""The files of a creator in a folder of collages, and the names there that look like another."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.contract.reading import read
from collage_core.errors import MessageError
from collage_core.layout.alike import look
from collage_core.layout.creator_files import CreatorFile
from collage_core.layout.creator_names import encode_creator

_METADATA = "metadata"
_FOLDERS = ("collages", "thumbnails", _METADATA)
_MOST_NEAR = 3


def files_of(folder: Path, creator: str, *, timestamp: str | None) -> list[Path]:
    """All files of that creator, of one run or of all, by folder and then by run.

    Raises OSError when a folder cannot be read.
    """
    encoded = encode_creator(creator)
    return [
        path
        for name in _FOLDERS
        for path, file in _files(folder / name)
        if file.encoded == encoded and timestamp in {None, file.timestamp}
    ]


def names_like(folder: Path, creator: str) -> list[str]:
    """Up to three creators of the folder whose names look like this one, the nearest first."""
    # Metadata is there for creators without a collage, too.
    names = {_name(path, file) for path, file in _files(folder / _METADATA)}
    by_look: dict[str, list[str]] = {}
    for name in sorted(names):
        by_look.setdefault(look(name), []).append(name)
    near = difflib.get_close_matches(look(creator), by_look, n=_MOST_NEAR)
    return [name for shape in near for name in by_look[shape]][:_MOST_NEAR]


def _files(folder: Path) -> Iterator[tuple[Path, CreatorFile]]:
    if not folder.is_dir():
        return
    # Not `rglob`, which passes over folders that cannot be read.
    walk = folder.walk(on_error=_fail)
    for path in sorted(parent / name for parent, _, names in walk for name in names):
        if (file := CreatorFile.of(path.name)) is not None:
            yield path, file


def _fail(error: OSError) -> None:
    raise error


def _name(path: Path, file: CreatorFile) -> str:
    if file.creator is not None:
        return file.creator
    try:
        return read(path.read_bytes(), CollageMetadata).result.creator
    except (OSError, MessageError):
        return file.encoded
