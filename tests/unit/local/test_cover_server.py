"""The cover server is well when it should be, and in trouble when it should be."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from PIL import Image

from local import loopback
from local.cover_server import STATS_PATH, CoverServer, serving
from local.sample.images import draw_cover, kind_of
from local.sample.mark import Mark
from local.sample.urls import Trouble, cover_path, signed

MARK = Mark(0, 3)  # a JPEG


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CoverServer]:
    with serving(tmp_path) as server:
        yield server


def get(server: CoverServer, trouble: Trouble | None = None) -> requests.Response:
    return requests.get(server.url + signed(cover_path(MARK, trouble)), timeout=5)


def test_a_cover_is_served_as_it_was_drawn(server: CoverServer) -> None:
    for number in range(1, 21):  # every kind of file
        mark = Mark(2, number)
        response = requests.get(server.url + signed(cover_path(mark)), timeout=5)
        assert response.content == draw_cover(mark)
        assert response.headers["Content-Type"] == kind_of(mark).content_type


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(Trouble.FORBIDDEN, 403), (Trouble.NOT_FOUND, 404), (Trouble.GONE, 410)],
)
def test_a_refused_cover_stays_refused(server: CoverServer, trouble: Trouble, status: int) -> None:
    assert [get(server, trouble).status_code for _ in range(2)] == [status, status]


def test_a_busy_server_says_when_to_come_back_and_is_well_then(server: CoverServer) -> None:
    first, second = get(server, Trouble.BUSY), get(server, Trouble.BUSY)
    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    assert second.content == draw_cover(MARK)


def test_a_broken_server_heals(server: CoverServer) -> None:
    assert [get(server, Trouble.BROKEN).status_code for _ in range(2)] == [500, 200]


def test_a_hanging_server_does_not_answer(server: CoverServer) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(server.url + cover_path(MARK, Trouble.HANG), timeout=0.3)


def test_soft_blocks_are_200_without_a_picture(server: CoverServer) -> None:
    empty, page = get(server, Trouble.EMPTY), get(server, Trouble.HTML)
    assert (empty.status_code, empty.content) == (200, b"")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")


def test_a_truncated_file_is_well_delivered_and_cannot_be_decoded(server: CoverServer) -> None:
    response = get(server, Trouble.TRUNCATED)
    assert int(response.headers["Content-Length"]) == len(response.content)
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(response.content)).load()


def test_a_cut_off_file_is_shorter_than_announced(server: CoverServer) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=r"Incomplete|broken"):
        get(server, Trouble.CUT_OFF)


def test_requests_are_counted_byte_for_byte(server: CoverServer) -> None:
    target = f"{cover_path(MARK)}?x-expires=4102444800&x-signature=%2b%2F&empty=&x"
    for _ in range(2):  # not with requests, which spells URLs its own way
        loopback.get(server.server_port, target)
    stats = loopback.get(server.server_port, STATS_PATH)
    assert json.loads(stats or b"") == {"requests": {target: 2}, "expired": 0}


def test_a_request_that_should_never_come_is_noticed(server: CoverServer) -> None:
    expired = server.url + signed(cover_path(MARK), expires=1_700_000_000)
    assert requests.get(expired, timeout=5).status_code == 403
    assert server.stats()["expired"] == 1
