"""The manual DAG through Airflow itself, in every way that its form offers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from collage_core.layout import keys
from local.airflow_api import AirflowApi
from local.errors import TwinError
from local.sample.rows import EARLIER_MONTH, MAIN_MONTH, SampleRow, sample_rows
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET
from tests.support.every_dag import MANUAL_DAG as DAG
from tests.support.every_dag import EveryDag
from tests.support.failures import Where, failure
from tests.support.manual_orders import KEY, OCTOBER
from tests.support.monthly_run import Run


@pytest.fixture(scope="module")
def rows(runs: Mapping[str, Run]) -> list[SampleRow]:
    """October's rows."""
    return in_window(runs["creators"], *MAIN_MONTH)


@pytest.fixture(scope="module")
def runs(every_dag: EveryDag) -> Mapping[str, Run]:
    """Ended runs by what they were asked for."""
    return every_dag.manual


def in_window(run: Run, start: datetime, end: datetime) -> list[SampleRow]:
    """The sample's rows in a window."""
    return [row for row in sample_rows(run.twin.covers.url) if start <= row.updated_at < end]


def collages(run: Run, prefix: str) -> list[str]:
    """The creators, encoded as in keys, whose collages the run made."""
    made = run.listed(OUTPUT_BUCKET, f"collages/manual/{prefix}")
    end = f"_collage_{run.timestamp}.jpg"
    return [key.rsplit("/", 1)[1].removesuffix(end) for key in made if key.endswith(end)]


@pytest.mark.parametrize("name", ["creators", "limit", "csv", "text"])
def test_a_run_succeeds_and_its_books_balance(runs: Mapping[str, Run], name: str) -> None:
    run = runs[name]
    assert set(run.states().values()) == {"success"}, run.logs()
    counts = run.summary["rows"]
    assert counts["total"] == sum(count for kind, count in counts.items() if kind != "total") > 0
    assert run.summary["trigger"] == "manual"
    assert run.xcom("extract")["csv_key"] == keys.cover_urls_csv(run.timestamp)


def test_only_the_named_creators_of_the_window_exact_to_the_bytes(
    runs: Mapping[str, Run], rows: list[SampleRow]
) -> None:
    run = runs["creators"]
    theirs = [row for row in rows if row.creator in {"Ana", "aná"}]
    assert collages(run, "two/") == ["=41na", "an=C3=A1"]
    assert run.summary["rows"]["total"] == len(theirs)
    assert run.summary["selection"] == {
        "creators": ["Ana", "aná"],
        "rows_left_out": len(rows) - len(theirs),
    }


def test_a_trial_takes_the_first_creators(runs: Mapping[str, Run], rows: list[SampleRow]) -> None:
    names = sorted({row.creator.encode() for row in rows if (row.creator or "").strip()})
    first = {name.decode() for name in names[:2]}
    summary = runs["limit"].summary
    assert summary["creators"]["total"] == 2
    assert summary["rows"]["total"] == sum(row.creator in first for row in rows)
    assert summary["selection"]["limit"] == 2


def test_a_csv_in_manual_uploads_waits_for_the_run_and_is_archived_after_it(
    runs: Mapping[str, Run],
) -> None:
    run = runs["csv"]
    assert collages(run, "mine/") == ["row_eight", "row_seven"]
    assert run.summary["source"]["key"] == KEY
    archived = keys.archived_upload(KEY, run.timestamp)
    assert list(run.listed(INPUT_BUCKET, archived)) == [archived, f"{archived}.done.json"]
    assert not run.listed(INPUT_BUCKET, KEY)
    # Its upload had started nothing.
    assert not [key for key in run.listed(OUTPUT_BUCKET, "collages/") if "s3-trigger/row_" in key]


@pytest.mark.parametrize("name", ["unknown creator", "nothing"])
def test_the_note_of_a_failed_run_says_which_task_failed(
    runs: Mapping[str, Run], name: str
) -> None:
    ended = runs[name].api.run(DAG, runs[name].dag_run_id)
    assert ended["state"] == "failed"
    assert ended["note"].startswith("check failed. The end of its log says why")


def test_pasted_text_makes_collages(runs: Mapping[str, Run]) -> None:
    assert collages(runs["text"], "") == ["one_hit_wonder"]


