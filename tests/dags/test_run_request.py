"""What a DAG run is turned into: its names, its window, its configuration."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRun

from collage_airflow.run_request import RunRequest
from collage_core.cell_size import CELL_SIZES
from collage_core.contract import ProcessingConfig
from collage_core.errors import MessageError, SettingError
from collage_core.settings import Settings

OCTOBER_1, NOVEMBER_1 = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


def dag_run(run_type: str, *, interval: bool = True, **changes: Any) -> DagRun:
    fields = {
        "dag_id": "cover_collage_monthly",
        "run_id": f"{run_type}__1",
        "logical_date": OCTOBER_1 if interval else None,
        "data_interval_start": OCTOBER_1 if interval else None,
        "data_interval_end": NOVEMBER_1 if interval else None,
        "run_after": NOVEMBER_1 + timedelta(hours=4, microseconds=7),
        "start_date": NOVEMBER_1,
        "end_date": None,
        "run_type": run_type,
        "state": "running",
        "consumed_asset_events": [],
        "partition_key": None,
    }
    return DagRun.model_validate(fields | changes)


def request(run: DagRun, **params: Any) -> RunRequest:
    return RunRequest.of(run, params, Settings())


@pytest.mark.parametrize("run_type", ["scheduled", "backfill"])
def test_a_run_on_schedule_is_named_by_the_start_of_its_month(run_type: str) -> None:
    found = request(dag_run(run_type))
    assert found.csv_key == "csv-files/2026/10/01/monthly_batch_20261001.csv"
    assert found.run_id.startswith("cover_collage_monthly-20261001_000000-")


@pytest.mark.parametrize("run_type", ["manual", "asset_triggered", "operator_triggered"])
@pytest.mark.parametrize("interval", [True, False])
def test_any_other_run_is_named_by_the_second_at_which_it_was_due(
    run_type: str, interval: bool
) -> None:
    found = request(dag_run(run_type, interval=interval))
    assert found.csv_key == "csv-files/2026/11/01/cover_urls_20261101_040000.csv"
    assert found.run_id.startswith("cover_collage_monthly-20261101_040000-")
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


def test_the_same_dag_run_is_always_the_same_request() -> None:
    assert request(dag_run("manual")) == request(dag_run("manual"))


def test_two_runs_of_one_second_have_two_ids() -> None:
    first, second = (request(dag_run("manual", run_id=name)) for name in ("manual__1", "manual__2"))
    assert first.run_id != second.run_id


def test_params_left_empty_are_decided_by_the_settings() -> None:
    settings = Settings(default_rows=3, default_quality=80)
    empty = dict.fromkeys(["window_start", "window_end", "rows", "cols", "output_prefix"])
    found = RunRequest.of(dag_run("manual"), empty | {"cols": 4}, settings)
    assert found.config == ProcessingConfig(rows=3, cols=4, quality=80)
    assert found.output_prefix == ""


def test_a_grid_that_is_too_large_for_the_cells_is_refused() -> None:
    settings = Settings(cell_size=CELL_SIZES["360x480"])
    with pytest.raises(MessageError, match="20x20, 400 cells: of 360x480"):
        RunRequest.of(dag_run("manual"), {"rows": 20, "cols": 20}, settings)


def test_an_output_prefix_that_climbs_out_is_refused() -> None:
    with pytest.raises(MessageError, match=r"output_prefix is '\.\./other'"):
        request(dag_run("manual"), output_prefix="../other")
