"""Covers are kept by the hour, and a run that makes collages finds them, on a real scheduler."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from collage_core.layout import keys
from local.airflow_api import AirflowApi
from local.sample.mark import Mark
from local.sample.urls import cover_path, signed
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.monthly_run import Run
from tests.support.waiting import eventually

KEEP, MANUAL = "keep_covers", "cover_collage_manual"
NEW = 3
"""Covers of yesterday: the first run takes two days."""
SECONDS = 300


@pytest.fixture(scope="module")
def yesterday(twin: Twin) -> Iterator[datetime]:
    """Noon of yesterday, at which one creator has new covers."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    rows = [
        (twin.covers.url + signed(cover_path(Mark(1, number))), noon.replace(tzinfo=None))
        for number in range(1, NEW + 1)
    ]
    with closing(twin.mysql.connect()) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO covers (creator_name, cover_url, updated_at) "
            "VALUES ('kept.by.the.hour', %s, %s)",
            rows,
        )
        connection.commit()
        yield noon
        cursor.execute("DELETE FROM covers WHERE creator_name = 'kept.by.the.hour'")
        connection.commit()


@pytest.fixture(scope="module")
def kept(twin: Twin, api: AirflowApi, yesterday: datetime) -> Iterator[Run]:
    """The run of the last hour, which Airflow begins when the DAG is switched on."""
    del yesterday
    api.wait_for_dag(KEEP)
    api._request("PATCH", f"dags/{KEEP}", json={"is_paused": False})
    path = f"dags/{KEEP}/dagRuns?run_type=scheduled&order_by=-run_after"
    found = eventually(lambda: api._request("GET", path)["dag_runs"], seconds=SECONDS)
    yield ended(twin, api, KEEP, found[0]["dag_run_id"])
    api._request("PATCH", f"dags/{KEEP}", json={"is_paused": True})


def ended(twin: Twin, api: AirflowApi, dag: str, dag_run_id: str) -> Run:
    api.wait_for_run(dag, dag_run_id, seconds=SECONDS)
    run = Run(twin, api, dag_run_id, dag)
    assert api.run(dag, dag_run_id)["state"] == "success", run.logs()
    return run


def triggered(twin: Twin, api: AirflowApi, dag: str, **order: object) -> Run:
    body = {"logical_date": None, "conf": {}} | order
    made = api._request("POST", f"dags/{dag}/dagRuns", json=body)
    return ended(twin, api, dag, made["dag_run_id"])


def test_the_first_run_keeps_what_is_new_of_two_days(kept: Run) -> None:
    summary = kept.document(TEMP_BUCKET, kept.xcom("reconcile")["summary_key"])
    assert summary["keep_only"] is True
    assert summary["rows"]["placed"] >= NEW
    assert summary["downloads"]["packed"] == summary["rows"]["placed"]
    run_id = summary["run_id"]
    planned = kept.document(TEMP_BUCKET, keys.packs_of_all_chunks(run_id))
    index = kept.document(TEMP_BUCKET, keys.pack_index(planned["folder"]))
    assert sum(pack["covers"] for pack in index["packs"]) == summary["rows"]["placed"]
    note = kept.api.run(KEEP, kept.dag_run_id)["note"]
    assert f"{summary['rows']['placed']} of" in note
    assert "covers kept" in note


def test_it_leaves_nothing_outside_of_the_temp_bucket(kept: Run) -> None:
    run_id = kept.xcom("extract")["run_id"]
    assert kept.xcom("extract")["csv_key"] == keys.covers_to_keep(run_id)
    stamp = run_id.split("-")[1]
    assert [key for key in kept.listed(INPUT_BUCKET, "") if stamp in key] == []
    output = kept.listed(OUTPUT_BUCKET, "")
    assert [key for key in output if stamp in key] == []


def test_a_run_over_the_same_covers_asks_no_host(kept: Run, twin: Twin, api: AirflowApi) -> None:
    del kept
    api._request("PATCH", f"dags/{MANUAL}", json={"is_paused": False})
    made = triggered(
        twin, api, MANUAL, conf={"window": "yesterday", "creators": ["kept.by.the.hour"]}
    )
    assert made.summary["objects"]["collages"] == 1
    assert made.summary["downloads"]["kept"] == NEW
    assert made.summary["downloads"]["fetched"] == 0


def test_an_hour_without_new_rows_is_one_query_and_succeeds(
    kept: Run, twin: Twin, api: AirflowApi
) -> None:
    del kept
    now = datetime.now(UTC).isoformat()
    run = triggered(twin, api, KEEP, logical_date=now)
    states = run.states()
    assert states.pop("check") == "success"
    assert set(states.values()) == {"skipped"}
    assert "there is nothing to keep" in api.log(KEEP, run.dag_run_id, "extract")
