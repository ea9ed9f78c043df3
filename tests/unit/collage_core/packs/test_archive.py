"""Packs are ZIPs that anybody can open, and the same covers give the same bytes."""

import io
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from collage_core.packs.archive import write_pack

MOMENT = datetime(2026, 10, 14, 8, 30, 1, tzinfo=UTC)
COVERS = [("ana/0f.jpg", b"\xff\xd8\xffone"), ("bo/1f.png", b"\x89PNGtwo")]


def packed(moment: datetime = MOMENT) -> tuple[bytes, int]:
    out = io.BytesIO()
    directory_at = write_pack(out, iter(COVERS), moment)
    return out.getvalue(), directory_at


def test_the_members_are_stored_in_order_with_their_time() -> None:
    body, _ = packed()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert [(item.filename, archive.read(item)) for item in archive.infolist()] == COVERS
        assert {item.compress_type for item in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {item.date_time for item in archive.infolist()} == {(2026, 10, 14, 8, 30, 0)}
        assert not any(item.extra or item.comment or item.flag_bits for item in archive.infolist())


def test_the_directory_begins_where_it_says() -> None:
    body, directory_at = packed()
    assert body[directory_at : directory_at + 4] == b"PK\1\2"
    assert body.count(b"PK\1\2") == len(COVERS)


def test_the_same_covers_give_the_same_bytes_in_any_time_zone() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert packed() == packed(elsewhere)


def test_a_moment_that_a_zip_cannot_name_is_the_nearest_that_it_can() -> None:
    body, _ = packed(datetime(1970, 1, 2, tzinfo=UTC))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.infolist()[0].date_time[:3] == (1980, 1, 2)


def test_another_program_opens_it(tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(packed()[0])
    command = [sys.executable, "-m", "zipfile", "-e", "pack.zip", "out"]
    subprocess.run(command, cwd=tmp_path, check=True)  # noqa: S603 - our own words
    assert (tmp_path / "out/bo/1f.png").read_bytes() == COVERS[1][1]
