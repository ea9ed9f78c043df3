"""A manual run that fills another one: checked, priced, extracted, closed, and counted once."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import DownstreamTasksSkipped
from msgspec.structs import replace

from collage_airflow.collage_tasks import collage_tasks
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.manual_form import manual_params
from collage_airflow.preflight.refusal import RefusedError
from collage_core.aws.s3_store import S3Store
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.covers.cover_csv import read_chunk
from collage_core.layout import keys
from collage_core.run.family import books_of
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.verify import verify
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.dag_runs import dag_run
from tests.support.failures import Where, failure
from tests.support.families import result
from tests.support.runs import receipt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.thorough  # every task makes a hook of its own, which takes a second

FIRST_DAY = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def triggered(name: str, *, days: int) -> Any:
    return dag_run(
        "manual",
        dag_id="cover_collage_manual",
        run_id=name,
        interval=False,
        run_after=FIRST_DAY + timedelta(days=days),
    )


PARENT, FILL, LAST = (triggered(name, days=n) for n, name in enumerate(("p", "f", "l")))
ID = RunIdentity.of(PARENT, None).run_id
TEXT = "creator_name,cover_url,updated_at\n" + "".join(
    f"{creator},https://cdn.example/{creator}/{number}.jpg,2026-10-0{number + 1}\n"
    for creator in ("ana", "bo", "cy")
    for number in range(3)
)
GRID = {"rows": 2, "cols": 3, "output_prefix": "mine"}


@pytest.fixture
def dag() -> DAG:
    with DAG("cover_collage_manual", schedule=None, params=manual_params()) as dag:
        collage_tasks(sql="SELECT 1", covers=CoversTable(), schedule=None)
    return dag


@pytest.fixture
def store(s3: "S3Client", queue_url: str) -> S3Store:
    del queue_url
    return S3Store(s3)


def execute(dag: DAG, run: Any, task_id: str, **params: Any) -> Any:
    task: Any = dag.get_task(task_id)
    if hasattr(task, "run_id"):
        task.run_id = RunIdentity.of(run, None).run_id
    task.outlets = []
    ti = SimpleNamespace(xcom_push=lambda *_, **__: None, map_index=-1)
    remembered: dict[str, Any] = {}
    state = SimpleNamespace(get=remembered.get, set=remembered.__setitem__)
    context = {"dag_run": run, "params": params, "dag": dag, "ti": ti, "task_state_store": state}
    return task.execute(context)


def work_on(store: S3Store, run: Any, failed: Mapping[str, str]) -> None:
    """Write the receipts of a run: of some creators a cover failed for this reason."""
    found = Run.open(store, SETTINGS, RunIdentity.of(run, None).run_id)
    source = found.manifest.source
    for chunk in found.manifest.chunks:
        stored = store.get(source.bucket, source.key, byte_range=chunk.byte_range)
        assert stored is not None
        rows: dict[str, int] = {}
        for row in read_chunk(stored.body):
            rows[row.creator or ""] = rows.get(row.creator or "", 0) + 1
        results = [_result(name, count, failed.get(name)) for name, count in rows.items()]
        done = receipt(found.manifest, chunk, rows)
        done = replace(done, results=results, books=books_of(results))
        key = keys.receipt(found.manifest.run_id, chunk.chunk_id)
        store.put(SETTINGS.temp_bucket, key, to_document(done), content_type="application/json")


def _result(name: str, rows: int, reason: str | None) -> CreatorResult:
    one = result(name, rows) if reason is None else result(name, rows - 1, 1, reason)
    assert one.outcome in Outcome
    return CreatorResult(name, one.outcome, one.rows, one.collage_key, one.reasons)


def close(dag: DAG, store: S3Store, run: Any, failed: Mapping[str, str], **params: Any) -> None:
    for task in ("check", "estimate", "extract"):
        execute(dag, run, task, **params)
    for task in ("plan", "dispatch"):
        execute(dag, run, task)
    work_on(store, run, failed)
    for task in ("wait", "reconcile", "archive", "publish"):
        execute(dag, run, task)


def close_parent(dag: DAG, store: S3Store) -> None:
    close(dag, store, PARENT, {"ana": "timeout", "bo": "http_503", "cy": "http_404"},
          csv_text=TEXT, **GRID)  # fmt: skip


def document(store: S3Store, key: str) -> Any:
    found = store.get(SETTINGS.output_bucket, key)
    assert found is not None
    return json.loads(found.body)


def problem(dag: DAG, run: Any, **params: Any) -> str:
    with pytest.raises(RefusedError) as raised:
        execute(dag, run, "check", **params)
    return str(raised.value).removeprefix("nothing was written or sent: ")


@pytest.fixture(autouse=True)
def _many_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIL_ABOVE_PERCENT", "90")


def test_a_fill_goes_the_way_of_any_run_and_its_family_counts_once(
    dag: DAG, store: S3Store
) -> None:
    close_parent(dag, store)
    close(dag, store, FILL, {"bo": "timeout"}, parent=ID, timeout=60)
    run = Run.open(store, SETTINGS, RunIdentity.of(FILL, None).run_id)
    config = run.manifest.config
    assert (config.rows, config.cols, config.timeout) == (2, 3, 60)
    assert (run.manifest.parent, run.manifest.output_prefix) == (ID, "mine")
    assert run.manifest.selection is not None
    assert (run.manifest.rows, run.manifest.selection.rows_left_out) == (6, 3)
    close(dag, store, LAST, {}, parent=f"{FIRST_DAY:%Y%m%d_%H%M%S}")  # by its timestamp
    names = [RunIdentity.of(run, None) for run in (PARENT, FILL, LAST)]
    last = Run.open(store, SETTINGS, names[2].run_id).manifest
    assert (last.rows, last.parent) == (3, ID)
    assert last.config.timeout == SETTINGS.processing_config.timeout
    placed = []
    for name in names:
        day = document(store, keys.daily_stats(name.timestamp))
        assert day["run_ids"] == [name.run_id]
        placed.append(day["rows"]["placed"])
    # cy's of the parent, ana's of the fill and bo's of the last.
    assert placed == [2, 3, 3]
    month = document(store, keys.monthly_report(names[0].timestamp))
    assert (month["rows"]["total"], month["rows"]["placed"]) == (9, 8)
    assert month["reasons"] == {"http_404": 1}
    assert month["creators"]["total"] == 3
    assert "there is nothing to fill" in problem(dag, triggered("x", days=3), parent=ID)


def test_a_dry_run_of_a_fill_is_one_line_and_writes_nothing(
    dag: DAG, store: S3Store, capsys: pytest.CaptureFixture[str]
) -> None:
    close_parent(dag, store)
    before = list(store.list_keys(SETTINGS.input_bucket, ""))
    execute(dag, FILL, "check", parent=ID, dry_run=True)
    with pytest.raises(DownstreamTasksSkipped):
        execute(dag, FILL, "estimate", parent=ID, dry_run=True)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("fill of"))
    assert line.split()[3:5] == ["6", "2"]
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == before


def test_an_extract_that_is_cleared_finds_the_same_creators(dag: DAG, store: S3Store) -> None:
    close_parent(dag, store)
    first = execute(dag, FILL, "extract", parent=ID)
    assert execute(dag, FILL, "extract", parent=ID) == first
    work_on(store, FILL, {})
    execute(dag, FILL, "reconcile")
    assert execute(dag, FILL, "extract", parent=ID) == first
    execute(dag, FILL, "archive")
    assert execute(dag, FILL, "extract", parent=ID) == first


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"parent": "nobody"}, "parent: no run nobody has a record in bucket"),
        ({"parent": ID, "window": "yesterday"}, "both window and parent are given"),
        ({"parent": ID, "creators": ["ana"]}, "creators is given beside parent: a fill takes"),
        ({"parent": ID, "rows": 3, "quality": 9}, "rows is given beside parent: a fill takes"),
    ],
    ids=str,
)
def test_a_fill_that_cannot_be_is_refused_by_check_in_one_line(
    dag: DAG, store: S3Store, params: dict[str, Any], said: str
) -> None:
    close_parent(dag, store)
    line = problem(dag, FILL, **params)
    assert line.startswith(said)
    assert "\n" not in line


@failure(
    Where.CSV,
    fault="The archived CSV of a run that is to be filled is gone, or another one is in its place",
    happens="`check` refuses the fill; nothing is written",
    sees="`the rows of run … are neither at … nor at …`",
    fix="put the archived CSV back and clear `check`; or trigger a run over the window",
)
def test_a_fill_of_a_run_whose_csv_is_gone_is_refused_until_it_is_back(
    dag: DAG, store: S3Store
) -> None:
    close_parent(dag, store)
    parent = RunIdentity.of(PARENT, None)
    key = keys.archived_csv(parent.csv_key, parent.timestamp)
    head, found = (ask(SETTINGS.input_bucket, key) for ask in (store.head, store.get))
    assert head is not None
    assert found is not None
    store.delete_keys(SETTINGS.input_bucket, [key])
    line = problem(dag, FILL, parent=ID)
    assert line.startswith(f"parent: the rows of run {ID} are neither at s3://")
    assert "put the archived CSV back, or trigger a run over its window" in line
    store.put(
        SETTINGS.input_bucket, key, found.body, content_type="text/csv", metadata=head.metadata
    )
    execute(dag, FILL, "check", parent=ID)
    assert execute(dag, FILL, "extract", parent=ID)["rows"] == 6


@failure(
    Where.DOCUMENTS,
    fault="`reconcile` of a fill is killed after its summary, and is marked as done by hand",
    happens="creators of the fill count twice in day and month",
    sees="`verify`: `superseded of … is not what the records of its family say`",
    fix="clear `publish` of the fill, as it says",
)
def test_a_family_that_was_not_told_is_found_by_verify_and_told_by_publish(
    dag: DAG, store: S3Store
) -> None:
    close_parent(dag, store)
    parent, fill = (RunIdentity.of(run, None) for run in (PARENT, FILL))
    key = keys.processing_summary(parent.timestamp)
    before = store.get(SETTINGS.output_bucket, key)
    assert before is not None
    close(dag, store, FILL, {}, parent=ID)
    after = store.get(SETTINGS.output_bucket, key)
    month = keys.monthly_report(parent.timestamp)
    assert document(store, month)["rows"]["total"] == 9

    def problems(run_id: str) -> list[tuple[str, str]]:
        found = verify(RecordedRun.find(store, SETTINGS, run_id), look=None)
        return [(one.what, one.fix) for one in found.everything if "superseded" in one.what]

    store.put(SETTINGS.output_bucket, key, before.body, content_type="application/json")
    for name in (parent, fill):
        ((what, fix),) = problems(name.run_id)
        assert what.startswith(f"superseded of {key} is not what the records of its family say")
        assert fix == f"clear `publish` of run {fill.run_id} in Airflow"
    # Also that of the first run: a family of it and an update has no other task.
    for run in (FILL, PARENT):
        store.put(SETTINGS.output_bucket, key, before.body, content_type="application/json")
        execute(dag, run, "publish")
        told = store.get(SETTINGS.output_bucket, key)
        assert (told and told.body) == (after and after.body)
        assert document(store, month)["rows"]["total"] == 9
        assert problems(parent.run_id) == problems(fill.run_id) == []


def test_check_warns_when_nothing_is_kept(
    dag: DAG, store: S3Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    close_parent(dag, store)
    execute(dag, FILL, "check", parent=ID)
    assert "KEEP_COVERS_DAYS is 0" not in capsys.readouterr().out
    monkeypatch.setenv("KEEP_COVERS_DAYS", "0")
    execute(dag, FILL, "check", parent=ID)
    assert "KEEP_COVERS_DAYS is 0" in capsys.readouterr().out
