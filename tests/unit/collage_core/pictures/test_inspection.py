import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from collage_core.contract.reasons import Reason
from collage_core.pictures.imaging import decode_cell
from collage_core.pictures.inspection import DecodingWork, inspect
from collage_core.sources.http.bodies import MAX_BODY_BYTES
from tests.support.decoder_bombs import (
    AVIF,
    GIF,
    JPEG,
    PNG,
    REFUSED,
    SHOWN,
    WEBP,
    chunk,
    filled,
    gif_with,
    jpeg_with,
    png_with,
    segment,
)
from tests.support.pictures import encoded, photograph, quarters

REPO = Path(__file__).parents[4]

CPU_SECONDS = 4
"""On a busy machine; alone none of them takes more than two, and most a hundredth of one."""

MEMORY = 80_000_000
"""Copies of a body of 15 MiB, in Pillow and in the decoder, and libraries that are loaded."""


def outcome_and_seconds(body: bytes) -> tuple[str, float]:
    start = time.process_time()
    found = decode_cell(body)
    return found if isinstance(found, Reason) else "cell", time.process_time() - start


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_a_file_that_would_exhaust_a_decoder_is_refused_at_once(make: Callable[[], bytes]) -> None:
    body = make()
    assert len(body) <= MAX_BODY_BYTES
    outcome, seconds = outcome_and_seconds(body)
    assert outcome == Reason.TOO_MANY_PIXELS
    assert seconds < CPU_SECONDS


@pytest.mark.parametrize("make", SHOWN.values(), ids=SHOWN)
def test_data_that_decoders_skip_does_not_cost_the_picture(make: Callable[[], bytes]) -> None:
    body = make()
    assert len(body) <= MAX_BODY_BYTES
    outcome, seconds = outcome_and_seconds(body)
    assert outcome == "cell"
    assert seconds < CPU_SECONDS


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", [name for name in REFUSED | SHOWN if "overlap" in name])
def test_values_that_overlap_take_no_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "cover"
    path.write_bytes((REFUSED | SHOWN)[name]())
    command = [sys.executable, "-m", "tests.support.decoding_memory", str(path)]
    taken = int(subprocess.check_output(command, cwd=REPO))  # noqa: S603  our own program
    assert taken < MEMORY


XMP = b"http://ns.adobe.com/xmp/extension/\0" + bytes(65_000)

PHOTOGRAPH = encoded(
    photograph(1, 300, 400), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + bytes(60_000)
)


LEGITIMATE = {
    "a JPEG": JPEG,
    "large EXIF": PHOTOGRAPH,
    "scans and restarts": encoded(quarters(), progressive=True, restart_marker_rows=1),
    "a profile in segments": encoded(quarters(), icc_profile=bytes(3_000_000)),
    "a comment": encoded(quarters(), comment=b"c" * 60_000),
    "ten MB of XMP": jpeg_with(segment(0xE1, XMP) * 150),
    "EXIF in segments": jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 10),
    "some padding": jpeg_with(b"\xff" * 1000),
    "a GIF": GIF,
    "a GIF with half a MB of comment": gif_with(b"!\xfe" + (b"\xff" + b"c" * 255) * 2000 + b"\0"),
    "a GIF with XMP": gif_with(
        b"!\xff\x0bXMP DataXMP"
        + b"<x:xmpmeta some='words'/>" * 5000
        + b"\1"
        + bytes(range(255, -1, -1))
        + b"\0"
    ),
    "a PNG": PNG,
    "a PNG with texts": png_with(chunk(b"tEXt", b"Software\0some") * 100),
    "a PNG in many parts": png_with(chunk(b"IDAT") * 10_000),
    "a PNG and then anything": PNG + filled(chunk(b"abCd")),
    "a PNG with a profile": encoded(quarters(), "PNG", icc_profile=bytes(900_000)),
    "an AVIF": AVIF,
    "an AVIF with metadata": encoded(
        quarters(), "AVIF", speed=10, icc_profile=bytes(900_000), xmp=bytes(900_000)
    ),
    "a WebP": WEBP,
}


@pytest.mark.parametrize("body", LEGITIMATE.values(), ids=LEGITIMATE)
def test_files_with_much_metadata_are_shown(body: bytes) -> None:
    assert not isinstance(decode_cell(body), Reason)


def test_inspection_finds_the_work_that_the_size_does_not_show() -> None:
    assert inspect(JPEG) == DecodingWork()
    assert inspect(encoded(quarters(60, 80), progressive=True)) == DecodingWork(scans=10)
    assert inspect(AVIF) == DecodingWork(coded_pixels=4800, drawn_pixels=4800)
    assert inspect(PNG) == inspect(GIF) == inspect(WEBP) == inspect(b"<html>") == DecodingWork()
