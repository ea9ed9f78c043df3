"""When the DAG of the statistics runs."""

from datetime import UTC, datetime, timedelta

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DataInterval, TimeRestriction

from collage_airflow.assets import SUMMARIES
from collage_airflow.operators.publish import PublishOperator
from tests.support.dag_files import makes_collages


@pytest.fixture
def statistics(dagbag: DagBag) -> DAG:
    return dagbag.dags["cover_collage_statistics"]


def test_it_waits_for_the_asset_that_every_dag_of_collages_updates(
    statistics: DAG, dagbag: DagBag
) -> None:
    assert list(statistics.timetable.asset_condition.objects) == [SUMMARIES]
    for dag in dagbag.dags.values():
        if makes_collages(dag):
            (publish,) = (task for task in dag.tasks if isinstance(task, PublishOperator))
            assert publish.outlets == [SUMMARIES]


def test_it_also_runs_every_day_as_the_scheduler_reads_it(statistics: DAG) -> None:
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(statistics)).timetable
    assert timetable.can_be_scheduled
    last = datetime(2026, 10, 14, 2, 30, tzinfo=UTC)
    info = timetable.next_dagrun_info(
        last_automated_data_interval=DataInterval.exact(last),
        restriction=TimeRestriction(earliest=statistics.start_date, latest=None, catchup=False),
    )
    assert info is not None
    assert info.run_after.time() == last.time()
    assert info.run_after - last >= timedelta(days=1)


def test_it_does_not_wait_for_ever(statistics: DAG) -> None:
    (rebuild,) = statistics.tasks
    assert rebuild.execution_timeout is not None
    assert statistics.dagrun_timeout is not None
    tries = rebuild.retries + 1
    assert rebuild.execution_timeout * tries < statistics.dagrun_timeout
