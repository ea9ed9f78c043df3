"""A connection that cannot be used gives a line that names the mistake and shows no secret."""

import json
from typing import Any

import pytest
from airflow.sdk.bases.hook import BaseHook
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.database.definition import read_definition
from collage_airflow.operators.check import CheckOperator
from collage_airflow.preflight import buckets, database, queue, run
from collage_airflow.preflight.aws import aws_connection_problems
from collage_airflow.preflight.bucket_access import Use
from collage_airflow.preflight.buckets import bucket_problems
from collage_airflow.preflight.database import database_problems
from collage_airflow.preflight.queue import queue_problems
from collage_core.contract.window import Window
from tests.support.airflow_aws import SETTINGS
from tests.support.cover_host import refusing_port
from tests.support.preflight import DAG_RUN, SQL, WINDOW

PASSWORD = "open sesame"
GOOD: dict[str, Any] = {
    "conn_type": "mysql",
    "host": "127.0.0.1",
    "port": 1,
    "login": "covers",
    "password": PASSWORD,
    "schema": "covers_db",
}

URIS = {
    "a text": ("open sesame", "neither a URI nor JSON"),
    "no scheme": ("covers:open%20sesame@127.0.0.1/covers_db", "neither a URI nor JSON"),
    "unknown scheme": ("postgres://covers:open%20sesame@127.0.0.1", "begins with postgres://"),
    "a driver's scheme": ("mysql+pymysql://covers:open%20sesame@127.0.0.1", "mysql+pymysql://"),
    "jdbc": ("jdbc:mysql://127.0.0.1:3306/covers_db?password=open sesame", "neither a URI nor"),
    "port of letters": ("mysql://covers:open%20sesame@127.0.0.1:port/db", "port is no number"),
    "port too large": ("mysql://covers:open%20sesame@127.0.0.1:99999/db", "port is no number"),
    "/ in the password": ("mysql://covers:open/sesame@127.0.0.1/db", "percent-encode"),
    "# in the password": ("mysql://covers:open#sesame@127.0.0.1/db", "percent-encode"),
    "? in the password": ("mysql://covers:open?sesame@127.0.0.1/db", "percent-encode"),
    "[ in the password": ("mysql://covers:open[sesame@127.0.0.1/db", "percent-encode"),
    ":// in the password": ("mysql://covers:open://sesame@127.0.0.1/db", "percent-encode"),
    "digits and /": ("mysql://covers:12/open sesame@127.0.0.1/db", "percent-encode"),
    "digits and #": ("mysql://covers:12#open sesame@127.0.0.1/db", "percent-encode"),
    "digits and ?": ("mysql://covers:12?open sesame@127.0.0.1/db", "percent-encode"),
    "no login": ("mysql://127.0.0.1:1/covers_db", "has no login"),
    "empty": (" ", "an empty text"),
    "half of JSON": ('{"conn_type": "mysql"', "JSON that cannot be read"),
    "JSON of Python": ("{'conn_type': 'mysql'}", "JSON that cannot be read"),
}

FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "user": ({"user": "covers"}, "has the field user, which Airflow does not know: write login"),
    "Host": ({"Host": "db"}, "has the field Host, which Airflow does not know: write host"),
    "database": ({"database": "d"}, "has the field database, which Airflow does not know: write"),
    "conn_id": ({"conn_id": "covers_mysql"}, "has the field conn_id"),
    "charset outside": ({"charset": "utf8"}, "has the field charset"),
    "login missing": ({"login": None}, "has no login"),
    "login of digits": ({"login": 5}, "has a login that is no text: put it in quotes"),
    "password of digits": ({"password": 12345}, "has a password that is no text"),
    "password with NUL": ({"password": "open\0sesame"}, "has a NUL character in its password"),
    "host is a number": ({"host": 5}, "has a host that is no text"),
    "host with port": ({"host": "db.example:3306"}, "has more than a name in its host"),
    "host with scheme": ({"host": "mysql://db.example"}, "has more than a name in its host"),
    "host with a login": ({"host": f"covers:{PASSWORD}@db"}, "has more than a name in its host"),
    "host is a socket": ({"host": "/run/mysqld/mysqld.sock"}, "as unix_socket"),
    "schema is a list": ({"schema": ["d"]}, "has a schema that is no text"),
    "port of letters": ({"port": "abc"}, "has port 'abc': it must be a number from 1 to 65535"),
    "port too large": ({"port": 70000}, "has port 70000"),
    "port below zero": ({"port": -1}, "has port -1"),
    "port zero": ({"port": 0}, "has port 0"),
    "port is true": ({"port": True}, "has port True"),
    "port with a comma": ({"port": 3306.5}, "has port 3306.5"),
    "type of another": ({"conn_type": "postgres"}, "has type 'postgres': it must be mysql"),
    "type is a list": ({"conn_type": ["mysql"]}, "has a conn_type that is no text"),
    "extra is a list": ({"extra": ["charset"]}, "has an extra that cannot be read"),
    "extra is a number": ({"extra": 5}, "has an extra that cannot be read"),
    "extra is a text": ({"extra": "charset=utf8"}, "has an extra that cannot be read"),
    "charset is a number": ({"extra": {"charset": 8}}, "has charset in its extra"),
    "cursor is a list": ({"extra": {"cursor": []}}, "has cursor in its extra"),
    "socket is a number": ({"extra": {"unix_socket": 5}}, "has unix_socket in its extra"),
    "client is none": ({"extra": {"client": None}}, "has client in its extra"),
    "another client": ({"extra": {"client": "mysql-connector-python"}}, "take it out, only"),
    "iam is a text": ({"extra": {"iam": "false"}}, "has iam in its extra"),
}


