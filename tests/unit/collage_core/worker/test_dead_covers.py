"""Covers whose URLs are dead, from a creator up to a chunk's receipt."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from collage_core.contract.books import RowCounts
from collage_core.contract.creator_record import CreatorRecord, UnplacedRow
from collage_core.contract.reasons import DEAD_URL, Reason, is_reason
from collage_core.contract.receipt import CreatorResult, DeadCover, Outcome
from collage_core.covers.grouping import CreatorRows
from collage_core.covers.picture_identity import picture_digest
from collage_core.covers.rows import CoverRow
from collage_core.worker.accounts import Account
from collage_core.worker.dead_covers import dead_in_record
from collage_core.worker.loading import LoadedCreator
from collage_core.worker.recipe import Selection
from collage_core.worker.writing import WrittenCreator
from tests.support.chunks import Output, chunk, work, work_to_the_end
from tests.support.cover_host import CoverHost, cover_host, response
from tests.support.pictures import encoded, numbered

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
SIGNED = "https://cdn.example/obj/1.jpg?x-expires=1&x-signature=a"


@pytest.fixture(scope="module")
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        server.answer("/cover", response(encoded(numbered(1))))
        server.answer("/gone", response(status=410))
        server.answer("/broken", response(b"<html>"))
        yield server


def row(url: str, line: int = 1, at: datetime | None = NOON) -> CoverRow:
    return CoverRow("ana", url, at, line, line * 100)


def record(*not_placed: tuple[str, str, str | None]) -> CreatorRecord:
    result = CreatorResult("ana", Outcome.FAILED, RowCounts(total=len(not_placed)))
    return CreatorRecord(
        result=result,
        not_placed=[
            UnplacedRow(url=url, reason=reason, updated_at=at) for url, reason, at in not_placed
        ],
    )


def test_dead_urls_are_those_that_only_a_fresh_url_can_replace() -> None:
    expected = {"expired_url", "http_401", "http_403", "http_404", "http_410"}
    assert expected == DEAD_URL
    assert all(map(is_reason, DEAD_URL))


def test_a_dead_cover_is_named_by_its_picture_and_without_its_signature() -> None:
    placed, broken = row("https://cdn.example/2.jpg", 2), row("https://cdn.example/3.jpg", 3)
    gone = row("https://cdn.example/4.jpg?id=7", 4, None)
    spare = row("https://cdn.example/5.jpg", 5)
    selection = Selection([row(SIGNED), placed, broken], [], [], [gone, spare])
    group = CreatorRows("ana", 0, [row(SIGNED), placed, broken, gone, spare], [])
    covers = [Reason.EXPIRED_URL, b"a part", Reason.NOT_AN_IMAGE, "http_404"]
    account = Account.of(LoadedCreator(group, selection, covers))
    entry = account.entry(WrittenCreator(account.ingredients("ana").result("a/key")))
    again = "https://cdn.example/obj/1.jpg?x-expires=9&x-signature=b"
    assert entry.dead == [
        DeadCover(
            "ana", picture_digest(again), "https://cdn.example/obj/1.jpg", "expired_url",
            "2026-10-14T12:00:00+00:00",
        ),
        # A reserve that was tried.
        DeadCover("ana", picture_digest(gone.url), "https://cdn.example/4.jpg", "http_404"),
    ]  # fmt: skip
    assert "x-signature" not in repr(entry.dead)


def test_what_another_worker_has_recorded_counts_instead() -> None:
    rows = [row(SIGNED), row("https://cdn.example/2.jpg", 2)]
    account = Account.of(
        LoadedCreator(CreatorRows("ana", 0, rows, []), Selection(rows, [], []), ["http_403", b""])
    )
    recorded = record(("https://cdn.example/2.jpg", "http_404", "2026-10-14T12:00:00+00:00"))
    entry = account.entry(WrittenCreator(recorded.result, recorded))
    assert [(cover.url, cover.reason) for cover in entry.dead] == [
        ("https://cdn.example/2.jpg", "http_404")
    ]


def test_rows_of_a_record_are_found_by_their_url_and_their_time() -> None:
    one, two = row("https://a.example/i?id=1"), row("https://a.example/i?id=2", 2)
    older = row("https://a.example/i?id=3", 3, None)
    look = "https://a.example/i"
    now = NOON.isoformat()
    recorded = record(
        (look, "http_404", None),
        (look, "http_404", now),
        (look, "not_selected", now),
        (look, "timeout", now),
        (look, "http_410", now),
        (look, "http_410", now),  # one more than there are rows
        ("https://a.example/unknown", "http_410", now),
    )
    found = dead_in_record(recorded, [one, two, older])
    assert [(cover.picture, cover.reason) for cover in found] == [
        (picture_digest(older.url), "http_404"),
        (picture_digest(one.url), "http_404"),
        (picture_digest(two.url), "http_410"),
    ]


def test_a_receipt_has_the_dead_covers_of_all_creators(host: CoverHost) -> None:
    data = chunk(
        [
            ("ana", host.url("/cover"), "2026-09-30"),
            ("ana", host.url("/none?a=1"), "2026-09-29"),
            ("bo", host.url("/gone"), "2026-09-28"),
            ("bo", host.url("/broken"), "2026-09-27"),
            ("bo", "http://192.0.2.1/1.jpg?x-expires=1&x-signature=a", "2026-09-26"),
        ]
    )
    assert [(cover.creator, cover.url, cover.reason) for cover in work(data).dead] == [
        ("ana", host.url("/none"), "http_404"),
        ("bo", host.url("/gone"), "http_410"),
        ("bo", "http://192.0.2.1/1.jpg", "expired_url"),
    ]


def test_they_are_added_up_when_a_chunk_takes_several_workers(host: CoverHost) -> None:
    names = [f"creator-{number}" for number in range(4)]
    data = chunk([(name, host.url("/none"), "2026-09-30") for name in names])
    # With so little time, each worker ends after its first creator.
    receipt = work_to_the_end(data, lambda: lambda: 12.0, Output())
    assert [cover.creator for cover in receipt.dead] == names
