"""How far a run is, from what is listed at one moment."""

from datetime import UTC, datetime, timedelta

import pytest

from collage_core.layout import keys
from collage_core.run.progress import Look, Progress, in_minutes, named
from tests.support.runs import plan

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
MANIFEST = plan([{f"creator-{number}": 2} for number in range(8)])
RUN = MANIFEST.run_id
IDS = [chunk.chunk_id for chunk in MANIFEST.chunks]


def before(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def look(**listed: dict[int, float]) -> Look:
    """Of each kind: how many seconds ago the object of a chunk was written."""
    prefixes = {
        "receipts": keys.receipts,
        "failed": keys.failed_messages,
        "working": keys.chunks_at_work,
    }
    found = {
        f"{prefixes[kind](RUN)}{IDS[index]}.json": before(seconds)
        for kind, chunks in listed.items()
        for index, seconds in chunks.items()
    }
    return Look.of(MANIFEST, found, NOW)


def progress(seen: Look, *, began: float = 3600) -> Progress:
    return Progress.of(MANIFEST, seen, began=before(began), stale_seconds=75)


def test_objects_are_known_by_their_chunks_and_those_of_other_plans_are_ignored() -> None:
    listed = {
        keys.receipt(RUN, IDS[0]): NOW,
        keys.receipt(RUN, "of-another-plan"): NOW,
        keys.failed_message(RUN, None): NOW,
    }
    seen = Look.of(MANIFEST, listed, NOW)
    assert list(seen.receipts) == IDS[:1]
    assert not seen.failed
    assert seen.missing(MANIFEST) == IDS[1:]


def test_a_worker_is_alive_as_long_as_it_says_so_and_its_chunk_is_not_done() -> None:
    seen = look(receipts={0: 5}, working={0: 5, 1: 75, 2: 76})
    assert seen.at_work(75) == {IDS[1]}


def test_the_rate_is_that_of_the_last_ten_minutes() -> None:
    seen = look(receipts={0: 3000, 1: 601, 2: 599, 3: 1}, working={4: 1}, failed={0: 9, 5: 9})
    found = progress(seen)
    assert (found.done, found.total, found.at_work, found.failing) == (4, 8, 1, 1)
    assert found.per_minute == pytest.approx(0.2)
    assert found.time_left == timedelta(minutes=20)
    assert found.in_words == (
        "4 of 8 chunks are done, 1 at work, 1 failed and not yet done; 0.2 a minute, about 20 min "
        "left"
    )


def test_the_rate_of_a_run_that_has_just_begun_is_that_of_its_own_time() -> None:
    seen = look(receipts={0: 500, 1: 100, 2: 20})
    assert progress(seen, began=120).per_minute == pytest.approx(1.0)


def test_without_anything_new_nobody_knows_how_long_it_takes() -> None:
    found = progress(look(receipts={0: 900}))
    assert found.time_left is None
    assert found.in_words == "1 of 8 chunks are done, 0 at work"
    assert found.to_json()["seconds_left"] is None


def test_a_run_that_is_done_says_no_rate() -> None:
    found = progress(look(receipts=dict.fromkeys(range(8), 30.0)))
    assert found.in_words == "8 of 8 chunks are done, 0 at work"
    assert found.to_json() == {
        "done": 8,
        "total": 8,
        "at_work": 0,
        "failing": 0,
        "per_minute": 0.8,
        "seconds_left": 0,
    }


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 min"), (840, "14 min"), (3600, "1 h 0 min"), (7500, "2 h 5 min")]
)
def test_times_are_told_in_minutes(seconds: float, words: str) -> None:
    assert in_minutes(timedelta(seconds=seconds)) == words


def test_only_some_chunks_are_named() -> None:
    assert named(IDS[:2]) == ", ".join(IDS[:2])
    assert named(IDS, most=3) == f"{', '.join(IDS[:3])} and 5 more"
