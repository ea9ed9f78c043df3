"""A backfill is approved once: what the answer to its dry run leaves behind.

Its prices, the page and the runs are in tests/integration/test_runs_that_ask.py.
"""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk import DAG
from airflow.sdk.exceptions import DownstreamTasksSkipped, TaskAwaitingInput

from collage_airflow.approval.approved_backfill import ApprovedBackfill
from collage_airflow.collage_tasks import collage_tasks
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.manual_form import manual_params
from collage_airflow.operators import estimate as module
from collage_core.run.price_table import Price
from tests.support.dag_runs import NOVEMBER_1, dag_run

MONTHLY = "cover_collage_monthly"
PARAMS = {"window_start": "2026-01-01", "window_end": "2026-11-01", "backfill": MONTHLY}
NAME = "cover_collage_monthly_backfill_approved"


def price(label: str, dollars: float) -> Price:
    return Price(label, 1000, 10, dollars, dollars / 2, 0.5, 10, 100, "built in")


PRICES = [price("2026-09", 1.0), price("2026-10", 2.0)]
PRICES.append(Price.sum("together", PRICES))
EVENT = {
    "params_input": {},
    "responded_at": NOVEMBER_1,
    "responded_by_user": {"id": "1", "name": "ana"},
}


class World:
    """What Airflow keeps: XComs, Variables and questions."""

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}
        self.variables: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        with DAG("cover_collage_manual", schedule=None, params=manual_params()) as dag:
            collage_tasks(sql="SELECT 1", covers=CoversTable(), schedule=None)
        self.dag = dag
        self.task: Any = dag.get_task("estimate")

    def set(self, name: str, value: str, *, description: str) -> None:
        assert "Delete it" in description
        self.variables[name] = value

    def push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value

    @property
    def context(self) -> Any:
        ti = SimpleNamespace(
            id="1",
            map_index=-1,
            xcom_push=self.push,
            xcom_pull=lambda task_ids, key: self.xcoms[key] if task_ids == "estimate" else None,
        )
        run = dag_run("manual", dag_id="cover_collage_manual", interval=False)
        return {
            "ti": ti,
            "task_instance": ti,
            "dag_run": run,
            "dag": self.dag,
            "task": self.task,
            "params": PARAMS,
        }


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(module, "Variable", world)
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **told: world.asked.append(told))

    class Prices:
        def __init__(self, *_args: Any, **_more: Any) -> None:
            pass

        def all(self) -> list[Price]:
            return PRICES

    monkeypatch.setattr(module, "RunPrices", Prices)  # they take a database
    monkeypatch.setattr(module.EstimateOperator, "store", None)
    return world


def test_the_question_has_a_line_for_each_month_and_the_sum_that_is_approved(world: World) -> None:
    with pytest.raises(TaskAwaitingInput) as parked:
        world.task.execute(world.context)
    assert parked.value.timeout == timedelta(days=3)
    (asked,) = world.asked
    assert asked["subject"] == (
        "Backfill of cover_collage_monthly, 2026-01-01 to 2026-10-31: approve 4.50 USD for 2,000 "
        "rows?"
    )
    lines = asked["body"].splitlines()
    assert lines[2] == "| 2026-09 | 1,000 | 10 | 1.0000 | 0.5000 | 0.50 | 10.0% |"
    assert lines[4].startswith("| together | 2,000 |")
    assert "ask nobody, up to 4.96 USD together" in asked["body"]
    assert world.xcoms["prices"] == [asdict(one) for one in PRICES]


def test_an_approved_backfill_is_a_variable_with_its_window_its_price_and_its_end(
    world: World,
) -> None:
    world.xcoms["prices"] = [asdict(one) for one in PRICES]
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        world.task.execute_complete(world.context, {**EVENT, "chosen_options": ["Approve"]})
    assert list(skipped.value.tasks) == ["extract"]
    approved = ApprovedBackfill.of_text(NAME, world.variables[NAME])
    assert (approved.approved_by, approved.dollars) == ("ana", 4.96)
    assert (approved.window.start, approved.window.end) == (
        datetime(2026, 1, 1, tzinfo=UTC),
        NOVEMBER_1,
    )
    left = approved.until - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert approved.run_id.startswith("cover_collage_manual-20261101_040000-")
    assert world.xcoms["note"].startswith(
        "Backfill of cover_collage_monthly, 2026-01-01 to 2026-10-31: approved by ana, up to 4.96"
    )


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({**EVENT, "chosen_options": ["Reject"]}, "Refused by ana"),
        ({"error": "The timeout has passed", "error_type": "timeout"}, "Nobody answered"),
    ],
)
def test_a_backfill_that_is_not_approved_leaves_nothing_and_the_dry_run_ends_green(
    world: World, event: dict[str, Any], why: str
) -> None:
    with pytest.raises(DownstreamTasksSkipped):
        world.task.execute_complete(world.context, event)
    assert world.variables == {}
    assert world.xcoms["note"] == (
        f"{why}: runs of this backfill ask one by one, if they have a reason to"
    )


def test_what_is_approved_is_never_less_than_the_price_and_a_tenth() -> None:
    for dollars in (0.0, 0.0001, 1.0, 4.5, 25.27, 1234.5678):
        assert module._with_headroom(dollars) >= dollars * 1.1
        assert module._with_headroom(dollars) <= dollars * 1.1 + 0.011