def define(monkeypatch: pytest.MonkeyPatch, text: str, conn_id: str = "COVERS_MYSQL") -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id}", text)


@pytest.mark.parametrize("name", URIS)
def test_a_text_that_airflow_cannot_read_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text, said = URIS[name]
    define(monkeypatch, text)
    lines = [problem.line for problem in database_problems("covers_mysql", SQL, WINDOW)]
    assert said in "; ".join(lines)
    assert all("sesame" not in line and "open" not in line for line in lines)
    assert all(line.startswith("connection covers_mysql ") for line in lines)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    change, said = FIELDS[name]
    define(monkeypatch, json.dumps(GOOD | change))
    problems = list(database_problems("covers_mysql", SQL, WINDOW))
    assert said in problems[0].line
    assert not problems[0].may_pass
    assert "sesame" not in str(problems)


def test_all_mistakes_of_a_connection_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"login": "", "port": 0, "host": "db:1", "extra": {"ssl-mode": "REQUIRED", "iam": 1}}
    define(monkeypatch, json.dumps(GOOD | changes))
    assert len(list(database_problems("covers_mysql", SQL, WINDOW))) == 5


def test_a_connection_that_is_written_as_the_line_says_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    define(monkeypatch, "mysql://covers:open%2Fsesame%23@127.0.0.1:1/covers_db")
    assert read_definition("covers_mysql").encrypted is False
    assert BaseHook.get_connection("covers_mysql").password == "open/sesame#"


def test_a_variable_in_small_letters_is_found_for_the_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_covers_mysql", json.dumps(GOOD))
    (problem,) = database_problems("covers_mysql", SQL, WINDOW)
    assert "AIRFLOW_CONN_COVERS_MYSQL, which is called AIRFLOW_CONN_covers_mysql" in problem.line


