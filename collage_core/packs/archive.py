"""Writes packs: stored ZIPs. The same covers give the same bytes, on every system."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_FIRST_YEAR, _LAST_YEAR = 1980, 2107
"""The years that a ZIP can name."""

_UNIX = 3
_PLAIN_FILE = 0o100644 << 16
"""The same on every system that writes packs: Python would say what system it runs on."""


def write_pack(out: BinaryIO, covers: Iterable[tuple[str, bytes]], moment: datetime) -> int:
    """Write a ZIP of these members, by name, in this order; the byte where its directory begins.

    `moment` is the time that each member has, aware.
    """
    with ZipFile(out, "w", ZIP_STORED, allowZip64=False) as archive:
        for name, body in covers:
            member = ZipInfo(name, _as_zip_has_it(moment))
            member.create_system = _UNIX
            member.external_attr = _PLAIN_FILE
            archive.writestr(member, body)
        return archive.start_dir


def _as_zip_has_it(moment: datetime) -> tuple[int, int, int, int, int, int]:
    moment = moment.astimezone(UTC)
    year = min(max(moment.year, _FIRST_YEAR), _LAST_YEAR)
    return (year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
