"""What Airflow makes of a check that refuses a run: its own lines, and no traceback after them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.dag_files import REPO

_DAG = """
from datetime import timedelta
from airflow.sdk import DAG, BaseOperator
from collage_airflow.dag_defaults import DEFAULT_ARGS
from collage_airflow.preflight.refusal import RefusedError, UnansweredError

def said(context):
    error = context["exception"]
    print(f"callback: {type(error).__name__} {error}")

class Check(BaseOperator):
    def __init__(self, *, error, **kwargs):
        super().__init__(**kwargs)
        self.error = error

    def execute(self, context):
        self.log.error("what is wrong")
        raise self.error("nothing was sent: what is wrong")

with DAG("checked", schedule=None, default_args=DEFAULT_ARGS):
    again = {"retries": 1, "retry_delay": timedelta(0), "on_failure_callback": said}
    Check(task_id="refused", error=RefusedError, **again)
    Check(task_id="unanswered", error=UnansweredError, **again)
"""

_RUN = """
import os
from airflow.utils.db import initdb
initdb()
from airflow.dag_processing.dagbag import DagBag

(dag,) = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags.values()
for task in dag.test().get_task_instances():
    print("end:", task.task_id, task.state, "after", task.try_number)
"""


@pytest.mark.thorough
def test_a_refused_check_fails_at_once_and_an_unanswered_one_is_retried_both_without_a_traceback(
    tmp_path: Path,
) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "checked.py").write_text(_DAG)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _RUN],
        env={
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "PYTHONPATH": f"{REPO}:{REPO / 'plugins'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    log = done.stdout + done.stderr
    assert "end: refused failed after 1" in log, log[-4000:]
    assert "end: unanswered failed after 2" in log
    assert "callback: RefusedError nothing was sent: what is wrong" in log
    assert "callback: UnansweredError nothing was sent: what is wrong" in log
    assert log.count("Task exited") == 3
    assert "Traceback" not in log
