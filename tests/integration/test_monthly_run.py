"""The monthly DAG through Airflow itself, and an independent count of all that it says."""

import io
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing

import pytest
from PIL import Image

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from local.sample.mark import Mark, read_mark
from local.sample.rows import EARLIER_MONTH, MAIN_MONTH, SampleRow, sample_rows
from local.sample.urls import Trouble, cover_path, signed
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.asset_events import asset_events
from tests.support.backfills import backfill
from tests.support.every_dag import EveryDag
from tests.support.failures import Where, failure
from tests.support.monthly_run import DAG, SECONDS, Run
from tests.support.sample_books import SAMPLE_BOOKS, books_of

CELL_WIDTH, CELL_HEIGHT = DEFAULT_CELL_SIZE

START, END = MAIN_MONTH
ROWS, COLS = 5, 7
HEALS = {None, Trouble.BUSY, Trouble.BROKEN}


@pytest.fixture(scope="module")
def run(every_dag: EveryDag) -> Run:
    """The sample's main month."""
    return every_dag.months[-1]


@pytest.fixture(scope="module")
def rows(twin: Twin) -> list[SampleRow]:
    """The rows of the month, as they were put into the database; their ids count upwards."""
    return [row for row in sample_rows(twin.covers.url) if START <= row.updated_at < END]


def expected_marks(rows: list[SampleRow]) -> Iterator[tuple[str, list[Mark]]]:
    """Each creator's covers that must be on the collage, cell by cell."""
    by_creator: dict[str, dict[Mark, SampleRow]] = defaultdict(dict)
    newest_first = sorted(enumerate(rows), key=lambda item: (item[1].updated_at, item[0]))[::-1]
    for _, row in newest_first:
        if row.creator and row.mark and row.trouble in HEALS:
            by_creator[row.creator].setdefault(row.mark, row)
    for creator, covers in by_creator.items():
        yield creator, list(covers)[: ROWS * COLS]


def test_the_books_are_those_that_the_stack_in_containers_is_held_to(run: Run) -> None:
    assert books_of(run.summary) == SAMPLE_BOOKS


def test_the_books_balance_against_the_databases_own_count(run: Run) -> None:
    with closing(run.twin.mysql.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT COUNT(*), COUNT(DISTINCT CAST(NULLIF(TRIM(creator_name), '') AS BINARY)) "
            "FROM covers WHERE updated_at >= %s AND updated_at < %s",
            [moment.replace(tzinfo=None) for moment in MAIN_MONTH],
        )
        rows_in_database, creators_in_database = cursor.fetchone()
    counts, creators = run.summary["rows"], run.summary["creators"]
    explained = sum(count for name, count in counts.items() if name != "total")
    assert counts["total"] == rows_in_database == explained
    assert creators["total"] == creators_in_database
    assert sum(run.summary["reasons"].values()) == counts["rejected"] + counts["failed"]


def test_the_summary_counts_the_objects_that_are_really_there(run: Run) -> None:
    day = run.timestamp.day_path
    collages = run.listed(OUTPUT_BUCKET, f"collages/{day}/sqs-trigger/")
    thumbnails = run.listed(OUTPUT_BUCKET, f"thumbnails/{day}/")
    ours = [key for key in collages if str(run.timestamp) in key]
    assert len(ours) == run.summary["objects"]["collages"]
    # Other tests send messages with the same second, for creators of their own.
    names = {key.rpartition("/")[2].replace("_collage_", "_thumb_") for key in ours}
    small = [key for key in thumbnails if key.rpartition("/")[2] in names]
    assert len(small) == len(ours)
    sizes = [len(run.body(OUTPUT_BUCKET, key)) for key in [*ours, *small]]
    assert sum(sizes) == run.summary["objects"]["bytes"]
    creators = run.summary["creators"]
    assert len(ours) == creators["complete"] + creators["partial"]


