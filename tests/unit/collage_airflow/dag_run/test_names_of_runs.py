"""Two schedules, uploads and manual runs together: no two runs share a key."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from airflow.sdk.api.datamodels._generated import DagRun

from collage_airflow.dag_run.identity import RunIdentity, interval_left_out
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.dag_run.window import choose_window, interval_from, last_interval
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.errors import RunConflictError
from collage_core.layout import keys
from collage_core.layout.schedule import Schedule
from collage_core.run.claims import claim_next_second, claim_second
from collage_core.settings import Settings
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1, dag_run
from tests.support.memory_store import MemoryStore
from tests.support.schedules import DAILY, SCHEDULES

SETTINGS = Settings()
DAG_OF = {MONTHLY: "cover_collage_monthly", DAILY: "cover_collage_daily"}
FIRST, LAST = date(2026, 1, 1), date(2036, 1, 1)
KEYS_OF_A_RUN = 8
OCTOBER_2 = OCTOBER_1 + timedelta(days=1)
BY_HAND = re.compile(r"cover_urls_\d{8}_\d{6}\.csv$")

each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=DAG_OF.get)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def scheduled(schedule: Schedule, interval: Window, run_type: str = "scheduled") -> DagRun:
    return dag_run(
        run_type,
        dag_id=DAG_OF[schedule],
        logical_date=interval.start,
        data_interval_start=interval.start,
        data_interval_end=interval.end,
        run_after=interval.end,
    )


def by_hand(schedule: Schedule, run_after: datetime, number: int = 1) -> DagRun:
    return dag_run(
        "manual",
        dag_id=DAG_OF[schedule],
        run_id=f"manual__{run_after}_{number}",
        interval=False,
        run_after=run_after,
    )


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def intervals(schedule: Schedule) -> Iterator[Window]:
    """All intervals of ten years, computed without the schedule's cron."""
    starts = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    if schedule is MONTHLY:
        starts = [day for day in starts if day.day == 1]
    for start, end in pairwise(starts):
        yield Window(midnight(start), midnight(end))


@dataclass
class Years:
    """Which run has which key, while runs claim their seconds and write."""

    store: MemoryStore
    owners: dict[str, str] = field(default_factory=dict)

    def write(self, run_id: str, written: Iterable[str]) -> None:
        for key in written:
            assert self.owners.setdefault(key, run_id) == run_id, f"two runs write {key}"

    def run(self, dag_run: DagRun, schedule: Schedule) -> None:
        """A run of Airflow. Raises RunConflictError when it is refused, before it has written."""
        run = RunIdentity.of(dag_run, schedule)
        claim_second(self.store, SETTINGS, run.timestamp, run_id=run.run_id)
        csvs = [run.csv_key, keys.archived_csv(run.csv_key, run.timestamp)]
        self.write(run.run_id, [*csvs, *objects(run.run_id, run.timestamp, Trigger.SQS)])

    def upload(self, moment: datetime, name: str, trigger: Trigger = Trigger.S3) -> None:
        """A CSV that is uploaded at this moment, or sent in a message."""
        handed_in = RunTimestamp.of(moment)
        run_id = f"s3-{handed_in}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        timestamp = claim_next_second(self.store, SETTINGS, handed_in, run_id=run_id)
        origin = f"{keys.CSV_FILES}{handed_in.day_path}/{name}.csv"
        archived = keys.archived_upload(origin, timestamp)
        self.write(run_id, [archived, *objects(run_id, timestamp, trigger)])


def objects(run_id: str, timestamp: RunTimestamp, trigger: Trigger) -> list[str]:
    """The keys of a run over one creator, who is in every run."""
    return [
        keys.collage("ana", timestamp, trigger),
        keys.collage_by_creator("ana", timestamp),
        keys.thumbnail("ana", timestamp),
        keys.metadata("ana", timestamp),
        keys.processing_summary(timestamp),
        keys.manifest(run_id),
    ]


@pytest.mark.thorough
def test_in_ten_years_no_two_runs_share_a_key_and_no_scheduled_run_is_refused(
    store: MemoryStore,
) -> None:
    years = Years(store)
    # First everything that may take a schedule's second, then the schedules, as in a backfill.
    for day in intervals(DAILY):
        # Archived as cover_urls_TS.csv, the name that the CSV of a manual run has.
        years.upload(day.start, "cover_urls")
        if day.start.isoweekday() == 1:
            years.run(by_hand(DAILY, day.start + timedelta(seconds=DAILY.second)), DAILY)
    for month in intervals(MONTHLY):
        crowd_the_midnight_of(month.start, years)
    store.expire(SETTINGS.temp_bucket)
    before = len(years.owners)
    runs = [(schedule, interval) for schedule in SCHEDULES for interval in intervals(schedule)]
    for schedule, interval in runs:
        years.run(scheduled(schedule, interval), schedule)
    assert len(years.owners) == before + KEYS_OF_A_RUN * len(runs)
    assert len(runs) == 120 + 3652


