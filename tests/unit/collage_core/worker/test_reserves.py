"""Covers that fail are replaced by the next newest, whatever comes first, and by no more."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Event, Lock
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import RowCounts
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import Outcome, Receipt
from collage_core.covers.rows import CoverRow
from collage_core.recipes.collage.selection import TRIES_PER_CELL, select
from collage_core.sources.result import Failed, Fetched
from collage_core.worker.chunk import process_chunk
from collage_core.worker.loading import FINISH_SECONDS, PART_BYTES_AHEAD
from collage_core.worker.recipe import Ingredients, Made, ObjectToWrite, Places, Selection
from collage_core.worker.writing import SoleWriter
from tests.support.chunks import PLENTY, chunk, message
from tests.support.failures import Where, failure

NEWEST = date(2026, 9, 30)

FATES = {
    "good": None,
    "gone": "http_404",  # known when it is fetched
    "page": Reason.NOT_AN_IMAGE,  # known when it is decoded
    "refused": Reason.INVALID_URL,  # counts as rejected
}

type Fates = Sequence[Sequence[str]]
"""For each creator the fates of the pictures, the newest first."""


def url(creator: int, picture: int, fate: str) -> str:
    return f"http://cdn/{creator}/{picture}/{fate}"


def rows(fates: Fates) -> bytes:
    return chunk(
        [
            (f"c{creator:02}", url(creator, picture, fate), f"{NEWEST - timedelta(picture):%F}")
            for creator, pictures in enumerate(fates)
            for picture, fate in enumerate(pictures)
        ]
    )


@dataclass
class Pictures:
    """A source that does with each cover what its URL says, after a while."""

    wait: Callable[[str], object] = lambda _: None
    asked: list[str] = field(default_factory=list)
    blocked_hosts = ""
    lock: Lock = field(default_factory=Lock)

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        with self.lock:
            self.asked.append(url)
        self.wait(url)
        if seconds_left <= 0:
            return Failed(Reason.OUT_OF_TIME)
        reason = FATES[url.rpartition("/")[2]]
        return Fetched(url.encode()) if reason in {None, Reason.NOT_AN_IMAGE} else Failed(reason)


@dataclass
class Names:
    """A recipe whose parts are the URLs of the covers. It keeps what it was given."""

    limit: int
    part_bytes: int = 1
    before: Callable[[str], object] = lambda _: None
    given: dict[str, Ingredients[bytes]] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)
    decoded: list[str] = field(default_factory=list)
    created_message = "✓ Created %s of %d names"

    def select(self, rows: Sequence[CoverRow]) -> Selection:
        return select(rows, self.limit)

    def decode(self, body: bytes) -> bytes | Reason:
        if body.endswith(b"page"):
            return Reason.NOT_AN_IMAGE
        self.decoded.append(body.decode())
        return body

    def make(self, ingredients: Ingredients[bytes]) -> Made:
        self.before(ingredients.creator)
        self.given[ingredients.creator] = ingredients
        self.parts[ingredients.creator] = [part.decode() for part in ingredients.parts]
        result = ingredients.result(ingredients.creator if ingredients.parts else None)
        record = ObjectToWrite("metadata", ingredients.creator, b"", "text/plain")
        return Made(result, (), lambda _: record)

    def places(self, creator: str) -> Places:
        return Places(f"{creator} of no cover", creator)

    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        raise AssertionError(f"{ingredients.creator} has one worker: {len(lead)} bytes")


def forget(key: str, body: bytes, *, content_type: str) -> str:
    assert (body, content_type) == (b"", "text/plain"), key
    return "etag"


def work(
    fates: Fates,
    recipe: Names,
    source: Pictures,
    *,
    downloads: int = 4,
    seconds_left: Callable[[], float] = lambda: PLENTY,
) -> Receipt:
    data = rows(fates)
    asked = message(data)
    return process_chunk(
        data,
        replace(asked, config=replace(asked.config, max_workers=downloads)),
        recipe,
        source=source,
        writer=SoleWriter(forget),
        seconds_left=seconds_left,
    )


def asked_one_by_one(pictures: Sequence[str], limit: int) -> int:
    """How many pictures somebody asks for who asks for the newest until the grid is full."""
    placed = 0
    for asked, fate in enumerate(pictures):
        if placed == limit or asked == TRIES_PER_CELL * limit:
            return asked
        placed += fate == "good"
    return len(pictures)


patterns = st.lists(
    st.lists(st.sampled_from(["good", *FATES]), min_size=1, max_size=14), min_size=1, max_size=5
)


@failure(
    Where.COVERS,
    fault="Some covers of a creator fail",
    happens="The next newest covers take their places",
    sees="the creator's metadata and the summary count them by reason",
    fix="nothing",
)
@given(
    fates=patterns,
    limit=st.integers(1, 6),
    downloads=st.integers(1, 8),
    most_ahead=st.integers(1, 8),
    seed=st.integers(0, 999),
)
def test_with_any_failures_the_newest_that_can_be_had_are_placed_and_no_more_are_asked_for(
    fates: Fates, limit: int, downloads: int, most_ahead: int, seed: int
) -> None:
    def wait(url: str) -> None:
        time.sleep(random.Random(f"{seed} {url}").choice([0, 0, 0.0005, 0.002]))  # noqa: S311

    def look(creator: str) -> None:
        ahead = [url for url in recipe.decoded if int(url.split("/")[3]) > int(creator[1:])]
        assert len(ahead) <= most_ahead

    recipe = Names(limit, part_bytes=PART_BYTES_AHEAD // most_ahead, before=look)
    source = Pictures(wait)
    receipt = work(fates, recipe, source, downloads=downloads)

    expected_asked, expected = [], Counter[str]()
    for creator, pictures in enumerate(fates):
        urls = [url(creator, picture, fate) for picture, fate in enumerate(pictures)]
        count = asked_one_by_one(pictures, limit)
        asked, unasked = urls[:count], urls[count:]
        placed = [name for name in asked if name.endswith("good")]
        expected_asked += asked
        expected.update(FATES[fate] or "placed" for fate in pictures[:count])
        given = recipe.given[f"c{creator:02}"]
        assert recipe.parts[f"c{creator:02}"] == placed == [row.url for row in given.placed]
        assert [(row.url, reason) for row, reason in given.not_placed] == [
            *((name, FATES[name.rpartition("/")[2]]) for name in asked
              if name.endswith(("gone", "page"))),
            *((name, "not_selected") for name in unasked),
        ]  # fmt: skip
        assert given.outcome == (
            Outcome.FAILED if not placed
            else Outcome.COMPLETE if len(placed) == min(limit, len(urls))
            else Outcome.PARTIAL
        )  # fmt: skip
    assert sorted(source.asked) == sorted(expected_asked)
    reasons = {reason: count for reason, count in expected.items() if reason != "placed"}
    assert receipt.books.reasons == reasons
    total = sum(map(len, fates))
    rejected = expected[Reason.INVALID_URL]
    assert receipt.books.rows == RowCounts(
        total=total,
        placed=expected["placed"],
        not_selected=total - len(expected_asked),
        rejected=rejected,
        failed=sum(reasons.values()) - rejected,
    )


def test_a_reserve_comes_before_the_covers_of_later_creators() -> None:
    is_later_waiting = Event()

    class Watched(Names):
        def select(self, rows: Sequence[CoverRow]) -> Selection:
            if rows[0].creator == "c02":
                is_later_waiting.set()  # and so are the covers of c01
            return super().select(rows)

    def wait(asked: str) -> None:
        if asked == url(0, 0, "gone"):
            assert is_later_waiting.wait(30)

    source = Pictures(wait)
    fates = [["gone", "good", "good"], ["good", "page", "good", "good"], ["good"]]
    work(fates, Watched(limit=2), source, downloads=1)
    assert set(source.asked[:3]) == {url(0, 0, "gone"), url(0, 1, "good"), url(0, 2, "good")}
    assert sorted(source.asked[3:]) == [
        url(1, 0, "good"), url(1, 1, "page"), url(1, 2, "good"), url(2, 0, "good")
    ]  # fmt: skip


@pytest.mark.parametrize("fate", ["gone", "page"])
def test_a_reserve_is_started_while_an_earlier_creator_is_being_made(fate: str) -> None:
    reserve, is_asked = url(1, 1, "good"), Event()

    def wait(asked: str) -> None:
        if asked == reserve:
            is_asked.set()

    waited: list[bool] = []

    def before(creator: str) -> None:
        if creator == "c00":
            waited.append(is_asked.wait(30))

    recipe = Names(limit=1, before=before)
    work([["good"], [fate, "good"]], recipe, Pictures(wait))
    assert waited == [True]
    assert recipe.parts["c01"] == [reserve]


def test_near_its_end_a_worker_starts_no_reserve() -> None:
    left = PLENTY

    def wait(asked: str) -> None:
        nonlocal left
        if asked == url(0, 1, "gone"):
            left = FINISH_SECONDS - 1

    recipe, source = Names(limit=2), Pictures(wait)
    fates = [["good", "gone", "good"], ["good"]]
    receipt = work(fates, recipe, source, downloads=1, seconds_left=lambda: left)
    assert url(0, 2, "good") not in source.asked
    assert recipe.given["c00"].outcome is Outcome.PARTIAL
    assert receipt.books.rows == RowCounts(total=3, placed=1, failed=1, not_selected=1)
    assert receipt.resume_at is not None


def test_a_creator_that_lacks_a_reserve_for_want_of_time_is_left_to_the_next_worker() -> None:
    left = PLENTY

    def wait(asked: str) -> None:
        nonlocal left
        if asked == url(1, 0, "gone"):
            left = FINISH_SECONDS - 1

    fates = [["good"], ["gone", "good"]]
    source = Pictures(wait)
    receipt = work(fates, Names(limit=1), source, downloads=1, seconds_left=lambda: left)
    assert receipt.books.rows.placed == 1
    data = rows(fates)
    assert receipt.resume_at == receipt.byte_range[0] + data.index(b"c01")
    assert url(1, 1, "good") not in source.asked


def test_a_cover_that_ran_out_of_time_is_not_replaced() -> None:
    class Slow(Pictures):
        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            super().fetch(url, seconds_left=seconds_left)
            return Failed(Reason.OUT_OF_TIME)

    source = Slow()
    receipt = work([["good"] * 6], Names(limit=2), source)
    assert receipt.books.rows == RowCounts(total=6, failed=2, not_selected=4)
    assert len(source.asked) == 2


def test_a_creator_whose_covers_are_all_gone_is_tried_twice_for_each_cell() -> None:
    source = Pictures()
    receipt = work([["gone"] * 83], Names(limit=35), source)
    assert len(source.asked) == TRIES_PER_CELL * 35 == 70
    assert receipt.books.rows == RowCounts(total=83, failed=70, not_selected=13)
    assert receipt.books.creators.failed == 1
