"""A run of a DAG, task by task in this process, with the twin's database, S3, queue and workers.

A fault can be made between any two tasks, and each task can be cleared, in much less time than
Airflow's scheduler takes. Covers are answered by a host of the test, which counts requests.
"""

import asyncio
import io
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, partial
from itertools import count
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest
from airflow.sdk.exceptions import TaskDeferred
from PIL import Image

from collage_airflow.aws import s3_hook, sqs_hook
from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.schedules import KEEPING
from collage_airflow.operators.archive import ArchiveOperator
from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.plan import PlanOperator
from collage_airflow.operators.reconcile import ReconcileOperator
from collage_airflow.operators.verify import VerifyOperator
from collage_airflow.operators.wait import WaitOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult, Receipt, WrittenObject
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.opened_collage import picture_problems
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.verify import verify
from collage_core.run.verify_report import VerifyReport
from collage_core.settings import Settings
from collage_core.storage.documents import read_documents
from local.provision import DLQ, QUEUE
from local.settings import OUTPUT_BUCKET, product_settings
from local.twin import Twin
from tests.support.cover_host import Answer, CoverHost, cover_host, response
from tests.support.extract_world import aws_connection, mysql_connection
from tests.support.watched_run import Remembered, TaskInstance

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from MySQLdb.connections import Connection

TABLE: Final = "fault_covers"
SQL: Final = f"""
SELECT creator_name, cover_url, updated_at
FROM {TABLE}
WHERE updated_at >= %(window_start)s AND updated_at < %(window_end)s
ORDER BY CAST(creator_name AS BINARY), updated_at DESC, id DESC;
"""  # noqa: S608 - the table of these tests
SECONDS: Final = 90
"""How long workers may take for a small run on a busy machine."""

_FIRST_SECOND = datetime(2019, 11, 2, 3, tzinfo=UTC)
_seconds = count()


@cache
def picture(creator: int, number: int) -> bytes:
    """The JPEG of a cover, another one for each."""
    file = io.BytesIO()
    colour = (creator * 53 % 256, number * 29 % 256, (creator + number) * 11 % 256)
    Image.new("RGB", (90, 120), colour).save(file, "JPEG")
    return file.getvalue()


