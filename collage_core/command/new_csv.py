"""A new CSV in a folder: under a name that no other export has, complete or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys


@contextmanager
def new_csv(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """The path that the CSV gets after the block, and the file to write it into.

    When the block fails, nothing is left. Raises OSError.
    """
    path, file = _begun(folder)
    unfinished = _unfinished(path)
    try:
        with file:
            yield path, file
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _begun(folder: Path) -> tuple[Path, BinaryIO]:
    """The first second from now on that no other CSV of the folder has, finished or not."""
    second = RunTimestamp.of(datetime.now(UTC))
    while True:
        path = folder / Path(keys.cover_urls_csv(second)).name
        try:
            file = _unfinished(path).open("xb")
        except FileExistsError:
            pass
        else:
            # Only now, because another process may have finished a moment ago.
            if not path.exists():
                return path, file
            file.close()
            _unfinished(path).unlink()
        second = second.later(1)


def _unfinished(path: Path) -> Path:
    return path.with_suffix(".part")
