"""Packs of runs that were never closed are found by other runs all the same."""

from datetime import UTC, date, datetime, timedelta
from time import sleep

import pytest

from collage_core.housekeeping import unindexed_packs
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.housekeeping.unindexed_packs import index_packs
from collage_core.layout import keys
from collage_core.packs.day_index import packs_of_last_days, put_into_day
from collage_core.storage.documents import JSON
from tests.support.failures import Where, failure
from tests.support.forget_world import Packs
from tests.support.lambda_world import World, with_settings
from tests.support.left_behind import KEY, finish, invoke_until, later

CLOSE = "collage_core.run.finish.close_run"
COVERS = {"ana": 3, "bo": 1}


def index(world: World, *, hours: float = 7) -> list[Finding]:
    return [*index_packs(world.services.store, world.settings, now=later(hours))]


def today() -> date:
    return datetime.now(UTC).date()


def found_by_planning(world: World, *, days: int = 0) -> list[str]:
    """The packs that a run finds which is planned in so many days."""
    store, bucket = world.services.store, world.settings.temp_bucket
    on = today() + timedelta(days=days)
    return [pack.key for pack in packs_of_last_days(store, bucket, today=on, days=40)]


@failure(
    Where.S3,
    fault="A run has kept covers and is never closed: `reconcile` failed, or nobody was there",
    happens="six hours after its last pack, `cover_collage_housekeeping` indexes what there is; "
    "later runs read these covers and ask no host for them",
    sees="`finish`: `indexed: run … had … packs with … covers in no index`",
    fix="nothing; if the run is closed later, its index is written again",
)
def test_what_a_run_has_kept_that_nobody_closed_is_found(world: World) -> None:
    event = world.upload(KEY, world.csv(COVERS))
    invoke_until(world, event, CLOSE)
    assert found_by_planning(world) == []
    assert index(world, hours=5) == [], "it may still be at work"
    (finding,) = index(world)
    assert finding.kind is Kind.INDEXED
    assert "packs with 4 covers in no index, the last one for " in finding.line
    assert index(world) == []
    assert index(world, hours=24) == []

    world.covers.requests.clear()
    other = world.upload("csv-files/2026/10/05/other.csv", world.csv(COVERS | {"cy": 2}))
    (done,) = world.invoke(other)["files"]
    assert (done["downloads"]["kept"], done["downloads"]["fetched"]) == (4, 2)
    assert sorted(world.covers.requests) == ["/ok/cy/0.jpg", "/ok/cy/1.jpg"]


def test_a_run_that_is_closed_after_that_has_its_packs_once(world: World) -> None:
    event = world.upload(KEY, world.csv(COVERS))
    invoke_until(world, event, CLOSE)
    index(world)
    before = found_by_planning(world)
    assert [finding.kind for finding in finish(world)] == [Kind.FINISHED]
    assert found_by_planning(world) == before
    assert index(world) == []


def test_a_run_that_is_closed_is_left_alone(world: World) -> None:
    world.invoke(world.upload(KEY, world.csv(COVERS)))
    assert index(world) == []


def test_a_pack_that_was_written_after_the_index_is_put_into_it(world: World) -> None:
    packs = Packs(world.services.store, today())
    first = packs.pack("ana bo")
    assert [finding.kind for finding in index(world)] == [Kind.INDEXED]
    sleep(1.1)  # S3 says to the second when an object was written
    second = packs.pack("cy", "c2")
    (finding,) = index(world)
    assert "had 1 packs with 1 covers in no index" in finding.line
    assert found_by_planning(world) == [first.key, second.key]


def test_an_old_day_gets_the_runs_that_it_lacks(world: World) -> None:
    day = today() - timedelta(days=6)
    packs = Packs(world.services.store, day)
    pack, closed = packs.pack("ana"), packs.pack("bo", run_id="closed")
    packs.index(closed, folder=packs.folder("closed"))
    put_into_day(world.services.store, world.settings.temp_bucket, day, [])
    assert found_by_planning(world) == []
    assert [finding.kind for finding in index(world)] == [Kind.INDEXED]
    assert found_by_planning(world) == [pack.key, closed.key]


def test_a_broken_index_is_written_again(world: World) -> None:
    packs = Packs(world.services.store, today())
    store, bucket = world.services.store, world.settings.temp_bucket
    store.put(bucket, keys.pack_index(packs.folder()), b"{", content_type=JSON)
    sleep(1.1)
    pack = packs.pack("ana")
    assert [finding.kind for finding in index(world)] == [Kind.INDEXED]
    assert found_by_planning(world) == [pack.key]


def test_so_many_packs_are_looked_at_and_the_next_day_does_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unindexed_packs, "_MOST_PACKS", 2)
    packs = Packs(world.services.store, today())
    for run_id in "abc":
        packs.pack("ana", run_id=run_id)
    found = index(world)
    assert [finding.kind for finding in found] == [Kind.INDEXED, Kind.INDEXED, Kind.FAILED]
    assert "packs of run c and of older ones are in no index yet" in found[-1].line
    assert [finding.kind for finding in index(world)] == [Kind.INDEXED]
    assert len(found_by_planning(world)) == 3


def test_days_long_ago_are_not_looked_through(world: World) -> None:
    Packs(world.services.store, today() - timedelta(days=9)).pack("ana")
    assert index(world) == []


def test_without_keeping_nothing_is_looked_for(world: World) -> None:
    Packs(world.services.store, today()).pack("ana")
    assert index(with_settings(world, keep_covers_days=0)) == []
