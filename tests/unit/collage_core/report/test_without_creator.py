"""Somebody who was forgotten is in no page, and nobody else is missing from one."""

import json
import re
from typing import Any

import pytest
from hypothesis import given

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.errors import MessageError
from collage_core.layout.creator_names import encode_creator
from collage_core.report.index_page import index_page
from collage_core.report.tile import Tile
from collage_core.report.without_creator import without_creator
from tests.support import runs
from tests.support.strategies import HOSTILE_NAMES, names

BOOKS = Books(rows=RowCounts(9, placed=9))


def page_of(*creators: str, tiles: int = 100) -> bytes:
    results = [
        CreatorResult(
            name,
            Outcome.COMPLETE,
            RowCounts(3, placed=3),
            f"collages/manual/{encode_creator(name)}_collage_{runs.TIMESTAMP}.jpg",
            {},
        )
        for name in creators
    ]
    shown = [
        Tile(each.creator, "data:image/jpeg;base64,AAAA", f"../{each.collage_key}")
        for each in results[:tiles]
    ]
    summary = runs.summary("monthly-1", str(runs.TIMESTAMP), BOOKS)
    return index_page(summary, results, tiles=shown)


def data_of(page: bytes) -> dict[str, Any]:
    found = re.search(rb'id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def taken(page: bytes, creator: str) -> bytes:
    left = without_creator(page, creator)
    assert left is not None
    return left


def test_a_creator_is_taken_out_of_the_search_and_of_the_pictures() -> None:
    # The names of the others begin or end like hers.
    assert taken(page_of("ana", "ana_b", "xana"), "ana") == page_of("ana_b", "xana")


@pytest.mark.parametrize("name", ["</script><b>", "a&b'c\"", "$1\\g<0>", *HOSTILE_NAMES])
def test_whatever_is_left_is_as_it_would_have_been_written(name: str) -> None:
    assert taken(page_of("somebody", name), "somebody") == page_of(name)
    assert taken(page_of("somebody", name), name) == page_of("somebody")


@given(names)
def test_any_name_goes(name: str) -> None:
    left = taken(page_of("!first", name), name)
    assert [entry[0] for entry in data_of(left)["creators"]] == ["!first"]
    assert left.count(b"data-creator=") == 1


def test_a_creator_without_a_picture_goes_too() -> None:
    assert taken(page_of("ana", "ben", tiles=1), "ben") == page_of("ana", tiles=1)


def test_a_page_that_does_not_name_the_creator_stays() -> None:
    assert without_creator(page_of("ana", "Ana"), "ANA") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"<html></html>",
        b'<script type="application/json" id="data">{</script>',
        b'<script type="application/json" id="data">{"creators":3}</script>',
        b'<script type="application/json" id="data">{"creators":[[]]}</script>',
        b'<script type="application/json" id="data">[]</script>',
    ],
)
def test_what_is_no_such_page_is_refused(body: bytes) -> None:
    with pytest.raises(MessageError, match="no page about a run"):
        without_creator(body, "ana")
