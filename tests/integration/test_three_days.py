"""Three days of covers whose URLs die, kept day by day on the twin, and then their month.

The database, S3, the queue and the workers are the twin's. The host of the covers knows how long
each URL lives, and the test says when a day is over.
"""

from datetime import date, datetime, time, timedelta

import pytest

from collage_core.contract.summary import RunSummary
from collage_core.storage.documents import read_document
from local.sample.urls import FAR_FUTURE, signed
from local.settings import OUTPUT_BUCKET, TEMP_BUCKET
from tests.support.cover_host import response
from tests.support.task_by_task import TABLE, FaultWorld, TaskByTask, picture

DAYS = [date(2019, 10, number) for number in (1, 2, 3)]
CREATORS = ("three.days.1", "three.days.2", "drei Täge 你好")
LONG_AGO = 1_000_000_000
"""A URL with this `x-expires` is dead before any run sees it."""

A_DAY, FOR_EVER, DEAD = 1, 2, 3
"""How long a URL lives. Each creator has a cover of each kind on each day."""
OF_A_KIND = len(CREATORS) * len(DAYS)


def path_of(creator: int, day: date, kind: int) -> str:
    return f"/three-days/{creator}/{10 * day.day + kind}.jpg"


def crawl(world: FaultWorld, day: date) -> None:
    """Write the rows of a day into the table; their URLs live from now on."""
    rows = []
    for creator, name in enumerate(CREATORS):
        for kind in (A_DAY, FOR_EVER, DEAD):
            path = path_of(creator, day, kind)
            world.host.answer(path, response(picture(creator, 10 * day.day + kind)))
            expires = LONG_AGO if kind == DEAD else FAR_FUTURE
            url = world.host.url(signed(path, expires=expires))
            rows.append((name, url, datetime.combine(day, time(12, 0, kind))))
    world.table.cursor().executemany(
        f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)",  # noqa: S608
        rows,
    )


def end(world: FaultWorld, day: date) -> None:
    """The URLs that live for a day die."""
    for creator in range(len(CREATORS)):
        world.host.answer(path_of(creator, day, A_DAY), response(b"expired", 403))


def worked_off(run: TaskByTask) -> RunSummary:
    """All tasks from extract to reconcile; the summary."""
    run.extract()
    run.plan()
    run.dispatch()
    run.wait()
    told = run.reconcile()
    bucket = OUTPUT_BUCKET if run.schedule is None else TEMP_BUCKET
    summary = read_document(run.world.store, bucket, told["summary_key"], RunSummary)
    assert summary is not None
    return summary


def test_the_month_has_what_was_alive_on_its_day_and_asks_no_host_for_it(
    fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIL_ABOVE_PERCENT", "100")  # of the covers of the month, a third are dead
    for day in DAYS:
        crawl(fault_world, day)
        # As a run of every hour does, it looks at rows again that were kept before.
        since = max(day - timedelta(days=1), DAYS[0])
        kept = worked_off(fault_world.keep(since, day + timedelta(days=1))).books
        assert kept.known_downloads.packed == 2 * len(CREATORS)
        assert kept.reasons["expired_url"] == len(CREATORS) * (1 if day == since else 2)
        end(fault_world, day)
    requests = fault_world.host.requests
    assert set(requests.values()) == {1}, "no cover was asked for on two days"
    assert requests.total() == 2 * OF_A_KIND

    before = len(fault_world.host.heads)
    month = fault_world.run()
    with_keeping = worked_off(month).books
    assert with_keeping.rows.placed == with_keeping.known_downloads.kept == 2 * OF_A_KIND
    assert with_keeping.known_downloads.fetched == 0
    assert with_keeping.reasons == {"expired_url": OF_A_KIND}
    assert len(fault_world.host.heads) == before, "the month has asked a host"
    month.judge()

    # The same month as if nothing had been kept.
    monkeypatch.setenv("KEEP_COVERS_DAYS", "0")
    without = worked_off(fault_world.run(max_retries=0)).books
    assert without.rows.placed == OF_A_KIND
    assert without.reasons == {"expired_url": OF_A_KIND, "http_403": OF_A_KIND}
    assert len(fault_world.host.heads) == before + 2 * OF_A_KIND
