"""The tasks of the redrive: a check of what they need, a table in the log, counts in the XCom."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.check_redrive import CheckRedriveOperator
from collage_airflow.operators.redrive import RedriveOperator
from collage_airflow.preflight.refusal import RefusedError
from collage_core.aws.s3_store import S3Store
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from collage_core.storage.documents import JSON
from tests.support.airflow_aws import SETTINGS
from tests.support.dead_letters import Queues, as_text, poll_quickly
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

MANIFEST = plan([{"ana": 2}, {"bo": 2}])
FIRST, SECOND = (MANIFEST.message(chunk) for chunk in MANIFEST.chunks)


@pytest.fixture
def queues(
    s3: "S3Client", sqs: "SQSClient", queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> Queues:
    """Two messages of a run, one of which is done, and one of nobody."""
    poll_quickly(monkeypatch)
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    key = keys.receipt(MANIFEST.run_id, FIRST.chunk_id)
    store.put(SETTINGS.temp_bucket, key, b"{}", content_type=JSON)
    queues = Queues(sqs, queue_url)
    queues.fail(FIRST, SECOND, "https://covers/?signature=secret")
    return queues


def redrive(*, run_id: str | None = None, dry_run: bool) -> dict[str, Any]:
    context: Any = {"params": {"run_id": run_id, "dry_run": dry_run}}
    return RedriveOperator(task_id="redrive").execute(context)


def test_a_dry_run_logs_the_table_and_changes_nothing(
    queues: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    note = "Dry run: 1 message would be sent again, 1 dropped, 1 left"
    assert redrive(dry_run=True) == {
        "sent": 1,
        "dropped": 1,
        "left": 1,
        "not_chosen": 0,
        "is_complete": True,
        "note": note,
    }
    log = capsys.readouterr().out
    assert queues.dead_url in log
    for line in (
        "the chunk has no receipt",
        "the chunk has its receipt",
        "Unknown messages, by id",
    ):
        assert line in log
    assert "✓ Dry run, nothing was changed: 1 message would be sent again" in log
    assert "secret" not in log
    assert queues.counts() == (3, 0)
    assert queues.sent() == []


def test_messages_are_sent_again_and_counted(queues: Queues) -> None:
    assert redrive(dry_run=False)["note"] == "Redriven: 1 message sent again, 1 dropped, 1 left"
    assert queues.sent() == [as_text(SECOND)]
    assert queues.counts() == (1, 0)
    again = redrive(dry_run=False)
    assert (again["sent"], again["dropped"], again["left"]) == (0, 0, 1)


@pytest.mark.parametrize("name", [MANIFEST.run_id, f" {MANIFEST.run_id}\n"])
def test_a_run_is_redriven_by_its_id(queues: Queues, name: str) -> None:
    assert redrive(run_id=name, dry_run=False)["note"] == (
        "Redriven: 1 message of run monthly-1 sent again, 1 dropped, 0 left; 1 of other runs"
    )
    assert queues.counts() == (1, 0)


def test_a_run_without_messages_is_no_failure(queues: Queues) -> None:
    assert redrive(run_id="nobody", dry_run=False)["note"] == (
        "Redriven: no message of run nobody in the dead-letter queue; 3 of other runs"
    )
    assert queues.counts() == (3, 0)


def test_messages_that_somebody_hides_are_warned_of(
    queues: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    queues.dead.receive()
    assert redrive(dry_run=True)["note"] == "Dry run: no message in the dead-letter queue"
    assert "About 3 messages are hidden" in capsys.readouterr().out


@pytest.mark.usefixtures("s3")
def test_a_queue_without_a_dead_letter_queue_fails_the_task(
    sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = sqs.create_queue(QueueName="alone")["QueueUrl"]
    monkeypatch.setenv("CHUNK_QUEUE_URL", alone)
    with pytest.raises(AirflowFailException, match="has no dead-letter queue: clear check"):
        redrive(dry_run=True)
    with pytest.raises(RefusedError, match="has no dead-letter queue"):
        CheckRedriveOperator(task_id="check").execute({})


def test_the_check_passes_and_changes_nothing(
    queues: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    CheckRedriveOperator(task_id="check").execute({})
    assert "✓ Checked the queue, its dead-letter queue and bucket" in capsys.readouterr().out
    assert queues.counts() == (3, 0)


def test_all_that_is_wrong_is_named_at_once(
    queues: Queues, s3: "S3Client", sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.delete_queue(QueueUrl=queues.dead_url)
    monkeypatch.setenv("TEMP_BUCKET", "nobody-has-it")
    assert s3
    with pytest.raises(RefusedError) as told:
        CheckRedriveOperator(task_id="check").execute({})
    assert "bucket nobody-has-it (TEMP_BUCKET)" in str(told.value)
    assert "collage-chunks-dlq, which does not exist" in str(told.value)
    assert "nothing was written or sent" in str(told.value)


def test_what_it_returns_is_small_whatever_is_in_the_queue(queues: Queues) -> None:
    queues.fail(
        *(json.dumps({"processing_type": "csv_data", "csv_data": str(n)}) for n in range(50))
    )
    assert len(json.dumps(redrive(dry_run=True))) < 300
