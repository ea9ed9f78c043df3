"""All problems are reported at once, in one line each, before anything is written."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRun

from collage_airflow.aws import s3_hook
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.operators.check import CheckOperator
from collage_airflow.preflight import buckets
from collage_airflow.preflight.problem import Problem
from collage_airflow.preflight.refusal import RefusedError, UnansweredError
from collage_airflow.settings import read_settings
from collage_core import __version__
from collage_core.aws.s3_store import S3Store
from collage_core.contract.answers import SelfCheck
from collage_core.contract.document import to_json
from collage_core.contract.reading import read
from collage_core.contract.window import Window
from collage_core.errors import SettingError
from collage_core.layout import keys
from collage_core.run.claims import check_second, claim_next_second, claim_second
from tests.support.airflow_aws import BUCKETS, SETTINGS
from tests.support.dag_runs import OCTOBER_1, dag_run
from tests.support.preflight import DAG_RUN, PASSWORD, SQL, WINDOW, deny

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

SEPTEMBER_1 = datetime(2026, 9, 1, tzinfo=UTC)
BUCKETS_IN_ORDER = (SETTINGS.input_bucket, SETTINGS.temp_bucket, SETTINGS.output_bucket)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without problems; the integration tests have a real one with all of them."""
    monkeypatch.setattr("collage_airflow.operators.check.database_problems", lambda *_: iter(()))


def check(dag_run: DagRun = DAG_RUN, **params: Any) -> None:
    context: Any = {"dag_run": dag_run, "params": params}
    CheckOperator(task_id="check", sql=SQL, schedule=MONTHLY).execute(context)


def errors(log: str) -> list[str]:
    """The lines that name a problem."""
    return [line for line in log.splitlines() if "[error" in line]


def problems(*arguments: Any, **params: Any) -> list[str]:
    """The lines of a check that fails for good: only a person can fix its problems."""
    with pytest.raises(RefusedError) as raised:
        check(*arguments, **params)
    return str(raised.value).removeprefix("nothing was written or sent: ").split("; ")


@pytest.mark.usefixtures("database", "queue_url")
def test_where_all_is_well_nothing_is_left_behind(s3: "S3Client") -> None:
    check()
    for bucket in BUCKETS:
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.usefixtures("database", "queue_url", "s3")
@pytest.mark.parametrize("name", ["all", DAG_RUN.run_id, RunIdentity.of(DAG_RUN, MONTHLY).run_id])
def test_a_run_that_the_variable_stops_does_not_begin(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", name)
    (problem,) = problems()
    assert problem.startswith(f"Airflow's Variable cover_collage_stop has {name}, which stops")
    assert problem.endswith(f"remove {name} from it, then clear check")
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "another")
    check()


