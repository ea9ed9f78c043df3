"""A run asks for approval when it is long, dear or mostly dead, and says so in words."""

from datetime import timedelta
from typing import Any

import pytest

from collage_airflow.approval.planned import Planned
from collage_airflow.approval.question import question, reasons_to_ask
from collage_core.settings import Settings
from tests.support.planned_runs import planned

SETTINGS = Settings(approve_above_usd=10, approve_above_dead_percent=50)
LONGEST = timedelta(hours=12)


def reasons(settings: Settings = SETTINGS, **changes: Any) -> list[str]:
    return reasons_to_ask(planned(**changes), settings, longest=LONGEST)


def test_an_ordinary_month_asks_nobody() -> None:
    assert reasons() == []


def test_the_price_counts_what_is_kept_too() -> None:
    assert reasons(estimated_dollars=2.4) == []
    assert reasons(estimated_dollars=2.41) == [
        "it would cost about 10.01 USD, more than APPROVE_ABOVE_USD=10"
    ]


def test_a_run_that_is_longer_than_its_wait_asks() -> None:
    assert reasons(estimated_seconds=12 * 3600) == []
    assert reasons(estimated_seconds=12 * 3600 + 1) == [
        "it would take about 12 h 01 min, and wait gives up after 12 hours"
    ]


def test_a_run_of_mostly_dead_covers_asks() -> None:
    assert reasons(dead_percent=50.0) == []
    assert reasons(dead_percent=50.1) == [
        "50.1% of its covers are neither kept nor alive, more than APPROVE_ABOVE_DEAD_PERCENT=50"
    ]


def test_dead_covers_ask_nobody_where_the_setting_is_100_or_they_are_not_known() -> None:
    assert reasons(Settings(approve_above_dead_percent=100), dead_percent=100.0) == []
    assert reasons(dead_percent=None) == []


def test_a_run_that_is_done_asks_nobody_whatever_it_did_cost() -> None:
    assert reasons(estimated_dollars=500.0, dead_percent=99.0, chunks_to_do=0) == []


def test_the_question_has_the_plan_in_words_and_all_reasons() -> None:
    plan = planned(estimated_dollars=30.0, dead_percent=60.0)
    asked = question(plan, ["it is dear", "it is dead"], answer_within=timedelta(days=3))
    assert asked.subject == "October 2026: send 1,000 chunks for about 37.60 USD and 50 min?"
    assert "\n" not in asked.subject
    assert "**It asks because** it is dear; and it is dead." in asked.body
    assert "in 1,000 chunks\n" in asked.body
    assert "60.0% (±2.5) are neither and will be missing" in asked.body
    assert "30.0000 for Lambda, SQS and requests to S3, at most 7.6000 for keeping" in asked.body
    assert "2,000,000 covers x 15.0 ms" in asked.body
    assert "Without an answer within 3 days it fails, too" in asked.body


def test_a_run_that_is_mostly_done_asks_for_the_rest_alone() -> None:
    left = {"chunks_to_do": 400, "dollars_to_do": 15.0, "seconds_to_do": 1200}
    plan = planned(estimated_dollars=30.0, estimated_seconds=99_999, **left)
    asked = question(plan, ["it is dear"], answer_within=timedelta(days=3))
    assert asked.subject == "October 2026: send 400 chunks for about 15.00 USD and 20 min?"
    assert "in 1,000 chunks, of which 600 are done" in asked.body
    assert "about 15.0000 USD for what is left. The whole run: about 37.6000 USD" in asked.body
    assert "computed, for the whole run:**" in asked.body
    whole = {"estimated_dollars": 30.0, "estimated_seconds": 99_999}
    assert reasons(**whole, **left) == [
        "it would cost about 15.00 USD, more than APPROVE_ABOVE_USD=10"
    ]
    assert reasons(**whole, **left | {"dollars_to_do": 10.0}) == []


def test_a_question_about_covers_that_are_not_known_leaves_them_out() -> None:
    asked = question(planned(dead_percent=None), ["it is dear"], answer_within=timedelta(1))
    assert "Their URLs" not in asked.body


@pytest.mark.parametrize("changes", [{}, {"window_start": None, "window_end": None}])
def test_a_plan_is_the_same_after_its_way_through_an_xcom(changes: dict[str, Any]) -> None:
    plan = planned(**changes)
    assert Planned.of_xcom(plan.as_xcom()) == plan
    assert (plan.window is None) == bool(changes)
