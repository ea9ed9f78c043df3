"""The approve task asks, or does not, and ends with one line whatever the answer is.

Airflow's side of it, with a scheduler and a browser, is in tests/integration/test_runs_that_ask.py.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskAwaitingInput

from collage_airflow.approval.approved_backfill import ApprovedBackfill, variable_of
from collage_airflow.approval.not_approved import NotApprovedError
from collage_airflow.operators import approve as module
from collage_airflow.operators import asking_operator
from collage_airflow.operators.approve import ApproveOperator
from collage_core.contract.window import Window
from collage_core.layout import keys
from tests.support.airflow_aws import SETTINGS
from tests.support.dag_files import REPO
from tests.support.dag_runs import dag_run
from tests.support.planned_runs import RUN_ID, planned

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

APPROVAL = "cover_collage_manual-20261121_093000-00000000"
DEAR = {"estimated_dollars": 30.0}


class World:
    """What Airflow would keep."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.xcoms: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []
        self.told: list[str] = []

    @property
    def context(self) -> Any:
        def push(key: str, value: Any) -> None:
            self.xcoms[key] = value

        task = SimpleNamespace(id="1", xcom_push=push)
        return {"ti": task, "task_instance": task, "dag_run": dag_run("backfill")}


class Variables:
    """Airflow's Variables."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def get(self, name: str, default: Any) -> Any:
        return self._values.get(name, default)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(module, "Variable", Variables(world.variables))
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **told: world.asked.append(told))
    return world


def task(**changes: Any) -> ApproveOperator:
    with DAG("cover_collage_monthly", schedule=None):
        return ApproveOperator(
            task_id="approve",
            plan=planned(**changes).as_xcom(),
            longest=timedelta(hours=12),
            response_timeout=timedelta(hours=8),
        )


def answered(option: str) -> dict[str, Any]:
    """The event of an answer, as Airflow hands it to the task."""
    return {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": datetime(2026, 11, 1, tzinfo=UTC),
        "responded_by_user": {"id": "1", "name": "ana"},
    }


TIMED_OUT = {"error": "The timeout has passed", "error_type": "timeout"}


def approve_backfill(world: World, dollars: float) -> None:
    approved = ApprovedBackfill(
        run_id=APPROVAL,
        approved_by="ana",
        window=Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        dollars=dollars,
        until=datetime.now(UTC) + timedelta(days=7),
    )
    world.variables[variable_of("cover_collage_monthly")] = approved.to_text()


def test_a_run_without_a_reason_asks_nobody(world: World) -> None:
    assert task().execute(world.context) == {}
    assert world.asked == []


def test_a_run_that_was_planned_before_an_upgrade_asks_nobody(world: World) -> None:
    """Airflow adds the task to runs that are under way; their chunks may have been sent."""
    asks = task(**DEAR)
    asks.plan = {
        "rows": 6,
        "creators": 3,
        "chunks": 2,
        "estimated_dollars": 500.0,
        "estimated_seconds": 30,
        "packs": 0,
        "estimated_keeping_dollars": 0.0,
    }
    assert asks.execute(world.context) == {}
    assert world.asked == []


def test_a_dear_run_waits_for_the_answer_for_as_long_as_it_may(world: World) -> None:
    with pytest.raises(TaskAwaitingInput) as parked:
        task(**DEAR).execute(world.context)
    assert parked.value.timeout == timedelta(hours=8)
    (asked,) = world.asked
    assert asked["options"] == ["Approve", "Reject"]
    assert asked["defaults"] is None  # or Airflow would answer by itself when the time is over
    assert asked["subject"].startswith("October 2026: send 1,000 chunks for about 37.60 USD")
    assert "more than APPROVE_ABOVE_USD=25" in asked["body"]


def test_whoever_gets_notifications_is_asked_and_one_that_fails_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_context: Any) -> None:
        raise ConnectionError("no mail server")

    tell: Any = lambda context: world.told.append(context["task_instance"].id)  # noqa: E731
    monkeypatch.setattr(asking_operator, "when_asked", lambda: [fails, tell])
    with pytest.raises(TaskAwaitingInput):
        task(**DEAR).execute(world.context)
    assert world.told == ["1"]


def test_an_approved_run_goes_on_and_says_who_approved_it(world: World) -> None:
    assert task().execute_complete(world.context, answered("Approve")) == {"approved_by": "ana"}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (answered("Reject"), "Refused by ana"),
        (TIMED_OUT, "Nobody answered within 8 hours"),
    ],
)
def test_a_run_that_is_not_approved_ends_with_one_line(
    world: World, event: dict[str, Any], why: str
) -> None:
    with pytest.raises(NotApprovedError) as ended:
        task().execute_complete(world.context, event)
    assert str(ended.value) == (
        f"{why}. Nothing was sent or paid for. Clear approve to be asked again"
    )
    assert world.xcoms == {"note": f"October 2026: {why}; nothing was sent"}


def test_a_run_of_an_approved_backfill_takes_its_price_and_asks_nobody(
    world: World, s3: "S3Client"
) -> None:
    approve_backfill(world, dollars=40)
    told = task(**DEAR).execute(world.context)
    assert told == {"approved_by": "ana", "backfill": APPROVAL}
    key = keys.backfill_budget(APPROVAL)
    body = s3.get_object(Bucket=SETTINGS.temp_bucket, Key=key)["Body"].read()
    assert json.loads(body)["taken_usd"] == {RUN_ID: 37.6}
    # Another run, for which too little is left.
    with pytest.raises(TaskAwaitingInput):
        task(**DEAR, run_id="cover_collage_monthly-20260901_000000-00000000").execute(world.context)


def test_a_run_asks_if_what_was_taken_of_the_backfill_cannot_be_read(
    world: World, s3: "S3Client", capsys: pytest.CaptureFixture[str]
) -> None:
    approve_backfill(world, dollars=400)
    key = keys.backfill_budget(APPROVAL)
    s3.put_object(Bucket=SETTINGS.temp_bucket, Key=key, Body=b"{}")
    with pytest.raises(TaskAwaitingInput):
        task(**DEAR).execute(world.context)
    assert f"{key} in bucket {SETTINGS.temp_bucket} cannot be read" in capsys.readouterr().out


def test_a_run_outside_of_the_approved_backfill_asks(world: World) -> None:
    approve_backfill(world, dollars=400)
    with pytest.raises(TaskAwaitingInput):
        task(**DEAR, window_start=None, window_end=None).execute(world.context)


def test_a_variable_that_is_no_approval_is_named_and_the_run_asks(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.variables[variable_of("cover_collage_monthly")] = "yes"
    with pytest.raises(TaskAwaitingInput):
        task(**DEAR).execute(world.context)
    assert (
        "the Variable cover_collage_monthly_backfill_approved is 'yes'" in capsys.readouterr().out
    )


def test_without_the_providers_operator_the_dag_says_what_to_install() -> None:
    code = (
        "import sys; sys.path.insert(0, 'plugins'); "
        "sys.modules['airflow.providers.standard.operators.hitl'] = None; "
        "import collage_airflow.operators.approve"
    )
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "install apache-airflow-providers-standard as requirements.txt has it" in ended.stderr
