import dataclasses
import hashlib
import itertools
import logging
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace
from PIL import Image

from collage_core.contract.books import RowCounts
from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.document import to_json
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import CreatorResult, Outcome, WrittenObject
from collage_core.contract.trigger import Trigger
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.recipes.collage.selection import TRIES_PER_CELL
from collage_core.sources.http import host_breaker
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.machine import Machine
from collage_core.worker import engine, loading
from collage_core.worker.chunk import add_receipts, process_chunk
from collage_core.worker.writing import SoleWriter
from tests.support.chunks import (
    CHUNK_START,
    PLENTY,
    TIMESTAMP,
    Output,
    Row,
    chunk,
    recipe,
    without_time,
    work,
    work_to_the_end,
)
from tests.support.cover_host import CoverHost, cover_host, redirect, response, silence
from tests.support.pictures import cell_of, encoded, numbered, read_number

REPO = Path(__file__).resolve().parents[4]
NEWEST = date(2026, 9, 30)


@pytest.fixture(scope="module")
def host() -> Iterator[CoverHost]:
    """Covers 0 to 99, and one path for each way of going wrong."""
    with cover_host() as server:
        for number in range(100):
            server.answer(f"/{number}.jpg", response(encoded(numbered(number))))
        server.answer("/empty", response(b""))
        server.answer("/html", response(b"<html>Sign in</html>"))
        server.answer("/forbidden", response(b"", 403))
        server.answer("/truncated", response(encoded(numbered(1), quality=95)[:-300]))
        server.answer("/inside", redirect("http://localhost/"))
        server.answer("/tiff", response(encoded(numbered(1, 8, 8), "TIFF")))
        yield server


def covers(host: CoverHost, creator: str, numbers: Sequence[int]) -> list[Row]:
    """Newest first, a day apart."""
    return [
        (creator, host.url(f"/{number}.jpg?x-signature=secret"), f"{NEWEST - timedelta(index):%F}")
        for index, number in enumerate(numbers)
    ]


def test_the_newest_covers_fill_the_grid_row_by_row(host: CoverHost) -> None:
    output = Output()
    receipt = work(chunk(covers(host, "ana", [7, 3, 9, 1, 5, 2, 8, 4])), output=output)
    (result,) = receipt.results
    key = "collages/2026/10/01/sqs-trigger/ana_collage_20261001_000000.jpg"
    assert replace(result, objects=UNSET, pictures=UNSET) == CreatorResult(
        "ana", Outcome.COMPLETE, RowCounts(total=8, placed=6, not_selected=2), key, {}
    )
    assert result.known_objects == {
        kind: WrittenObject(
            hashlib.md5(output[at], usedforsecurity=False).hexdigest(), len(output[at])
        )
        for kind, at in (
            ("collage", key),
            ("thumbnail", keys.thumbnail("ana", TIMESTAMP)),
            ("metadata", keys.metadata("ana", TIMESTAMP)),
        )
    }
    collage = output.collage(result)
    assert collage.size == (900, 800)
    assert [read_number(cell_of(collage, index, 3)) for index in range(6)] == [7, 3, 9, 1, 5, 2]


def test_cells_of_another_size_make_a_collage_of_another_size(host: CoverHost) -> None:
    output, size = Output(), CELL_SIZES["360x480"]
    numbers = list(range(35))
    data = chunk(covers(host, "ana", numbers))
    receipt = work(data, recipe(data, cell_size=size, rows=5, cols=7), output=output)
    (result,) = receipt.results
    collage = output.collage(result)
    assert collage.size == (2520, 2400)
    shown = [cell_of(collage, index, 7, size) for index in numbers]
    assert [read_number(cell) for cell in shown] == numbers
    assert [read_number(cell.crop((340, 460, 360, 480))) for cell in shown] == numbers
    grid = output.metadata("ana")["grid"]
    assert (grid["cell_width"], grid["cell_height"]) == size
    assert (grid["canvas"]["width"], grid["canvas"]["height"]) == collage.size