class Held:
    """A cover that is not answered before it is let go."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.is_asked_for = Event()
        self._may_go = Event()

    def __call__(self, connection: Any) -> None:
        self.is_asked_for.set()
        self._may_go.wait(5 * SECONDS)
        connection.sendall(response(self._body))

    def wait(self, *, seconds: float = SECONDS) -> None:
        """Wait until a worker has asked for it."""
        assert self.is_asked_for.wait(seconds)

    def let_go(self) -> None:
        """Answer all requests, those that wait and later ones."""
        self._may_go.set()


@dataclass(frozen=True)
class FaultWorld:
    """An empty table of covers, the twin's AWS, and a host of covers."""

    twin: Twin
    host: CoverHost
    table: "Connection"
    hooks: tuple[Any, Any]
    """Those of S3 and SQS, shared by all tasks: each takes a second to be made."""

    @cached_property
    def store(self) -> S3Store:
        """All buckets, as root."""
        return S3Store(self.twin.aws.s3())

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS, as root."""
        return self.twin.aws.sqs()

    def url(self, name: str, number: int = 1) -> str:
        """Where a cover is."""
        return self.host.url(f"/{name}/{number}.jpg")

    def answer(self, name: str, number: int, *answers: Answer) -> None:
        """Give these answers for a cover in turn, then always the last one."""
        self.host.answer(f"/{name}/{number}.jpg", *answers)

    def answer_all(self, names: Iterable[str], *, covers: int) -> None:
        """Give a picture of its own for each of these covers."""
        for index, name in enumerate(names):
            for number in range(1, covers + 1):
                self.answer(name, number, response(picture(index, number)))

    def hold(self, name: str, number: int = 1) -> Held:
        """Keep whoever asks for this cover waiting."""
        held = Held(picture(1, number))
        self.answer(name, number, held)
        return held

    def insert(self, names: Iterable[str], *, covers: int = 1) -> None:
        """Add so many covers of each creator, one a second from 1 October on."""
        names = [*names]
        self.answer_all(names, covers=covers)
        rows = [
            (name, self.url(name, number), moment(number))
            for name in names
            for number in range(1, covers + 1)
        ]
        self.table.cursor().executemany(
            f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)",  # noqa: S608
            rows,
        )

    def sql(self, statement: str, *values: object) -> None:
        """Change the table, whose name is `covers` in the statement."""
        self.table.cursor().execute(statement.replace("covers", TABLE), values)

    def requests(self) -> dict[str, int]:
        """How often each cover was asked for, by its path."""
        return dict(self.host.requests)

    def depth(self, queue: str = QUEUE) -> int:
        """Messages in a queue, also those that are being worked on."""
        return depth(self.sqs, queue)

    def summaries(self) -> list[RunSummary]:
        """Those of all runs that are closed."""
        found = self.store.list_keys(OUTPUT_BUCKET, keys.SUMMARIES)
        wanted = (key for key in found if key.endswith(".json"))
        return read_documents(self.store, OUTPUT_BUCKET, wanted, RunSummary)

    def send(self, bodies: Iterable[Any]) -> None:
        """Send these messages."""
        sqs = self.sqs
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        for body in bodies:
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def redrive(self) -> int:
        """Do what `start-message-move-task` does, which the twin lacks; how many there were."""
        sqs = self.sqs
        dead, url = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (DLQ, QUEUE))
        moved = 0
        while found := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                sqs.send_message(QueueUrl=url, MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
        return moved

    def empty_queues(self) -> None:
        """Forget all messages."""
        sqs = self.sqs
        for name in (QUEUE, DLQ):
            sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])

    def run(self, **params: Any) -> "TaskByTask":
        """A new manual run over October 2019, when no other test has one."""
        return TaskByTask(self, _FIRST_SECOND + timedelta(seconds=next(_seconds)), params)

    def keep(self, first: date, until: date) -> "TaskByTask":
        """A new run of `keep_covers` over the days from `first` to before `until`."""
        window = {"window_start": f"{first}", "window_end": f"{until}"}
        due = _FIRST_SECOND + timedelta(seconds=next(_seconds))
        return TaskByTask(self, due, window, schedule=KEEPING)


def depth(sqs: "SQSClient", queue: str = QUEUE) -> int:
    """Messages in a queue, also those that are being worked on."""
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(number) for number in found.values())


def moment(number: int) -> datetime:
    """When the cover of that number was stored."""
    return datetime(2019, 10, 1) + timedelta(seconds=number)  # noqa: DTZ001 - as MySQL has it


@dataclass
class TaskByTask:
    """One DAG run."""

    world: FaultWorld
    due: datetime
    params: dict[str, Any] = field(default_factory=dict)
    run_id: str = ""
    """Known after `extract`."""
    summary: Any = None
    """Known after `reconcile`: what that task returned."""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    """When the run began, or was last cleared."""
    remembered: Remembered = field(default_factory=Remembered)
    schedule: KeepSchedule | None = None
    """That of the DAG; None for a manual run."""

    @property
    def run(self) -> Run[S3Store]:
        """The run with its present manifest."""
        return Run.open(self.world.store, Settings(), self.run_id)

    @property
    def chunk_ids(self) -> list[str]:
        """Its chunks in their order."""
        return [chunk.chunk_id for chunk in self.run.manifest.chunks]

    def receipts(self) -> list[Receipt]:
        """Those that are there."""
        return self.run.receipts()

    def extract(self) -> dict[str, Any]:
        """Read the window, and plan."""
        told: dict[str, Any] = self._do(
            ExtractOperator(task_id="extract", sql=SQL, schedule=self.schedule)
        )
        self.run_id = told["run_id"]
        return told

    def plan(self) -> dict[str, Any]:
        """Find kept covers. Without it, a run keeps nothing and looks nothing up."""
        told: dict[str, Any] = self._do(PlanOperator(task_id="plan", run_id=self.run_id))
        return told

    def dispatch(self) -> dict[str, int]:
        """Send what has no receipt."""
        task = DispatchOperator(task_id="dispatch", run_id=self.run_id)
        task.__dict__["queue_hook"] = self.world.hooks[1]
        told: dict[str, int] = self._do(task)
        return told

    def wait(self, *, seconds: float = SECONDS) -> None:
        """Wait as the task does, with its trigger in this process, which looks more often."""
        task = WaitOperator(task_id="wait", run_id=self.run_id, timeout=timedelta(seconds=seconds))
        task.poke_interval = 0.3
        self._share(task)
        task.__dict__["queue_hook"] = self.world.hooks[1]
        given = self.context
        resume = partial(task.execute, given)
        while True:
            try:
                resume()
            except TaskDeferred as deferred:
                resume = partial(task.execute_complete, given, _fired(deferred.trigger))
            else:
                return

    def reconcile(self) -> Any:
        """Close the run."""
        self.summary = self._do(ReconcileOperator(task_id="reconcile", run_id=self.run_id))
        return self.summary

    def verify(self) -> str:
        """Verify the run as the task does."""
        told: str = self._do(VerifyOperator(task_id="verify", run_id=self.run_id))
        return told

    def archive(self) -> str:
        """Move the CSV."""
        key: str = self._do(ArchiveOperator(task_id="archive", run_id=self.run_id))
        return key

    def clear(self, first: str) -> None:
        """Clear a task: it and all tasks after it run again."""
        tasks = ("extract", "dispatch", "wait", "reconcile", "verify", "archive")
        # To the second, as S3 says when a message failed.
        self.begun = datetime.now(UTC).replace(microsecond=0)
        for name in tasks[tasks.index(first) :]:
            getattr(self, name)()

    def finish(self) -> None:
        """Run all tasks."""
        self.clear("extract")

    @property
    def context(self) -> Any:
        """What Airflow hands to a task."""
        dag_run = SimpleNamespace(
            dag_id="faults",
            run_id=f"manual__{self.due.isoformat()}",
            run_type="manual",
            run_after=self.due,
            logical_date=None,
            data_interval_start=None,
            data_interval_end=None,
            start_date=self.begun,
            clear_number=int(self.begun.timestamp()),
        )
        window = {"window_start": "2019-10-01", "window_end": "2019-11-01"}
        return {
            "dag_run": dag_run,
            "params": window | self.params,
            "ti": TaskInstance(),
            "task_state_store": self.remembered,
        }

    def _do(self, task: Any) -> Any:
        self._share(task)
        return task.execute(self.context)

    def _share(self, task: Any) -> None:
        task.__dict__["hook"] = self.world.hooks[0]

    def objects(self) -> dict[str, str]:
        """All objects of the output bucket that have the run's second, with their ETags."""
        stamp = str(self.run.manifest.run_timestamp)
        listed = (
            item
            for prefix in ("collages/", "thumbnails/", "metadata/")
            for item in self.world.store.list_objects(OUTPUT_BUCKET, prefix)
        )
        return {
            item.key: item.etag
            for item in listed
            if stamp in item.key and not item.key.endswith(f"/claim_{stamp}.txt")
        }

    def judge(self) -> None:
        """Compare receipts, metadata and objects by a way of the tests' own, then verify."""
        manifest, found = self.run.manifest, self.objects()
        results = [result for receipt in self.receipts() for result in receipt.results]
        assert sum(result.rows.total for result in results) == manifest.rows
        recorded = {
            key: written.etag
            for result in results
            for key, written in _objects_of(result, manifest).items()
        }
        assert found == recorded
        for result in results:
            stored = self.world.store.get(
                OUTPUT_BUCKET, keys.metadata(result.creator, manifest.run_timestamp)
            )
            assert stored is not None
            assert len(json.loads(stored.body)["cells"]) == result.rows.placed, result.creator
        verify_run(self.world.store, manifest.run_timestamp, self.run_id)


