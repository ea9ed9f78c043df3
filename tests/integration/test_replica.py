"""Extract waits for a database that may not have all rows of a window yet, and never reads it."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR, TriggerFailureReason
from airflow.sdk.exceptions import TaskDeferred

from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.database.completeness import SETTLE, IncompleteError
from collage_airflow.database.connection import covers_connection
from collage_airflow.operators.deferrable_operator import TRIGGERER_SLACK
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.preflight.database import database_problems
from collage_core.errors import SettingError
from tests.support.database_server import EACH_FLAVOUR, HOST, DatabaseServer
from tests.support.extract_world import OCTOBER, ExtractWorld
from tests.support.failures import Where, failure
from tests.support.waiting import eventually

READER, REPLICATOR, PASSWORD = "reader", "replicator", "open sesame"
SQL = (
    "SELECT creator_name, cover_url, updated_at FROM covers_db.covers "
    "WHERE updated_at >= %(window_start)s AND updated_at < %(window_end)s"
)
FORGET = {"mariadb": "RESET MASTER", "mysql": "RESET BINARY LOGS AND GTIDS"}
FOLLOW = {
    "mariadb": "CHANGE MASTER TO MASTER_HOST='{host}', MASTER_PORT={port}, MASTER_USER='{user}', "
    "MASTER_PASSWORD='{password}', MASTER_USE_GTID=slave_pos",
    "mysql": "CHANGE REPLICATION SOURCE TO SOURCE_HOST='{host}', SOURCE_PORT={port}, "
    "SOURCE_USER='{user}', SOURCE_PASSWORD='{password}', GET_SOURCE_PUBLIC_KEY=1",
}


@pytest.fixture(scope="module", params=EACH_FLAVOUR)
def primary(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    options = ["--server-id=1", "--log-bin=log"]
    with DatabaseServer(request.param, tmp_path_factory.mktemp("primary"), options) as server:
        server.execute(
            FORGET[server.flavour],  # or the replica would take over root's password
            f"CREATE USER {REPLICATOR}@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT REPLICATION SLAVE ON *.* TO {REPLICATOR}@'{HOST}'",
            f"CREATE USER {READER}@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
            "CREATE DATABASE covers_db CHARACTER SET utf8mb4",
            "CREATE TABLE covers_db.covers (id BIGINT PRIMARY KEY, creator_name VARCHAR(255), "
            "cover_url VARCHAR(2048), updated_at DATETIME)",
            f"GRANT SELECT ON covers_db.* TO {READER}@'{HOST}'",
        )
        yield server


@pytest.fixture(scope="module")
def replica(
    primary: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    """Follows the primary, and lets the reader ask how far it is."""
    options = ["--server-id=2", "--read-only=1"]
    folder = tmp_path_factory.mktemp("replica")
    with DatabaseServer(primary.flavour, folder, options) as server:
        follow = FOLLOW[primary.flavour].format(
            host=primary.host, port=primary.port, user=REPLICATOR, password=PASSWORD
        )
        server.execute(follow, "START REPLICA")
        eventually(lambda: rows_of(server, "SELECT 1 FROM mysql.user WHERE user = 'reader'"))
        server.execute(f"GRANT {server.monitor_right} ON *.* TO {READER}@'{HOST}'")
        eventually(lambda: reaches(server, datetime.now(UTC) - timedelta(seconds=5)))
        yield server


@pytest.fixture
def standing_still(replica: DatabaseServer) -> Iterator[None]:
    replica.execute("STOP REPLICA SQL_THREAD")
    yield
    replica.execute("START REPLICA SQL_THREAD")
    eventually(lambda: reaches(replica, datetime.now(UTC) - timedelta(seconds=5)))


@pytest.fixture
def connect_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[DatabaseServer], None]:
    """Points the Airflow connection at a server."""

    def point(server: DatabaseServer) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", definition(server))

    return point


def definition(server: DatabaseServer) -> str:
    return server.airflow_connection(READER, PASSWORD, schema="covers_db")


def rows_of(server: DatabaseServer, statement: str) -> Any:
    with closing(server.connect()) as root:
        cursor = root.cursor()
        cursor.execute(statement)
        return cursor.fetchall()


def complaint(server: DatabaseServer, moment: datetime) -> str:
    """Why the server may not have reached the moment; empty when it has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_REPLICA", definition(server))
        try:
            with covers_connection("replica", complete_until=moment - SETTLE):
                return ""
        except IncompleteError as error:
            return str(error)


def reaches(server: DatabaseServer, moment: datetime) -> bool:
    return not complaint(server, moment)


def test_a_replica_that_has_caught_up_is_read(
    replica: DatabaseServer, connect_to: Callable[[DatabaseServer], None]
) -> None:
    connect_to(replica)
    eventually(lambda: reaches(replica, datetime.now(UTC) - timedelta(seconds=2)))


def test_a_stopped_replica_is_refused_however_old_the_window_is(
    replica: DatabaseServer, connect_to: Callable[[DatabaseServer], None], standing_still: None
) -> None:
    del standing_still
    connect_to(replica)
    with (
        pytest.raises(IncompleteError, match=r"does not replicate.*2026-11-01"),
        covers_connection("covers_mysql", complete_until=OCTOBER.end),
    ):
        pass


