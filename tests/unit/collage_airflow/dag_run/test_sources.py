"""Where a manual run takes its covers from, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from collage_airflow.dag_run.request import RunRequest
from collage_airflow.dag_run.schedules import DAILY, MONTHLY
from collage_airflow.dag_run.sources import MANUAL_PARAMS, AskedCsv
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.window import Window
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.errors import SettingError
from collage_core.layout.schedule import Schedule
from collage_core.settings import Settings
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1, dag_run
from tests.support.runs import plan

DATES = {"window_start": "2026-10-01", "window_end": "2026-11-01"}
NO_DATE = dag_run("manual", interval=False, dag_id="cover_collage_manual")
# What the form of Airflow 3.3 makes of a plain trigger: the logical date is the present moment.
PREFILLED = dag_run(
    "manual",
    dag_id="cover_collage_manual",
    logical_date=NOVEMBER_1 + timedelta(hours=4),
    data_interval_start=NOVEMBER_1 + timedelta(hours=4),
    data_interval_end=NOVEMBER_1 + timedelta(hours=4),
)


def request(params: dict[str, Any], run: Any = NO_DATE, schedule: Schedule | None = None) -> Any:
    return RunRequest.of(run, params, Settings(), schedule, MANUAL_PARAMS)


@pytest.mark.parametrize("run", [NO_DATE, PREFILLED], ids=["no logical date", "logical date"])
@pytest.mark.parametrize(
    ("params", "window", "csv"),
    [
        (DATES, Window(OCTOBER_1, NOVEMBER_1), None),
        ({"window": "last month"}, Window(OCTOBER_1, NOVEMBER_1), None),
        ({"csv_key": "manual-uploads/a.csv"}, None, AskedCsv("manual-uploads/a.csv", None)),
        ({"csv_text": "creator_name,…"}, None, AskedCsv(None, "creator_name,…")),
        (
            {"csv_key": "", "csv_text": "", "window": "last month", "creators": []},
            Window(OCTOBER_1, NOVEMBER_1),
            None,
        ),
    ],
    ids=str,
)
def test_a_run_does_what_its_form_says_with_and_without_a_logical_date(
    run: Any, params: dict[str, Any], window: Window | None, csv: AskedCsv | None
) -> None:
    found = request(params, run)
    assert (found.window, found.csv, found.choice) == (window, csv, None)
    assert found.identity.csv_key == "csv-files/2026/11/01/cover_urls_20261101_040000.csv"


@pytest.mark.parametrize(
    "params",
    [
        DATES | {"window": "yesterday"},
        DATES | {"csv_key": "manual-uploads/a.csv"},
        {"window": "yesterday", "csv_text": "creator_name,…"},
        {"csv_key": "manual-uploads/a.csv", "csv_text": "creator_name,…"},
        {"window_end": "2026-11-01", "csv_key": "manual-uploads/a.csv"},
        {"csv_key": "manual-uploads/a.csv", "parent": "monthly-1"},
    ],
    ids=" and ".join,
)
def test_two_sources_of_covers_are_refused_with_their_names(params: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=r"both .* and .* are given: a run takes") as raised:
        request(params)
    assert all(name in str(raised.value) for name in params)


def test_creators_and_a_limit_are_what_the_run_is_limited_to() -> None:
    found = request(DATES | {"creators": ["ana", "ben"], "limit": 3})
    assert found.choice == CreatorChoice(("ana", "ben"), 3)
    with_empty_lines = request(DATES | {"creators": ["", "ana", "ben", ""]})
    assert with_empty_lines.choice == CreatorChoice(("ana", "ben"))


def test_a_fill_is_made_like_its_parent_except_for_how_covers_are_fetched() -> None:
    parent = replace(
        plan([{"ana": 1}]), config=ProcessingConfig(rows=2, timeout=7), output_prefix="october"
    )
    found = request({"parent": " monthly-1 ", "timeout": 60})
    assert (found.parent, found.window, found.csv) == ("monthly-1", None, None)
    like = found.like(parent)
    assert (like.config.rows, like.config.timeout, like.output_prefix) == (2, 60, "october")
    like = request({"parent": "monthly-1", "output_prefix": "mine"}).like(parent)
    assert (like.config, like.output_prefix) == (parent.config, "mine")
    assert request({"parent": " ", "window": "yesterday"}).parent is None


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"limit": 3}, "limit is given beside parent: .*; empty limit. Only max_retries"),
        ({"rows": 2, "trim": False}, "rows is given beside parent: .*; empty rows, trim. Only"),
    ],
)
def test_what_the_parent_decides_is_refused_with_its_names(
    params: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        request({"parent": "monthly-1", **params})
    request({"parent": "monthly-1", **dict.fromkeys(params), "max_workers": 2, "max_retries": 5})


def test_only_a_dry_run_may_look_at_years() -> None:
    years = {"window_start": "2020-01-01", "window_end": "2026-11-01"}
    with pytest.raises(SettingError, match="at most 366 days fit in one run"):
        request(years)
    found = request(years | {"dry_run": True})
    assert found.window == Window(datetime(2020, 1, 1, tzinfo=UTC), NOVEMBER_1)


@pytest.mark.parametrize("schedule", [MONTHLY, DAILY], ids=lambda schedule: schedule.interval)
def test_a_window_in_the_conf_of_a_backfill_is_refused_and_its_own_is_taken(
    schedule: Schedule,
) -> None:
    end = OCTOBER_1 + timedelta(days=1) if schedule is DAILY else NOVEMBER_1
    run = dag_run("backfill", data_interval_end=end, conf=DATES)
    with pytest.raises(SettingError, match="in the conf of a backfill, and would give each of its"):
        request(DATES, run, schedule)
    plain = dag_run("backfill", data_interval_end=end)
    empty = dict.fromkeys([*DATES, "rows"])
    assert request(empty, plain, schedule).window == Window(OCTOBER_1, end)
