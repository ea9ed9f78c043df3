"""The style and scripts of the pages, which a browser may keep until the next release."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from collage_core.report.environment import style

router = APIRouter()

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_FOLDERS = ("static", "static/vendored")


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    content_type: str
    version: str


@router.get("/static/{name}")
def static_file(name: str, v: str = "") -> Response:
    """A file. With its version in the query, it never changes."""
    found = _files().get(name)
    if found is None:
        raise HTTPException(404, "There is no such file.")
    kept = "private, max-age=31536000, immutable" if v == found.version else "no-cache"
    return Response(
        found.body,
        media_type=found.content_type,
        headers={"Cache-Control": kept, "X-Content-Type-Options": "nosniff"},
    )


def version(name: str) -> str:
    """What changes with the bytes of a file. Raises KeyError if there is no such file."""
    return _files()[name].version


@cache
def _files() -> dict[str, _File]:
    """All files by their names. They are read once: a release brings new processes."""
    found = {"style.css": _file(style().encode(), _TYPES[".css"])}
    for folder in _FOLDERS:
        found |= _files_of(files("collage_airflow.run_page").joinpath(folder))
    return found


def _files_of(folder: Traversable) -> dict[str, _File]:
    found = {}
    for entry in folder.iterdir():
        content_type = _TYPES.get(f".{entry.name.rpartition('.')[2]}")
        if content_type is not None:
            found[entry.name] = _file(entry.read_bytes(), content_type)
    return found


def _file(body: bytes, content_type: str) -> _File:
    return _File(body, content_type, hashlib.sha256(body).hexdigest()[:12])
