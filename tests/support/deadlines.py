"""The monthly DAG with a deadline: who has one, what is left of it, and that it passes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import create_engine, text

from local.airflow_api import AirflowApi
from local.twin import Twin
from tests.support.airflow_command import airflow
from tests.support.mail_server import MailServer
from tests.support.stopped import stopped

_LEFT = (
    "SELECT run.run_id, deadline.deadline_time - run.queued_at AS time_left "
    "FROM deadline JOIN dag_run AS run ON run.id = deadline.dagrun_id"
)
_PASS = "UPDATE deadline SET deadline_time = now()"


@contextmanager
def notified(twin: Twin, api: AirflowApi, mail: MailServer) -> Iterator[None]:
    """The DAGs are those of an Airflow in which NOTIFY_EMAIL is set; it writes to `mail`.

    The DAG processor, which would read them again without it, is stopped for the time of the block.
    """
    connection = {**mail.connection, "extra": json.dumps(mail.connection["extra"])}
    api._request("POST", "connections", json={"connection_id": "smtp_default", **connection})
    with stopped(twin, "airflow-dag-processor"):
        # Airflow would skip what it has stored less than half a minute ago.
        at_once = {"AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0"}
        airflow(twin, "dags", "reserialize", NOTIFY_EMAIL="ana@team.example", **at_once)
        yield


def deadlines(twin: Twin) -> dict[str, timedelta]:
    """The time that each DAG run with a deadline had from its queueing on."""
    engine = create_engine(twin.postgres.sqlalchemy_url)
    with engine.begin() as connection:
        found = {row.run_id: row.time_left for row in connection.execute(text(_LEFT))}
    engine.dispose()
    return found


def let_all_pass(twin: Twin) -> None:
    """Put all deadlines into the past."""
    engine = create_engine(twin.postgres.sqlalchemy_url)
    with engine.begin() as connection:
        connection.execute(text(_PASS))
    engine.dispose()
