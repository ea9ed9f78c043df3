"""The tasks that tidy up: a line for each finding, and a count of each kind."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.housekeeping.abort import AbortOperator
from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_airflow.operators.housekeeping.finish import FinishOperator
from collage_airflow.operators.housekeeping.merge import MergeOperator
from collage_airflow.operators.housekeeping.report import ReportOperator
from collage_airflow.operators.housekeeping.submit import SubmitOperator
from collage_core.aws.s3_store import S3Store
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.run.stop import read_stop
from collage_core.settings import Settings
from tests.support.airflow_aws import SETTINGS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CONTEXT: Any = {}
HOURS = timedelta(hours=6)


class Finder(FindingsOperator):
    """Finds what it is told to."""

    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        del settings, now
        yield Finding(Kind.FINISHED, "run r was finished")
        yield Finding(Kind.STUCK, "run s stands still: clear wait")
        yield Finding(Kind.DEAD_LETTERS, "3 messages failed", count=3)


def test_each_finding_is_a_line_and_each_kind_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = Finder(task_id="report").execute(CONTEXT)
    assert found == {"dead_letters": 3, "finished": 1, "stuck": 1}
    log = capsys.readouterr().out.splitlines()
    levels = {line.split("[")[1].split()[0]: line for line in log if "run " in line}
    assert "stuck: run s stands still: clear wait" in levels["warning"]
    assert "finished: run r was finished" in levels["info"]


def test_a_kind_may_be_chosen_to_fail_the_task_after_everything_was_looked_at() -> None:
    with pytest.raises(AirflowFailException) as raised:
        Finder(task_id="report", fail_on=["dead_letters"]).execute(CONTEXT)
    assert str(raised.value) == "3 messages failed"
    assert Finder(task_id="report", fail_on=["quarantined"]).execute(CONTEXT)


def test_a_kind_that_there_is_not_is_refused_when_the_dag_is_read() -> None:
    with pytest.raises(ValueError, match="'dead-letters' is not a valid Kind"):
        Finder(task_id="report", fail_on=["dead-letters"])


@pytest.mark.usefixtures("queue_url")
def test_submit_does_first_what_the_variable_says(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    store = S3Store(s3)
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "all")
    assert SubmitOperator(task_id="submit").execute(CONTEXT) == {"stopped": 1}
    assert read_stop(store, SETTINGS, None) is not None
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "")
    assert SubmitOperator(task_id="submit").execute(CONTEXT) == {}
    assert read_stop(store, SETTINGS, None) is None


@pytest.mark.usefixtures("queue_url")
def test_where_nothing_was_left_behind_nothing_is_found(s3: "S3Client") -> None:
    for operator in (
        FinishOperator(task_id="finish"),
        SubmitOperator(task_id="submit"),
        AbortOperator(task_id="abort", older_than=HOURS),
        MergeOperator(task_id="merge"),
        ReportOperator(task_id="report", stuck_after=HOURS, lifecycles={}),
    ):
        assert operator.execute(CONTEXT) == {}
    assert s3.list_objects_v2(Bucket=SETTINGS.temp_bucket)["KeyCount"] == 0


def test_the_report_tells_of_the_dead_letter_queue_and_of_every_lifecycle(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    del s3
    sqs.send_message(QueueUrl=f"{queue_url}-dlq", MessageBody="failed")
    found = ReportOperator(task_id="report", stuck_after=HOURS).execute(CONTEXT)
    assert found == {"dead_letters": 1, "lifecycle": 3}