def answers(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the function answer with settings of its own; the integration tests ask a real one."""
    told = SelfCheck(
        ok=True,
        version=__version__,
        settings=replace(read_settings(), **changes),
        buckets=dict.fromkeys(BUCKETS, "out of reach"),
        queue="reachable",
        timeout_seconds=120,
    )
    answer = read(json.dumps(to_json(told)), SelfCheck)
    monkeypatch.setattr("collage_airflow.operators.check.ask_function", lambda *_: answer)


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_a_function_that_cannot_be_asked_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    check()
    log = capsys.readouterr().out
    assert "function collage-worker (FUNCTION_NAME) answers ResourceNotFoundException" in log
    assert errors(log) == []


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_a_function_that_cannot_be_asked_cannot_be_invoked_for_each_chunk() -> None:
    answer = r"function collage-worker \(FUNCTION_NAME\) answers ResourceNotFoundException"
    with pytest.raises(UnansweredError, match=answer):
        check(dispatch_by="lambda")


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_limits_of_hosts_that_all_chunks_share_are_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOST_LIMITS", '{"cdn.example": 50}')
    answers(monkeypatch)
    with pytest.raises(UnansweredError):  # by the buckets that the function does not reach
        check(dispatch_by="lambda")
    warning = "HOST_LIMITS are shared out among all chunks with dispatch_by lambda"
    log = capsys.readouterr().out
    assert warning in log
    assert not any(warning in line for line in errors(log))


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_another_way_to_the_workers_than_there_is_is_refused() -> None:
    assert "dispatch_by is 'email': it must be sqs or lambda" in problems(dispatch_by="email")


@pytest.mark.usefixtures("database", "queue_url")
def test_covers_that_would_be_removed_too_soon_are_a_warning(
    s3: "S3Client", capsys: pytest.CaptureFixture[str]
) -> None:
    rule: Any = {
        "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 7}
    }  # fmt: skip
    s3.put_bucket_lifecycle_configuration(
        Bucket=SETTINGS.temp_bucket, LifecycleConfiguration={"Rules": [rule]}
    )
    check()
    log = capsys.readouterr().out
    assert "removes objects of all kinds after 7 days, and should keep those below 'down" in log
    assert errors(log) == []


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_a_function_with_another_bucket_stops_the_run_and_other_settings_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, temp_bucket="another", chunk_rows=7)
    first, *others = problems()
    assert first.startswith('TEMP_BUCKET is "another" for function collage-worker, and "tiktok-')
    assert len(others) == len(BUCKETS), "and what the function does not reach"
    assert "CHUNK_ROWS is 7 for function collage-worker" in capsys.readouterr().out


@pytest.mark.usefixtures("aws", "database", "queue_url")
def test_a_bucket_that_is_missing_is_not_named_again_by_the_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(monkeypatch)
    assert [line.split()[1] for line in problems()] == [*BUCKETS_IN_ORDER]


@pytest.mark.usefixtures("s3", "database")
def test_the_queue_is_compared_with_the_timeout_of_the_function(
    monkeypatch: pytest.MonkeyPatch, sqs: "SQSClient", queue_url: str
) -> None:
    answers(monkeypatch)
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "719"})
    (line,) = problems()
    assert f"aws sqs set-queue-attributes --region us-east-1 --queue-url {queue_url}" in line


@pytest.mark.usefixtures("database", "queue_url")
def test_the_csv_of_an_earlier_try_survives_the_check(s3: "S3Client") -> None:
    key = "csv-files/2026/11/21/cover_urls_20261121_000100.csv"
    s3.put_object(Bucket=SETTINGS.input_bucket, Key=key, Body=b"rows")
    check()
    assert s3.get_object(Bucket=SETTINGS.input_bucket, Key=key)["Body"].read() == b"rows"


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_every_prefix_that_a_run_uses_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = s3_hook("aws_default")
    hook.get_conn().meta.events.register("before-call.s3.CreateMultipartUpload", deny)
    monkeypatch.setattr(buckets, "s3_hook", lambda _: hook)
    assert [line.rpartition(" ")[2] for line in problems()] == [
        "csv-files/",
        "archived/",
        "processing/",
        "processing/",
        "downloads/",
        "results/",
        "results/",
        "metadata/",
    ]


@pytest.mark.usefixtures("s3", "queue_url", "database")
def test_what_is_wrong_with_the_columns_is_named_beside_all_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def wrong(*arguments: Any) -> Iterator[Problem]:
        asked.append(arguments)
        yield Problem("updated_at_holds of CoversTable is wrong", may_pass=False)

    monkeypatch.setattr("collage_airflow.operators.check.covers_problems", wrong)
    assert problems(window_start="2026-10-01") == [
        "window_end is missing: give both ends of the window, or neither",
        "updated_at_holds of CoversTable is wrong",
    ]
    ((connection, sql, window, covers),) = asked
    assert (connection, sql, covers) == ("covers_mysql", SQL, None)
    assert window == WINDOW, "the last whole month, as the params name none that can be meant"


@pytest.mark.usefixtures("aws", "nobody_listens")
def test_all_problems_are_named_together_and_none_shows_a_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(RefusedError, match="nothing was written or sent") as raised:
        check()
    lines = errors(log := capsys.readouterr().out)
    for thing in ["covers_mysql", *(f"bucket {name} " for name in BUCKETS), "CHUNK_QUEUE_URL"]:
        assert len([line for line in lines if thing in line]) == 1
        assert thing in str(raised.value)
    assert len(lines) == len(BUCKETS) + 2
    assert PASSWORD not in log + str(raised.value)


@pytest.mark.usefixtures("s3", "nobody_listens", "queue_url")
def test_a_check_in_which_a_server_only_did_not_answer_is_retried() -> None:
    with pytest.raises(UnansweredError):
        check()


def test_a_wrong_setting_is_the_only_problem_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_ROWS", "many")
    with pytest.raises(SettingError, match="DEFAULT_ROWS is 'many'"):
        check()


@pytest.mark.usefixtures("aws", "nobody_listens")
def test_wrong_params_are_named_together_and_beside_all_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CELL_SIZE", "360x480")
    params = {"window_start": "2026-11-01", "rows": 20, "cols": 20, "output_prefix": "../other"}
    with pytest.raises(RefusedError, match="window_end is missing: give both ends"):
        check(**params)
    for line, said in zip(
        errors(capsys.readouterr().out),
        [
            "window_end is missing",
            "rows x cols is 20x20",
            "output_prefix is '../other'",
            "database of connection covers_mysql",
            *(f"bucket {name} " for name in BUCKETS_IN_ORDER),
            "CHUNK_QUEUE_URL is empty",
        ],
        strict=True,
    ):
        assert said in line


@pytest.mark.usefixtures("database", "queue_url")
def test_a_second_that_another_run_has_is_a_problem_of_the_run_and_is_left_to_it(
    s3: "S3Client",
) -> None:
    store, second = S3Store(s3), RunIdentity.of(DAG_RUN, MONTHLY).timestamp
    claim_next_second(store, SETTINGS, second, run_id="s3-20261121_000000-abc")
    (line,) = problems()
    assert line.startswith(
        "run timestamp 20261121_000100 is already taken by run s3-20261121_000000-abc"
    )
    assert line.endswith("trigger a new run")
    check_second(store, SETTINGS, second, run_id="s3-20261121_000000-abc")


@pytest.mark.usefixtures("database", "queue_url")
def test_a_run_that_has_its_second_already_may_be_checked_again(s3: "S3Client") -> None:
    run = RunIdentity.of(DAG_RUN, MONTHLY)
    claim_second(S3Store(s3), SETTINGS, run.timestamp, run_id=run.run_id)
    check()


@pytest.mark.usefixtures("database", "queue_url")
def test_a_run_that_was_finished_too_long_ago_is_refused(s3: "S3Client") -> None:
    run = RunIdentity.of(DAG_RUN, MONTHLY)
    archived = keys.archived_csv(run.csv_key, run.timestamp)
    s3.put_object(Bucket=SETTINGS.input_bucket, Key=archived, Body=b"rows")
    (line,) = problems()
    assert line.startswith(f"run {run.run_id} is finished")
    assert line.endswith("its manifest has expired: trigger a new run with the same window")


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_a_run_that_takes_the_place_of_a_month_says_which_will_be_skipped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    september = {"data_interval_start": SEPTEMBER_1, "data_interval_end": OCTOBER_1}
    check(dag_run("manual", **september))
    warning = "Airflow will skip the scheduled run of 2026-10: this DAG run has its logical date"
    assert warning in capsys.readouterr().out
    check(dag_run("scheduled"))
    assert warning not in capsys.readouterr().out


@pytest.mark.usefixtures("s3", "database", "queue_url")
def test_a_dag_without_a_schedule_is_checked_and_must_be_given_a_window(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Window] = []

    def ask(_connection: str, _sql: str, window: Window, _covers: object) -> Iterator[Problem]:
        asked.append(window)
        return iter(())

    monkeypatch.setattr("collage_airflow.operators.check.covers_problems", ask)
    task = CheckOperator(task_id="check", sql=SQL)
    given = {"window_start": "2026-10-01", "window_end": "2026-11-01"}
    task.execute({"dag_run": DAG_RUN, "params": given})
    with pytest.raises(RefusedError, match="nothing says which covers: give window"):
        task.execute({"dag_run": DAG_RUN, "params": {}})
    assert "it is about the last whole" not in capsys.readouterr().out
    yesterday = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    assert asked == [WINDOW, yesterday]
