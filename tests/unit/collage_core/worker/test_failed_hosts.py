"""Failed covers are counted by the host in their URL, from a creator up to a chunk's receipt."""

from collections.abc import Iterator

import pytest

from collage_core.contract.reasons import Reason
from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.worker.accounts import Account
from collage_core.worker.loading import LoadedCreator
from collage_core.worker.recipe import Selection
from tests.support.chunks import Output, chunk, work, work_to_the_end
from tests.support.cover_host import CoverHost, cover_host, response
from tests.support.pictures import encoded, numbered


@pytest.fixture(scope="module")
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        server.answer("/cover", response(encoded(numbered(1))))
        yield server


def account(*covers: tuple[str, bytes | str]) -> Account[bytes]:
    selected = [
        CoverRow("ana", url, None, line, line * 100) for line, (url, _) in enumerate(covers)
    ]
    loaded = LoadedCreator(
        CreatorRows("ana", 0, selected, []),
        Selection(selected, [], []),
        [cover for _, cover in covers],
    )
    return Account.of(loaded)


def test_a_host_is_counted_however_it_is_written_and_only_for_failed_covers() -> None:
    counted = account(
        ("https://CDN.example:8443/1.jpg?x=//other.example/", "http_404"),
        ("http://cdn.example./2.jpg", Reason.TIMEOUT),
        ("https://bücher.example/3.jpg", Reason.EXPIRED_URL),
        ("https://placed.example/4.jpg", b"a part"),
        ("https://rejected.example/5.jpg", Reason.INVALID_URL),
        ("https://[2001:DB8::1]:80/6.jpg", "http_500"),
    )
    assert counted.failed_hosts == {
        "cdn.example": 2,
        "xn--bcher-kva.example": 1,
        "2001:db8::1": 1,
    }
    assert sum(counted.failed_hosts.values()) == counted.rows.failed


def test_a_receipt_has_the_hosts_of_its_failed_covers(host: CoverHost) -> None:
    data = chunk(
        [
            ("ana", host.url("/cover"), "2026-09-30"),
            ("ana", host.url("/none"), "2026-09-29"),
            ("bo", host.url("/none"), "2026-09-30"),
            ("bo", "http://192.0.2.1/1.jpg", "2026-09-29"),
        ]
    )
    receipt = work(data)
    assert receipt.failed_hosts == {"127.0.0.1": 2, "192.0.2.1": 1}
    assert receipt.books.rows.failed == 3


def test_a_receipt_without_failed_covers_has_no_hosts(host: CoverHost) -> None:
    assert work(chunk([("ana", host.url("/cover"), "2026-09-30")])).failed_hosts is None


def test_hosts_are_added_up_when_a_chunk_takes_several_workers(host: CoverHost) -> None:
    data = chunk([(f"creator-{number}", host.url("/none"), "2026-09-30") for number in range(4)])
    # Without time, each worker ends after its first creator.
    receipt = work_to_the_end(data, lambda: lambda: 0.0, Output())
    assert receipt.failed_hosts == {"127.0.0.1": receipt.books.rows.failed}
    assert receipt.books.rows.total == 4
