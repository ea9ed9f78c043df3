"""Whatever breaks while extract runs, nothing of it becomes visible and the next try succeeds."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import pytest
from airflow.sdk.exceptions import AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout
from botocore.exceptions import BotoCoreError, ClientError
from MySQLdb import MySQLError
from MySQLdb.connections import Connection
from MySQLdb.cursors import BaseCursor

from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.operators.extract import ExtractOperator
from collage_core.contract.manifest import Manifest
from collage_core.errors import CollageError, StreamError
from collage_core.export import covers as covers_export
from collage_core.export.rows import BATCH_ROWS, Row, stream_rows
from local.covers_table import DATABASE
from tests.support.database_server import DatabaseServer
from tests.support.extract_world import (
    SQL,
    TABLE,
    ExtractWorld,
    aws_connection,
    hostile_rows,
    make_table,
    server_connection,
)
from tests.support.failures import Where, failure
from tests.support.s3_proxy import Fault, S3Proxy, s3_proxy

ROWS = 100_000
"""In 400 batches and four parts: more than fits in the buffers between server and client."""

HALF = ROWS // BATCH_ROWS // 2
"""Batches after which an upload is open."""

type Break = Callable[[DatabaseServer, Connection], None]


def kill(server: DatabaseServer, connection: Connection, *, what: str = "CONNECTION") -> None:
    with closing(server.connect()) as other:
        other.cursor().execute(f"KILL {what} {connection.thread_id()}")


def kill_query(server: DatabaseServer, connection: Connection) -> None:
    kill(server, connection, what="QUERY")


def stop_server(server: DatabaseServer, _: Connection) -> None:
    server.stop()


def kill_server(server: DatabaseServer, _: Connection) -> None:
    server.kill()


@pytest.fixture(scope="module")
def filled_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    """A server of these tests' own, with ROWS plain covers, thirty per creator."""
    with DatabaseServer("mariadb", tmp_path_factory.mktemp("server")) as server:
        make_table(server)
        with closing(server.connect(database=DATABASE)) as connection:
            connection.cursor().execute(
                f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) SELECT "  # noqa: S608
                "seq DIV 30, CONCAT('https://cdn.example/', REPEAT('x', 250), seq), '2026-10-05' "
                f"FROM seq_1_to_{ROWS}"
            )
        server.restart()  # has the rows written to disk: some tests end it as a crash would
        yield server