def crowd_the_midnight_of(start: datetime, years: Years) -> None:
    for seconds in (-1, -1, 0, DAILY.second, 59):
        moment = start + timedelta(seconds=seconds)
        for trigger in Trigger:
            years.upload(moment, f"{trigger}_{len(years.owners)}", trigger)
    for number, length in enumerate([timedelta(days=10), timedelta(hours=12)]):
        made_up = scheduled(MONTHLY, Window(start, start + length), "manual")
        for run in (made_up, by_hand(MONTHLY, start, number)):
            with suppress(RunConflictError):
                years.run(run, MONTHLY)


def test_a_daily_and_a_monthly_run_that_begin_on_one_day_share_nothing(store: MemoryStore) -> None:
    # The same second, CSV and collages before there was a Schedule: the second one was refused.
    day = scheduled(DAILY, Window(OCTOBER_1, OCTOBER_2))
    month = scheduled(MONTHLY, Window(OCTOBER_1, NOVEMBER_1))
    years = Years(store)
    years.run(day, DAILY)
    years.run(month, MONTHLY)
    runs = RunIdentity.of(day, DAILY), RunIdentity.of(month, MONTHLY)
    assert [(str(run.timestamp), run.csv_key) for run in runs] == [
        ("20261001_000001", "csv-files/2026/10/01/update_batch_001.csv"),
        ("20261001_000000", "csv-files/2026/10/01/monthly_batch_20261001.csv"),
    ]


def test_the_run_ids_of_the_monthly_dag_are_those_of_versions_without_schedules() -> None:
    month = RunIdentity.of(scheduled(MONTHLY, Window(OCTOBER_1, NOVEMBER_1)), MONTHLY)
    assert month.run_id == "cover_collage_monthly-20261001_000000-44097523"
    manual = dag_run("manual", interval=False, run_id="manual__1")
    assert (
        RunIdentity.of(manual, MONTHLY).run_id == "cover_collage_monthly-20261101_040000-19b04f56"
    )


@each_schedule
def test_an_upload_at_midnight_leaves_the_scheduled_run_its_second(
    store: MemoryStore, schedule: Schedule
) -> None:
    interval = interval_from(schedule, OCTOBER_1)
    assert interval is not None
    years = Years(store)
    for second in range(3):
        years.upload(OCTOBER_1 + timedelta(seconds=second), f"mine_{second}")
    years.run(scheduled(schedule, interval), schedule)


@each_schedule
def test_a_manual_run_at_midnight_takes_a_second_of_the_next_minute(schedule: Schedule) -> None:
    for second in (0, 1, 59):
        run = RunIdentity.of(by_hand(schedule, OCTOBER_1 + timedelta(seconds=second)), schedule)
        assert str(run.timestamp) == f"20261001_0001{second:02d}"
        assert BY_HAND.search(run.csv_key)


@each_schedule
@pytest.mark.parametrize("length", [timedelta(hours=12), timedelta(days=10), timedelta(days=400)])
def test_an_interval_that_is_not_the_schedules_own_leaves_its_run_alone(
    schedule: Schedule, length: timedelta
) -> None:
    run = scheduled(schedule, Window(OCTOBER_1, OCTOBER_1 + length), "manual")
    assert BY_HAND.search(RunIdentity.of(run, schedule).csv_key)


@each_schedule
def test_a_run_is_of_the_schedule_whatever_started_it(schedule: Schedule) -> None:
    interval = interval_from(schedule, OCTOBER_1)
    assert interval is not None
    runs = [scheduled(schedule, interval, kind) for kind in ("scheduled", "backfill", "manual")]
    assert len({RunIdentity.of(run, schedule) for run in runs}) == 1


@each_schedule
def test_the_intervals_of_a_schedule_follow_each_other_for_ten_years(schedule: Schedule) -> None:
    for interval in [*intervals(schedule)][:: 1 if schedule is MONTHLY else 30]:
        assert interval_from(schedule, interval.start) == interval
        assert last_interval(schedule, interval.end) == interval
        assert last_interval(schedule, interval.end + timedelta(microseconds=1)) == interval
        assert last_interval(schedule, interval.end - timedelta(microseconds=1)) != interval
        assert interval_from(schedule, interval.start + timedelta(seconds=1)) is None


def test_a_manual_run_without_a_window_takes_the_last_interval() -> None:
    window = choose_window(
        given_start=None,
        given_end=None,
        interval=None,
        run_after=OCTOBER_2 + timedelta(hours=4),
        schedule=DAILY,
    )
    assert window == Window(OCTOBER_1, OCTOBER_2)


def test_a_run_in_the_place_of_a_day_leaves_that_day_out() -> None:
    other = Window(OCTOBER_1 - timedelta(days=1), OCTOBER_1)
    run = scheduled(DAILY, Window(OCTOBER_1, OCTOBER_2))
    assert interval_left_out(run, other, DAILY) == OCTOBER_1
    assert interval_left_out(run, Window(OCTOBER_1, OCTOBER_2), DAILY) is None
    assert interval_left_out(run, other, MONTHLY) == OCTOBER_1
