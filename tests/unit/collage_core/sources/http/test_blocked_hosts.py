"""The one line about a run in which every cover was blocked."""

import logging
import socket
from typing import Any

import pytest

from collage_core.contract.books import Books, RowCounts
from collage_core.sources.http.blocked_hosts import MOST_NAMED, BlockedHosts
from collage_core.sources.http.machine import Machine
from tests.support.chunks import chunk, recipe, work
from tests.support.cover_host import cover_host, redirect, response
from tests.support.pictures import encoded, numbered

ADDRESSES = {"inside.example": "10.0.0.5", "keys.example": "169.254.169.254"}


def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
    address = ADDRESSES.get(host, "127.0.0.1")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def lines(caplog: pytest.LogCaptureFixture, *urls: str, allowed: tuple[str, ...]) -> list[str]:
    data = chunk([(f"c{number}", url, "2026-09-01") for number, url in enumerate(urls)])
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        work(data, recipe(data), allowed=allowed, machine=Machine(resolve=resolve))
    return [line for line in caplog.messages if line.startswith("Every cover of chunk ")]


def test_hosts_that_can_be_allowed_are_listed_apart_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    urls = [
        "http://b.example/secret?x-signature=secret",
        "http://a.example/1.jpg",
        "http://A.example/2.jpg",
        "http://inside.example/3.jpg",
        "http://keys.example/4.jpg",
        "nonsense",
    ]
    allowed = ("inside.*", "keys.example")
    (line,) = lines(caplog, *urls, allowed=allowed)
    assert line == (
        "Every cover of chunk 00000-abc of run monthly-1 ended as blocked_address: if these hosts "
        "are meant, name them without wildcards in ALLOWED_SOURCE_HOSTS: a.example, b.example, "
        "inside.example; these hosts have addresses that are never asked: keys.example"
    )


def test_a_host_that_a_redirect_leads_to_is_the_one_that_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with cover_host() as host:
        host.answer("/a.jpg", redirect("http://other.example/b.jpg?x-signature=secret"))
        (line,) = lines(caplog, host.url("/a.jpg"), allowed=("127.0.0.1",))
    assert line.endswith("in ALLOWED_SOURCE_HOSTS: other.example")


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "134744072", "a!b.example", "1.2.3.4.5"])
def test_hosts_that_the_allow_list_refuses_are_listed_apart(
    caplog: pytest.LogCaptureFixture, host: str
) -> None:
    (line,) = lines(caplog, f"http://{host}/1.jpg", allowed=("cdn.example",))
    assert line.endswith(
        f"ended as blocked_address: these hosts cannot be written as an entry: {host}"
    )


def test_the_line_is_only_logged_if_every_cover_was_blocked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with cover_host() as host:
        placed = host.answer("/a.jpg", response(encoded(numbered(1))))
        for other in (placed, host.url("/gone.jpg")):
            assert not lines(caplog, "http://b.example/", other, allowed=("127.0.0.1",))
    assert not lines(caplog, "nonsense", allowed=("127.0.0.1",))


@pytest.mark.parametrize("hosts", [MOST_NAMED, MOST_NAMED + 1, 1000])
def test_the_number_of_named_hosts_is_bounded(hosts: int) -> None:
    blocked = BlockedHosts()
    for number in range(hosts):
        blocked.note(f"{number}.example", may_be_named=True)
        blocked.note("x" * 100_000, may_be_named=True)
    assert len(str(blocked)) < 1000
    assert str(blocked).count(".example") == MOST_NAMED - 1
    assert len(blocked.entries) == MOST_NAMED - 1  # the odd one is none
    assert blocked.has_more
    assert str(blocked).endswith(" and others")


@pytest.mark.parametrize(
    ("rows", "reasons", "is_so"),
    [
        (RowCounts(total=2, failed=2), {"blocked_address": 2}, True),
        (RowCounts(total=3, failed=2, rejected=1), {"blocked_address": 2, "bad_row": 1}, True),
        (RowCounts(total=4, failed=2, duplicate=1, not_selected=1), {"blocked_address": 2}, True),
        (RowCounts(total=3, failed=2, placed=1), {"blocked_address": 2}, False),
        (RowCounts(total=2, failed=2), {"blocked_address": 1, "http_404": 1}, False),
        (RowCounts(total=1, rejected=1), {"bad_row": 1}, False),
        (RowCounts(), {}, False),
    ],
)
def test_the_books_know_whether_every_cover_was_blocked(
    rows: RowCounts, reasons: dict[str, int], is_so: bool
) -> None:
    assert Books(rows=rows, reasons=reasons).every_cover_was_blocked is is_so