@pytest.fixture
def server(
    filled_server: DatabaseServer, world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> DatabaseServer:
    """The server that the task reads from."""
    del world  # its connections come first, and this one replaces one of them
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", server_connection(filled_server))
    return filled_server


@pytest.fixture
def proxy(
    server: DatabaseServer, world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> Iterator[S3Proxy]:
    """What the task takes for S3; a request is tried twice."""
    del server  # what is uploaded comes from there
    with s3_proxy(world.twin.aws.endpoint_url) as proxy:
        connection = aws_connection(
            world.twin,
            endpoint_url=proxy.url,
            config_kwargs={"retries": {"total_max_attempts": 2, "mode": "standard"}},
        )
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", connection)
        yield proxy


@contextmanager
def broken_stream(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, broken_by: Break, batches_before: int
) -> Iterator[None]:
    """The stream is broken from outside after so many batches; at the end the server is up."""

    def stream(cursor: BaseCursor, sql: str, bounds: Mapping[str, str]) -> Iterator[Sequence[Row]]:
        for number, batch in enumerate(stream_rows(cursor, sql, bounds), start=1):
            yield batch
            if number == batches_before:
                broken_by(server, cursor.connection)

    with monkeypatch.context() as patch:
        patch.setattr(covers_export, "stream_rows", stream)
        try:
            yield
        finally:
            server.restart()


@failure(
    Where.DATABASE,
    fault="The database or its connection dies while `extract` reads",
    happens="The upload is aborted; no CSV and no manifest become visible",
    sees="`extract` fails with the server's error and is retried",
    fix="nothing; if all tries fail, clear `extract` when the database is back",
)
@pytest.mark.parametrize("batches_before", [1, HALF])
@pytest.mark.parametrize("broken_by", [kill, kill_query, stop_server, kill_server])
def test_a_stream_that_breaks_leaves_nothing_and_the_next_try_succeeds(
    world: ExtractWorld,
    server: DatabaseServer,
    monkeypatch: pytest.MonkeyPatch,
    broken_by: Break,
    batches_before: int,
) -> None:
    with broken_stream(server, monkeypatch, broken_by, batches_before), pytest.raises(MySQLError):
        world.extract()
    assert world.nothing_is_left()

    assert world.extract()["rows"] == ROWS


@pytest.mark.parametrize("broken_by", [kill, kill_query, stop_server, kill_server])
def test_after_a_lost_server_either_all_rows_are_there_or_none_count(
    world: ExtractWorld,
    server: DatabaseServer,
    monkeypatch: pytest.MonkeyPatch,
    broken_by: Break,
) -> None:
    whole = world.result(world.extract()["run_id"])
    world.clean()
    last = ROWS // BATCH_ROWS - 1
    with broken_stream(server, monkeypatch, broken_by, last):
        try:
            result = world.extract()
        except MySQLError:
            assert world.nothing_is_left()
        else:
            # All that the server had sent before its end was in the socket's buffer.
            assert world.result(result["run_id"]) == whole


@failure(
    Where.DATABASE,
    fault="The database sends fewer rows than it counted, without an error",
    happens="Nothing is published",
    sees='`extract`: "the database counted … covers but sent …: nothing was published"',
    fix="nothing; if it happens again, the table needs an engine with snapshots, InnoDB",
)
def test_a_stream_that_silently_ends_early_is_noticed(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.insert(hostile_rows())
    monkeypatch.setattr(covers_export, "stream_rows", lambda *_: iter([[(b"ana", b"url", None)]]))
    with pytest.raises(StreamError, match="but sent 1"):
        world.extract()
    assert world.nothing_is_left()


STEPS = ["create", "part 1", "part 2", "part 4", "complete", "put manifest.json"]


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RESET, Fault.ANSWER_LOST])
@pytest.mark.parametrize("step", STEPS)
def test_one_error_of_s3_is_tolerated(
    world: ExtractWorld, proxy: S3Proxy, step: str, fault: Fault
) -> None:
    proxy.once[step] = fault
    assert world.extract()["rows"] == ROWS
    assert proxy.seen[step] == 2


@failure(
    Where.S3,
    fault="S3 does not take the CSV of a run",
    happens="The upload is aborted; nothing becomes visible",
    sees="`extract` fails with the request that failed, and is retried",
    fix="nothing; if all tries fail, clear `extract` when S3 works again",
)
@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RESET])
@pytest.mark.parametrize("step", STEPS[:-1])
def test_an_s3_that_stays_broken_leaves_nothing_and_the_next_try_succeeds(
    world: ExtractWorld, proxy: S3Proxy, step: str, fault: Fault
) -> None:
    proxy.permanent[step] = fault
    with pytest.raises((ClientError, BotoCoreError)):
        world.extract()
    assert proxy.seen[step] == 2
    assert world.nothing_is_left()

    proxy.permanent.clear()
    assert world.extract()["rows"] == ROWS


@failure(
    Where.S3,
    fault="S3 takes the CSV, but not the manifest",
    happens="There is no run yet: a CSV without a manifest counts for nothing",
    sees="`extract` fails and is retried",
    fix="nothing; if all tries fail, clear `extract`",
)
def test_a_failed_manifest_leaves_a_whole_csv_and_the_next_try_succeeds(
    world: ExtractWorld, proxy: S3Proxy
) -> None:
    proxy.permanent["put manifest.json"] = Fault.SERVER_ERROR
    with pytest.raises(CollageError, match=r"manifest\.json"):
        world.extract()
    assert not world.manifests()

    proxy.permanent.clear()
    assert world.extract()["rows"] == ROWS


def test_a_success_that_turns_out_to_be_an_error_is_tried_again(
    world: ExtractWorld, proxy: S3Proxy
) -> None:
    proxy.once["complete"] = Fault.ERROR_IN_200
    assert world.extract()["rows"] == ROWS
    assert proxy.seen["complete"] == 2


def test_a_success_that_stays_an_error_is_one(world: ExtractWorld, proxy: S3Proxy) -> None:
    proxy.permanent["complete"] = Fault.ERROR_IN_200
    with pytest.raises(ClientError, match="InternalError"):
        world.extract()
    assert world.nothing_is_left()


def test_an_upload_whose_completion_gets_no_answer_is_not_a_run_yet(
    world: ExtractWorld, proxy: S3Proxy
) -> None:
    proxy.permanent["complete"] = Fault.ANSWER_LOST
    with pytest.raises(BotoCoreError):
        world.extract()
    assert not world.manifests()
    assert world.uploads() == []
    left = world.csv()

    proxy.permanent.clear()
    csv, _ = world.result(world.extract()["run_id"])
    assert csv == left