def test_a_grid_that_is_too_large_for_its_cells_is_refused_before_any_work() -> None:
    data = chunk([("ana", "http://host/1.jpg", "")])
    size = CELL_SIZES["360x480"]
    assert recipe(data, cell_size=size, rows=16, cols=17)
    with pytest.raises(MessageError, match=r"20x20, 400 cells: of 360x480 .* at most 277 fit"):
        recipe(data, cell_size=size, rows=20, cols=20)


def test_the_next_newest_covers_take_the_places_of_those_that_fail(host: CoverHost) -> None:
    rows = covers(host, "ana", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    for index, path in ((1, "/gone"), (4, "/html"), (6, "/truncated")):
        rows[index] = ("ana", host.url(path), rows[index][2])
    output = Output()
    receipt = work(chunk(rows), output=output)
    (result,) = receipt.results
    assert result.outcome is Outcome.COMPLETE
    assert result.rows == RowCounts(total=11, placed=6, failed=3, not_selected=2)
    shown = [read_number(cell_of(output.collage(result), index, 3)) for index in range(6)]
    assert shown == [1, 3, 4, 6, 8, 9]
    metadata = output.metadata("ana")
    assert [cell["updated_at"][:10] for cell in metadata["cells"]] == [
        f"{NEWEST - timedelta(index):%F}" for index in (0, 2, 3, 5, 7, 8)
    ]
    assert [(cover["url"], cover["reason"]) for cover in metadata["not_placed"]] == [
        (host.url("/gone"), "http_404"),
        (host.url("/html"), Reason.NOT_AN_IMAGE),
        (host.url("/truncated"), Reason.TRUNCATED_IMAGE),
        (host.url("/10.jpg"), "not_selected"),
        (host.url("/11.jpg"), "not_selected"),
    ]


def test_covers_that_fail_without_a_reserve_leave_the_last_cells_empty_and_are_named(
    host: CoverHost,
) -> None:
    rows = covers(host, "ana", [1, 2, 3])
    rows[1] = ("ana", host.url("/forbidden?x-signature=secret"), rows[1][2])
    output = Output()
    receipt = work(chunk(rows), output=output)
    (result,) = receipt.results
    assert (result.outcome, result.rows.placed, result.rows.failed) == (Outcome.PARTIAL, 2, 1)
    assert receipt.books.reasons == {"http_403": 1}
    assert [read_number(cell_of(output.collage(result), index, 3)) for index in (0, 1)] == [1, 3]
    metadata = output.metadata("ana")
    assert [cell["url"] for cell in metadata["cells"]] == [host.url("/1.jpg"), host.url("/3.jpg")]
    assert metadata["not_placed"] == [
        {
            "url": host.url("/forbidden"),
            "updated_at": "2026-09-29T00:00:00+00:00",
            "reason": "http_403",
        }
    ]


def test_a_creator_without_a_single_cover_gets_metadata_and_no_collage(host: CoverHost) -> None:
    output = Output()
    receipt = work(chunk([("ana", host.url("/empty"), "")]), output=output)
    assert list(output) == [keys.metadata("ana", TIMESTAMP)]
    assert receipt.results[0].outcome == Outcome.FAILED
    assert receipt.results[0].collage_key is None
    assert receipt.books.objects.collages == 0


def test_objects_are_counted_once_though_the_collage_is_written_twice(host: CoverHost) -> None:
    data, output = chunk(covers(host, "Ana", [1])), Output()
    receipt = work(data, dataclasses.replace(recipe(data), by_creator_copies=True), output=output)
    collage = keys.collage("Ana", TIMESTAMP, Trigger.SQS)
    thumbnail = keys.thumbnail("Ana", TIMESTAMP)
    copy = keys.collage_by_creator("Ana", TIMESTAMP)
    assert set(output) == {collage, copy, thumbnail, keys.metadata("Ana", TIMESTAMP)}
    assert output[collage] == output[copy]
    objects = receipt.books.objects
    assert (objects.collages, objects.thumbnails) == (1, 1)
    assert objects.bytes == len(output[collage]) + len(output[thumbnail])


def test_the_same_chunk_gives_the_same_bytes_and_the_same_receipt(host: CoverHost) -> None:
    rows = [row for name in ("a", "b", "c") for row in covers(host, name, [1, 2, 3, 4])]
    first, second = Output(), Output()
    receipts = [without_time(work(chunk(rows), output=output)) for output in (first, second)]
    assert first == second
    assert receipts[0] == receipts[1]


def test_the_same_chunk_twice_at_once_gives_the_same_bytes_and_the_same_receipt(
    host: CoverHost,
) -> None:
    rows = [row for name in ("a", "b", "c") for row in covers(host, name, [1, 2, 3, 4])]
    outputs = [Output(), Output()]
    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(lambda output: work(chunk(rows), output=output), outputs))
    assert outputs[0] == outputs[1]
    assert without_time(receipts[0]) == without_time(receipts[1])


