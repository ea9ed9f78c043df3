"""Everything that is wrong is said at once, in a line each, before anything is written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from MySQLdb import ProgrammingError  # type: ignore[import-untyped]

from collage_airflow import preflight
from collage_airflow.bucket_access import Use
from collage_airflow.check import CheckOperator
from collage_airflow.preflight import bucket_problems, database_problems, queue_problems
from collage_airflow.run_window import Window
from collage_core.errors import SettingError
from tests.dags.conftest import BUCKETS, SETTINGS
from tests.support.cover_host import refusing_port

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SQL = "SELECT creator_name, cover_url, updated_at FROM covers"
PASSWORD = "open sesame"
USES = [Use("processing/1/manifest.json", deletes=True)]
WINDOW = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database connection to a port that nobody listens on."""
    with refusing_port() as port:
        connection = {
            "conn_type": "mysql",
            "host": "127.0.0.1",
            "port": port,
            "login": "covers",
            "password": PASSWORD,
            "schema": "covers_db",
        }
        monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", json.dumps(connection))
        yield


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without problems; the integration tests have a real one with all of them."""
    monkeypatch.setattr("collage_airflow.check.database_problems", lambda *_: iter(()))


def check(**params: Any) -> None:
    dag_run = SimpleNamespace(
        dag_id="cover_collage_monthly",
        run_id="manual__1",
        run_type="manual",
        run_after=datetime(2026, 11, 21, tzinfo=UTC),
        data_interval_start=None,
        data_interval_end=None,
    )
    context: Any = {"dag_run": dag_run, "params": params}
    CheckOperator(task_id="check", sql=SQL).execute(context)


def only(problems: Any) -> preflight.Problem:
    (problem,) = problems
    assert "\n" not in problem.line
    return problem  # type: ignore[no-any-return]


@pytest.mark.usefixtures("database", "queue_url")
def test_where_all_is_well_nothing_is_left_behind(s3: "S3Client") -> None:
    check()
    for bucket in BUCKETS:
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.usefixtures("database", "queue_url")
def test_the_csv_of_an_earlier_try_survives_the_check(s3: "S3Client") -> None:
    key = "csv-files/2026/11/21/cover_urls_20261121_000000.csv"
    s3.put_object(Bucket=SETTINGS.input_bucket, Key=key, Body=b"rows")
    check()
    assert s3.get_object(Bucket=SETTINGS.input_bucket, Key=key)["Body"].read() == b"rows"


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_every_prefix_that_a_run_uses_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    client = preflight.s3_client("aws_default")
    client.meta.events.register("before-call.s3.CreateMultipartUpload", _deny)
    monkeypatch.setattr(preflight, "s3_client", lambda _: client)
    with pytest.raises(AirflowFailException) as raised:
        check()
    lines = str(raised.value).removeprefix("nothing was written or sent: ").split("; ")
    assert [line.rpartition(" ")[2] for line in lines] == [
        "csv-files/",
        "archived/",
        "processing/",
        "results/",
        "results/",
        "metadata/",
    ]


@pytest.mark.usefixtures("aws", "nobody_listens")
def test_all_problems_are_named_together_and_none_shows_a_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(AirflowFailException, match="nothing was written or sent") as raised:
        check()
    log = capsys.readouterr().out
    lines = [line for line in log.splitlines() if "[error" in line]
    for thing in ["covers_mysql", *(f"bucket {name} " for name in BUCKETS), "CHUNK_QUEUE_URL"]:
        assert len([line for line in lines if thing in line]) == 1
        assert thing in str(raised.value)
    assert len(lines) == len(BUCKETS) + 2
    assert PASSWORD not in log + str(raised.value)


@pytest.mark.usefixtures("s3", "nobody_listens", "queue_url")
def test_a_check_in_which_somebody_only_did_not_answer_is_tried_again() -> None:
    with pytest.raises(AirflowException) as raised:
        check()
    assert not isinstance(raised.value, AirflowFailException)


def test_a_wrong_setting_is_the_only_thing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_ROWS", "many")
    with pytest.raises(SettingError, match="DEFAULT_ROWS is 'many'"):
        check()


def test_a_wrong_window_is_the_only_thing_said() -> None:
    with pytest.raises(SettingError, match="window_end '2026-12-01' is in the future"):
        check(window_start="2026-11-01", window_end="2026-12-01")


def test_a_connection_that_is_not_defined_is_named_with_where_to_define_it() -> None:
    problem = only(database_problems("covers_mysql", SQL, WINDOW))
    assert "AIRFLOW_CONN_COVERS_MYSQL" in problem.line
    assert not problem.may_pass


@pytest.mark.usefixtures("nobody_listens")
def test_a_database_that_does_not_answer_may_answer_later() -> None:
    problem = only(database_problems("covers_mysql", SQL, WINDOW))
    assert "127.0.0.1" in problem.line
    assert PASSWORD not in problem.line
    assert problem.may_pass


def test_an_error_of_the_server_stays_in_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def refusing(_: str) -> Iterator[None]:
        raise ProgrammingError(1064, "You have an error near '\n  FROM covers\n' at line 2")
        yield

    monkeypatch.setattr(preflight, "covers_connection", refusing)
    problem = only(database_problems("covers_mysql", SQL, WINDOW))
    assert "1064: You have an error near ' FROM covers ' at line 2: correct the SQL" in problem.line


@pytest.mark.usefixtures("aws")
def test_a_bucket_that_does_not_exist_is_named_with_its_setting() -> None:
    problem = only(bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, USES))
    assert problem.line.startswith("bucket tiktok-image-temp (TEMP_BUCKET)")
    assert "create it, or set TEMP_BUCKET" in problem.line
    assert not problem.may_pass


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("operation", "right"),
    [
        ("ListObjectsV2", "s3:ListBucket"),
        ("HeadObject", "s3:GetObject"),
        ("CreateMultipartUpload", "s3:PutObject"),
        ("AbortMultipartUpload", "s3:AbortMultipartUpload"),
        ("DeleteObject", "s3:DeleteObject"),
    ],
)
def test_a_right_that_is_missing_is_named_with_the_keys_that_need_it(
    monkeypatch: pytest.MonkeyPatch, operation: str, right: str
) -> None:
    client = preflight.s3_client("aws_default")
    client.meta.events.register(f"before-call.s3.{operation}", _deny)
    monkeypatch.setattr(preflight, "s3_client", lambda _: client)
    problem = only(bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, USES))
    assert problem.line.endswith(
        f" denies {right} at processing/1/manifest.json: "
        "allow it for everything that begins with processing/"
    )
    assert not problem.may_pass


def test_an_s3_that_cannot_be_reached_may_be_reached_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port:
        endpoint = f"http://127.0.0.1:{port}"
        extra = {
            "region_name": "us-east-1",
            "endpoint_url": endpoint,
            "config_kwargs": {"retries": {"total_max_attempts": 1}},
        }
        connection = {"conn_type": "aws", "login": "testing", "password": PASSWORD, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
        problem = only(bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, USES))
    assert endpoint in problem.line
    assert PASSWORD not in problem.line
    assert problem.may_pass


@pytest.mark.usefixtures("aws")
def test_a_queue_that_does_not_exist_is_named_with_its_setting() -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/nowhere"
    problem = only(queue_problems("aws_default", url))
    assert "create it, or set CHUNK_QUEUE_URL" in problem.line
    assert not problem.may_pass


def _deny(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
    """What S3 answers to somebody without the right."""
    denied = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
    return SimpleNamespace(status_code=403), denied | {"ResponseMetadata": {}}
