"""A manual run over a CSV: checked, priced, taken in, sent, closed and archived."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import DownstreamTasksSkipped
from botocore.exceptions import ClientError
from msgspec.structs import replace

from collage_airflow.aws import s3_hook
from collage_airflow.collage_tasks import collage_tasks
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.manual_form import manual_params
from collage_airflow.preflight import buckets, manual
from collage_airflow.preflight.refusal import RefusedError
from collage_core.aws.s3_store import S3Store
from collage_core.contract.books import Books, RowCounts
from collage_core.contract.message import ChunkMessage, parse_message
from collage_core.contract.receipt import Receipt
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import read_chunk
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.run.run import Run
from collage_core.run.summaries import write_summary
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.dag_runs import dag_run
from tests.support.runs import receipt, summary

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

pytestmark = pytest.mark.thorough  # every task makes a hook of its own, which takes a second

DAG_RUN = dag_run(
    "manual",
    dag_id="cover_collage_manual",
    interval=False,
    run_after=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
)
RUN = RunIdentity.of(DAG_RUN, None)
KEY = "manual-uploads/mine.csv"
URL = "https://cdn.example"
TEXT = f"""creator_name;cover_url;updated_at
ben;{URL}/1.jpg?x-expires=1;14/10/2026
ana;{URL}/2.jpg;13/10/2026
ana;{URL}/3.jpg;15/10/2026
ana;ftp://cdn.example/4.jpg;15/10/2026
;{URL}/5.jpg;15/10/2026
"""
CSV = "archived/2026/processed_files/11/21/cover_urls_20261121_093000.csv"
UPLOAD = "archived/2026/processed_files/manual-uploads/mine_20261121_093000.csv"
DONE = f"{UPLOAD}.done.json"


@pytest.fixture
def dag() -> DAG:
    with DAG("cover_collage_manual", schedule=None, params=manual_params()) as dag:
        collage_tasks(sql="SELECT 1", covers=CoversTable(), schedule=None)
    return dag


@pytest.fixture
def store(s3: "S3Client", queue_url: str) -> S3Store:
    del queue_url
    return S3Store(s3)


def context(dag: DAG, params: Mapping[str, Any]) -> Any:
    ti = SimpleNamespace(xcom_push=lambda *_, **__: None, map_index=-1)
    remembered: dict[str, Any] = {}
    state = SimpleNamespace(get=remembered.get, set=remembered.__setitem__)
    told = {"dag_run": DAG_RUN, "params": params, "dag": dag, "ti": ti}
    return told | {"task_state_store": state}


def execute(dag: DAG, task_id: str, **params: Any) -> Any:
    task: Any = dag.get_task(task_id)
    if hasattr(task, "run_id"):
        task.run_id = RUN.run_id
    return task.execute(context(dag, params))


def publish(dag: DAG) -> None:
    task: Any = dag.get_task("publish")
    task.outlets = []
    task.execute(context(dag, {}))


def problem(dag: DAG, **params: Any) -> str:
    with pytest.raises(RefusedError) as raised:
        execute(dag, "check", **params)
    return str(raised.value).removeprefix("nothing was written or sent: ")


def put(store: S3Store, text: str = TEXT, **metadata: str) -> None:
    store.put(SETTINGS.input_bucket, KEY, text.encode(), content_type="text/csv", metadata=metadata)


def chunks(sqs: "SQSClient", queue_url: str) -> list[ChunkMessage]:
    found = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
    messages = [parse_message(message["Body"]) for message in found]
    return [message for message in messages if isinstance(message, ChunkMessage)]


def work_on(store: S3Store, run: Run[S3Store], message: ChunkMessage) -> Receipt:
    """The receipt that a worker would write, after it has read the chunk."""
    stored = store.get(
        message.source.bucket,
        message.source.key,
        byte_range=message.byte_range,
        etag=message.source.etag,
    )
    assert stored is not None
    creators: dict[str, int] = {}
    for row in read_chunk(stored.body):
        assert isinstance(row, CoverRow)
        creators[row.creator] = creators.get(row.creator, 0) + 1
    (chunk,) = [chunk for chunk in run.manifest.chunks if chunk.chunk_id == message.chunk_id]
    done = receipt(run.manifest, chunk, creators)
    key = keys.receipt(RUN.run_id, chunk.chunk_id)
    store.put(SETTINGS.temp_bucket, key, to_document(done), content_type="application/json")
    return done


@pytest.mark.parametrize("source", ["csv_key", "csv_text"])
def test_a_csv_from_outside_goes_the_way_of_any_run_and_is_closed_by_airflow(
    dag: DAG, store: S3Store, sqs: "SQSClient", queue_url: str, source: str
) -> None:
    put(store)
    params = {source: KEY if source == "csv_key" else TEXT, "output_prefix": "mine", "rows": 2}
    execute(dag, "check", **params)
    execute(dag, "estimate", **params)
    extracted = execute(dag, "extract", **params)
    assert (extracted["rows"], extracted["creators"]) == (5, 2)
    run = Run.open(store, SETTINGS, RUN.run_id)
    assert run.manifest.trigger is Trigger.MANUAL
    assert run.manifest.source.key == RUN.csv_key
    assert (run.manifest.config.rows, run.manifest.output_prefix) == (2, "mine")
    assert run.manifest.rejected.rows == 2

    assert execute(dag, "plan")["rows"] == 5
    assert execute(dag, "dispatch") == {"sent": 1, "done_before": 0}
    for message in chunks(sqs, queue_url):
        work_on(store, run, message)
    execute(dag, "wait")
    reconciled = execute(dag, "reconcile")
    assert reconciled["rows"]["total"] == 5
    assert execute(dag, "archive") == CSV
    publish(dag)
    left = list(store.list_keys(SETTINGS.input_bucket, ""))
    assert left == ([CSV, UPLOAD, DONE] if source == "csv_key" else [CSV, KEY])
    done = store.get(SETTINGS.input_bucket, DONE)
    if done is not None:
        said = json.loads(done.body)
        assert (said["origin"]["key"], said["moved_to"]) == (KEY, UPLOAD)
        assert (said["collages"], said["rows"]["total"]) == ("collages/manual/mine/", 5)
        for key in (said["summary_key"], said["results_key"]):
            assert store.head(SETTINGS.output_bucket, key) is not None

    # Cleared as a whole, the finished run stays as it is.
    execute(dag, "check", **params)
    assert execute(dag, "extract", **params) == extracted
    assert execute(dag, "archive") == CSV
    publish(dag)
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == left
    again = store.get(SETTINGS.input_bucket, DONE)
    assert (again and again.body) == (done and done.body)


def test_a_csv_without_a_usable_row_is_a_run_that_can_be_cleared_after_its_end(
    dag: DAG, store: S3Store
) -> None:
    put(store, "creator_name,cover_url,updated_at\nana,ftp://cdn.example/4.jpg,2026-10-01\n")
    for _ in range(2):
        execute(dag, "check", csv_key=KEY)
        assert execute(dag, "extract", csv_key=KEY)["rows"] == 1
        assert execute(dag, "dispatch") == {"sent": 0, "done_before": 0}
        execute(dag, "wait")
        assert execute(dag, "reconcile")["status"] == "failed"
        assert execute(dag, "archive") == CSV
        publish(dag)
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == [CSV, UPLOAD, DONE]


def test_a_run_over_some_creators_says_so_and_leaves_the_upload_where_it_is(
    dag: DAG, store: S3Store, sqs: "SQSClient", queue_url: str
) -> None:
    put(store)
    params = {"csv_key": KEY, "creators": ["ben"]}
    execute(dag, "check", **params)
    assert execute(dag, "extract", **params)["rows"] == 1
    execute(dag, "dispatch")
    run = Run.open(store, SETTINGS, RUN.run_id)
    for message in chunks(sqs, queue_url):
        (done,) = work_on(store, run, message).results
        assert done.creator == "ben"
    summary_key = execute(dag, "reconcile")["summary_key"]
    execute(dag, "archive")
    publish(dag)
    summary = store.get(SETTINGS.output_bucket, summary_key)
    assert summary is not None
    selection = {"creators": ["ben"], "rows_left_out": 4}
    assert json.loads(summary.body)["selection"] == selection
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == [CSV, KEY]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"csv_key": "manual-uploads/other.csv"}, "csv_key: s3://tiktok-image-input/manual-"),
        ({"csv_text": "no header"}, "csv_text: "),
        ({"csv_key": KEY, "csv_text": TEXT}, "both csv_key and csv_text are given"),
        ({"csv_key": KEY, "window": "yesterday"}, "both window and csv_key are given"),
        (
            {"csv_key": KEY, "creators": ["Ana", "ben", "cem"]},
            (
                "creators: 'Ana', 'cem' of the 3 named are not in manual-uploads/mine.csv, where "
                "names are compared byte for byte: correct or remove them; there is 'ana'"
            ),
        ),
        ({"csv_key": KEY, "collums": 3}, "'collums' in the conf of this run is not a param"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_by_check_in_one_line(
    dag: DAG, store: S3Store, params: dict[str, Any], said: str
) -> None:
    put(store)
    line = problem(dag, **params)
    assert line.startswith(said)
    assert "\n" not in line


def test_the_csv_of_a_dag_run_is_left_to_it(dag: DAG, store: S3Store) -> None:
    key = "csv-files/2026/10/01/monthly_batch_20261001.csv"
    store.put(
        SETTINGS.input_bucket,
        key,
        TEXT.encode(),
        content_type="text/csv",
        metadata={"dispatch": "sqs"},
    )
    assert "is the CSV of a DAG run, which will move it" in problem(dag, csv_key=key)


def test_a_dry_run_prints_one_line_and_sends_nothing(
    dag: DAG, store: S3Store, capsys: pytest.CaptureFixture[str]
) -> None:
    put(store)
    before = {bucket: list(store.list_keys(bucket, "")) for bucket in (SETTINGS.input_bucket,)}
    params = {"csv_key": KEY, "dry_run": True}
    execute(dag, "check", **params)
    pushed: dict[str, Any] = {}
    asked = context(dag, params)
    asked["ti"].xcom_push = lambda key, value: pushed.update({key: value})
    task: Any = dag.get_task("estimate")
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        task.execute(asked)
    assert list(skipped.value.tasks) == ["extract"]
    assert pushed["note"] == (
        "Dry run of manual-uploads/mine.csv: 5 rows of 2 creators, 0.0002 USD, 0.01 hours. The log "
        "of estimate has the table"
    )
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(KEY))
    assert line.split() == [KEY, "5", "2", "0.0001", "0.0001", "0.01", "33.3%"]
    assert {SETTINGS.input_bucket: list(store.list_keys(SETTINGS.input_bucket, ""))} == before
    for bucket in (SETTINGS.output_bucket, SETTINGS.temp_bucket):
        assert not list(store.list_keys(bucket, ""))


def test_a_bucket_that_is_not_there_is_one_problem_of_the_bucket(
    dag: DAG, s3: "S3Client", queue_url: str
) -> None:
    del queue_url
    s3.delete_bucket(Bucket=SETTINGS.input_bucket)
    line = problem(dag, csv_key=KEY)
    assert line.startswith(f"bucket {SETTINGS.input_bucket} (INPUT_BUCKET)")
    assert "csv_key" not in line


def test_a_right_on_the_uploads_that_is_missing_is_named_before_the_run(
    dag: DAG, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store)
    hook = s3_hook("aws_default")
    for operation in ("HeadObject", "DeleteObject"):
        hook.get_conn().meta.events.register(f"before-parameter-build.s3.{operation}", deny_uploads)
    for module in (buckets, manual):
        monkeypatch.setattr(module, "s3_hook", lambda _: hook)
    assert problem(dag, csv_key=KEY) == (
        f"bucket {SETTINGS.input_bucket} (INPUT_BUCKET), asked with connection aws_default, denies "
        "s3:GetObject, s3:DeleteObject at manual-uploads/cover_urls_20261121_093000.csv: allow it "
        "for everything that begins with manual-uploads/"
    )
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == [KEY]
    execute(dag, "check", csv_text=TEXT)


def deny_uploads(params: Mapping[str, Any], model: Any, **_: Any) -> None:
    if params["Key"].startswith("manual-uploads/"):
        answer: Any = {"Error": {"Code": "AccessDenied"}}
        raise ClientError(answer, model.name)


def test_chunks_are_as_long_as_the_newest_run_of_the_dag_has_measured(
    dag: DAG, store: S3Store, capsys: pytest.CaptureFixture[str]
) -> None:
    books = Books(RowCounts(total=600, placed=600), seconds={"total": 300})
    slow = summary("cover_collage_manual-20261120_000000-0", "20261120_000000", books)
    write_summary(store, SETTINGS, slow)
    rows = [f"creator.{number:03d},{URL}/{number}.jpg,2026-10-01\n" for number in range(300)]
    text = f"creator_name,cover_url,updated_at\n{''.join(rows)}"
    extracted = execute(dag, "extract", csv_text=text)
    assert (extracted["rows"], extracted["chunks"]) == (300, 3)
    said = f"Chunks of 120 rows: 500.0 ms for each row in {slow.run_id}"
    assert said in capsys.readouterr().out
    # Planned again, it is cut as before, whatever later runs have measured.
    write_summary(store, SETTINGS, replace(slow, books=replace(books, seconds={"total": 3.0})))
    assert execute(dag, "extract", csv_text=text)["chunks"] == 3
    assert Run.open(store, SETTINGS, RUN.run_id).manifest.chunk_rows == 120
