"""What a DAG run asks for: its window and its configuration."""

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRun
from msgspec.structs import replace

from collage_airflow.dag_run.request import RunRequest
from collage_airflow.dag_run.schedules import BACKFILLS, MONTHLY
from collage_airflow.dag_run.sources import MANUAL_PARAMS
from collage_airflow.dag_run.window import intervals_of
from collage_core.contract.cell_size import CELL_SIZES
from collage_core.errors import MessageError, SettingError
from collage_core.settings import Settings
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1, dag_run


def request(run: DagRun, **params: Any) -> RunRequest:
    return RunRequest.of(run, params, Settings(), MONTHLY)


@pytest.mark.parametrize("run_type", ["scheduled", "manual"])
def test_a_run_without_a_window_of_its_own_is_about_its_data_interval(run_type: str) -> None:
    found = request(dag_run(run_type))
    assert (found.window.start, found.window.end) == (OCTOBER_1, NOVEMBER_1)


def test_a_data_interval_of_zero_length_is_none() -> None:
    found = request(dag_run("manual", data_interval_end=OCTOBER_1))
    assert (found.window.start, found.window.end) == (OCTOBER_1, NOVEMBER_1)


def test_a_data_interval_that_reaches_into_the_future_is_refused() -> None:
    # What a run gets that is triggered in November with a logical date in January.
    interval = {
        "data_interval_start": datetime(2026, 12, 1, tzinfo=UTC),
        "data_interval_end": datetime(2027, 1, 1, tzinfo=UTC),
    }
    with pytest.raises(SettingError, match=r"data_interval_end 2027-01-01 .* is in the future"):
        request(dag_run("manual", **interval))


def test_a_data_interval_that_ends_before_it_begins_is_refused() -> None:
    reversed_ends = {"data_interval_start": NOVEMBER_1, "data_interval_end": OCTOBER_1}
    with pytest.raises(SettingError, match="is not after data_interval_start"):
        request(dag_run("manual", **reversed_ends))


def test_a_run_without_a_window_is_refused_in_a_dag_without_a_schedule() -> None:
    bare = dag_run("manual", interval=False)
    with pytest.raises(SettingError, match="nothing says which covers: give window"):
        RunRequest.of(bare, {}, Settings(), None)
    given = {"window_start": "2026-10-01", "window_end": "2026-11-01"}
    for run, params in ((bare, given), (dag_run("manual"), {})):
        found = RunRequest.of(run, params, Settings(), None)
        assert (found.window.start, found.window.end) == (OCTOBER_1, NOVEMBER_1)


def test_the_same_dag_run_is_always_the_same_request() -> None:
    assert request(dag_run("manual")) == request(dag_run("manual"))


def test_params_left_empty_are_decided_by_the_settings() -> None:
    settings = Settings(default_rows=3, default_quality=80)
    empty = dict.fromkeys(["window_start", "window_end", "rows", "cols", "output_prefix"])
    found = RunRequest.of(dag_run("manual"), empty | {"cols": 4}, settings, MONTHLY)
    assert found.config == replace(settings.processing_config, rows=3, cols=4, quality=80)
    assert found.output_prefix == ""


def test_what_the_form_says_about_the_picture_wins_over_the_settings() -> None:
    settings = Settings(default_trim=True, default_title="{creator}", default_max_bytes=90_000)
    given = {"trim": "false", "progressive": True, "title": "", "fit": "blur", "gutter": 8}
    found = RunRequest.of(dag_run("manual"), given, settings, MONTHLY)
    assert found.config == replace(
        settings.processing_config, trim=False, progressive=True, title="", fit="blur", gutter=8
    )
    assert found.config.max_bytes == 90_000


@pytest.mark.parametrize(
    ("name", "value"), [("trim", "maybe"), ("trim", 1), ("title", "{name}"), ("gutter", "8")]
)
def test_a_wrong_option_of_the_picture_is_refused(name: str, value: object) -> None:
    with pytest.raises(MessageError, match=rf"processing_config\.{name} is .*: it must be "):
        request(dag_run("manual"), **{name: value})


def test_a_grid_that_is_too_large_for_the_cells_is_refused() -> None:
    settings = Settings(cell_size=CELL_SIZES["360x480"])
    with pytest.raises(MessageError, match="20x20, 400 cells: of 360x480"):
        RunRequest.of(dag_run("manual"), {"rows": 20, "cols": 20}, settings, MONTHLY)


def test_an_output_prefix_that_climbs_out_is_refused() -> None:
    with pytest.raises(MessageError, match=r"output_prefix is '\.\./other'"):
        request(dag_run("manual"), output_prefix="../other")


# --- a backfill that is to be approved


def of_backfill(
    start: str, end: str, dag: str = "cover_collage_monthly", **more: Any
) -> RunRequest:
    params = {"window_start": start, "window_end": end, "backfill": dag, **more}
    run = dag_run("manual", interval=False)
    return RunRequest.of(run, params, Settings(), None, MANUAL_PARAMS)


@pytest.mark.parametrize(
    ("dag", "start", "end", "labels"),
    [
        ("cover_collage_monthly", "2026-09-01", "2026-11-01", ["2026-09", "2026-10"]),
        ("cover_collage_monthly", "2026-10-01", "2026-11-01", ["2026-10"]),
        ("cover_collage_daily", "2026-10-30", "2026-11-01", ["2026-10-30", "2026-10-31"]),
    ],
)
def test_a_backfill_to_approve_is_made_of_whole_intervals(
    dag: str, start: str, end: str, labels: list[str]
) -> None:
    found = of_backfill(start, end, dag)
    assert found.backfill == dag
    assert found.window is not None
    assert [label for label, _ in intervals_of(BACKFILLS[dag], found.window)] == labels


def test_a_backfill_to_approve_may_be_longer_than_a_run() -> None:
    found = of_backfill("2024-01-01", "2026-01-01")
    assert found.window is not None
    assert len(intervals_of(MONTHLY, found.window)) == 24


@pytest.mark.parametrize(
    ("start", "end"), [("2026-09-15", "2026-11-01"), ("2026-09-01", "2026-10-15")]
)
def test_a_backfill_of_parts_of_months_is_refused(start: str, end: str) -> None:
    with pytest.raises(SettingError, match="is not made of whole months, as a backfill is: let it"):
        of_backfill(start, end)


@pytest.mark.parametrize("more", [{"creators": ["ana"]}, {"limit": 3}, {"output_prefix": "mine"}])
def test_a_backfill_of_some_creators_is_refused(more: dict[str, Any]) -> None:
    (name,) = more
    with pytest.raises(SettingError, match=f"{name} is given beside backfill"):
        of_backfill("2026-09-01", "2026-10-01", **more)
