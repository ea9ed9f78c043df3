"""A zip whose bytes depend only on the names and contents of its files."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
_READABLE_FILE = 0o100644  # Lambda's user is not the one who built the zip
_UNIX = 3


def write_zip(out: Path, files: Mapping[str, Path]) -> None:
    """Write files under the given names, sorted, all with the same date and mode.

    Nothing is left of a zip that cannot be written. Raises OSError.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".part")
    try:
        with zipfile.ZipFile(unfinished, "w") as archive:
            for name in sorted(files):
                archive.writestr(_entry(name), files[name].read_bytes(), compresslevel=9)
        unfinished.replace(out)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.create_system = _UNIX
    entry.external_attr = _READABLE_FILE << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
