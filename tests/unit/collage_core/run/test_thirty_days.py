"""Thirty days of URLs that live for hours, kept hourly or daily, and then the run of the month.

`python -m tests.support.thirty_days` prints the table of docs/covers.md from the same days.
"""

from datetime import timedelta

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from collage_core.run.keeping_cost import GETS_PER_PACK
from tests.support.keeping import (
    BEGIN,
    KeepingWorld,
    SignedCover,
    SigningHost,
    keeping,
    signing_host,
)
from tests.support.thirty_days import DAYS, LIVES, Schedule, thirty_days


@pytest.mark.thorough
@pytest.mark.parametrize("schedule", [Schedule.DAILY, Schedule.HOURLY])
def test_what_was_alive_when_it_was_seen_is_placed_by_the_month(schedule: Schedule) -> None:
    with signing_host() as host:
        month = thirty_days(host, schedule)
    assert month.seen_alive > 0
    assert month.seen_alive_and_placed >= 0.995 * month.seen_alive
    assert month.requests_for_kept == 0
    assert month.placed_by_life[timedelta(hours=48)] > 0
    # A pack of each day, and those of the runs of the last day, which are not merged yet.
    assert month.packs <= DAYS + 24
    assert month.reads <= GETS_PER_PACK * month.packs


@pytest.mark.thorough
def test_without_keeping_the_month_places_what_was_signed_last() -> None:
    with signing_host() as host:
        month = thirty_days(host, Schedule.NEVER)
    # Of thirty days, those of the last one or two.
    assert 0 < sum(month.placed_by_life.values()) < 0.1 * sum(month.covers_by_life.values())
    assert month.covers_by_life.keys() == set(LIVES)


LONG = timedelta(days=300)
INTERVAL = timedelta(hours=4)
ROWS = st.lists(
    st.tuples(st.sampled_from(["Ana", "bo", "çé"]), st.integers(0, 5), st.integers(0, 5)),
    min_size=8,
    max_size=25,
)


@pytest.mark.thorough
@settings(max_examples=20, deadline=None)
@given(rows=ROWS, keep_only=st.booleans())
def test_however_rows_fall_on_runs_the_collages_from_packs_are_those_of_fetched_covers(
    rows: list[tuple[str, int, int]], keep_only: bool
) -> None:
    """Runs of a day, whose packs are merged."""
    covers = [
        SignedCover(creator, number, BEGIN + INTERVAL * run + timedelta(seconds=second), LONG)
        for second, (creator, number, run) in enumerate(rows)
    ]
    with signing_host() as host:
        fetched = made_of(host, covers, KeepingWorld(host, keeping(0)))
        world = KeepingWorld(host, keeping(40))
        for run in range(6):
            host.clock.now = BEGIN + INTERVAL * (run + 1) - timedelta(minutes=5)
            of_run = [cover for cover in covers if (cover.crawled - BEGIN) // INTERVAL == run]
            if of_run:
                world.run(of_run, f"run-{run}", keep_only=keep_only, renew=True)
        host.clock.now = BEGIN + timedelta(days=1, hours=5)
        event("merged" if world.merge_days() else "not merged")
        host.requests.clear()
        assert made_of(host, covers, world) == fetched
        assert fetched
        assert not host.requests, "everything was kept"


def made_of(host: SigningHost, covers: list[SignedCover], world: KeepingWorld) -> dict[str, bytes]:
    """The collages of a run over all of them, at the end of the month."""
    host.clock.now = BEGIN + timedelta(days=30)
    world.run(covers, "monthly")
    return world.collages(host.clock.now)