def test_a_dry_run_ends_green_with_a_line_for_each_month_and_no_collage(
    runs: Mapping[str, Run], rows: list[SampleRow]
) -> None:
    run = runs["dry run"]
    states = run.states()
    assert {states.pop("check"), states.pop("estimate")} == {"success"}
    assert set(states.values()) == {"skipped"}
    ended = run.api.run(DAG, run.dag_run_id)
    assert ended["state"] == "success"
    assert ended["note"].startswith("Dry run of 2026-09-01 to 2026-10-31: 1,150 rows of 46 ")
    earlier = in_window(run, *EARLIER_MONTH)
    prices = run.api.xcom(DAG, run.dag_run_id, "estimate", "prices")
    september, october, together, one_run = prices
    assert (september["label"], september["rows"]) == ("2026-09", len(earlier))
    assert (october["label"], october["rows"]) == ("2026-10", len(rows))
    creators = {row.creator for row in rows if (row.creator or "").strip()}
    assert october["creators"] == len(creators)
    assert 0 < october["dead"] < october["looked_at"] <= len(rows)
    assert together["rows"] == one_run["rows"] == len(rows) + len(earlier)
    assert together["creators"] > one_run["creators"]
    assert together["dollars"] > 0
    log = run.api.log(DAG, run.dag_run_id, "estimate")
    assert "Dry run: nothing was sent" in log
    assert "nothing was requested" in log


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unknown creator", "✗ creators: 'ANA' of the 2 named are not in [2026-10-01"),
        ("nothing", "✗ nothing says which covers: give window"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_check_in_one_line(
    runs: Mapping[str, Run], name: str, said: str
) -> None:
    run = runs[name]
    log = run.api.log(DAG, run.dag_run_id, "check")
    assert said in log
    assert log.count("✗ ") == 1
    states = run.states()
    assert states.pop("check") == "failed"
    assert set(states.values()) == {"upstream_failed"}
    assert run.api.run(DAG, run.dag_run_id)["note"].startswith("check failed. The end of its log")


def test_the_logical_date_that_the_form_fills_in_decides_nothing(runs: Mapping[str, Run]) -> None:
    dates = {name: run.api.run(DAG, run.dag_run_id)["logical_date"] for name, run in runs.items()}
    assert dates["creators"]
    assert not dates["limit"]
    for name in ("creators", "limit"):
        assert runs[name].summary["window"] == {
            "start": "2026-10-01T00:00:00Z",
            "end": "2026-11-01T00:00:00Z",
        }


def test_a_run_from_the_command_line_makes_the_collages_of_its_window(
    every_dag: EveryDag,
) -> None:
    run = every_dag.by_command
    earlier = in_window(run, *EARLIER_MONTH)
    counts = run.summary["rows"]
    assert counts["total"] == len(earlier)
    assert counts["total"] == sum(count for kind, count in counts.items() if kind != "total")
    assert len(collages(run, "")) == run.summary["objects"]["collages"] > 0


@failure(
    Where.QUEUE,
    fault="Messages of a run have failed for good while `wait` waits",
    happens="`wait` does not wait for them: it fails as soon as nothing else is missing",
    sees='`wait`: "can get no receipt, because their messages failed for good: …"',
    fix="do as the reason says, then clear as the message says",
)
def test_a_wait_for_messages_that_failed_for_good_ends_long_before_its_time(
    runs: Mapping[str, Run],
) -> None:
    run = runs["september"]
    states = run.states()
    assert (states["dispatch"], states["wait"]) == ("success", "failed")
    task = next(task for task in run.api.tasks(DAG, run.dag_run_id) if task["task_id"] == "wait")
    assert task["duration"] < 300
    log = run.api.log(DAG, run.dag_run_id, "wait", attempt=task["try_number"])
    assert "can get no receipt, because their messages failed for good" in log
    note = run.api.run(DAG, run.dag_run_id)["note"]
    assert note.startswith("September 2026: wait failed. The end of its log says why")


def test_a_name_that_differs_only_for_a_collation_is_offered(runs: Mapping[str, Run]) -> None:
    run = runs["unknown creator"]
    assert "there is 'Ana', 'ana'" in run.api.log(DAG, run.dag_run_id, "check")


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        ({**OCTOBER, "rows": 99}, "99 is greater than the maximum of 20"),
        ({**OCTOBER, "quality": 101}, "101 is greater than the maximum of 100"),
        ({"csv_key": "archived/x.csv"}, "does not match"),
        ({"window": "tomorrow"}, "is not one of"),
    ],
    ids=str,
)
def test_nonsense_is_refused_at_the_trigger(
    api: AirflowApi, conf: dict[str, Any], said: str
) -> None:
    body = {"logical_date": None, "conf": conf}
    with pytest.raises(TwinError, match=said):
        api._request("POST", f"dags/{DAG}/dagRuns", json=body)