def test_the_same_chunk_gives_the_same_bytes_on_another_day(
    host: CoverHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, today, later = chunk(covers(host, "a", [1, 2])), Output(), Output()
    work(data, output=today)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 400 * 24 * 3600)
    work(data, output=later, machine=Machine(now=time.time))
    assert later == today


def test_rejected_rows_keep_their_lines_and_creators_of_their_own_are_counted(
    host: CoverHost,
) -> None:
    data = (
        chunk(covers(host, "ana", [1]))
        + b"no comma at all\n"
        + b"bo,not a url,2026-09-01\n"
        + chunk(covers(host, "cy", [2]))
    )
    receipt = work(data)
    assert [(row.line, row.reason) for row in receipt.rejected] == [
        (2, Reason.BAD_ROW),
        (3, Reason.INVALID_URL),
    ]
    assert {result.creator: result.outcome for result in receipt.results} == {
        "ana": Outcome.COMPLETE,
        "bo": Outcome.FAILED,
        "cy": Outcome.COMPLETE,
    }
    assert receipt.lines == 4


FAULTS = {
    "/empty": Reason.NOT_AN_IMAGE,
    "/html": Reason.NOT_AN_IMAGE,
    "/forbidden": "http_403",
    "/gone": "http_404",
    "/truncated": Reason.TRUNCATED_IMAGE,
    "/inside": Reason.BLOCKED_ADDRESS,
    "/tiff": Reason.UNSUPPORTED_FORMAT,
    "/old?x-expires=1700000000": Reason.EXPIRED_URL,
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(
        st.tuples(
            st.sampled_from(["a", "A", "ä", "a,b", "a\nb", "..", "🎬"]),
            st.sampled_from(["good"] * 6 + ["no creator", "no url", *FAULTS]),
            st.integers(0, 12),
        ),
        max_size=25,
    )
)
def test_the_books_balance_under_any_mix_of_faults(
    host: CoverHost, chosen: list[tuple[str, str, int]]
) -> None:
    rows: list[Row] = []
    for creator, kind, number in sorted(chosen, key=lambda row: row[0].encode()):
        match kind:
            case "good":
                rows.append((creator, host.url(f"/{number}.jpg"), "2026-09-01"))
            case "no creator":
                rows.append(("", host.url("/1.jpg"), "2026-09-01"))
            case "no url":
                rows.append((creator, "nonsense", "2026-09-01"))
            case fault:
                rows.append((creator, host.url(fault), "2026-09-01"))
    receipt = work(chunk(rows))

    receipt.books.check_balance("this test's chunk")
    assert receipt.books.rows.total == len(rows)
    assert receipt.resume_at is None
    named = [row for row in chosen if row[1] != "no creator"]
    assert sorted(result.creator for result in receipt.results) == sorted({row[0] for row in named})
    expected: Counter[str] = Counter(
        {Reason.NO_CREATOR: len(chosen) - len(named)}
        | {Reason.INVALID_URL: sum(row[1] == "no url" for row in named)}
    )
    for creator in {row[0] for row in named}:
        usable = [
            url.partition("?")[0] for name, url, _ in rows if name == creator and url != "nonsense"
        ]
        pictures = list(dict.fromkeys(usable))  # of the same age, so in the order of the file
        faults = {host.url(fault).partition("?")[0]: reason for fault, reason in FAULTS.items()}
        free = 6  # cells
        for picture in pictures[: TRIES_PER_CELL * 6]:
            if free and picture in faults:
                expected[faults[picture]] += 1
            elif free:
                free -= 1
    assert Counter(receipt.books.reasons) == +expected