def test_every_creators_covers_are_in_their_cells_newest_first(
    run: Run, rows: list[SampleRow]
) -> None:
    expected = dict(expected_marks(rows))
    assert len(expected) == run.summary["objects"]["collages"]
    for creator, marks in expected.items():
        key = keys.collage(creator, run.timestamp, Trigger.SQS)
        with Image.open(io.BytesIO(run.body(OUTPUT_BUCKET, key))) as collage:
            rows_drawn, cols_drawn = -(-len(marks) // COLS), min(len(marks), COLS)
            trimmed = (cols_drawn * CELL_WIDTH, rows_drawn * CELL_HEIGHT)
            assert (collage.format, collage.size) == ("JPEG", trimmed)
            assert cells_of(collage, len(marks)) == marks, creator


def test_no_cell_is_empty_while_a_creator_has_covers_that_were_not_requested(run: Run) -> None:
    found = run.listed(OUTPUT_BUCKET, f"metadata/{run.timestamp.day_path}/")
    of_this_second = [
        run.document(OUTPUT_BUCKET, key)
        for key in found
        if key.endswith(f"_metadata_{run.timestamp}.json")
    ]
    documents = [one for one in of_this_second if one["run_id"] == run.summary["run_id"]]
    assert len(documents) == run.summary["creators"]["total"]
    replaced = 0
    for creator in documents:
        is_full = len(creator["cells"]) == ROWS * COLS
        assert is_full or not creator["rows"]["not_selected"], creator["creator"]
        assert (creator["outcome"] == "complete") or creator["rows"]["failed"]
        replaced += is_full and creator["rows"]["failed"]
    assert replaced > 0


def cells_of(collage: Image.Image, count: int) -> list[Mark | None]:
    """What the first cells of a collage show, row by row."""
    corners = [
        (column * CELL_WIDTH, row * CELL_HEIGHT) for row in range(ROWS) for column in range(COLS)
    ]
    return [
        read_mark(collage.crop((left, top, left + CELL_WIDTH, top + CELL_HEIGHT)))
        for left, top in corners[:count]
    ]


def test_the_books_equal_the_bucket_before_anything_is_archived(run: Run) -> None:
    verified = run.xcom("verify")
    assert verified.endswith(" 20 collages opened: everything is as recorded")
    assert f"{run.summary['rows']['total']:,} rows, " in verified


def test_the_note_of_the_run_says_what_became_of_it(run: Run) -> None:
    note = run.api.run(DAG, run.dag_run_id)["note"]
    assert note == run.xcom("reconcile")["note"]
    assert note.startswith(f"{START:%B %Y}: ")


def test_the_months_report_is_the_sum_of_its_days(run: Run) -> None:
    report = run.document(OUTPUT_BUCKET, keys.monthly_report(run.timestamp))
    for section in ("rows", "creators", "objects"):
        for name, value in report[section].items():
            assert value == sum(day[section][name] for day in report["days"])
    day = run.document(OUTPUT_BUCKET, keys.daily_stats(run.timestamp))
    assert day["run_ids"].count(run.xcom("extract")["run_id"]) == 1


def test_the_csv_is_in_the_archive_and_its_s3_event_made_nothing(run: Run) -> None:
    key = run.xcom("extract")["csv_key"]
    assert not run.listed(INPUT_BUCKET, key)
    archived = keys.archived_csv(key, run.timestamp)
    assert list(run.listed(INPUT_BUCKET, archived)) == [archived]
    s3_trigger = run.listed(OUTPUT_BUCKET, f"collages/{run.timestamp.day_path}/s3-trigger/")
    assert not [made for made in s3_trigger if str(run.timestamp) in made]
    runs = run.document(OUTPUT_BUCKET, keys.processing_log(run.timestamp))["runs"]
    assert [entry["source"]["key"] for entry in runs].count(key) == 1


def test_no_password_and_no_signature_is_in_any_log(run: Run) -> None:
    logs = run.logs()
    assert "✓ Books balance" in logs
    for secret in (
        run.twin.mysql.reader_password,
        run.twin.airflow.credentials.airflow_admin,
        "x-signature",
    ):
        assert secret not in logs


@failure(
    Where.AIRFLOW,
    fault="A finished run is cleared",
    happens="Nothing is read, sent or written again, and no second asset event is made",
    sees='`extract`: "nothing was read"',
    fix="nothing; to make the collages again, trigger a new run with the same window",
)
def test_a_run_that_is_cleared_and_run_again_does_nothing_twice(run: Run) -> None:
    receipts = run.listed(TEMP_BUCKET, keys.receipts(run.xcom("extract")["run_id"]))
    before = run.listed(OUTPUT_BUCKET, "")
    everything = {"dag_run_id": run.dag_run_id, "dry_run": False, "only_failed": False}
    run.api._request("POST", f"dags/{DAG}/clearTaskInstances", json=everything)
    assert run.api.wait_for_run(DAG, run.dag_run_id, seconds=SECONDS)["state"] == "success"
    assert "nothing was read" in run.api.log(DAG, run.dag_run_id, "extract", attempt=2)
    assert run.xcom("dispatch") == {"sent": 0, "done_before": len(receipts)}
    assert run.listed(OUTPUT_BUCKET, "") == before
    assert asset_events(run) == 1


def test_a_backfill_names_each_run_by_its_month_and_empty_months_succeed(
    every_dag: EveryDag,
) -> None:
    empty, september, october = every_dag.months
    assert empty.summary["status"] == "empty"
    assert empty.xcom("dispatch") == {"sent": 0, "done_before": 0}
    assert [asset_events(run) for run in every_dag.months] == [0, 1, 1]
    assert "0 covers in [2026-08-01" in empty.api.log(DAG, empty.dag_run_id, "extract")
    stamps = [f"{run.timestamp}" for run in every_dag.months]
    assert stamps == ["20260801_000000", "20260901_000000", "20261001_000000"]
    for month in (september, october):
        csv_key = f"csv-files/{month.timestamp.day_path}/monthly_batch_{month.timestamp.day}.csv"
        assert month.xcom("extract")["csv_key"] == csv_key
    assert september.summary["rows"]["total"] == sum(
        EARLIER_MONTH[0] <= row.updated_at < EARLIER_MONTH[1]
        for row in sample_rows(september.twin.covers.url)
    )


@failure(
    Where.AIRFLOW,
    fault="The rows of a month come after its run, which found none",
    happens="Reprocessed, the run reads the database again",
    sees="a run with the status `empty`",
    fix="backfill that month with `--reprocess-behavior completed`",
)
def test_a_month_whose_rows_come_after_its_empty_run_is_read_again(
    every_dag: EveryDag,
) -> None:
    late = every_dag.months[0]
    with closing(late.twin.mysql.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "INSERT INTO covers (creator_name, cover_url, updated_at) "
            "VALUES ('late', %s, '2026-08-14')",
            (late.twin.covers.url + signed(cover_path(Mark(1, 1))),),
        )
        connection.commit()
        (again,) = backfill(late.api, DAG, "2026-08-01", "2026-08-01", reprocess="completed")
        state = late.api.wait_for_run(DAG, again, seconds=SECONDS)["state"]
        cursor.execute("DELETE FROM covers WHERE creator_name = 'late'")
        connection.commit()
    assert state == "success"
    read_again = Run(late.twin, late.api, again)
    assert read_again.summary["rows"]["total"] == 1
    assert asset_events(read_again) == 1
