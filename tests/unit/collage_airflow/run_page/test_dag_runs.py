"""Which run of ours a DAG run is, and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from collage_airflow.run_page.dag_runs import dag_run_of, find_dag_run, identity_of
from collage_core.contract.run_timestamp import RunTimestamp
from tests.support.dag_runs_stored import add_run

OCTOBER, NOVEMBER = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
IN_OCTOBER = datetime(2026, 10, 14, tzinfo=UTC)


def interval(start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "logical_date": start,
        "data_interval": (start, end),
        "run_after": end,
    }


@pytest.mark.parametrize(
    ("dag_id", "fields", "second"),
    [
        ("cover_collage_monthly", interval(OCTOBER, NOVEMBER), "20261001_000000"),
        (
            "cover_collage_daily",
            interval(IN_OCTOBER, IN_OCTOBER + timedelta(days=1)),
            "20261014_000001",
        ),
        (
            "keep_covers",
            interval(IN_OCTOBER, IN_OCTOBER + timedelta(hours=1)),
            "20261014_010000",
        ),
        (
            "cover_collage_manual",
            {"run_after": datetime(2026, 11, 21, 8, 3, 4, 567, tzinfo=UTC)},
            "20261121_080304",
        ),
        # The first minute of a day is that of the schedules.
        (
            "cover_collage_manual",
            {"run_after": datetime(2026, 11, 21, 0, 0, 30, 999_999, tzinfo=UTC)},
            "20261121_000130",
        ),
    ],
)
def test_each_way_leads_back_to_the_same_run(
    dag_id: str, fields: dict[str, Any], second: str, airflow_database: Session
) -> None:
    stored = add_run(airflow_database, dag_id, "the-run", **fields)
    add_run(airflow_database, dag_id, "another", run_after=fields["run_after"])
    identity = identity_of(stored)
    assert identity is not None
    assert identity.timestamp == second
    found = dag_run_of(airflow_database, identity.timestamp, identity.run_id)
    assert found is not None
    assert found.run_id == "the-run"


@pytest.mark.parametrize(
    "run_id", ["sqs-9f1c0d3a", "cover_collage_statistics-1-2", "cover_collage_manual-1-2", "x"]
)
def test_a_run_that_airflow_does_not_know_has_no_dag_run(
    run_id: str, airflow_database: Session
) -> None:
    second = RunTimestamp.parse("20261121_080304")
    add_run(airflow_database, "cover_collage_manual", run_after=second.moment)
    assert dag_run_of(airflow_database, second, run_id) is None


def test_a_dag_without_chunks_has_no_runs_of_ours(airflow_database: Session) -> None:
    stored = add_run(airflow_database, "cover_collage_statistics")
    assert identity_of(stored) is None
    assert find_dag_run(airflow_database, "cover_collage_statistics", "none") is None
