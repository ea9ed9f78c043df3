"""Damaged pictures and CSVs, for as long as `FUZZ_SECONDS` says: 4 seconds each unless told.

The same seed makes the same inputs. A new one is drawn for each run and printed when it
fails; `FUZZ_SEED` repeats it. Pictures are decoded in a process of its own: a crash of a
decoder ends that process alone, a hang ends with a trace, and its memory is measured.
"""

import faulthandler
import os
import random
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from collage_core.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract import CoverRow, RejectedRow
from collage_core.covers.cover_csv import HEADER, read_chunk, read_file, write_row
from collage_core.covers.intake import take_in
from collage_core.covers.selection import creators
from collage_core.errors import CsvFormatError
from collage_core.pictures.imaging import MAX_DECODING_BYTES, decode_cell
from collage_core.reasons import Reason
from tests.support.chunks import Output, work
from tests.support.decoding_memory import peak
from tests.support.pictures import HEIC, encoded, plain, quarters
from tests.support.strategies import HOSTILE_NAMES

REPO = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("FUZZ_SECONDS", "4"))
SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))

HANG_SECONDS = 30
"""Longer than any one input may take, on a busy machine."""

ALLOWANCE = 60_000_000
"""Memory besides what decoding is held to: the body, its damaged copy, libraries, heap holes."""

REPEATED_BYTES = 8_000_000
"""That a stretch of a file is repeated to fill. A comment of a GIF then took a minute."""

OFTEN_WRONG = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  to be repeated, not to be safe


def whole_pictures() -> list[bytes]:
    """One of each kind that covers come in, small so that many can be tried."""
    small = quarters(60, 80)
    return [
        encoded(small),
        encoded(small, progressive=True),
        encoded(small.convert("CMYK")),
        encoded(small, comment=b"c", exif=b"Exif\0\0x"),
        encoded(small, "GIF", comment=b"c"),
        encoded(small, quality=40, restart_marker_rows=1),
        encoded(small, "PNG"),
        encoded(plain((1, 2, 3, 4), 60, 80), "PNG"),
        encoded(small.quantize(8), "PNG", transparency=1),
        encoded(small.convert("I;16"), "PNG"),
        encoded(small, "GIF", save_all=True, append_images=[plain((9, 9, 9), 60, 80)]),
        encoded(small, "WEBP"),
        encoded(plain((1, 2, 3, 4), 60, 80), "WEBP", lossless=True),
        encoded(small, "WEBP", save_all=True, append_images=[plain((9, 9, 9), 60, 80)]),
        encoded(small, "AVIF", speed=10),
        encoded(plain((1, 2, 3, 4), 60, 80), "AVIF", speed=10),
        HEIC,
    ]