@failure(
    Where.DATABASE,
    fault="The database is a replica that lags behind the end of the window",
    happens="`extract` is deferred, takes no worker, and asks again every minute",
    sees='`extract`: "is a replica that is … s behind"',
    fix="nothing; it goes on when the replica has caught up",
)
def test_extract_is_deferred_until_the_replica_continues(
    world: ExtractWorld,
    replica: DatabaseServer,
    connect_to: Callable[[DatabaseServer], None],
    standing_still: None,
) -> None:
    del standing_still
    connect_to(replica)
    operator = ExtractOperator(task_id="extract", sql=SQL, schedule=MONTHLY)
    with pytest.raises(TaskDeferred) as deferred:
        world.extract(operator)
    assert isinstance(deferred.value.trigger, TimeDeltaTrigger)
    assert world.nothing_is_left()

    resume = getattr(operator, deferred.value.method_name)
    with pytest.raises(TaskDeferred) as deferred_again:
        resume(world.context, "fired", **(deferred.value.kwargs or {}))
    assert deferred_again.value.kwargs == deferred.value.kwargs  # the patience does not grow

    replica.execute("START REPLICA SQL_THREAD")
    eventually(lambda: reaches(replica, OCTOBER.end))
    result = resume(world.context, "fired", **(deferred.value.kwargs or {}))
    assert world.result(result["run_id"])[1].rows == result["rows"]


@failure(
    Where.DATABASE,
    fault="The replica has not caught up after an hour",
    happens="The run fails before anything is written",
    sees='`extract`: "wait until it has caught up, or point the connection at the primary"',
    fix="do that, then clear `extract`",
)
def test_extract_gives_up_with_the_lag_once_its_patience_has_ended(
    world: ExtractWorld,
    replica: DatabaseServer,
    connect_to: Callable[[DatabaseServer], None],
    standing_still: None,
) -> None:
    del standing_still
    connect_to(replica)
    impatient = ExtractOperator(task_id="extract", sql=SQL, schedule=MONTHLY, patience=timedelta(0))
    with pytest.raises(IncompleteError, match="does not replicate"):
        world.extract(impatient)
    assert world.nothing_is_left()


def test_extract_without_a_triggerer_asks_once_more_when_its_patience_has_ended(
    world: ExtractWorld,
    replica: DatabaseServer,
    connect_to: Callable[[DatabaseServer], None],
    standing_still: None,
) -> None:
    del standing_still
    connect_to(replica)
    operator = ExtractOperator(
        task_id="extract", sql=SQL, schedule=MONTHLY, patience=timedelta(minutes=30)
    )
    with pytest.raises(TaskDeferred) as deferred:
        world.extract(operator)
    patience = deferred.value.timeout - TRIGGERER_SLACK
    assert timedelta(minutes=29) < patience <= timedelta(minutes=30)

    # The effect of the scheduler's `check_trigger_timeouts` in the worker.
    ended = TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_TIMEOUT}, world.context
    with pytest.raises(IncompleteError, match=r"does not replicate.*see that one is alive"):
        operator.resume_execution(*ended)
    assert world.nothing_is_left()

    replica.execute("START REPLICA SQL_THREAD")
    eventually(lambda: reaches(replica, OCTOBER.end))
    result = operator.resume_execution(*ended)
    assert world.result(result["run_id"])[1].rows == result["rows"]


def test_a_lag_is_reported_and_counts_only_while_it_reaches_into_the_window(
    primary: DatabaseServer, replica: DatabaseServer
) -> None:
    # A delay holds back what was written, as a busy replica would.
    delay = "MASTER_DELAY" if primary.flavour == "mariadb" else "SOURCE_DELAY"
    change = "MASTER" if primary.flavour == "mariadb" else "REPLICATION SOURCE"
    replica.execute("STOP REPLICA", f"CHANGE {change} TO {delay} = 30", "START REPLICA")
    written = datetime.now(UTC)
    primary.execute(
        "INSERT INTO covers_db.covers VALUES (1, 'ana', 'https://cdn.example/1', NOW())"
    )
    eventually(lambda: re.search(r"is [1-9]\d* s behind", complaint(replica, datetime.now(UTC))))
    assert not reaches(replica, written + timedelta(seconds=1))
    assert reaches(replica, written - timedelta(minutes=1))
    replica.execute("STOP REPLICA", f"CHANGE {change} TO {delay} = 0", "START REPLICA")
    eventually(lambda: reaches(replica, written + timedelta(seconds=1)))
    assert rows_of(replica, "SELECT COUNT(*) FROM covers_db.covers") == ((1,),)


@failure(
    Where.DATABASE,
    fault="Airflow's user may not ask whether the database is a replica",
    happens="The run is refused, because rows might be missing",
    sees='"GRANT SLAVE MONITOR ON \\*.\\* to its user"; on MySQL `REPLICATION CLIENT`',
    fix="give it the right, then clear `check`",
)
def test_a_server_that_may_not_be_asked_is_refused_with_the_missing_right(
    replica: DatabaseServer, connect_to: Callable[[DatabaseServer], None]
) -> None:
    connect_to(replica)
    right = replica.monitor_right
    replica.execute(f"REVOKE {right} ON *.* FROM {READER}@'{HOST}'")
    try:
        with (
            pytest.raises(SettingError, match=right),
            covers_connection("covers_mysql", complete_until=OCTOBER.end),
        ):
            pass
        (problem,) = database_problems("covers_mysql", SQL, OCTOBER)
        assert f"GRANT {right}" in problem.line
        assert PASSWORD not in problem.line
    finally:
        replica.execute(f"GRANT {right} ON *.* TO {READER}@'{HOST}'")


def test_a_window_that_has_just_ended_is_not_read_on_a_primary_either(
    primary: DatabaseServer, connect_to: Callable[[DatabaseServer], None]
) -> None:
    primary.execute(f"GRANT {primary.monitor_right} ON *.* TO {READER}@'{HOST}'")
    connect_to(primary)
    now = datetime.now(UTC)
    with (
        pytest.raises(IncompleteError, match="less than 60 s ago"),
        covers_connection("covers_mysql", complete_until=now),
    ):
        pass
    with covers_connection("covers_mysql", complete_until=now - SETTLE - timedelta(seconds=1)):
        pass
