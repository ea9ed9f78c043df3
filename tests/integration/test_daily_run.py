"""Days beside each other and beside their month, on a real scheduler."""

import pytest

from collage_core.layout import keys
from local.sample.rows import sample_rows
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET
from tests.support.asset_events import asset_events
from tests.support.every_dag import EveryDag
from tests.support.monthly_run import Run

DAYS = ["20261001", "20261002", "20261003"]


@pytest.fixture(scope="module")
def days(every_dag: EveryDag) -> list[Run]:
    """The first days of October, backfilled side by side and backwards."""
    return every_dag.days


def test_each_day_has_its_own_second_csv_and_rows(days: list[Run]) -> None:
    rows = sample_rows(days[0].twin.covers.url)
    assert [str(run.timestamp) for run in days] == [f"{day}_000001" for day in DAYS]
    for run, day in zip(days, DAYS, strict=True):
        assert run.xcom("extract")["csv_key"] == (
            f"csv-files/{run.timestamp.day_path}/update_batch_001.csv"
        )
        of_day = [row for row in rows if f"{row.updated_at:%Y%m%d}" == day]
        assert run.summary["rows"]["total"] == len(of_day)
        assert run.summary["window"]["start"] == f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00Z"


def test_the_collages_are_below_their_day_and_the_csv_in_the_archive(days: list[Run]) -> None:
    for run in days:
        made = run.listed(OUTPUT_BUCKET, f"collages/{run.timestamp.day_path}/sqs-trigger/")
        ours = [key for key in made if str(run.timestamp) in key]
        assert len(ours) == run.summary["objects"]["collages"]
        archived = keys.archived_csv(run.xcom("extract")["csv_key"], run.timestamp)
        assert list(run.listed(INPUT_BUCKET, archived)) == [archived]
    assert sum(run.summary["objects"]["collages"] for run in days) > 0


def test_the_days_and_their_month_each_have_collages_of_their_own(every_dag: EveryDag) -> None:
    first, october = every_dag.days[0], every_dag.months[-1]
    assert first.timestamp.day_path == october.timestamp.day_path
    made = first.listed(OUTPUT_BUCKET, f"collages/{first.timestamp.day_path}/sqs-trigger/")
    for run in (first, october):
        counts = run.summary["rows"]
        assert counts["total"] == sum(n for kind, n in counts.items() if kind != "total") > 0
        ours = [key for key in made if f"_{run.timestamp}." in key]
        assert len(ours) == run.summary["objects"]["collages"]
    day = first.document(OUTPUT_BUCKET, keys.daily_stats(first.timestamp))
    assert {first.summary["run_id"], october.summary["run_id"]} <= set(day["run_ids"])


def test_days_that_are_reprocessed_stay_as_they_are(every_dag: EveryDag) -> None:
    for run in every_dag.days:
        log = run.api.log(run.dag_id, run.dag_run_id, "extract", attempt=2)
        assert "nothing was read" in log
        assert run.xcom("dispatch")["sent"] == 0
        assert asset_events(run) == 1
    found = every_dag.days[0].listed(OUTPUT_BUCKET, "collages/2026/10/0")
    assert {key: found[key] for key in every_dag.collages_before} == every_dag.collages_before