def damaged(chance: random.Random, originals: list[bytes]) -> bytes:
    """One of `originals` with some of the faults that files have, and some that are made."""
    body = bytearray(chance.choice(originals))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(body) + 1)
        # Headers are short and decide the most: half of the faults are in the first bytes.
        at = at % 200 if chance.random() < 0.5 else at
        match chance.randrange(7 if chance.random() < 0.9 else 8):
            case 0:
                body[at : at + 1] = bytes([chance.randrange(256)])
            case 1 if at < len(body):
                body[at] ^= 1 << chance.randrange(8)
            case 2:
                del body[at:]
            case 3:
                del body[at : at + chance.randrange(64)]
            case 4:
                number = chance.choice(OFTEN_WRONG)
                kind = chance.choice(["<H", ">H", "<I", ">I"])
                number &= 0xFFFF if kind[1] == "H" else 0xFFFFFFFF
                body[at : at + struct.calcsize(kind)] = struct.pack(kind, number)
            case 5:
                other = chance.choice(originals)
                start = chance.randrange(len(other))
                body[at:at] = other[start : start + chance.randrange(400)]
            case 6:
                start = chance.randrange(len(body) + 1)
                body[at:at] = body[start : start + chance.randrange(400)] * chance.randrange(4)
            case _ if len(body) < REPEATED_BYTES:
                # What is quadratic shows in files as large as they may be, and not before.
                # In its own place: a segment, a block or a chunk is then followed by another.
                part = body[at : at + chance.randint(1, 16)] or b"\xff"
                body[at:at] = part * (REPEATED_BYTES // len(part))
    return mended_png(body) if chance.random() < 0.5 else bytes(body)


def mended_png(body: bytearray) -> bytes:
    """A PNG with check sums that are right again: else no fault would get past them."""
    at = 8
    while body.startswith(b"\x89PNG") and at + 12 <= len(body):
        end = at + 8 + struct.unpack_from(">I", body, at)[0]
        if end + 4 > len(body):
            break
        struct.pack_into(">I", body, end, zlib.crc32(body[at + 4 : end]))
        at = end + 4
    return bytes(body)


def damaged_csv(chance: random.Random) -> bytes:
    """Rows of hostile names in no order, with bytes of CSVs and any others strewn in."""
    rows = [
        write_row(
            chance.choice(HOSTILE_NAMES),
            chance.choice(["http://[::1]:1/a.jpg?s=1", "https://192.0.2.1/%2B", "nonsense", ""]),
            chance.choice(["2026-09-01", "2026-09-01T00:00:00+05:45", "soon", ""]),
        )
        for _ in range(chance.randrange(40))
    ]
    body = bytearray(HEADER + b"".join(rows))
    for _ in range(chance.randrange(8)):
        at = chance.randrange(len(body) + 1)
        piece = chance.choice([b'"', b",", b"\n", b"\r\n", b"\0", b"\xff", b"\xc3", b'"\n"', b""])
        body[at : at + chance.randrange(6)] = piece * chance.choice([1, 1, 2, 50])
    return bytes(body)


def until(seconds: float) -> Iterator[int]:
    """Numbers of inputs, until the time is up."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        yield number
        number += 1


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_damaged_picture_crashes_or_stalls_the_decoders_or_takes_more_than_their_memory() -> (
    None
):
    finished = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "tests.unit.test_fuzz", str(SEED), str(SECONDS)],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS + 100,
    )
    assert finished.returncode == 0, f"FUZZ_SEED={SEED}\n{finished.stdout}{finished.stderr}"
    tried, kinds, taken = map(int, finished.stdout.split())
    assert tried > SECONDS
    assert kinds >= 3, "cells and several reasons: faults are neither all harmless nor all fatal"
    assert taken < MAX_DECODING_BYTES + ALLOWANCE, f"FUZZ_SEED={SEED}"


@pytest.mark.timeout(SECONDS + 120)
def test_no_damaged_csv_is_read_with_an_error_that_is_not_ours() -> None:
    for number in until(SECONDS / 2):
        data = damaged_csv(dice(SEED + number))
        try:
            where = f"FUZZ_SEED={SEED + number}"
            read = list(read_chunk(data))
            assert all(isinstance(row, CoverRow | RejectedRow) for row in read), where
            grouped = sum(len(group.rows) + len(group.rejected) for group in creators(read))
            assert grouped == len(read), where
            rows = read_file(data)
            assert take_in(data, chunk_rows=5).rows == len(rows), where
        except CsvFormatError:
            continue
        except Exception as error:
            raise AssertionError(f"FUZZ_SEED={SEED + number}") from error


@pytest.mark.timeout(SECONDS + 120)
def test_the_books_of_a_damaged_chunk_balance() -> None:
    """Through the whole worker; nothing listens where its URLs lead."""
    for number in until(SECONDS / 2):
        data = damaged_csv(dice(SEED + number))
        try:
            receipt = work(data, output=Output(), allowed=("::1",))
        except Exception as error:
            raise AssertionError(f"FUZZ_SEED={SEED + number}") from error
        assert receipt.books.rows.total == len(list(read_chunk(data))), f"FUZZ_SEED={SEED + number}"
        assert receipt.books.rows.placed == 0


def main(seed: int, seconds: float) -> None:
    """Decode damaged pictures; print how many, how many outcomes there were, and the memory."""
    originals = whole_pictures()
    outcomes: set[str] = set()
    before, tried = peak(), 0
    for number in until(seconds):
        tried = number + 1
        body = damaged(dice(seed + number), originals)
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
        cell = decode_cell(body)
        if not isinstance(cell, Reason):
            assert (cell.mode, cell.size) == ("RGB", DEFAULT_CELL_SIZE)
        outcomes.add(cell if isinstance(cell, Reason) else "cell")
        if peak() - before > MAX_DECODING_BYTES + ALLOWANCE:
            sys.exit(f"FUZZ_SEED={seed + number} took {peak() - before} bytes")
    faulthandler.cancel_dump_traceback_later()
    print(tried, len(outcomes), peak() - before)  # noqa: T201


if __name__ == "__main__":
    faulthandler.enable()
    main(int(sys.argv[1]), float(sys.argv[2]))
