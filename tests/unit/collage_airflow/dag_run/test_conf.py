"""A conf with a typo is refused by name: no run takes another month than the one asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG, Param
from airflow.sdk.definitions.param import process_params

from collage_airflow.dag_defaults import run_params
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.operators.check import CheckOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.preflight.refusal import RefusedError
from collage_core.errors import SettingError
from tests.support.dag_runs import dag_run
from tests.support.preflight import SQL

TYPOS = {
    "windows_start": "window_start",
    "window_strat": "window_start",
    "Window_Start": "window_start",
    "WINDOW_END": "window_end",
    "window-end": "window_end",
    "windowEnd": "window_end",
    " window_end": "window_end",
    "window_ends": "window_end",
    "start_window": "window_start",
    "column": None,
    "col": "cols",
    "Rows": "rows",
    "row": "rows",
    "qualtiy": "quality",
    "max_worker": "max_workers",
    "maxBytes": "max_bytes",
    "titel": "title",
    "colour": None,
    "maxRetries": "max_retries",
    "time_out": "timeout",
    "output-prefix": "output_prefix",
    "outputprefix": "output_prefix",
    "month": None,
    "": None,
    "conf": None,
    "params": None,
}


def context(conf: dict[str, Any], **declared: Param) -> Any:
    """The context of a task of a run with this conf, merged as Airflow merges it."""
    with DAG("covers", schedule=None, params={**run_params(MONTHLY), **declared}) as dag:
        task = ExtractOperator(task_id="extract", sql=SQL, schedule=MONTHLY)
    run_after = datetime(2026, 11, 21, tzinfo=UTC)
    return {
        "dag": dag,
        "task": task,
        "dag_run": dag_run("manual", interval=False, run_after=run_after, conf=conf),
        "params": process_params(dag, task, conf, suppress_exception=False),
    }


def extract(context: Any) -> None:
    """Run the task. It fails: on the conf, or because there is no S3 and no database."""
    ExtractOperator(task_id="extract", sql=SQL, schedule=MONTHLY).execute(context)


@pytest.mark.parametrize("typo", TYPOS)
def test_an_unknown_key_is_refused_with_the_closest_param(typo: str) -> None:
    meant = TYPOS[typo]
    fix = f"write {meant}; the params are background, cols," if meant else "remove it; the params"
    with pytest.raises(SettingError) as raised:
        extract(context({typo: "2026-09-01", "window_end": "2026-10-01"}))
    assert f"{typo!r} in the conf of this run is not a param of its DAG" in str(raised.value)
    assert fix in str(raised.value)


@pytest.mark.usefixtures("aws")
def test_the_check_names_the_typo_beside_all_else(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RefusedError):
        CheckOperator(task_id="check", sql=SQL, schedule=MONTHLY).execute(
            context({"windows_start": "2026-09-01"})
        )
    log = capsys.readouterr().out
    assert "'windows_start' in the conf of this run is not a param of its DAG: write window" in log
    assert "TEMP_BUCKET" in log


@pytest.mark.usefixtures("s3")
def test_keys_of_airflow_and_params_of_the_dag_are_accepted() -> None:
    conf = {"airflow/task_span_detail_level": 2, "openlineage": {}, "region": "eu"}
    with pytest.raises(Exception, match="isn't defined"):
        extract(context(conf, region=Param("us", type="string")))


def test_a_conf_that_airflow_is_set_to_ignore_is_refused() -> None:
    conf = {"window_start": "2026-09-01", "window_end": "2026-10-01"}
    passed_over = context({}) | {"dag_run": context(conf)["dag_run"]}
    with pytest.raises(SettingError, match="window_start of the conf is '2026-09-01' and does not"):
        extract(passed_over)


@pytest.mark.usefixtures("aws")
def test_a_run_that_names_no_window_says_which_it_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = "it takes the last whole month, [2026-10-01 00:00:00, 2026-11-01 00:00:00) UTC"
    with pytest.raises(RefusedError):
        CheckOperator(task_id="check", sql=SQL, schedule=MONTHLY).execute(context({}))
    assert said in capsys.readouterr().out
    conf = {"window_start": "2026-09-01", "window_end": "2026-10-01"}
    with pytest.raises(RefusedError):
        CheckOperator(task_id="check", sql=SQL, schedule=MONTHLY).execute(context(conf))
    assert said not in capsys.readouterr().out
