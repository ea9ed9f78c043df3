"""Damaged pictures, CSVs and chunks, for as long as `FUZZ_SECONDS` says: 3 seconds unless told.

The same seed makes the same inputs. A new one is drawn for each run; `FUZZ_SEED` repeats the
input that is named when a run fails. Each kind is tried in a process of its own: a crash ends
that process alone, a hang ends with a trace, and its memory is measured. What is tried next is
written down before, so that it is known after a crash too.
"""

import faulthandler
import json
import os
import random
import struct
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE
from collage_core.contract.reasons import Reason
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_csv import HEADER, read_chunk, read_file, write_row
from collage_core.covers.grouping import creators
from collage_core.covers.ingest import ingest_csv
from collage_core.covers.rows import CoverRow
from collage_core.errors import CsvFormatError
from collage_core.hosts.host_names import ascii_host
from collage_core.pictures.imaging import decode_cell
from collage_core.pictures.memory import MAX_DECODING_BYTES
from tests.support.chunks import Output, recipe, work
from tests.support.cover_host import cover_host, response
from tests.support.decoding_memory import forget_peak, peak
from tests.support.pictures import HEIC, encoded, plain, quarters
from tests.support.strategies import HOSTILE_NAMES

REPO = Path(__file__).resolve().parents[4]
SECONDS = float(os.environ.get("FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))

HANG_SECONDS = 30
"""Longer than any one input may take, on a busy machine."""

LEAST_INPUTS = 10
"""Tried however slow the machine is."""

ALLOWANCE = 60_000_000
"""Memory besides what decoding is held to: the body, its damaged copy, libraries, heap holes."""

MOST_BYTES = {
    "pictures": MAX_DECODING_BYTES + ALLOWANCE,
    "csvs": 5_000_000,
    "chunks": MAX_DECODING_BYTES + ALLOWANCE,
}

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
    return png_with_right_checksums(body) if chance.random() < 0.5 else bytes(body)


def png_with_right_checksums(body: bytearray) -> bytes:
    """A PNG with check sums that are right again: else no fault would get past them."""
    at = 8
    while body.startswith(b"\x89PNG") and at + 12 <= len(body):
        end = at + 8 + struct.unpack_from(">I", body, at)[0]
        if end + 4 > len(body):
            break
        struct.pack_into(">I", body, end, zlib.crc32(body[at + 4 : end]))
        at = end + 4
    return bytes(body)


def damaged_csv(chance: random.Random, urls: Sequence[str]) -> bytes:
    """Rows of hostile names in no order, with bytes of CSVs and any others strewn in."""
    rows = [
        write_row(
            chance.choice(HOSTILE_NAMES),
            chance.choice(urls),
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


type Trial = Callable[[random.Random], str]
"""Tries one input, and says what became of it in a word."""


@contextmanager
def pictures() -> Iterator[Trial]:
    originals = whole_pictures()

    def attempt(chance: random.Random) -> str:
        cell = decode_cell(damaged(chance, originals))
        if isinstance(cell, Reason):
            return cell
        assert (cell.mode, cell.size) == ("RGB", DEFAULT_CELL_SIZE)
        return "cell"

    yield attempt


@contextmanager
def csvs() -> Iterator[Trial]:
    """Files and parts of files; only an error of ours may refuse them."""
    urls = ["http://[::1]:1/a.jpg?s=1", "https://192.0.2.1/%2B", "nonsense", ""]

    def attempt(chance: random.Random) -> str:
        data = damaged_csv(chance, urls)
        try:
            read = list(read_chunk(data))
            assert all(isinstance(row, CoverRow | RejectedRow) for row in read)
            grouped = sum(len(group.rows) + len(group.rejected) for group in creators(read))
            assert grouped == len(read)
            taken = ingest_csv(data, chunk_rows=5)
        except CsvFormatError:
            return "refused"
        assert taken.rows == len(list(read_file(data)))
        return "with usable rows" if taken.spans else "without usable rows"

    yield attempt


@contextmanager
def chunks() -> Iterator[Trial]:
    """Through the whole worker, with covers that are whole, damaged, missing and out of reach."""
    originals = whole_pictures()
    with cover_host() as host:
        whole = [
            host.answer(f"/whole/{number}", response(body))
            for number, body in enumerate(originals[:-1])
        ]
        beside = ["http://[::1]:1/a.jpg?s=1", "https://192.0.2.1/%2B", host.url("/no"), "nonsense"]

        def attempt(chance: random.Random) -> str:
            broken = [
                host.answer(f"/damaged/{number}", response(damaged(chance, originals)))
                for number in range(4)
            ]
            data = damaged_csv(chance, [*whole, *broken, *beside])
            small = recipe(data, rows=1, cols=2, cell_size=CELL_SIZES["180x240"])
            books = work(data, small, output=Output(), allowed=("127.0.0.1", "::1")).books
            books.check_balance("the damaged chunk")
            assert books.rows.total == len(list(read_chunk(data)))
            return "placed" if books.rows.placed else "nothing placed"

        yield attempt


TRIALS = {"pictures": pictures, "csvs": csvs, "chunks": chunks}


def until(seconds: float) -> Iterator[int]:
    """Numbers of inputs, until the time is up."""
    end = time.monotonic() + seconds
    number = 0
    while number < LEAST_INPUTS or time.monotonic() < end:
        yield number
        number += 1


@contextmanager
def named(seed_file: Path) -> Iterator[None]:
    """Whatever goes wrong, say how it is repeated."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"FUZZ_SEED={seed_file.read_text()}")
        raise


@pytest.mark.thorough
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("kind", "seconds", "expected"),
    [
        ("pictures", SECONDS, {"cell", Reason.NOT_AN_IMAGE, Reason.TRUNCATED_IMAGE}),
        ("csvs", SECONDS / 3, {"with usable rows", "refused"}),
        ("chunks", SECONDS / 2, {"placed"}),
    ],
    ids=list(TRIALS),
)
def test_no_damaged_input_crashes_or_stalls_a_worker_or_fills_memory(
    kind: str, seconds: float, expected: set[str], tmp_path: Path
) -> None:
    """The faults are neither all harmless nor all fatal: what is expected comes too."""
    seed_file = tmp_path / "seed"
    seed_file.write_text(str(SEED))
    with named(seed_file):
        finished = subprocess.run(  # noqa: S603  our own program
            [
                sys.executable,
                "-m",
                "tests.unit.collage_core.pictures.test_fuzz",
                kind,
                str(seconds),
                str(seed_file),
            ],
            cwd=REPO,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 100,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
    outcomes = json.loads(finished.stdout)
    assert expected <= outcomes.keys(), f"FUZZ_SEED={SEED}: {outcomes}"


def main(kind: str, seconds: float, seed_file: Path) -> None:
    """Try inputs of a kind, from the seed in `seed_file` on, and print how often they came to what.

    The file has the seed of each input while it is tried.
    """
    seed = int(seed_file.read_text())
    outcomes: Counter[str] = Counter()
    ascii_host("é.example")  # loads Unicode's tables, once for a process
    with TRIALS[kind]() as attempt, seed_file.open("r+b", buffering=0) as written:
        forget_peak()
        before = peak()
        for number in until(seconds):
            os.pwrite(written.fileno(), str(seed + number).encode(), 0)
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
            outcomes[attempt(dice(seed + number))] += 1
            if (taken := peak() - before) > MOST_BYTES[kind]:
                sys.exit(f"it took {taken} bytes: at most {MOST_BYTES[kind]} are allowed")
        faulthandler.cancel_dump_traceback_later()
    print(json.dumps(outcomes))  # noqa: T201


if __name__ == "__main__":
    faulthandler.enable()
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