class TestTime:
    def test_a_chain_of_workers_with_little_time_ends_where_one_with_plenty_does(
        self, host: CoverHost
    ) -> None:
        data = b"".join(
            chunk(covers(host, name, [1, 2])) + b"bad row\n" for name in ("a", "b\nb", "c", "d")
        )
        whole, parts = Output(), Output()
        expected = work(data, output=whole)
        in_parts = work_to_the_end(
            data, lambda: lambda: 10.0, parts
        )  # enough to finish, not to start
        assert to_json(without_time(in_parts)) == to_json(without_time(expected))
        assert [row.line for row in in_parts.rejected] == [3, 8, 11, 14]
        assert parts == whole

    def test_each_worker_finishes_a_creator_however_short_its_time(self, host: CoverHost) -> None:
        data = chunk([*covers(host, "a", [1, 2]), *covers(host, "b", [3])])
        receipt = work_to_the_end(data, lambda: lambda: 0.0, Output())
        assert receipt.books.reasons == {Reason.OUT_OF_TIME: 3}
        assert [result.outcome for result in receipt.results] == [Outcome.FAILED, Outcome.FAILED]

    def test_a_creator_whose_time_runs_out_is_left_whole_to_the_next_worker(
        self, host: CoverHost
    ) -> None:
        left = PLENTY
        data = chunk([*covers(host, "a", [1]), *covers(host, "b", [90, 2])])

        def run_out(connection: Any) -> None:
            nonlocal left
            while not any("/a_" in key for key in output):
                time.sleep(0.01)
            left = 1.0
            connection.sendall(response(encoded(numbered(90))))

        host.answer("/90.jpg", run_out)
        output = Output()
        receipt = work(data, recipe(data, max_workers=1), output=output, seconds_left=lambda: left)
        assert receipt.books.rows == RowCounts(total=1, placed=1)
        assert receipt.resume_at == CHUNK_START + data.index(b"b,http")
        assert not any("/b_" in key for key in output)

    def test_creators_that_are_loaded_are_left_too_when_composing_takes_the_time(
        self, host: CoverHost
    ) -> None:
        """Twenty creators are loaded ahead at once; writing one takes a second.

        One is still being written when the next one is given up.
        """
        left = 20.0

        class SlowOutput(Output):
            def put(self, key: str, body: bytes, *, content_type: str) -> None:
                nonlocal left
                super().put(key, body, content_type=content_type)
                left -= key.endswith(".json")

        data = chunk([row for name in "abcdefghijklmnopqrst" for row in covers(host, name, [1])])
        receipt = work(data, output=SlowOutput(), seconds_left=lambda: left)
        assert 3.0 <= left < 5.0
        done = receipt.books.rows.placed
        assert done in {16, 17}
        assert receipt.resume_at == CHUNK_START + data.index(
            f"{'abcdefghijklmnopqrst'[done]},".encode()
        )

    @pytest.mark.thorough
    def test_hosts_that_never_answer_end_in_time_with_balanced_books(
        self, host: CoverHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(host_breaker, "OPENS_AFTER_SECONDS", 2.0)
        rows = [
            (f"c{number // 6}", host.answer(f"/silence/{number}", silence), "")
            for number in range(60)
        ]
        data = chunk(rows)
        start = time.monotonic()
        receipt = work(
            data, recipe(data, timeout=1), seconds_left=lambda: 30 - (time.monotonic() - start)
        )
        assert time.monotonic() - start < 20
        assert receipt.resume_at is None
        assert receipt.books.rows == RowCounts(total=60, failed=60)
        assert set(receipt.books.reasons) == {Reason.TIMEOUT, Reason.HOST_UNAVAILABLE}

    @pytest.mark.thorough
    def test_name_lookups_that_hang_delay_neither_a_worker_nor_the_chunk(
        self, host: CoverHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Name lookups cannot be interrupted: a worker abandons them when its time is up."""
        for module, name, seconds in (
            (loading, "START_SECONDS", 0.5),
            (loading, "FINISH_SECONDS", 0.4),
            (engine, "FINISH_SECONDS", 0.1),
        ):
            monkeypatch.setattr(module, name, seconds)
        end_of_test = threading.Event()

        def resolve(name: str, port: int, **options: Any) -> Sequence[tuple[Any, ...]]:
            if name == "hangs.example":
                end_of_test.wait(60)
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return socket.getaddrinfo(name, port, **options)

        starts: list[float] = []

        def two_seconds() -> Callable[[], float]:
            start = time.monotonic()
            starts.append(start)
            return lambda: start + 2 - time.monotonic()

        hanging = ("b", f"http://hangs.example:{host.port}/3.jpg", "")
        data = chunk([*covers(host, "a", [1, 2]), *covers(host, "b", [4]), hanging])
        data += chunk(covers(host, "c", [5]))
        machine = Machine(resolve=resolve)
        receipt = work_to_the_end(
            data, two_seconds, Output(), allowed=("127.0.0.1", "*"), machine=machine
        )
        end_of_test.set()
        times = [*starts, time.monotonic()]
        assert all(end - start < 6 for start, end in itertools.pairwise(times))
        assert receipt.books.rows == RowCounts(total=5, placed=4, failed=1)
        assert receipt.books.reasons == {Reason.OUT_OF_TIME: 1}


def test_receipts_that_do_not_meet_are_not_added(host: CoverHost) -> None:
    data = chunk([*covers(host, "a", [1]), *covers(host, "b", [2])])
    first = work(data, seconds_left=lambda: 10.0)
    with pytest.raises(BooksError, match="has bytes") as raised:
        add_receipts(first, first)
    assert keys.partial_receipt(first.run_id, first.chunk_id) in str(raised.value)
    with pytest.raises(BooksError, match="run_id other"):
        add_receipts(first, replace(first, run_id="other"))


def test_what_the_store_raises_ends_the_work(host: CoverHost) -> None:
    def refuse(key: str, *_: Any, **__: Any) -> str:
        raise PermissionError(key)

    data = chunk(covers(host, "a", [1]))
    collages = recipe(data)
    with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher, pytest.raises(PermissionError):
        process_chunk(
            data,
            collages.message,
            collages,
            source=fetcher,
            writer=SoleWriter(refuse),
            seconds_left=lambda: PLENTY,
        )


def test_time_is_counted_by_stage(host: CoverHost) -> None:
    milliseconds = work(chunk(covers(host, "a", [1, 2]))).books.milliseconds
    assert set(milliseconds) == {"fetch", "decode", "compose", "write", "total"}
    assert all(isinstance(value, int) and value >= 0 for value in milliseconds.values())


def large_cover() -> bytes:
    """Nearly as many bytes and pixels as are taken."""
    body = encoded(Image.new("RGBA", (3500, 3500), (9, 9, 9, 99)), "PNG", compress_level=1)
    return body + bytes(14 * 1024 * 1024 - len(body))


def memory_of_a_chunk(
    path: Path, covers: Sequence[bytes], per_creator: int, cell_size: str, *config: str
) -> int:
    """The bytes that a worker takes, at their peak, for creators with so many of `covers`."""
    with cover_host() as host:
        write_chunk(path, host, covers, per_creator)
        return memory_of(path, cell_size, *config)


def write_chunk(path: Path, host: CoverHost, covers: Sequence[bytes], per_creator: int) -> None:
    """The chunk of creators with so many of `covers`, which the host serves from now on."""
    rows = [
        (f"c{number // per_creator}", host.answer(f"/{number}", response(cover)), "")
        for number, cover in enumerate(covers)
    ]
    path.write_bytes(chunk(rows))


def memory_of(path: Path, cell_size: str, *config: str) -> int:
    """The bytes that a worker takes for this chunk, at their peak."""
    command = [sys.executable, "-m", "tests.support.chunk_memory", str(path), cell_size]
    return int(subprocess.check_output([*command, *config], cwd=REPO))  # noqa: S603  our own program


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestMemory:
    """Small covers wait as cells while the largest that are taken come in and are decoded."""

    @pytest.mark.parametrize("cell_size", ["300x400", "360x480"])
    def test_a_chunk_of_default_settings_takes_less_than_300_mb(
        self, tmp_path: Path, cell_size: str
    ) -> None:
        covers = [encoded(numbered(1))] * 140 + [large_cover()] * 10
        taken = memory_of_a_chunk(tmp_path / "chunk.csv", covers, 35, cell_size)
        assert 100_000_000 < taken < 300_000_000

    @pytest.mark.parametrize(
        ("cell_size", "rows", "cols", "look"),
        [
            ("300x400", 20, 20, ("quality=100",)),
            ("360x480", 16, 17, ("quality=100",)),
            # Written at both ends of the qualities, and then a little smaller.
            ("300x400", 20, 20, ("quality=100", "max_bytes=20000000")),
        ],
    )
    def test_a_chunk_of_the_largest_grid_takes_less_than_512_mb(
        self, tmp_path: Path, cell_size: str, rows: int, cols: int, look: tuple[str, ...]
    ) -> None:
        bands = [Image.effect_noise(CELL_SIZES[cell_size], 120) for _ in range(3)]
        noise = encoded(Image.merge("RGB", bands), quality=98)
        covers = [noise] * (rows * cols - 6) + [large_cover()] * 6
        covers += [noise] * 150  # of the next creator, loaded while the first is composed
        config = (cell_size, f"rows={rows}", f"cols={cols}", "max_workers=64", *look)
        taken = memory_of_a_chunk(tmp_path / "chunk.csv", covers, rows * cols, *config)
        assert 300_000_000 < taken < 512_000_000

    def test_keeping_covers_and_taking_them_from_packs_stays_within_the_same_bounds(
        self, tmp_path: Path
    ) -> None:
        path, packs = tmp_path / "chunk.csv", tmp_path / "packs"
        packs.mkdir()
        with cover_host() as host:
            write_chunk(path, host, [encoded(numbered(1))] * 140 + [large_cover()] * 10, 35)
            fetched_and_kept = memory_of(path, "300x400", str(packs), "max_workers=64")
        assert 100_000_000 < fetched_and_kept < 300_000_000
        assert len(list(packs.glob("*.zip"))) > 1, "one pack does not hold them"
        # The host is gone.
        from_packs = memory_of(path, "300x400", str(packs), "max_workers=64")
        assert 100_000_000 < from_packs < 300_000_000


def test_the_log_says_what_people_search_for_and_no_signature(
    host: CoverHost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rows = [*covers(host, "a", [1]), ("a", host.url("/gone/é\u2028?x-signature=secret"), "")]
    output = Output()
    work(chunk(rows), output=output)
    assert "✓ Created collage collages/2026/10/01/sqs-trigger/a_collage_2026" in caplog.text
    assert f"Failed to download {host.url('/gone/')}\\xe9\\u2028: http_404" in caplog.text
    assert "Memory after chunk 00000-abc: " in caplog.text
    assert "Chunk 00000-abc of run monthly-1: bytes 5000-" in caplog.text
    size = len(encoded(numbered(1)))
    assert f"Fetched {host.url('/1.jpg')}: {size} bytes in " in caplog.text
    assert "secret" not in caplog.text
    assert not any(b"secret" in body for body in output.values())


def test_unreadable_dates_of_a_chunk_are_counted_and_logged_in_one_line(
    host: CoverHost, caplog: pytest.LogCaptureFixture
) -> None:
    dates = ["2026-09-01", "soon", "", "2026-09-02T00:00:00Z", "10/14/2026"]
    data = chunk([("ana", host.url(f"/{n}.jpg"), date) for n, date in enumerate(dates)])
    receipt = work(data)
    assert receipt.dates == DateCounts(2, 2, "iso")
    assert [line for line in caplog.messages if "dates" in line] == [
        "Chunk 00000-abc of run monthly-1: 2 of 4 dates cannot be read and count as the oldest"
    ]
    both = add_receipts(
        replace(receipt, resume_at=7, byte_range=(0, 9)), replace(receipt, byte_range=(7, 9))
    )
    assert both.dates == DateCounts(4, 4, "iso")