@failure(
    Where.S3,
    fault="An upload can be neither completed nor aborted",
    happens="Its parts stay invisible; housekeeping or the lifecycle rule removes them",
    sees='`abort` of `cover_collage_housekeeping`: "an upload to … was aborted"',
    fix="nothing",
)
def test_an_upload_that_cannot_be_aborted_is_left_to_the_lifecycle_rule(
    world: ExtractWorld, proxy: S3Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.permanent |= {"part 2": Fault.SERVER_ERROR, "abort": Fault.SERVER_ERROR}
    with pytest.raises(ClientError, match="UploadPart"):
        world.extract()
    assert "the bucket's lifecycle rule removes them" in caplog.text
    assert world.nothing_is_visible()
    assert len(world.uploads()) == 1

    proxy.permanent.clear()
    assert world.extract()["rows"] == ROWS
    world.clean()


@failure(
    Where.AIRFLOW,
    fault="Airflow stops a task, or somebody marks it failed",
    happens="The upload is aborted",
    sees='"the task got SIGTERM"',
    fix="clear `extract` when it may run",
)
def test_a_task_that_gets_sigterm_aborts_its_upload(
    world: ExtractWorld, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = ExtractOperator(task_id="extract", sql=SQL, schedule=MONTHLY)
    before = signal.signal(signal.SIGTERM, lambda *_: operator.on_kill())  # as Airflow does

    def terminate(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        with broken_stream(server, monkeypatch, terminate, HALF), pytest.raises(SystemExit):
            world.extract(operator)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert world.nothing_is_left()


def test_a_task_that_takes_too_long_aborts_its_upload_and_ends_by_its_time_limit(
    world: ExtractWorld, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = ExtractOperator(task_id="extract", sql=SQL, schedule=MONTHLY)
    with (
        broken_stream(server, monkeypatch, lambda *_: time.sleep(9), HALF),
        pytest.raises(AirflowTaskTimeout),
        timeout(5),
    ):
        world.extract(operator)
    operator.on_kill()  # as Airflow does after it, and it must not hide what happened
    assert world.nothing_is_left()


@failure(
    Where.AIRFLOW,
    fault="A worker of Airflow is killed while `extract` runs",
    happens="Either the whole run is there or none of it",
    sees="the task has failed without an error in its log",
    fix="nothing: it is retried; or clear `extract`",
)
def test_a_task_killed_at_any_moment_leaves_nothing_wrong_and_can_be_retried(
    world: ExtractWorld, server: DatabaseServer
) -> None:
    del server  # what is read comes from there
    begin = time.monotonic()
    whole = world.result(world.extract()["run_id"])
    seconds = time.monotonic() - begin
    chance = random.Random(7)  # noqa: S311 - the same moments every time
    for tenth in range(10):
        world.clean()
        delay = (tenth + chance.random()) / 10 * 1.2 * seconds
        _killed(world.extract, lambda delay=delay: time.sleep(delay))
        csv, manifest = world.csv(), _manifest(world)
        when = f"killed after {delay:.3f} s of {seconds:.3f}"
        assert csv in (None, whole[0]), when
        assert manifest in (None, whole[1]), when
        # A CSV without a manifest is not wrong: it is whole, and belongs to no run.
        assert csv is not None or manifest is None, when
        assert world.result(world.extract()["run_id"]) == whole


def test_a_task_killed_in_the_middle_of_its_upload_leaves_nothing_visible(
    world: ExtractWorld, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = world.result(world.extract()["run_id"])
    world.clean()
    is_under_way = multiprocessing.get_context("fork").Event()

    def pause(*_: object) -> None:
        is_under_way.set()
        time.sleep(60)

    with broken_stream(server, monkeypatch, pause, HALF):
        _killed(world.extract, lambda: is_under_way.wait(60))
    assert is_under_way.is_set()
    assert world.uploads()
    assert world.nothing_is_visible()
    assert world.result(world.extract()["run_id"]) == whole


def _manifest(world: ExtractWorld) -> Manifest | None:
    manifests = world.manifests()
    assert len(manifests) <= 1
    return manifests[0] if manifests else None


def _killed(work: Callable[[], object], wait: Callable[[], object]) -> None:
    """Do it in a process of its own that gets SIGKILL when the waiting is over."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    wait()
    process.kill()
    process.join()