@given(password=st.text(alphabet="aB1:/?#[]@%&=;+ '\"\\é", min_size=6, max_size=12))
def test_any_password_in_a_uri_is_read_exactly_or_refused_without_being_shown(
    password: str,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_COVERS_MYSQL", f"mysql://covers:{password}@127.0.0.1:1/d")
        lines = [problem.line for problem in database_problems("covers_mysql", SQL, WINDOW)]
        assert lines
        assert password not in str(lines)
        if lines[0].startswith("connection covers_mysql is defined by"):
            return
        read = BaseHook.get_connection("covers_mysql")
    assert (read.host, read.port, read.schema) == ("127.0.0.1", 1, "d")
    assert read.password == password or "%" in password


AWS_MISTAKES: dict[str, tuple[str, str]] = {
    "extra is no JSON": (json.dumps({"conn_type": "aws", "extra": "eu-west-1"}), "an extra that"),
    "extra is a list": (json.dumps({"conn_type": "aws", "extra": "[1]"}), "an extra that"),
    "extra is a number": (json.dumps({"conn_type": "aws", "extra": "5"}), "an extra that"),
    "half of JSON": ('{"conn_type": "aws"', "JSON that cannot be read"),
    "a secret with a slash": ("aws://AKIA:open/sesame@", "percent-encode"),
    "unknown field": (json.dumps({"conn_type": "aws", "region_name": "x"}), "field region_name"),
    "login of digits": (json.dumps({"conn_type": "aws", "login": 5}), "in quotes"),
}


@pytest.mark.parametrize("name", AWS_MISTAKES)
def test_a_connection_to_aws_that_its_hook_ignores_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text, said = AWS_MISTAKES[name]
    define(monkeypatch, text, "AWS_DEFAULT")
    (problem,) = aws_connection_problems("aws_default")
    assert said in problem.line
    assert "sesame" not in problem.line
    assert not problem.may_pass


def test_without_a_connection_to_aws_its_own_chain_is_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_AWS_DEFAULT", raising=False)
    assert list(aws_connection_problems("aws_default")) == []
    define(monkeypatch, json.dumps({"conn_type": "aws", "extra": {}}), "AWS_DEFAULT")
    assert list(aws_connection_problems("aws_default")) == []


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"region_name": "us-east-1", "endpoint_url": "localhost:9000"}, "ValueError"),
        ({"region_name": "us-east-1", "config_kwargs": 5}, "Error"),
        ({"region_name": "us-east-1", "config_kwargs": {"nothing": 1}}, "TypeError"),
        ({"region_name": "us-east-1", "assume_role_method": "no", "role_arn": "x"}, "NotImpl"),
        ({"region_name": "us east"}, "Error"),
        ({}, "NoRegionError: You must specify a region.): set region_name in the extra"),
    ],
)
def test_a_mistake_that_the_hook_of_aws_raises_is_a_line_of_each_thing_asked(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], said: str
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    connection = {"conn_type": "aws", "login": "AKIA", "password": PASSWORD, "extra": extra}
    define(monkeypatch, json.dumps(connection), "AWS_DEFAULT")
    problems = list(queue_problems("aws_default", "https://sqs.us-east-1.amazonaws.com/1/q"))
    if extra:
        uses = [Use("processing/1/manifest.json")]
        problems += bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, uses)
    for problem in problems:
        assert said in problem.line
        assert "connection aws_default" in problem.line
        assert PASSWORD not in problem.line
        assert not problem.may_pass


@pytest.mark.parametrize(
    "error",
    [TypeError, AttributeError, ImportError, KeyError, RuntimeError],
    ids=lambda error: error.__name__,
)
def test_a_probe_that_fails_in_an_unknown_way_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type[Exception]
) -> None:
    def failing(*_: object) -> Any:
        raise error(f"with {PASSWORD} in it")

    define(monkeypatch, json.dumps(GOOD))
    define(monkeypatch, json.dumps({"conn_type": "aws", "password": PASSWORD}), "AWS_DEFAULT")
    monkeypatch.setenv("CHUNK_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/q")
    for probe, way in (
        (database, "covers_connection"),
        (buckets, "s3_hook"),
        (run, "s3_hook"),
        (queue, "sqs_hook"),
    ):
        monkeypatch.setattr(probe, way, failing)
    BaseHook.get_connection("covers_mysql")  # from here on its password is masked
    context: Any = {"dag_run": DAG_RUN, "params": {"windows_start": "2026-10-01"}}
    with pytest.raises(Exception, match="nothing was written or sent") as raised:
        CheckOperator(task_id="check", sql=SQL, schedule=MONTHLY).execute(context)
    said = str(raised.value)
    for thing in ("windows_start", "the database", "TEMP_BUCKET", "INPUT_BUCKET", "queue https"):
        assert thing in said
    assert error.__name__ in said
    assert PASSWORD not in said + capsys.readouterr().out


def test_a_login_by_iam_without_a_region_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_AWS_DEFAULT", raising=False)
    with refusing_port() as port:
        define(monkeypatch, json.dumps(GOOD | {"port": port, "extra": {"iam": True}}))
        (problem,) = database_problems("covers_mysql", SQL, Window(WINDOW.start, WINDOW.end))
    assert "NoRegionError" in problem.line
    assert "set region_name in the extra of the AWS connection" in problem.line


def test_an_error_without_a_wrong_value_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> Any:
        raise RuntimeError("Airflow's API does not answer")

    monkeypatch.setattr(database, "covers_connection", away)
    (problem,) = database_problems("covers_mysql", SQL, WINDOW)
    assert "RuntimeError: Airflow's API does not answer" in problem.line
    assert problem.may_pass
