"""Before anything is sent, the plan says which covers are kept, alive or neither."""

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from collage_airflow.operators.plan import PlanOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.covers.chunking import ChunkSpan
from collage_core.covers.cover_csv import CONTENT_TYPE, HEADER, write_row
from collage_core.layout import keys
from collage_core.run.figures import cost_of_run
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.planned_estimate import read_estimate
from collage_core.run.run import Run
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import SOURCE, TIMESTAMP, plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DEAD, ALIVE = 1_000_000_000, 9_000_000_000
"""Seconds since 1970: 2001 and 2255."""


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    return S3Store(s3)


def planned(store: S3Store, *expiries: int) -> dict[str, Any]:
    """What the task returns for a run of one creator with such URLs."""
    rows = b"".join(
        write_row("ana", f"https://cdn.example/{number}.jpg?x-expires={expiry}&x-signature=s", "")
        for number, expiry in enumerate(expiries)
    )
    body = HEADER + rows
    etag = store.put(SOURCE.bucket, SOURCE.key, body, content_type=CONTENT_TYPE)
    span = ChunkSpan(
        (len(HEADER), len(body) - 1), len(expiries), 1, 2, "ana", "0" * 64, "ana"
    )  # fmt: skip
    spec = RunSpec("r", TIMESTAMP, plan([]).trigger, SETTINGS.processing_config)
    csv = RunCsv(CsvSource(SOURCE.bucket, SOURCE.key, etag), [span])
    plan_run(store, SETTINGS, spec, csv, keep=keep_first_manifest)
    found: dict[str, Any] = PlanOperator(task_id="plan", run_id="r").execute({})
    return found


def of_covers(capsys: pytest.CaptureFixture[str]) -> str:
    """The line of the log that says which covers are kept. Airflow writes others."""
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if "of the covers are kept" in line]
    return line


def test_a_run_of_dead_covers_warns_before_anything_is_sent(
    store: S3Store, capsys: pytest.CaptureFixture[str]
) -> None:
    found = planned(store, DEAD, DEAD, DEAD, ALIVE)
    assert (found["kept_percent"], found["alive_percent"]) == (0, 25)
    assert (found["dead_percent"], found["dead_percent_error"]) == (75, 0)
    said = of_covers(capsys)
    assert "[warning" in said
    assert "75.0% are neither" in said
    assert "Nothing was paid for yet" in said
    assert store.head(SETTINGS.temp_bucket, keys.packs_of_all_chunks("r")) is not None


def test_the_estimate_is_kept_and_is_the_planned_cost_of_the_run(store: S3Store) -> None:
    found = planned(store, ALIVE, ALIVE)
    run = Run.open(store, SETTINGS, "r")
    kept = read_estimate(run)
    assert kept is not None
    assert round(kept.usd, 4) == found["estimated_dollars"]
    assert kept.rates.startswith("built in: no run of r with 500 covers")
    assert found["formula"].endswith(kept.rates)
    assert (found["chunks"], found["chunks_to_do"]) == (1, 1)
    dearer = replace(kept, usd=1.5)
    cost = cost_of_run(run.manifest, [], SETTINGS, memory_mb=1769, planned=dearer)
    assert cost.planned_usd == 1.5
    key = keys.estimate("r")
    store.put(SETTINGS.temp_bucket, key, b"{}", content_type="application/json")
    assert read_estimate(run) is None


def test_a_run_of_covers_that_live_says_so_and_does_not_warn(
    store: S3Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(store, ALIVE, ALIVE)["alive_percent"] == 100
    said = of_covers(capsys)
    assert "0.0% are neither; from all 2 covers" in said
    assert "[warning" not in said


def test_without_keeping_the_shares_are_said_nevertheless_and_keeping_costs_nothing(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEP_COVERS_DAYS", "0")
    found = planned(store, DEAD, ALIVE)
    assert (found["dead_percent"], found["estimated_keeping_dollars"]) == (50, 0)
    assert store.head(SETTINGS.temp_bucket, keys.packs_of_all_chunks("r")) is None
