"""The manual DAG through Airflow itself, in every way that its form offers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collage_core.covers.cover_csv import HEADER
from collage_core.layout import keys
from local.airflow_api import AirflowApi
from local.errors import TwinError
from local.sample.rows import EARLIER_MONTH, MAIN_MONTH, SampleRow, sample_rows
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET
from local.twin import Twin
from tests.support.monthly_run import SECONDS, Run

DAG = "cover_collage_manual"
KEY = "manual-uploads/mine.csv"
OCTOBER = {"window_start": "2026-10-01", "window_end": "2026-11-01"}
SMALL = {"rows": 2, "cols": 2}


def csv(twin: Twin, *creators: str) -> str:
    rows = [row for row in sample_rows(twin.covers.url) if row.creator in creators and row.mark]
    lines = [f"{row.creator},{row.url},{row.updated_at.isoformat()}\n" for row in rows]
    return HEADER.decode() + "".join(reversed(lines))


@pytest.fixture(scope="module")
def rows(twin: Twin) -> list[SampleRow]:
    """October's rows."""
    found = sample_rows(twin.covers.url)
    return [row for row in found if MAIN_MONTH[0] <= row.updated_at < MAIN_MONTH[1]]


@pytest.fixture(scope="module")
def runs(twin: Twin, api: AirflowApi) -> dict[str, Run]:
    """Ended runs by what they were asked for."""
    twin.aws.s3().put_object(
        Bucket=INPUT_BUCKET, Key=KEY, Body=csv(twin, "row_seven", "row_eight").encode()
    )
    now = datetime.now(UTC).replace(microsecond=0)
    orders: dict[str, dict[str, Any]] = {
        "creators": {**OCTOBER, **SMALL, "creators": ["Ana", "aná"], "output_prefix": "two"},
        "limit": {**OCTOBER, **SMALL, "limit": 2},
        "csv": {**SMALL, "csv_key": KEY, "output_prefix": "mine"},
        "text": {**SMALL, "csv_text": csv(twin, "one_hit_wonder")},
        "dry run": {"window_start": "2026-09-01", "window_end": "2026-11-01", "dry_run": True},
        "unknown creator": {**OCTOBER, "creators": ["ANA", "row_seven"]},
        "nothing": {},
    }
    api.wait_for_dag(DAG)
    api._request("PATCH", f"dags/{DAG}", json={"is_paused": False})
    ids = {}
    for number, (name, conf) in enumerate(orders.items()):
        # Seconds of yesterday, when no other test had a run. The form fills in a logical date.
        due = (now - timedelta(days=1, seconds=-number)).isoformat()
        body = {"run_after": due, "conf": conf, "logical_date": due if number % 2 else None}
        ids[name] = api._request("POST", f"dags/{DAG}/dagRuns", json=body)["dag_run_id"]
    for dag_run_id in ids.values():
        api.wait_for_run(DAG, dag_run_id, seconds=SECONDS)
    return {name: Run(twin, api, dag_run_id, DAG) for name, dag_run_id in ids.items()}


def collages(run: Run, prefix: str) -> list[str]:
    """The creators, encoded as in keys, whose collages the run made."""
    made = run.listed(OUTPUT_BUCKET, f"collages/manual/{prefix}")
    end = f"_collage_{run.timestamp}.jpg"
    return [key.rsplit("/", 1)[1].removesuffix(end) for key in made if key.endswith(end)]


@pytest.mark.parametrize("name", ["creators", "limit", "csv", "text"])
def test_a_run_succeeds_and_its_books_balance(runs: dict[str, Run], name: str) -> None:
    run = runs[name]
    assert set(run.states().values()) == {"success"}, run.logs()
    counts = run.summary["rows"]
    assert counts["total"] == sum(count for kind, count in counts.items() if kind != "total") > 0
    assert run.summary["trigger"] == "manual"
    assert run.xcom("extract")["csv_key"] == keys.cover_urls_csv(run.timestamp)


def test_only_the_named_creators_of_the_window_exact_to_the_bytes(
    runs: dict[str, Run], rows: list[SampleRow]
) -> None:
    run = runs["creators"]
    theirs = [row for row in rows if row.creator in {"Ana", "aná"}]
    assert collages(run, "two/") == ["=41na", "an=C3=A1"]
    assert run.summary["rows"]["total"] == len(theirs)
    assert run.summary["selection"] == {
        "creators": ["Ana", "aná"],
        "rows_left_out": len(rows) - len(theirs),
    }


def test_a_trial_takes_the_first_creators(runs: dict[str, Run], rows: list[SampleRow]) -> None:
    names = sorted({row.creator.encode() for row in rows if (row.creator or "").strip()})
    first = {name.decode() for name in names[:2]}
    summary = runs["limit"].summary
    assert summary["creators"]["total"] == 2
    assert summary["rows"]["total"] == sum(row.creator in first for row in rows)
    assert summary["selection"]["limit"] == 2


def test_a_csv_in_manual_uploads_waits_for_the_run_and_is_archived_after_it(
    runs: dict[str, Run],
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
def test_the_note_of_a_failed_run_says_which_task_failed(runs: dict[str, Run], name: str) -> None:
    ended = runs[name].api.run(DAG, runs[name].dag_run_id)
    assert ended["state"] == "failed"
    assert ended["note"].startswith("check failed. The end of its log says why")


def test_pasted_text_makes_collages(runs: dict[str, Run]) -> None:
    assert collages(runs["text"], "") == ["one_hit_wonder"]


def test_a_dry_run_ends_green_with_a_line_for_each_month_and_no_collage(
    runs: dict[str, Run], rows: list[SampleRow]
) -> None:
    run = runs["dry run"]
    states = run.states()
    assert {states.pop("check"), states.pop("estimate")} == {"success"}
    assert set(states.values()) == {"skipped"}
    ended = run.api.run(DAG, run.dag_run_id)
    assert ended["state"] == "success"
    assert ended["note"].startswith("Dry run of 2026-09-01 to 2026-10-31: 1,150 rows of 46 ")
    earlier = [
        row
        for row in sample_rows(run.twin.covers.url)
        if EARLIER_MONTH[0] <= row.updated_at < EARLIER_MONTH[1]
    ]
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
    runs: dict[str, Run], name: str, said: str
) -> None:
    run = runs[name]
    log = run.api.log(DAG, run.dag_run_id, "check")
    assert said in log
    assert log.count("✗ ") == 1
    states = run.states()
    assert states.pop("check") == "failed"
    assert set(states.values()) == {"upstream_failed"}


def test_a_name_that_differs_only_for_a_collation_is_offered(runs: dict[str, Run]) -> None:
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
