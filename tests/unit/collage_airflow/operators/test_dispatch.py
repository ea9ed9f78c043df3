"""One message per chunk that is not done."""

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from airflow.sdk import Variable
from botocore.exceptions import ClientError

from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.stop_variable import why_stopped
from collage_core.aws.s3_store import S3Store
from collage_core.contract.message import parse_message
from collage_core.errors import RaceError, SettingError, TransientError
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from collage_core.run.stop import stop, stopped
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import run
from tests.support.watched_run import context

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CREATORS = [{f"creator-{number:02d}": 2} for number in range(23)]
MANIFEST, RECEIPTS = run(CREATORS)


def received(sqs: "SQSClient", queue_url: str) -> list[str]:
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        bodies += [message["Body"] for message in messages]
    return bodies


def test_every_chunk_gets_a_message_that_the_worker_understands(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    replace_manifest(S3Store(s3), SETTINGS, MANIFEST)
    answer = DispatchOperator(task_id="dispatch", run_id=MANIFEST.run_id).execute(context())
    assert answer == {"sent": 23, "done_before": 0}
    messages = [parse_message(body) for body in received(sqs, queue_url)]
    assert sorted(messages, key=str) == sorted(map(MANIFEST.message, MANIFEST.chunks), key=str)


class Function:
    """A client of Lambda that takes everything."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803
        self.invoked.append((FunctionName, InvocationType))
        self.bodies.append(Payload)

    class exceptions:  # noqa: N801 - as in boto3
        ClientError = ClientError


def test_with_dispatch_by_lambda_every_chunk_is_an_invocation_and_none_a_message(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    replace_manifest(S3Store(s3), SETTINGS, MANIFEST)
    task, client = DispatchOperator(task_id="dispatch", run_id=MANIFEST.run_id), Function()
    task.__dict__["function_hook"] = SimpleNamespace(get_conn=lambda: client)
    given = context() | {"params": {"dispatch_by": "lambda"}}
    assert task.execute(given) == {"sent": 23, "done_before": 0}
    assert {*client.invoked} == {("collage-worker", "Event")}
    messages = [parse_message(body.decode()) for body in client.bodies]
    assert sorted(messages, key=str) == sorted(map(MANIFEST.message, MANIFEST.chunks), key=str)
    assert received(sqs, queue_url) == []


def dispatch() -> dict[str, int]:
    return DispatchOperator(task_id="dispatch", run_id=MANIFEST.run_id).execute(context())


def write_receipt(store: S3Store, chunk_id: str, body: bytes) -> None:
    key = keys.receipt(MANIFEST.run_id, chunk_id)
    store.put(SETTINGS.temp_bucket, key, body, content_type="application/json")


def test_a_chunk_that_has_its_receipt_is_not_sent_again(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    done, *rest = MANIFEST.chunks
    write_receipt(store, done.chunk_id, to_document(RECEIPTS[0]))
    assert dispatch() == {"sent": 22, "done_before": 1}
    sent = {json.loads(body)["chunk_id"] for body in received(sqs, queue_url)}
    assert sent == {chunk.chunk_id for chunk in rest}


def test_a_receipt_that_cannot_be_used_is_set_aside_and_its_chunk_sent_again(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    for receipt in RECEIPTS:
        write_receipt(store, receipt.chunk_id, to_document(receipt))
    wrong = MANIFEST.chunks[7].chunk_id
    write_receipt(store, wrong, b"{}")
    assert dispatch() == {"sent": 1, "done_before": 22}
    (sent,) = received(sqs, queue_url)
    assert json.loads(sent)["chunk_id"] == wrong
    left = list(store.list_keys(SETTINGS.temp_bucket, keys.run_folder(MANIFEST.run_id)))
    assert keys.receipt(MANIFEST.run_id, wrong) not in left
    (kept,) = (key for key in left if "/set-aside/" in key)
    found = store.get(SETTINGS.temp_bucket, kept)
    assert found is not None
    assert found.body == b"{}"


def test_what_became_of_earlier_messages_is_forgotten_only_of_chunks_that_are_sent(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    """Or `wait` would take it for the end of the new ones, if the DAG run had not ended between."""
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    done, again = (chunk.chunk_id for chunk in MANIFEST.chunks[:2])
    write_receipt(store, done, to_document(RECEIPTS[0]))
    failed = [keys.failed_message(MANIFEST.run_id, chunk_id) for chunk_id in (done, again)]
    for key in failed:
        store.put(SETTINGS.temp_bucket, key, b"{}", content_type="application/json")
    dispatch()
    prefix = keys.failed_messages(MANIFEST.run_id)
    assert list(store.list_keys(SETTINGS.temp_bucket, prefix)) == failed[:1]
    assert len(received(sqs, queue_url)) == 22


def test_a_run_that_was_stopped_goes_on(s3: "S3Client", sqs: "SQSClient", queue_url: str) -> None:
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    stop(store, SETTINGS, MANIFEST.run_id, "somebody")
    stop(store, SETTINGS, None, why_stopped("all"))
    dispatch()
    assert stopped(store, SETTINGS, MANIFEST.run_id) is None
    assert len(received(sqs, queue_url)) == 23


@pytest.mark.parametrize("was_stopped", [True, False])
def test_a_run_that_is_stopped_after_the_variable_was_read_stays_stopped(
    s3: "S3Client",
    sqs: "SQSClient",
    queue_url: str,
    monkeypatch: pytest.MonkeyPatch,
    was_stopped: bool,
) -> None:
    """The task may stand still between that and the next request, however long."""
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)

    def read(*_: object, **__: object) -> str:
        stop(store, SETTINGS, MANIFEST.run_id, "somebody, meanwhile")
        return ""

    monkeypatch.setattr(Variable, "get", read)
    if was_stopped:
        stop(store, SETTINGS, MANIFEST.run_id, "somebody")
        with pytest.raises(RaceError, match=f"somebody stops {MANIFEST.run_id} just now"):
            dispatch()
        assert received(sqs, queue_url) == []
    else:
        dispatch()  # as if it were stopped just after it: workers drop the messages
    found = stopped(store, SETTINGS, MANIFEST.run_id)
    assert found is not None
    assert found.reason == "somebody, meanwhile"


def test_nothing_is_sent_while_somebody_else_has_stopped_all_runs(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    stop(store, SETTINGS, None, "the account moves")
    with pytest.raises(SettingError, match=r"all runs .*: the account moves; .*stop\.json of .*"):
        dispatch()
    assert received(sqs, queue_url) == []
    store.delete_keys(SETTINGS.temp_bucket, [keys.stop(None)])
    assert dispatch()["sent"] == 23


def test_all_runs_stay_stopped_while_airflow_cannot_read_its_variable(
    s3: "S3Client", sqs: "SQSClient", queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow says of it what it says of one that is not there."""
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    stop(store, SETTINGS, None, why_stopped("all"))
    monkeypatch.setattr(Variable, "keys", lambda *, prefix: [prefix])
    with pytest.raises(TransientError, match="cover_collage_stop is there, and cannot be read"):
        dispatch()
    assert stopped(store, SETTINGS, MANIFEST.run_id) is not None
    assert received(sqs, queue_url) == []


@pytest.mark.parametrize("name", ["all", MANIFEST.run_id, "manual__1"])
def test_nothing_is_sent_while_the_variable_stops_the_run(
    s3: "S3Client",
    sqs: "SQSClient",
    queue_url: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    replace_manifest(S3Store(s3), SETTINGS, MANIFEST)
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", name)
    with pytest.raises(SettingError, match=f"remove {name} from it, then clear this task"):
        dispatch()
    assert received(sqs, queue_url) == []
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "")
    assert dispatch()["sent"] == 23


@pytest.mark.usefixtures("queue_url")
def test_names_in_the_variable_that_are_no_runs_are_told(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_manifest(S3Store(s3), SETTINGS, MANIFEST)
    given = context()
    given["ti"].dag_runs = {"manual__2"}
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "manual__2, monthly-99")
    DispatchOperator(task_id="dispatch", run_id=MANIFEST.run_id).execute(given)
    log = capsys.readouterr().out
    assert "cover_collage_stop has monthly-99, which stops nothing" in log
    assert "manual__2, which" not in log