def _fired(trigger: Any) -> Any:
    """The event of a trigger."""

    async def first() -> Any:
        return await anext(trigger.run())

    return asyncio.run(first()).payload


def verify_run(store: S3Store, second: RunTimestamp, run_id: str) -> VerifyReport:
    """Verify a closed run with all of its pictures; nothing may be wrong."""
    recorded = RecordedRun.open(store, Settings(), second, run_id)
    report = verify(recorded, look=picture_problems, sample=None)
    assert report.everything == []
    return report


def _objects_of(result: CreatorResult, manifest: Manifest) -> dict[str, WrittenObject]:
    """The objects of a creator by their keys."""
    second, creator = manifest.run_timestamp, result.creator
    key_of = {
        "collage": lambda: result.collage_key,
        "by_creator": lambda: keys.collage_by_creator(creator, second),
        "thumbnail": lambda: keys.thumbnail(creator, second),
        "metadata": lambda: keys.metadata(creator, second),
    }
    return {str(key_of[kind]()): written for kind, written in result.known_objects.items()}


@contextmanager
def open_fault_world(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultWorld]:
    """A world, with settings and Airflow's connections for tasks in this process."""
    sqs = twin.aws.sqs()
    queue_url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", aws_connection(twin))
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", mysql_connection(twin))
    for name, value in product_settings(queue_url=queue_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CHUNK_ROWS", "10")
    with cover_host() as host, closing(twin.mysql.connect()) as table:
        cursor = table.cursor()
        cursor.execute("SET autocommit = 1")
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} LIKE covers")
        world = FaultWorld(twin, host, table, _hooks())
        world.empty_queues()
        yield world
        cursor.execute(f"DROP TABLE {TABLE}")


@cache
def _hooks() -> tuple[Any, Any]:
    with ThreadPoolExecutor() as pool:
        return tuple(pool.map(lambda hook: hook("aws_default"), (s3_hook, sqs_hook)))  # type: ignore[return-value]
